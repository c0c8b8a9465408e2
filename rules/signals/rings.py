"""The newest samples of each place, as rings in common columns: what windows are worked out from.

Every place has a ring of its own capacity, a power of two, and numbers its samples from 0 on: `first` is the oldest that is
still in its window, `end` is behind the newest. Those before `first` stay readable until they are overwritten. A sample that
comes when all of the ring is in the window overwrites the oldest: `lost` is the time of the newest that went so, and a window
that began before it is not whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from edge.model.moment import NEVER
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.newest import is_finite
from rules.signals.recollection import Unreadable, flag, listed, moment, natural

CAPACITY_MIN = 8
CAPACITY_MAX = 4_096
DEFAULT_CAPACITY = 256

_LONG_AGO = -NEVER


def check_capacity(tag: str, capacity: int) -> None:
    if not CAPACITY_MIN <= capacity <= CAPACITY_MAX or capacity & (capacity - 1):
        raise ValueError(f"{tag}: a window holds a power of two from {CAPACITY_MIN} to {CAPACITY_MAX} samples, not {capacity}")


#: Samples that are looked at together: matrices of this size stay in the cache of a core.
_BLOCK = 8_192


def blocks(count: Moments, kind: Moments) -> Iterator[Indices]:
    """Positions of windows with so many samples, in groups of similar size, so that no long window makes others as long; and of
    one kind, as far as that goes."""
    size = np.frexp(count)[1]
    order = np.lexsort((kind, -size))
    done = 0
    while done < len(order):
        width = max(_BLOCK >> int(size[order[done]]), 1)
        yield order[done : done + width]
        done += width


class TimeRings:
    """Moments, in no descending order."""

    def __init__(self, capacities: Sequence[int]) -> None:
        self._capacity = np.array(capacities, dtype=np.int64)
        self._mask = self._capacity - 1
        self._start = np.cumsum(self._capacity) - self._capacity
        self._time: Moments = np.zeros(int(self._capacity.sum()), dtype=np.int64)
        self._first: Moments = np.zeros(len(capacities), dtype=np.int64)
        self._end: Moments = np.zeros(len(capacities), dtype=np.int64)
        self._lost: Moments = np.full(len(capacities), _LONG_AGO, dtype=np.int64)

    def push(self, places: Indices, time: Moments) -> Indices:
        """Where in the columns the samples go."""
        first, end = self._first[places], self._end[places]
        full = np.flatnonzero(end - first == self._capacity[places])
        if len(full):
            self._lost[places[full]] = self._time_of(places[full], first[full])
            self._first[places[full]] += 1
        slots: Indices = self._start[places] + (end & self._mask[places])
        self._time[slots] = time
        self._end[places] = end + 1
        return slots

    def drop(self, places: Indices, until: Moments) -> None:
        """Whatever is not later than `until` leaves the window."""
        first, end = self._first[places], self._end[places]
        leaves = (first < end) & (self._time_of(places, first) <= until)
        if not leaves.any():
            return
        first = first + leaves
        more = np.flatnonzero(leaves & (first < end) & (self._time_of(places, first) <= until))
        if len(more):
            first[more] = self._first_after(places[more], first[more], end[more], until[more])
        self._first[places] = first

    def count(self, places: Indices) -> Moments:
        return self._end[places] - self._first[places]

    def oldest(self, places: Indices) -> Moments:
        """Its time, where there is any in the window."""
        return self._time_of(places, self._first[places])

    def whole_from(self, places: Indices, after: Moments, start: Moments) -> Moments:
        """From when on no sample is missing: `start`, or the oldest that is left where one later than `after` is lost."""
        return np.where(self._lost[places] > after, self.oldest(places), start)

    def window(self, places: Indices, before: int = 0) -> tuple[Indices, Bools]:
        """A column for each place, oldest sample first: where they are, and which of the rows there are. before: how many rows
        of samples that were before the window are put in front of it."""
        first = self._first[places] - before
        end = self._end[places]
        slots = first + np.arange(int((end - first).max(initial=0)))[:, np.newaxis]
        there = slots < end
        if before:
            there &= slots >= np.maximum(end - self._capacity[places], 0)
        slots &= self._mask[places]
        slots += self._start[places]
        return slots, there

    def newest(self, places: Indices) -> Indices:
        """Where the newest samples are, in a window or not."""
        slots: Indices = self._start[places] + ((self._end[places] - 1) & self._mask[places])
        return slots

    def ring_memory(self, place: int) -> dict[str, Any]:
        lost = int(self._lost[place])
        return {
            "times": self._time[self._readable(place)].tolist(),
            "before": bool(self._outside(place)),
            "lost": None if lost == _LONG_AGO else lost,
        }

    def recall_ring(self, place: int, memory: Mapping[str, Any]) -> Indices:
        """Where in the columns they are now. Raises Unreadable, and has changed nothing then."""
        times = [natural(time) for time in listed(memory, "times", int(self._capacity[place]))]
        before, lost = flag(memory, "before"), moment(memory, "lost")
        if before > len(times) or any(later < earlier for earlier, later in pairwise(times)):
            raise Unreadable("times")
        self._first[place], self._end[place] = int(before), len(times)
        self._lost[place] = _LONG_AGO if lost == NEVER else lost
        slots: Indices = np.arange(len(times)) + self._start[place]
        self._time[slots] = times
        return slots

    def forget(self, place: int) -> None:
        self._first[place] = self._end[place] = 0
        self._lost[place] = _LONG_AGO

    def _readable(self, place: int) -> Indices:
        """The slots of those in the window, and of the one before it."""
        numbers = np.arange(self._first[place] - self._outside(place), self._end[place])
        slots: Indices = self._start[place] + (numbers & self._mask[place])
        return slots

    def _outside(self, place: int) -> int:
        """1 where the sample before the window can still be read, else 0."""
        return int(self._first[place] > max(self._end[place] - self._capacity[place], 0))

    def _time_of(self, places: Indices, number: Moments) -> Moments:
        return self._time[self._start[places] + (number & self._mask[places])]

    def _first_after(self, places: Indices, low: Moments, high: Moments, until: Moments) -> Moments:
        """The least number from `low` on whose time is later, `high` for none; halving all intervals at once."""
        while (low < high).any():
            middle = (low + high) >> 1
            earlier = (low < high) & (self._time_of(places, middle) <= until)
            low, high = np.where(earlier, middle + 1, low), np.where(earlier, high, np.maximum(low, middle))
        return low


class SampleRings(TimeRings):
    """time, value: of samples. apart: whether the time between a sample and the one before it is not covered."""

    def __init__(self, capacities: Sequence[int]) -> None:
        super().__init__(capacities)
        self.time = self._time
        self.value: Floats = np.zeros(len(self._time))
        self.apart: Bools = np.zeros(len(self._time), dtype=np.bool_)

    def push_samples(self, places: Indices, time: Moments, value: Floats, apart: Bools) -> None:
        slots = self.push(places, time)
        self.value[slots] = value
        self.apart[slots] = apart

    def memory(self, place: int) -> dict[str, Any]:
        slots = self._readable(place)
        return {
            **self.ring_memory(place),
            "values": self.value[slots].tolist(),
            "apart": np.flatnonzero(self.apart[slots]).tolist(),
        }

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        """Raises Unreadable, and has changed nothing then."""
        most = int(self._capacity[place])
        values, apart = listed(memory, "values", most), [natural(row, most - 1) for row in listed(memory, "apart", most)]
        if not all(is_finite(value) for value in values) or len(values) != len(listed(memory, "times", most)):
            raise Unreadable("values")
        slots = self.recall_ring(place, memory)
        self.value[slots] = values
        self.apart[slots] = np.isin(np.arange(len(slots)), apart)
