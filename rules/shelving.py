"""Shelving: a person hides an alarm for a limited time, with a reason.

A shelf has an end (`facts.shelved_until`, durable, on the steady clock) and never touches the machine below. One shot (OPC UA
Part 9, 5.8.17) covers the present activation, or the next one, and ends with its return, or at its end if that comes first.
When the last cover of an alarm is off, what is still active is announced again (`lifecycle.Input.RELEASE`). Checked in this
order: may this alarm be shelved at all, is it shelved already, for how long, why. A timed shelf may become one of one shot and
the other way round, and may end earlier by that; what would make it longer is refused, so that nothing stays hidden by one
press after the other without having been announced between them.
"""

from __future__ import annotations

from dataclasses import replace

from edge.model.command import Rejection, Shelve
from edge.model.moment import Moment
from rules.alarm import Alarm
from rules.definition import SHELVE_MAX, Rule
from rules.lifecycle import Action, Input, outcome

#: Characters of a reason or a comment: what a person writes on a phone, and a bound for the journal.
TEXT_MAX = 500


def refuse_shelve(alarm: Alarm, rule: Rule, command: Shelve, now: Moment) -> Rejection | None:
    """Why this alarm cannot be shelved so; None when it can."""
    if not rule.shelvable:
        return Rejection.SAFETY_NEVER_SHELVED if rule.safety else Rejection.PRIORITY_NOT_SHELVABLE
    until = alarm.facts.shelved_until
    if until is not None and alarm.facts.one_shot == command.one_shot:
        return Rejection.ALREADY_SHELVED
    if not 0 < command.duration <= SHELVE_MAX:
        return Rejection.DURATION_OUT_OF_RANGE
    if until is not None and now + command.duration > until:
        return Rejection.SHELF_NOT_LENGTHENED
    return _refuse_reason(command.reason)


def _refuse_reason(reason: str) -> Rejection | None:
    if not reason.strip():
        return Rejection.REASON_MISSING
    return Rejection.COMMENT_TOO_LONG if len(reason) > TEXT_MAX else None


def shelve(alarm: Alarm, until: Moment, by: str, reason: str, *, one_shot: bool = False) -> Alarm:
    facts = replace(alarm.facts, shelved_until=until, one_shot=one_shot)
    return alarm._replace(facts=facts, shelved_by=by, shelve_reason=reason)


def unshelve(alarm: Alarm) -> Alarm:
    """Take it from the shelf, and nothing else."""
    return alarm._replace(facts=replace(alarm.facts, shelved_until=None, one_shot=False), shelved_by=None, shelve_reason=None)


def announces(alarm: Alarm, rule: Rule, *, hidden: bool) -> bool:
    """Whether an alarm is announced again, now that a cover is off. hidden: another one is still on."""
    kept = rule.keep_ack and rule.ack_required and alarm.facts.acked
    return not hidden and not kept and outcome(alarm.facts, Input.RELEASE) is Action.ANNOUNCE


def bound_shelf(alarm: Alarm, rule: Rule, now: Moment) -> Alarm:
    """A shelf taken over from another boot or layout ends at most SHELVE_MAX from now, and now if the rule may not be
    hidden any more."""
    until = alarm.facts.shelved_until
    if until is None:
        return alarm
    bound = min(until, now + SHELVE_MAX) if rule.shelvable else min(until, now)
    return alarm if bound == until else alarm._replace(facts=replace(alarm.facts, shelved_until=bound))
