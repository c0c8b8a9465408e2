"""The plant's calendar as people write it: `2026-10-01`, or from one day to another, `2026-10-01 to 2026-10-07`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from edge.config.text.values import refuse
from rules.schedule import Calendar

#: A holiday is no longer, and a calendar names no more days, than make sense: each day counts when times are reckoned.
_SPAN_MAX = timedelta(days=60)
_ENTRIES_MAX = 500
_ISO = r"\d{4}-\d{2}-\d{2}"
_FORM = re.compile(rf"({_ISO})(?:\s*(?:to|至|到)\s*({_ISO}))?")


def _days(text: str) -> Iterator[date]:
    """ValueError for what is none."""
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    day = date.fromisoformat(found[1])
    last = date.fromisoformat(found[2]) if found[2] else day
    if not day <= last <= day + _SPAN_MAX:
        raise ValueError(text)
    while day <= last:
        yield day
        day += timedelta(days=1)


def _form(given: str) -> str:
    try:
        list(_days(given))
    except (ValueError, OverflowError):
        raise refuse("config.days_form") from None
    return given


Days = Annotated[list[Annotated[str, AfterValidator(_form)]], Field(max_length=_ENTRIES_MAX)]


def calendar(holidays: Iterable[str], extra_workdays: Iterable[str]) -> Calendar:
    """Of days of the form above."""
    return Calendar(
        frozenset(day for text in holidays for day in _days(text)),
        frozenset(day for text in extra_workdays for day in _days(text)),
    )
