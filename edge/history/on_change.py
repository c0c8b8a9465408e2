"""Which samples the history keeps: all, or of a tag with `on_change` those that tell something new. Pure.

A sample of such a tag is kept when it differs from the last one kept by at least `on_change`, or by that share of it, when its
quality or mark is another, or when a minute has passed since, so that silence can be told from a value that does not move. One
that is older than the last one kept (late data) is kept as well, and nothing is compared with it.

Theory of operation. Whether a sample is kept depends on what was kept before, so the samples of one tag are taken in turn: a
batch is cut into waves of at most one sample a tag, and each wave is decided at once. Cutting the same samples into other
batches keeps the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.model.moment import MINUTE, Span
from edge.model.sample import Batch

#: At least one sample is kept in this long.
KEEP_EVERY: Span = 1 * MINUTE


class OnChange:
    """bands: `on_change` by slot; shares: of the last value kept. NaN where there is none; both: every sample is kept."""

    def __init__(self, bands: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
        self._band, self._share = bands, shares
        self._has_band = ~np.isnan(bands) | ~np.isnan(shares)
        size = len(bands)
        self._known = np.zeros(size, dtype=bool)
        self._value = np.full(size, np.nan)
        self._quality = np.zeros(size, dtype=np.uint8)
        self._mark = np.zeros(size, dtype=np.uint8)
        self._time = np.zeros(size, dtype=np.int64)

    def kept(self, batch: Batch) -> NDArray[np.bool_]:
        """Which rows to keep, as a mask; they count as kept from now on."""
        mask = np.ones(len(batch), dtype=bool)
        for wave in _waves(batch.slot, np.flatnonzero(self._has_band[batch.slot])):
            mask[wave] = self._decide(batch, wave)
        return mask

    def _decide(self, batch: Batch, wave: NDArray[np.intp]) -> NDArray[np.bool_]:
        slot, value, quality, mark, time = (
            batch.slot[wave],
            batch.value[wave],
            batch.quality[wave],
            batch.mark[wave],
            batch.source_time[wave],
        )
        last = self._value[slot]
        with np.errstate(invalid="ignore"):
            band = np.fmin(self._band[slot], self._share[slot] * np.abs(last))
            same = (np.abs(value - last) < band) | (value == last) | (np.isnan(value) & np.isnan(last))
        known, since = self._known[slot], time - self._time[slot]
        told = same & (quality == self._quality[slot]) & (mark == self._mark[slot]) & (since < KEEP_EVERY)
        late = known & (since < 0)
        keep: NDArray[np.bool_] = ~known | late | ~told
        moved = keep & ~late
        slot = slot[moved]
        self._known[slot] = True
        self._value[slot] = value[moved]
        self._quality[slot] = quality[moved]
        self._mark[slot] = mark[moved]
        self._time[slot] = time[moved]
        return keep


def _waves(slots: NDArray[np.int32], rows: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    """These rows, cut into waves: the first of each slot, the second of each slot, ..."""
    if not len(rows):
        return
    by_slot = rows[np.argsort(slots[rows], kind="stable")]
    sorted_slots = slots[by_slot]
    begins = np.flatnonzero(np.r_[True, sorted_slots[1:] != sorted_slots[:-1]])
    turn = np.arange(len(by_slot)) - np.repeat(begins, np.diff(np.r_[begins, len(by_slot)]))
    by_turn = np.argsort(turn, kind="stable")
    yield from np.split(by_slot[by_turn], np.flatnonzero(np.diff(turn[by_turn])) + 1)
