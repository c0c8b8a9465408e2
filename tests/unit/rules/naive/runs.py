"""The tests of Nelson and of Western Electric again, each on the list of the last points as it is written in books."""

from __future__ import annotations

from itertools import pairwise

from rules.signals.runs import Runs
from tests.unit.rules.naive.control_chart import NaiveChart


class NaiveRuns(NaiveChart):
    def __init__(self, signal: Runs) -> None:
        self._tests = signal.tests
        super().__init__(signal)

    def clear(self) -> None:
        self._points: list[float] = []

    def judge(self, value: float, mean: float, sigma: float, missed: bool) -> float:
        if missed:
            self._points = []
        self._points = [*self._points, value][-15:]
        for number in self._tests.numbers:
            if self._fails(number, mean, sigma):
                return float(number)
        return 0.0

    def _fails(self, number: int, mean: float, sigma: float) -> bool:  # noqa: PLR0911 - a table of eight answers
        points, newest = self._points, self._points[-1]

        def beyond(sigmas: int) -> tuple[list[bool], list[bool]]:
            return [p > mean + sigmas * sigma for p in points], [p < mean - sigmas * sigma for p in points]

        def some_of_last(sigmas: int, some: int, last: int) -> bool:
            return any(side[-1] and sum(side[-last:]) >= some for side in beyond(sigmas))

        match number:
            case 1:
                return newest > mean + 3 * sigma or newest < mean - 3 * sigma
            case 2:
                count = self._tests.one_side
                return len(points) >= count and any(all(side[-count:]) for side in beyond(0))
            case 3:
                steps = list(pairwise(points[-6:]))
                return len(steps) == 5 and (all(a < b for a, b in steps) or all(a > b for a, b in steps))
            case 4:
                last = points[-14:]
                turns = [(b - a) * (c - b) < 0 for a, b, c in zip(last, last[1:], last[2:], strict=False)]
                return len(turns) == 12 and all(turns)
            case 5:
                return some_of_last(2, 2, 3)
            case 6:
                return some_of_last(1, 4, 5)
            case 7:
                return len(points) == 15 and not any(up or down for up, down in zip(*beyond(1), strict=True))
            case _:
                above, below = (side[-8:] for side in beyond(1))
                outside = all(up or down for up, down in zip(above, below, strict=True))
                return len(above) == 8 and outside and any(above) and any(below)
