"""Payloads into values and source times. Pure, and never raises for what a device sends.

Every refusal has one cause of a closed set. The standard library's JSON is used with hooks, because it is too kind by
itself: it takes NaN, Infinity, 1e999, twice the same key, and nests until the stack ends. Not here: which topic feeds which
tag (`plan.py`), counting (`driver.py`).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from drivers.mqtt.config import MqttPoint, TimeForm, TimeWindow, ValueType
from drivers.mqtt.path import MISSING, find
from edge.model.moment import MILLISECOND, SECOND, Moment, from_iso
from edge.model.sample import Mark

PAYLOAD_BYTES_MAX = 64 * 1024
DEPTH_MAX = 32
WORDS = {"on": 1.0, "true": 1.0, "yes": 1.0, "off": 0.0, "false": 0.0, "no": 0.0}

_US_OF_FORM = {TimeForm.S: SECOND, TimeForm.MS: MILLISECOND, TimeForm.US: 1}
#: 1e11 s is in the year 5138, 1e11 ms in 1973: a number below is seconds, and so on by factors of 1000.
_AUTO_S_BELOW = 1e11
_AUTO_MS_BELOW = 1e14
#: Beyond every form of time stamp; also keeps what follows from overflowing.
_TIME_MAX = 1e18


class Refusal(StrEnum):
    """Why a payload, or what it says about a tag, is not used."""

    TOO_LARGE = "too_large"
    EMPTY = "empty"
    NOT_TEXT = "not_text"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    DUPLICATE_KEY = "duplicate_key"
    PATH_MISSING = "path_missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_BOOL = "not_a_bool"
    NOT_FINITE = "not_finite"
    BAD_TIME = "bad_time"


@dataclass(frozen=True, slots=True)
class Document:
    """A payload that could be read: JSON, or one of `WORDS`."""

    value: Any


@dataclass(frozen=True, slots=True)
class Reading:
    """What a payload says about a tag: the raw number, and when it was so."""

    value: float
    source_time: Moment
    mark: Mark


class _Refused(Exception):
    def __init__(self, cause: Refusal) -> None:
        super().__init__(cause)
        self.cause = cause


def parse_payload(payload: bytes) -> Document | Refusal:
    """Once a message, whatever the number of tags that it feeds."""
    try:
        return Document(_parse(payload))
    except _Refused as refused:
        return refused.cause


def read_point(document: Document, point: MqttPoint, window: TimeWindow, received_time: Moment) -> Reading | Refusal:
    """The value that the document has for a tag, and the source time it is to be believed with."""
    found = find(document.value, point.path)
    if found is MISSING:
        return Refusal.PATH_MISSING
    value = _as_bool(found) if point.type is ValueType.BOOL else _as_number(found)
    if isinstance(value, Refusal):
        return value
    if point.time_path is None:
        return Reading(value, received_time, Mark.RECEIVED_TIME_USED)
    stamped = find(document.value, point.time_path)
    source_time = None if stamped is MISSING else _as_moment(stamped, point.time)
    if source_time is None:
        return Refusal.BAD_TIME
    if -window.past <= source_time - received_time <= window.future:
        return Reading(value, source_time, Mark.NONE)
    return Reading(value, received_time, Mark.RECEIVED_TIME_USED)


def _parse(payload: bytes) -> Any:
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise _Refused(Refusal.TOO_LARGE)
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise _Refused(Refusal.NOT_TEXT) from None
    if not text:
        raise _Refused(Refusal.EMPTY)
    if text.lower() in WORDS:
        return text
    if _is_deeper_than(DEPTH_MAX, text):
        raise _Refused(Refusal.TOO_DEEP)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise _Refused(Refusal.NOT_JSON) from None


def _as_number(found: Any) -> float | Refusal:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return Refusal.NOT_A_NUMBER
    try:
        value = float(found)
    except OverflowError:
        return Refusal.NOT_FINITE
    return value if math.isfinite(value) else Refusal.NOT_FINITE


def _as_bool(found: Any) -> float | Refusal:
    if isinstance(found, str):
        return WORDS.get(found.strip().lower(), Refusal.NOT_A_BOOL)
    if isinstance(found, int | float) and found in (0, 1):
        return float(found)
    return Refusal.NOT_A_BOOL


def _as_moment(found: Any, form: TimeForm) -> Moment | None:
    """None when it is no time stamp of this form."""
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    if isinstance(found, str):
        return _from_text(found) if form in (TimeForm.AUTO, TimeForm.ISO) else None
    if form is TimeForm.ISO or not -_TIME_MAX < found < _TIME_MAX:
        return None
    if form is TimeForm.AUTO:
        form = TimeForm.S if found < _AUTO_S_BELOW else TimeForm.MS if found < _AUTO_MS_BELOW else TimeForm.US
    return round(found * _US_OF_FORM[form])


def _from_text(text: str) -> Moment | None:
    try:
        return from_iso(text)
    except (ValueError, OverflowError):
        return None


def _is_deeper_than(depth_max: int, text: str) -> bool:
    """Counts brackets outside strings, but only in a text that has enough of them to be so deep."""
    if text.count("[") + text.count("{") <= depth_max:
        return False
    depth, in_string, escaped = 0, False, False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            if depth > depth_max:
                return True
        elif char in "]}":
            depth -= 1
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise _Refused(Refusal.DUPLICATE_KEY)
    return document


def _constant(name: str) -> NoReturn:
    raise _Refused(Refusal.NOT_FINITE)


def _integer(digits: str) -> int:
    # float64 ends at 309 digits, and Python's own limit of 4300 would raise an error that looks like broken JSON.
    if len(digits) > 310:
        raise _Refused(Refusal.NOT_FINITE)
    return int(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer)
