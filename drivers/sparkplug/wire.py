"""The wire format of protocol buffers: fields as numbers and bytes. Pure, bounded, and stricter than the format asks.

Source: "Encoding" of the protocol buffers documentation. Not here: which field means what (`codec.py`). A field that may stand
once and stands twice is refused, where protobuf takes the last: no encoder writes it, so it is a mutated payload.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum, StrEnum


class WireType(IntEnum):
    """How a field is laid down; 3 and 4 are groups, which Sparkplug never had."""

    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    FIXED32 = 5


class WireFault(StrEnum):
    """Why bytes are no message."""

    CUT = "cut"
    NUMBER_TOO_LONG = "number_too_long"
    NO_SUCH_FIELD = "no_such_field"
    WRONG_TYPE = "wrong_type"
    TWICE = "twice"
    NOT_UTF8 = "not_utf8"


class BadWire(Exception):
    """The bytes are no message of this kind."""

    def __init__(self, fault: WireFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


#: 2^29 - 1: a key is a field number and three bits of type, in 32 bits.
FIELD_MAX = (1 << 29) - 1
_VARINT_BYTES_MAX = 10


def fields(data: bytes) -> Iterator[tuple[int, WireType, int | bytes]]:
    """(field number, type, value) one after the other; fixed values as their bytes. Raises BadWire."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if not 1 <= number <= FIELD_MAX:
            raise BadWire(WireFault.NO_SUCH_FIELD)
        if kind == WireType.VARINT:
            value, at = _varint(data, at)
            yield number, WireType.VARINT, value
            continue
        if kind == WireType.BYTES:
            size, at = _varint(data, at)
        elif kind in (WireType.FIXED32, WireType.FIXED64):
            size = 4 if kind == WireType.FIXED32 else 8
        else:
            raise BadWire(WireFault.WRONG_TYPE)
        if size > end - at:
            raise BadWire(WireFault.CUT)
        yield number, WireType(kind), data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_VARINT_BYTES_MAX):
        if at >= len(data):
            raise BadWire(WireFault.CUT)
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            if value >= 1 << 64:
                raise BadWire(WireFault.NUMBER_TOO_LONG)
            return value, at
    raise BadWire(WireFault.NUMBER_TOO_LONG)


def text_of(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadWire(WireFault.NOT_UTF8) from None


def float_of(data: bytes) -> float:
    """Of four or eight bytes, as fixed fields have."""
    found: float = struct.unpack("<f" if len(data) == 4 else "<d", data)[0]
    return found


def put_varint(number: int, value: int) -> bytes:
    """value: 0 to 2^64 - 1."""
    return _as_varint(number << 3) + _as_varint(value)


def put_bytes(number: int, value: bytes) -> bytes:
    return _as_varint(number << 3 | WireType.BYTES) + _as_varint(len(value)) + value


def put_float(number: int, value: float) -> bytes:
    """Raises OverflowError for what four bytes cannot hold."""
    return _as_varint(number << 3 | WireType.FIXED32) + struct.pack("<f", value)


def put_double(number: int, value: float) -> bytes:
    return _as_varint(number << 3 | WireType.FIXED64) + struct.pack("<d", value)


def _as_varint(value: int) -> bytes:
    laid = bytearray()
    while value > 0x7F:
        laid.append(value & 0x7F | 0x80)
        value >>= 7
    laid.append(value)
    return bytes(laid)
