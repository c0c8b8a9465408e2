"""Asks a Modbus device for a few registers, politely, through the driver's own link. It only reads.

Not here: sockets (`drivers/modbus/link.py`), what the registers may mean (`readings.py`), words (`modbus.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.modbus.address import ADDRESS_MAX, Address, Table
from drivers.modbus.poll import GONE_CODES
from edge.model.errors import DeviceRefused
from edge.model.moment import MILLISECOND
from edge.ports import Clock, ModbusLink

#: Silence between two requests, for devices that are slow.
PAUSE = 50 * MILLISECOND


@dataclass(frozen=True, slots=True)
class Window:
    """What stands at the addresses asked for, and at one below and one above. cells: by protocol address: a register, or a bit;
    refused: by protocol address: the Modbus exception."""

    unit: int
    address: Address
    count: int
    cells: Mapping[int, int]
    refused: Mapping[int, int]

    @property
    def asked(self) -> range:
        return range(self.address.number, self.address.number + self.count)

    @property
    def is_all_refused(self) -> bool:
        """Whether nothing that was asked for could be read; its neighbours do not count."""
        return not any(number in self.cells for number in self.asked)

    @property
    def numbers(self) -> list[int]:
        return sorted({*self.cells, *self.refused})


async def look(link: ModbusLink, clock: Clock, unit: int, address: Address, count: int) -> Window:
    """One request; when the device refuses it, one for each address. count: 1 to 60. Raises DriverError when the device cannot
    be heard."""
    first = max(0, address.number - 1)
    last = min(ADDRESS_MAX, address.number + count)
    numbers = range(first, last + 1)
    cells: dict[int, int] = {}
    refused: dict[int, int] = {}
    try:
        data = await link.read(unit, address.table.function, first, len(numbers))
        cells = dict(zip(numbers, cells_of(address.table, data), strict=False))
    except DeviceRefused as error:
        if error.code in GONE_CODES:
            raise
        for number in numbers:
            await clock.sleep_until(clock.now() + PAUSE)
            try:
                data = await link.read(unit, address.table.function, number, 1)
                cells[number] = cells_of(address.table, data)[0]
            except DeviceRefused as each:
                refused[number] = each.code
    return Window(unit, address, count, cells, refused)


def cells_of(table: Table, data: bytes) -> list[int]:
    """Registers, or bits, of an answer; of bits also those that fill up its last byte."""
    if table.holds_bits:
        return [data[number // 8] >> (number % 8) & 1 for number in range(8 * len(data))]
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]
