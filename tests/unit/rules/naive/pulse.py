"""An event again."""

from __future__ import annotations

from edge.model.moment import NEVER
from rules.signals.pulse import Pulse


class NaivePulse:
    def __init__(self, signal: Pulse) -> None:
        self._hold = signal.hold
        self.due = NEVER

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        if value is None:
            return None
        if value == 0.0:
            self.due = NEVER
            return 0.0
        self.due = source + self._hold
        return 1.0

    def wake(self, now: int) -> float | str | None:
        self.due = NEVER
        return 0.0
