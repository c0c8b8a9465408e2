"""EWMA again, one number after the other."""

from __future__ import annotations

import math

from rules.signals.ewma import Ewma
from tests.unit.rules.naive.control_chart import NaiveChart, multiple


class NaiveEwma(NaiveChart):
    def __init__(self, signal: Ewma) -> None:
        self._ewma = signal
        super().__init__(signal)

    def clear(self) -> None:
        self._average: float | None = None
        self._bracket = 1.0

    def judge(self, value: float, mean: float, sigma: float, missed: bool) -> float:
        weight, width = self._ewma.weight, self._ewma.width
        self._average = weight * value + (1.0 - weight) * (mean if self._average is None else self._average)
        self._bracket *= (1.0 - weight) * (1.0 - weight)
        unsettled = 0.0 if self._ewma.settled else self._bracket
        limit = width * sigma * math.sqrt(weight / (2.0 - weight) * (1.0 - unsettled))
        outside = not mean - limit <= self._average <= mean + limit
        return multiple(abs(self._average - mean), limit, outside=outside)
