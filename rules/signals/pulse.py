"""Pulse: an event that the device itself raises, as a number that may be gone before anybody looks again.

A good sample that is not 0 says 1, for `hold` by source time at least: a 0 before that does not end it, and the same number
again begins the time anew. Then, by itself, it says 0. A rule is `equal 1`.

*Another event* while one stands is a number other than its, or any that comes after a 0: the one that stands ends (0), and a
microsecond later the new one is there (1), for `hold` from then on. So each is an occurrence of its own. The same number twice
without a 0 in between cannot be told from one that is only read twice: it is one event.

What is not good is not evaluable, and ends no event: behind it nothing is said until a good sample comes. A 0 says then whether
the time is over, another number that there is another event. Gaps do not matter: each sample stands for itself.

Facts: event (the number that came with it; None while there is none), until (its end, a moment).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import NEVER, Span
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.base import Heard, Said
from rules.signals.recollection import Unreadable, flag, moment, number, or_none
from rules.signals.sample_driven import say_all

#: Between the end of an event and the one that takes its place: two samples of a signal are not of one instant.
_APART: Span = 1


@dataclass(frozen=True, slots=True)
class Pulse:
    """hold: above 0; ValueError otherwise."""

    tag: str
    hold: Span

    def __post_init__(self) -> None:
        if self.hold <= 0:
            raise ValueError(f"{self.tag}: an event must be held for more than 0 µs")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag,)


class PulseBank:
    """event: by place, its number. ends: when its time is over; NEVER while there is none. begins: when it will be there after
    another has made room, else NEVER. zero: whether the newest good sample was 0; broken: whether a bad one came after it."""

    def __init__(self, signals: Sequence[Pulse]) -> None:
        self._hold = np.array([signal.hold for signal in signals], dtype=np.int64)
        self._event: Floats = np.zeros(len(signals))
        self._ends: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self._begins: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self._zero: Bools = np.zeros(len(signals), dtype=np.bool_)
        self._broken: Bools = np.zeros(len(signals), dtype=np.bool_)
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        places, good, source = heard.places, heard.good, heard.source
        ends, begins = self._ends[places], self._begins[places]
        happens, zero = good & (heard.value != 0.0), good & (heard.value == 0.0)
        another = happens & (ends != NEVER) & (self._zero[places] | (heard.value != self._event[places]))
        begins = np.where(good & (begins <= source), NEVER, begins)
        begins = np.where(another, source + _APART, begins)
        ends = np.where(happens, np.where(begins == NEVER, source, begins) + self._hold[places], ends)
        ends = np.where(zero & (ends <= source), NEVER, ends)

        self._event[places] = np.where(happens, heard.value, self._event[places])
        self._ends[places], self._begins[places] = ends, begins
        self._zero[places] = np.where(good, zero, self._zero[places])
        self._broken[places] = ~good
        self._plan(places)
        return say_all(((ends != NEVER) & (begins == NEVER)).astype(np.float64), good)

    def wake(self, places: Indices, now: Moments) -> Said:
        here = self._begins[places] <= now
        self._begins[places] = NEVER
        self._ends[places] = np.where(here, self._ends[places], NEVER)
        self._plan(places)
        return say_all(here.astype(np.float64), np.ones(len(places), dtype=np.bool_))

    def memory(self, place: int) -> Mapping[str, Any] | None:
        if self._ends[place] == NEVER:
            return None
        return {
            "event": float(self._event[place]),
            "until": int(self._ends[place]),
            "begins": or_none(self._begins[place]),
            "zero": bool(self._zero[place]),
            "broken": bool(self._broken[place]),
        }

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            event, until, begins = number(memory, "event"), moment(memory, "until"), moment(memory, "begins")
            zero, broken = flag(memory, "zero"), flag(memory, "broken")
        except Unreadable:
            return
        self._event[place], self._ends[place], self._begins[place] = event, until, begins
        self._zero[place], self._broken[place] = zero, broken
        self._plan(np.array([place]))

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        ends = int(self._ends[place])
        if ends == NEVER:
            return {"event": None, "until": None}
        return {"event": float(self._event[place]), "until": float(ends)}

    def _plan(self, places: Indices) -> None:
        self.due[places] = np.where(self._broken[places], NEVER, np.minimum(self._ends[places], self._begins[places]))
