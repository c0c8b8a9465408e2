"""Values to registers, as a device does it: type, scale, byte order, part of a register.

Written for the simulators alone and on purpose not shared with `drivers/modbus/codec.py`: two encodings by two hands
find each other's mistakes, one encoding used twice hides them.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import Enum


class ValueType(Enum):
    """How a point is laid down in the device."""

    BOOL = "bool"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD16 = "bcd16"
    BCD32 = "bcd32"
    STRING = "string"


class WordOrder(Enum):
    """The order in which the four or eight bytes of a value come; A is the most significant."""

    ABCD = "ABCD"
    CDAB = "CDAB"
    BADC = "BADC"
    DCBA = "DCBA"
    ABCDEFGH = "ABCDEFGH"
    GHEFCDAB = "GHEFCDAB"
    BADCFEHG = "BADCFEHG"
    HGFEDCBA = "HGFEDCBA"
    CDABGHEF = "CDABGHEF"
    DCBAHGFE = "DCBAHGFE"


class ByteOfRegister(Enum):
    """Which half of a register an 8-bit value fills."""

    HIGH = "high"
    LOW = "low"


class ByteOrder(Enum):
    """Which half of a register has the earlier character of a text, or the only one."""

    HIGH_FIRST = "high_first"
    LOW_FIRST = "low_first"
    HIGH_ONLY = "high_only"
    LOW_ONLY = "low_only"


@dataclass(frozen=True, slots=True)
class Part:
    """What the types need that do not simply fill registers.

    bit: of a bool in a register, 0 the least significant; None: the whole register is 0 or 1.
    length: of a string, in bytes.
    """

    bit: int | None = None
    byte: ByteOfRegister = ByteOfRegister.LOW
    length: int = 0
    byte_order: ByteOrder = ByteOrder.HIGH_FIRST


WHOLE = Part()
#: By how many bits the only character of a register is shifted.
_ONE_A_REGISTER = {ByteOrder.HIGH_ONLY: 8, ByteOrder.LOW_ONLY: 0}
INTEGER_RANGES = {
    ValueType.INT8: (-(2**7), 2**7 - 1),
    ValueType.UINT8: (0, 2**8 - 1),
    ValueType.INT16: (-(2**15), 2**15 - 1),
    ValueType.UINT16: (0, 2**16 - 1),
    ValueType.INT32: (-(2**31), 2**31 - 1),
    ValueType.UINT32: (0, 2**32 - 1),
    ValueType.INT64: (-(2**63), 2**63 - 1),
    ValueType.UINT64: (0, 2**64 - 1),
    ValueType.BCD16: (0, 9999),
    ValueType.BCD32: (0, 99_999_999),
}
FLOAT_MAX = {ValueType.FLOAT32: 3.4028234663852886e38, ValueType.FLOAT64: 1.7976931348623157e308}
FLOAT_FORMAT = {ValueType.FLOAT32: ">f", ValueType.FLOAT64: ">d"}
REGISTERS_OF = {
    ValueType.INT32: 2,
    ValueType.UINT32: 2,
    ValueType.FLOAT32: 2,
    ValueType.BCD32: 2,
    ValueType.INT64: 4,
    ValueType.UINT64: 4,
    ValueType.FLOAT64: 4,
}
"""Those that fill more than one; strings fill half as many as their length."""
ORDER_OF_8 = {
    WordOrder.ABCD: WordOrder.ABCDEFGH,
    WordOrder.CDAB: WordOrder.GHEFCDAB,
    WordOrder.BADC: WordOrder.BADCFEHG,
    WordOrder.DCBA: WordOrder.HGFEDCBA,
}
"""What a device of such an order of four bytes does with eight."""


def registers_of(value_type: ValueType, part: Part = WHOLE) -> int:
    """How many registers a value touches."""
    if value_type is ValueType.STRING:
        return part.length if part.byte_order in _ONE_A_REGISTER else (part.length + 1) // 2
    return REGISTERS_OF.get(value_type, 1)


def mask_of(value_type: ValueType, part: Part = WHOLE) -> int:
    """The bits that it fills of each register it touches."""
    if value_type is ValueType.BOOL and part.bit is not None:
        return 1 << part.bit
    if value_type in (ValueType.INT8, ValueType.UINT8):
        return 0xFF00 if part.byte is ByteOfRegister.HIGH else 0x00FF
    return 0xFFFF


def to_bit(value: float) -> bool:
    """True from 0.5 up, so that a ramp from 0 to 1 switches in its middle."""
    return value >= 0.5


def to_integer(value: float, value_type: ValueType, scale: float) -> int:
    """The raw number (value / scale, rounded), held at the end of its range as an analogue input card does."""
    lowest, highest = INTEGER_RANGES[value_type]
    raw = value / scale
    # Compared before it is rounded, for infinity; and again after, because a float has no 2**64 - 1.
    return lowest if raw <= lowest else highest if raw >= highest else min(round(raw), highest)


def to_registers(
    value: float | str,
    value_type: ValueType,
    *,
    scale: float = 1.0,
    word_order: WordOrder = WordOrder.ABCD,
    part: Part = WHOLE,
) -> tuple[int, ...]:
    """The 16-bit registers of a value, zeros where it does not fill them.

    The word order concerns types of 32 and 64 bits; one of four bytes means for eight what `ORDER_OF_8` says.
    """
    if isinstance(value, str):
        return _text_registers(value, part)
    match value_type:
        case ValueType.BOOL:
            return (int(to_bit(value)) << (part.bit or 0),)
        case ValueType.INT16 | ValueType.UINT16:
            return (to_integer(value, value_type, scale) % 2**16,)
        case ValueType.INT8 | ValueType.UINT8:
            return (to_integer(value, value_type, scale) % 2**8 << (8 if part.byte is ByteOfRegister.HIGH else 0),)
        case ValueType.FLOAT32 | ValueType.FLOAT64:
            raw, limit = value / scale, FLOAT_MAX[value_type]
            big_endian = struct.pack(FLOAT_FORMAT[value_type], min(max(raw, -limit), limit) if math.isfinite(raw) else raw)
        case ValueType.BCD16 | ValueType.BCD32:
            digits = f"{to_integer(value, value_type, scale):0{4 * registers_of(value_type)}d}"
            big_endian = bytes.fromhex(digits)
        case _:
            lowest, _ = INTEGER_RANGES[value_type]
            big_endian = to_integer(value, value_type, scale).to_bytes(2 * registers_of(value_type), "big", signed=lowest < 0)
    return _words(_in_order(big_endian, word_order))


def from_registers(
    words: tuple[int, ...],
    value_type: ValueType,
    *,
    scale: float = 1.0,
    word_order: WordOrder = WordOrder.ABCD,
    part: Part = WHOLE,
) -> float | str | None:
    """The value that registers written by somebody stand for; None: they stand for none (a digit above 9)."""
    match value_type:
        case ValueType.STRING if (shift := _ONE_A_REGISTER.get(part.byte_order)) is not None:
            return bytes(word >> shift & 0xFF for word in words)[: part.length].rstrip(b"\0").decode("ascii", "replace")
        case ValueType.STRING:
            swapped = words if part.byte_order is ByteOrder.HIGH_FIRST else [word >> 8 | (word & 0xFF) << 8 for word in words]
            return struct.pack(f">{len(words)}H", *swapped)[: part.length].rstrip(b"\0").decode("ascii", "replace")
        case ValueType.BOOL:
            return float(bool(words[0] if part.bit is None else words[0] >> part.bit & 1))
        case ValueType.INT8 | ValueType.UINT8:
            byte = words[0] >> 8 if part.byte is ByteOfRegister.HIGH else words[0] & 0xFF
            big_endian = byte.to_bytes(1, "big")
        case _:
            big_endian = _out_of_order(struct.pack(f">{len(words)}H", *words), word_order)
    if value_type in FLOAT_FORMAT:
        return float(struct.unpack(FLOAT_FORMAT[value_type], big_endian)[0]) * scale
    if value_type in (ValueType.BCD16, ValueType.BCD32):
        digits = big_endian.hex()
        return int(digits) * scale if digits.isdecimal() else None
    return int.from_bytes(big_endian, "big", signed=INTEGER_RANGES[value_type][0] < 0) * scale


def misfit(value: float, value_type: ValueType, scale: float) -> str | None:
    """Why a value asked for by a person cannot be shown by the point; None if it can.

    A signal that runs out of its range is held at the end of it; a person who types such a value is told.
    """
    if value_type is ValueType.BOOL:
        return None if value in (0, 1) else f"must be 0 or 1, is {value:g}"
    if (limit := FLOAT_MAX.get(value_type)) is not None:
        return None if not math.isfinite(value) or abs(value / scale) <= limit else f"{value:g} is beyond {value_type.value}"
    lowest, highest = INTEGER_RANGES[value_type]
    if lowest <= value / scale <= highest:
        return None
    return f"must be {lowest * scale:g} to {highest * scale:g} ({value_type.value}, scale {scale:g}), is {value:g}"


def text_misfit(text: str, part: Part) -> str | None:
    """Why a text asked for by a person cannot be shown; None if it can. `part.length` 0: there is no limit."""
    if not text.isascii():
        return f'must be ASCII, is "{text[:40]}"'
    if part.length and len(text) > part.length:
        return f'must have at most {part.length} characters, "{text[:40]}" has {len(text)}'
    return None


def _text_registers(text: str, part: Part) -> tuple[int, ...]:
    """What is too long is cut, what is too short is filled up with zeros, as in a PLC's array of characters."""
    if (shift := _ONE_A_REGISTER.get(part.byte_order)) is not None:
        characters = text.encode("ascii", "replace")[: part.length].ljust(part.length, b"\0")
        return tuple(character << shift for character in characters)
    characters = text.encode("ascii", "replace")[: part.length].ljust(2 * registers_of(ValueType.STRING, part), b"\0")
    words = _words(characters)
    return words if part.byte_order is ByteOrder.HIGH_FIRST else tuple(word >> 8 | (word & 0xFF) << 8 for word in words)


def _in_order(big_endian: bytes, word_order: WordOrder) -> bytes:
    if len(big_endian) == 2:
        return big_endian
    order = ORDER_OF_8.get(word_order, word_order) if len(big_endian) == 8 else word_order
    return bytes(big_endian["ABCDEFGH".index(letter)] for letter in order.value)


def _out_of_order(in_order: bytes, word_order: WordOrder) -> bytes:
    if len(in_order) == 2:
        return in_order
    order = ORDER_OF_8.get(word_order, word_order) if len(in_order) == 8 else word_order
    return bytes(in_order[order.value.index(letter)] for letter in "ABCDEFGH"[: len(in_order)])


def _words(in_order: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(in_order) // 2}H", in_order)
