"""Windowed aggregates by the clock: what each of the windows that follow each other (clock_window.py) amounted to.

Which aggregates, what is known, coverage: aggregate.py. The value is that of the last window that is over. It speaks by itself
at the end of each; where nobody could wait for that, with the first good sample behind it, about the window just before that
sample's. Compared high or low, with the tag's unit and deadband; a count has no unit.

Bad samples are not evaluable, and leave what is in the window; then it is evaluable again with the end of a window.

Facts: samples (in that window), coverage (0 to 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import NEVER, Span
from rules.columns import Indices, Moments
from rules.signals.aggregate import Aggregated, Windows
from rules.signals.base import Heard, Said
from rules.signals.clock_window import check_phase, window_start
from rules.signals.recollection import Unreadable, integer
from rules.signals.sample_driven import say_all, say_where


@dataclass(frozen=True, slots=True, kw_only=True)
class TumblingWindow(Aggregated):
    """phase: of the windows' beginnings, 0 to less than `span`. ValueError where it is outside."""

    phase: Span = 0

    def __post_init__(self) -> None:
        Aggregated.__post_init__(self)
        check_phase(self.tag, self.phase, self.span)


class TumblingWindowBank:
    """closes: by place, the end of the present window; NEVER before the first."""

    def __init__(self, signals: Sequence[TumblingWindow]) -> None:
        self._windows = Windows(signals)
        self._phase = np.array([signal.phase for signal in signals], dtype=np.int64)
        self._closes: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        apart = self._windows.coverage.take(heard)
        value, known = np.zeros(len(heard.places)), np.zeros(len(heard.places), dtype=np.bool_)
        span, closes = self._windows.span[heard.places], self._closes[heard.places]
        start = window_start(heard.source, span, self._phase[heard.places])
        closing = heard.good & (heard.source >= closes)
        over = np.flatnonzero(closing)
        if len(over):
            places, end = heard.places[over], start[over]
            self._windows.rings.drop(places, end - span[over] - 1)
            value[over], known[over] = self._windows.evaluate(places, end - span[over] - 1, end - span[over], end, ~apart[over])

        good = np.flatnonzero(heard.good)
        self._windows.rings.push_samples(heard.places[good], heard.source[good], heard.value[good], apart[good])
        closes = np.where(heard.good, start + span, closes)
        self._closes[heard.places] = closes
        self.due[heard.places] = np.where(heard.good, closes, NEVER)
        return say_where(closing | ~heard.good, value, known)

    def wake(self, places: Indices, now: Moments) -> Said:
        span = self._windows.span[places]
        self._windows.rings.drop(places, now - span - 1)
        tail = np.ones(len(places), dtype=np.bool_)
        value, known = self._windows.evaluate(places, now - span - 1, now - span, now, tail)
        self._closes[places] = self.due[places] = now + span
        return say_all(value, known)

    def memory(self, place: int) -> Mapping[str, Any] | None:
        memory = self._windows.memory(place)
        return None if memory is None else {**memory, "closes": int(self._closes[place])}

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            closes = integer(memory, "closes")
            self._windows.recall(place, memory)
        except Unreadable:
            return
        self._closes[place] = closes
        self.due[place] = NEVER if self._windows.coverage.broken(np.array([place]))[0] else closes

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        return self._windows.facts(place)
