"""What the samples of a window amount to, for all windows at once. Not here: when that is asked, and what is in a window.

With v the good samples in the window, n of them, and o one of them:

| aggregate | value | needs |
|---|---|---|
| mean | o + Σ(v - o) / n | n >= 1 |
| min, max | | n >= 1 |
| sum | Σv | |
| count | n | |
| stddev | the sample's: √(Σ(v - mean)² / (n - 1)) | n >= 2 |
| percentile | as spreadsheets have it: between the ranks around (n - 1) p / 100, in proportion | n >= 1 |
| time_weighted | o + Σ(v - o) d / Σd | Σd > 0 |

d is how long a sample holds within the window: until the next one, but not over a gap. The sample before the window holds at
its beginning. By o, which is the newest, or the oldest that holds, a tag that stands still has the mean that it shows, to the
last digit. Sums are taken from the oldest to the newest, so that the same window has the same sum however it came to be.

Where a window has grains (grains.py), o is the mean of one, and a grain counts as often as it has samples; mean, sum and
deviation then differ from these in the last digits at most.

Coverage is the part of the window that is covered (coverage.py), for time_weighted Σd. What is lost because a ring was full is
not covered, nor all before it. Where coverage is too low, and where a need is not met, a window is not evaluable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from edge.model.moment import HOUR, Span
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.coverage import DEFAULT_COVERAGE, Coverage, check_coverage
from rules.signals.grains import GrainRings, check_grain, samples_of
from rules.signals.recollection import Unreadable, integer
from rules.signals.rings import DEFAULT_CAPACITY, blocks, check_capacity
from rules.signals.sample_driven import within_range

SPAN_MAX: Span = 31 * 24 * HOUR


class Aggregate(StrEnum):
    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SUM = "sum"
    COUNT = "count"
    STDDEV = "stddev"
    PERCENTILE = "percentile"
    TIME_WEIGHTED = "time_weighted"


#: These cannot be worked out of grains.
OF_EACH_SAMPLE = frozenset({Aggregate.PERCENTILE, Aggregate.TIME_WEIGHTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregated:
    """span: of the window, above 0, to 31 days. percent: of a percentile, 0 to 100. coverage: 0 to 1. capacity: samples that a
    window can hold, a power of two from 8 to 4096. grain: what of time it keeps as one, 0 (each sample by itself) to less than
    the span; always 0 for percentiles and by time. ValueError where one is outside."""

    tag: str
    aggregate: Aggregate
    span: Span
    percent: float = 50.0
    coverage: float = DEFAULT_COVERAGE
    capacity: int = DEFAULT_CAPACITY
    grain: Span = 0

    def __post_init__(self) -> None:
        if not 0 < self.span <= SPAN_MAX:
            raise ValueError(f"{self.tag}: a window is longer than 0 and at most 31 days, not {self.span} µs")
        if not 0.0 <= self.percent <= 100.0:
            raise ValueError(f"{self.tag}: a percentile is of 0 to 100 %, not of {self.percent}")
        check_coverage(self.tag, self.coverage)
        check_capacity(self.tag, self.capacity)
        check_grain(self.tag, self.grain, self.span)
        if self.grain and self.aggregate in OF_EACH_SAMPLE:
            raise ValueError(f"{self.tag}: {self.aggregate} needs each sample, and cannot have grains")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag,)


class Windows:
    """Samples, coverage, and what the newest window of each place was worked out from: samples in it, and time covered."""

    def __init__(self, signals: Sequence[Aggregated], longest: Sequence[Span] | None = None) -> None:
        """longest: what the windows can be by the clock, where they are not all as long as their span."""
        self.span = np.array([signal.span for signal in signals], dtype=np.int64)
        self.rings = GrainRings([signal.capacity for signal in signals], [signal.grain for signal in signals])
        self.coverage = Coverage([signal.span for signal in signals], [signal.coverage for signal in signals], longest)
        self._kind = np.array([list(Aggregate).index(signal.aggregate) for signal in signals], dtype=np.int64)
        self._percent = np.array([signal.percent for signal in signals], dtype=np.float64)
        self._count: Moments = np.zeros(len(signals), dtype=np.int64)
        self._covered: Moments = np.zeros(len(signals), dtype=np.int64)
        self._length: Moments = self.span.copy()

    def are(self, aggregate: Aggregate, places: Indices) -> Bools:
        of_kind: Bools = self._kind[places] == list(Aggregate).index(aggregate)
        return of_kind

    def evaluate(self, places: Indices, after: Moments, start: Moments, end: Moments, tail: Bools) -> tuple[Floats, Bools]:
        """What the windows amount to, and whether that is known. start, end: of time; after: no sample of it is earlier than or
        at this. Earlier ones are dropped, later ones than `end` not yet taken. tail: whether the newest holds until the end."""
        count = self.rings.count(places)
        samples = count.copy()
        whole_from = self.rings.whole_from(places, after, start)
        covered = self.coverage.covered(places, whole_from, end)
        value, can = np.zeros(len(places)), np.zeros(len(places), dtype=np.bool_)
        for block in blocks(count, self._kind[places]):
            weighted = self._kind[places[block]] == _TIME_WEIGHTED
            if weighted.any():
                of = block[weighted]
                value[of], covered[of] = self._time_weighted(places[of], whole_from[of], end[of], tail[of])
                can[of] = covered[of] > 0
            if not weighted.all():
                of = block[~weighted]
                value[of], can[of], samples[of] = self._by_samples(places[of], count[of])
        self._count[places], self._covered[places], self._length[places] = samples, covered, end - start
        return within_range(value), can & (covered >= self.coverage.needed(places, end - start))

    def memory(self, place: int) -> dict[str, Any] | None:
        if not self.coverage.begun(place):
            return None
        newest = {
            "count": int(self._count[place]),
            "covered": int(self._covered[place]),
        }
        if self._length[place] != self.span[place]:
            newest["length"] = int(self._length[place])
        return {**newest, **self.coverage.memory(place), **self.rings.memory(place)}

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        """Raises Unreadable; nothing is remembered then."""
        count, covered = integer(memory, "count"), integer(memory, "covered")
        length = integer(memory, "length") if "length" in memory else self.span[place]
        self.rings.recall(place, memory)
        try:
            self.coverage.recall(place, memory)
        except Unreadable:
            self.rings.forget(place)
            raise
        self._count[place], self._covered[place], self._length[place] = count, covered, length

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        return {"samples": int(self._count[place]), "coverage": float(self._covered[place] / max(self._length[place], 1))}

    def _by_samples(self, places: Indices, count: Moments) -> tuple[Floats, Bools, Moments]:
        """All aggregates but the one by time; and how many samples there are."""
        slots, there = self.rings.window(places)
        rings, grains = self.rings, None
        if rings.grained:
            grains = _Grains(rings, slots, rings.weights(slots, there))
            count = samples_of(grains.weight)
        samples = self.rings.value[slots]
        newest = self.rings.value[self.rings.newest(places)]
        value, can = np.zeros(len(places)), np.zeros(len(places), dtype=np.bool_)
        kinds = self._kind[places]
        with np.errstate(over="ignore", invalid="ignore"):
            windows = _Columns(samples, there, count, newest, self._percent[places], grains)
            present = set(kinds.tolist())
            for kind in present:
                of = np.flatnonzero(kinds == kind)
                rule, needs = _BY_SAMPLES[kind]
                value[of] = rule(windows if len(present) == 1 else windows.of(of))
                can[of] = count[of] >= needs
        return value, can, count

    def _time_weighted(self, places: Indices, start: Moments, end: Moments, tail: Bools) -> tuple[Floats, Moments]:
        """The mean, and Σd."""
        slots, there = self.rings.window(places, before=1)
        time = self.rings.time[slots]
        last = np.where(tail, end, self.rings.time[self.rings.newest(places)])
        until = np.empty_like(time)
        until[-1] = last
        until[:-1] = np.where(there[1:], np.where(self.rings.apart[slots[1:]], _NOT_HELD, time[1:]), last)
        held = np.where(there, np.maximum(until - np.maximum(time, start), 0), 0)
        total: Moments = held.sum(axis=0)
        value = self.rings.value[slots]
        origin = value[(held > 0).argmax(axis=0), np.arange(len(places))]
        with np.errstate(over="ignore"):
            distance = within_range(value - origin) * (held / np.maximum(total, 1))
            mean: Floats = origin + column_sums(np.where(there, distance, 0.0))
        return mean, total


@dataclass(frozen=True, slots=True, eq=False)
class _Grains:
    """What is known of the entries of windows, where they are in `rings`. weight: 0 where there is none."""

    rings: GrainRings
    slots: Indices
    weight: Floats

    @property
    def low(self) -> Floats:
        return self.rings.low[self.slots]

    @property
    def high(self) -> Floats:
        return self.rings.high[self.slots]

    @property
    def square(self) -> Floats:
        return np.where(self.weight > 0.0, self.rings.square[self.slots], 0.0)

    def of(self, some: Indices) -> _Grains:
        return _Grains(self.rings, self.slots.take(some, axis=1), self.weight.take(some, axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Windows as columns. samples: oldest first, and anything where they are not `there`. count: of samples. newest: of all of
    them. grains: None where each entry is a sample."""

    samples: Floats
    there: Bools
    count: Moments
    newest: Floats
    percent: Floats
    grains: _Grains | None

    @property
    def least(self) -> Floats:
        return self.samples if self.grains is None else self.grains.low

    @property
    def greatest(self) -> Floats:
        return self.samples if self.grains is None else self.grains.high

    def sums(self, matrix: Floats) -> Floats:
        """Of what each sample has."""
        return column_sums(matrix if self.grains is None else matrix * self.grains.weight)

    def of(self, some: Indices) -> _Columns:
        return _Columns(
            self.samples.take(some, axis=1),
            self.there.take(some, axis=1),
            self.count[some],
            self.newest[some],
            self.percent[some],
            None if self.grains is None else self.grains.of(some),
        )


def _count(window: _Columns) -> Floats:
    return window.count.astype(np.float64)


def _sum(window: _Columns) -> Floats:
    return window.sums(np.where(window.there, window.samples, 0.0))


def _mean(window: _Columns) -> Floats:
    distance = np.where(window.there, window.samples - window.newest, 0.0)
    return window.newest + window.sums(distance) / window.count


def _min(window: _Columns) -> Floats:
    least: Floats = np.where(window.there, window.least, np.inf).min(axis=0, initial=np.inf)
    return least


def _max(window: _Columns) -> Floats:
    greatest: Floats = np.where(window.there, window.greatest, -np.inf).max(axis=0, initial=-np.inf)
    return greatest


def _stddev(window: _Columns) -> Floats:
    distance = np.where(window.there, within_range(window.samples - window.newest), 0.0)
    mean = within_range(window.sums(distance)) / window.count
    centred = np.where(window.there, distance - mean, 0.0)
    squares = window.sums(centred * centred)
    if window.grains is not None:
        squares += column_sums(window.grains.square)
    deviation: Floats = np.sqrt(squares / (window.count - 1))
    return deviation


def _percentile(window: _Columns) -> Floats:
    if not len(window.samples):
        return window.newest
    ordered = np.where(window.there, window.samples, np.inf)
    ordered.sort(axis=0)
    last = np.maximum(window.count - 1, 0)
    rank = last * window.percent / 100.0
    low = np.floor(rank).astype(np.intp)
    column = np.arange(len(rank))
    below, above = ordered[low, column], ordered[np.minimum(low + 1, last), column]
    value: Floats = below + within_range(above - below) * (rank - low)
    return value


#: Each aggregate, and how many samples it needs, by its place in `Aggregate`.
_BY_SAMPLES: Mapping[int, tuple[Callable[[_Columns], Floats], int]] = {
    list(Aggregate).index(aggregate): rule
    for aggregate, rule in {
        Aggregate.MEAN: (_mean, 1),
        Aggregate.MIN: (_min, 1),
        Aggregate.MAX: (_max, 1),
        Aggregate.SUM: (_sum, 0),
        Aggregate.COUNT: (_count, 0),
        Aggregate.STDDEV: (_stddev, 2),
        Aggregate.PERCENTILE: (_percentile, 1),
    }.items()
}
_TIME_WEIGHTED = list(Aggregate).index(Aggregate.TIME_WEIGHTED)

#: The end of a sample's time when a gap follows: before all windows.
_NOT_HELD = np.iinfo(np.int64).min // 2


def column_sums(matrix: Floats) -> Floats:
    """From the first row to the last. NumPy adds so along the first axis of rows that are whole in memory; but of columns that
    are whole, as a single one is, it adds pairs."""
    matrix = np.ascontiguousarray(matrix)
    single = matrix.shape[1] == 1 and len(matrix) > 0
    sums: Floats = np.add.accumulate(matrix, axis=0)[-1] if single else np.add.reduce(matrix, axis=0)
    return sums
