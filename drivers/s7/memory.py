"""An S7 link in memory, for scenarios and tests: areas of bytes instead of a CPU."""

from __future__ import annotations

from drivers.base import ConnectionLost
from edge.model.errors import DeviceRefused, DeviceUnreachable
from edge.model.moment import Span
from edge.ports import Clock

NO_SUCH_BLOCK = 0x0A
BEYOND_THE_END = 0x05


class MemoryCpu:
    """areas: (area, block) to its bytes, which may be changed at any time. running: what it says of itself; None: nothing."""

    def __init__(self, areas: dict[tuple[str, int], bytearray]) -> None:
        self.areas = areas
        self.running: bool | None = True
        self.reachable = True
        self.silent = False

    def is_there(self) -> bool:
        return self.reachable

    def put(self, area: str, block: int, start: int, data: bytes) -> None:
        """Raises DeviceRefused."""
        self.bytes_at(area, block, start, len(data))[start : start + len(data)] = data

    def bytes_at(self, area: str, block: int, start: int, count: int) -> bytearray:
        """The whole area that these stand in. Raises DeviceRefused."""
        found = self.areas.get((area, block))
        if found is None:
            raise DeviceRefused(f"{area}{block}: code {NO_SUCH_BLOCK:#04x}", NO_SUCH_BLOCK)
        if start + count > len(found):
            raise DeviceRefused(f"{area}{block}: code {BEYOND_THE_END:#04x}", BEYOND_THE_END)
        return found


class MemoryS7Link:
    """Behaves as `SocketS7Link` does; silence takes the time-out on the clock. cpu None: nobody is there."""

    def __init__(self, cpu: MemoryCpu | None, clock: Clock, *, timeout: Span) -> None:
        self._cpu, self._clock, self._timeout = cpu, clock, timeout

    async def read(self, area: str, block: int, start: int, count: int) -> bytes:
        cpu = await self._there()
        return bytes(cpu.bytes_at(area, block, start, count)[start : start + count])

    async def write(self, area: str, block: int, start: int, data: bytes) -> None:
        cpu = await self._there()
        cpu.put(area, block, start, data)

    async def write_bit(self, area: str, block: int, start: int, bit: int, value: bool) -> None:
        cpu = await self._there()
        held = cpu.bytes_at(area, block, start, 1)[start]
        cpu.put(area, block, start, bytes([held | 1 << bit if value else held & ~(1 << bit)]))

    async def runs(self) -> bool | None:
        return (await self._there()).running

    async def close(self) -> None:
        """Nothing to close."""

    async def _there(self) -> MemoryCpu:
        if self._cpu is None or not self._cpu.is_there():
            raise ConnectionLost("no connection")
        if self._cpu.silent:
            await self._clock.sleep_until(self._clock.now() + self._timeout)
            raise DeviceUnreachable(f"no answer within {self._timeout / 1e6:g} s")
        return self._cpu
