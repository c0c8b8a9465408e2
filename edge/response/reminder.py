"""Reminders: told again while nobody acknowledges, one at a time, counted from the attempt before.

Theory of operation. An announcement sets the first due time, a receipt of a raise or a reminder moves it to the attempt plus
the interval. While such an attempt has no receipt no reminder comes due: it would only stand in line behind it, and a channel
that was down for an hour would ring twelve times when it comes back. For the same reason an agent that was down sends one
reminder when it comes back, however many intervals have passed.
"""

from __future__ import annotations

from dataclasses import replace

from edge.model.intent import Purpose
from edge.model.moment import Moment
from edge.response.draft import Because, Draft
from edge.response.occurrence import Occurrence, Recipient
from edge.response.telling import ReminderCount, Telling


def reminder_due(recipient: Recipient) -> Moment | None:
    """When this recipient is to be reminded; None: not, or not before a receipt is in."""
    return None if recipient.rings else recipient.reminder_due


def remind(draft: Draft, occurrence: Occurrence) -> Occurrence:
    """Remind everybody whose time has come."""
    for recipient in occurrence.recipients.values():
        due, every = reminder_due(recipient), recipient.repeat_every
        if due is None or every is None or due > draft.now:
            continue
        number = recipient.reminders + 1
        count = ReminderCount(number, recipient.repeat_max, draft.now - occurrence.raised)
        telling = Telling(Purpose.REMINDER, draft.reading(occurrence.alarm), reminder=count)
        reminded = draft.tell(occurrence, recipient, telling, wanted_at=due, count=number)
        next_due = draft.now + every if number < recipient.repeat_max else None
        occurrence = occurrence.with_recipient(replace(reminded, reminders=number, reminder_due=next_due))
    return occurrence


def end_reminders(draft: Draft, occurrence: Occurrence, because: Because) -> Occurrence:
    """Nobody needs to be reminded any more; a reminder that has not left yet is withdrawn."""
    for recipient in occurrence.recipients.values():
        quiet = draft.withdraw(occurrence, recipient, (Purpose.REMINDER,), because)
        occurrence = occurrence.with_recipient(replace(quiet, reminder_due=None))
    return occurrence


def replan(occurrence: Occurrence, now: Moment) -> Occurrence:
    """After a start: no reminder further off than its interval. A wall clock that ran ahead before the restart would otherwise
    keep everybody silent until it is reached."""
    for recipient in occurrence.recipients.values():
        if recipient.reminder_due is not None and recipient.repeat_every is not None:
            due = min(recipient.reminder_due, now + recipient.repeat_every)
            occurrence = occurrence.with_recipient(replace(recipient, reminder_due=due))
    return occurrence
