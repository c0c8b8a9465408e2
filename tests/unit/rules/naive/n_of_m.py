"""n of m again: a list of the last samples."""

from __future__ import annotations

from edge.model.moment import NEVER
from rules.signals.n_of_m import NOfM
from tests.unit.rules.naive.raw import raw_now

NOTHING = "nothing"


class NaiveNOfM:
    due = NEVER

    def __init__(self, signal: NOfM) -> None:
        self._signal = signal
        self._holds = False
        self._last: list[bool] = []

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        if value is None or gap:
            self._last = []
        if value is None:
            return None
        self._holds = raw_now(self._signal.raw, self._holds, value)
        self._last = [*self._last, self._holds][-self._signal.of :]
        true, missing = sum(self._last), self._signal.of - len(self._last)
        enters = {true + more >= self._signal.n_on for more in (0, missing)}
        leaves = {self._signal.of - true - more >= (self._signal.n_off or self._signal.least_off) for more in (0, missing)}
        return float(true) if missing == 0 or enters == {True} or leaves == {True} else None

    def wake(self, now: int) -> float | str | None:
        return NOTHING
