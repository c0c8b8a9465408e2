"""Shelving: a person hides an alarm for a limited time, with a reason.

A shelf has an end (`facts.shelved_until`, durable, on the steady clock) and never touches the machine below. At its
end, by time or by a person, what is still active is announced again (`lifecycle.Input.RELEASE`). Checked in this order:
may this alarm be shelved at all, is it shelved already, for how long, why.
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


def refuse_shelve(alarm: Alarm, rule: Rule, command: Shelve) -> Rejection | None:
    """Why this alarm cannot be shelved so; None when it can."""
    if not rule.shelvable:
        return Rejection.PRIORITY_NOT_SHELVABLE
    if alarm.facts.shelved_until is not None:
        return Rejection.ALREADY_SHELVED
    if not 0 < command.duration <= SHELVE_MAX:
        return Rejection.DURATION_OUT_OF_RANGE
    if not command.reason.strip():
        return Rejection.REASON_MISSING
    if len(command.reason) > TEXT_MAX:
        return Rejection.COMMENT_TOO_LONG
    return None


def shelve(alarm: Alarm, until: Moment, by: str, reason: str) -> Alarm:
    return replace(alarm, facts=replace(alarm.facts, shelved_until=until), shelved_by=by, shelve_reason=reason)


def release(alarm: Alarm, rule: Rule) -> Alarm:
    """Take it from the shelf; if active, it is announced again."""
    bare = replace(alarm, facts=replace(alarm.facts, shelved_until=None), shelved_by=None, shelve_reason=None)
    if outcome(bare.facts, Input.RELEASE) is Action.ANNOUNCE:
        return bare.announce(rule)
    return bare


def bound_shelf(alarm: Alarm, rule: Rule, now: Moment) -> Alarm:
    """A shelf taken over from another boot or layout ends at most SHELVE_MAX from now, and now if the rule may not be
    hidden any more."""
    until = alarm.facts.shelved_until
    if until is None:
        return alarm
    bound = min(until, now + SHELVE_MAX) if rule.shelvable else min(until, now)
    return alarm if bound == until else replace(alarm, facts=replace(alarm.facts, shelved_until=bound))
