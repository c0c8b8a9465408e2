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
from datetime import UTC, tzinfo
from typing import Any

import numpy as np

from edge.model.moment import NEVER, Span
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.aggregate import Aggregated, Windows
from rules.signals.base import Heard, Said
from rules.signals.clock_window import ClockWindows, PlantClock, check_phase
from rules.signals.recollection import Unreadable, integer
from rules.signals.sample_driven import say_all, say_where


@dataclass(frozen=True, slots=True, kw_only=True)
class TumblingWindow(Aggregated):
    """phase: of the windows' beginnings, 0 to less than `span`. zone: of the plant. ValueError where it is outside."""

    phase: Span = 0
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        Aggregated.__post_init__(self)
        check_phase(self.tag, self.phase, self.span)

    @property
    def clock(self) -> PlantClock:
        return PlantClock(self.span, self.phase, self.zone)


class TumblingWindowBank:
    """begins, closes: by place, start and end of the present window; NEVER before the first."""

    def __init__(self, signals: Sequence[TumblingWindow]) -> None:
        self._windows = Windows(signals, [signal.clock.longest for signal in signals])
        self._clock = ClockWindows([signal.clock for signal in signals])
        self._begins: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self._closes: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        apart = self._windows.coverage.take(heard)
        value, known = np.zeros(len(heard.places)), np.zeros(len(heard.places), dtype=np.bool_)
        begins, closes = self._begins[heard.places], self._closes[heard.places]
        closing = heard.good & (heard.source >= closes)
        enters = np.flatnonzero(closing | (heard.good & (closes == NEVER)))
        if len(enters):
            start, closes[enters] = self._clock.around(heard.places[enters], heard.source[enters])
            before = np.where(self._closes[heard.places[enters]] == start, begins[enters], NEVER)
            begins[enters] = start
            over = np.flatnonzero(closing[enters])
            value[enters[over]], known[enters[over]] = self._tell(
                heard.places[enters[over]], before[over], start[over], ~apart[enters[over]]
            )

        good = np.flatnonzero(heard.good)
        self._windows.rings.push_in_grains(
            heard.places[good], heard.source[good], heard.value[good], apart[good], since=begins[good]
        )
        self._begins[heard.places], self._closes[heard.places] = begins, closes
        self.due[heard.places] = np.where(heard.good, closes, NEVER)
        return say_where(closing | ~heard.good, value, known)

    def wake(self, places: Indices, now: Moments) -> Said:
        value, known = self._tell(places, self._begins[places], now, np.ones(len(places), dtype=np.bool_))
        self._begins[places], self._closes[places] = self._clock.around(places, now)
        self.due[places] = self._closes[places]
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
        at = np.array([place])
        self._closes[place] = closes
        self._begins[at] = NEVER if closes == NEVER else self._clock.start_before(at, self._closes[at])
        self.due[place] = NEVER if self._windows.coverage.broken(at)[0] else closes

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        return self._windows.facts(place)

    def _tell(self, places: Indices, start: Moments, end: Moments, tail: Bools) -> tuple[Floats, Bools]:
        """What windows amounted to that ended at `end`. start: NEVER where nobody has kept it. tail: as for `evaluate`."""
        unknown = np.flatnonzero(start == NEVER)
        start[unknown] = self._clock.start_before(places[unknown], end[unknown])
        self._windows.rings.drop(places, start - 1)
        return self._windows.evaluate(places, start - 1, start, end, tail)
