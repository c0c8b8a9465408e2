"""The baseline of control charts: mean and sigma of the process as it is when it is well. Stated, or learned and then frozen.

A baseline that moved along with the process would learn every fault as the new normal; so it is frozen, and only a person
begins it anew (`rebaseline`), which is on record.

Learned from the first points of a chart: their arithmetic mean and their sample standard deviation (divided by n - 1), by
Welford's recurrence in the order of the points. It is frozen with the last of them; the next point is the first that is
judged. Not from moving ranges, as charts of single values do: points of a polled tag resemble their neighbours, moving ranges
are then too small, and the limits too narrow.

Points that say nothing about sigma are set aside, all of them, and it is learned from the next ones: those that have no
variation (a machine that stood still), fewer than five different values, or are out of range. So a chart that is begun at a
standstill begins to work with the process, and until then says why it does not.

Not here: which samples are points, and what is judged by the baseline (`control_chart.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from rules.columns import Bools, Floats, Indices

LEARNED_MIN = 20
LEARNED_MAX = 10_000

#: A learned baseline needs as many different values.
DIFFERENT_VALUES_MIN = 5

#: Sigma, and widths of charts, are between these, and no mean is further from 0: what charts work out then stays finite.
LEAST = 1e-100
GREATEST = 1e100


@dataclass(frozen=True, slots=True)
class Stated:
    """mean: -1e100 to 1e100. sigma: 1e-100 to 1e100; None where a chart has its width in the tag's unit and needs none.
    ValueError where it is outside."""

    mean: float
    sigma: float | None = None

    def __post_init__(self) -> None:
        if not abs(self.mean) <= GREATEST:
            raise ValueError(f"the mean must be -1e100 to 1e100, is {self.mean}")
        if self.sigma is not None and not LEAST <= self.sigma <= GREATEST:
            raise ValueError(f"sigma must be 1e-100 to 1e100, is {self.sigma}")


@dataclass(frozen=True, slots=True)
class Learned:
    """points: how many it is learned from, 20 to 10,000; ValueError where it is outside."""

    points: int

    def __post_init__(self) -> None:
        if not LEARNED_MIN <= self.points <= LEARNED_MAX:
            raise ValueError(f"a baseline is learned from {LEARNED_MIN} to {LEARNED_MAX} points, not from {self.points}")


Baseline = Stated | Learned


class Standing(StrEnum):
    """How far a baseline is; the fact `baseline` of a chart. The last three: it is being learned again, for the points before
    were set aside."""

    STATED = "stated"
    LEARNING = "learning"
    LEARNED = "learned"
    NO_VARIATION = "no_variation"
    TOO_FEW_VALUES = "too_few_values"
    OUT_OF_RANGE = "out_of_range"


#: Why points were set aside.
_SET_ASIDE = (Standing.NO_VARIATION, Standing.TOO_FEW_VALUES, Standing.OUT_OF_RANGE)


class BaselineColumns:
    """One entry a chart. ready: points can be judged. learning: points are taken in by `learn`; always one of the two. mean,
    sigma: what is stated, or worked out from what was learned until now; NaN for none."""

    def __init__(self, baselines: Sequence[Baseline]) -> None:
        self._baselines = baselines
        self.mean: Floats = np.full(len(baselines), np.nan)
        self.sigma: Floats = np.full(len(baselines), np.nan)
        self.ready: Bools = np.zeros(len(baselines), dtype=np.bool_)
        self.learning: Bools = np.zeros(len(baselines), dtype=np.bool_)
        self._points = np.array([each.points if isinstance(each, Learned) else 0 for each in baselines], dtype=np.int64)
        self._count = np.zeros(len(baselines), dtype=np.int64)
        self._standing: list[Standing] = [Standing.STATED] * len(baselines)
        self._squares: Floats = np.zeros(len(baselines))
        #: The first different values of each, as far as they are needed; NaN, which equals nothing, where there is none yet.
        self._different: Floats = np.full((len(baselines), DIFFERENT_VALUES_MIN), np.nan)
        for place in range(len(baselines)):
            self.begin(place)

    def begin(self, place: int) -> None:
        """As if nothing had come yet."""
        baseline = self._baselines[place]
        if isinstance(baseline, Stated):
            self.mean[place] = baseline.mean
            self.sigma[place] = math.nan if baseline.sigma is None else baseline.sigma
            self.ready[place] = True
            return
        self._begin_to_learn(place, Standing.LEARNING)

    def learn(self, places: Indices, value: Floats) -> None:
        """Take in one point each of charts that are learning."""
        # Values of 1e200 have no squares; what comes of them is out of range.
        with np.errstate(over="ignore", invalid="ignore"):
            self._count[places] += 1
            off = value - self.mean[places]
            self.mean[places] += off / self._count[places]
            self._squares[places] += off * (value - self.mean[places])
        different = self._different[places]
        free = np.isnan(different)
        new = np.flatnonzero(free[:, -1] & ~(different == value[:, np.newaxis]).any(axis=1))
        self._different[places[new], free[new].argmax(axis=1)] = value[new]
        for place in places[self._count[places] >= self._points[places]]:
            self._settle(int(place))

    def standing(self, place: int) -> Standing:
        return self._standing[place]

    def memory(self, place: int) -> Mapping[str, Any] | None:
        """None where it is stated, or nothing was learned."""
        standing = self._standing[place]
        if standing in (Standing.STATED, Standing.LEARNING) and self._count[place] == 0:
            return None
        different = self._different[place]
        return {
            "set_aside": str(standing) if standing in _SET_ASIDE else None,
            "count": int(self._count[place]),
            "mean": _finite(self.mean[place]),
            "squares": _finite(self._squares[place]),
            "different": different[~np.isnan(different)].tolist(),
        }

    def recall(self, place: int, memory: Mapping[str, Any] | None) -> None:
        """KeyError, TypeError or ValueError for what `memory` did not write; then `begin` is to follow."""
        self.begin(place)
        if memory is None:
            return
        count, different = memory["count"], np.array(memory["different"], dtype=np.float64)
        if not 0 <= count <= self._points[place]:
            raise ValueError("more than there was to learn")
        if memory.get("set_aside") is not None:
            self._standing[place] = _SET_ASIDE[_SET_ASIDE.index(memory["set_aside"])]
        self._count[place] = count
        self.mean[place] = _or_infinite(memory["mean"])
        self._squares[place] = _or_infinite(memory["squares"])
        self._different[place, : len(different)] = different
        if count == self._points[place]:
            self._settle(place)

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        """baseline: its standing. mean, sigma: in the tag's unit, None until they are frozen. learned, to_learn: points,
        without those that were set aside; None where it is stated."""
        standing = self.standing(place)
        frozen = bool(self.ready[place])
        learns = standing is not Standing.STATED
        return {
            "baseline": str(standing),
            "mean": float(self.mean[place]) if frozen else None,
            "sigma": float(self.sigma[place]) if frozen and not math.isnan(self.sigma[place]) else None,
            "learned": int(self._count[place]) if learns else None,
            "to_learn": int(self._points[place]) if learns else None,
        }

    def _settle(self, place: int) -> None:
        """All points are there: it is frozen, or learned from the next ones."""
        verdict = self._verdict(place)
        if verdict is not Standing.LEARNED:
            self._begin_to_learn(place, verdict)
            return
        self._standing[place] = verdict
        self.learning[place], self.ready[place] = False, True
        self.sigma[place] = self._deviation(place)

    def _verdict(self, place: int) -> Standing:
        if not (abs(self.mean[place]) <= GREATEST and self._squares[place] <= GREATEST**2):
            return Standing.OUT_OF_RANGE
        if np.isnan(self._different[place, 1]):
            return Standing.NO_VARIATION
        if np.isnan(self._different[place, -1]):
            return Standing.TOO_FEW_VALUES
        return Standing.LEARNED if self._deviation(place) >= LEAST else Standing.OUT_OF_RANGE

    def _begin_to_learn(self, place: int, standing: Standing) -> None:
        self._standing[place] = standing
        self.mean[place] = self._squares[place] = 0.0
        self.sigma[place] = math.nan
        self._count[place] = 0
        self._different[place] = np.nan
        self.learning[place], self.ready[place] = True, False

    def _deviation(self, place: int) -> float:
        return math.sqrt(self._squares[place] / (self._count[place] - 1))


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def _or_infinite(number: float | None) -> float:
    return math.inf if number is None else float(number)
