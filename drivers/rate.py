"""How often something happened in the last minute. Pure: the moment comes in by argument."""

from __future__ import annotations

from edge.model.moment import SECOND, Moment

WINDOW_S = 60


class RateWindow:
    """Counts by whole seconds over the last 60, so that its size depends on no rate. started: before it nothing is expected."""

    def __init__(self, started: Moment) -> None:
        self._started = started
        self._count_of: dict[int, int] = {}

    def count(self, now: Moment, times: int = 1) -> None:
        second = now // SECOND
        if second not in self._count_of:
            self._forget_before(second - WINDOW_S)
        self._count_of[second] = self._count_of.get(second, 0) + times

    def per_second(self, now: Moment) -> float:
        """Over the last minute, or over the time since the start while that is shorter (at least 1 s)."""
        self._forget_before(now // SECOND - WINDOW_S)
        span_s = min(max((now - self._started) / SECOND, 1.0), float(WINDOW_S))
        return sum(self._count_of.values()) / span_s

    def _forget_before(self, second: int) -> None:
        for old in [each for each in self._count_of if each <= second]:
            del self._count_of[old]
