"""Writing: what leads to a write, and when. Pure.

Theory of operation. Three things lead to a write, and each only through the grant of the point:

    a person asks            judge ─▶ rejected | asked (─▶ a second person agrees) ─▶ a deed
    alarms of rules change   follow ─▶ what is wanted at the point differs from what was written last ─▶ a deed
    the gateway stops        what rules hold is left as `on_fault` says

What a person asks for and cannot be done is refused; what a rule wants waits, for room in the rate, for a hang-tag to go, for a
lock to end: a lamp must come to show what is so.

Nothing is written only because the gateway starts: what was held before a crash is still there, and what was left in order is
asked for again.

Not here: how a write leaves, is taken back and ends (write_ledger.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.model.command import (
    ConfirmWrite,
    DeedReceipt,
    InboxRow,
    Rejection,
    WriteCommand,
    WritePoint,
    body_kind,
)
from edge.model.deed import DeedEnd, Value
from edge.model.event import Event, Stream
from edge.model.moment import SECOND, Moment, Span, to_iso
from edge.model.sample import Mark, Sample
from edge.model.tag import Tag
from edge.response.asking import follow, freed, wanted
from edge.response.draft import Draft, Readings
from edge.response.grants import Grant, OnFault
from edge.response.judgement import (
    Asked,
    LockedBy,
    is_allowed,
    is_locked,
    judge,
    judge_refusal,
    judge_rule,
    judge_second,
    refused,
    room_at,
    value_now,
)
from edge.response.point import RULE, Point, Turn, Write, WriteState, parse_write_name, write_name
from edge.response.policy import Policy
from edge.response.write_ledger import WRITE, WriteLedger, moved
from rules.definition import ON_STEADY_CLOCK

#: The record of whether devices were left before a stop; no tag is called so, tags have dots.
_LEFT = "left"
#: While rules hold points that are not to be held on bad data, or ask because of what is forced: looked at so often.
LOOK_EVERY: Span = 1 * SECOND
#: After what people forced shows what its device says again, a rule has so long, and its own delay, to find that all is well.
FREED_WITHIN: Span = 2 * SECOND


class Writing:
    """What `take_changes` gives, committed and given to `load`, makes an equal one. scope: what keys are unique in."""

    def __init__(self, policy: Policy, scope: str, agent: str) -> None:
        self._policy = policy
        self._grants = policy.grants
        self._agent = agent
        self._ledger = WriteLedger(policy, scope)
        self._left = False
        self._left_changed = False
        self._due: Moment | None = None

    # --- records --------------------------------------------------------------------------------------------------

    def load(self, name: str, data: Mapping[str, Any]) -> None:
        """Take up one record. name: what stands before `#`."""
        if name == _LEFT:
            self._left = data["left"]
        else:
            self._ledger.load(name, data)

    def take_changes(self) -> dict[str, Mapping[str, Any] | None]:
        """What has changed since the last call, by record key."""
        records = self._ledger.take_changes()
        if self._left_changed:
            records[f"{_LEFT}#{WRITE}"] = {"left": self._left}
        self._left_changed = False
        return records

    def points(self) -> Mapping[str, Point]:
        """By tag, those that were ever asked for."""
        return self._ledger.points()

    @property
    def ends(self) -> Mapping[str, int]:
        """How many writes have ended in each way."""
        return self._ledger.ends

    @property
    def next_due(self) -> Moment | None:
        return self._due

    # --- what people ask ------------------------------------------------------------------------------------------

    def answer(self, draft: Draft, row: InboxRow, body: WriteCommand, readings: Readings, locked_by: LockedBy) -> None:
        """One event answers it: `asked`, `confirmed`, `withdrawn` or `rejected`."""
        found = (body.tag, 0) if isinstance(body, WritePoint) else parse_write_name(body.write)
        tag, number = found or ("", 0)
        grant, known = self._grants.by_tag.get(tag), self._policy.tag(tag)
        if grant is None or known is None:
            reason = Rejection.NOT_GRANTED if isinstance(body, WritePoint) else Rejection.UNKNOWN_WRITE
            self._reject(draft, row, body, tag, reason)
            return
        reading = value_now(readings(tag), known, draft.now)
        point, locked = self._ledger.point(tag), locked_by(known.device) is not None
        asked = Asked(grant, known, point, row.actor, row.received_at, draft.now, reading, locked)
        if isinstance(body, WritePoint):
            no = judge(body, asked)
            if no is None:
                self._take_up(draft, row, body, asked)
        elif (write := point.find(number)) is None:
            no = Rejection.UNKNOWN_WRITE
        elif isinstance(body, ConfirmWrite):
            no = judge_second(body, write, asked)
            if no is None:
                self._agree(draft, row, write, grant, point)
        else:
            no = judge_refusal(body, write, asked)
            if no is None:
                self._refuse(draft, row, write, point)
        if no is not None:
            self._reject(draft, row, body, tag, no)
            self._count_refusal(draft, refused(point, grant, draft.now), point)

    def _take_up(self, draft: Draft, row: InboxRow, body: WritePoint, asked: Asked) -> None:
        grant, point = asked.grant, asked.point
        now, number = draft.now, point.count + 1
        proposed = grant.two_step is not None
        due = now + grant.two_step if grant.two_step is not None else now + grant.valid_for
        state = WriteState.PROPOSED if proposed else WriteState.INTENDED
        write = Write(number, body.value, state, row.actor, body.reason, now, due, before=asked.reading)
        data = {
            "write": write_name(point.tag, number),
            "value": body.value,
            "before": asked.reading,
            "by": row.actor,
            "via": row.source,
            "reason": body.reason,
            "confirm_until" if proposed else "valid_until": to_iso(due),
        }
        draft.events.append(Event(Stream.WRITE, "asked", point.tag, now, data, (row.source, row.message_id)))
        self._ledger.put(point.with_write(write))
        if not proposed:
            self._ledger.intend(draft, self._ledger.point(point.tag), write, grant)

    def _agree(self, draft: Draft, row: InboxRow, write: Write, grant: Grant, point: Point) -> None:
        due = draft.now + grant.valid_for
        agreed = replace(write, state=moved(write, Turn.AGREED), confirmed_by=row.actor, due=due)
        data = {"write": write_name(point.tag, write.number), "by": row.actor, "via": row.source}
        draft.events.append(Event(Stream.WRITE, "confirmed", point.tag, draft.now, data, (row.source, row.message_id)))
        self._ledger.put(point.with_write(agreed))
        self._ledger.intend(draft, self._ledger.point(point.tag), agreed, grant)

    def _refuse(self, draft: Draft, row: InboxRow, write: Write, point: Point) -> None:
        ended = replace(write, state=moved(write, Turn.WITHDRAWN), ended_at=draft.now, detail="refused")
        data = {"write": write_name(point.tag, write.number), "cause": "refused", "by": row.actor, "via": row.source}
        draft.events.append(Event(Stream.WRITE, "withdrawn", point.tag, draft.now, data, (row.source, row.message_id)))
        self._ledger.put(point.with_write(ended))

    def _reject(self, draft: Draft, row: InboxRow, body: WriteCommand, tag: str, reason: Rejection) -> None:
        asked = {"value": _plain(body.value)} if isinstance(body, WritePoint) else {"write": body.write[:200]}
        data = {"by": row.actor, "via": row.source, "command": body_kind(body), "reason": str(reason), **asked}
        subject = (body.tag if isinstance(body, WritePoint) else tag)[:200]
        draft.events.append(Event(Stream.WRITE, "rejected", subject, draft.now, data, (row.source, row.message_id)))

    def _count_refusal(self, draft: Draft, point: Point, before: Point) -> None:
        if point.locked_until != before.locked_until and point.locked_until is not None:
            data = {"until": to_iso(point.locked_until), "refused": len(before.refused_at) + 1}
            draft.events.append(Event(Stream.WRITE, "locked", point.tag, draft.now, data))
        self._ledger.put(point)

    # --- what alarms do -------------------------------------------------------------------------------------------

    def hear_alarm(self, draft: Draft, event: Event, readings: Readings) -> None:
        writes = self._grants.of_rules.get(event.subject, ())
        forced = [name for name in self._read_by(event.subject) if _is_forced(readings(name))] if writes else []
        for write in writes:
            before = self._ledger.point(write.tag).asks.get(event.subject)
            point = follow(self._ledger.point(write.tag), write, event, bool(forced))
            self._ledger.put(point)
            asked = point.asks.get(event.subject)
            if asked is not None and asked.forced and not (before is not None and before.forced):
                because = {"alarm": event.subject, "forced": event.data.get("forced") or forced}
                data = {"cause": "forced_value", "value": write.value, **because}
                draft.events.append(Event(Stream.WRITE, "held_back", write.tag, draft.now, data))

    def hear_receipt(self, draft: Draft, receipt: DeedReceipt) -> bool:
        """How a deed ended; False: it is none of ours."""
        return self._ledger.hear_receipt(draft, receipt)

    def hear_start(self) -> None:
        """The gateway runs again: what was left before its stop is asked for again."""
        if self._left:
            self._left, self._left_changed = False, True

    def leave(self, draft: Draft, row: InboxRow) -> None:
        """Before a stop: what rules hold is left as the grants say, by the decisions at the end of this step."""
        self._left, self._left_changed = True, True
        held = [tag for tag, point in sorted(self.points().items()) if point.asks]
        command = (row.source, row.message_id)
        draft.events.append(Event(Stream.WRITE, "left", self._agent, draft.now, {"points": held}, command))

    # --- time -----------------------------------------------------------------------------------------------------

    def decide(self, draft: Draft, readings: Readings, locked_by: LockedBy) -> None:
        """After all that was heard: end what nobody confirmed, take back what must not be sent, write what rules want."""
        dues: list[Moment] = []
        for tag in sorted(self.points()):
            self._end_unconfirmed(draft, tag, dues)
            grant, known = self._grants.by_tag.get(tag), self._policy.tag(tag)
            if grant is None or known is None:
                self._ledger.take_back(draft, tag, self._ledger.point(tag).open, "no_grant")
                continue
            beyond = [write for write in self._ledger.point(tag).open if not is_allowed(write.value, grant)]
            self._ledger.take_back(draft, tag, beyond, "no_grant")
            locked = locked_by(known.device)
            if locked is not None:
                self._ledger.take_back(draft, tag, self._ledger.point(tag).open, "hang_tag")
            self._end_lock(draft, tag, dues)
            self._follow_rules(draft, grant, known, readings, locked is not None, dues)
        self._due = min(dues, default=None)

    def _end_unconfirmed(self, draft: Draft, tag: str, dues: list[Moment]) -> None:
        for write in self._ledger.point(tag).writes:
            if write.state is WriteState.PROPOSED:
                if draft.now > write.due:
                    self._ledger.end(draft, tag, write, DeedEnd.EXPIRED, at=write.due, detail="not confirmed")
                else:
                    dues.append(write.due + 1)

    def _end_lock(self, draft: Draft, tag: str, dues: list[Moment]) -> None:
        point = self._ledger.point(tag)
        if point.locked_until is None:
            return
        if is_locked(point, draft.now):
            dues.append(point.locked_until)
            return
        draft.events.append(Event(Stream.WRITE, "unlocked", tag, point.locked_until, {}))
        self._ledger.put(replace(point, locked_until=None))

    def _free(self, tag: str, readings: Readings, now: Moment, dues: list[Moment]) -> None:
        """What a rule worked out over time may hold forced values for as long as it goes back: only its next raise counts."""

        def needs(alarm: str) -> Span | None:
            rule = self._policy.rules.get(alarm)
            if rule is None or rule.signal is not None:
                return None
            tags = [tag for name in rule.reads if (tag := self._policy.tag(name)) is not None]
            unknown = any(value_now(readings(tag.name), tag, now) is None for tag in tags)
            return None if unknown else FREED_WITHIN + rule.off_delay

        point = freed(self._ledger.point(tag), needs, now)
        if any(ask.forced for ask in point.asks.values()):
            dues.append(now + LOOK_EVERY)
        self._ledger.put(point)

    def _follow_rules(
        self, draft: Draft, grant: Grant, known: Tag, readings: Readings, locked: bool, dues: list[Moment]
    ) -> None:
        tag = known.name
        self._free(tag, readings, draft.now, dues)
        point = self._ledger.point(tag)
        if point.asks and grant.on_fault is not OnFault.HOLD:
            dues.append(draft.now + LOOK_EVERY)
        found = wanted(point, grant, lambda alarm: not self._left and self._is_trusted(alarm, readings, draft.now))
        if found is None:
            return
        value, alarm = found
        again = point.try_at is not None and point.try_at <= draft.now
        if value == point.settled and not again:
            if point.try_at is not None:
                dues.append(point.try_at)
            self._ledger.put(replace(point, held=False, objection=""))
            return
        if locked:
            if not point.held:
                data = {"cause": "hang_tag", "value": value}
                draft.events.append(Event(Stream.WRITE, "held_back", tag, draft.now, data))
            self._ledger.put(replace(point, held=True))
            return
        room = max(room_at(point, grant, draft.now), point.locked_until or 0)
        if room > draft.now:
            dues.append(room)
            return
        reading = value_now(readings(tag), known, draft.now)
        if (no := judge_rule(value, grant, known, reading)) is not None:
            if no != point.objection:
                data = {"cause": str(no), "value": value}
                draft.events.append(Event(Stream.WRITE, "held_back", tag, draft.now, data))
            self._ledger.put(replace(point, held=False, objection=str(no)))
            if grant.step is not None:
                dues.append(draft.now + LOOK_EVERY)
            return
        self._write_for_rule(draft, grant, tag, value, alarm, reading)

    def _write_for_rule(self, draft: Draft, grant: Grant, tag: str, value: Value, alarm: str, before: Value | None) -> None:
        by_rules = [write for write in self._ledger.point(tag).open if write.by_rule]
        self._ledger.take_back(draft, tag, by_rules, "rule")
        point = self._ledger.point(tag)
        number, due = point.count + 1, draft.now + grant.valid_for
        write = Write(number, value, WriteState.INTENDED, f"{RULE}{alarm}", "", draft.now, due, before=before)
        data = {
            "write": write_name(tag, number),
            "value": value,
            "before": before,
            "by": write.by,
            "via": "rule",
            "valid_until": to_iso(due),
        }
        draft.events.append(Event(Stream.WRITE, "asked", tag, draft.now, data))
        settled = replace(point, settled=value, try_at=None, held=False, objection="")
        self._ledger.put(settled.with_write(write))
        self._ledger.intend(draft, self._ledger.point(tag), write, grant)

    def _read_by(self, alarm: str) -> tuple[str, ...]:
        rule = self._policy.rules.get(alarm)
        return () if rule is None else rule.reads

    def _is_trusted(self, alarm: str, readings: Readings, now: Moment) -> bool:
        """Whether what its rule reads is neither bad nor stale; of what nobody has heard since the start, it is not said yet.
        Rules about how samples arrive live on that."""
        rule = self._policy.rules.get(alarm)
        if rule is None or rule.comparison in ON_STEADY_CLOCK:
            return True
        for name in rule.signal.inputs if rule.signal is not None else (rule.tag,):
            tag, sample = self._policy.tag(name), readings(name)
            if tag is not None and sample is not None and value_now(sample, tag, now) is None:
                return False
        return True


def _is_forced(sample: Sample | None) -> bool:
    return sample is not None and bool(sample.mark & Mark.FORCED)


def _plain(value: Value) -> Value | None:
    """As the journal can hold it: no number that JSON does not know, and no long text."""
    if isinstance(value, str):
        return value[:200]
    return value if value - value == 0 else None
