"""Windowed aggregates: what the samples of (t - span, t] amount to, t being the newest good one.

A sample that is exactly `span` old is no longer in it; nor, in grains (grains.py), is one whose newest sample is so old. Which
aggregates, what is known, coverage: aggregate.py. It speaks at samples; only a count falls by itself, as samples leave the
window, and becomes known by itself, when enough is covered. Compared high or low, with the tag's unit and deadband; a count
has no unit. Bad samples are not evaluable, and leave what is in the window.

Facts: samples (in the window), coverage (0 to 1), at the last time it spoke.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import NEVER
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.aggregate import Aggregate, Aggregated, Windows
from rules.signals.base import Heard, Said
from rules.signals.recollection import Unreadable, integer
from rules.signals.sample_driven import say_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Aggregated):
    """A window that slides."""


class WindowBank:
    def __init__(self, signals: Sequence[Window]) -> None:
        self._windows = Windows(signals)
        self._counts = self._windows.are(Aggregate.COUNT, np.arange(len(signals)))
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        apart = self._windows.coverage.take(heard)
        good = np.flatnonzero(heard.good)
        places, source = heard.places[good], heard.source[good]
        self._windows.rings.drop(places, source - self._windows.span[places])
        self._windows.rings.push_in_grains(places, source, heard.value[good], apart[good])
        self.due[heard.places] = NEVER
        value, known = np.zeros(len(heard.places)), np.zeros(len(heard.places), dtype=np.bool_)
        value[good], known[good] = self._evaluate(places, source)
        return say_all(value, known)

    def wake(self, places: Indices, now: Moments) -> Said:
        """Counts only."""
        self._windows.rings.drop(places, now - self._windows.span[places])
        return say_all(*self._evaluate(places, now))

    def memory(self, place: int) -> Mapping[str, Any] | None:
        memory = self._windows.memory(place)
        return None if memory is None else {**memory, "due": int(self.due[place])}

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            due = integer(memory, "due")
            self._windows.recall(place, memory)
        except Unreadable:
            return
        self.due[place] = due

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        return self._windows.facts(place)

    def _evaluate(self, places: Indices, now: Moments) -> tuple[Floats, Bools]:
        start = now - self._windows.span[places]
        value, known = self._windows.evaluate(places, start, start, now, np.ones(len(places), dtype=np.bool_))
        counting = np.flatnonzero(self._counts[places])
        if len(counting):
            self._plan(places[counting], start[counting], known[counting])
        return value, known

    def _plan(self, places: Indices, start: Moments, known: Bools) -> None:
        rings, coverage = self._windows.rings, self._windows.coverage
        falls = np.where(rings.count(places) > 0, rings.oldest(places) + self._windows.span[places], NEVER)
        learns = coverage.enough_from(places, rings.whole_from(places, start, start))
        self.due[places] = np.where(known, falls, np.minimum(falls, learns))
