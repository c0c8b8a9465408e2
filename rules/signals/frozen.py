"""Frozen: for how many seconds a value has stayed within `band` of where it was first seen.

Its anchor is the first good sample. A good sample more than `band` away from it (|v - anchor| > band) is the new anchor; the
value is then 0. At any other it is the time since the anchor, by source time. As the anchor does not follow, a slow drift
leaves the band, too. A rule is `high` with its limit in seconds; a deadband has no use, as the value falls to 0 at once.

What interrupts (a bad sample, a gap) proves nothing: counting begins again with the good sample behind it. But what was seen
before stands until that is longer, or the value leaves the band: the value is the longest that it was seen without interruption
around one anchor. So no interruption raises an alarm, and none ends one. Not evaluable at bad samples only.

It speaks when samples come: of a tag that reports only changes, standing still shows nothing; `stale` is the rule for that.

Facts: anchor (the tag's unit; None before the first sample).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import NEVER, SECOND
from rules.columns import Floats, Moments
from rules.signals.base import Heard, Said
from rules.signals.recollection import Unreadable, integer, moment, number, or_none
from rules.signals.sample_driven import SampleDriven, say_all


@dataclass(frozen=True, slots=True)
class Frozen:
    """band: >= 0, in the tag's unit; with 0 only equal values count as frozen. ValueError when below."""

    tag: str
    band: float = 0.0

    def __post_init__(self) -> None:
        if not self.band >= 0.0:
            raise ValueError(f"{self.tag}: the band of a frozen value must be at least 0, is {self.band}")

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.tag,)


class FrozenBank(SampleDriven):
    """anchor: NaN for none. since: by place, when counting began; NEVER while interrupted. longest: seen around the anchor."""

    def __init__(self, signals: Sequence[Frozen]) -> None:
        super().__init__(len(signals))
        self._band = np.array([signal.band for signal in signals], dtype=np.float64)
        self._anchor: Floats = np.full(len(signals), np.nan)
        self._since: Moments = np.full(len(signals), NEVER, dtype=np.int64)
        self._longest: Moments = np.zeros(len(signals), dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        places, good = heard.places, heard.good
        anchor, since, longest = self._anchor[places], self._since[places], self._longest[places]
        with np.errstate(over="ignore"):
            left = good & ~(np.abs(heard.value - anchor) <= self._band[places])
        anew = left | (good & (heard.gap | (since == NEVER)))
        since = np.where(good, np.where(anew, heard.source, since), NEVER)
        longest = np.where(left, 0, np.where(good, np.maximum(longest, heard.source - since), longest))
        self._anchor[places] = np.where(left, heard.value, anchor)
        self._since[places], self._longest[places] = since, longest
        return say_all(longest / SECOND, good)

    def memory(self, place: int) -> Mapping[str, Any] | None:
        anchor = float(self._anchor[place])
        if np.isnan(anchor):
            return None
        return {"anchor": anchor, "since": or_none(self._since[place]), "longest": int(self._longest[place])}

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        try:
            anchor, since, longest = number(memory, "anchor"), moment(memory, "since"), integer(memory, "longest")
        except Unreadable:
            return
        self._anchor[place], self._since[place], self._longest[place] = anchor, since, longest

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        anchor = float(self._anchor[place])
        return {"anchor": None if np.isnan(anchor) else anchor}
