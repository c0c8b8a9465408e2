"""`andon probe modbus`: asks a device for a few registers, finds out what answers, or measures how it may be asked.

Thin: through the driver's own link. Not here: asking (`registers.py`, `scan.py`, `measure.py`), what it comes to in words
and as JSON (`modbus_text.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from drivers.base import ConnectionLost
from drivers.modbus.frame import BadFrame
from edge.model.errors import BadResponse, DeviceRefused, DriverError
from edge.ports import Clock, Links, ModbusAccess, ModbusLink
from edge.probe.measure import IN_FLIGHT_TRIED, Measured, Progress, measure
from edge.probe.modbus_wish import Wish
from edge.probe.reach import Reach, reach
from edge.probe.registers import Window, look
from edge.probe.scan import TableFound, UnitFound, scan_tables, scan_units


@dataclass(frozen=True, slots=True)
class Scan:
    """What answers behind an address. tables: those of `unit`, the first that answered; none when none did. stopped: at which
    unit it ended early, and by which trouble; None: it did not."""

    asked: tuple[int, ...]
    units: tuple[UnitFound, ...]
    unit: int | None
    tables: tuple[TableFound, ...]
    stopped: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Why there is nothing to show. reached: how far a connection got, when none can be made. code: of a Modbus exception, from
    a gateway that cannot reach the device. odd: why what came was no answer to what was asked. failed: what the machine says of
    a serial port or a TLS connection that cannot be opened."""

    unit: int
    reached: Reach | None = None
    code: int | None = None
    odd: str | None = None
    failed: str | None = None


Came = Window | Scan | Measured | NoAnswer


def no_progress(done: int, of: int) -> None:
    """Nobody looks."""


async def ask(links: Links, clock: Clock, wish: Wish, timeout_s: float, progress: Progress = no_progress) -> Came:
    """timeout_s: for each answer; of a scan, each silent unit costs one."""
    opened: list[ModbusLink] = []

    def link(access: ModbusAccess) -> ModbusLink:
        opened.append(links.modbus(wish.target.host, wish.target.port, access, timeout_s=timeout_s))
        return opened[-1]

    try:
        return await _ask(link, clock, wish, progress)
    except ConnectionLost as error:
        return await _not_reached(wish, error, timeout_s)
    except DeviceRefused as error:
        return NoAnswer(wish.unit, code=error.code)
    except BadResponse as error:
        return NoAnswer(wish.unit, odd=_odd(error))
    except DriverError:
        return NoAnswer(wish.unit)
    finally:
        for each in opened:
            await each.close()


async def _ask(link: Callable[[ModbusAccess], ModbusLink], clock: Clock, wish: Wish, progress: Progress) -> Came:
    """Raises DriverError."""
    access = wish.connection.access
    usual = link(access)
    if wish.units is not None:
        return await _scan(usual, clock, wish.units, progress)
    if wish.is_measured:
        has_ids = access.transport in ("tcp", "tls")
        wide = link(replace(access, max_in_flight=max(IN_FLIGHT_TRIED))) if has_ids else None
        return await measure(usual, wide, clock, wish.unit, wish.address, progress)
    return await look(usual, clock, wish.unit, wish.address, wish.count)


async def _not_reached(wish: Wish, error: ConnectionLost, timeout_s: float) -> NoAnswer:
    access = wish.connection.access
    if access.line is not None:
        return NoAnswer(wish.unit, failed=str(error))
    reached = await reach(wish.target, timeout_s)
    return NoAnswer(wish.unit, reached, failed=str(error) if access.tls is not None and reached is Reach.CONNECTED else None)


async def _scan(link: ModbusLink, clock: Clock, asked: Sequence[int], progress: Progress) -> Scan:
    units: list[UnitFound] = []
    done, stopped = 0, None
    try:
        async for each in scan_units(link, clock, asked):
            done += 1
            progress(done, len(asked))
            if isinstance(each, UnitFound):
                units.append(each)
    except ConnectionLost as error:
        if not done:
            raise
        stopped = (asked[done], str(error))
    except BadResponse as error:
        stopped = (asked[done], _odd(error))
    unit = units[0].unit if units else None
    tables = [] if unit is None or stopped is not None else await scan_tables(link, clock, unit)
    return Scan(tuple(asked), tuple(units), unit, tuple(tables), stopped)


def _odd(error: BadResponse) -> str:
    return str(error.fault) if isinstance(error, BadFrame) else str(error)
