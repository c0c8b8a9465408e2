"""How a value is laid down in the bytes of an S7 CPU: most significant byte first, always. Pure. Decoding is in `codec.py`."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np


class PointType(StrEnum):
    """By the names of this gateway; what STEP 7 calls them stands behind."""

    BOOL = "bool"
    INT8 = "int8"  # SINT
    UINT8 = "uint8"  # BYTE, USINT
    INT16 = "int16"  # INT
    UINT16 = "uint16"  # WORD, UINT
    INT32 = "int32"  # DINT, TIME
    UINT32 = "uint32"  # DWORD, UDINT
    INT64 = "int64"  # LINT
    UINT64 = "uint64"  # LWORD, ULINT
    FLOAT32 = "float32"  # REAL
    FLOAT64 = "float64"  # LREAL
    STRING = "string"  # STRING
    WSTRING = "wstring"  # WSTRING

    @property
    def is_text(self) -> bool:
        return self in (PointType.STRING, PointType.WSTRING)


#: How the bytes of a number are one.
BIG_ENDIAN: Mapping[PointType, np.dtype[Any]] = {
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
#: In front of the characters: how many there may be and how many there are. STRING counts in bytes, WSTRING in words.
STRING_HEADER, WSTRING_HEADER = 2, 4


def width_of(kind: PointType, length: int) -> int:
    """Bytes it takes. length: of a text, the characters it was declared with."""
    match kind:
        case PointType.BOOL:
            return 1
        case PointType.STRING:
            return STRING_HEADER + length
        case PointType.WSTRING:
            return WSTRING_HEADER + 2 * length
    return BIG_ENDIAN[kind].itemsize
