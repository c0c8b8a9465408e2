"""A record is kept, and its cards are shown, the same way whatever brought the change."""

from __future__ import annotations

from dataclasses import replace

from edge.model.intent import Purpose
from edge.model.moment import Moment
from edge.response.calls import tend_calls
from edge.response.draft import Draft
from edge.response.ledger import Ledger
from edge.response.news import update_cards
from edge.response.occurrence import Occurrence
from edge.response.telling import Telling


def keep(ledger: Ledger, draft: Draft, occurrence: Occurrence) -> None:
    """The record as it is after this step, and the calls that it asks for."""
    ledger.put(tend_calls(draft, occurrence), draft.now)


def show(ledger: Ledger, draft: Draft, occurrence: Occurrence, at: Moment) -> None:
    """A record whose cards say more than before."""
    occurrence = replace(occurrence, version=occurrence.version + 1)
    telling = Telling(Purpose.STATE, draft.reading(occurrence.alarm))
    keep(ledger, draft, update_cards(draft, occurrence, telling, at))
