"""Payloads of Sparkplug B, both directions. Pure, bounded, and raises nothing for what a device sends.

Source: Sparkplug 3.0, chapter 6, and the field numbers of its `sparkplug_b.proto`. Unknown fields are extensions and skipped.
What a tag cannot hold (a data set, a template, a file) is kept as its bytes. Not here: what a metric says about a tag
(`metric.py`), protocol buffers as such (`wire.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TypeVar

from drivers.sparkplug.wire import (
    BadWire,
    WireFault,
    WireType,
    fields,
    float_of,
    put_bytes,
    put_double,
    put_float,
    put_varint,
    text_of,
)

#: A birth of METRICS_MAX metrics with names of 80 characters: the link passes on so much of a payload.
PAYLOAD_BYTES_MAX = 1024 * 1024
#: A metric of a birth takes ten bytes at least.
METRICS_MAX = 10_000

T = TypeVar("T")


class Malformed(StrEnum):
    """Why a payload is not used."""

    TOO_LARGE = "too_large"
    NOT_PROTOBUF = "not_protobuf"
    TOO_MANY_METRICS = "too_many_metrics"
    BAD_PROPERTIES = "bad_properties"


class Form(IntEnum):
    """In which field of a Metric its value stands: the numbers of `oneof value`."""

    INT = 10
    LONG = 11
    FLOAT = 12
    DOUBLE = 13
    BOOLEAN = 14
    STRING = 15
    BYTES = 16
    DATASET = 17
    TEMPLATE = 18
    EXTENSION = 19


Raw = int | float | bool | str | bytes


@dataclass(frozen=True, slots=True)
class Value:
    """raw: as the form has it: unsigned numbers for INT and LONG, bytes for what is no single value."""

    form: Form
    raw: Raw


@dataclass(frozen=True, slots=True)
class Metric:
    """timestamp: ms since 1970. datatype: a number of `metric.DataType`, or one we do not know. properties: those that are
    numbers, by name."""

    name: str | None = None
    alias: int | None = None
    timestamp: int | None = None
    datatype: int | None = None
    is_historical: bool = False
    is_transient: bool = False
    is_null: bool = False
    properties: Mapping[str, int] = field(default_factory=dict)
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """timestamp: ms since 1970, when it was sent."""

    timestamp: int | None = None
    metrics: tuple[Metric, ...] = ()
    seq: int | None = None


_WIRE_OF = {
    Form.INT: WireType.VARINT,
    Form.LONG: WireType.VARINT,
    Form.FLOAT: WireType.FIXED32,
    Form.DOUBLE: WireType.FIXED64,
    Form.BOOLEAN: WireType.VARINT,
}
_UINT32_MAX = (1 << 32) - 1


class _Refused(Exception):
    def __init__(self, cause: Malformed) -> None:
        super().__init__(cause.value)
        self.cause = cause


def decode_payload(data: bytes) -> Payload | Malformed:
    """A whole payload, or why it is none; never a part of one."""
    if len(data) > PAYLOAD_BYTES_MAX:
        return Malformed.TOO_LARGE
    try:
        return _payload(data)
    except BadWire:
        return Malformed.NOT_PROTOBUF
    except _Refused as refused:
        return refused.cause


def _payload(data: bytes) -> Payload:
    numbers: dict[int, int] = {}
    metrics: list[Metric] = []
    for number, kind, value in fields(data):
        if number in (1, 3):
            _once(numbers, number, _number(kind, value))
        elif number == 2:
            if len(metrics) >= METRICS_MAX:
                raise _Refused(Malformed.TOO_MANY_METRICS)
            metrics.append(_metric(_bytes(kind, value)))
    return Payload(numbers.get(1), tuple(metrics), numbers.get(3))


def _metric(data: bytes) -> Metric:
    numbers: dict[int, int] = {}
    name: str | None = None
    found: Value | None = None
    properties: Mapping[str, int] | None = None
    for number, kind, value in fields(data):
        if number == 1:
            name = _unset(name, text_of(_bytes(kind, value)))
        elif 2 <= number <= 7:
            _once(numbers, number, _number(kind, value))
        elif number == 9:
            properties = _unset(properties, _properties(_bytes(kind, value)))
        elif Form.INT <= number <= Form.EXTENSION:
            found = _unset(found, _value(Form(number), kind, value))
    return Metric(
        name=name,
        alias=numbers.get(2),
        timestamp=numbers.get(3),
        datatype=numbers.get(4),
        is_historical=_flag(numbers.get(5, 0)),
        is_transient=_flag(numbers.get(6, 0)),
        is_null=_flag(numbers.get(7, 0)),
        properties=properties or {},
        value=found,
    )


def _value(form: Form, kind: WireType, value: int | bytes) -> Value:
    if kind is not _WIRE_OF.get(form, WireType.BYTES):
        raise BadWire(WireFault.WRONG_TYPE)
    if isinstance(value, int):
        if form is Form.BOOLEAN:
            return Value(form, _flag(value))
        if form is Form.INT and value > _UINT32_MAX:
            raise BadWire(WireFault.NUMBER_TOO_LONG)
        return Value(form, value)
    if form in (Form.FLOAT, Form.DOUBLE):
        return Value(form, float_of(value))
    return Value(form, text_of(value) if form is Form.STRING else value)


def _properties(data: bytes) -> Mapping[str, int]:
    """The n-th key belongs to the n-th value; those that are no whole numbers are left out."""
    keys: list[str] = []
    values: list[int | None] = []
    for number, kind, value in fields(data):
        if number == 1:
            keys.append(text_of(_bytes(kind, value)))
        elif number == 2:
            values.append(_property(_bytes(kind, value)))
    if len(keys) != len(values) or len(set(keys)) != len(keys):
        raise _Refused(Malformed.BAD_PROPERTIES)
    return {key: value for key, value in zip(keys, values, strict=True) if value is not None}


def _property(data: bytes) -> int | None:
    numbers: dict[int, int] = {}
    for number, kind, value in fields(data):
        if number in (1, 2, 3, 4):
            _once(numbers, number, _number(kind, value))
    return None if numbers.get(2) else numbers.get(3, numbers.get(4))


def _number(kind: WireType, value: int | bytes) -> int:
    if kind is not WireType.VARINT or not isinstance(value, int):
        raise BadWire(WireFault.WRONG_TYPE)
    return value


def _bytes(kind: WireType, value: int | bytes) -> bytes:
    if kind is not WireType.BYTES or not isinstance(value, bytes):
        raise BadWire(WireFault.WRONG_TYPE)
    return value


def _flag(value: int) -> bool:
    if value > 1:
        raise BadWire(WireFault.NUMBER_TOO_LONG)
    return value == 1


def _once(numbers: dict[int, int], number: int, value: int) -> None:
    if number in numbers:
        raise BadWire(WireFault.TWICE)
    numbers[number] = value


def _unset(known: T | None, value: T) -> T:
    if known is not None:
        raise BadWire(WireFault.TWICE)
    return value


# --- the way out ----------------------------------------------------------------------------------------------------


def encode_payload(payload: Payload) -> bytes:
    """Fields in the order of their numbers."""
    laid = b"" if payload.timestamp is None else put_varint(1, payload.timestamp)
    laid += b"".join(put_bytes(2, _laid_metric(metric)) for metric in payload.metrics)
    return laid if payload.seq is None else laid + put_varint(3, payload.seq)


def _laid_metric(metric: Metric) -> bytes:
    laid = b"" if metric.name is None else put_bytes(1, metric.name.encode())
    numbers = (metric.alias, metric.timestamp, metric.datatype)
    laid += b"".join(put_varint(number, value) for number, value in enumerate(numbers, start=2) if value is not None)
    flags = (metric.is_historical, metric.is_transient, metric.is_null)
    laid += b"".join(put_varint(number, 1) for number, is_set in enumerate(flags, start=5) if is_set)
    if metric.properties:
        keys = b"".join(put_bytes(1, key.encode()) for key in metric.properties)
        # Type 8 is UInt64, whose value stands in field 4.
        values = b"".join(put_bytes(2, put_varint(1, 8) + put_varint(4, value)) for value in metric.properties.values())
        laid += put_bytes(9, keys + values)
    return laid if metric.value is None else laid + _laid_value(metric.value)


def _laid_value(value: Value) -> bytes:
    raw = value.raw
    if isinstance(raw, str):
        return put_bytes(value.form, raw.encode())
    if isinstance(raw, bytes):
        return put_bytes(value.form, raw)
    if isinstance(raw, float):
        put: Callable[[int, float], bytes] = put_float if value.form is Form.FLOAT else put_double
        return put(value.form, raw)
    return put_varint(value.form, int(raw))
