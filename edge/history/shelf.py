"""Where segments stand: what the history needs of it. In a folder live (`folder_shelf.py`), in memory in scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from edge.history.rows import Rows
from edge.history.segment import Segment
from edge.model.moment import Moment
from edge.model.sample import Batch


class ShelfRefused(Exception):
    """The disk takes nothing. The text says why, and what to do."""


class Interrupted(Exception):
    """A read was asked to end early."""


class Shelf(Protocol):
    """Writing is one thread's (`open`, `write`, `tidy`, `close`), reading another's (`read`); the rest is anybody's."""

    def open(self) -> None:
        """Take up what is there and remove what a crash left. Raises ShelfRefused; may be called again."""

    def write(self, batch: Batch, names: Sequence[str]) -> Segment:
        """Keep rows; durable when it returns, and nothing of it is kept when it raises ShelfRefused. names: by slot.
        Readers see the segment once it is admitted."""

    def admit(self, segment: Segment) -> None: ...

    def borrow(self) -> tuple[Segment, ...]:
        """What is there now, by number; it stays readable, whatever is merged and deleted, until it is given back."""

    def give_back(self, segments: tuple[Segment, ...]) -> None: ...

    def read(self, segments: Sequence[Segment], tag: str, start: Moment, end: Moment, limit: int) -> Rows:
        """Samples of a tag whose source time is from `start` up to `end`, in the order in which they came; any `limit` of
        them when there are more. Raises Interrupted."""

    def interrupt(self) -> None:
        """End the read under way."""

    def tidy(self, now: Moment) -> bool:
        """One piece of work: delete what is expired, or merge. True: there may be more. Raises ShelfRefused."""

    def extent(self) -> tuple[int, int]:
        """How many segments, and their bytes."""

    def close(self) -> None: ...
