"""A deviation again, of two numbers."""

from __future__ import annotations

import math

from edge.model.moment import NEVER
from rules.signals.deviation import Deviation, Side

NOTHING = "nothing"


class NaiveDeviation:
    def __init__(self, signal: Deviation) -> None:
        self._signal = signal
        self._value: float | None = None
        self._set_point: float | None = None if isinstance(signal.set_point, str) else signal.set_point
        self.due = NEVER

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        if input == 0:
            self._value = value
        else:
            self._set_point = value
        if self._value is None or self._set_point is None:
            return None
        deviation = self._value - self._set_point
        if not math.isfinite(deviation):
            return None
        if self._signal.side is Side.ABOVE:
            return deviation if deviation > 0.0 else 0.0
        if self._signal.side is Side.BELOW:
            return -deviation if deviation < 0.0 else 0.0
        return abs(deviation) if self._signal.side is Side.BOTH else deviation

    def wake(self, now: int) -> float | str | None:
        return NOTHING
