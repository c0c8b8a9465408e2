"""Chattering: an alarm that comes and goes again and again. It stays listed, people are told at its start and when it has
settled.

An alarm chatters when it is raised `count` times within `within`, and nobody did anything meanwhile. It has settled when its
condition did not turn for `quiet`, in whichever state. Every raise is counted and written down all the same, and only a person
shelves (reference: alarms 1.5).
"""

from __future__ import annotations

from edge.model.moment import Moment
from rules.alarm import Alarm
from rules.definition import Rule


def moved(alarm: Alarm, rule: Rule, now: Moment, raised_at: Moment | None = None) -> tuple[Alarm, bool]:
    """The condition of an alarm turned. raised_at: it was raised; None: it returned. The alarm, and whether it chatters from
    now on. now: of the steady clock, from which the quiet is counted."""
    chatter = rule.chatter
    if chatter is None:
        return alarm, False
    if alarm.chattering:
        count = alarm.chattering + (raised_at is not None)
        return alarm._replace(chattering=count, quiet_at=now + chatter.quiet), False
    if raised_at is None:
        return alarm, False
    recent = (*alarm.recent, raised_at)[-chatter.count :]
    if len(recent) < chatter.count or recent[-1] - recent[0] > chatter.within:
        return alarm._replace(recent=recent), False
    begins = alarm._replace(recent=(), chattering=chatter.count, chatter_began=recent[0], quiet_at=now + chatter.quiet)
    return begins, True


def looked_after(alarm: Alarm) -> Alarm:
    """A person did something about it: what comes now is counted afresh."""
    return alarm._replace(recent=()) if alarm.recent else alarm


def calm(alarm: Alarm) -> Alarm:
    """It has been quiet for long enough."""
    return alarm._replace(recent=(), chattering=0, chatter_began=None, quiet_at=None)
