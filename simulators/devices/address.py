"""Addresses of points, as plans and manuals write them. Pure.

holding 0     coil 2       holding 0x0A     table and number, from 0, as it goes over the wire
40001         400001       4x0001           the table's digit and the number, from 1; 4x0001 is holding 0
"00003"       "000003"     0x 0003          coils: with quotes, or YAML takes away the zeros
"""

from __future__ import annotations

import re

from simulators.devices.modbus_unit import ADDRESSES
from simulators.devices.point import ModbusAddress, Table

_TABLE_OF = {"0": Table.COIL, "1": Table.DISCRETE, "3": Table.INPUT, "4": Table.HOLDING}
_NAMED = re.compile(r"(coil|discrete|input|holding)\s+(0[xX][0-9A-Fa-f]{1,4}|[0-9]{1,5})")
_COUNTED = re.compile(r"([0134])(?:([0-9]{4,5})|[xX]([0-9]{1,5})|[xX]\s+([0-9]{1,5}))")


def parse_address(written: str | int) -> ModbusAddress | None:
    """None for anything else, `0x10` too: a coil to one reader, register 16 to the next."""
    text = str(written).strip()
    if found := _NAMED.fullmatch(text):
        hexadecimal = found[2].lower().startswith("0x")
        table, number = Table(found[1]), int(found[2], 16 if hexadecimal else 10)
    elif (found := _COUNTED.fullmatch(text)) and not (found[1] == "0" and found[3]):
        table, number = _TABLE_OF[found[1]], int(found[2] or found[3] or found[4]) - 1
    else:
        return None
    return ModbusAddress(table, number) if 0 <= number < ADDRESSES else None
