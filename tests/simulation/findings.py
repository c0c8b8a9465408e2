"""Of what invariants have in common: how they say a moment, and what the plant's settings say."""

from __future__ import annotations

from edge.model.moment import SECOND, Moment, to_iso
from tests.simulation.play import START

#: A settled intent that nobody was told of, and whose cause must be on record.
REFUSED = ("refused", "expired")
#: A raise without a receipt for so long is overdue, as `plant/response.yaml` says; and how long an attempt lasts.
CUT_OFF_AFTER = 30 * SECOND
ATTEMPT_MAX = 31 * SECOND


def said_at(moment: Moment) -> str:
    return f"{(moment - START) / SECOND:.2f} s ({to_iso(moment)})"
