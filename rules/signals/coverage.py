"""How much of a window has been seen: the time between good samples with no gap between them, as long as they are apart.

Covered is what lies between the first good sample and now. Not covered is what a gap or a bad sample interrupts: from the last
good sample before it to the first behind it. What lies behind the newest good sample is covered as long as no bad one follows:
a signal is woken only while its tag can be trusted.

The newest `GAPS` interruptions are remembered. Where there are more within one window, the two oldest of them count as one,
with the time in between: coverage is then told too low, and never too high.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edge.model.moment import NEVER, Span
from rules.columns import Bools, Indices, Moments
from rules.signals.base import Heard
from rules.signals.recollection import Unreadable, flag, integer, listed, natural

GAPS = 8

#: A window is evaluable where at least this part of it is covered, if nothing else is stated.
DEFAULT_COVERAGE = 0.6


def check_coverage(tag: str, part: float) -> None:
    if not 0.0 <= part <= 1.0:
        raise ValueError(f"{tag}: the part of a window that must be covered is 0 to 1, not {part}")


class Coverage:
    """need: by place, the time that must be covered. begun: the first good sample, NEVER for none. until: the newest one.
    broken: whether a bad one came after it. The gaps of a place are a column, its newest in the last row, 0 to 0 for none."""

    def __init__(self, spans: Sequence[Span], parts: Sequence[float], longest: Sequence[Span] | None = None) -> None:
        """spans: of the windows; longest: what they can be by the clock, where they are not all alike."""
        places = len(spans)
        self._span = np.array(spans if longest is None else longest, dtype=np.int64)
        self._part = np.array(parts, dtype=np.float64)
        self.need: Moments = np.array([round(span * part) for span, part in zip(spans, parts, strict=True)], dtype=np.int64)
        self._begun: Moments = np.full(places, NEVER, dtype=np.int64)
        self._until: Moments = np.zeros(places, dtype=np.int64)
        self._broken: Bools = np.zeros(places, dtype=np.bool_)
        self._gap_from = np.zeros((GAPS, places), dtype=np.int64)
        self._gap_to = np.zeros((GAPS, places), dtype=np.int64)

    def take(self, heard: Heard) -> Bools:
        """Samples; for each, whether it is good and what is between it and the one before is not covered."""
        places, good = heard.places, heard.good
        until, begun = self._until[places], self._begun[places]
        apart = good & (heard.gap | self._broken[places])
        interrupted = np.flatnonzero(apart & (begun != NEVER) & (heard.source > until))
        if len(interrupted):
            self._interrupt(places[interrupted], until[interrupted], heard.source[interrupted])
        self._begun[places] = np.where(good, np.minimum(begun, heard.source), begun)
        self._until[places] = np.where(good, heard.source, until)
        self._broken[places] = ~good
        return apart

    def covered(self, places: Indices, start: Moments, end: Moments) -> Moments:
        """How much of the time from `start` to `end`. end: not before the newest good sample, or all samples until then have
        been taken."""
        start = np.maximum(start, self._begun[places])
        end = np.where(self._broken[places], np.minimum(end, self._until[places]), end)
        span: Moments = np.maximum(end - start, 0)
        if not self._gap_to[-1, places].any():
            return span
        gaps = np.minimum(self._gap_to[:, places], end) - np.maximum(self._gap_from[:, places], start)
        covered: Moments = span - np.maximum(gaps, 0).sum(axis=0)
        return covered

    def enough_from(self, places: Indices, start: Moments) -> Moments:
        """When so much is covered that a window can be evaluated which begins at `start` or before, if nothing interrupts from
        now on; the latest moment where gaps make it uncertain."""
        moment: Moments = np.maximum(np.maximum(self._begun[places], self._gap_to[-1, places]), start) + self.need[places]
        return moment

    def needed(self, places: Indices, length: Moments) -> Moments:
        """The time that must be covered of windows of these lengths."""
        needed: Moments = np.rint(length * self._part[places]).astype(np.int64)
        return needed

    def broken(self, places: Indices) -> Bools:
        return self._broken[places]

    def begun(self, place: int) -> bool:
        return int(self._begun[place]) != NEVER

    def memory(self, place: int) -> Mapping[str, Any]:
        """Of a place that has begun."""
        gaps = zip(self._gap_from[:, place].tolist(), self._gap_to[:, place].tolist(), strict=True)
        return {
            "begun": int(self._begun[place]),
            "until": int(self._until[place]),
            "broken": bool(self._broken[place]),
            "gaps": [[start, end] for start, end in gaps if end],
        }

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        """Raises Unreadable, and has changed nothing then."""
        begun, until, broken = integer(memory, "begun"), integer(memory, "until"), flag(memory, "broken")
        gaps = listed(memory, "gaps", GAPS)
        if not all(isinstance(gap, list) and len(gap) == 2 for gap in gaps):
            raise Unreadable("gaps")
        edges = np.array([[natural(edge) for edge in gap] for gap in gaps], dtype=np.int64).reshape(len(gaps), 2)
        self._begun[place], self._until[place], self._broken[place] = begun, until, broken
        self._gap_from[:, place] = self._gap_to[:, place] = 0
        self._gap_from[GAPS - len(gaps) :, place] = edges[:, 0]
        self._gap_to[GAPS - len(gaps) :, place] = edges[:, 1]

    def _interrupt(self, places: Indices, start: Moments, end: Moments) -> None:
        gap_from, gap_to = self._gap_from[:, places], self._gap_to[:, places]
        merges = (gap_to[0] != 0) & (gap_to[0] > end - self._span[places])
        gap_from[1, merges] = gap_from[0, merges]
        gap_from[:-1], gap_to[:-1] = gap_from[1:].copy(), gap_to[1:].copy()
        gap_from[-1], gap_to[-1] = start, end
        self._gap_from[:, places], self._gap_to[:, places] = gap_from, gap_to
