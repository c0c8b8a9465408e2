"""The ranks of first-out on the alarms themselves: given with a raise, handed back to whoever turns out to be first, taken off
when the group is clear. Not here: who is first (first_out.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from edge.model.event import Event
from edge.model.moment import Moment
from rules.alarm import Alarm
from rules.events import first_out_moved
from rules.first_out import By, FirstOut, Place
from rules.layout import Layout


class Ranks:
    """alarms: by row, as they are at each call. put: replaces one of them by what it became."""

    def __init__(self, layout: Layout, alarms: Sequence[Alarm], put: Callable[[int, Alarm], None]) -> None:
        self._rules = layout.rules
        self._alarms = alarms
        self._put = put
        self._first_out = FirstOut(layout)

    @property
    def altered(self) -> bool:
        """Whether what `record` gives has changed since it was asked."""
        return self._first_out.altered

    def place(self, row: int, began: Moment) -> Place | None:
        """Of an alarm that is about to be raised; None for one without a group. began: when its condition did."""
        return self._first_out.place(row, began, self._alarms)

    def taken(self, row: int, place: Place, time: Moment) -> Iterator[Event]:
        """An alarm was raised and has its place: whom it passed steps back, and the PLC's word may have waited for it."""
        if place.passed:
            self._step_back(place.passed)
            before_it = self._rules[place.passed[0]]
            by = str(place.by or By.SOURCE_TIME)
            yield first_out_moved(self._rules[row], self._alarms[row], place.group, before_it, by, time)
        if place.by is not None:
            yield from self._follow_word(place.group, time)

    def hear(self, group: str, value: float | None, time: Moment) -> Iterator[Event]:
        """What the word of a group's PLC says from now on."""
        self._first_out.hear(group, value, time)
        yield from self._follow_word(group, time)

    def clear(self, row: int) -> None:
        """An alarm may have become normal: with the last of its group all ranks are over."""
        for each in self._first_out.cleared(row, self._alarms):
            self._put(each, self._alarms[each]._replace(first_out=0, first_out_at=None, first_out_named=False))

    def record(self) -> dict[str, Any]:
        """What is durable beside the alarms, as plain JSON."""
        self._first_out.altered = False
        return self._first_out.record()

    def restore(self, record: Mapping[str, Mapping[str, Any]]) -> None:
        self._first_out.restore(record)

    def _follow_word(self, group: str, time: Moment) -> Iterator[Event]:
        """The PLC's word may name another first one than the times do."""
        overruled = self._first_out.overruled(group, self._alarms)
        if overruled is None:
            return
        row, passed = overruled
        self._step_back(passed)
        alarm = self._alarms[row]._replace(first_out=1, first_out_named=True)
        self._put(row, alarm)
        if passed:
            at = max(time, alarm.raised or time)
            yield first_out_moved(self._rules[row], alarm, group, self._rules[passed[0]], str(By.PLC_WORD), at)

    def _step_back(self, rows: Iterable[int]) -> None:
        for row in rows:
            alarm = self._alarms[row]
            self._put(row, alarm._replace(first_out=alarm.first_out + 1, first_out_named=False))


def ranked(alarm: Alarm, place: Place, began: Moment) -> Alarm:
    """With its place; of one that was raised before in this group the first beginning counts."""
    if place.rank != alarm.first_out:
        alarm = alarm._replace(first_out=place.rank, first_out_at=alarm.first_out_at or began)
    if place.is_named != alarm.first_out_named:
        alarm = alarm._replace(first_out_named=place.is_named)
    return alarm
