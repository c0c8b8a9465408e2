"""Weekly times as people write them: `Mon-Fri 06:00-22:00`, `Sat,Sun 08:00-12:00`, `daily 22:00-06:00`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from edge.config.values import refuse
from rules.schedule import Schedule, Window

_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {form: number for number, day in enumerate(_WEEK) for form in (day, day[:3])}
_DAY = 24 * 60
_FORM = re.compile(r"(?P<days>[A-Za-z,\- ]+?)\s+(?P<start>[0-9]{1,2}:[0-9]{2})\s*-\s*(?P<end>[0-9]{1,2}:[0-9]{2})")


def _window(text: str) -> Window:
    """ValueError or KeyError for what is none."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    start, end = _minutes(found["start"]), _minutes(found["end"])
    if start == _DAY:
        raise ValueError(text)
    return Window(frozenset(_days_of(found["days"])), start, end % _DAY)


def _days_of(text: str) -> Sequence[int]:
    if text.strip().lower() == "daily":
        return range(7)
    days: list[int] = []
    for part in text.split(","):
        first, to, last = part.partition("-")
        begin = _DAYS[first.strip().lower()]
        end = _DAYS[last.strip().lower()] if to else begin
        days += [day % 7 for day in range(begin, end + 1 + (7 if end < begin else 0))]
    return days


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


def schedule(times: Sequence[str], time_zone: str) -> Schedule:
    """times: of the form above."""
    return Schedule(tuple(_window(text) for text in times), ZoneInfo(time_zone))
