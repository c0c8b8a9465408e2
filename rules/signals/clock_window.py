"""Windows that the plant's clock sets: one after the other, each from its start up to, but not with, its end.

What the wall clock shows is cut into pieces of one length, counted from midnight of a Monday: windows of 8 h begin at midnight,
at 8:00 and at 16:00 of the plant, windows of a day at midnight, windows of 7 days on Mondays. `phase` moves all of them.

Where the clock is changed, windows of up to an hour end, and others begin: the hour that comes twice has its windows twice, and
one that a change falls into is shorter. Longer ones begin when the clock first shows their start, or has jumped over it: shifts
are an hour longer or shorter then, and the start of a day is where people see it.

Reads no clock, and no time zones: those come in with the signals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

import numpy as np

from edge.model.moment import HOUR, Moment, Span, to_datetime
from rules.columns import Indices, Moments

_DAY: Span = 24 * HOUR
#: Midnight of 1970-01-05, a Monday, on a wall clock.
_MONDAY: Span = 4 * _DAY
#: Nowhere is a clock put back further in the middle of a window; at some places it was put forward by a day.
_BACK_MOST: Span = 3 * HOUR
#: Beyond the years that calendars have, clocks show what they showed last.
_LATEST: Moment = 7000 * 365 * _DAY


def check_phase(tag: str, phase: Span, length: Span) -> None:
    if not 0 <= phase < length:
        raise ValueError(f"{tag}: the phase of windows must be from 0 to less than their length, is {phase} µs")


@dataclass(frozen=True, slots=True)
class PlantClock:
    """length: of the windows, above 0. phase: of their beginnings, 0 to less than that. zone: of the wall clock."""

    length: Span
    phase: Span
    zone: tzinfo

    @property
    def longest(self) -> Span:
        """No window is longer."""
        return self.length if self.length <= HOUR else self.length + _BACK_MOST

    def window(self, moment: Moment) -> tuple[Moment, Moment]:
        """Start and end of the one that a moment is in."""
        piece = (moment + self._offset(moment) - _MONDAY - self.phase) // self.length
        if self.length <= HOUR:
            return self._between_changes(piece, moment)
        while (end := self._begins(piece + 1)) <= moment:
            piece += 1
        return self._begins(piece), end

    def _between_changes(self, piece: int, moment: Moment) -> tuple[Moment, Moment]:
        offset = self._offset(moment)
        start = self._shown(piece) - offset
        end = start + self.length
        if self._offset(start) != offset:
            start = self._change(start, moment)
        if self._offset(end - 1) != offset:
            end = self._change(moment, end - 1)
        return start, end

    def _begins(self, piece: int) -> Moment:
        """When the clock first shows the start of a piece, or has jumped over it."""
        shown = self._shown(piece)
        before, after = self._offset(shown - _DAY), self._offset(shown + _DAY)
        if before == after:
            return shown - before
        change = self._change(shown - _DAY, shown + _DAY)
        return shown - before if shown - before < change else max(change, shown - after)

    def _shown(self, piece: int) -> Span:
        """What a clock shows at the start of a piece, since 1970."""
        return _MONDAY + self.phase + piece * self.length

    def _change(self, before: Moment, after: Moment) -> Moment:
        """When the clock is changed between two moments with another offset each."""
        offset = self._offset(before)
        while after - before > 1:
            middle = (before + after) // 2
            if self._offset(middle) == offset:
                before = middle
            else:
                after = middle
        return after

    def _offset(self, moment: Moment) -> Span:
        """How far the wall clock is ahead of UTC."""
        there = to_datetime(min(max(moment, 0), _LATEST)).astimezone(self.zone)
        return (there.utcoffset() or timedelta()) // timedelta(microseconds=1)


class ClockWindows:
    """The windows of many signals. Those of one clock are worked out once for all of its signals that are in the same one."""

    def __init__(self, clocks: Sequence[PlantClock]) -> None:
        self._clocks = list(dict.fromkeys(clocks))
        self._clock_of = np.array([self._clocks.index(clock) for clock in clocks], dtype=np.intp)
        #: By clock, the window that was asked for last.
        self._last: list[tuple[Moment, Moment]] = [(0, 0)] * len(self._clocks)

    def around(self, places: Indices, moments: Moments) -> tuple[Moments, Moments]:
        """Start and end of the windows that moments are in."""
        start, end = np.empty(len(places), dtype=np.int64), np.empty(len(places), dtype=np.int64)
        left = np.arange(len(places))
        while len(left):
            number, moment = int(self._clock_of[places[left[0]]]), int(moments[left[0]])
            begins, ends = self._last[number]
            if not begins <= moment < ends:
                begins, ends = self._last[number] = self._clocks[number].window(moment)
            inside = (self._clock_of[places[left]] == number) & (moments[left] >= begins) & (moments[left] < ends)
            start[left[inside]], end[left[inside]] = begins, ends
            left = left[~inside]
        return start, end

    def start_before(self, places: Indices, end: Moments) -> Moments:
        """Start of the windows that end at these moments."""
        return self.around(places, end - 1)[0]
