"""Writes to a unit: which cells a request fills, and what its points are then. Pure.

    5 one coil   6 one register   15 several coils   16 several registers   22 some bits of a register

(Modbus Application Protocol V1.1b3, 6.5, 6.6, 6.11, 6.12, 6.16.) Not here: reads (`modbus_unit.py`), frames (`mbap.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from simulators.devices.point import Table

COIL, REGISTER, COILS, REGISTERS, MASK = 5, 6, 15, 16, 22
WRITE_FUNCTIONS = frozenset({COIL, REGISTER, COILS, REGISTERS, MASK})
WRITE_BITS_MAX = 1968  # 6.11
WRITE_REGISTERS_MAX = 123  # 6.12
_ALL = 0xFFFF


@dataclass(frozen=True, slots=True)
class Cells:
    """What a request writes: of a table, by address, the bits that are written (mask) and what they are then (value)."""

    table: Table
    written: Mapping[int, tuple[int, int]]

    def over(self, address: int, before: int) -> int:
        """What stands in a cell afterwards."""
        mask, value = self.written.get(address, (0, 0))
        return before & ~mask | value & mask


def cells_of(function: int, address: int, data: bytes) -> Cells | None:
    """data: what follows the address in the request. None: the request makes no sense (exception 3)."""
    if function == COIL and data in (b"\xff\x00", b"\x00\x00"):
        return Cells(Table.COIL, {address: (1, data[0] & 1)})
    if function == REGISTER and len(data) == 2:
        return Cells(Table.HOLDING, {address: (_ALL, int.from_bytes(data, "big"))})
    if function == MASK and len(data) == 4:
        kept, added = struct.unpack(">HH", data)
        return Cells(Table.HOLDING, {address: (_ALL & ~kept, added)})
    if function in (COILS, REGISTERS) and len(data) >= 3:
        return _several(function, address, data)
    return None


def _several(function: int, address: int, data: bytes) -> Cells | None:
    count, size = struct.unpack_from(">HB", data)
    body = data[3:]
    if function == COILS:
        if not 1 <= count <= WRITE_BITS_MAX or size != (count + 7) // 8 or len(body) != size:
            return None
        bits = int.from_bytes(body, "little")
        return Cells(Table.COIL, {address + place: (1, bits >> place & 1) for place in range(count)})
    if not 1 <= count <= WRITE_REGISTERS_MAX or size != 2 * count or len(body) != size:
        return None
    words = struct.unpack(f">{count}H", body)
    return Cells(Table.HOLDING, {address + place: (_ALL, word) for place, word in enumerate(words)})


def echo_of(function: int, address: int, data: bytes) -> bytes:
    """What a device says to a write that it has carried out, behind the function code."""
    return address.to_bytes(2, "big") + (data[:2] if function in (COILS, REGISTERS) else data)
