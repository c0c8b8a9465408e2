"""News of an announced occurrence: its state on the cards, its return to those who got the raise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from edge.model.intent import Purpose
from edge.model.moment import Moment
from edge.response.draft import Draft
from edge.response.occurrence import Occurrence
from edge.response.refresh import is_out_of_date, looked_at, now_shown
from edge.response.telling import Telling


def update_cards(
    draft: Draft, occurrence: Occurrence, telling: Telling, wanted_at: Moment, only: Collection[str] | None = None
) -> Occurrence:
    """Show the state on the cards of all recipients, or of those in `only`; who was not told has no card."""
    if occurrence.facts.active and not telling.moved:
        telling = replace(telling, peak=draft.peak(occurrence.alarm))
    if only is None and not telling.moved:
        occurrence = now_shown(occurrence, draft.values_every(occurrence), draft.now, telling.reading, telling.peak)
    for recipient in occurrence.recipients.values():
        if recipient.told.has_card and (only is None or recipient.id in only):
            shown = draft.tell(occurrence, recipient, telling, wanted_at=wanted_at, count=occurrence.version)
            occurrence = occurrence.with_recipient(shown)
    return occurrence


def refresh_values(draft: Draft, occurrence: Occurrence) -> Occurrence:
    """Show the value on the cards, if it has changed since they were told."""
    reading, peak = draft.reading(occurrence.alarm), draft.peak(occurrence.alarm)
    if not is_out_of_date(occurrence, reading, peak):
        return looked_at(occurrence, draft.values_every(occurrence), draft.now)
    occurrence = replace(occurrence, version=occurrence.version + 1)
    occurrence = update_cards(draft, occurrence, Telling(Purpose.STATE, reading), draft.now)
    return now_shown(occurrence, draft.values_every(occurrence), draft.now, reading, peak, by_itself=True)


def tell_return(draft: Draft, occurrence: Occurrence, wanted_at: Moment) -> Occurrence:
    """Tell everybody who got the raise that it is over."""
    return tell_all(draft, occurrence, Telling(Purpose.RETURNED), wanted_at, occurrence.facts.occurrence - occurrence.number)


def tell_given_back(draft: Draft, occurrence: Occurrence, by: str, wanted_at: Moment) -> Occurrence:
    """Nobody looks after it any more: told to everybody with a card but who gave it back."""
    telling = Telling(Purpose.GIVEN_BACK, draft.reading(occurrence.alarm))
    for recipient in occurrence.recipients.values():
        if recipient.told.has_card and recipient.who != f"person:{by}":
            told = draft.tell(occurrence, recipient, telling, wanted_at=wanted_at, count=occurrence.version)
            occurrence = occurrence.with_recipient(told)
    return occurrence


def tell_all(draft: Draft, occurrence: Occurrence, telling: Telling, wanted_at: Moment, count: int) -> Occurrence:
    """Tell everybody who got the raise, or may have got it."""
    for recipient in occurrence.recipients.values():
        if recipient.hears_the_return:
            told = draft.tell(occurrence, recipient, telling, wanted_at=wanted_at, count=count)
            occurrence = occurrence.with_recipient(told)
    return occurrence
