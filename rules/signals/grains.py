"""Samples of a long window, kept in grains: those of one grain of time are one entry of a ring, with their mean and extremes.

So a window of a shift holds a few hundred entries, however often its tag is read. Grains are cut by source time, counted from
1970, and leave a window whole, with their newest sample: a window reaches back up to a grain further than its span. The first
sample of a window by the clock begins an entry of its own. With a grain of 0 each sample is an entry.

Entries know of their samples: how many, mean, least, greatest, squares (the sum of squared distances from the mean) and their
mean time. Percentiles, and means weighted by time, cannot be worked out of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import Span
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.newest import is_finite
from rules.signals.recollection import Unreadable, listed
from rules.signals.rings import CAPACITY_MAX, CAPACITY_MIN, DEFAULT_CAPACITY, SampleRings
from rules.signals.sample_driven import within_range

#: A grain is this part of its window, where a window has grains.
GRAINS = 240
#: What then holds its entries, also of a shift in which the clock is put back.
GRAINED_CAPACITY = 512
#: Where each sample is needed, and nobody knows how many will come.
UNKNOWN_CAPACITY = 1_024

#: A tag that is read in a rhythm comes a little more often at times.
_JITTER = 1.25


@dataclass(frozen=True, slots=True)
class Room:
    """What a window keeps: entries, and the grain of each."""

    capacity: int
    grain: Span


def room_for(span: Span, every: Span) -> Room:
    """every: how often samples come, 0 where nobody knows. Each sample by itself where there is room for that; else grains."""
    wanted = _samples(span, every)
    if 0 < wanted <= GRAINED_CAPACITY:
        return Room(max(DEFAULT_CAPACITY, _power_of_two(wanted)), 0)
    return Room(GRAINED_CAPACITY, span // GRAINS)


def room_of_samples(span: Span, every: Span, samples: int | None) -> Room:
    """Where each sample must be kept by itself; samples: so many, None for as many as come, as far as there is room."""
    if samples is not None:
        return Room(samples, 0)
    wanted = _samples(span, every) or UNKNOWN_CAPACITY
    return Room(min(max(DEFAULT_CAPACITY, _power_of_two(wanted)), CAPACITY_MAX), 0)


def samples_of(weights: Floats) -> Moments:
    """How many are in windows."""
    samples: Moments = weights.sum(axis=0).astype(np.int64)
    return samples


def _samples(span: Span, every: Span) -> int:
    return round(span / every * _JITTER) + CAPACITY_MIN if every else 0


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()


_LISTS = ("weights", "lows", "highs", "squares", "middles")


def check_grain(tag: str, grain: Span, span: Span) -> None:
    if not 0 <= grain < span:
        raise ValueError(f"{tag}: the grain of a window is 0 to less than the window, not {grain} µs")


class GrainRings(SampleRings):
    """weight: how many samples; value: their mean; low, high, square, middle. grained: whether any place has grains; without
    that, entries are samples, and the other columns mean nothing."""

    def __init__(self, capacities: Sequence[int], grains: Sequence[Span]) -> None:
        super().__init__(capacities)
        self._grain = np.array(grains, dtype=np.int64)
        self.grained = bool(self._grain.any())
        size = len(self._time) if self.grained else 0
        self.weight: Floats = np.ones(size)
        self.low, self.high, self.square, self.middle = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)

    def push_in_grains(self, places: Indices, time: Moments, value: Floats, apart: Bools, since: Moments | None = None) -> None:
        """since: by sample, where its window begins by the clock; entries before that take in no more."""
        if not self.grained:
            self.push_samples(places, time, value, apart)
            return
        merges = self._belong_to_the_newest(places, time, since)
        new, more = np.flatnonzero(~merges), np.flatnonzero(merges)
        self.push_samples(places[new], time[new], value[new], apart[new])
        self._each_by_itself(self.newest(places[new]))
        if len(more):
            self._merge(self.newest(places[more]), time[more], value[more])

    def weights(self, slots: Indices, there: Bools) -> Floats:
        """Of the entries of windows; `slots`, `there` as of `window`. 0 where there is none."""
        return np.where(there, self.weight[slots], 0.0)

    def middles(self, slots: Indices) -> Floats:
        """The mean times of entries."""
        middles: Floats = (self.middle if self.grained else self.time)[slots].astype(np.float64)
        return middles

    def memory(self, place: int) -> dict[str, Any]:
        memory = super().memory(place)
        if self._grain[place]:
            slots = self._readable(place)
            memory.update({name: column[slots].tolist() for name, column in self._columns().items()})
        return memory

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        """Raises Unreadable, and has changed nothing then."""
        if not self._grain[place]:
            super().recall(place, memory)
            if self.grained:
                self._each_by_itself(self._readable(place))
            return
        count = len(listed(memory, "times", int(self._capacity[place])))
        kept = {name: listed(memory, name, count) for name in _LISTS}
        if any(len(values) != count or not all(map(is_finite, values)) for values in kept.values()):
            raise Unreadable("grains")
        if any(weight < 1 for weight in kept["weights"]):
            raise Unreadable("weights")
        super().recall(place, memory)
        slots = np.arange(count) + self._start[place]
        for name, column in self._columns().items():
            column[slots] = kept[name]

    def _columns(self) -> dict[str, Floats]:
        return dict(zip(_LISTS, (self.weight, self.low, self.high, self.square, self.middle), strict=True))

    def _belong_to_the_newest(self, places: Indices, time: Moments, since: Moments | None) -> Bools:
        grain, newest = self._grain[places], self._time[self.newest(places)]
        length = np.maximum(grain, 1)
        belong: Bools = (grain > 0) & (self.count(places) > 0) & (newest // length == time // length)
        return belong if since is None else belong & (newest >= since)

    def _each_by_itself(self, slots: Indices) -> None:
        self.weight[slots], self.square[slots] = 1.0, 0.0
        self.low[slots] = self.high[slots] = self.value[slots]
        self.middle[slots] = self.time[slots]

    def _merge(self, slots: Indices, time: Moments, value: Floats) -> None:
        """By Welford's recurrence, in the order of the samples: however they are cut into calls, it comes to the same."""
        weight = self.weight[slots] + 1.0
        with np.errstate(over="ignore"):
            off = within_range(value - self.value[slots])
            mean = self.value[slots] + off / weight
            self.square[slots] = within_range(self.square[slots] + off * within_range(value - mean))
        self.weight[slots], self.value[slots] = weight, mean
        self.low[slots] = np.minimum(self.low[slots], value)
        self.high[slots] = np.maximum(self.high[slots], value)
        self.middle[slots] += (time - self.middle[slots]) / weight
        self.time[slots] = time
