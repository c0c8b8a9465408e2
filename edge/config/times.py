"""Weekly times as people write them: `Mon-Fri 06:00-22:00`, `workdays 08:00-17:00`, `周一至周五 06:00-22:00`. Pure.

Days are names of week days, `daily`, or kinds of days of the plant's calendar (`calendar.py`); in English or Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from edge.config.text.values import refuse
from rules.schedule import NO_CALENDAR, Calendar, DayKind, Schedule, Window

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE_WEEK = "一二三四五六日"
_DAYS = {
    **{form: number for number, day in enumerate(_WEEK) for form in (day, day[:3])},
    **{f"{week}{day}": number for number, day in enumerate(_CHINESE_WEEK) for week in ("周", "星期")},
    "周天": 6,
    "星期天": 6,
}
_DAILY = ("daily", "每天", "每日")
_KINDS = {
    "workdays": DayKind.WORKDAY,
    "工作日": DayKind.WORKDAY,
    "days_off": DayKind.DAY_OFF,
    "休息日": DayKind.DAY_OFF,
    "holidays": DayKind.HOLIDAY,
    "节假日": DayKind.HOLIDAY,
}
_DAY = 24 * 60
_TO = "[-至到]"
_FORM = re.compile(rf"(?P<days>[^0-9]+?)\s*(?P<start>[0-9]{{1,2}}:[0-9]{{2}})\s*{_TO}\s*(?P<end>[0-9]{{1,2}}:[0-9]{{2}})")


def _window(text: str) -> Window:
    """ValueError or KeyError for what is none."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    start, end = _minutes(found["start"]), _minutes(found["end"])
    if start == _DAY:
        raise ValueError(text)
    days, kinds = _days_of(found["days"])
    return Window(frozenset(days), start, end % _DAY, frozenset(kinds))


def _days_of(text: str) -> tuple[Sequence[int], Sequence[DayKind]]:
    if text.strip().lower() in _DAILY:
        return range(7), ()
    days: list[int] = []
    kinds: list[DayKind] = []
    for part in re.split("[,、，]", text):
        day = part.strip().lower()
        if day in _KINDS:
            kinds.append(_KINDS[day])
            continue
        first, *last = re.split(_TO, day, maxsplit=1)
        begin = _DAYS[first.strip()]
        end = _DAYS[last[0].strip()] if last else begin
        days += [day % 7 for day in range(begin, end + 1 + (7 if end < begin else 0))]
    return days, kinds


def _minutes(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if hours * 60 + minutes > _DAY or minutes > 59:
        raise ValueError(text)
    return hours * 60 + minutes


def _form(given: str) -> str:
    try:
        _window(given)
    except (ValueError, KeyError):
        raise refuse("config.times_form") from None
    return given


Times = Annotated[list[Annotated[str, AfterValidator(_form)]], Field(min_length=1, max_length=50)]


def schedule(times: Sequence[str], time_zone: str, calendar: Calendar = NO_CALENDAR) -> Schedule:
    """times: of the form above."""
    return Schedule(tuple(_window(text) for text in times), ZoneInfo(time_zone), calendar)


def names_holidays(text: str) -> bool:
    """Whether a time is of days that a calendar must name. text: of the form above."""
    return DayKind.HOLIDAY in _window(text).kinds
