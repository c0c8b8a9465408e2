"""Two Modbus units: in memory behind one connection; over sockets, pyModbusTCP's server, each over a way of its own."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

from pyModbusTCP.server import DataBank, ModbusServer

from drivers.base import ConnectionLost
from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from edge.model.tag import Device
from edge.ports import Clock
from tests.contract.drivers.life import FIRST
from tests.contract.drivers.relayed import Relayed, Unrelayed
from tests.driver_rig import Rig, device
from tests.modbus_server import free_port
from tests.relay import Relay

HOST = "10.0.0.5"


def unit(name: str, number: int, base: int, **connection: Any) -> Device:
    tags = {key: {"address": f"holding {base + at}", "type": "uint16"} for at, key in enumerate("xy")}
    return device("modbus", name, tags, {"unit_id": number, **connection})


class InMemory(Unrelayed):
    name, is_polled = "modbus", True
    unfit = ("A.y", 70_000.0)
    answers_writes = True

    def __init__(self, clock: Clock) -> None:
        self._registers = {1: [int(FIRST)] * 2, 2: [int(FIRST)] * 2}
        self._taken: list[float] = []
        self._gone, self._silent = False, False
        links = MemoryLinks(clock, modbus={(HOST, 502): self._answer}, mqtt={}, modbus_writes={(HOST, 502): self._take})
        self.rig = Rig([unit(f"modbus_{each}", at, 0, host=HOST) for each, at in (("A", 1), ("B", 2))], clock, links)

    def _answer(self, unit_id: int, function: int, address: int, count: int) -> bytes | None:
        if self._gone:
            raise ConnectionLost(f"{HOST}: no connection")
        if self._silent and unit_id == 1:
            return None
        return struct.pack(f">{count}H", *self._registers[unit_id][address : address + count])

    def _take(self, unit_id: int, function: int, address: int, data: bytes) -> bytes | None:
        if self._gone:
            raise ConnectionLost(f"{HOST}: no connection")
        (value,) = struct.unpack(">H", data[-2:])
        self._registers[unit_id][address] = value
        self._taken.append(value)
        return None if self._silent else b""

    async def show(self, value: float) -> None:
        self._registers[1][0] = int(value)

    async def lose(self) -> None:
        self._gone = True

    async def lose_one(self) -> None:
        self._silent = True

    async def mend(self) -> None:
        self._gone = self._silent = False

    async def taken(self) -> Sequence[float]:
        return list(self._taken)


@asynccontextmanager
async def in_memory(clock: Clock) -> AsyncIterator[InMemory]:
    yield InMemory(clock)


class _Bank(DataBank):  # type: ignore[misc]  # the library is not typed
    def __init__(self) -> None:
        super().__init__()
        self.taken: list[float] = []

    def on_holding_registers_change(self, address: int, from_value: int, to_value: int, srv_info: Any) -> None:
        self.taken.append(to_value)


@contextmanager
def _server(bank: _Bank) -> Iterator[int]:
    port = free_port()
    server = ModbusServer("127.0.0.1", port, no_block=True, data_bank=bank)
    server.start()
    try:
        yield port
    finally:
        server.stop()


class OverSockets(Relayed):
    name, is_polled = "modbus", True
    unfit = ("A.y", 70_000.0)
    answers_writes = True

    def __init__(self, clock: Clock, bank: _Bank, relays: Sequence[Relay]) -> None:
        self._bank, self.relays = bank, relays
        near = {"host": "127.0.0.1", "every": "200ms", "timeout": "1s"}
        devices = [
            unit(f"modbus_{each}", 1, base, port=relay.port, **near)
            for each, base, relay in zip("AB", (0, 10), relays, strict=True)
        ]
        self.rig = Rig(devices, clock, SocketLinks(clock))

    async def show(self, value: float) -> None:
        self._bank.set_holding_registers(0, [int(value)])

    async def taken(self) -> Sequence[float]:
        return list(self._bank.taken)


@asynccontextmanager
async def over_sockets(clock: Clock) -> AsyncIterator[OverSockets]:
    bank = _Bank()
    for base in (0, 10):
        bank.set_holding_registers(base, [int(FIRST)] * 2)
    async with AsyncExitStack() as stack:
        port = stack.enter_context(_server(bank))
        relays = [await stack.enter_async_context(Relay(port).serving()) for _ in "AB"]
        yield OverSockets(clock, bank, relays)
