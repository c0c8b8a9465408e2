"""Rate of change: how fast a tag rises or falls, per unit of time.

A pair is a good sample and the first good one that is at least `over` younger, by source time; the next pair begins where it
ends, so no change is ever left out. With it the value is

    (v - v_before) / (ts - ts_before)

per `per`, as `side` says: up, the rate itself, so a fall is negative; down, the fall, so a rise is negative; both, its amount.
So a rule is `high`, with a limit above 0 and by default no deadband (Rockwell's rate of change has none).

Between the ends of pairs it has nothing to say, and what it said holds. Samples of one source time make no pair of their own.
Gaps are not bridged: a bad sample, and a good one behind a gap, is not evaluable, and the good one begins a new pair.

Facts: change (the tag's unit, signed) and seconds, of the newest pair; None before there is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from edge.model.moment import MINUTE, NEVER, SECOND, Span
from rules.columns import Floats, Moments
from rules.signals.base import Heard, Said
from rules.signals.recollection import Unreadable, integer, moment, number
from rules.signals.sample_driven import SampleDriven, say_where, within_range


class Side(StrEnum):
    UP = "up"
    DOWN = "down"
    BOTH = "both"


_SIGN: Mapping[Side, float] = {Side.UP: 1.0, Side.DOWN: -1.0, Side.BOTH: 0.0}


@dataclass(frozen=True, slots=True)
class Rate:
    """over: how long a pair lasts at least, above 0. per: the unit of time of the value. ValueError for 0 or less."""

    tag: str
    over: Span
    per: Span = MINUTE
    side: Side = Side.BOTH

    def __post_init__(self) -> None:
        if self.over <= 0 or self.per <= 0:
            raise ValueError(f"{self.tag}: a rate is measured over more than 0 µs, per more than 0 µs")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag,)


class RateBank(SampleDriven):
    """since, before: by place, the first sample of the pair that is open; NEVER where none is. elapsed, change: of the newest
    whole pair; 0 elapsed where there is none."""

    def __init__(self, signals: Sequence[Rate]) -> None:
        super().__init__(len(signals))
        self._over = np.array([signal.over for signal in signals], dtype=np.int64)
        self._per = np.array([signal.per for signal in signals], dtype=np.float64)
        self._sign = np.array([_SIGN[signal.side] for signal in signals], dtype=np.float64)
        self._since: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self._before: Floats = np.zeros(len(signals))
        self._elapsed: Moments = np.zeros(len(signals), dtype=np.int64)
        self._change: Floats = np.zeros(len(signals))

    def hear(self, heard: Heard) -> Said:
        places = heard.places
        since, before = self._since[places], self._before[places]
        broken = heard.gap | ~heard.good | (since == NEVER)
        elapsed = heard.source - since
        pair = ~broken & (elapsed >= self._over[places])
        moves = pair | broken
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            change = within_range(heard.value - before)
            rate = within_range(change * self._per[places] / elapsed)
        sign = self._sign[places]
        value = np.where(sign == 0.0, np.abs(rate), sign * rate)

        self._since[places] = np.where(heard.good, np.where(moves, heard.source, since), NEVER)
        self._before[places] = np.where(moves & heard.good, heard.value, before)
        self._elapsed[places] = np.where(moves, np.where(pair, elapsed, 0), self._elapsed[places])
        self._change[places] = np.where(pair, change, self._change[places])
        return say_where(moves, value, pair)

    def memory(self, place: int) -> Mapping[str, Any] | None:
        since = int(self._since[place])
        if since == NEVER:
            return None
        return {
            "since": since,
            "before": float(self._before[place]),
            "elapsed": int(self._elapsed[place]),
            "change": float(self._change[place]),
        }

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            since, before = moment(memory, "since"), number(memory, "before")
            elapsed, change = integer(memory, "elapsed"), number(memory, "change")
        except Unreadable:
            return
        self._since[place], self._before[place] = since, before
        self._elapsed[place], self._change[place] = elapsed, change

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        elapsed = int(self._elapsed[place])
        if elapsed == 0:
            return {"change": None, "seconds": None}
        return {"change": float(self._change[place]), "seconds": elapsed / SECOND}
