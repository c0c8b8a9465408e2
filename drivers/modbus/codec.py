"""Registers and bits into raw numbers and texts, and back. Pure.

A `Decoder` is built once for a read and holds, for each type, which bytes of the answer belong to which point, already in order
of significance; an answer is then decoded in a few NumPy operations whatever the number of points. Texts are few, and taken one
by one. Writes are few, too: `encode` goes the way back for one point by the same places. Not here: frames; by which function a
value is written (`write.py`); what a raw number is worth (`drivers/measuring.py`).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.modbus.config import BITS_OF_REGISTER, ModbusConnection, ModbusPoint
from drivers.modbus.layout import ByteOfRegister, ByteOrder, PointType
from drivers.modbus.plan import Read
from edge.model.sample import value_of_text

#: How bytes in order of significance are a number. BCD is a number only after its digits are taken apart.
_BIG_ENDIAN: Mapping[PointType, np.dtype[Any]] = {
    PointType.BOOL: np.dtype(">u2"),
    PointType.INT8: np.dtype("i1"),
    PointType.UINT8: np.dtype("u1"),
    PointType.INT16: np.dtype(">i2"),
    PointType.UINT16: np.dtype(">u2"),
    PointType.INT32: np.dtype(">i4"),
    PointType.UINT32: np.dtype(">u4"),
    PointType.INT64: np.dtype(">i8"),
    PointType.UINT64: np.dtype(">u8"),
    PointType.FLOAT32: np.dtype(">f4"),
    PointType.FLOAT64: np.dtype(">f8"),
}
_OF_DIGITS = (PointType.BCD16, PointType.BCD32)
ALL_BITS = (1 << BITS_OF_REGISTER) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """raw: the number of each of the read's points, in its order; of a text its `value_of_text`. NaN for what is none (a BCD
    digit above 9, a text that cannot be printed); a float may also be infinite. text: the texts themselves, by place in raw."""

    raw: NDArray[np.float64]
    text: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class _Gather:
    """The points of one type. places: their places in the result; source: one row of byte numbers a point, the most significant
    first; mask: of a bool, the bits of its register that count."""

    kind: PointType
    places: NDArray[np.intp]
    source: NDArray[np.intp]
    mask: NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class _Text:
    place: int
    source: NDArray[np.intp]


class Decoder:
    """Decodes the answers to one read. points: all points of the device, as the read's positions count them."""

    def __init__(self, read: Read, points: Sequence[ModbusPoint], connection: ModbusConnection) -> None:
        wanted = [points[position] for position in read.points]
        self.positions: NDArray[np.intp] = np.array(read.points, dtype=np.intp)
        self._of_bits = read.table.holds_bits
        self._bits = np.array([point.address.number - read.address for point in wanted], dtype=np.intp)
        self._gathers = [] if self._of_bits else _gathers(read, wanted, connection)
        self._straight, self._from = _straight(self._gathers, len(wanted))
        self._texts = [
            _Text(place, np.array(_bytes_of_text(point, read.address), dtype=np.intp))
            for place, point in enumerate(wanted)
            if point.is_text
        ]

    def decode(self, data: bytes) -> Decoded:
        """data: as `ModbusLink.read` gives it, of full length."""
        came = np.frombuffer(data, dtype=np.uint8)
        if self._of_bits:
            return Decoded(np.unpackbits(came, bitorder="little")[self._bits].astype(np.float64), {})
        if self._straight is not None:
            with np.errstate(invalid="ignore"):
                return Decoded(np.frombuffer(data, self._straight, len(self.positions), self._from).astype(np.float64), {})
        raw = np.full(len(self.positions), np.nan)
        with np.errstate(invalid="ignore"):  # NumPy warns of signalling NaNs, which are among what comes
            for gather in self._gathers:
                raw[gather.places] = _numbers(gather, came[gather.source])
        texts = {each.place: text_of(came[each.source].tobytes()) for each in self._texts}
        known = {place: text for place, text in texts.items() if text is not None}
        for place, text in known.items():
            raw[place] = value_of_text(text)
        return Decoded(raw, known)


def text_of(data: bytes) -> str | None:
    """Bytes of a text in their order, without the NULs and blanks behind it; None when they are no text that can be printed."""
    try:
        text = data.rstrip(b"\0 ").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def bcd(digits: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Binary coded decimals, one row of bytes a number, two digits a byte, the first digit first; NaN when one is above 9."""
    number = np.zeros(len(digits))
    is_decimal = np.ones(len(digits), dtype=np.bool_)
    for column in digits.T:
        for digit in (column >> 4, column & 0x0F):
            number = 10 * number + digit
            is_decimal &= digit <= 9
    return np.where(is_decimal, number, np.nan)


def _numbers(gather: _Gather, came: NDArray[np.uint8]) -> NDArray[np.float64]:
    if gather.kind in _OF_DIGITS:
        return bcd(came)
    number: NDArray[Any] = came.view(_BIG_ENDIAN[gather.kind])[:, 0]
    return (number & gather.mask != 0 if gather.kind is PointType.BOOL else number).astype(np.float64)


def _gathers(read: Read, wanted: Sequence[ModbusPoint], connection: ModbusConnection) -> list[_Gather]:
    found = []
    for kind in PointType:
        places = [place for place, point in enumerate(wanted) if point.kind is kind]
        if places and kind is not PointType.STRING:
            source = [_bytes_of(wanted[place], read.address, connection) for place in places]
            mask = [_mask_of(wanted[place]) for place in places]
            found.append(
                _Gather(
                    kind,
                    np.array(places, dtype=np.intp),
                    np.array(source, dtype=np.intp),
                    np.array(mask, dtype=np.uint16),
                )
            )
    return found


def _straight(gathers: Sequence[_Gather], points: int) -> tuple[np.dtype[Any] | None, int]:
    """Where one type is all there is, and its bytes follow each other as numbers of ours do: how they are one column, and from
    which byte on. Most devices' are."""
    if len(gathers) != 1 or len(gathers[0].places) < points or gathers[0].kind in (PointType.BOOL, *_OF_DIGITS):
        return None, 0
    source = gathers[0].source.ravel()
    if not np.array_equal(source, np.arange(source[0], source[0] + len(source))):
        return None, 0
    return _BIG_ENDIAN[gathers[0].kind], int(source[0])


def _mask_of(point: ModbusPoint) -> int:
    return ALL_BITS if point.bit is None else 1 << point.bit


def _bytes_of(point: ModbusPoint, first_register: int, connection: ModbusConnection) -> tuple[int, ...]:
    start = 2 * (point.address.number - first_register)
    if point.kind in (PointType.INT8, PointType.UINT8):
        return (start if point.byte is ByteOfRegister.HIGH else start + 1,)
    if point.width == 1:
        return (start, start + 1)
    return tuple(start + place for place in point.order_on(connection).places)


def _bytes_of_text(point: ModbusPoint, first_register: int) -> list[int]:
    start = 2 * (point.address.number - first_register)
    numbers = range(point.length or 0)
    match point.byte_order or ByteOrder.HIGH_FIRST:
        case ByteOrder.HIGH_FIRST:
            return [start + number for number in numbers]
        case ByteOrder.LOW_FIRST:
            return [start + (number ^ 1) for number in numbers]
        case ByteOrder.HIGH_ONLY:
            return [start + 2 * number for number in numbers]
        case ByteOrder.LOW_ONLY:
            return [start + 2 * number + 1 for number in numbers]


class Unfit(StrEnum):
    """Why a point cannot hold a value."""

    NOT_A_NUMBER = "not_a_number"
    """A text, infinite, or none at all, where a number belongs."""
    NOT_A_TEXT = "not_a_text"
    NOT_WHOLE = "not_whole"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"
    """More bytes in UTF-8 than the string has."""
    NOT_KEPT = "not_kept"
    """A text that would read back as another: blanks or NULs behind it, or what cannot be printed."""


def encode(point: ModbusPoint, connection: ModbusConnection, raw: float | str) -> bytes | Unfit:
    """The registers of a point as they go over the wire, which decode to `raw` again, or a reason; a float takes its nearest.
    Of a point that is part of a register: that part alone, as a number of one byte."""
    if point.is_text:
        return _encode_text(point, raw)
    if isinstance(raw, str) or not math.isfinite(raw):
        return Unfit.NOT_A_NUMBER
    big_endian = _big_endian(point, raw)
    if isinstance(big_endian, Unfit) or len(big_endian) == 1:
        return big_endian
    came = bytearray(2 * point.width)
    for place, byte in zip(_bytes_of(point, point.address.number, connection), big_endian, strict=True):
        came[place] = byte
    return bytes(came)


def _big_endian(point: ModbusPoint, raw: float) -> bytes | Unfit:
    """Bytes in order of significance."""
    kind = point.kind
    if kind in (PointType.FLOAT32, PointType.FLOAT64):
        try:
            return struct.pack(">f" if kind is PointType.FLOAT32 else ">d", raw)
        except OverflowError:
            return Unfit.OUT_OF_RANGE
    if raw != int(raw):
        return Unfit.NOT_WHOLE
    number, (low, high) = int(raw), _RANGE[kind]
    if not low <= number <= high:
        return Unfit.OUT_OF_RANGE
    if kind in (PointType.BCD16, PointType.BCD32):
        return bytes.fromhex(f"{number:0{4 * point.width}d}")
    size = 1 if _is_part_of_register(point) else 2 * point.width
    return number.to_bytes(size, "big", signed=low < 0)


def _encode_text(point: ModbusPoint, raw: float | str) -> bytes | Unfit:
    if not isinstance(raw, str):
        return Unfit.NOT_A_TEXT
    try:
        written = raw.encode()
    except UnicodeEncodeError:
        return Unfit.NOT_KEPT
    if len(written) > (point.length or 0):
        return Unfit.TOO_LONG
    if text_of(written) != raw:
        return Unfit.NOT_KEPT
    came = bytearray(2 * point.width)
    for place, byte in zip(_bytes_of_text(point, point.address.number), written, strict=False):
        came[place] = byte
    return bytes(came)


def _is_part_of_register(point: ModbusPoint) -> bool:
    return point.bit is not None or point.kind in (PointType.INT8, PointType.UINT8)


def _whole_numbers(bits: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (-(1 << bits - 1), (1 << bits - 1) - 1), (0, (1 << bits) - 1)


_RANGE: Mapping[PointType, tuple[int, int]] = {
    PointType.BOOL: (0, 1),
    PointType.BCD16: (0, 9999),
    PointType.BCD32: (0, 99_999_999),
} | {
    kind: limits
    for bits, kinds in (
        (8, (PointType.INT8, PointType.UINT8)),
        (16, (PointType.INT16, PointType.UINT16)),
        (32, (PointType.INT32, PointType.UINT32)),
        (64, (PointType.INT64, PointType.UINT64)),
    )
    for kind, limits in zip(kinds, _whole_numbers(bits), strict=True)
}
