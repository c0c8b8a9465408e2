"""An event again."""

from __future__ import annotations

from edge.model.moment import NEVER
from rules.signals.pulse import Pulse


class NaivePulse:
    def __init__(self, signal: Pulse) -> None:
        self._hold = signal.hold
        self._event: float | None = None
        self._ends = self._begins = NEVER
        self._was_zero = self._broken = False

    @property
    def due(self) -> int:
        return NEVER if self._broken else min(self._ends, self._begins)

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        self._broken = value is None
        if value is None:
            return None
        if source >= self._begins:
            self._begins = NEVER
        if value == 0.0:
            self._was_zero = True
            if source >= self._ends:
                self._ends = NEVER
        else:
            if self._ends != NEVER and (self._was_zero or value != self._event):
                self._begins = source + 1
            self._ends = (source if self._begins == NEVER else self._begins) + self._hold
            self._event, self._was_zero = value, False
        return 1.0 if self._ends != NEVER and self._begins == NEVER else 0.0

    def wake(self, now: int) -> float | str | None:
        if now >= self._begins:
            self._begins = NEVER
            return 1.0
        self._ends = NEVER
        return 0.0
