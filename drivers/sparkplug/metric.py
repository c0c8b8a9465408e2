"""What a metric says about a tag: its raw value and its quality. Pure, and raises nothing for what a device sends.

Source: Sparkplug 3.0, 6.4.16 (data types), 6.4.15 (the property Quality). A number that its data type cannot have is refused,
not cut down. Not here: from raw to the tag's unit (`drivers/measuring.py`), bytes (`codec.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from drivers.sparkplug.codec import Form, Metric, Value
from drivers.sparkplug.config import ValueType
from edge.model.sample import Quality

TEXT_CHARS_MAX = 200
QUALITY = "Quality"


class DataType(IntEnum):
    """Those that a tag can hold; all others are refused by name."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15


class Refusal(StrEnum):
    """Why what a metric says about a tag is not used."""

    DATASET = "dataset"
    BYTES = "bytes"
    FILE = "file"
    TEMPLATE = "template"
    ARRAY = "array"
    UNKNOWN_TYPE = "unknown_type"
    TYPE_CHANGED = "type_changed"
    WRONG_FORM = "wrong_form"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_BOOL = "not_a_bool"
    NOT_A_TEXT = "not_a_text"


_OF_STRUCTURE = {16: Refusal.DATASET, 17: Refusal.BYTES, 18: Refusal.FILE, 19: Refusal.TEMPLATE}
_ARRAYS = range(22, 35)
_SIGNED = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}
_UNSIGNED = {DataType.UINT8: 8, DataType.UINT16: 16, DataType.UINT32: 32, DataType.UINT64: 64, DataType.DATETIME: 64}
_REALS = (DataType.FLOAT, DataType.DOUBLE)
_TEXTS = (DataType.STRING, DataType.TEXT, DataType.UUID)
_FLOAT32_MAX = (2 - 2**-23) * 2.0**127
_FLOAT64_MAX = (2 - 2**-52) * 2.0**1023


@dataclass(frozen=True, slots=True)
class Reading:
    """value: raw; None: the device says that it has none (is_null)."""

    value: float | str | None
    quality: Quality


def read_metric(metric: Metric, born: int | None, kind: ValueType) -> Reading | Refusal:
    """born: the data type that the birth gave it, which data messages leave out."""
    if born is not None and metric.datatype is not None and metric.datatype != born:
        return Refusal.TYPE_CHANGED
    datatype = known_type(born if metric.datatype is None else metric.datatype)
    if isinstance(datatype, Refusal):
        return datatype
    if metric.is_null:
        return Reading(None, Quality.BAD)
    if metric.value is None:
        return Refusal.WRONG_FORM
    raw = _raw(datatype, metric.value)
    value = raw if isinstance(raw, Refusal) else _as_kind(raw, kind)
    return value if isinstance(value, Refusal) else Reading(value, quality_of(metric.properties.get(QUALITY)))


def known_type(number: int | None) -> DataType | Refusal:
    if number is None:
        return Refusal.UNKNOWN_TYPE
    if number in _ARRAYS:
        return Refusal.ARRAY
    try:
        return DataType(number)
    except ValueError:
        return _OF_STRUCTURE.get(number, Refusal.UNKNOWN_TYPE)


def quality_of(code: int | None) -> Quality:
    """0 bad, 192 good, 500 stale; codes between are those of OPC DA, whose family is in the two high bits of a byte."""
    if code is None or 192 <= code <= 255:
        return Quality.GOOD
    return Quality.UNCERTAIN if 64 <= code <= 127 else Quality.BAD


def _raw(datatype: DataType, value: Value) -> float | bool | str | Refusal:
    plain = _plain_type(datatype)
    if plain is None:
        return _whole_number(datatype, value)
    return value.raw if isinstance(value.raw, plain) and not isinstance(value.raw, bytes) else Refusal.WRONG_FORM


def _plain_type(datatype: DataType) -> type[str] | type[bool] | type[float] | None:
    """None: a whole number, whose bits say more than its field."""
    if datatype in _TEXTS:
        return str
    if datatype is DataType.BOOLEAN:
        return bool
    return float if datatype in _REALS else None


def _whole_number(datatype: DataType, value: Value) -> float | Refusal:
    raw, form = value.raw, value.form
    if form not in (Form.INT, Form.LONG) or not isinstance(raw, int):
        return Refusal.WRONG_FORM
    if datatype in _UNSIGNED:
        # Old encoders put a UInt32 into a long; without a sign the field does not matter.
        return float(raw) if raw < 1 << _UNSIGNED[datatype] else Refusal.OUT_OF_RANGE
    bits = _SIGNED[datatype]
    if form is not (Form.LONG if bits == 64 else Form.INT):
        return Refusal.WRONG_FORM
    return _signed(raw, bits, 64 if bits == 64 else 32)


def _signed(raw: int, bits: int, width: int) -> float | Refusal:
    """Two's complement of `bits`, which some encoders extend to the whole width of the field and some do not."""
    top = 1 << bits
    if raw < top:
        return float(raw - top if raw >= top >> 1 else raw)
    extended = raw - (1 << width)
    return float(extended) if extended >= -(top >> 1) else Refusal.OUT_OF_RANGE


def _as_kind(raw: float | bool | str, kind: ValueType) -> float | str | Refusal:
    if kind is ValueType.TEXT:
        if not isinstance(raw, str) or len(raw) > TEXT_CHARS_MAX:
            return Refusal.NOT_A_TEXT
        text = raw.strip()
        return text if text.isprintable() else Refusal.NOT_A_TEXT
    if kind is ValueType.BOOL:
        return float(raw) if not isinstance(raw, str) and raw in (0, 1) else Refusal.NOT_A_BOOL
    return Refusal.NOT_A_NUMBER if isinstance(raw, bool | str) else raw


def lay_value(datatype: DataType, value: float | str) -> Value | Refusal:
    """The way back, for a command. A number that the data type cannot hold exactly is refused; a FLOAT takes its nearest."""
    if isinstance(value, str):
        return Value(Form.STRING, value) if datatype in _TEXTS else Refusal.NOT_A_NUMBER
    if datatype in _TEXTS:
        return Refusal.NOT_A_TEXT
    if datatype is DataType.BOOLEAN:
        return Value(Form.BOOLEAN, bool(value)) if value in (0, 1) else Refusal.NOT_A_BOOL
    return _laid_number(datatype, value)


def _laid_number(datatype: DataType, value: float) -> Value | Refusal:
    if datatype in _REALS:
        form, most = (Form.FLOAT, _FLOAT32_MAX) if datatype is DataType.FLOAT else (Form.DOUBLE, _FLOAT64_MAX)
        return Value(form, value) if -most <= value <= most else Refusal.OUT_OF_RANGE
    bits = _SIGNED.get(datatype) or _UNSIGNED[datatype]
    low, high = (-(1 << bits - 1), 1 << bits - 1) if datatype in _SIGNED else (0, 1 << bits)
    if not value.is_integer() or not low <= value < high:
        return Refusal.OUT_OF_RANGE
    width = 64 if bits == 64 else 32
    return Value(Form.LONG if width == 64 else Form.INT, int(value) % (1 << width))
