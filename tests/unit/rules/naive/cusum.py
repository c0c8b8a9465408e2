"""CUSUM again, two numbers after the other."""

from __future__ import annotations

from rules.signals.cusum import Cusum
from tests.unit.rules.naive.control_chart import NaiveChart, multiple

_MOST = 1.7976931348623157e308


class NaiveCusum(NaiveChart):
    def __init__(self, signal: Cusum) -> None:
        self._cusum = signal
        super().__init__(signal)

    def clear(self) -> None:
        self._high = self._low = 0.0

    def reset(self, place: int) -> None:
        self.clear()
        if self._value is not None:
            self._value = 0.0

    def judge(self, value: float, mean: float, sigma: float, missed: bool) -> float:
        unit = sigma if self._cusum.in_sigmas else 1.0
        slack, interval = self._cusum.slack * unit, self._cusum.decision_interval * unit
        self._high = min(max(0.0, value - (mean + slack) + self._high), _MOST)
        self._low = min(max(0.0, (mean - slack) - value + self._low), _MOST)
        greater = max(self._high, self._low)
        return multiple(greater, interval, outside=greater > interval)
