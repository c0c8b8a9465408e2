"""The condition of one rule in the naive engine: the predicate, and the delay that makes it last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.model.moment import SECOND, Moment, Span, to_iso
from edge.model.sample import Quality
from rules.definition import Comparison, Rule
from tests.unit.rules.naive_tag import FOREVER, NaiveTag

STEADY = (Comparison.SILENT, Comparison.FAULTY, Comparison.BAD)


@dataclass
class Turned:
    """A condition became active or inactive."""

    row: int
    active: bool
    due: Moment
    began: Moment
    value: float | None
    quality: str
    peak: float | None
    context_began: dict[str, Any] | None
    context: dict[str, Any] | None


@dataclass
class Filtered:
    row: int
    time: Moment
    data: dict[str, Any]


@dataclass
class Pending:
    since: Moment
    left: Span
    counted_to: Moment
    running: bool
    steady: Moment

    @property
    def due(self) -> Moment:
        return self.counted_to + self.left

    def pause(self, until: Moment) -> None:
        until = max(until, self.counted_to)
        self.left -= until - self.counted_to
        self.counted_to = until
        self.running = False


class NaiveCondition:
    """happened: what it did that was not yet taken away."""

    def __init__(self, row: int, rule: Rule, tag: NaiveTag, context: Mapping[str, NaiveTag], start: Moment) -> None:
        self.row, self.rule, self.tag, self.context_tags = row, rule, tag, context
        self.raw = False
        self.active = False
        self.pending: Pending | None = None
        self.peak: float | None = None
        self.context_began: dict[str, Any] | None = None
        self.silent_from = start + rule.stale_after if rule.stale_after is not None else FOREVER
        self.happened: list[Any] = []

    @property
    def steady(self) -> bool:
        return self.rule.comparison in STEADY

    def wake_up(self, now: Moment, outage: Span) -> None:
        if self.rule.comparison is Comparison.SILENT:
            assert self.rule.stale_after is not None
            self.silent_from = FOREVER if self.raw else now + self.rule.stale_after
        if self.pending is not None and self.pending.running:
            self.pending.counted_to += outage
            self.pending.steady += outage
        if self.pending is None:
            self.context_began = None

    # --- time

    def next_timer(self) -> Moment:
        return min(self.silent_from, self.delay_timer())

    def delay_timer(self) -> Moment:
        if self.pending is None or not self.pending.running:
            return FOREVER
        return self.pending.steady if self.pending.due <= self.fresh_until() else self.tag.stale_from()

    def fire(self, now: Moment) -> None:
        """What is due: silence first."""
        due = self.next_timer()
        if due == self.silent_from:
            self.silent_from = FOREVER
            self.raw_is(True, due, now)
        elif self.pending is not None and self.pending.due <= self.fresh_until():
            self.complete(self.pending.due, now)
        elif self.pending is not None:
            self.pending.pause(self.fresh_until())

    def fresh_until(self) -> Moment:
        return FOREVER if self.steady else self.tag.fresh_until()

    def is_fresh(self, source: Moment, now: Moment) -> bool:
        return self.steady or (self.tag.fresh_until() > source and self.tag.stale_from() > now)

    # --- a sample: first `before` it is remembered, then `apply`

    def before(self, source: Moment, now: Moment) -> None:
        self.fresh_before = self.fresh_until()
        outrun = self.pending is not None and self.pending.running and not self.steady
        if outrun and self.pending is not None and self.pending.due <= min(source, self.fresh_before):
            self.complete(self.pending.due, now)

    def apply(self, value: float, source: Moment, quality: Quality, now: Moment, *, initial: bool, fault: bool) -> None:
        good = quality is Quality.GOOD
        match self.rule.comparison:
            case Comparison.SILENT:
                if (good or (fault and self.tag.faults_told)) and not initial:
                    assert self.rule.stale_after is not None
                    self.silent_from = now + self.rule.stale_after
                    self.raw_is(False, now, now)
            case Comparison.FAULTY:
                if good or fault:
                    self.raw_is(not good, now, now)
            case Comparison.BAD:
                if quality is not Quality.UNCERTAIN:
                    self.raw_is(not good, now, now)
            case _:
                self.compare(value, source, quality, now)

    def compare(self, value: float, source: Moment, quality: Quality, now: Moment) -> None:
        self.watch_delay(source, now, bad=quality is Quality.BAD)
        if quality is Quality.GOOD:
            raw = self.predicate(value)
            if raw and not self.raw and not self.active:
                self.peak = None
            if raw or self.active:
                self.follow_peak(value)
            self.raw_is(raw, source, now)
        while self.delay_timer() <= now:
            self.fire(now)

    def predicate(self, value: float) -> bool:
        rule, limit = self.rule, self.rule.limit or 0.0
        match rule.comparison:
            case Comparison.HIGH:
                return value >= limit or (self.raw and not value < limit - rule.deadband)
            case Comparison.LOW:
                return value <= limit or (self.raw and not value > limit + rule.deadband)
            case Comparison.IN_SET:
                return value in rule.values
            case Comparison.BIT:
                return value == int(value) and bool(int(value) >> int(limit) & 1)
            case Comparison.NOT_EQUAL:
                return value != limit
            case _:
                return value == limit

    def follow_peak(self, value: float) -> None:
        rises, falls = (self.rule.comparison is each for each in (Comparison.HIGH, Comparison.LOW))
        if self.peak is None or (rises and value > self.peak) or (falls and value < self.peak):
            self.peak = float(value)

    # --- the delay

    def watch_delay(self, source: Moment, now: Moment, *, bad: bool) -> None:
        pending = self.pending
        if pending is None:
            return
        if pending.running and (bad or source > self.fresh_before):
            pending.pause(min(source, self.fresh_before))
        start = max(source, pending.counted_to)
        if not pending.running and not bad and self.is_fresh(start, now):
            pending.running, pending.counted_to, pending.steady = True, start, now + pending.left

    def raw_is(self, raw: bool, source: Moment, now: Moment) -> None:
        if raw == self.raw:
            return
        self.raw = raw
        if raw and not self.active:
            self.context_began = self.context()
        if raw == self.active:
            if not raw and self.pending is not None:
                lasted = (source - self.pending.since) / SECOND
                data = {"began": to_iso(self.pending.since), "lasted": lasted}
                self.happened.append(Filtered(self.row, source, data))
            self.pending = None
            return
        length = self.rule.on_delay if raw else self.rule.off_delay
        self.pending = Pending(source, length, source, self.is_fresh(source, now), now + length)
        if length == 0:
            self.complete(source, now)

    def complete(self, due: Moment, now: Moment) -> None:
        assert self.pending is not None
        began = self.pending.since
        self.pending = None
        self.active = self.raw
        value, quality = self.reading(now)
        self.happened.append(
            Turned(self.row, self.active, due, began, value, quality, self.peak, self.context_began, self.context())
        )

    # --- what its tags show

    def context(self) -> dict[str, Any] | None:
        if not self.context_tags:
            return None
        return {name: tag.shown for name, tag in self.context_tags.items()}

    def reading(self, now: Moment) -> tuple[float | None, str]:
        fails = self.rule.comparison is Comparison.FAULTY and self.raw
        stale = now >= self.tag.stale_from()
        quality = "uncertain" if stale and self.tag.quality is Quality.GOOD else self.tag.quality.name.lower()
        return (self.tag.fault_value if fails else self.tag.value), quality
