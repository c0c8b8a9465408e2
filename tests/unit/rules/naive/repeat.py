"""Repeat counts again: a list of beginnings."""

from __future__ import annotations

from edge.model.moment import NEVER
from rules.signals.repeat import RING, Repeat
from rules.signals.tumbling_repeat import TumblingRepeat
from tests.unit.rules.naive.coverage import NaiveCoverage
from tests.unit.rules.naive.raw import raw_now
from tests.unit.rules.naive.window import MONDAY

NOTHING = "nothing"


class NaiveRepeat:
    def __init__(self, signal: Repeat) -> None:
        self._signal = signal
        self._holds = False
        self._beginnings: list[int] = []
        self._coverage = NaiveCoverage(signal.within, signal.coverage)
        self.due = NEVER

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        self._coverage.take(value, source, gap)
        if value is None:
            self.due = NEVER
            return None
        before, self._holds = self._holds, raw_now(self._signal.raw, self._holds, value)
        if self._holds and not before:
            self._beginnings = [*self._beginnings, source][-RING:]
        return self._count(source)

    def wake(self, now: int) -> float | str | None:
        return self._count(now)

    def _count(self, now: int) -> float | None:
        start = now - self._signal.within
        self._beginnings = [time for time in self._beginnings if time > start]
        known = len(self._beginnings) >= self._signal.count or self._coverage.enough(start, now)
        falls = self._beginnings[0] + self._signal.within if self._beginnings else NEVER
        self.due = falls if known else min(falls, self._coverage.enough_from(start))
        return float(len(self._beginnings)) if known else None


class NaiveTumblingRepeat:
    def __init__(self, signal: TumblingRepeat) -> None:
        self._signal = signal
        self._holds = False
        self._window: int | None = None
        self._counts: dict[int, int] = {}
        self._whole = False
        self._coverage = NaiveCoverage(signal.within, signal.coverage)

    @property
    def due(self) -> int:
        if self._window is None or self._coverage.broken or (self._whole and not any(self._both())):
            return NEVER
        return self._window + self._signal.within

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        self._coverage.take(value, source, gap)
        if value is None:
            return None
        first = MONDAY + self._signal.phase
        start = (source - first) // self._signal.within * self._signal.within + first
        if self._window is None or start > self._window:
            self._enter(start)
        before, self._holds = self._holds, raw_now(self._signal.raw, self._holds, value)
        if self._holds and not before:
            self._counts[start] = self._counts.get(start, 0) + 1
        return self._say()

    def wake(self, now: int) -> float | str | None:
        self._enter(now)
        return self._say()

    def _enter(self, start: int) -> None:
        self._window = start
        self._whole = self._coverage.enough(start - self._signal.within, start)

    def _both(self) -> tuple[int, int]:
        assert self._window is not None
        return self._counts.get(self._window, 0), self._counts.get(self._window - self._signal.within, 0)

    def _say(self) -> float | None:
        most = max(self._both())
        return float(most) if self._whole or most >= self._signal.count else None
