"""Addresses in the memory of an S7 CPU as people write them, in both mnemonics. Pure.

    DB10.DBX4.2  DB10.DBB4  DB10.DBW4  DB10.DBD4     a data block: bit, byte, word, double word
    DB10.4.2     DB10.4                              the same by the offset that the engineering tool shows
    M4.2         MB4        MW4        MD4           bit memory
    I4.2  E4.2   IB4  EB4   IW4  EW4   ID4  ED4      inputs: I in English, E in German mnemonics
    Q4.2  A4.2   QB4  AB4   QW4  AW4   QD4  AD4      outputs: Q, A

Timers and counters have formats of their own and are not read; a PLC program copies what matters of them into a data block.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

BLOCK_MAX = 65535
#: Addresses go over the wire as 24 bits that count bits; a byte address has 16 of them.
BYTE_MAX = 65535
_BIT_MAX = 7


class Area(StrEnum):
    DATA_BLOCK = "DB"
    MEMORY = "M"
    INPUT = "I"
    OUTPUT = "Q"


class Size(StrEnum):
    """What the letter in an address says about how much stands there."""

    BIT = "X"
    BYTE = "B"
    WORD = "W"
    DOUBLE = "D"

    @property
    def bytes(self) -> int:
        return {Size.BIT: 1, Size.BYTE: 1, Size.WORD: 2, Size.DOUBLE: 4}[self]


@dataclass(frozen=True, slots=True)
class Address:
    """block: number of the data block, 0 in other areas. byte: from 0. bit: of that byte, None where it is none. size: what the
    letter says; None where only an offset was written. written: as people wrote it; it makes no other address of it."""

    area: Area
    block: int
    byte: int
    bit: int | None = None
    size: Size | None = field(default=None, compare=False)
    written: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.written


class NotAnAddress(ValueError):
    """Says why by the key of a sentence of `edge/texts`."""

    def __init__(self, key: str, **arguments: object) -> None:
        super().__init__(key)
        self.key = key
        self.arguments = arguments


_BLOCK = re.compile(r"DB([0-9]{1,9})\.(?:DB([XBWD]))?([0-9]{1,9})(?:\.([0-9]{1,9}))?")
_OTHER = re.compile(r"([MIEQA])([BWD])?([0-9]{1,9})(?:\.([0-9]{1,9}))?")
_AREA_OF = {"M": Area.MEMORY, "I": Area.INPUT, "E": Area.INPUT, "Q": Area.OUTPUT, "A": Area.OUTPUT}


def parse_address(written: str) -> Address:
    """Letters may be small, and a `%` of IEC 61131-3 may stand in front. Raises NotAnAddress."""
    plain = written.strip().upper().removeprefix("%").replace(" ", "")
    if found := _BLOCK.fullmatch(plain):
        block = int(found[1])
        if not 1 <= block <= BLOCK_MAX:
            raise NotAnAddress("drivers.s7.block_range", block=block)
        return _address(Area.DATA_BLOCK, block, found[2], found[3], found[4], written.strip())
    if found := _OTHER.fullmatch(plain):
        if found[2] is None and found[4] is None:
            raise NotAnAddress("drivers.s7.size_missing", area=found[1], byte=found[3])
        return _address(_AREA_OF[found[1]], 0, found[2], found[3], found[4], written.strip())
    raise NotAnAddress("drivers.s7.address_form")


def _address(area: Area, block: int, letter: str | None, byte: str, bit: str | None, written: str) -> Address:
    size = Size(letter) if letter else (Size.BIT if bit is not None else None)
    if size is Size.BIT and bit is None:
        raise NotAnAddress("drivers.s7.bit_missing")
    if size is not Size.BIT and bit is not None:
        raise NotAnAddress("drivers.s7.bit_of_no_bit")
    if bit is not None and int(bit) > _BIT_MAX:
        raise NotAnAddress("drivers.s7.bit_range", bit=int(bit))
    if int(byte) > BYTE_MAX:
        raise NotAnAddress("drivers.s7.byte_range")
    return Address(area, block, int(byte), int(bit) if bit is not None else None, size, written)
