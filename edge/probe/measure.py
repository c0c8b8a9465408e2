"""Measures how a Modbus device may be asked: most registers in a request, what a request and a register cost, whether it needs
silence in between, whether it takes several requests at once. It only reads, about 70 requests.

From small to large, and no further after the first sign of trouble: silence, an answer that cannot be meant, a connection that
breaks. An exception is an answer, and no trouble. Not here: words and the settings to paste (`measured_text.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from drivers.modbus.address import ADDRESS_MAX, Address
from drivers.modbus.config import READ_BITS_MAX, READ_REGISTERS_MAX
from drivers.modbus.cost import LinkCost, RoundTrips
from edge.model.errors import BadResponse, DeviceRefused, DeviceUnreachable
from edge.model.moment import MILLISECOND, Span
from edge.ports import Clock, ModbusLink
from edge.probe.registers import PAUSE

#: (how many steps are done, of how many)
Progress = Callable[[int, int], None]

SIZES_TRIED = (1, 2, 4, 8, 16, 32, 64, READ_REGISTERS_MAX)
BITS_TRIED = (1, 8, 64, 256, 1000, READ_BITS_MAX)
REPEATED = 7
#: One after the other without silence in between.
IN_A_ROW = 10
IN_FLIGHT_TRIED = (2, 4)
#: For devices that stumble over requests that follow each other at once.
PAUSE_SUGGESTED: Span = 50 * MILLISECOND
STEPS = 60


class Trouble(Exception):
    """The device fell silent, or answered what cannot be meant."""


@dataclass(frozen=True, slots=True)
class Timed:
    """Round trips of one size of request. count: registers or bits."""

    count: int
    shortest: Span
    middle: Span
    longest: Span


@dataclass(slots=True)
class Measured:
    """count_max: most that one request was answered for. is_end_of_map: the address behind it does not answer by itself either,
    so that a request elsewhere may hold more. pause: that it needs. in_flight: requests at once that it took. trouble_at: what
    was tried when it began: `count`, `trips`, `pause`, `in_flight`; empty for none."""

    unit: int
    address: Address
    count_max: int = 0
    is_end_of_map: bool = False
    refused: int | None = None
    trips: list[Timed] = field(default_factory=list)
    cost: LinkCost | None = None
    pause: Span = 0
    in_flight: int = 1
    trouble_at: str = ""

    @property
    def longest(self) -> Span:
        return max((each.longest for each in self.trips), default=0)


class _Asking:
    """Requests from the address on, one way of failing, and how far one is."""

    def __init__(self, link: ModbusLink, clock: Clock, unit: int, address: Address, progress: Progress) -> None:
        self._link, self._clock, self._unit, self._address = link, clock, unit, address
        self._progress, self._done = progress, 0

    async def ask(self, count: int, *, pause: Span = PAUSE, offset: int = 0) -> Span | int:
        """How long it took; or the exception, negative. Raises Trouble."""
        if pause:
            await self._clock.sleep_until(self._clock.now() + pause)
        self._done = min(self._done + 1, STEPS - 1)
        self._progress(self._done, STEPS)
        began = self._clock.now()
        try:
            await self._link.read(self._unit, self._address.table.function, self._address.number + offset, count)
        except DeviceRefused as error:
            return -error.code
        except (DeviceUnreachable, BadResponse) as error:
            raise Trouble(str(error)) from error
        return self._clock.now() - began

    async def takes(self, count: int, *, offset: int = 0) -> bool:
        return await self.ask(count, offset=offset) >= 0


async def measure(
    link: ModbusLink, wide: ModbusLink | None, clock: Clock, unit: int, address: Address, progress: Progress
) -> Measured:
    """wide: a link that may have several requests on their way; None where there is no such thing. Raises DeviceUnreachable or
    BadResponse when the first request already fails."""
    found = Measured(unit, address)
    first = await link_read(link, unit, address)
    if first is not None:
        found.refused = first
        return found
    asking = _Asking(link, clock, unit, address, progress)
    for name, step in (("count", _find_count), ("trips", _find_trips), ("pause", _find_pause)):
        try:
            await step(asking, found)
        except Trouble:
            found.trouble_at = name
            if name == "pause":
                found.pause = PAUSE_SUGGESTED
            break
    if wide is not None and not found.trouble_at:
        await _find_in_flight(wide, found)
    progress(STEPS, STEPS)
    return found


async def link_read(link: ModbusLink, unit: int, address: Address) -> int | None:
    """The exception of the first request, if it is one."""
    try:
        await link.read(unit, address.table.function, address.number, 1)
    except DeviceRefused as error:
        return error.code
    return None


async def _find_count(asking: _Asking, found: Measured) -> None:
    """Doubling, then halving what is between the last that was answered and the first that was refused."""
    room = ADDRESS_MAX + 1 - found.address.number
    tried = [each for each in (BITS_TRIED if found.address.table.holds_bits else SIZES_TRIED) if each <= room]
    found.count_max = 1
    for smaller, count in pairwise(tried):
        if await asking.takes(count):
            found.count_max = count
            continue
        refused = count
        found.count_max = smaller
        while refused - found.count_max > 1:
            middle = (found.count_max + refused) // 2
            if await asking.takes(middle):
                found.count_max = middle
            else:
                refused = middle
        break
    if found.count_max < min(tried[-1], room):
        found.is_end_of_map = not await asking.takes(1, offset=found.count_max)


async def _find_trips(asking: _Asking, found: Measured) -> None:
    sizes = sorted({1, max(found.count_max // 4, 1), max(found.count_max // 2, 1), found.count_max})
    trips = RoundTrips()
    of_bits = found.address.table.holds_bits
    for count in sizes:
        took = [each for each in [await asking.ask(count) for _ in range(REPEATED)] if each >= 0]
        for each in took:
            trips.note(count, each, of_bits=of_bits)
        if took:
            found.trips.append(Timed(count, min(took), round(median(took)), max(took)))
    if trips.sizes:
        found.cost = trips.estimate(LinkCost(float(found.longest), 0.0, 0.0))


async def _find_pause(asking: _Asking, found: Measured) -> None:
    for _ in range(IN_A_ROW):
        await asking.ask(found.count_max, pause=0)


async def _find_in_flight(wide: ModbusLink, found: Measured) -> None:
    """All of several at once, twice; what is refused when it comes together is not taken."""
    function, number = found.address.table.function, found.address.number
    for many in IN_FLIGHT_TRIED:
        for _ in range(2):
            asked = [wide.read(found.unit, function, number, found.count_max) for _ in range(many)]
            came = await asyncio.gather(*asked, return_exceptions=True)
            if any(isinstance(each, DeviceUnreachable | BadResponse) for each in came):
                found.trouble_at = "in_flight"
                return
            if any(isinstance(each, BaseException) for each in came):
                return
        found.in_flight = many
