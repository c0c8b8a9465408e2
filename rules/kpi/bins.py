"""Bins: the half-open pieces of a period, aligned to the plant's clock.

The bins of a day begin at its local midnight and run in real time, so that a day with a change to or from summer time has 23 or
25 hours, and 138 or 150 bins of ten minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from edge.model.moment import Moment, Span, to_datetime

_EPOCH = to_datetime(0)


@dataclass(frozen=True, slots=True)
class Day:
    """A local day as far as the period has it. date: `2026-05-04`."""

    date: str
    start: Moment
    end: Moment


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """edges: int64 (n + 1); bin k is [edges[k], edges[k + 1]). start, end: of the period; the first and the last bin may reach
    out of it."""

    start: Moment
    end: Moment
    edges: npt.NDArray[np.int64]

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        return self.edges[:-1]

    @property
    def whole(self) -> npt.NDArray[np.bool_]:
        """bool (n): those that are all inside the period."""
        inside: npt.NDArray[np.bool_] = (self.edges[:-1] >= self.start) & (self.edges[1:] <= self.end)
        return inside

    def places(self, times: Iterable[Moment]) -> npt.NDArray[np.int64]:
        """int64: for each moment, which must be in the period, the number of its bin."""
        found = np.searchsorted(self.edges, np.fromiter(times, dtype=np.int64), side="right") - 1
        return found.astype(np.int64)

    def counts(self, times: Iterable[Moment]) -> npt.NDArray[np.int64]:
        """int64 (n): how many moments lie in each bin."""
        return np.bincount(self.places(times), minlength=len(self.edges) - 1)

    def clip(self, k: int) -> tuple[Moment, Moment]:
        """Bin k as far as the period has it."""
        return max(int(self.edges[k]), self.start), min(int(self.edges[k + 1]), self.end)


@lru_cache(maxsize=4)
def bins(start: Moment, end: Moment, zone: str, width: Span) -> Bins:
    """The bins that have a part in [start, end); none when it is empty. Every position asks for the same ones."""
    if start >= end:
        return Bins(start, end, np.array([start], dtype=np.int64))
    midnights = [midnight for _, midnight in _midnights(start, end, zone)]
    pieces = [np.arange(begin, until, width, dtype=np.int64) for begin, until in pairwise(midnights)]
    edges = np.concatenate([*pieces, np.array(midnights[-1:], dtype=np.int64)])
    first = int(np.searchsorted(edges, start, side="right")) - 1
    last = int(np.searchsorted(edges, end, side="left"))
    return Bins(start, end, edges[first : last + 1])


@lru_cache(maxsize=4)
def days(start: Moment, end: Moment, zone: str) -> tuple[Day, ...]:
    """The local days that have a part in [start, end), clipped to it."""
    if start >= end:
        return ()
    return tuple(
        Day(day.isoformat(), max(begin, start), min(until, end))
        for (day, begin), (_, until) in pairwise(_midnights(start, end, zone))
        # Islands that crossed the date line have had days without an hour.
        if begin < until
    )


def _midnights(start: Moment, end: Moment, zone: str) -> Iterator[tuple[date, Moment]]:
    """Local days and when they begin: from that of the start to the first that begins at or after the end."""
    place = ZoneInfo(zone)
    day = to_datetime(start).astimezone(place).date()
    yield day, (midnight := _midnight(day, place))
    while midnight < end:
        day += timedelta(days=1)
        yield day, (midnight := _midnight(day, place))


def _midnight(day: date, place: ZoneInfo) -> Moment:
    """Where the clock skips midnight, or shows it twice: when the day begins, in either case."""
    return (datetime(day.year, day.month, day.day, tzinfo=place) - _EPOCH) // timedelta(microseconds=1)
