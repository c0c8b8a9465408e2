"""Pulse: an event that the device itself raises, as a 1 that may be gone before anybody looks again.

Each good sample that is not 0 says 1, for `hold` by source time; then, by itself, 0. A sample of 0 says 0 at once, and another
that is not 0 begins the time anew: events that overlap are one. A rule is `equal 1`.

What is not good is not evaluable, but ends no event: the time runs on, and the 0 at its end needs that the tag can be trusted.
Gaps do not matter: each sample stands for itself.

Facts: event (the number that came with it; None while there is none), until (its end, a moment).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import NEVER, Span
from rules.columns import Floats, Indices, Moments
from rules.signals.base import Heard, Said
from rules.signals.recollection import Unreadable, moment, number
from rules.signals.sample_driven import say_all


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
    """due: by place, the end of the event. event: its number, where there is one."""

    def __init__(self, signals: Sequence[Pulse]) -> None:
        self._hold = np.array([signal.hold for signal in signals], dtype=np.int64)
        self._event: Floats = np.zeros(len(signals))
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        places, good = heard.places, heard.good
        happens = good & (heard.value != 0.0)
        ends = np.where(happens, heard.source + self._hold[places], NEVER)
        self.due[places] = np.where(good, ends, self.due[places])
        self._event[places] = np.where(happens, heard.value, self._event[places])
        return say_all(happens.astype(np.float64), good)

    def wake(self, places: Indices, now: Moments) -> Said:
        self.due[places] = NEVER
        return say_all(np.zeros(len(places)), np.ones(len(places), dtype=np.bool_))

    def memory(self, place: int) -> Mapping[str, Any] | None:
        due = int(self.due[place])
        return None if due == NEVER else {"event": float(self._event[place]), "until": due}

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            event, until = number(memory, "event"), moment(memory, "until")
        except Unreadable:
            return
        self._event[place], self.due[place] = event, until

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        due = int(self.due[place])
        if due == NEVER:
            return {"event": None, "until": None}
        return {"event": float(self._event[place]), "until": float(due)}
