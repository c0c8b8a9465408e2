"""What is so from a moment on, until the next change: who can be reached, which sensor is broken, which text is set. Pure."""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import Generic, TypeVar

T = TypeVar("T")


class Changes(Generic[T]):
    """Pairs (moment, state), bounded: of those before the one added only the newest `kept` are remembered."""

    def __init__(self, initial: T, kept: int) -> None:
        self._initial = initial
        self._kept = kept
        self._changes: list[tuple[int, T]] = []

    def at(self, now: int) -> T:
        """The state of the latest change that has begun."""
        begun = bisect_right(self._changes, now, key=_moment)
        return self._changes[begun - 1][1] if begun else self._initial

    def begun_at(self, now: int) -> int | None:
        """When the latest change began; None: nothing has changed yet."""
        begun = bisect_right(self._changes, now, key=_moment)
        return self._changes[begun - 1][0] if begun else None

    def add(self, at: int, state: T) -> None:
        """Let the state be so from `at` on."""
        insort(self._changes, (at, state), key=_moment)
        begun = bisect_right(self._changes, at, key=_moment)
        del self._changes[: max(0, begun - self._kept)]


def _moment(change: tuple[int, T]) -> int:
    return change[0]
