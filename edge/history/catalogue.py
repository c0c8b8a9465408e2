"""Which segments are in force, and which files still have a reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

from edge.history.segment import Segment


class Catalogue:
    """A merge swaps its result for its inputs at once, so that a reader has either; files of inputs go when their last reader
    is done. For any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._segments: list[Segment] = []
        self._borrowed: list[tuple[Segment, ...]] = []
        self._condemned: list[Segment] = []

    def all(self) -> tuple[Segment, ...]:
        with self._lock:
            return tuple(self._segments)

    def admit(self, segment: Segment) -> None:
        self.swap((), (segment,))

    def swap(self, gone: Sequence[Segment], come: Sequence[Segment]) -> None:
        """Files of those that are gone are condemned."""
        left = {segment.name for segment in gone}
        with self._lock:
            kept = [segment for segment in self._segments if segment.name not in left]
            self._segments = sorted([*kept, *come], key=lambda segment: segment.name.first)
            self._condemned.extend(gone)

    def replace(self, segments: Iterable[Segment]) -> None:
        """Begin with these."""
        with self._lock:
            self._segments = sorted(segments, key=lambda segment: segment.name.first)

    def borrow(self) -> tuple[Segment, ...]:
        with self._lock:
            segments = tuple(self._segments)
            self._borrowed.append(segments)
            return segments

    def give_back(self, segments: tuple[Segment, ...]) -> None:
        with self._lock:
            self._borrowed.remove(segments)

    def unused(self) -> list[Segment]:
        """Condemned ones that nobody reads; they are the caller's to delete."""
        with self._lock:
            read = {segment.name for segments in self._borrowed for segment in segments}
            free = [segment for segment in self._condemned if segment.name not in read]
            self._condemned = [segment for segment in self._condemned if segment.name in read]
            return free
