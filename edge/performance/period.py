"""Which period a report is of, as people say it: a day, a week, a month, from one day to another. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from edge.model.moment import HOUR, Moment, from_iso
from edge.response.calendar import day_span
from rules.kpi.question import PERIOD_MAX

#: What a report is of when nobody says: shorter periods say little (ISA-18.2).
DEFAULT_DAYS = 30

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


class Unclear(StrEnum):
    """Why a period cannot be taken."""

    NOT_A_DAY = "not_a_day"
    NOT_A_WEEK = "not_a_week"
    NOT_A_MONTH = "not_a_month"
    NOT_A_MOMENT = "not_a_moment"
    SEVERAL = "several"
    """More than one of a day, a week, a month and from-to."""
    ENDS_FIRST = "ends_first"
    TOO_LONG = "too_long"


class UnclearPeriod(ValueError):
    """option: which of the wishes cannot be taken, `day` or `from`."""

    def __init__(self, reason: Unclear, option: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.option = option


@dataclass(frozen=True, slots=True)
class Wish:
    """Empty for what nobody said. day: `2026-05-04`. week: `2026-W19`. month: `2026-05`. begin, end: a day, the end including
    it, or a moment on the plant's clock, `2026-05-04T08:00`; without an end up to now."""

    day: str = ""
    week: str = ""
    month: str = ""
    begin: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """start, end: the end excluded. over: it is; else its end is now, and it goes on."""

    start: Moment
    end: Moment
    over: bool


def period_of(wish: Wish, now: Moment, zone: str) -> Period:
    """Of what has not happened yet nothing is asked: the period ends now at the latest. Raises UnclearPeriod."""
    said = [name for name, given in _said(wish) if given]
    if len(said) > 1:
        raise UnclearPeriod(Unclear.SEVERAL, said[1])
    start, end = _span(wish, now, zone)
    if end <= start:
        raise UnclearPeriod(Unclear.ENDS_FIRST, said[0] if said else "from")
    if end - start > PERIOD_MAX:
        raise UnclearPeriod(Unclear.TOO_LONG, said[0])
    return Period(min(start, now), min(end, now), over=end <= now)


def _said(wish: Wish) -> Iterator[tuple[str, str]]:
    yield from (("day", wish.day), ("week", wish.week), ("month", wish.month), ("from", wish.begin or wish.end))


def _span(wish: Wish, now: Moment, zone: str) -> tuple[Moment, Moment]:
    if wish.day:
        day = _day(wish.day, "day")
        return _days(day, day + timedelta(days=1), zone, "day")
    if wish.week:
        monday = _monday(wish.week)
        return _days(monday, monday + timedelta(days=7), zone, "week")
    if wish.month:
        first = _first(wish.month)
        return _days(first, (first + timedelta(days=31)).replace(day=1), zone, "month")
    end = _edge(wish.end, "to", zone, ends=True) if wish.end else now
    if wish.begin:
        return _edge(wish.begin, "from", zone, ends=False), end
    return end - DEFAULT_DAYS * 24 * HOUR, end


def _edge(text: str, option: str, zone: str, *, ends: bool) -> Moment:
    if "T" not in text:
        return _days(day := _day(text, option), day + timedelta(days=1), zone, option)[ends]
    try:
        at = datetime.fromisoformat(text)
        return from_iso((at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).isoformat())
    except (ValueError, OverflowError) as error:
        raise UnclearPeriod(Unclear.NOT_A_MOMENT, option) from error


def _days(first: date, beyond: date, zone: str, option: str) -> tuple[Moment, Moment]:
    try:
        return day_span(first.isoformat(), zone)[0], day_span(beyond.isoformat(), zone)[0]
    except (ValueError, OverflowError) as error:
        raise UnclearPeriod(Unclear.NOT_A_DAY, option) from error


def _day(text: str, option: str) -> date:
    try:
        # The last years of the calendar have no next month.
        if (day := date.fromisoformat(text)).year < datetime.max.year:
            return day
    except ValueError:
        pass
    raise UnclearPeriod(Unclear.NOT_A_DAY, option)


def _monday(text: str) -> date:
    found = _WEEK.fullmatch(text)
    try:
        if found is not None:
            return _day(date.fromisocalendar(int(found[1]), int(found[2]), 1).isoformat(), "week")
    except ValueError:
        pass
    raise UnclearPeriod(Unclear.NOT_A_WEEK, "week")


def _first(text: str) -> date:
    found = _MONTH.fullmatch(text)
    try:
        if found is not None:
            return _day(date(int(found[1]), int(found[2]), 1).isoformat(), "month")
    except ValueError:
        pass
    raise UnclearPeriod(Unclear.NOT_A_MONTH, "month")
