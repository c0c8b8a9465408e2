"""Repeat count by the clock: how often something has begun, in windows that follow each other (clock_window.py).

What begins is as in repeat.py. The value is the number of beginnings in the present window, or in the one before it, whichever
is greater. So an alarm `high count` comes when the present window reaches it, and goes when a whole one has not.

It is known where `count` have been seen in one of both, or where `coverage` of the one before is covered (coverage.py); else,
and at bad samples, it is not evaluable. So in the first window an alarm can come, but it is not evaluable until that is over.

It speaks at samples, and by itself at the end of a window that leaves something to say.

Facts: beginnings (in the present window), before (in the one before it), both as far as seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

import numpy as np

from edge.model.moment import NEVER, Span
from rules.columns import Bools, Indices, Moments
from rules.signals.base import Heard, Said
from rules.signals.clock_window import ClockWindows, PlantClock, check_phase
from rules.signals.coverage import Coverage
from rules.signals.raw import RawColumns
from rules.signals.recollection import Unreadable, flag, integer
from rules.signals.repeat import Repeat
from rules.signals.sample_driven import say_all


@dataclass(frozen=True, slots=True, kw_only=True)
class TumblingRepeat(Repeat):
    """within: the length of the windows. phase: of their beginnings, 0 to less than that. zone: of the plant. ValueError where
    it is outside."""

    phase: Span = 0
    zone: tzinfo = UTC

    def __post_init__(self) -> None:
        Repeat.__post_init__(self)
        check_phase(self.tag, self.phase, self.within)

    @property
    def clock(self) -> PlantClock:
        return PlantClock(self.within, self.phase, self.zone)


class TumblingRepeatBank:
    """begins, closes: by place, start and end of the present window; NEVER before the first. present, before: beginnings in it
    and in the one before it; whole: whether enough of that one is covered."""

    def __init__(self, signals: Sequence[TumblingRepeat]) -> None:
        self._raw = RawColumns([signal.raw for signal in signals])
        self._clock = ClockWindows([signal.clock for signal in signals])
        self._begins: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self._enough = np.array([signal.count for signal in signals], dtype=np.int64)
        self._coverage = Coverage(
            [signal.within for signal in signals],
            [signal.coverage for signal in signals],
            [signal.clock.longest for signal in signals],
        )
        self._closes: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self._present = np.zeros(len(signals), dtype=np.int64)
        self._before = np.zeros(len(signals), dtype=np.int64)
        self._whole: Bools = np.zeros(len(signals), dtype=np.bool_)
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        places, good = heard.places, heard.good
        self._coverage.take(heard)
        was, now = self._raw.take(places, heard.value, good)
        closes = self._closes[places]
        enters = np.flatnonzero(good & ((closes == NEVER) | (heard.source >= closes)))
        if len(enters):
            self._enter(places[enters], heard.source[enters])
        self._present[places] += now & ~was
        self._plan(places)
        return say_all(np.maximum(self._present[places], self._before[places]).astype(np.float64), good & self._known(places))

    def wake(self, places: Indices, now: Moments) -> Said:
        self._enter(places, now)
        self._plan(places)
        return say_all(np.maximum(self._present[places], self._before[places]).astype(np.float64), self._known(places))

    def memory(self, place: int) -> Mapping[str, Any] | None:
        if not self._coverage.begun(place):
            return None
        return {
            "holds": bool(self._raw.holds[place]),
            "closes": int(self._closes[place]),
            "present": int(self._present[place]),
            "before": int(self._before[place]),
            "whole": bool(self._whole[place]),
            **self._coverage.memory(place),
        }

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            holds, closes = flag(memory, "holds"), integer(memory, "closes")
            present, before, whole = integer(memory, "present"), integer(memory, "before"), flag(memory, "whole")
            self._coverage.recall(place, memory)
        except Unreadable:
            return
        at = np.array([place])
        self._raw.holds[place], self._closes[place] = holds, closes
        self._begins[at] = NEVER if closes == NEVER else self._clock.start_before(at, self._closes[at])
        self._present[place], self._before[place], self._whole[place] = present, before, whole
        self._plan(at)

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        return {"beginnings": int(self._present[place]), "before": int(self._before[place])}

    def _enter(self, places: Indices, now: Moments) -> None:
        """The windows that `now` is in; those in between had no samples."""
        start, end = self._clock.around(places, now)
        follows = self._closes[places] == start
        self._before[places] = np.where(follows, self._present[places], 0)
        before = self._begins[places]
        apart = np.flatnonzero(~follows)
        before[apart] = self._clock.start_before(places[apart], start[apart])
        covered = self._coverage.covered(places, before, start)
        self._whole[places] = covered >= self._coverage.needed(places, start - before)
        self._present[places] = 0
        self._begins[places], self._closes[places] = start, end

    def _known(self, places: Indices) -> Bools:
        most = np.maximum(self._present[places], self._before[places])
        known: Bools = self._whole[places] | (most >= self._enough[places])
        return known

    def _plan(self, places: Indices) -> None:
        """Where both windows are empty, and known to be, the next one says nothing new."""
        idle = self._whole[places] & (self._present[places] == 0) & (self._before[places] == 0)
        self.due[places] = np.where(idle | self._coverage.broken(places), NEVER, self._closes[places])
