"""Weekly times in a time zone: windows like Monday to Friday 22:00 to 06:00, or workdays 08:00 to 17:00 by a plant's calendar.

A window belongs to the day on which it begins: Friday 22:00 to 06:00 is over on Saturday morning, and Friday 00:00 to 06:00 is
Thursday's. It is half-open: 06:00 itself is outside. Start and end alike are a whole day.

It is kept in the time of the wall clock, so that a shift begins at six in summer and in winter. Where the clock is put back,
a window begins at the first occurrence of its start and ends at the last one of its end: shifts overlap and leave no gap. A
time that the clock jumps over is the moment of the jump.

Reads no clock: moments come in by argument, and so do holidays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from edge.model.moment import SECOND, Moment, to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)

#: A week, and one more, because a window can fall into a jump of the clock.
_DAYS_AHEAD = 15
_SATURDAY = 5


class DayKind(StrEnum):
    """What a day is by the calendar."""

    WORKDAY = "workdays"
    """Monday to Friday but for holidays, and days that were made workdays."""
    DAY_OFF = "days_off"
    """All others."""
    HOLIDAY = "holidays"
    """Of the days off, those that the calendar names."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """holidays: days off that week days do not tell. extra_workdays: Saturdays and Sundays on which is worked."""

    holidays: frozenset[date] = frozenset()
    extra_workdays: frozenset[date] = frozenset()

    def kinds(self, day: date) -> frozenset[DayKind]:
        if day in self.holidays:
            return _HOLIDAY
        return _WORKDAY if day in self.extra_workdays or day.weekday() < _SATURDAY else _DAY_OFF

    @property
    def last(self) -> date | None:
        """The last day that it names; None for none."""
        return max(self.holidays | self.extra_workdays, default=None)


_HOLIDAY = frozenset({DayKind.HOLIDAY, DayKind.DAY_OFF})
_WORKDAY = frozenset({DayKind.WORKDAY})
_DAY_OFF = frozenset({DayKind.DAY_OFF})
NO_CALENDAR = Calendar()


@dataclass(frozen=True, slots=True)
class Window:
    """days: on which it begins, 0 for Monday to 6 for Sunday. start, end: minutes since midnight, 0 to 1439; an end that is not
    later than the start is on the next day. kinds: days of these kinds, too."""

    days: frozenset[int]
    start: int
    end: int
    kinds: frozenset[DayKind] = frozenset()


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times that are in any of the windows; without windows there are none."""

    windows: tuple[Window, ...]
    zone: ZoneInfo
    calendar: Calendar = NO_CALENDAR

    def contains(self, moment: Moment) -> bool:
        # A day later, too: a clock put back shortly after midnight shows the day before again.
        today = self._date_of(moment)
        return any(begin <= moment < end for begin, end in self._periods(today - _DAY, today + _DAY))

    def next_change(self, moment: Moment) -> Moment | None:
        """The first moment after this one at which it begins or ends to contain; None for never."""
        today = self._date_of(moment)
        change = self._change_until(moment, today, today + _DAYS_AHEAD * _DAY)
        last = self.calendar.last
        if change is None and last is not None and last >= today and any(window.kinds for window in self.windows):
            change = self._change_until(moment, today, last + _DAYS_AHEAD * _DAY)
        return change

    def _change_until(self, moment: Moment, today: date, last: date) -> Moment | None:
        last_end: Moment | None = None
        for begin, end in sorted(self._periods(today - _DAY, last)):
            if end <= moment:
                continue
            if last_end is None:
                if begin > moment:
                    return begin
                last_end = end
            elif begin > last_end:
                return last_end
            else:
                last_end = max(last_end, end)
        # What goes on for so long goes on for ever.
        horizon = self._moment_of(last, 0, fold=0)
        return last_end if last_end is not None and last_end < horizon else None

    def _date_of(self, moment: Moment) -> date:
        return to_datetime(moment).astimezone(self.zone).date()

    def _periods(self, first: date, last: date) -> Iterator[tuple[Moment, Moment]]:
        """From when to when each window lasts that begins from the first of these days to the last."""
        day = first
        while day <= last:
            kinds = self.calendar.kinds(day)
            for window in self.windows:
                if day.weekday() in window.days or window.kinds & kinds:
                    begin = self._moment_of(day, window.start, fold=0)
                    ends_on = day if window.end > window.start else day + _DAY
                    end = self._moment_of(ends_on, window.end, fold=1)
                    # A window that the clock jumps over is none.
                    if begin < end:
                        yield begin, end
            day += _DAY

    def _moment_of(self, day: date, minute: int, *, fold: int) -> Moment:
        """When the wall clock shows this; fold 1: for the last time."""
        hour, minute = divmod(minute, 60)
        wall = datetime.combine(day, time(hour, minute, fold=fold), self.zone)
        moment = _moment(wall)
        if _shown(moment, self.zone) == wall.replace(tzinfo=None, fold=0):
            return moment
        # Jumped over: reckoned by the time of before it lies after the jump, by that of after it before.
        early, late = sorted((_moment(wall.replace(fold=0)), _moment(wall.replace(fold=1))))
        while late - early > SECOND:
            middle = (early + late) // (2 * SECOND) * SECOND
            if _shown(middle, self.zone) < wall.replace(tzinfo=None, fold=0):
                early = middle
            else:
                late = middle
        return late


def _moment(wall: datetime) -> Moment:
    return (wall.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def _shown(moment: Moment, zone: ZoneInfo) -> datetime:
    """What the wall clock shows."""
    return to_datetime(moment).astimezone(zone).replace(tzinfo=None, fold=0)
