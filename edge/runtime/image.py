"""The image: the last row of every tag, for readers (faces, card texts). Rules never read it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edge.model.sample import Batch, Mark, Quality, Sample


class Image:
    """slots: tag name to slot of the layout in force."""

    def __init__(self, slots: Mapping[str, int]) -> None:
        self._slots = slots
        size = max(slots.values(), default=-1) + 1
        self._known = np.zeros(size, dtype=bool)
        self._value = np.full(size, np.nan, dtype=np.float64)
        self._quality = np.full(size, Quality.BAD, dtype=np.uint8)
        self._source_time = np.zeros(size, dtype=np.int64)
        self._received_time = np.zeros(size, dtype=np.int64)
        self._mark = np.zeros(size, dtype=np.uint8)
        self.samples_total = 0

    def update(self, batch: Batch) -> None:
        """Take the last sample of each tag; NumPy's indexed assignment keeps the last of equal indices."""
        slot = batch.slot
        self._known[slot] = True
        self._value[slot] = batch.value
        self._quality[slot] = batch.quality
        self._source_time[slot] = batch.source_time
        self._received_time[slot] = batch.received_time
        self._mark[slot] = batch.mark
        self.samples_total += len(batch)

    def latest(self, name: str) -> Sample | None:
        slot = self._slots.get(name)
        if slot is None or not self._known[slot]:
            return None
        return Sample(
            slot=slot,
            value=float(self._value[slot]),
            quality=Quality(int(self._quality[slot])),
            source_time=int(self._source_time[slot]),
            received_time=int(self._received_time[slot]),
            mark=Mark(int(self._mark[slot])),
        )
