"""Payloads into raw values. Pure, and never raises for what a device sends.

Every refusal has one cause of a closed set. The standard library's JSON is used with hooks, because it is too kind by
itself: it takes NaN, Infinity, 1e999, twice the same key, and nests until the stack ends. The plainest payloads, a number or
an object of numbers and texts, are read by orjson first, and only where that provably comes to the same. Not here: when a
value was so (`reading.py`), which topic feeds which tag (`plan.py`), counting (`refusals.py`).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

import orjson

from drivers.mqtt.config import ValueType

PAYLOAD_BYTES_MAX = 64 * 1024
DEPTH_MAX = 32
TEXT_CHARS_MAX = 200
#: By which words, beside these and true, false, 1 and 0, a device says that an alarm of its own is active, and that it is over.
ALARM_WORDS = {"active": True, "raised": True, "set": True, "alarm": True} | dict.fromkeys(
    ("inactive", "cleared", "returned", "reset", "normal", "ok"), False
)
WORDS = {"on": 1.0, "true": 1.0, "yes": 1.0, "off": 0.0, "false": 0.0, "no": 0.0}

#: A number that a device sends in quotes: with a point, without an exponent, and nothing behind it.
_DECIMAL = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]{1,300})?")


#: Below it, every float and every integer of orjson is that of the standard library.
_PLAIN_BELOW = 1e15


class Refusal(StrEnum):
    """Why a payload, or what it says about a tag, is not used."""

    TOO_LARGE = "too_large"
    EMPTY = "empty"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    TOO_DEEP = "too_deep"
    DUPLICATE_KEY = "duplicate_key"
    PATH_MISSING = "path_missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_BOOL = "not_a_bool"
    NOT_A_TEXT = "not_a_text"
    NOT_FINITE = "not_finite"
    NOT_A_LIST = "not_a_list"
    TOO_MANY_SAMPLES = "too_many_samples"
    BAD_TIME = "bad_time"
    OUTSIDE_WINDOW = "outside_window"
    NOT_A_STATUS = "not_a_status"
    WHILE_OFFLINE = "while_offline"
    UNKNOWN_DEVICE = "unknown_device"


@dataclass(frozen=True, slots=True)
class Document:
    """A payload. value: its JSON, or one of `WORDS`; text: as it came. refusal: why it is no JSON; it may be a text still."""

    value: Any
    text: str
    refusal: Refusal | None = None


class _Refused(Exception):
    def __init__(self, cause: Refusal) -> None:
        super().__init__(cause)
        self.cause = cause


def parse_payload(payload: bytes) -> Document | Refusal:
    """Once a message, whatever the number of tags that it feeds."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        return Refusal.TOO_LARGE
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        return Refusal.NOT_UTF8
    if not text:
        return Refusal.EMPTY
    plain = _parse_plain(payload)
    if plain is not None:
        return Document(plain, text)
    return parse_strictly(text)


def parse_strictly(text: str) -> Document:
    """text: a payload without blanks around it, not empty."""
    try:
        return Document(_parse(text), text)
    except _Refused as refused:
        return Document(None, text, refused.cause)


def as_value(found: Any, kind: ValueType) -> float | str | Refusal:
    """What stands at a path, as the raw value of a tag."""
    if kind is ValueType.FLOAT:
        return _as_number(found)
    return _as_bool(found) if kind is ValueType.BOOL else _as_text(found)


def payload_as_text(document: Document) -> str | Refusal:
    """The payload itself, as it came: `0012` and `1e5` stay so. A JSON string is what its quotes hold."""
    return _as_text(document.value if isinstance(document.value, str) else document.text)


def as_active(found: Any) -> bool | Refusal:
    """What a device says of an alarm of its own."""
    if isinstance(found, str) and (said := ALARM_WORDS.get(found.strip().lower())) is not None:
        return said
    value = _as_bool(found)
    return value if isinstance(value, Refusal) else value == 1.0


def is_written_as(found: Any, wanted: str | int | bool) -> bool:
    """Whether the same stands there, with or without quotes."""
    if isinstance(found, str | int | float):
        return _written(found) == _written(wanted)
    return False


def _written(value: str | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parse_plain(payload: bytes) -> dict[str, Any] | int | float | None:
    """None: not plain, or not JSON: it is parsed strictly. An object of as many keys as the payload has colons has no key
    twice, and none inside another. Larger numbers are left alone because orjson makes floats of long integers."""
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if isinstance(value, dict):
        is_plain = payload.count(b":") == len(value) and all(map(_is_plain, value.values()))
        return value if is_plain else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) and _is_plain(value) else None


def _is_plain(value: Any) -> bool:
    if isinstance(value, float):
        return -_PLAIN_BELOW < value < _PLAIN_BELOW
    return not isinstance(value, dict | list)


def _parse(text: str) -> Any:
    if text.lower() in WORDS:
        return text
    if _is_deeper_than(DEPTH_MAX, text):
        raise _Refused(Refusal.TOO_DEEP)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError:
        raise _Refused(Refusal.NOT_JSON) from None


def _as_number(found: Any) -> float | Refusal:
    if isinstance(found, str):
        # Without the blanks around it here: `float` strips fewer control characters than `strip` does.
        found = found.strip()
        if not _DECIMAL.fullmatch(found):
            return Refusal.NOT_A_NUMBER
    elif isinstance(found, bool) or not isinstance(found, int | float):
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


def _as_text(found: Any) -> str | Refusal:
    """Without what cannot be shown: a text goes to screens and cards."""
    if isinstance(found, int | float) and not isinstance(found, bool):
        found = json.dumps(found)
    if not isinstance(found, str) or len(found) > TEXT_CHARS_MAX:
        return Refusal.NOT_A_TEXT
    text = found.strip()
    return text if text.isprintable() else Refusal.NOT_A_TEXT


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
