"""Deadlines: until when it is worth telling somebody, and how long one attempt may take. Pure.

    what                              worth telling for     why
    a call by SMS or telephone        10 min                who is rung an hour late is rung for nothing: escalation rings anew
    a call in the app                 30 min                the same, and it costs nobody anything
    a reminder of a critical alarm    1 h                   the raise still comes, marked as late, and later reminders
    any other reminder                30 min                the same
    a hang-tag that hangs for long    a day                 the next day it is told again
    everything else                   seven days            longer than the 72 h without a network that nothing may be lost in,
                                                            short enough that an outbox cannot grow for ever

Counted from when it was decided. Whatever is no longer wanted before that, the response withdraws.
"""

from __future__ import annotations

from collections.abc import Mapping

from edge.model.act import Call, CallMedium
from edge.model.alarm import Priority
from edge.model.intent import Intent, Purpose
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, Span

#: A channel ends an attempt within this, or it is cut off.
ATTEMPT_WITHIN: Span = 30 * SECOND
#: After this nobody is told any more, whatever it is.
GIVE_UP_AFTER: Span = 7 * 24 * HOUR

_CALLS: Mapping[CallMedium, Span] = {
    CallMedium.APP: 30 * MINUTE,
    CallMedium.SMS: 10 * MINUTE,
    CallMedium.PHONE: 10 * MINUTE,
}
_REMINDER: Span = 30 * MINUTE
_REMINDER_OF_CRITICAL: Span = 1 * HOUR


def deadline(intent: Intent) -> Moment:
    """The last moment at which an attempt at it may begin."""
    return intent.created_at + _worth_telling_for(intent)


def _worth_telling_for(intent: Intent) -> Span:
    if isinstance(intent.act, Call):
        return _CALLS[intent.act.medium]
    if intent.purpose is Purpose.REMINDER:
        return _REMINDER_OF_CRITICAL if intent.priority is Priority.CRITICAL else _REMINDER
    if intent.purpose is Purpose.HANG_TAG:
        return 24 * HOUR
    return GIVE_UP_AFTER
