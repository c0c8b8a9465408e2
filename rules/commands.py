"""What a command of a person does to an alarm: every command ends in exactly one event, an accepted one or `rejected`.

Pure. An acknowledgement is about one occurrence: a press on an old card never acknowledges a newer one. The second who
presses is told who was first and when, also when the alarm is over meanwhile. A rejected command changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from edge.model.command import (
    Acknowledge,
    AlarmCommand,
    Comment,
    Confirm,
    InboxRow,
    LearnAnew,
    OnMyWay,
    Rejection,
    Reset,
    ResetSums,
    ReturnToService,
    Shelve,
    TakeOutOfService,
    Unacknowledge,
    Unshelve,
    body_kind,
)
from edge.model.event import Event, Stream
from edge.model.moment import Moment, to_iso
from rules.alarm import SYSTEM, Alarm
from rules.definition import Rule
from rules.events import Standing, iso_or_none, standing_data
from rules.lifecycle import Action, Input, outcome
from rules.service import bring_back, take_out
from rules.shelving import TEXT_MAX, announces, refuse_shelve, shelve, unshelve


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which alarm something is asked, by whom (a person's id) and when. standing: how it stood before."""

    alarm: Alarm
    rule: Rule
    standing: Standing
    by: str
    now: Moment


@dataclass(frozen=True, slots=True)
class Accepted:
    """alarm: as it is now. kind, data: of the event, still without `by` and `via`."""

    alarm: Alarm
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """data: what the answer says beside the reason."""

    reason: Rejection
    data: Mapping[str, Any] = field(default_factory=dict)


Verdict = Accepted | Rejected


def answer(row: InboxRow, alarm: Alarm, rule: Rule, standing: Standing, now: Moment) -> tuple[Alarm, Event]:
    """The alarm after a command (the same object when rejected), and the event that answers the person. Raises
    TypeError for a row that is no alarm command."""
    verdict = _decide(_command_of(row), Asked(alarm, rule, standing, row.actor, now))
    if isinstance(verdict, Rejected):
        return alarm, _rejected(row, verdict, now)
    return verdict.alarm, _event(row, verdict.kind, verdict.data, now)


def refuse(row: InboxRow, reason: Rejection, now: Moment) -> Event:
    """The event for a command that is refused before the alarm is looked at."""
    return _rejected(row, Rejected(reason), now)


def alarm_named(row: InboxRow) -> str:
    """The id of the alarm that a command is about."""
    return _command_of(row).alarm


def _decide(command: AlarmCommand, asked: Asked) -> Verdict:  # noqa: PLR0912 - a table of the commands
    match command:
        case Acknowledge():
            verdict = _acknowledge(command, asked)
        case OnMyWay():
            verdict = _see(Input.COME, command.occurrence, "", asked)
        case Comment():
            verdict = _comment(command, asked)
        case Shelve():
            verdict = _shelve(command, asked)
        case Unshelve():
            verdict = _unshelve(asked)
        case Reset():
            verdict = _reset(asked)
        case Confirm():
            verdict = _confirm(command, asked)
        case Unacknowledge():
            verdict = _unacknowledge(command, asked)
        case TakeOutOfService():
            verdict = _take_out_of_service(command, asked)
        case ReturnToService():
            verdict = _return_to_service(asked)
        case LearnAnew():
            verdict = _with_reason(command.reason, "learning", asked)
        case ResetSums():
            verdict = _with_reason(command.reason, "sums_reset", asked)
        case _ as never:
            assert_never(never)
    return verdict


def _acknowledge(command: Acknowledge, asked: Asked) -> Verdict:
    if len(command.comment) > TEXT_MAX:
        return Rejected(Rejection.COMMENT_TOO_LONG)
    return _see(Input.ACKNOWLEDGE, command.occurrence, command.comment, asked)


def _see(given: Input, occurrence: int, comment: str, asked: Asked) -> Verdict:
    alarm = asked.alarm
    if occurrence != alarm.facts.occurrence:
        return Rejected(Rejection.STALE_OCCURRENCE)
    found = outcome(alarm.facts, given)
    if found is Rejection.NOT_UNACKNOWLEDGED and alarm.acknowledged_by not in (None, SYSTEM):
        found = Rejection.ALREADY_ACKNOWLEDGED
    if found is Rejection.ALREADY_ACKNOWLEDGED:
        at = iso_or_none(alarm.acknowledged_at)
        return Rejected(found, {"acknowledged_by": alarm.acknowledged_by, "acknowledged_at": at})
    if isinstance(found, Rejection):
        return Rejected(found)
    coming = given is Input.COME
    after = alarm.come(asked.by, asked.now) if coming else alarm
    if found is Action.NOTE:
        return Accepted(after, "on_my_way", {"occurrence": occurrence})
    seen = {"occurrence": occurrence, "comment": comment, "coming": coming}
    return Accepted(after.acknowledge(asked.rule, asked.by, asked.now), "acknowledged", seen)


def _comment(command: Comment, asked: Asked) -> Verdict:
    if not command.text.strip():
        return Rejected(Rejection.COMMENT_EMPTY)
    if len(command.text) > TEXT_MAX:
        return Rejected(Rejection.COMMENT_TOO_LONG)
    return Accepted(asked.alarm, "commented", {"text": command.text})


def _shelve(command: Shelve, asked: Asked) -> Verdict:
    if command.occurrence not in (0, asked.alarm.facts.occurrence):
        return Rejected(Rejection.STALE_OCCURRENCE)
    refused = refuse_shelve(asked.alarm, asked.rule, command, asked.now)
    if refused is not None:
        return Rejected(refused)
    until = asked.now + command.duration
    shelved = shelve(asked.alarm, until, asked.by, command.reason, one_shot=command.one_shot)
    return Accepted(shelved, "shelved", {"until": to_iso(until), "reason": command.reason, "one_shot": command.one_shot})


def _unshelve(asked: Asked) -> Verdict:
    if asked.alarm.facts.shelved_until is None:
        return Rejected(Rejection.NOT_SHELVED)
    return _uncovered(unshelve(asked.alarm), "unshelved", {"cause": "person"}, "shelved", asked)


def _uncovered(alarm: Alarm, kind: str, data: Mapping[str, Any], cover: str, asked: Asked) -> Verdict:
    left = tuple(each for each in asked.standing.hidden if each != cover)
    announce = announces(alarm, asked.rule, hidden=bool(left))
    after = alarm.announce(asked.rule) if announce else alarm
    standing = Standing(asked.standing.reading, left, announce, asked.standing.apart)
    return Accepted(after, kind, {**data, **standing_data(asked.rule, after, standing)})


def _reset(asked: Asked) -> Verdict:
    found = outcome(asked.alarm.facts, Input.RESET)
    if isinstance(found, Rejection):
        return Rejected(found)
    if not asked.alarm.facts.confirmed:
        return Rejected(Rejection.CONFIRM_FIRST)
    return Accepted(asked.alarm.unlatch(asked.rule), "reset", {})


def _confirm(command: Confirm, asked: Asked) -> Verdict:
    if command.occurrence != asked.alarm.facts.occurrence:
        return Rejected(Rejection.STALE_OCCURRENCE)
    if not asked.rule.confirm:
        return Rejected(Rejection.NOTHING_TO_CONFIRM)
    if len(command.comment) > TEXT_MAX:
        return Rejected(Rejection.COMMENT_TOO_LONG)
    found = outcome(asked.alarm.facts, Input.CONFIRM)
    if isinstance(found, Rejection):
        return Rejected(found)
    if asked.alarm.facts.confirmed:
        return Rejected(Rejection.ALREADY_CONFIRMED)
    data = {"occurrence": command.occurrence, "comment": command.comment}
    return Accepted(asked.alarm.confirm(asked.rule), "confirmed", data)


def _unacknowledge(command: Unacknowledge, asked: Asked) -> Verdict:
    if command.occurrence != asked.alarm.facts.occurrence:
        return Rejected(Rejection.STALE_OCCURRENCE)
    found = outcome(asked.alarm.facts, Input.UNACKNOWLEDGE)
    if isinstance(found, Rejection):
        return Rejected(found)
    if not asked.rule.ack_required:
        return Rejected(Rejection.NOT_ACKNOWLEDGED)
    if (refused := _refuse_reason(command.reason)) is not None:
        return Rejected(refused)
    data = {"occurrence": command.occurrence, "reason": command.reason}
    return Accepted(asked.alarm.unacknowledge(asked.rule), "unacknowledged", data)


def _take_out_of_service(command: TakeOutOfService, asked: Asked) -> Verdict:
    if asked.rule.safety:
        return Rejected(Rejection.SAFETY_STAYS_IN_SERVICE)
    if asked.alarm.facts.out_of_service:
        return Rejected(Rejection.ALREADY_OUT_OF_SERVICE)
    if (refused := _refuse_reason(command.reason)) is not None:
        return Rejected(refused)
    if not command.work_order.strip() or len(command.work_order) > TEXT_MAX:
        return Rejected(Rejection.WORK_ORDER_MISSING)
    out = take_out(asked.alarm, asked.by, command.reason, command.work_order)
    return Accepted(out, "taken_out_of_service", {"reason": command.reason, "work_order": command.work_order})


def _return_to_service(asked: Asked) -> Verdict:
    if not asked.alarm.facts.out_of_service:
        return Rejected(Rejection.IN_SERVICE)
    return _uncovered(bring_back(asked.alarm), "returned_to_service", {}, "out_of_service", asked)


def _with_reason(reason: str, kind: str, asked: Asked) -> Verdict:
    """What changes nothing about the alarm itself."""
    if (refused := _refuse_reason(reason)) is not None:
        return Rejected(refused)
    return Accepted(asked.alarm, kind, {"reason": reason})


def _refuse_reason(reason: str) -> Rejection | None:
    if not reason.strip():
        return Rejection.REASON_MISSING
    return Rejection.COMMENT_TOO_LONG if len(reason) > TEXT_MAX else None


def _command_of(row: InboxRow) -> AlarmCommand:
    if not isinstance(row.body, AlarmCommand):
        raise TypeError(f"{body_kind(row.body)} is no command for an alarm")
    return row.body


def _rejected(row: InboxRow, verdict: Rejected, now: Moment) -> Event:
    return _event(row, "rejected", {"command": body_kind(row.body), "reason": str(verdict.reason), **verdict.data}, now)


def _event(row: InboxRow, kind: str, data: Mapping[str, Any], now: Moment) -> Event:
    named = {"by": row.actor, "via": row.source, **data}
    return Event(Stream.ALARM, kind, alarm_named(row), now, named, (row.source, row.message_id))
