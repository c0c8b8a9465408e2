"""Two OPC UA servers, subscribed to or read: in memory; over sockets asyncua's server, each over a way of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from drivers.opcua.codec import Kind
from drivers.opcua.memory import MemoryNode, MemoryOpcUaServer
from edge.model.tag import Device
from edge.ports import Clock
from tests.contract.drivers.life import FIRST
from tests.contract.drivers.relayed import Relayed, Unrelayed
from tests.driver_rig import Rig, device
from tests.opcua_server import OpcUaServer
from tests.relay import Relay

NODE = "ns=3;s=Line."


def machine(name: str, x: str, y: str, **connection: Any) -> Device:
    """The server keeps all that is shown in a burst."""
    queue = {} if connection["mode"] == "read" else {"queue": 100}
    return device("opcua", name, {"x": {"node": x, **queue}, "y": {"node": y}}, connection)


class _TakingServer(MemoryOpcUaServer):
    """Notes what is written."""

    def __init__(self, clock: Clock, taken: list[float]) -> None:
        nodes = {"ns=1;s=x": MemoryNode(Kind.DOUBLE, FIRST), "ns=1;s=y": MemoryNode(Kind.INT32, int(FIRST))}
        super().__init__(clock, nodes=nodes)
        self._taken = taken

    def put(self, node: str, value: Any) -> None:
        self._taken.append(value)
        super().put(node, value)


class InMemory(Unrelayed):
    unfit = ("A.y", 1e12)
    answers_writes = True

    def __init__(self, clock: Clock, name: str, mode: str) -> None:
        self.name, self.is_polled = name, mode == "read"
        self._taken: list[float] = []
        self._servers = {each: _TakingServer(clock, self._taken) for each in "AB"}
        links = MemoryLinks(clock, modbus={}, mqtt={}, opcua={f"opc.tcp://{each}": at for each, at in self._servers.items()})
        self.rig = Rig(
            [machine(f"{name}_{each}", "ns=1;s=x", "ns=1;s=y", url=f"opc.tcp://{each}", mode=mode) for each in "AB"],
            clock,
            links,
        )

    async def show(self, value: float) -> None:
        self._servers["A"].set("ns=1;s=x", value)

    async def lose(self) -> None:
        for server in self._servers.values():
            server.cut()

    async def lose_one(self) -> None:
        self._servers["A"].cut()

    async def mend(self) -> None:
        for server in self._servers.values():
            server.mend()

    async def taken(self) -> Sequence[float]:
        return list(self._taken)


@asynccontextmanager
async def in_memory(clock: Clock, name: str, mode: str) -> AsyncIterator[InMemory]:
    yield InMemory(clock, name, mode)


class OverSockets(Relayed):
    unfit = ("A.y", 1e12)
    answers_writes = True

    def __init__(self, clock: Clock, name: str, mode: str, server: OpcUaServer, relays: Sequence[Relay]) -> None:
        self.name, self.is_polled = name, mode == "read"
        self._server, self.relays = server, relays
        more = {"keepalive": "1s", "timeout": "1s", "mode": mode, "every": "50ms"}
        nodes = (("Temp", "Count"), ("Fixed", "Speed"))
        devices = [
            machine(f"{name}_{each}", NODE + x, NODE + y, url=f"opc.tcp://127.0.0.1:{relay.port}", **more)
            for each, (x, y), relay in zip("AB", nodes, relays, strict=True)
        ]
        self.rig = Rig(devices, clock, SocketLinks(clock))

    async def show(self, value: float) -> None:
        await self._server.tell(set={"Temp": value})

    async def taken(self) -> Sequence[float]:
        """The library's server tells nobody of what it takes: the last."""
        held = await self._server.tell(ask="Count")
        return [] if held == FIRST else [float(held)]


@asynccontextmanager
async def over_sockets(clock: Clock, name: str, mode: str, server: OpcUaServer) -> AsyncIterator[OverSockets]:
    """Leaves the server's nodes as it found them."""
    await server.tell(set={"Temp": FIRST, "Count": int(FIRST), "Fixed": FIRST, "Speed": FIRST})
    async with AsyncExitStack() as stack:
        relays = [await stack.enter_async_context(Relay(server.port).serving()) for _ in "AB"]
        yield OverSockets(clock, name, mode, server, relays)
    await server.tell(set={"Temp": 20.5, "Count": 7, "Fixed": 3.0, "Speed": 1.5})
