"""Suppression by design in the naive engine: covers are on while something explains their alarms, or they do not matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.model.moment import Moment, Span
from rules.definition import Rule, Suppressor, Validity
from rules.layout import Layout
from tests.unit.rules.naive_tag import FOREVER


@dataclass(frozen=True)
class Change:
    """A cover of a rule was laid on or taken off; ended: which, then. hidden: whether the rule is hidden now."""

    row: int
    ended: str | None
    hidden: bool


class NaiveCover:
    """wanted: how many reasons there are for it; ends: when it is off, although there are none any more."""

    def __init__(self, token: str, rows: list[int], after: Span, validity: Validity | None = None) -> None:
        self.token, self.rows, self.after, self.validity = token, rows, after, validity
        self.wanted = 0
        self.on = False
        self.ends = FOREVER
        self.turns = FOREVER
        self.spared: list[int] = []


class NaiveCovers:
    def __init__(self, layout: Layout, start: Moment) -> None:
        self.layout = layout
        self.states: dict[str, str | None] = {line.name: None for line in layout.lines}
        self.of_source: list[tuple[Suppressor, NaiveCover]] = []
        for suppressor in layout.suppressors:
            rows = [layout.rows[target] for target in suppressor.targets]
            cover = NaiveCover(f"{suppressor.cause}:{suppressor.name}", rows, suppressor.hold)
            self.of_source.append((suppressor, cover))
        self.of_validity: list[NaiveCover] = []
        for validity in dict.fromkeys(rule.validity for rule in layout.rules if rule.validity is not None):
            token = "machine_state" if validity.states else "time"
            rows = [row for row, rule in enumerate(layout.rules) if rule.validity == validity]
            self.of_validity.append(NaiveCover(token, rows, validity.settle, validity))
        for cover in self.of_validity:
            self.plan(cover, start)
            self.judge(cover, start)

    @property
    def all(self) -> list[NaiveCover]:
        return [cover for _, cover in self.of_source] + self.of_validity

    def hiding(self, row: int) -> list[str]:
        return sorted({cover.token for cover in self.all if cover.on and row in cover.rows and row not in cover.spared})

    # --- what happens

    def alarm_turned(self, rule: Rule, now: Moment, *, active: bool) -> Iterator[Change]:
        """What its covers do, one cover after the other."""
        for suppressor, cover in self.of_source:
            for _ in (source for source in suppressor.sources if source == rule.id):
                cover.wanted += 1 if active else -1
                yield from self.follow(cover, now)

    def line_turned(self, line: str, state: str | None, now: Moment) -> list[Change]:
        self.states[line] = state
        changes = []
        for cover in self.of_validity:
            if cover.validity is not None and cover.validity.line == line:
                changes += self.judge(cover, now)
        return changes

    def next_timer(self) -> Moment:
        return min((min(cover.ends, cover.turns) for cover in self.all), default=FOREVER)

    def fire(self, due: Moment) -> Iterator[Change]:
        for cover in self.all:
            if cover.turns <= due:
                self.plan(cover, due)
                yield from self.judge(cover, due)
            if cover.ends <= due:
                yield from self.lift(cover)

    def wake_up(self, active: list[str], known: list[int], now: Moment, outage: Span) -> None:
        """What is on follows from alarms, lines and the time; what was ending goes on to its end. After an outage what matters
        settles anew, but not for alarms that are known to people."""
        for suppressor, cover in self.of_source:
            cover.wanted = sum(source in active for source in suppressor.sources)
            cover.on = cover.wanted > 0 or cover.ends != FOREVER
        for cover in self.of_validity:
            cover.wanted = 0 if self.matters(cover, now) else 1
            cover.on = cover.wanted > 0 or cover.ends != FOREVER
            if cover.wanted:
                cover.ends, cover.spared = FOREVER, []
            elif outage and cover.after and not cover.on:
                cover.on, cover.spared = True, [row for row in cover.rows if row in known]
                cover.ends = now + cover.after
            self.plan(cover, now)

    # --- inside

    def plan(self, cover: NaiveCover, now: Moment) -> None:
        times = None if cover.validity is None else cover.validity.times
        turns = None if times is None else times.next_change(now)
        cover.turns = FOREVER if turns is None else turns

    def judge(self, cover: NaiveCover, now: Moment) -> list[Change]:
        cover.wanted = 0 if self.matters(cover, now) else 1
        return self.follow(cover, now)

    def matters(self, cover: NaiveCover, now: Moment) -> bool:
        validity = cover.validity
        assert validity is not None
        state = self.states.get(validity.line)
        in_state = not validity.states or state is None or state in validity.states
        return in_state and (validity.times is None or validity.times.contains(now))

    def follow(self, cover: NaiveCover, now: Moment) -> list[Change]:
        if cover.wanted:
            cover.ends = FOREVER
            if not cover.on:
                cover.on = True
                return [Change(row, None, hidden=True) for row in cover.rows]
            spared, cover.spared = cover.spared, []
            return [Change(row, None, hidden=True) for row in spared]
        elif cover.on and cover.ends == FOREVER:
            if cover.after == 0:
                return self.lift(cover)
            cover.ends = now + cover.after
        return []

    def lift(self, cover: NaiveCover) -> list[Change]:
        hidden = [row for row in cover.rows if row not in cover.spared]
        cover.on, cover.ends, cover.spared = False, FOREVER, []
        return [Change(row, cover.token, hidden=bool(self.hiding(row))) for row in hidden]
