"""Segments in memory, for scenarios: the same moves, and nothing outlives the process."""

from __future__ import annotations

from collections.abc import Sequence

from edge.history.catalogue import Catalogue
from edge.history.rows import Rows, pick
from edge.history.segment import Level, Segment, SegmentName, until
from edge.model.moment import Moment
from edge.model.sample import Batch

#: Rows that are kept; the eldest segments go first.
ROWS_MAX = 500_000


class MemoryShelf:
    def __init__(self) -> None:
        self._catalogue = Catalogue()
        self._held: dict[SegmentName, tuple[Batch, dict[str, int]]] = {}
        self._next = 1

    def open(self) -> None:
        """There is nothing to take up."""

    def write(self, batch: Batch, names: Sequence[str]) -> Segment:
        name = SegmentName(self._next, self._next, Level.MINUTE, until(int(batch.received_time.max())))
        self._next += 1
        self._held[name] = batch, {tag: slot for slot, tag in enumerate(names)}
        size = sum(column.nbytes for column in (batch.slot, batch.value, batch.quality, batch.source_time, batch.received_time))
        return Segment(name, len(batch), size, int(batch.source_time.min()), int(batch.source_time.max()))

    def admit(self, segment: Segment) -> None:
        self._catalogue.admit(segment)

    def borrow(self) -> tuple[Segment, ...]:
        return self._catalogue.borrow()

    def give_back(self, segments: tuple[Segment, ...]) -> None:
        self._catalogue.give_back(segments)

    def read(self, segments: Sequence[Segment], tag: str, start: Moment, end: Moment, limit: int) -> Rows:
        found = []
        for segment in segments:
            batch, slots = self._held[segment.name]
            if tag in slots:
                found.append(pick([batch], slots[tag], start, end))
        return Rows.join(found).first(limit)

    def interrupt(self) -> None:
        """A read takes no time."""

    def tidy(self, now: Moment) -> bool:
        """Nothing is merged, as there is no file to open."""
        segments = list(self._catalogue.all())
        while sum(segment.rows for segment in segments) > ROWS_MAX and len(segments) > 1:
            self._catalogue.swap([segments.pop(0)], ())
        for segment in self._catalogue.unused():
            del self._held[segment.name]
        return False

    def extent(self) -> tuple[int, int]:
        segments = self._catalogue.all()
        return len(segments), sum(segment.size for segment in segments)

    def close(self) -> None:
        """Nothing is open."""
