"""The image: the last row of every tag, for readers (faces, card texts). Rules never read it.

It also knows what a face has to show anew: a turn is one update, and a tag belongs to the turn in which what people read of it
changed. The same value again is no news, unless the last one had become old meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from edge.model.moment import NEVER, SECOND, Moment, Span
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.model.trail import Trail
from edge.runtime.trails import Trails

#: A value that is older than this is shown with its age.
OLD_AFTER: Span = 10 * SECOND


class Image:
    """slots: tag name to slot of the layout in force. stale_after: by tag name; a tag without one never becomes stale."""

    def __init__(self, slots: Mapping[str, int], stale_after: Mapping[str, Span | None] | None = None) -> None:
        self._slots = slots
        size = max(slots.values(), default=-1) + 1
        self._known = np.zeros(size, dtype=bool)
        self._value = np.full(size, np.nan, dtype=np.float64)
        self._quality = np.full(size, Quality.BAD, dtype=np.uint8)
        self._source_time = np.zeros(size, dtype=np.int64)
        self._received_time = np.zeros(size, dtype=np.int64)
        self._mark = np.zeros(size, dtype=np.uint8)
        self._text: dict[int, str] = {}
        self._trails = Trails(size)
        self.samples_total = 0
        self.turn = 0
        self._moved = np.zeros(size, dtype=np.int64)
        self._names = {slot: name for name, slot in slots.items()}
        self._stale_after = np.full(size, NEVER, dtype=np.int64)
        for name, span in (stale_after or {}).items():
            if span is not None and name in slots:
                self._stale_after[slots[name]] = span
        self._old_after = np.minimum(OLD_AFTER, self._stale_after)

    def update(self, batch: Batch) -> None:
        """Take the last sample of each tag; NumPy's indexed assignment keeps the last of equal indices."""
        if not len(batch.slot):
            return
        self._trails.pass_to(int(batch.received_time[-1]), self._value, self._quality)
        # A slice of columns is many times as fast as their rows by number.
        slot = batch.stretch or batch.slot
        value = self._value[slot]
        same_value = (value == batch.value) | (np.isnan(value) & np.isnan(batch.value))
        same_trust = (self._quality[slot] == batch.quality) & (self._mark[slot] == batch.mark)
        was_fresh = batch.received_time - self._source_time[slot] <= self._old_after[slot]
        self.turn += 1
        self._moved[batch.slot[~(self._known[slot] & same_value & same_trust & was_fresh)]] = self.turn
        self._known[slot] = True
        self._value[slot] = batch.value
        self._quality[slot] = batch.quality
        self._source_time[slot] = batch.source_time
        self._received_time[slot] = batch.received_time
        self._mark[slot] = batch.mark
        for row, text in batch.text.items():
            self._text[int(batch.slot[row])] = text
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
            text=self._text.get(slot),
        )

    def trail(self, name: str, now: Moment) -> Trail:
        """What it showed at the ends of the last minutes, and shows now."""
        latest = self.latest(name)
        if latest is None:
            return ()
        self._trails.pass_to(now, self._value, self._quality)
        return (*self._trails.of(latest.slot), math.nan if latest.quality is Quality.BAD else latest.value)

    def moved_since(self, turn: int, then: Moment, now: Moment) -> list[str]:
        """The tags of which a face shows something else: changed after that turn, or become old or stale since then."""
        source = self._source_time
        aged = _falls_due(source + OLD_AFTER, then, now) | _falls_due(source + self._stale_after, then, now)
        return [self._names[int(slot)] for slot in np.flatnonzero((self._moved > turn) | (self._known & aged))]


def _falls_due(due: NDArray[np.int64], then: Moment, now: Moment) -> NDArray[np.bool_]:
    """A value is old when its span is over, so one that is due just now is news of the next call."""
    return (due >= then) & (due < now)
