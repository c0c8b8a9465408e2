"""Time stamps as devices write them, into moments. Pure, and never raises for what a device sends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from drivers.mqtt.config import MqttConnection, TimeForm
from edge.model.moment import MILLISECOND, SECOND, Moment, Span

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US_OF_FORM = {TimeForm.S: SECOND, TimeForm.MS: MILLISECOND, TimeForm.US: 1}
#: 1e11 s is in the year 5138, 1e11 ms in 1973: a number below is seconds, and so on by factors of 1000.
_AUTO_BELOW = ((1e11, TimeForm.S), (1e14, TimeForm.MS), (1e17, TimeForm.US))
#: Beyond every form of time stamp; also keeps what follows from overflowing.
_TIME_MAX = 1e20
#: A text of ten digits is a number of seconds; one of eight is the day 20260504.
_NUMBER = re.compile(r"-?[0-9]{9,20}(\.[0-9]{1,9})?")
_SLASHED = re.compile(r"[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class Belief:
    """Which time stamps of a device are believed, and whose local time it writes. zone: None: it must state an offset. kept:
    the broker may have kept what comes for hours: when we received it says nothing of when it was so."""

    past: Span
    future: Span
    zone: tzinfo | None = None
    kept: bool = False

    @staticmethod
    def of(connection: MqttConnection) -> Belief:
        zone = None if connection.time_zone is None else ZoneInfo(connection.time_zone)
        return Belief(connection.window.past, connection.window.future, zone, kept=connection.session > 0)

    def believes(self, stamp: Moment, received_time: Moment) -> bool:
        return -self.past <= stamp - received_time <= self.future


def moment_of(found: Any, form: TimeForm, zone: tzinfo | None) -> Moment | None:
    """None when it is no time stamp of this form. A number may stand in quotes."""
    if isinstance(found, str):
        text = found.strip()
        if _NUMBER.fullmatch(text):
            return _from_number(float(text) if "." in text else int(text), form)
        return _from_text(text, zone) if form in (TimeForm.AUTO, TimeForm.ISO) else None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return _from_number(found, form)


def form_of(found: Any) -> TimeForm | None:
    """What `TimeForm.AUTO` takes it for; None: no time stamp."""
    if moment_of(found, TimeForm.AUTO, UTC) is None:
        return None
    if isinstance(found, str):
        text = found.strip()
        return _unit_of(float(text)) if _NUMBER.fullmatch(text) else TimeForm.ISO
    return _unit_of(found)


def _from_number(found: int | float, form: TimeForm) -> Moment | None:
    if form is TimeForm.ISO or not -_TIME_MAX < found < _TIME_MAX:
        return None
    if form is TimeForm.AUTO:
        form = _unit_of(found)
    return round(found / 1000) if form is TimeForm.NS else round(found * _US_OF_FORM[form])


def _unit_of(found: int | float) -> TimeForm:
    return next((form for below, form in _AUTO_BELOW if found < below), TimeForm.NS)


def _from_text(text: str, zone: tzinfo | None) -> Moment | None:
    try:
        parsed = datetime.fromisoformat(_dashed(text))
        if parsed.tzinfo is None:
            if zone is None:
                return None
            parsed = parsed.replace(tzinfo=zone)
        return (parsed - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError):
        return None


def _dashed(text: str) -> str:
    """`2026/5/4 8:00:00`, as many controllers write it, into the form that the standard has."""
    found = _SLASHED.match(text)
    if found is None:
        return text
    year, month, day = found[0].split("/")
    rest = text[found.end() :]
    hour, colon, minutes = rest[1:].partition(":")
    return f"{year}-{month:0>2}-{day:0>2}{rest[:1]}{hour:0>2}{colon}{minutes}"
