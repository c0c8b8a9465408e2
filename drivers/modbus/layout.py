"""How a value is laid down in registers: types, and the orders of their bytes. Pure. Decoding is in `codec.py`."""

from __future__ import annotations

from enum import StrEnum


class PointType(StrEnum):
    """What the bits of a point mean."""

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

    @property
    def width(self) -> int:
        """Registers it takes; 1 for a bool, also in the tables of bits; 0 for a string, which says so itself."""
        return _WIDTH.get(self, 1)

    @property
    def orders(self) -> tuple[WordOrder, ...]:
        """Those in which its registers may come; none for what fits in one register, and for strings."""
        return tuple(order for order in WordOrder if len(order) == 2 * self.width)


_WIDTH = {
    PointType.INT32: 2,
    PointType.UINT32: 2,
    PointType.FLOAT32: 2,
    PointType.BCD32: 2,
    PointType.INT64: 4,
    PointType.UINT64: 4,
    PointType.FLOAT64: 4,
    PointType.STRING: 0,
}


class WordOrder(StrEnum):
    """In which order the bytes of a value come over the wire; A is the most significant."""

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

    @property
    def places(self) -> tuple[int, ...]:
        """Where A, B, C, ... are found among the bytes that came."""
        return tuple(self.index(letter) for letter in sorted(self))

    @property
    def of_8_bytes(self) -> WordOrder:
        """What a device of this order of 4 bytes does with 8."""
        return _OF_8[self]


_OF_8 = {
    WordOrder.ABCD: WordOrder.ABCDEFGH,
    WordOrder.CDAB: WordOrder.GHEFCDAB,
    WordOrder.BADC: WordOrder.BADCFEHG,
    WordOrder.DCBA: WordOrder.HGFEDCBA,
}


class ByteOfRegister(StrEnum):
    """Which half of a register an 8-bit value is."""

    HIGH = "high"
    LOW = "low"


class ByteOrder(StrEnum):
    """Where the characters of a text are in its registers."""

    HIGH_FIRST = "high_first"
    """Two a register, the earlier in its high half."""
    LOW_FIRST = "low_first"
    """Two a register, the earlier in its low half."""
    HIGH_ONLY = "high_only"
    """One a register, in its high half."""
    LOW_ONLY = "low_only"
    """One a register, in its low half."""

    @property
    def characters(self) -> int:
        """Bytes of text in a register."""
        return 1 if self in (ByteOrder.HIGH_ONLY, ByteOrder.LOW_ONLY) else 2
