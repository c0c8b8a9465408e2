"""Trend to limit: in how many seconds a limit is reached if all goes on as in the last `span`.

A straight line is fitted by least squares to the good samples in (t - span, t], t being the newest. The value is the time from
t until that line is at the limit. So a rule is `low`, with the time that people need to act as its limit, in seconds, and a
deadband of some of it.

- Where the line is at the limit at t, or beyond it, the value is 0, whatever its slope and fit.
- Where its slope is level or leads away from the limit, where it fits worse than `min_fit`, and where the limit is further away
  than `HORIZON`, it is `HORIZON`: that is as much as to say that nothing is in sight, and a rule `low` leaves.
- It is not evaluable with less than `min_samples`, with less than `coverage` of the span covered (coverage.py; a full ring
  covers only as far back as it reaches), where all samples are of one instant, and at bad samples. They, and gaps, end nothing:
  points on both sides of a gap are points of one line.

Where it has grains (grains.py), the line is fitted to their means, each as often as it has samples.

Fit is R², the part of the samples' variance that the line explains, 0 to 1; that of a level line is 0. It speaks at samples.

Facts: slope (the tag's unit per second), fit, samples, coverage (0 to 1), at the last time it spoke; slope and fit are None
where there was no line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from edge.model.moment import HOUR, SECOND, Span
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.aggregate import SPAN_MAX, column_sums
from rules.signals.base import Heard, Said
from rules.signals.coverage import DEFAULT_COVERAGE, Coverage, check_coverage
from rules.signals.grains import GrainRings, check_grain, samples_of
from rules.signals.recollection import Unreadable, integer, number
from rules.signals.rings import DEFAULT_CAPACITY, blocks, check_capacity
from rules.signals.sample_driven import SampleDriven, say_all, within_range

#: Seconds; a year.
HORIZON = float(365 * 24 * HOUR // SECOND)

SAMPLES_MIN = 3


_Lines = tuple[Floats, Floats, Floats, Moments]


class Side(StrEnum):
    HIGH = "high"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """side: from where the limit is reached: high for rising to it. span: above 0, to 31 days. min_samples: 3 to `capacity`.
    min_fit, coverage: 0 to 1. capacity: samples, or grains, that are kept, a power of two from 8 to 4096. grain: as of a
    window. ValueError otherwise."""

    tag: str
    side: Side
    limit: float
    span: Span
    min_samples: int = 10
    min_fit: float = 0.5
    coverage: float = DEFAULT_COVERAGE
    capacity: int = DEFAULT_CAPACITY
    grain: Span = 0

    def __post_init__(self) -> None:
        if not 0 < self.span <= SPAN_MAX:
            raise ValueError(f"{self.tag}: a trend is seen over more than 0 and at most 31 days, not {self.span} µs")
        check_capacity(self.tag, self.capacity)
        check_grain(self.tag, self.grain, self.span)
        if not SAMPLES_MIN <= self.min_samples <= self.capacity:
            raise ValueError(f"{self.tag}: a trend needs {SAMPLES_MIN} to {self.capacity} samples, not {self.min_samples}")
        if not 0.0 <= self.min_fit <= 1.0:
            raise ValueError(f"{self.tag}: the fit of a trend is 0 to 1, not {self.min_fit}")
        check_coverage(self.tag, self.coverage)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag,)


def _sums(matrix: Floats, weight: Floats | None) -> Floats:
    return column_sums(matrix if weight is None else matrix * weight)


class TrendBank(SampleDriven):
    """slope, fit, count, covered: by place, of the newest line; slope per microsecond, NaN for none."""

    def __init__(self, signals: Sequence[Trend]) -> None:
        super().__init__(len(signals))
        self._span = np.array([signal.span for signal in signals], dtype=np.int64)
        self._rising = np.array([1.0 if signal.side is Side.HIGH else -1.0 for signal in signals])
        self._limit = np.array([signal.limit for signal in signals], dtype=np.float64)
        self._min_samples = np.array([signal.min_samples for signal in signals], dtype=np.int64)
        self._min_fit = np.array([signal.min_fit for signal in signals], dtype=np.float64)
        self._coverage = Coverage([signal.span for signal in signals], [signal.coverage for signal in signals])
        self._rings = GrainRings([signal.capacity for signal in signals], [signal.grain for signal in signals])
        self._slope: Floats = np.full(len(signals), np.nan)
        self._fit: Floats = np.zeros(len(signals))
        self._count: Moments = np.zeros(len(signals), dtype=np.int64)
        self._covered: Moments = np.zeros(len(signals), dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        apart = self._coverage.take(heard)
        good = np.flatnonzero(heard.good)
        places, source, newest = heard.places[good], heard.source[good], heard.value[good]
        start = source - self._span[places]
        self._rings.drop(places, start)
        self._rings.push_in_grains(places, source, newest, apart[good])
        count = self._rings.count(places)
        covered = self._coverage.covered(places, self._rings.whole_from(places, start, start), source)
        slope, fit, level = np.empty(len(good)), np.empty(len(good)), np.empty(len(good))
        samples = count.copy()
        for block in blocks(count, places):
            line = self._fit_lines(places[block], source[block], newest[block], count[block])
            slope[block], fit[block], level[block], samples[block] = line
        enough = (samples >= self._min_samples[places]) & (covered >= self._coverage.need[places])

        value, known = np.zeros(len(heard.places)), np.zeros(len(heard.places), dtype=np.bool_)
        value[good], known[good] = self._time_left(places, slope, fit, level), enough & np.isfinite(slope)
        self._slope[places], self._fit[places] = slope, fit
        self._count[places], self._covered[places] = samples, covered
        return say_all(value, known)

    def memory(self, place: int) -> Mapping[str, Any] | None:
        if not self._coverage.begun(place):
            return None
        slope = float(self._slope[place])
        return {
            "slope": None if np.isnan(slope) else slope,
            "fit": float(self._fit[place]),
            "count": int(self._count[place]),
            "covered": int(self._covered[place]),
            **self._coverage.memory(place),
            **self._rings.memory(place),
        }

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            slope = np.nan if memory.get("slope") is None else number(memory, "slope")
            fit, count, covered = number(memory, "fit"), integer(memory, "count"), integer(memory, "covered")
            self._rings.recall(place, memory)
            self._coverage.recall(place, memory)
        except Unreadable:
            self._rings.forget(place)
            return
        self._slope[place], self._fit[place] = slope, fit
        self._count[place], self._covered[place] = count, covered

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        slope = float(self._slope[place])
        line = {"slope": None, "fit": None} if np.isnan(slope) else {"slope": slope * SECOND, "fit": float(self._fit[place])}
        return {
            **line,
            "samples": int(self._count[place]),
            "coverage": float(self._covered[place] / self._span[place]),
        }

    def _fit_lines(self, places: Indices, now: Moments, newest: Floats, count: Moments) -> _Lines:
        """Slopes (per microsecond; NaN for no line), fits, levels at `now`, and how many samples they are of. Times count from
        now and values from the newest, so that a tag that stands still is level to the last digit."""
        slots, there = self._rings.window(places)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            weight = None
            if self._rings.grained:
                weight = self._rings.weights(slots, there)
                count = samples_of(weight)
            time = np.where(there, self._rings.middles(slots) - now, 0.0)
            value = np.where(there, self._rings.value[slots] - newest, 0.0)
            mean_time, mean_value = _sums(time, weight) / count, _sums(value, weight) / count
            time = np.where(there, time - mean_time, 0.0)
            value = np.where(there, value - mean_value, 0.0)
            time_square, product = _sums(time * time, weight), _sums(time * value, weight)
            value_square = _sums(value * value, weight)
            slope = product / time_square
            fit = np.where(value_square == 0.0, 0.0, slope * (product / value_square))
            level = newest + (mean_value - slope * mean_time)
            line = np.isfinite(slope) & np.isfinite(fit) & np.isfinite(level)
        return np.where(line, slope, np.nan), np.where(line, np.minimum(fit, 1.0), 0.0), level, count

    def _time_left(self, places: Indices, slope: Floats, fit: Floats, level: Floats) -> Floats:
        """Seconds."""
        rising = self._rising[places]
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            distance = rising * (self._limit[places] - level)
            left = np.minimum(within_range(distance / (rising * slope)) / SECOND, HORIZON)
        in_sight: Bools = (rising * slope > 0.0) & (fit >= self._min_fit[places])
        return np.where(distance <= 0.0, 0.0, np.where(in_sight, left, HORIZON))
