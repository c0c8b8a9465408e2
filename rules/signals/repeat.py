"""Repeat count: how often something has begun within the last `within`, for instance a pump that starts too often.

It begins with a good sample that makes the inner comparison true where it was not before, also with the very first sample, and
with the first behind a gap: what happened between is not known, but it has begun. The value is the number of beginnings in
(t - within, t], so one that is exactly `within` old is no longer counted. It rises with samples and falls by itself. A rule on
it is `high count`, without a deadband; beyond `RING` it counts no further.

Beginnings that nobody has seen may be missing from it. So it is known where `count` have been seen, whatever is missing, or
where `coverage` of the time is covered (coverage.py); else, and at bad samples, it is not evaluable. So an alarm comes as soon
as it is proved, and lost data does not end it.

Facts: beginnings (seen), coverage (0 to 1), at the last time it spoke.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import HOUR, NEVER, Span
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.base import Heard, Said
from rules.signals.coverage import DEFAULT_COVERAGE, Coverage, check_coverage
from rules.signals.raw import Raw, RawColumns
from rules.signals.recollection import Unreadable, flag, integer
from rules.signals.rings import TimeRings
from rules.signals.sample_driven import say_all

COUNT_MAX = 100
RING = 128
WITHIN_MAX: Span = 31 * 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """within: above 0, to 31 days. count: 1 to 100, the limit of the rule. coverage: 0 to 1. ValueError otherwise."""

    tag: str
    raw: Raw
    within: Span
    count: int
    coverage: float = DEFAULT_COVERAGE

    def __post_init__(self) -> None:
        if not 0 < self.within <= WITHIN_MAX:
            raise ValueError(f"{self.tag}: repetitions are counted within more than 0 to 31 days, not {self.within} µs")
        if not 1 <= self.count <= COUNT_MAX:
            raise ValueError(f"{self.tag}: repetitions are counted to 1 to {COUNT_MAX}, not to {self.count}")
        check_coverage(self.tag, self.coverage)

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag,)


class RepeatBank:
    def __init__(self, signals: Sequence[Repeat]) -> None:
        self._raw = RawColumns([signal.raw for signal in signals])
        self._within = np.array([signal.within for signal in signals], dtype=np.int64)
        self._enough = np.array([signal.count for signal in signals], dtype=np.int64)
        self._coverage = Coverage([signal.within for signal in signals], [signal.coverage for signal in signals])
        self._beginnings = TimeRings([RING] * len(signals))
        self._covered: Moments = np.zeros(len(signals), dtype=np.int64)
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        self._coverage.take(heard)
        before, now = self._raw.take(heard.places, heard.value, heard.good)
        good = np.flatnonzero(heard.good)
        places, source = heard.places[good], heard.source[good]
        self._beginnings.drop(places, source - self._within[places])
        begins = np.flatnonzero(now & ~before)
        self._beginnings.push(heard.places[begins], heard.source[begins])

        self.due[heard.places] = NEVER
        value, known = np.zeros(len(heard.places)), np.zeros(len(heard.places), dtype=np.bool_)
        value[good], known[good] = self._evaluate(places, source)
        return say_all(value, known)

    def wake(self, places: Indices, now: Moments) -> Said:
        self._beginnings.drop(places, now - self._within[places])
        return say_all(*self._evaluate(places, now))

    def memory(self, place: int) -> Mapping[str, Any] | None:
        if not self._coverage.begun(place):
            return None
        return {
            "holds": bool(self._raw.holds[place]),
            "covered": int(self._covered[place]),
            "due": int(self.due[place]),
            **self._coverage.memory(place),
            **self._beginnings.ring_memory(place),
        }

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            holds, covered, due = flag(memory, "holds"), integer(memory, "covered"), integer(memory, "due")
            self._beginnings.recall_ring(place, memory)
            self._coverage.recall(place, memory)
        except Unreadable:
            self._beginnings.forget(place)
            return
        self._raw.holds[place], self._covered[place], self.due[place] = holds, covered, due

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        return {
            "beginnings": int(self._beginnings.count(np.array([place]))[0]),
            "coverage": float(self._covered[place] / self._within[place]),
        }

    def _evaluate(self, places: Indices, now: Moments) -> tuple[Floats, Bools]:
        """The count and whether it is known; sets the due."""
        within, count = self._within[places], self._beginnings.count(places)
        covered = self._coverage.covered(places, now - within, now)
        known = (count >= self._enough[places]) | (covered >= self._coverage.need[places])
        falls = np.where(count > 0, self._beginnings.oldest(places) + within, NEVER)
        self.due[places] = np.where(known, falls, np.minimum(falls, self._coverage.enough_from(places, now - within)))
        self._covered[places] = covered
        return count.astype(np.float64), known
