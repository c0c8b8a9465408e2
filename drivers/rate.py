"""How often something happened in the last minute, and how bad it was at worst. Pure: the moment comes in by argument."""

from __future__ import annotations

from edge.model.moment import MINUTE, SECOND, Moment, Span

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


class WorstWindow:
    """The largest of some spans in the last minute; what is a little older may count, too."""

    def __init__(self) -> None:
        self._minute = 0
        self._worst = (0, 0)

    def note(self, now: Moment, span: Span) -> None:
        self._turn(now)
        self._worst = (max(self._worst[0], span), self._worst[1])

    def worst(self, now: Moment) -> Span:
        """0 when there was none."""
        self._turn(now)
        return max(self._worst)

    def _turn(self, now: Moment) -> None:
        """Of two minutes, the one that runs and the one before."""
        minute = now // MINUTE
        if minute != self._minute:
            self._worst = (0, self._worst[0] if minute == self._minute + 1 else 0)
            self._minute = minute
