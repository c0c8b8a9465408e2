"""`andon probe modbus`: asks a device for a few registers, or finds out what answers. Thin: through the driver's own link.

Not here: asking (`registers.py`, `scan.py`), what it comes to in words and as JSON (`modbus_text.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.base import ConnectionLost
from drivers.modbus.frame import BadFrame
from edge.model.errors import BadResponse, DeviceRefused, DriverError
from edge.ports import Clock, Links, ModbusLink
from edge.probe.modbus_wish import Wish
from edge.probe.reach import Reach, reach
from edge.probe.registers import Window, look
from edge.probe.scan import TableFound, UnitFound, scan_tables, scan_units


@dataclass(frozen=True, slots=True)
class Scan:
    """What answers behind an address. tables: those of `unit`, the first that answered; none when none did."""

    asked: tuple[int, ...]
    units: tuple[UnitFound, ...]
    unit: int | None
    tables: tuple[TableFound, ...]


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is nothing to show. reached: how far a connection got, when none can be made. code: of a Modbus exception, from
    a gateway that cannot reach the device. odd: why what came was no answer to what was asked."""

    unit: int
    reached: Reach | None = None
    code: int | None = None
    odd: str | None = None


async def ask(links: Links, clock: Clock, wish: Wish, timeout_s: float) -> Window | Scan | NoAnswer:
    """timeout_s: for each answer; of a scan, each silent unit costs one."""
    link = links.modbus(wish.target.host, wish.target.port, timeout_s=timeout_s)
    try:
        if wish.units is not None:
            return await _scan(link, clock, wish.units)
        return await look(link, clock, wish.unit, wish.address, wish.count)
    except ConnectionLost:
        return NoAnswer(wish.unit, reached=await reach(wish.target, timeout_s))
    except DeviceRefused as error:
        return NoAnswer(wish.unit, code=error.code)
    except BadResponse as error:
        return NoAnswer(wish.unit, odd=str(error.fault) if isinstance(error, BadFrame) else str(error))
    except DriverError:
        return NoAnswer(wish.unit)
    finally:
        await link.close()


async def _scan(link: ModbusLink, clock: Clock, asked: Sequence[int]) -> Scan:
    units = [each async for each in scan_units(link, clock, asked)]
    unit = units[0].unit if units else None
    tables = [] if unit is None else await scan_tables(link, clock, unit)
    return Scan(tuple(asked), tuple(units), unit, tuple(tables))
