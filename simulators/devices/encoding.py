"""Values to registers, as a device does it: type, scale, word order.

Written for the simulators alone and on purpose not shared with `drivers/modbus/codec.py`: two encodings by two hands
find each other's mistakes, one encoding used twice hides them.
"""

from __future__ import annotations

import math
import struct
from enum import Enum


class ValueType(Enum):
    """How a point is laid down in the device."""

    BOOL = "bool"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    FLOAT32 = "float32"


class WordOrder(Enum):
    """The order in which the four bytes of a 32-bit value come; A is the most significant."""

    ABCD = "ABCD"
    CDAB = "CDAB"
    BADC = "BADC"
    DCBA = "DCBA"


INTEGER_RANGES = {
    ValueType.INT16: (-(2**15), 2**15 - 1),
    ValueType.UINT16: (0, 2**16 - 1),
    ValueType.INT32: (-(2**31), 2**31 - 1),
}
FLOAT32_MAX = 3.4028234663852886e38
REGISTERS_OF = {
    ValueType.BOOL: 1,
    ValueType.INT16: 1,
    ValueType.UINT16: 1,
    ValueType.INT32: 2,
    ValueType.FLOAT32: 2,
}


def to_bit(value: float) -> bool:
    """True from 0.5 up, so that a ramp from 0 to 1 switches in its middle."""
    return value >= 0.5


def to_integer(value: float, value_type: ValueType, scale: float) -> int:
    """The raw number (value / scale, rounded), held at the end of its range as an analogue input card does."""
    lowest, highest = INTEGER_RANGES[value_type]
    return round(min(max(value / scale, lowest), highest))


def to_registers(
    value: float, value_type: ValueType, *, scale: float = 1.0, word_order: WordOrder = WordOrder.ABCD
) -> tuple[int, ...]:
    """The one or two 16-bit registers of a value. Word order concerns 32-bit types only."""
    match value_type:
        case ValueType.BOOL:
            return (int(to_bit(value)),)
        case ValueType.INT16 | ValueType.UINT16:
            return (to_integer(value, value_type, scale) % 2**16,)
        case ValueType.INT32:
            big_endian = struct.pack(">i", to_integer(value, value_type, scale))
        case ValueType.FLOAT32:
            raw = value / scale
            big_endian = struct.pack(">f", min(max(raw, -FLOAT32_MAX), FLOAT32_MAX) if math.isfinite(raw) else raw)
    in_order = bytes(big_endian["ABCD".index(letter)] for letter in word_order.value)
    return struct.unpack(">HH", in_order)


def misfit(value: float, value_type: ValueType, scale: float) -> str | None:
    """Why a value asked for by a person cannot be shown by the point; None if it can.

    A signal that runs out of its range is held at the end of it; a person who types such a value is told.
    """
    if value_type is ValueType.BOOL:
        return None if value in (0, 1) else f"must be 0 or 1, is {value:g}"
    if value_type is ValueType.FLOAT32:
        return None if not math.isfinite(value) or abs(value / scale) <= FLOAT32_MAX else f"{value:g} is beyond float32"
    lowest, highest = INTEGER_RANGES[value_type]
    if lowest <= value / scale <= highest:
        return None
    return f"must be {lowest * scale:g} to {highest * scale:g} ({value_type.value}, scale {scale:g}), is {value:g}"
