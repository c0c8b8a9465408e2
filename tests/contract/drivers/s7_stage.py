"""Two S7 CPUs: in memory; over sockets python-snap7's server, two blocks of it, each over a way of its own."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from drivers.s7.memory import MemoryCpu
from edge.model.tag import Device
from edge.ports import Clock
from tests.contract.drivers.life import FIRST
from tests.contract.drivers.relayed import Relayed, Unrelayed
from tests.driver_rig import Rig, device
from tests.relay import Relay
from tests.s7_server import BLOCK, Cpu, cpu_of


def press(name: str, base: int = 0, **connection: Any) -> Device:
    tags = {key: {"address": f"DB{BLOCK}.DBW{base + 2 * at}", "type": "int16"} for at, key in enumerate("xy")}
    return device("s7", name, tags, connection)


class _Cpu(MemoryCpu):
    def __init__(self) -> None:
        super().__init__({("DB", BLOCK): bytearray(struct.pack(">hh", int(FIRST), int(FIRST)))})
        self.taken: list[float] = []

    def put(self, area: str, block: int, start: int, data: bytes) -> None:
        super().put(area, block, start, data)
        self.taken += struct.unpack(">h", data)


class InMemory(Unrelayed):
    name, is_polled = "s7", True
    unfit = ("A.y", 40_000.0)
    answers_writes = True

    def __init__(self, clock: Clock) -> None:
        self._cpus = {each: _Cpu() for each in "AB"}
        links = MemoryLinks(clock, modbus={}, mqtt={}, s7={(each.lower(), 102): cpu for each, cpu in self._cpus.items()})
        self.rig = Rig([press(f"s7_{each}", host=each) for each in "AB"], clock, links)

    async def show(self, value: float) -> None:
        struct.pack_into(">h", self._cpus["A"].areas["DB", BLOCK], 0, int(value))

    async def lose(self) -> None:
        for cpu in self._cpus.values():
            cpu.reachable = False

    async def lose_one(self) -> None:
        self._cpus["A"].silent = True

    async def mend(self) -> None:
        for cpu in self._cpus.values():
            cpu.reachable, cpu.silent = True, False

    async def taken(self) -> Sequence[float]:
        return list(self._cpus["A"].taken)


@asynccontextmanager
async def in_memory(clock: Clock) -> AsyncIterator[InMemory]:
    yield InMemory(clock)


class OverSockets(Relayed):
    name, is_polled = "s7", True
    unfit = ("A.y", 40_000.0)
    answers_writes = True

    def __init__(self, clock: Clock, cpu: Cpu, relays: Sequence[Relay]) -> None:
        self._cpu, self.relays = cpu, relays
        near = {"host": "127.0.0.1", "every": "200ms", "timeout": "1s"}
        devices = [
            press(f"s7_{each}", base, port=relay.port, **near) for each, base, relay in zip("AB", (0, 4), relays, strict=True)
        ]
        self.rig = Rig(devices, clock, SocketLinks(clock))

    async def show(self, value: float) -> None:
        struct.pack_into(">h", self._cpu.block, 0, int(value))

    async def taken(self) -> Sequence[float]:
        """The library's server tells nobody of what it takes: the last."""
        (held,) = struct.unpack_from(">h", self._cpu.block, 2)
        return [] if held == FIRST else [float(held)]


@asynccontextmanager
async def over_sockets(clock: Clock) -> AsyncIterator[OverSockets]:
    async with AsyncExitStack() as stack:
        cpu = stack.enter_context(cpu_of(bytearray(struct.pack(">4h", *([int(FIRST)] * 4)))))
        relays = [await stack.enter_async_context(Relay(cpu.port).serving()) for _ in "AB"]
        yield OverSockets(clock, cpu, relays)
