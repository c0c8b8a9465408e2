"""Two devices: in memory of one simulated edge node; over sockets of two, at a real mosquitto, each over a way of its own."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiomqtt

from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from drivers.mqtt.memory import MemoryMqttBroker
from edge.model.moment import MILLISECOND
from edge.model.tag import Device
from edge.ports import Clock
from simulators.sparkplug.node import SparkplugNode
from simulators.sparkplug.payload import DOUBLE, INT32
from tests.contract.drivers.life import FIRST
from tests.contract.drivers.relayed import Relayed, Unrelayed
from tests.driver_rig import Rig, device
from tests.mosquitto import mosquitto
from tests.relay import Relay

METRICS = {"x": (FIRST, DOUBLE), "y": (int(FIRST), INT32)}


def part(name: str, of: str, node: str, **connection: Any) -> Device:
    tags = {key: {"metric": key} for key in "xy"}
    return device("sparkplug", name, tags, {"group": "plant", "node": node, "device": of, **connection})


class InMemory(Unrelayed):
    name, is_polled = "sparkplug", False
    unfit = ("A.y", 1e12)
    answers_writes = False

    def __init__(self, clock: Clock) -> None:
        self._broker, self._clock = MemoryMqttBroker(clock), clock
        self._node = SparkplugNode("plant", "line", {"a": METRICS, "b": METRICS})
        self._taken: list[float] = []
        for topic in ("NCMD/line", "DCMD/line/a"):
            self._broker.takes[f"spBv1.0/plant/{topic}"] = lambda payload, topic=topic: self._obey(topic, payload)
        links = MemoryLinks(clock, modbus={}, mqtt={("broker", 1883): self._broker})
        self.rig = Rig([part(f"sparkplug_{each}", each.lower(), "line", host="broker") for each in "AB"], clock, links)

    def _obey(self, topic: str, payload: bytes) -> None:
        self._say(*self._node.obey(f"spBv1.0/plant/{topic}", payload, self._ms))
        if topic.startswith("DCMD"):
            self._taken.append(float(self._node.knows("a", "y") or 0))

    def _say(self, *messages: tuple[str, bytes]) -> None:
        for topic, body in messages:
            self._broker.publish(topic, body)

    @property
    def _ms(self) -> int:
        return self._clock.now() // MILLISECOND

    async def show(self, value: float) -> None:
        self._say(self._node.change("a", "x", value, self._ms))

    async def lose(self) -> None:
        self._broker.cut()

    async def lose_one(self) -> None:
        self._say(self._node.death_of("a", self._ms))

    async def mend(self) -> None:
        self._broker.mend()
        self._say(self._node.birth_of("a", self._ms))

    async def taken(self) -> Sequence[float]:
        return list(self._taken)


@asynccontextmanager
async def in_memory(clock: Clock) -> AsyncIterator[InMemory]:
    yield InMemory(clock)


class OverSockets(Relayed):
    name, is_polled = "sparkplug", False
    unfit = ("A.y", 1e12)
    answers_writes = False

    def __init__(self, clock: Clock, client: aiomqtt.Client, relays: Sequence[Relay]) -> None:
        self._clock, self._client, self.relays = clock, client, relays
        self._nodes = {each: SparkplugNode("plant", f"line_{each}", {each: METRICS}) for each in "ab"}
        self._taken: list[float] = []
        near = {"host": "127.0.0.1", "keepalive": "2s"}
        devices = [
            part(f"sparkplug_{each.upper()}", each, f"line_{each}", port=relay.port, **near)
            for each, relay in zip("ab", relays, strict=True)
        ]
        self.rig = Rig(devices, clock, SocketLinks(clock))

    @property
    def _ms(self) -> int:
        return self._clock.now() // MILLISECOND

    async def obey(self) -> None:
        async for message in self._client.messages:
            topic = message.topic.value
            assert isinstance(message.payload, bytes)
            if "CMD" not in topic:
                continue
            node = self._nodes[topic.split("/")[3][-1]]
            for said, body in node.obey(topic, message.payload, self._ms):
                await self._client.publish(said, body)
            if "DCMD" in topic:
                self._taken.append(float(node.knows("a", "y") or 0))

    async def show(self, value: float) -> None:
        await self._client.publish(*self._nodes["a"].change("a", "x", value, self._ms))

    async def taken(self) -> Sequence[float]:
        return list(self._taken)


@asynccontextmanager
async def over_sockets(clock: Clock) -> AsyncIterator[OverSockets]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        broker = await stack.enter_async_context(mosquitto(Path(folder), keeps=False))
        relays = [await stack.enter_async_context(Relay(broker.port).serving()) for _ in "AB"]
        client = await stack.enter_async_context(aiomqtt.Client("127.0.0.1", broker.port))
        await client.subscribe("spBv1.0/plant/#")
        stage = OverSockets(clock, client, relays)
        obeying = asyncio.create_task(stage.obey())
        try:
            yield stage
        finally:
            obeying.cancel()
            await asyncio.wait({obeying})
