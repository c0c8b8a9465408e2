"""Weekly times as people write them: `Mon-Fri 06:00-22:00`, `Sat,Sun 08:00-12:00`, `daily 22:00-06:00`. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from edge.config.values import refuse
from rules.schedule import Schedule, Window

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(r"(?P<days>[A-Za-z,\- ]+?)\s+(?P<start>\d{1,2}:\d{2})\s*-\s*(?P<end>\d{1,2}:\d{2})")


def _window(text: str) -> Window:
    """ValueError for what is none."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return Window(frozenset(_days_of(found["days"])), _minutes(found["start"]), _minutes(found["end"]) % (24 * 60))


def _days_of(text: str) -> Sequence[int]:
    if text.strip().lower() == "daily":
        return range(7)
    days: list[int] = []
    for part in text.split(","):
        first, _, last = (each.strip().lower()[:3] for each in part.partition("-"))
        begin = _DAYS.index(first)
        end = _DAYS.index(last) if last else begin
        days += [day % 7 for day in range(begin, end + 1 + (7 if end < begin else 0))]
    return days


def _minutes(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if hours * 60 + minutes > 24 * 60 or minutes > 59:
        raise ValueError(text)
    return hours * 60 + minutes


def _form(given: list[str]) -> list[str]:
    for text in given:
        try:
            _window(text)
        except ValueError:
            raise refuse("config.times_form", given=text[:100]) from None
    return given


Times = Annotated[list[str], Field(min_length=1, max_length=50), AfterValidator(_form)]


def schedule(times: Sequence[str], time_zone: str) -> Schedule:
    """times: of the form above."""
    return Schedule(tuple(_window(text) for text in times), ZoneInfo(time_zone))
