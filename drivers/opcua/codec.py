"""Values of a server into raw values, and back. Pure, and never raises for what a server sends.

What a value is worth follows from its status first, then from whether it is what the tag says it is. A number that a float64
cannot hold exactly is refused: it would be another number. Not here: units (`drivers/measuring.py`), sessions (`link.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from drivers.opcua.config import OpcUaPoint, TimeOf, TimeWindow, ValueType
from drivers.opcua.status import SENSOR_FAULTS, lost_some, quality_of, status_of, word_of
from edge.model.moment import Moment
from edge.model.sample import Mark, Quality
from edge.ports import OpcUaValue

TEXT_CHARS_MAX = 200
#: Beyond this not every whole number is a float64.
EXACT_MAX = 2**53
#: A raw value that is so near to a whole number was meant as one: what is left comes of scaling.
_NEAR = 1e-6


class Kind(IntEnum):
    """Built-in types (Part 6, 5.1.2) that are read or written; an enumeration comes as INT32."""

    BOOLEAN = 1
    SBYTE = 2
    BYTE = 3
    INT16 = 4
    UINT16 = 5
    INT32 = 6
    UINT32 = 7
    INT64 = 8
    UINT64 = 9
    FLOAT = 10
    DOUBLE = 11
    STRING = 12
    DATE_TIME = 13
    LOCALIZED_TEXT = 21


#: The least and the greatest of each whole number.
_RANGES = {
    Kind.SBYTE: (-(2**7), 2**7 - 1),
    Kind.BYTE: (0, 2**8 - 1),
    Kind.INT16: (-(2**15), 2**15 - 1),
    Kind.UINT16: (0, 2**16 - 1),
    Kind.INT32: (-(2**31), 2**31 - 1),
    Kind.UINT32: (0, 2**32 - 1),
    Kind.INT64: (-(2**63), 2**63 - 1),
    Kind.UINT64: (0, 2**64 - 1),
}
_FLOAT32_MAX = 3.4028234663852886e38
_INTEGERS = frozenset(_RANGES)
_TEXTS = frozenset({Kind.STRING, Kind.LOCALIZED_TEXT})


class Refusal(StrEnum):
    """Why a value with a good status is not used."""

    NO_VALUE = "no_value"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_BOOL = "not_a_bool"
    NOT_A_TEXT = "not_a_text"
    NOT_FINITE = "not_finite"
    NOT_EXACT = "not_exact"
    AN_ARRAY = "an_array"
    NOT_AN_ARRAY = "not_an_array"
    INDEX_BEYOND = "index_beyond"


@dataclass(frozen=True, slots=True)
class Decoded:
    """raw: NaN where there is none. text: of a tag that is one. cause: why it is not good, the word it is counted under; empty:
    it is. dropped: values before it were lost at the server."""

    quality: Quality
    raw: float
    text: str | None
    mark: Mark
    cause: str
    dropped: bool


def decode(came: OpcUaValue, point: OpcUaPoint) -> Decoded:
    """What a value is to a tag."""
    quality, dropped = quality_of(came.status), lost_some(came.status)
    if quality is Quality.BAD:
        fault = Mark.SENSOR_FAULT if status_of(came.status) in SENSOR_FAULTS else Mark.NONE
        return Decoded(Quality.BAD, math.nan, None, fault, word_of(came.status), dropped)
    value = _value(came, point)
    if isinstance(value, Refusal):
        return Decoded(Quality.BAD, math.nan, None, Mark.NONE, str(value), dropped)
    cause = "" if quality is Quality.GOOD else word_of(came.status)
    if isinstance(value, str):
        return Decoded(quality, math.nan, value, Mark.NONE, cause, dropped)
    return Decoded(quality, value, None, Mark.NONE, cause, dropped)


def source_time(came: OpcUaValue, wanted: TimeOf, window: TimeWindow) -> Moment | None:
    """When a value was so. The other of the two time stamps serves where the wanted one is missing or beyond the window; None:
    neither can be believed, or none is wanted."""
    if wanted is TimeOf.RECEIVED:
        return None
    stamps = (came.source_time, came.server_time)
    for stamp in stamps if wanted is TimeOf.SOURCE else stamps[::-1]:
        if stamp is not None and believes(window, stamp, came.received_time):
            return stamp
    return None


def believes(window: TimeWindow, stamp: Moment, received_time: Moment) -> bool:
    return -window.past <= stamp - received_time <= window.future


def encode(value: float | str, kind: int) -> bool | int | float | str | None:
    """A raw value as a node of this type takes it; None: it cannot be that without being changed."""
    if kind in _TEXTS:
        return value if isinstance(value, str) else None
    if isinstance(value, str) or not math.isfinite(value):
        return None
    if kind == Kind.BOOLEAN:
        return bool(value) if value in (0.0, 1.0) else None
    if kind == Kind.DOUBLE:
        return value
    if kind == Kind.FLOAT:
        return value if abs(value) <= _FLOAT32_MAX else None
    whole = round(value)
    low, high = next((span for known, span in _RANGES.items() if known == kind), (1, 0))
    return whole if abs(value - whole) <= _NEAR and low <= whole <= high and abs(whole) <= EXACT_MAX else None


def _value(came: OpcUaValue, point: OpcUaPoint) -> float | str | Refusal:
    value = _element(came.value, point.index)
    if isinstance(value, Refusal):
        return value
    match point.type:
        case ValueType.BOOL:
            return _switch(value, came.kind)
        case ValueType.TEXT:
            return _text(value, came.kind)
        case ValueType.FLOAT:
            return _number(value, came.kind)


def _element(value: object, index: int | None) -> object:
    """What of a value a tag is about, or a Refusal."""
    if value is None:
        return Refusal.NO_VALUE
    if not isinstance(value, list | tuple):
        return value if index is None else Refusal.NOT_AN_ARRAY
    if index is None:
        return Refusal.AN_ARRAY
    if index >= len(value):
        return Refusal.INDEX_BEYOND
    return Refusal.NO_VALUE if value[index] is None else value[index]


def _switch(value: object, kind: int) -> float | Refusal:
    if kind == Kind.BOOLEAN and isinstance(value, bool):
        return float(value)
    if kind in _INTEGERS and isinstance(value, int) and value in (0, 1):
        return float(value)
    return Refusal.NOT_A_BOOL


def _text(value: object, kind: int) -> str | Refusal:
    if kind in _TEXTS and isinstance(value, str):
        return "".join(char if char.isprintable() else " " for char in value[:TEXT_CHARS_MAX]).strip()
    if kind in _INTEGERS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return Refusal.NOT_A_TEXT


def _number(value: object, kind: int) -> float | Refusal:
    if isinstance(value, bool):
        return float(value) if kind == Kind.BOOLEAN else Refusal.NOT_A_NUMBER
    if kind in (Kind.FLOAT, Kind.DOUBLE) and isinstance(value, float):
        return value if math.isfinite(value) else Refusal.NOT_FINITE
    if kind in _INTEGERS and isinstance(value, int):
        return float(value) if abs(value) <= EXACT_MAX else Refusal.NOT_EXACT
    return Refusal.NOT_A_NUMBER
