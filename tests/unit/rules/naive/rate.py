"""A rate of change again: one open pair."""

from __future__ import annotations

from edge.model.moment import NEVER
from rules.signals.rate import Rate, Side

NOTHING = "nothing"


class NaiveRate:
    due = NEVER

    def __init__(self, signal: Rate) -> None:
        self._signal = signal
        self._first: tuple[int, float] | None = None

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        if value is None:
            self._first = None
            return None
        if self._first is None or gap:
            self._first = (source, value)
            return None
        since, before = self._first
        if source - since < self._signal.over:
            return NOTHING
        self._first = (source, value)
        rate = (value - before) * self._signal.per / (source - since)
        return {Side.UP: rate, Side.DOWN: -rate, Side.BOTH: abs(rate)}[self._signal.side]

    def wake(self, now: int) -> float | str | None:
        return NOTHING
