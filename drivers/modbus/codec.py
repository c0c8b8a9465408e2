"""Registers and bits into raw numbers. Pure.

A `Decoder` is built once for a read and holds, for each type, which bytes of the answer belong to which point, already in
order of significance; an answer is then decoded in a few NumPy operations whatever the number of points. Not here: frames; what a raw number is
worth (`drivers/measuring.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.modbus.config import ModbusPoint, PointType, WordOrder
from drivers.modbus.plan import Read

#: Where the bytes A, B, C, D are found among the four that came.
_PLACES = {
    WordOrder.ABCD: (0, 1, 2, 3),
    WordOrder.CDAB: (2, 3, 0, 1),
    WordOrder.BADC: (1, 0, 3, 2),
    WordOrder.DCBA: (3, 2, 1, 0),
}
_BIG_ENDIAN: Mapping[PointType, np.dtype[Any]] = {
    PointType.BOOL: np.dtype(">u2"),
    PointType.INT16: np.dtype(">i2"),
    PointType.UINT16: np.dtype(">u2"),
    PointType.INT32: np.dtype(">i4"),
    PointType.FLOAT32: np.dtype(">f4"),
}


@dataclass(frozen=True, slots=True)
class _Gather:
    """The points of one type. places: their places in the result; source: one row of byte numbers a point, A first."""

    kind: PointType
    places: NDArray[np.intp]
    source: NDArray[np.intp]


class Decoder:
    """Decodes the answers to one read. points: all points of the device, as the read's positions count them."""

    def __init__(self, read: Read, points: Sequence[ModbusPoint]) -> None:
        wanted = [points[position] for position in read.points]
        self.positions: NDArray[np.intp] = np.array(read.points, dtype=np.intp)
        self._of_bits = read.table.holds_bits
        self._bits = np.array([point.address.number - read.address for point in wanted], dtype=np.intp)
        self._gathers = [] if self._of_bits else _gathers(read, wanted)

    def decode(self, data: bytes) -> NDArray[np.float64]:
        """The raw number of each of the read's points, in its order; floats may be NaN or infinite. data: as `ModbusLink.read`
        gives it, of full length."""
        came = np.frombuffer(data, dtype=np.uint8)
        with np.errstate(invalid="ignore"):  # NumPy warns of signalling NaNs, which are among what comes
            return self._bits_of(came) if self._of_bits else self._numbers_of(came)

    def _bits_of(self, came: NDArray[np.uint8]) -> NDArray[np.float64]:
        return np.unpackbits(came, bitorder="little")[self._bits].astype(np.float64)

    def _numbers_of(self, came: NDArray[np.uint8]) -> NDArray[np.float64]:
        raw = np.empty(len(self.positions))
        for gather in self._gathers:
            number = came[gather.source].view(_BIG_ENDIAN[gather.kind])[:, 0]
            raw[gather.places] = number != 0 if gather.kind is PointType.BOOL else number
        return raw


def _gathers(read: Read, wanted: Sequence[ModbusPoint]) -> list[_Gather]:
    found = []
    for kind in PointType:
        places = [place for place, point in enumerate(wanted) if point.kind is kind]
        if places:
            source = [_bytes_of(wanted[place], read.address) for place in places]
            found.append(_Gather(kind, np.array(places, dtype=np.intp), np.array(source, dtype=np.intp)))
    return found


def _bytes_of(point: ModbusPoint, first_register: int) -> tuple[int, ...]:
    start = 2 * (point.address.number - first_register)
    if point.kind.width == 1:
        return (start, start + 1)
    return tuple(start + place for place in _PLACES[point.word_order])
