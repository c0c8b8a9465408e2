"""Finds out which unit ids answer behind an address, and which tables a unit has. It only reads, few requests, with pauses.

Not here: words (`modbus.py`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from drivers.base import ConnectionLost
from drivers.modbus.address import Address, Table
from drivers.modbus.poll import GONE_CODES
from edge.model.errors import DeviceRefused, DeviceUnreachable
from edge.ports import Clock, ModbusLink
from edge.probe.registers import PAUSE

#: Where maps of registers usually begin: at 0 or 1, at a round number, at 40000 (SunSpec).
USUAL_STARTS = (0, 1, 100, 1000, 4096, 40000)


@dataclass(frozen=True, slots=True)
class UnitFound:
    """A unit that answered. code: the exception it answered with; None: with a register."""

    unit: int
    code: int | None


@dataclass(frozen=True, slots=True)
class UnitSilent:
    """A unit that did not answer, or that the gateway cannot reach."""

    unit: int


@dataclass(frozen=True, slots=True)
class TableFound:
    """A table of a unit. address: the first of the usual ones at which it answers; None: it refused all. code: how it refused
    the last."""

    table: Table
    address: Address | None
    code: int | None


async def scan_units(link: ModbusLink, clock: Clock, units: Iterable[int]) -> AsyncIterator[UnitFound | UnitSilent]:
    """Ask each unit for holding register 0; any exception of its own is an answer too. A silent unit costs the link's time-out.
    What is no answer ends it, because others on the line may be troubled by us. Raises ConnectionLost, BadResponse."""
    for unit in units:
        try:
            await link.read(unit, Table.HOLDING.function, 0, 1)
            yield UnitFound(unit, None)
        except DeviceRefused as error:
            yield UnitSilent(unit) if error.code in GONE_CODES else UnitFound(unit, error.code)
        except ConnectionLost:
            raise
        except DeviceUnreachable:
            yield UnitSilent(unit)
        await clock.sleep_until(clock.now() + PAUSE)


async def scan_tables(link: ModbusLink, clock: Clock, unit: int) -> list[TableFound]:
    """At most 24 requests. A table whose function the unit does not know is asked once. Raises DriverError."""
    found = []
    for table in (Table.HOLDING, Table.INPUT, Table.COIL, Table.DISCRETE):
        found.append(await _scan_table(link, clock, unit, table))
    return found


async def _scan_table(link: ModbusLink, clock: Clock, unit: int, table: Table) -> TableFound:
    code = None
    for number in USUAL_STARTS:
        await clock.sleep_until(clock.now() + PAUSE)
        try:
            await link.read(unit, table.function, number, 1)
        except DeviceRefused as error:
            code = error.code
            if code == 1 or code in GONE_CODES:
                break
        else:
            return TableFound(table, Address(table, number), None)
    return TableFound(table, None, code)
