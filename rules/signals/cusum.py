"""CUSUM: the cumulative sums of a control chart's points, which find small lasting shifts and say when they began.

    high = max(0, x - (mean + slack) + high)        low = max(0, (mean - slack) - x + low)

from 0. A point signals where one of them is strictly above the decision interval. The value is the greater sum as a multiple of
that: 1.0 is the decision interval, `high OUTSIDE` (limit_multiple.py) is strictly above it. No unit.

Missed points change nothing: the sums are kept. They fall by themselves when the process is back, or to 0 by a person's act:
`reset` keeps the baseline, `rebaseline` does not.

Facts, besides those of the baseline: high_sum, low_sum, slack, decision_interval (the tag's unit), high_run, low_run (points
since the sum was last 0: as many points ago the shift began), shifted_mean (what the mean has become by the greater sum, the
tag's unit; None where both are 0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rules.columns import Bools, Floats, Indices
from rules.signals.baseline import GREATEST, LEAST
from rules.signals.control_chart import ControlChart, ControlChartBank
from rules.signals.limit_multiple import MOST, limit_multiple

IN_SIGMAS_MAX = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cusum(ControlChart):
    """slack (K): 0 or more; half of the shift that is to be found. decision_interval (H): above 0. Both in sigmas, up to 1,000;
    or, without `in_sigmas`, in the tag's unit, up to 1e100. ValueError where one is outside."""

    slack: float = 0.5
    decision_interval: float = 5.0
    in_sigmas: bool = True

    def __post_init__(self) -> None:
        ControlChart.__post_init__(self)
        if self.in_sigmas:
            self.need_sigma()
        most = IN_SIGMAS_MAX if self.in_sigmas else GREATEST
        if not 0.0 <= self.slack <= most:
            raise ValueError(f"{self.tag}: the slack of a CUSUM must be 0 to {most:g}, is {self.slack}")
        if not LEAST <= self.decision_interval <= most:
            raise ValueError(f"{self.tag}: the decision interval must be above 0, up to {most:g}, is {self.decision_interval}")


class CusumBank(ControlChartBank):
    """Sums and runs have two rows: high, low."""

    def __init__(self, signals: Sequence[Cusum]) -> None:
        super().__init__(signals)
        self._slack: Floats = np.array([each.slack for each in signals], dtype=np.float64)
        self._interval: Floats = np.array([each.decision_interval for each in signals], dtype=np.float64)
        self._in_sigmas: Bools = np.array([each.in_sigmas for each in signals], dtype=np.bool_)
        self._sum: Floats = np.zeros((2, len(signals)))
        self._run = np.zeros((2, len(signals)), dtype=np.int64)

    def reset(self, place: int) -> None:
        """A person's act, when the cause is removed: both sums are 0 again, by the same baseline."""
        self._clear(place)
        self._value[place] = 0.0

    def _judge(self, places: Indices, value: Floats, missed: Bools) -> Floats:
        mean, (slack, interval) = self._baseline.mean[places], self._in_unit(places)
        sums = np.empty((2, len(places)))
        # Sums of what no sensor measures stop at the greatest number.
        with np.errstate(over="ignore"):
            sums[0] = value - (mean + slack) + self._sum[0, places]
            sums[1] = (mean - slack) - value + self._sum[1, places]
        sums = np.clip(sums, 0.0, MOST)
        self._sum[:, places] = sums
        self._run[:, places] = (self._run[:, places] + 1) * (sums > 0.0)
        greater = sums.max(axis=0)
        return limit_multiple(greater, interval, greater > interval)

    def _in_unit(self, places: Indices) -> tuple[Floats, Floats]:
        """Slack and decision interval in the unit of the tag."""
        scale = np.where(self._in_sigmas[places], self._baseline.sigma[places], 1.0)
        return self._slack[places] * scale, self._interval[places] * scale

    def _clear(self, place: int) -> None:
        self._sum[:, place] = 0.0
        self._run[:, place] = 0

    def _chart_memory(self, place: int) -> Mapping[str, Any]:
        return {"sum": self._sum[:, place].tolist(), "run": self._run[:, place].tolist()}

    def _recall_chart(self, place: int, memory: Mapping[str, Any]) -> None:
        sums, run = np.array(memory["sum"], dtype=np.float64), np.array(memory["run"], dtype=np.int64)
        if sums.shape != (2,) or run.shape != (2,) or not ((sums >= 0.0) & (sums <= MOST) & ((sums > 0.0) == (run > 0))).all():
            raise ValueError("sums of another version")
        self._sum[:, place], self._run[:, place] = sums, run

    def _chart_facts(self, place: int) -> Mapping[str, float | str | None]:
        high, low = self._sum[:, place].tolist()
        high_run, low_run = self._run[:, place].tolist()
        slack, interval = (float(column[0]) for column in self._in_unit(np.array([place])))
        mean = float(self._baseline.mean[place])
        shifted: float | None = None
        if high > 0.0 or low > 0.0:
            shifted = mean + slack + high / high_run if high >= low else mean - slack - low / low_run
        return {
            "high_sum": high,
            "low_sum": low,
            "high_run": high_run,
            "low_run": low_run,
            "slack": slack,
            "decision_interval": interval,
            "shifted_mean": shifted,
        }
