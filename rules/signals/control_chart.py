"""Control charts of one tag: what runs, EWMA and CUSUM have in common. Which samples are points, the baseline, and when a chart
can be evaluated.

*Points.* With `every` 0 each good sample is a point, but for a second one of the same source time. Otherwise source time is
cut into slots of that length, counted from 1970, and the first good sample of each slot is the point; all others are none.
Samples of a tag that is read each second resemble their neighbours, and to charts, which take points for independent, that
looks like a shift: `every` shall be so long that the process can move in between. A tag that reports only what changes makes
no point while it stands still.

*Missed points.* Time that proves nothing (a bad sample, or a gap) has missed a point when `every` is 0, or when a whole slot
has passed without one; a short outage between two points misses none. What a chart makes of it is its own: runs begin anew,
EWMA and CUSUM go on.

*Evaluable*: from the first point that is judged by a baseline, with each good sample; not at bad ones, and not while a
baseline is learned. Between its points a chart says again what the newest one was worth.

Not here: what a point is worth.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import HOUR, NEVER, Span
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.base import Heard, Said
from rules.signals.baseline import Baseline, BaselineColumns, Standing, Stated

EVERY_MAX: Span = 24 * HOUR

_NO_SLOT = np.iinfo(np.int64).min


def finite(number: Any) -> float:
    """A number out of a memory; TypeError or ValueError where it is none: an average that is NaN once is so for ever."""
    if not math.isfinite(number):
        raise ValueError(f"{number} is no finite number")
    return float(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChart:
    """every: a span, 0 (each good sample) to 24 h. ValueError where it is outside."""

    tag: str
    baseline: Baseline
    every: Span = 0

    def __post_init__(self) -> None:
        if not 0 <= self.every <= EVERY_MAX:
            raise ValueError(f"{self.tag}: a chart takes a point every 0 to 24 h, not every {self.every} µs")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag,)

    def need_sigma(self) -> None:
        """ValueError where the baseline is stated without a sigma."""
        if isinstance(self.baseline, Stated) and self.baseline.sigma is None:
            raise ValueError(f"{self.tag}: state sigma along with the mean: the chart counts in sigmas")


class ControlChartBank(ABC):
    """A bank of charts of one class. `_value`: by place, of the newest point."""

    def __init__(self, charts: Sequence[ControlChart]) -> None:
        self.due: Moments = np.full(len(charts), NEVER, dtype=np.int64)
        self._baseline = BaselineColumns([chart.baseline for chart in charts])
        self._value: Floats = np.zeros(len(charts))
        self._judged: Bools = np.zeros(len(charts), dtype=np.bool_)
        self._thinned: Bools = np.array([chart.every > 0 for chart in charts], dtype=np.bool_)
        self._slot_length: Moments = np.array([max(chart.every, 1) for chart in charts], dtype=np.int64)
        self._slot: Moments = np.full(len(charts), _NO_SLOT, dtype=np.int64)
        self._untrusted: Bools = np.zeros(len(charts), dtype=np.bool_)

    def hear(self, heard: Heard) -> Said:
        places = heard.places
        self._untrusted[places] |= heard.gap | ~heard.good
        slot = heard.source // self._slot_length[places]
        points = np.flatnonzero(heard.good & (slot > self._slot[places]))
        if len(points):
            self._take(places[points], heard.value[points], slot[points])
        return Said(np.arange(len(places)), self._value[places], heard.good & self._judged[places])

    def wake(self, places: Indices, now: Moments) -> Said:
        """Never has anything to say by itself."""
        return Said(np.empty(0, dtype=np.intp), np.empty(0), np.empty(0, dtype=np.bool_))

    def learns(self, place: int) -> bool:
        return self._baseline.standing(place) is not Standing.STATED

    def rebaseline(self, place: int) -> None:
        """A person's act: learn the baseline anew from the next point on. A chart with a stated one begins anew as well."""
        self._baseline.begin(place)
        self._begin(place)

    def memory(self, place: int) -> Mapping[str, Any] | None:
        if self._slot[place] == _NO_SLOT:
            return None
        return {
            "slot": int(self._slot[place]),
            "untrusted": bool(self._untrusted[place]),
            "baseline": self._baseline.memory(place),
            "value": float(self._value[place]),
            "chart": self._chart_memory(place) if self._judged[place] else None,
        }

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            self._recall(place, memory)
        except (KeyError, TypeError, ValueError, OverflowError):
            self._slot[place] = _NO_SLOT
            self._untrusted[place] = False
            self.rebaseline(place)

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        """Those of the baseline; and, once a point was judged, those of the chart."""
        baseline = self._baseline.facts(place)
        return {**baseline, **self._chart_facts(place)} if self._judged[place] else baseline

    @abstractmethod
    def _judge(self, places: Indices, value: Floats, missed: Bools) -> Floats:
        """Take one point each of charts with a usable baseline; what they are worth then. missed: points were missed before."""

    @abstractmethod
    def _clear(self, place: int) -> None:
        """As if no point had been judged."""

    @abstractmethod
    def _chart_memory(self, place: int) -> Mapping[str, Any]: ...

    @abstractmethod
    def _recall_chart(self, place: int, memory: Mapping[str, Any]) -> None:
        """KeyError, TypeError, ValueError or OverflowError for what `_chart_memory` did not write."""

    @abstractmethod
    def _chart_facts(self, place: int) -> Mapping[str, float | str | None]: ...

    def _take(self, places: Indices, value: Floats, slot: Moments) -> None:
        missed = self._untrusted[places] & ~(self._thinned[places] & (slot == self._slot[places] + 1))
        self._slot[places] = slot
        self._untrusted[places] = False
        ready, learning = self._baseline.ready[places], self._baseline.learning[places]
        if learning.any():
            self._baseline.learn(places[learning], value[learning])
        if not ready.all():
            places, value, missed = places[ready], value[ready], missed[ready]
        self._value[places] = self._judge(places, value, missed)
        self._judged[places] = True

    def _begin(self, place: int) -> None:
        self._judged[place] = False
        self._value[place] = 0.0
        self._clear(place)

    def _recall(self, place: int, memory: Mapping[str, Any]) -> None:
        self._begin(place)
        self._baseline.recall(place, memory["baseline"])
        self._slot[place] = memory["slot"]
        self._untrusted[place] = memory["untrusted"]
        if memory["chart"] is not None and self._baseline.ready[place]:
            self._value[place] = finite(memory["value"])
            self._recall_chart(place, memory["chart"])
            self._judged[place] = True
