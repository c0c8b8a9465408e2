"""Whether a recipient got the raise: a machine of six states, one a recipient and announcement.

Theory of operation. A raise is under way from the step that intends it until its receipt comes back. Then it is told, perhaps
told, or not told. In a flood there may be no raise at all: it is folded, and stays so. Two things hang on that:

- *The card exists* unless the raise was not told, or folded, or missed: only then are card updates, reminders and the returned
  notice intended. While the raise is under way they are intended too and wait behind it in its thread, so that after a cut
  everything arrives in order; if the raise is then refused they are withdrawn.
- *Perhaps* counts as told. Who may have got an alarm must hear that it is over; a word too many is the smaller harm.

A receipt that comes twice changes nothing: only `UNDER_WAY` and `MISSED` listen to receipts, and `PERHAPS` to one that says
that the raise arrived after all, because a person had it tried anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Told(StrEnum):
    """What became of the latest raise."""

    UNDER_WAY = "under_way"
    TOLD = "told"
    PERHAPS = "perhaps"
    NOT_TOLD = "not_told"
    FOLDED = "folded"
    """Not raised to them by itself: it is in the digest of a flood (`folding.py`)."""
    MISSED = "missed"
    """It began and ended while they were not reached: the raise was taken back, a digest says so (`cut_off.py`)."""

    @property
    def has_card(self) -> bool:
        return self in (Told.UNDER_WAY, Told.TOLD, Told.PERHAPS)


class Outcome(StrEnum):
    """How an intent ended, as its receipt names it."""

    DELIVERED = "delivered"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    EXPIRED = "expired"
    QUARANTINED = "quarantined"


TRANSITIONS: Mapping[tuple[Told, Outcome], Told] = {
    (Told.UNDER_WAY, Outcome.DELIVERED): Told.TOLD,
    (Told.UNDER_WAY, Outcome.UNKNOWN): Told.PERHAPS,
    (Told.UNDER_WAY, Outcome.REFUSED): Told.NOT_TOLD,
    (Told.UNDER_WAY, Outcome.EXPIRED): Told.NOT_TOLD,
    (Told.UNDER_WAY, Outcome.QUARANTINED): Told.NOT_TOLD,
    # It was being sent when it was taken back.
    (Told.MISSED, Outcome.DELIVERED): Told.TOLD,
    (Told.MISSED, Outcome.UNKNOWN): Told.PERHAPS,
    (Told.PERHAPS, Outcome.DELIVERED): Told.TOLD,
}


def after_receipt(told: Told, outcome: Outcome) -> Told:
    """The state after a raise's receipt; the same state when the receipt says nothing new."""
    return TRANSITIONS.get((told, outcome), told)
