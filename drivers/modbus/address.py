"""Addresses in every way people write them, and back. Pure.

    protocol     holding 0     coil 2      table and number, from 0, as it goes over the wire
    hex          holding 0x00  coil 0x02   the same in hexadecimal
    five_digits  40001         "00003"     the table's digit and four digits, from 1; ends at 9999
    six_digits   400001        "000003"    the table's digit and five digits, from 1
    four_x       4x0001        0x 0003     the table's digit, x and the number, from 1

Each column is one address. The table's digit: 0 coil, 1 discrete, 3 input, 4 holding. That a device keeps to one way is seen to
by `edge/config/devices.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ADDRESS_MAX = 65535
FIVE_DIGITS_MAX = 9999


class Table(StrEnum):
    """The four tables of the Modbus data model."""

    COIL = "coil"
    DISCRETE = "discrete"
    INPUT = "input"
    HOLDING = "holding"

    @property
    def function(self) -> int:
        """The function code that reads it."""
        return {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}[self]

    @property
    def holds_bits(self) -> bool:
        return self in (Table.COIL, Table.DISCRETE)

    @property
    def digit(self) -> str:
        """By which manuals call it, in front of the number."""
        return _DIGIT[self]


_DIGIT = {Table.COIL: "0", Table.DISCRETE: "1", Table.INPUT: "3", Table.HOLDING: "4"}
_TABLE_OF = {digit: table for table, digit in _DIGIT.items()}


class Notation(StrEnum):
    """A way to write an address; the value is an example of it."""

    PROTOCOL = "holding 0"
    HEX = "holding 0x0"
    FIVE_DIGITS = "40001"
    SIX_DIGITS = "400001"
    FOUR_X = "4x0001"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """number: from 0, as it goes over the wire. notation: how it was written; it makes no other address of it."""

    table: Table
    number: int
    notation: Notation = field(default=Notation.PROTOCOL, compare=False)

    def __str__(self) -> str:
        """In its own notation; five digits become six beyond their end."""
        match self.notation:
            case Notation.PROTOCOL:
                return f"{self.table} {self.number}"
            case Notation.HEX:
                return f"{self.table} 0x{self.number:02X}"
            case Notation.FIVE_DIGITS if self.number < FIVE_DIGITS_MAX:
                return f"{self.table.digit}{self.number + 1:04}"
            case Notation.FIVE_DIGITS | Notation.SIX_DIGITS:
                return f"{self.table.digit}{self.number + 1:05}"
        space = " " if self.table is Table.COIL else ""
        return f"{self.table.digit}x{space}{self.number + 1:04}"


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """Addresses of a table, both ends included."""

    table: Table
    first: int
    last: int


class NotAnAddress(ValueError):
    """Says why by a sentence of `edge/texts`: its key, and the arguments beside the address itself."""

    def __init__(self, key: str, **arguments: object) -> None:
        super().__init__(key)
        self.key = key
        self.arguments: Mapping[str, object] = arguments


_NAMED = re.compile(r"(coil|discrete|input|holding)\s+(?:0[xX]([0-9A-Fa-f]{1,8})|([0-9]{1,9}))")
_DIGITS = re.compile(r"([0-9])([0-9]{4,5})")
_FOUR_X = re.compile(r"([0-9])[xX](\s*)([0-9]{1,5})")
_BARE_HEX = re.compile(r"0[xX][0-9A-Fa-f]+")


def parse_address(written: str) -> Address:
    """What people wrote, as an address that remembers how. Raises NotAnAddress."""
    written = written.strip()
    if found := _NAMED.fullmatch(written):
        table, hexadecimal, decimal = found.groups()
        number = int(hexadecimal, 16) if hexadecimal else int(decimal)
        return _within(Table(table), number, Notation.HEX if hexadecimal else Notation.PROTOCOL)
    if _BARE_HEX.fullmatch(written):
        # `0x0010` is coil 10 to one reader and register 16 to the next.
        raise NotAnAddress("drivers.modbus.address_ambiguous", number=written[2:])
    if found := _FOUR_X.fullmatch(written):
        return _counted_from_1(found[1], int(found[3]), Notation.FOUR_X)
    if found := _DIGITS.fullmatch(written):
        notation = Notation.FIVE_DIGITS if len(written) == len(Notation.FIVE_DIGITS) else Notation.SIX_DIGITS
        return _counted_from_1(found[1], int(found[2]), notation)
    raise NotAnAddress("drivers.modbus.address_form")


def _counted_from_1(digit: str, number: int, notation: Notation) -> Address:
    table = _TABLE_OF.get(digit)
    if table is None:
        raise NotAnAddress("drivers.modbus.address_table", digit=digit)
    if number == 0:
        raise NotAnAddress("drivers.modbus.address_zero", protocol=f"{table} 0")
    return _within(table, number - 1, notation)


def _within(table: Table, number: int, notation: Notation) -> Address:
    if number > ADDRESS_MAX:
        last = Address(table, ADDRESS_MAX, notation)
        raise NotAnAddress("drivers.modbus.address_range", last=str(last))
    return Address(table, number, notation)
