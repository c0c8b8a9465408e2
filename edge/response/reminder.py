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
from edge.response.occurrence import NEEDED_AGAIN, Occurrence, Recipient
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
        number = recipient.reminders + 1 - recipient.reminders_before
        count = ReminderCount(number, recipient.repeat_max, draft.now - occurrence.raised)
        reminded = _remind(draft, occurrence, recipient, count, due)
        next_due = draft.now + every if number < recipient.repeat_max else None
        occurrence = occurrence.with_recipient(replace(reminded, reminder_due=next_due))
    return occurrence


def realarm(draft: Draft, occurrence: Occurrence, number: int, at: Moment) -> Occurrence:
    """The rule itself alarms again, for the `number`-th time: a reminder for everybody with a card for whom nothing that rings
    is still under way. Those of the routes go on from here."""
    count = ReminderCount(number, None, at - occurrence.raised)
    for recipient in occurrence.recipients.values():
        if not recipient.told.has_card or recipient.rings:
            continue
        reminded = _remind(draft, occurrence, recipient, count, at)
        # What the rule asks for is not taken from what the route asks for.
        occurrence = occurrence.with_recipient(replace(reminded, reminders_before=reminded.reminders_before + 1))
    return occurrence


def begin_reminders(draft: Draft, occurrence: Occurrence) -> Occurrence:
    """From the first one again, as long as somebody is needed."""
    if not occurrence.needs_somebody:
        return occurrence
    for recipient in occurrence.recipients.values():
        every = recipient.repeat_every
        if every is not None and recipient.repeat_max > 0 and recipient.told.has_card:
            again = replace(recipient, reminders_before=recipient.reminders, reminder_due=draft.now + every)
            occurrence = occurrence.with_recipient(again)
    return occurrence


def _remind(draft: Draft, occurrence: Occurrence, recipient: Recipient, count: ReminderCount, wanted_at: Moment) -> Recipient:
    telling = Telling(Purpose.REMINDER, draft.reading(occurrence.alarm), reminder=count)
    number = recipient.reminders + 1
    return replace(draft.tell(occurrence, recipient, telling, wanted_at=wanted_at, count=number), reminders=number)


def end_reminders(draft: Draft, occurrence: Occurrence, because: Because) -> Occurrence:
    """Nobody needs to be reminded any more; what has not left yet is withdrawn."""
    for recipient in occurrence.recipients.values():
        quiet = draft.withdraw(occurrence, recipient, NEEDED_AGAIN, because)
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
