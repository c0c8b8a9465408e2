"""Runs: the tests of Nelson and of Western Electric on the newest points of a control chart.

The value is the number of a test that the newest point fails, the lowest where it fails several; 0 for none. So `high 1` is any
of those selected. The unit is none; a lower number is the plainer finding, not the smaller one.

| number | the newest point | as Western Electric |
|---|---|---|
| 1 | is beyond 3 sigma | the same |
| 2 | is the ninth or later in a row on one side of the mean | eighth |
| 3 | is the sixth or later in a row that steadily rise, or fall | |
| 4 | is the fourteenth or later in a row that alternate, up and down | |
| 5 | and at least one of the two before it are beyond 2 sigma on the same side | the same |
| 6 | and at least three of the four before it are beyond 1 sigma on the same side | the same |
| 7 | is the fifteenth or later in a row within 1 sigma | |
| 8 | is the eighth or later in a row beyond 1 sigma, and the last eight are not all on one side | |

Limits are the numbers mean + k sigma and mean - k sigma, as a chart shows them. A point equal to a limit is inside it: not
beyond 3, 2 or 1 sigma, and within 1 sigma; equal to the mean it is on no side, which ends test 2. Two equal points neither rise
nor fall, which ends tests 3 and 4. A point that is not itself beyond fails neither 5 nor 6, whatever was before it; for both,
points that there never were are taken to be inside.

Where points were missed all runs begin anew with the point that follows: it is judged alone, and may end the alarm of a run
that can no longer be shown to go on.

Facts, besides those of the baseline: point (the newest; the tag's unit), deviation (its distance from the mean, in sigmas,
below is negative), test (the value), above, below, rising, falling, alternating, within, beyond (points in a row, the newest
among them: on a side of the mean, in a trend, up and down in turn, within and beyond 1 sigma).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rules.columns import Bools, Floats, Indices
from rules.signals.control_chart import ControlChart, ControlChartBank, finite

ONE_SIDE_MIN = 7
ONE_SIDE_MAX = 9


@dataclass(frozen=True, slots=True)
class RunTests:
    """numbers: of the tests, 1 to 8, ascending. one_side: points in a row that fail test 2, 7 to 9. ValueError otherwise."""

    numbers: tuple[int, ...]
    one_side: int = ONE_SIDE_MAX

    def __post_init__(self) -> None:
        if not self.numbers or list(self.numbers) != sorted({*self.numbers} & {*range(1, 9)}):
            raise ValueError(f"tests are numbers from 1 to 8, ascending, not {self.numbers}")
        if not ONE_SIDE_MIN <= self.one_side <= ONE_SIDE_MAX:
            raise ValueError(f"{ONE_SIDE_MIN} to {ONE_SIDE_MAX} points in a row on one side, not {self.one_side}")


NELSON = RunTests((1, 2, 3, 4, 5, 6, 7, 8))
WESTERN_ELECTRIC = RunTests((1, 2, 5, 6), one_side=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs(ControlChart):
    tests: RunTests = NELSON

    def __post_init__(self) -> None:
        ControlChart.__post_init__(self)
        self.need_sigma()


# What is counted in a row. A trend of six points is five rises; fourteen points that alternate turn twelve times.
_ABOVE, _BELOW, _ABOVE_1, _BELOW_1, _WITHIN_1, _BEYOND_1, _RISES, _FALLS, _TURNS = range(9)
# What is remembered of the last five points, the newest as the lowest bit.
_LAST_ABOVE_1, _LAST_BELOW_1, _LAST_ABOVE_2, _LAST_BELOW_2 = range(4)
_FIVE = 0b11111

_TWO_OF_THREE: Bools = np.array([bool(last & 1) and (last & 0b111).bit_count() >= 2 for last in range(_FIVE + 1)])
_FOUR_OF_FIVE: Bools = np.array([bool(last & 1) and last.bit_count() >= 4 for last in range(_FIVE + 1)])

_SIGMAS: Floats = np.arange(4.0)[:, np.newaxis]


class RunsBank(ControlChartBank):
    def __init__(self, signals: Sequence[Runs]) -> None:
        super().__init__(signals)
        self._selected: Bools = np.array([[test in each.tests.numbers for each in signals] for test in range(1, 9)])
        self._one_side = np.array([each.tests.one_side for each in signals], dtype=np.int64)
        self._row = np.zeros((9, len(signals)), dtype=np.int64)
        self._last = np.zeros((4, len(signals)), dtype=np.uint8)
        self._point: Floats = np.full(len(signals), np.nan)

    def _judge(self, places: Indices, value: Floats, missed: Bools) -> Floats:
        row, last, before = self._row[:, places], self._last[:, places], self._point[places]
        if missed.any():
            row[:, missed] = 0
            last[:, missed] = 0
            before[missed] = np.nan
        mean, width = self._baseline.mean[places], _SIGMAS * self._baseline.sigma[places]
        above, below = value > mean + width, value < mean - width

        holds = np.empty(row.shape, dtype=np.bool_)
        holds[[_ABOVE, _ABOVE_1]] = above[:2]
        holds[[_BELOW, _BELOW_1]] = below[:2]
        np.logical_or(above[1], below[1], out=holds[_BEYOND_1])
        np.logical_not(holds[_BEYOND_1], out=holds[_WITHIN_1])
        np.greater(value, before, out=holds[_RISES])
        np.less(value, before, out=holds[_FALLS])
        holds[_TURNS] = (holds[_RISES] & (row[_FALLS] > 0)) | (holds[_FALLS] & (row[_RISES] > 0))
        row = (row + 1) * holds
        last <<= 1
        last &= _FIVE
        last[: _LAST_BELOW_1 + 1] |= holds[_ABOVE_1 : _BELOW_1 + 1]
        last[_LAST_ABOVE_2] |= above[2]
        last[_LAST_BELOW_2] |= below[2]
        self._row[:, places], self._last[:, places], self._point[places] = row, last, value

        fails = np.empty((8, len(places)), dtype=np.bool_)
        fails[0] = above[3] | below[3]
        fails[1] = np.maximum(row[_ABOVE], row[_BELOW]) >= self._one_side[places]
        fails[2] = np.maximum(row[_RISES], row[_FALLS]) >= 5
        fails[3] = row[_TURNS] >= 12
        fails[4] = _TWO_OF_THREE[last[_LAST_ABOVE_2]] | _TWO_OF_THREE[last[_LAST_BELOW_2]]
        fails[5] = _FOUR_OF_FIVE[last[_LAST_ABOVE_1]] | _FOUR_OF_FIVE[last[_LAST_BELOW_1]]
        fails[6] = row[_WITHIN_1] >= 15
        fails[7] = (row[_BEYOND_1] >= 8) & (row[_ABOVE_1] < 8) & (row[_BELOW_1] < 8)
        fails &= self._selected[:, places]
        return np.where(fails.any(axis=0), fails.argmax(axis=0) + 1.0, 0.0)

    def _clear(self, place: int) -> None:
        self._row[:, place] = 0
        self._last[:, place] = 0
        self._point[place] = np.nan

    def _chart_memory(self, place: int) -> Mapping[str, Any]:
        return {
            "row": self._row[:, place].tolist(),
            "last": self._last[:, place].tolist(),
            "point": float(self._point[place]),
        }

    def _recall_chart(self, place: int, memory: Mapping[str, Any]) -> None:
        row, last = np.array(memory["row"], dtype=np.int64), np.array(memory["last"], dtype=np.uint8)
        if row.shape != self._row[:, place].shape or last.shape != self._last[:, place].shape or (last > _FIVE).any():
            raise ValueError("runs of another version")
        self._row[:, place], self._last[:, place] = row, last
        self._point[place] = finite(memory["point"])

    def _chart_facts(self, place: int) -> Mapping[str, float | str | None]:
        point, row = float(self._point[place]), self._row[:, place].tolist()
        return {
            "point": point,
            "deviation": (point - float(self._baseline.mean[place])) / float(self._baseline.sigma[place]),
            "test": float(self._value[place]),
            "above": row[_ABOVE],
            "below": row[_BELOW],
            "rising": row[_RISES] + 1,
            "falling": row[_FALLS] + 1,
            "alternating": row[_TURNS] + 2 if row[_RISES] or row[_FALLS] else 1,
            "within": row[_WITHIN_1],
            "beyond": row[_BEYOND_1],
        }
