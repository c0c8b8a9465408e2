"""What banks have in common that speak only when a sample comes: nothing is ever due."""

from __future__ import annotations

import numpy as np

from edge.model.moment import NEVER
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.base import Said

#: The greatest number that a signal says: what would overflow is this instead, on the same side of every limit.
MOST = float(np.finfo(np.float64).max)


class SampleDriven:
    """due: NEVER, all of it."""

    def __init__(self, places: int) -> None:
        self.due: Moments = np.full(places, NEVER, dtype=np.int64)

    def wake(self, places: Indices, now: Moments) -> Said:
        """Never has anything to say by itself."""
        return Said(np.empty(0, dtype=np.intp), np.empty(0), np.empty(0, dtype=np.bool_))


def say_where(speaks: Bools, value: Floats, known: Bools) -> Said:
    """Only some of those who were asked; all columns have one length. -0.0 is said as 0."""
    position = np.flatnonzero(speaks)
    known = known[position]
    return Said(position, np.where(known, value[position], 0.0) + 0.0, known)


def say_all(value: Floats, known: Bools) -> Said:
    return Said(np.arange(len(known)), np.where(known, value, 0.0) + 0.0, known)


def within_range(value: Floats) -> Floats:
    """Infinite numbers as the greatest there are."""
    clipped: Floats = np.clip(value, -MOST, MOST)
    return clipped
