"""The trails of all tags: a snapshot of the image's values at the end of each minute, kept for a quarter of an hour. In memory:
after a restart trails begin anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.model.moment import MINUTE, Moment
from edge.model.sample import Quality
from edge.model.trail import TRAIL_MINUTES, Trail


class Trails:
    """size: how many tags. A row for each minute; the row of a minute is that of its number modulo the rows."""

    def __init__(self, size: int) -> None:
        self._rows = np.full((TRAIL_MINUTES, size), np.nan, dtype=np.float64)
        self._minute: int | None = None

    def pass_to(self, now: Moment, value: NDArray[np.float64], quality: NDArray[np.uint8]) -> None:
        """Time has come to `now`, and until then the columns were so. Costs something once a minute."""
        minute = now // MINUTE
        if self._minute is None:
            self._minute = minute
        if minute <= self._minute:
            return
        held = np.where(quality == Quality.BAD, np.nan, value)
        for ended in range(max(self._minute, minute - TRAIL_MINUTES), minute):
            self._rows[ended % TRAIL_MINUTES] = held
        self._minute = minute

    def of(self, slot: int) -> Trail:
        """At the ends of the minutes before the one to which time has come."""
        if self._minute is None:
            return ()
        minutes = range(self._minute - TRAIL_MINUTES, self._minute)
        return tuple(float(self._rows[minute % TRAIL_MINUTES, slot]) for minute in minutes)
