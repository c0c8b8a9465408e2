"""Bytes of an S7 CPU into raw numbers and texts, and back. Pure.

A `Decoder` is built once for a read and holds, for each type, which bytes of the answer belong to which point; an answer is
then decoded in a few NumPy operations whatever the number of points. Not here: frames (`link.py`); what a raw number is worth
(`drivers/measuring.py`).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.s7.config import S7Point, TextEncoding
from drivers.s7.layout import BIG_ENDIAN, STRING_HEADER, WSTRING_HEADER, PointType
from drivers.s7.plan import Read
from edge.model.sample import value_of_text


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """raw: the number of each of the read's points, in its order; of a text its `value_of_text`. NaN for what is none (a text
    that contradicts its own header or cannot be printed). text: the texts themselves, by place in raw."""

    raw: NDArray[np.float64]
    text: Mapping[int, str]


class Decoder:
    """Decodes the answers to one read. points: all points of the device, as the read's positions count them."""

    def __init__(self, read: Read, points: Sequence[S7Point]) -> None:
        self.positions: NDArray[np.intp] = np.array(read.points, dtype=np.intp)
        wanted = [points[position] for position in read.points]
        first = [point.address.byte - read.start for point in wanted]
        self._bits = [place for place, point in enumerate(wanted) if point.kind is PointType.BOOL]
        self._bit_byte = np.array([first[place] for place in self._bits], dtype=np.intp)
        self._bit_mask = np.array([1 << (wanted[place].address.bit or 0) for place in self._bits], dtype=np.uint8)
        self._numbers = []
        for kind, form in BIG_ENDIAN.items():
            places = [place for place, point in enumerate(wanted) if point.kind is kind]
            if places:
                source = np.array([[first[place] + at for at in range(form.itemsize)] for place in places], dtype=np.intp)
                self._numbers.append((form, places, source))
        self._texts = [(place, point, first[place]) for place, point in enumerate(wanted) if point.is_text]

    def decode(self, data: bytes) -> Decoded:
        """data: as `S7Link.read` gives it, of full length."""
        came = np.frombuffer(data, dtype=np.uint8)
        raw = np.full(len(self.positions), np.nan)
        raw[self._bits] = came[self._bit_byte] & self._bit_mask != 0
        with np.errstate(invalid="ignore"):  # NumPy warns of signalling NaNs, which are among what comes
            for form, places, source in self._numbers:
                raw[places] = came[source].view(form)[:, 0].astype(np.float64)
        texts = {place: text_of(data[first : first + point.width], point) for place, point, first in self._texts}
        known = {place: text for place, text in texts.items() if text is not None}
        for place, text in known.items():
            raw[place] = value_of_text(text)
        return Decoded(raw, known)


def text_of(data: bytes, point: S7Point) -> str | None:
    """A STRING or WSTRING with its header; None when it says that it is longer than it was declared, or cannot be printed."""
    if point.kind is PointType.WSTRING:
        _, length = struct.unpack_from(">HH", data)
        characters, encoding = data[WSTRING_HEADER : WSTRING_HEADER + 2 * length], "utf-16-be"
    else:
        length = data[1]
        characters, encoding = data[STRING_HEADER : STRING_HEADER + length], str(point.encoding or TextEncoding.UTF_8)
    if length > (point.length or 0):
        return None
    try:
        text = characters.decode(encoding).rstrip("\0 ")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


class DoesNotFit(ValueError):
    """The value is none that its place could hold; says why for the record."""


def encode(raw: float | str, point: S7Point) -> bytes:
    """The bytes of a raw number or a text, as `decode` reads them; of a bool one byte, 0 or 1. Raises DoesNotFit."""
    if isinstance(raw, str) or point.is_text:
        return _text(raw, point)
    if point.kind is PointType.BOOL:
        if raw not in (0, 1):
            raise DoesNotFit(f"{raw:g} is neither 0 nor 1")
        return bytes([int(raw)])
    form = BIG_ENDIAN[point.kind]
    if form.kind == "f":
        if not math.isfinite(raw):
            raise DoesNotFit("it is no finite number")
        with np.errstate(over="ignore"):
            number = np.array(raw, dtype=form)
        if not np.isfinite(number):
            raise DoesNotFit(f"{raw:g} is beyond what {point.kind} holds")
        return number.tobytes()
    whole = round(raw) if math.isfinite(raw) else None
    limits = np.iinfo(form)
    if whole is None or abs(raw - whole) > _ROUNDING * max(1.0, abs(raw)):
        raise DoesNotFit(f"{raw:g} is no whole number")
    if not limits.min <= whole <= limits.max:
        raise DoesNotFit(f"{whole} is beyond what {point.kind} holds, {limits.min} to {limits.max}")
    return np.array(whole, dtype=form).tobytes()


#: What a scale leaves of a whole number: 12.3 / 0.1 is 123 but for this.
_ROUNDING = 1e-9


def _text(raw: float | str, point: S7Point) -> bytes:
    if not isinstance(raw, str) or not point.is_text:
        raise DoesNotFit(f"a {point.kind} is no place for it")
    length = point.length or 0
    wide = point.kind is PointType.WSTRING
    try:
        characters = raw.encode("utf-16-be" if wide else str(point.encoding or TextEncoding.UTF_8))
    except UnicodeEncodeError:
        raise DoesNotFit(f"{point.encoding or TextEncoding.UTF_8} has not all of its characters") from None
    count = len(characters) // 2 if wide else len(characters)
    if count > length:
        raise DoesNotFit(f"it takes {count} characters of {length}")
    header = struct.pack(">HH", length, count) if wide else bytes([length, count])
    return header + characters.ljust(2 * length if wide else length, b"\0")
