"""Counters again."""

from __future__ import annotations

from edge.model.moment import NEVER, SECOND
from rules.signals.counter import CounterRate, CounterStop

NOTHING = "nothing"


def counted(before: float, now: float, rolls_over_at: float | None) -> float:
    if now >= before:
        return now - before
    if rolls_over_at is not None:
        width, most = rolls_over_at, rolls_over_at / 2
    else:
        width = next((power for power in (2.0**16, 2.0**32, 2.0**64) if before < power), 2.0**64)
        most = width / 16
    rolled = (width - before) + now
    if before < width and now >= 0.0 and rolled <= most:
        return rolled
    return max(now, 0.0)


class NaiveCounterRate:
    due = NEVER

    def __init__(self, signal: CounterRate) -> None:
        self._signal = signal
        self._newest: float | None = None
        self._since = 0
        self._sum = 0.0

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        before, self._newest = self._newest, value
        if value is None:
            return None
        if before is None or gap:
            self._since, self._sum = source, 0.0
            return None
        self._sum += counted(before, value, self._signal.rolls_over_at)
        elapsed = source - self._since
        if elapsed < self._signal.over:
            return NOTHING
        rate = self._sum * self._signal.per / elapsed
        self._since, self._sum = source, 0.0
        return rate

    def wake(self, now: int) -> float | str | None:
        return NOTHING


class NaiveCounterStop:
    def __init__(self, signal: CounterStop) -> None:
        self._signal = signal
        self._newest: float | None = None
        self._begun: int | None = None
        self._longest = 0

    @property
    def due(self) -> int:
        waits = self._begun is not None and self._longest < self._signal.after
        return (self._begun or 0) + self._signal.after if waits else NEVER

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        if value is None:
            self._begun = None
            return None
        if self._newest is None or counted(self._newest, value, self._signal.rolls_over_at) > 0.0:
            self._begun, self._longest = source, 0
        elif self._begun is None or gap:
            self._begun = source
        self._newest = value
        self._longest = max(self._longest, source - self._begun)
        return self._longest / SECOND

    def wake(self, now: int) -> float | str | None:
        assert self._begun is not None
        self._longest = max(self._longest, now - self._begun)
        return self._longest / SECOND
