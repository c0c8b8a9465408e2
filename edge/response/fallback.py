"""Fallback: who is not reached by one channel is told by the next one of theirs, where the plant asks for it. Pure.

Theory of operation. A recipient carries the ways that are left: the other channels of the person, in the order of people.yaml;
none for alarms of priorities that do not fall back. The next way is taken while the alarm needs somebody and

    the channel is known to fail      at once, with the raise
    the raise was not told            at once, with its receipt: refused, given up, set aside
    nobody knows whether it was       at once, with its receipt: who may have got it may as well not have
    nothing is heard of the raise     when it is overdue (`cut_off.py`)

What is told by another way is a record of its own beside the first one, named `person:li@apprise`: it has its own raise,
reminders, return and further ways. The first raise is not taken back: it brings the card with its buttons when the channel is
there again, late and saying so, and from then on the first way reminds alone; not while it is unknown whether it arrived.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from edge.model.intent import Purpose
from edge.model.moment import Moment
from edge.response.draft import Draft
from edge.response.identity import record_id
from edge.response.occurrence import Occurrence, Recipient
from edge.response.telling import Telling
from edge.response.told import Told


class Why(StrEnum):
    """Why another way is taken."""

    CHANNEL_FAILS = "channel_fails"
    NOT_TOLD = "not_told"
    PERHAPS = "perhaps"
    NOTHING_HEARD = "nothing_heard"


def fallback_due(occurrence: Occurrence) -> Moment | None:
    """When a raise of which nothing is heard makes somebody be told by another way; None: no raise does."""
    if not occurrence.needs_somebody:
        return None
    overdue = (each.overdue_at for each in occurrence.recipients.values() if each.ways)
    return min((moment for moment in overdue if moment is not None), default=None)


def fall_back(draft: Draft, occurrence: Occurrence) -> Occurrence:
    """The record after everybody who is not reached, and has another way, is told by it."""
    while occurrence.needs_somebody and (found := next(_not_reached(draft, occurrence), None)) is not None:
        recipient, why = found
        occurrence = _tell(draft, occurrence, recipient, why)
    return occurrence


def first_way_is_there_again(occurrence: Occurrence, recipient: Recipient) -> Occurrence:
    """Who got the raise by an earlier way is not reminded by later ones, too."""
    if recipient.told is not Told.TOLD or recipient.id != recipient.who:
        return occurrence
    for other in occurrence.recipients.values():
        if other.who == recipient.who and other.id != recipient.id:
            occurrence = occurrence.with_recipient(replace(other, reminder_due=None, ways=()))
    return occurrence


def _not_reached(draft: Draft, occurrence: Occurrence) -> Iterator[tuple[Recipient, Why]]:
    for recipient in occurrence.recipients.values():
        if not recipient.ways or recipient.round != occurrence.round:
            continue
        overdue = recipient.overdue_at
        if recipient.told is Told.NOT_TOLD:
            yield recipient, Why.NOT_TOLD
        elif recipient.told is Told.PERHAPS:
            yield recipient, Why.PERHAPS
        elif overdue is not None and overdue <= draft.now:
            yield recipient, Why.NOTHING_HEARD
        elif recipient.told is Told.UNDER_WAY and draft.fails(recipient.channel):
            yield recipient, Why.CHANNEL_FAILS


def _tell(draft: Draft, occurrence: Occurrence, recipient: Recipient, why: Why) -> Occurrence:
    (channel, address), *left = recipient.ways
    every = recipient.repeat_every
    other = Recipient(
        id=record_id(recipient.who, channel),
        language=recipient.language,
        address=address,
        round=occurrence.round,
        repeat_every=every,
        repeat_max=recipient.repeat_max,
        reminder_due=None if every is None or not recipient.repeat_max else draft.now + every,
        channel=channel,
        ways=tuple(left),
    )
    draft.journal_fallback(occurrence, recipient, channel, why)
    telling = Telling(Purpose.RAISED, draft.reading(occurrence.alarm), instead_of=draft.channel(recipient.channel))
    told = draft.tell(occurrence, other, telling, wanted_at=occurrence.raised)
    return occurrence.with_recipient(replace(recipient, ways=())).with_recipient(told)
