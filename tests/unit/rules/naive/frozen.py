"""A frozen value again: an anchor, the stretch that is being seen, and the longest one."""

from __future__ import annotations

from edge.model.moment import NEVER, SECOND
from rules.signals.frozen import Frozen

NOTHING = "nothing"


class NaiveFrozen:
    due = NEVER

    def __init__(self, signal: Frozen) -> None:
        self._band = signal.band
        self._anchor: float | None = None
        self._begun: int | None = None
        self._longest = 0

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        if value is None:
            self._begun = None
            return None
        if self._anchor is None or abs(value - self._anchor) > self._band:
            self._anchor, self._begun, self._longest = value, source, 0
        elif self._begun is None or gap:
            self._begun = source
        self._longest = max(self._longest, source - self._begun)
        return self._longest / SECOND

    def wake(self, now: int) -> float | str | None:
        return NOTHING
