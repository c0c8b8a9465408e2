"""Trend to limit again: a line through a list of points."""

from __future__ import annotations

from edge.model.moment import NEVER, SECOND
from rules.signals.aggregate import Aggregate, Aggregated
from rules.signals.trend import HORIZON, Side, Trend
from tests.unit.rules.naive.window import NaiveSamples, Taken, total

NOTHING = "nothing"


class NaiveTrend:
    due = NEVER

    def __init__(self, signal: Trend) -> None:
        self._signal = signal
        same = {"tag": signal.tag, "span": signal.span, "coverage": signal.coverage, "capacity": signal.capacity}
        self._samples = NaiveSamples(Aggregated(aggregate=Aggregate.COUNT, **same))  # type: ignore[arg-type]  # values of four types

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        apart = self._samples.coverage.take(value, source, gap)
        if value is None:
            return None
        start = source - self._signal.span
        self._samples.add(Taken(source, value, apart), start + 1)
        if self._samples.evaluate(start + 1, start, source, tail=True) is None:
            return None
        points = [(float(each.time - source), each.value - value) for each in self._samples.taken if each.time > start]
        return self._time_left(points, value) if len(points) >= self._signal.min_samples else None

    def wake(self, now: int) -> float | str | None:
        return NOTHING

    def _time_left(self, points: list[tuple[float, float]], newest: float) -> float | None:
        mean_time = total([time for time, _ in points]) / len(points)
        mean_value = total([value for _, value in points]) / len(points)
        centred = [(time - mean_time, value - mean_value) for time, value in points]
        time_square = total([time * time for time, _ in centred])
        value_square = total([value * value for _, value in centred])
        product = total([time * value for time, value in centred])
        if time_square == 0.0:
            return None
        slope = product / time_square
        fit = slope * (product / value_square) if value_square else 0.0
        rising = 1.0 if self._signal.side is Side.HIGH else -1.0
        distance = rising * (self._signal.limit - (newest + (mean_value - slope * mean_time)))
        if distance <= 0.0:
            return 0.0
        if rising * slope <= 0.0 or min(fit, 1.0) < self._signal.min_fit:
            return HORIZON
        return min(distance / (rising * slope) / SECOND, HORIZON)
