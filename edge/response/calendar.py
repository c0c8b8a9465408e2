"""Days of the plant's calendar, as its people count them. Pure."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from edge.model.moment import Moment, from_iso, to_datetime


def day_at(moment: Moment, time_zone: str) -> str:
    """The day of a moment: `2026-05-04`."""
    return to_datetime(moment).astimezone(ZoneInfo(time_zone)).date().isoformat()


def day_span(day: str, time_zone: str) -> tuple[Moment, Moment]:
    """From its midnight up to the next; 23 or 25 hours where clocks change. ValueError or
    OverflowError for a text that is no day."""
    begins = date.fromisoformat(day)
    return _midnight(begins, time_zone), _midnight(begins + timedelta(days=1), time_zone)


def _midnight(day: date, time_zone: str) -> Moment:
    return from_iso(datetime.combine(day, time(), ZoneInfo(time_zone)).isoformat())
