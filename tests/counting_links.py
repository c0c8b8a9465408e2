"""A stage whose Modbus links note what leaves us, in memory and, where asked, in a file that outlives a kill."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from drivers.memory import MemoryLinks
from edge.model.errors import DeviceUnreachable
from edge.model.moment import Moment, Span
from edge.ports import ModbusLink
from edge.runtime.gateway import Gateway
from edge.runtime.virtual import VirtualClock
from edge.scenario.stage import Stage


@dataclass(frozen=True, slots=True)
class Sent:
    at: Moment
    function: int
    address: int
    data: bytes
    unit: int = 0


class CountingLinks(MemoryLinks):
    """Notes what leaves us. swallow: how many answers to writes are still to be lost. ignore: how many writes the device still
    says yes to and does not do. takes: how long the device needs for a write."""

    sent: list[Sent]
    swallow: int
    ignore: int
    takes: Span = 0
    ledger: Path | None = None

    @classmethod
    def over(cls, links: MemoryLinks, clock: VirtualClock) -> CountingLinks:
        counting = cls(clock, modbus={}, mqtt={})
        counting.__dict__.update(links.__dict__)
        counting.sent, counting.swallow, counting.ignore = [], 0, 0
        return counting

    def modbus(self, *where: object, **how: object) -> ModbusLink:
        return _CountingLink(super().modbus(*where, **how), self)  # type: ignore[arg-type]  # handed on as it comes


class _CountingLink:
    connections = 1

    def __init__(self, link: ModbusLink, links: CountingLinks) -> None:
        self._link, self._links = link, links

    async def read(self, unit: int, function: int, address: int, count: int, *, timeout_s: float | None = None) -> bytes:
        return await self._link.read(unit, function, address, count, timeout_s=timeout_s)

    async def write(self, unit: int, function: int, address: int, data: bytes) -> None:
        links = self._links
        links.sent.append(Sent(links._clock.now(), function, address, data, unit))
        if links.ledger is not None:
            with links.ledger.open("a", encoding="utf-8") as file:
                file.write(f"{function} {address} {data.hex()}\n")
        await links._clock.sleep_until(links._clock.now() + links.takes)
        if links.ignore:
            links.ignore -= 1
            return
        await self._link.write(unit, function, address, data)
        if links.swallow:
            links.swallow -= 1
            raise DeviceUnreachable("no answer")

    async def close(self) -> None:
        await self._link.close()


class CountingStage(Stage):
    links: CountingLinks | None = None

    def _new_gateway(self) -> Gateway:
        if self.links is None:
            assert isinstance(self.clock, VirtualClock)
            self.links = CountingLinks.over(self.devices.links, self.clock)
            self.devices.links = self.links
        return super()._new_gateway()
