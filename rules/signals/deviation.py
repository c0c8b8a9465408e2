"""Deviation: how far a tag is from its set point, which is a constant or another tag.

With v the newest good value and sp the set point, the value is
- above: v - sp, and 0 where v is below;
- below: sp - v, and 0 where v is above;
- both: |v - sp|;
- signed: v - sp, for limits of both signs (OPC UA Part 9, 5.8.22).

So but for `signed` it is never negative, and the deadband must be smaller than the limit, or the alarm never returns. Not
evaluable while one of the two is not good (a set point that is not known makes no deviation of 0), or where their difference
overflows. Samples of the set point count like those of the tag. Gaps do not matter, as only the newest values count.

Facts: value, set_point, in the unit of the tag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from edge.model.moment import NEVER
from rules.columns import Indices, Moments
from rules.signals.base import Heard, Said
from rules.signals.newest import NewestValues


class Side(StrEnum):
    ABOVE = "above"
    BELOW = "below"
    BOTH = "both"
    SIGNED = "signed"


#: What a unit above and a unit below the set point count.
_WEIGHTS: Mapping[Side, tuple[float, float]] = {
    Side.ABOVE: (1.0, 0.0),
    Side.BELOW: (0.0, 1.0),
    Side.BOTH: (1.0, 1.0),
    Side.SIGNED: (1.0, -1.0),
}


@dataclass(frozen=True, slots=True)
class Deviation:
    """set_point: a number, in the unit of the tag, or the name of another tag."""

    tag: str
    set_point: float | str
    side: Side = Side.BOTH

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag, self.set_point) if isinstance(self.set_point, str) else (self.tag,)


class DeviationBank:
    """The set point of each place is a cell of the newest values, or else its constant."""

    def __init__(self, signals: Sequence[Deviation]) -> None:
        self._newest = NewestValues([len(signal.inputs) for signal in signals])
        self._constant = np.array([np.nan if isinstance(each.set_point, str) else each.set_point for each in signals])
        self._from_tag = np.array([isinstance(each.set_point, str) for each in signals])
        self._weight_above = np.array([_WEIGHTS[signal.side][0] for signal in signals])
        self._weight_below = np.array([_WEIGHTS[signal.side][1] for signal in signals])
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        self._newest.take(heard)
        places = heard.places
        first = self._newest.start[places]
        from_tag = self._from_tag[places]
        set_point = np.where(from_tag, self._newest.value[first + from_tag], self._constant[places])
        with np.errstate(over="ignore", invalid="ignore"):
            above = self._newest.value[first] - set_point
            value = self._weight_above[places] * np.maximum(above, 0.0) + self._weight_below[places] * np.maximum(-above, 0.0)
        known = np.isfinite(above)
        return Said(np.arange(len(places)), np.where(known, value, 0.0) + 0.0, known)

    def wake(self, places: Indices, now: Moments) -> Said:
        """Never has anything to say by itself."""
        return Said(np.empty(0, dtype=np.intp), np.empty(0), np.empty(0, dtype=np.bool_))

    def memory(self, place: int) -> Mapping[str, Any] | None:
        return self._newest.memory(place)

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        self._newest.recall(place, memory)

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        newest = self._newest.of(place)
        constant = float(self._constant[place])
        return {"value": newest[0], "set_point": newest[1] if self._from_tag[place] else constant}
