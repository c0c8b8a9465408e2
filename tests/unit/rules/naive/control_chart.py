"""Control charts again: lists, one sample at a time, everything worked out anew at each point, no NumPy."""

from __future__ import annotations

import math

from edge.model.moment import NEVER
from rules.signals.baseline import Learned, Stated
from rules.signals.control_chart import ControlChart

NOTHING = "nothing"


def learn(values: list[float]) -> tuple[float, float] | None:
    """Mean and sigma, None where they cannot be used."""
    mean, squares = 0.0, 0.0
    for count, value in enumerate(values, 1):
        before = value - mean
        mean += before / count
        squares += before * (value - mean)
    if not abs(mean) <= 1e100 or not squares <= 1e200 or len(set(values)) < 5:
        return None
    sigma = math.sqrt(squares / (len(values) - 1))
    return (mean, sigma) if sigma >= 1e-100 else None


def multiple(amount: float, limit: float, *, outside: bool) -> float:
    ratio = amount / limit
    if math.isinf(ratio):
        ratio = math.nextafter(math.inf, 0.0)
    return max(ratio, math.nextafter(1.0, 2.0)) if outside else min(ratio, 1.0)


class NaiveChart:
    def __init__(self, signal: ControlChart) -> None:
        self._signal = signal
        self.due = NEVER
        self._slot: int | None = None
        self._untrusted = False
        self.learns = not isinstance(signal.baseline, Stated)
        self.rebaseline(0)

    def rebaseline(self, place: int) -> None:
        baseline = self._signal.baseline
        self._learned: list[float] = []
        self._normal: tuple[float, float] | None = None
        if isinstance(baseline, Stated):
            self._normal = baseline.mean, math.nan if baseline.sigma is None else baseline.sigma
        self._value: float | None = None
        self.clear()

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        if gap or value is None:
            self._untrusted = True
        if value is None:
            return None
        every = self._signal.every
        slot = source // every if every else source
        if self._slot is None or slot > self._slot:
            next_slot = every > 0 and self._slot is not None and slot == self._slot + 1
            missed = self._untrusted and not next_slot
            self._slot, self._untrusted = slot, False
            self._take(value, missed)
        return self._value

    def wake(self, now: int) -> float | str | None:
        return NOTHING

    def _take(self, value: float, missed: bool) -> None:
        baseline = self._signal.baseline
        if self._normal is not None:
            self._value = self.judge(value, *self._normal, missed)
        elif isinstance(baseline, Learned):
            self._learned.append(value)
            if len(self._learned) == baseline.points:
                self._normal = learn(self._learned)
                self._learned = []

    def clear(self) -> None:
        raise NotImplementedError

    def judge(self, value: float, mean: float, sigma: float, missed: bool) -> float:
        raise NotImplementedError
