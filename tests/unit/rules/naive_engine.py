"""The engine once more, as slowly and plainly as possible: one sample after the other, a dict for each tag and rule.

It shares nothing with `rules` but the nouns, and has no columns, no waves, no tables and no restart. Where the two
differ, one of them is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from edge.model.command import Acknowledge, Comment, InboxRow, OnMyWay, Reset, Shelve, Unshelve
from edge.model.event import Event, Stream
from edge.model.moment import SECOND, Moment, to_iso
from edge.model.sample import Mark, Quality, Sample
from rules.definition import SHELVE_MAX, Kind, Rule
from rules.layout import Layout

FOREVER = 10**18
LONG_AGO = -FOREVER
COMMANDS = {
    Acknowledge: "acknowledge",
    OnMyWay: "on_my_way",
    Comment: "comment",
    Shelve: "shelve",
    Unshelve: "unshelve",
    Reset: "reset",
}


class ScalarModel:
    def __init__(self, layout: Layout, start: Moment) -> None:
        self.now = start
        self.events: list[Event] = []
        self.command: InboxRow
        self.tags: list[dict[str, Any]] = [
            {
                "stale_after": FOREVER if tag.stale_after is None else tag.stale_after,
                "newest": LONG_AGO,
                "newest_on_our_clock": False,
                "newest_value": LONG_AGO,
                "last": None,
                "lag": None,
                "value": None,
                "quality": Quality.BAD,
                "news_source": None,
                "news_arrival": start,
                "shown": None,
                "faulty": False,
                "fault_value": None,
                "has_fault_rule": any(rule.kind is Kind.SENSOR_FAULT and rule.tag == tag.name for rule in layout.rules),
            }
            for tag in layout.tags
        ]
        self.rules: list[dict[str, Any]] = [
            {
                "rule": rule,
                "tag": self.tags[layout.slots[rule.tag]],
                "raw": False,
                "active": False,
                "acked": True,
                "latched": False,
                "occurrence": 0,
                "pending": None,
                "silent_from": start + rule.stale_after if rule.stale_after is not None else FOREVER,
                "shelf": FOREVER,
                "peak": None,
                "began": None,
                "raised": None,
                "returned": None,
                "acked_by": None,
                "acked_at": None,
                "context": {name: self.tags[layout.slots[name]] for name in rule.context},
                "context_began": None,
            }
            for rule in layout.rules
        ]

    # --- time

    def run(self, now: Moment, samples: Sequence[Sample], commands: Sequence[InboxRow] = ()) -> list[Event]:
        self.events = []
        waiting = list(samples)
        for command in commands:
            moment = max(self.now, min(command.received_at, now))
            while waiting and waiting[0].received_time <= moment:
                self.take(waiting.pop(0))
            self.go_on_to(moment)
            self.obey(command)
        for sample in waiting:
            self.take(sample)
        self.go_on_to(now)
        return self.events

    def go_on_to(self, moment: Moment) -> None:
        while True:
            dues = [(self.next_timer(state), row) for row, state in enumerate(self.rules)]
            due, row = min(dues, default=(FOREVER, 0))
            if due > moment:
                break
            self.now = max(self.now, due)
            self.fire(self.rules[row], due)
        self.now = max(self.now, moment)

    def next_timer(self, state: dict[str, Any]) -> Moment:
        return min(state["silent_from"], self.delay_timer(state), state["shelf"])

    def delay_timer(self, state: dict[str, Any]) -> Moment:
        pending = state["pending"]
        if pending is None or not pending["running"]:
            return FOREVER
        if self.due(pending) <= self.fresh_until(state):
            return pending["steady"]
        return self.stale_from(state["tag"])

    def fire(self, state: dict[str, Any], due: Moment) -> None:
        if due == state["silent_from"]:
            state["silent_from"] = FOREVER
            self.raw_is(state, True, source=due, arrival=due)
        elif due == self.delay_timer(state):
            pending = state["pending"]
            if self.due(pending) <= self.fresh_until(state):
                self.complete(state, self.due(pending))
            else:
                self.pause(pending, self.fresh_until(state))
        else:
            state["shelf"] = FOREVER
            self.release(state)
            self.tell("unshelved", state, due, by="system", via="system", cause="expired", **self.about(state))

    # --- samples

    def take(self, sample: Sample) -> None:
        self.go_on_to(max(self.now, sample.received_time))
        tag = self.tags[sample.slot]
        ours = bool(sample.mark & Mark.RECEIVED_TIME_USED)
        initial = bool(sample.mark & Mark.INITIAL)
        quality = sample.quality if math.isfinite(sample.value) else Quality.BAD
        source = sample.source_time
        if ours and tag["lag"] is not None:
            source -= tag["lag"]
        device_stamped = not ours and not initial
        if device_stamped and tag["newest_on_our_clock"]:
            tag["newest"] -= sample.received_time - sample.source_time
            shown = True
        else:
            shown = False

        late = source < (tag["newest_value"] if initial else tag["newest"])
        value_text = repr(float(sample.value))
        repeated = source == tag["newest"] and tag["last"] == (value_text, quality)
        repeated = repeated and not (self.is_fault(sample, quality) and not tag["faulty"])
        if late or repeated:
            if shown:
                tag["newest"] += sample.received_time - sample.source_time
            return

        readers = [state for state in self.rules if state["tag"] is tag]
        happened, self.events = self.events, []
        outrun = []
        for state in readers:
            pending = state["pending"]
            state["fresh_before"] = self.fresh_until(state)
            outruns = pending is not None and pending["running"] and not self.on_our_clock(state)
            if outruns and self.due(pending) <= min(source, state["fresh_before"]):
                # Told with what the tag showed before this sample.
                self.complete(state, self.due(pending))
            outrun.append(self.events)
            self.events = []
        self.remember(tag, sample, source, quality, ours=ours, initial=initial)
        for state, before in zip(readers, outrun, strict=True):
            self.apply(state, sample, source, quality, initial=initial)
            happened += before + self.events
            self.events = []
        self.events = happened

    def apply(self, state: dict[str, Any], sample: Sample, source: Moment, quality: Quality, *, initial: bool) -> None:
        good = quality is Quality.GOOD
        if state["rule"].kind is Kind.STALE:
            answers = good or (self.is_fault(sample, quality) and state["tag"]["has_fault_rule"])
            if answers and not initial:
                state["silent_from"] = self.now + state["rule"].stale_after
                self.raw_is(state, False, source=self.now, arrival=self.now)
            return
        if state["rule"].kind is Kind.SENSOR_FAULT:
            if good or self.is_fault(sample, quality):
                self.raw_is(state, not good, source=self.now, arrival=self.now)
            return
        self.watch_delay(state, source, bad=quality is Quality.BAD)
        if good:
            raw = self.predicate(state, sample.value)
            if raw and not state["raw"] and not state["active"]:
                state["peak"] = None
            if raw or state["active"]:
                self.follow_peak(state, sample.value)
            self.raw_is(state, raw, source=source, arrival=self.now)
        while self.delay_timer(state) <= self.now:
            self.fire(state, self.delay_timer(state))

    def on_our_clock(self, state: dict[str, Any]) -> bool:
        return state["rule"].kind in (Kind.STALE, Kind.SENSOR_FAULT)

    def is_fault(self, sample: Sample, quality: Quality) -> bool:
        return quality is Quality.BAD and bool(sample.mark & Mark.SENSOR_FAULT)

    def remember(
        self, tag: dict[str, Any], sample: Sample, source: Moment, quality: Quality, *, ours: bool, initial: bool
    ) -> None:
        device_stamped = not ours and not initial
        tag["newest"] = max(tag["newest"], source)
        if device_stamped:
            tag["lag"] = sample.received_time - sample.source_time
            tag["newest_on_our_clock"] = False
        elif ours and tag["lag"] is None:
            tag["newest_on_our_clock"] = True
        tag["last"] = (repr(float(sample.value)), quality)
        tag["quality"] = quality
        tag["shown"] = None if quality is Quality.BAD else sample.text if sample.text is not None else float(sample.value)
        if self.is_fault(sample, quality):
            tag["faulty"] = True
            tag["fault_value"] = float(sample.value) if math.isfinite(sample.value) else None
        if quality is not Quality.BAD or self.is_fault(sample, quality):
            tag["newest_value"] = source
        if quality is Quality.GOOD:
            tag["faulty"] = False
            tag["value"] = float(sample.value)
            if not initial:
                tag["news_source"] = source
                tag["news_arrival"] = self.now

    def predicate(self, state: dict[str, Any], value: float) -> bool:
        rule: Rule = state["rule"]
        if rule.kind is Kind.HIGH:
            return value >= rule.limit or (state["raw"] and not value < rule.limit - rule.deadband)
        if rule.kind is Kind.LOW:
            return value <= rule.limit or (state["raw"] and not value > rule.limit + rule.deadband)
        if rule.kind is Kind.DISCRETE:
            return value == rule.limit
        return value == 0

    def follow_peak(self, state: dict[str, Any], value: float) -> None:
        kind, peak = state["rule"].kind, state["peak"]
        if peak is None or (kind is Kind.HIGH and value > peak) or (kind is Kind.LOW and value < peak):
            state["peak"] = float(value)

    # --- delays

    def due(self, pending: dict[str, Any]) -> Moment:
        return pending["counted_to"] + pending["left"]

    def fresh_until(self, state: dict[str, Any]) -> Moment:
        tag = state["tag"]
        if self.on_our_clock(state) or tag["stale_after"] == FOREVER:
            return FOREVER
        return LONG_AGO if tag["news_source"] is None else tag["news_source"] + tag["stale_after"]

    def stale_from(self, tag: dict[str, Any]) -> Moment:
        return tag["news_arrival"] + tag["stale_after"]

    def is_fresh(self, state: dict[str, Any], source: Moment) -> bool:
        if self.on_our_clock(state):
            return True
        return self.fresh_until(state) > source and self.stale_from(state["tag"]) > self.now

    def pause(self, pending: dict[str, Any], until: Moment) -> None:
        until = max(until, pending["counted_to"])
        pending["left"] -= until - pending["counted_to"]
        pending["counted_to"] = until
        pending["running"] = False

    def watch_delay(self, state: dict[str, Any], source: Moment, *, bad: bool) -> None:
        pending = state["pending"]
        if pending is None:
            return
        if pending["running"] and (bad or source > state["fresh_before"]):
            self.pause(pending, min(source, state["fresh_before"]))
        start = max(source, pending["counted_to"])
        if not pending["running"] and not bad and self.is_fresh(state, start):
            pending.update(running=True, counted_to=start, steady=self.now + pending["left"])

    def raw_is(self, state: dict[str, Any], raw: bool, *, source: Moment, arrival: Moment) -> None:
        if raw == state["raw"]:
            return
        state["raw"] = raw
        if raw and not state["active"]:
            state["context_began"] = self.context(state)
        if raw == state["active"]:
            if not raw:
                began = state["pending"]["since"]
                self.tell("filtered", state, source, began=to_iso(began), lasted=(source - began) / SECOND)
            state["pending"] = None
            return
        length = state["rule"].on_delay if raw else state["rule"].off_delay
        state["pending"] = {
            "since": source,
            "left": length,
            "counted_to": source,
            "running": self.is_fresh(state, source),
            "steady": arrival + length,
        }
        if length == 0:
            self.complete(state, source)

    def complete(self, state: dict[str, Any], due: Moment) -> None:
        began = state["pending"]["since"]
        state["pending"] = None
        state["active"] = state["raw"]
        rule: Rule = state["rule"]
        if state["active"]:
            realarm = state["latched"] and state["acked"]
            time = max(due, state["returned"] or due)
            state["occurrence"] += 1
            state["latched"] = state["latched"] or rule.latching
            state["acked"] = not rule.ack_required
            state["acked_by"], state["acked_at"] = ("system", time) if state["acked"] else (None, None)
            state.update(began=began, raised=time, returned=None)
            self.tell(
                "raised",
                state,
                time,
                occurrence=state["occurrence"],
                priority=str(rule.priority),
                began=to_iso(began),
                value=self.value(state),
                limit=rule.limit,
                quality=self.quality(state),
                suppressed=["shelved"] if state["shelf"] != FOREVER else [],
                realarm=realarm,
                **({"context_began": state["context_began"], "context": self.context(state)} if rule.context else {}),
            )
        else:
            time = max(due, state["raised"])
            state["returned"] = time
            self.tell(
                "returned",
                state,
                time,
                occurrence=state["occurrence"],
                began=to_iso(state["began"]),
                raised=to_iso(state["raised"]),
                value=self.value(state),
                peak=state["peak"],
                acknowledged=state["acked"],
                suppressed=["shelved"] if state["shelf"] != FOREVER else [],
                **({"context": self.context(state)} if rule.context else {}),
            )

    def context(self, state: dict[str, Any]) -> dict[str, Any]:
        return {name: tag["shown"] for name, tag in state["context"].items()}

    def value(self, state: dict[str, Any]) -> float | None:
        fails = state["rule"].kind is Kind.SENSOR_FAULT and state["raw"]
        value: float | None = state["tag"]["fault_value" if fails else "value"]
        return value

    # --- people

    def obey(self, row: InboxRow) -> None:
        self.command = row
        body = row.body
        state = next((each for each in self.rules if each["rule"].id == body.alarm), None)
        if state is None:
            self.reject("unknown_alarm")
        elif isinstance(body, Acknowledge | OnMyWay):
            self.see(state, body)
        elif isinstance(body, Shelve | Unshelve):
            self.shelve_or_unshelve(state, body)
        elif isinstance(body, Comment):
            self.accept("commented", text=body.text) if body.text else self.reject("comment_empty")
        else:
            self.reset(state)

    def see(self, state: dict[str, Any], body: Acknowledge | OnMyWay) -> None:
        coming = isinstance(body, OnMyWay)
        on_the_list = state["active"] or state["latched"]
        if body.occurrence != state["occurrence"]:
            self.reject("stale_occurrence")
        elif not state["acked"]:
            state.update(acked=True, acked_by=self.command.actor, acked_at=self.now)
            comment = "" if isinstance(body, OnMyWay) else body.comment
            self.accept("acknowledged", occurrence=body.occurrence, comment=comment, coming=coming)
        elif coming and on_the_list:
            self.accept("on_my_way", occurrence=body.occurrence)
        elif on_the_list or state["acked_by"] not in (None, "system"):
            first = {"acknowledged_by": state["acked_by"], "acknowledged_at": to_iso(state["acked_at"])}
            self.reject("already_acknowledged", **first)
        else:
            self.reject("not_unacknowledged")

    def reset(self, state: dict[str, Any]) -> None:
        if state["active"]:
            self.reject("still_active")
        elif not state["latched"]:
            self.reject("not_latched")
        elif not state["acked"]:
            self.reject("acknowledge_first")
        else:
            state["latched"] = False
            self.accept("reset")

    def shelve_or_unshelve(self, state: dict[str, Any], body: Shelve | Unshelve) -> None:
        if isinstance(body, Unshelve):
            if state["shelf"] == FOREVER:
                self.reject("not_shelved")
            else:
                state["shelf"] = FOREVER
                self.release(state)
                self.accept("unshelved", cause="person", **self.about(state))
        elif state["rule"].priority in ("critical", "high"):
            self.reject("priority_not_shelvable")
        elif state["shelf"] != FOREVER:
            self.reject("already_shelved")
        elif not 0 < body.duration <= SHELVE_MAX:
            self.reject("duration_out_of_range")
        elif not body.reason:
            self.reject("reason_missing")
        else:
            state["shelf"] = self.now + body.duration
            self.accept("shelved", until=to_iso(state["shelf"]), reason=body.reason, one_shot=False)

    def accept(self, kind: str, **data: Any) -> None:
        row = self.command
        who = {"by": row.actor, "via": row.source}
        key = (row.source, row.message_id)
        self.events.append(Event(Stream.ALARM, kind, row.body.alarm, self.now, {**who, **data}, key))

    def reject(self, reason: str, **more: Any) -> None:
        self.accept("rejected", command=COMMANDS[type(self.command.body)], reason=reason, **more)

    def release(self, state: dict[str, Any]) -> None:
        if state["active"] and state["rule"].ack_required:
            state.update(acked=False, acked_by=None, acked_at=None)

    def about(self, state: dict[str, Any]) -> dict[str, Any]:
        return {
            "active": state["active"],
            "occurrence": state["occurrence"],
            "priority": str(state["rule"].priority),
            "began": None if state["began"] is None else to_iso(state["began"]),
            "value": self.value(state),
            "limit": state["rule"].limit,
            "quality": self.quality(state),
            "suppressed": [],
            "acknowledged": state["acked"],
            "announce": state["active"],
        }

    def quality(self, state: dict[str, Any]) -> str:
        tag = state["tag"]
        stale = self.now >= self.stale_from(tag)
        return "uncertain" if stale and tag["quality"] is Quality.GOOD else tag["quality"].name.lower()

    def tell(self, kind: str, state: dict[str, Any], time: Moment, **data: Any) -> None:
        self.events.append(Event(Stream.ALARM, kind, state["rule"].id, time, data))
