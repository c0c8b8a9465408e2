"""EWMA: the exponentially weighted moving average of a control chart's points, which finds small lasting shifts.

z = weight x + (1 - weight) z, from z = mean. The i-th point is outside where z is strictly beyond the limits

    mean ± width sigma √(weight / (2 - weight) · [1 - (1 - weight)^2i])

or, with `settled`, beyond those that they approach, without the bracket. The value is the distance of z from the mean as a
multiple of the limit's: 1.0 is the limit, `high OUTSIDE` (limit_multiple.py) is strictly beyond it. No unit.

Missed points change nothing: z is kept, and i counts points that came. A chart begins anew only by `rebaseline`.

Facts, besides those of the baseline: ewma (z), lower_limit, upper_limit (the tag's unit), points (i).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rules.columns import Bools, Floats, Indices
from rules.signals.control_chart import ControlChart, ControlChartBank, finite
from rules.signals.limit_multiple import limit_multiple

WEIGHT_MIN = 0.001
WIDTH_MIN = 0.1
WIDTH_MAX = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ewma(ControlChart):
    """weight: of the newest point (λ), 0.001 to 1. width: of the limits (L), 0.1 to 10 sigmas of z. settled: whether the limits
    are from the first point on those that they approach. ValueError where one is outside."""

    weight: float = 0.2
    width: float = 3.0
    settled: bool = False

    def __post_init__(self) -> None:
        ControlChart.__post_init__(self)
        self.need_sigma()
        if not WEIGHT_MIN <= self.weight <= 1.0:
            raise ValueError(f"{self.tag}: the weight of an EWMA must be {WEIGHT_MIN} to 1, is {self.weight}")
        if not WIDTH_MIN <= self.width <= WIDTH_MAX:
            raise ValueError(f"{self.tag}: the width of an EWMA must be {WIDTH_MIN} to {WIDTH_MAX} sigmas, is {self.width}")


class EwmaBank(ControlChartBank):
    def __init__(self, signals: Sequence[Ewma]) -> None:
        super().__init__(signals)
        self._weight: Floats = np.array([each.weight for each in signals], dtype=np.float64)
        self._width: Floats = np.array([each.width for each in signals], dtype=np.float64)
        self._settled: Bools = np.array([each.settled for each in signals], dtype=np.bool_)
        self._points = np.zeros(len(signals), dtype=np.int64)
        self._average: Floats = np.zeros(len(signals))
        #: (1 - weight)^2i, multiplied up: powers differ from one mathematics library to the next in the last digit.
        self._unsettled: Floats = np.zeros(len(signals))

    def _judge(self, places: Indices, value: Floats, missed: Bools) -> Floats:
        mean, weight = self._baseline.mean[places], self._weight[places]
        first = self._points[places] == 0
        before = np.where(first, mean, self._average[places])
        average = weight * value + (1.0 - weight) * before
        unsettled = np.where(first, ~self._settled[places], self._unsettled[places]) * ((1.0 - weight) * (1.0 - weight))
        self._average[places], self._unsettled[places] = average, unsettled
        self._points[places] += 1
        limit = self._limit(places)
        outside = (average > mean + limit) | (average < mean - limit)
        return limit_multiple(np.abs(average - mean), limit, outside)

    def _limit(self, places: Indices) -> Floats:
        """How far from the mean, by the newest points."""
        weight = self._weight[places]
        settling = np.sqrt(weight / (2.0 - weight) * (1.0 - self._unsettled[places]))
        limit: Floats = self._width[places] * self._baseline.sigma[places] * settling
        return limit

    def _clear(self, place: int) -> None:
        self._points[place] = 0

    def _chart_memory(self, place: int) -> Mapping[str, Any]:
        return {
            "points": int(self._points[place]),
            "average": float(self._average[place]),
            "unsettled": float(self._unsettled[place]),
        }

    def _recall_chart(self, place: int, memory: Mapping[str, Any]) -> None:
        if memory["points"] < 1 or not 0.0 <= memory["unsettled"] < 1.0:
            raise ValueError("an average of another version")
        self._points[place] = memory["points"]
        self._average[place] = finite(memory["average"])
        self._unsettled[place] = memory["unsettled"]

    def _chart_facts(self, place: int) -> Mapping[str, float | str | None]:
        mean, limit = float(self._baseline.mean[place]), float(self._limit(np.array([place]))[0])
        return {
            "ewma": float(self._average[place]),
            "lower_limit": mean - limit,
            "upper_limit": mean + limit,
            "points": int(self._points[place]),
        }
