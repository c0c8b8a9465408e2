"""Two devices at one broker: in memory; over sockets a real mosquitto, each over a way of its own."""

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
from edge.model.tag import Device
from edge.ports import Clock
from tests.contract.drivers.life import FIRST
from tests.contract.drivers.relayed import Relayed, Unrelayed
from tests.driver_rig import Rig, device
from tests.mosquitto import mosquitto
from tests.relay import Relay

SET = "mqtt_A/y/set"


def sensor(name: str, **connection: Any) -> Device:
    tags: dict[str, dict[str, Any]] = {"x": {"topic": "{device}/x"}, "y": {"topic": "{device}/y"}}
    tags["y"]["write"] = {"topic": "{device}/y/set", "payload": "{value}"}
    return device("mqtt", name, tags, {"availability": {"topic": "{device}/here"}, **connection})


class InMemory(Unrelayed):
    name, is_polled = "mqtt", False
    unfit = ("A.x", 1.0)
    answers_writes = False

    def __init__(self, clock: Clock) -> None:
        self._broker = MemoryMqttBroker(clock)
        self._broker.takes[SET] = self._obey
        self._taken: list[float] = []
        self._values = dict.fromkeys("xy", FIRST)
        for name in ("mqtt_A", "mqtt_B"):
            for tag in "xy":
                self._broker.publish(f"{name}/{tag}", b"%g" % FIRST, retain=True)
            self._broker.publish(f"{name}/here", b"online", retain=True)
        links = MemoryLinks(clock, modbus={}, mqtt={("broker", 1883): self._broker})
        self.rig = Rig([sensor(f"mqtt_{each}", host="broker") for each in "AB"], clock, links)

    def _obey(self, payload: bytes) -> None:
        self._taken.append(float(payload))
        self._say("y", float(payload))

    def _say(self, tag: str, value: float) -> None:
        self._values[tag] = value
        self._broker.publish(f"mqtt_A/{tag}", b"%g" % value, retain=True)

    async def show(self, value: float) -> None:
        self._say("x", value)

    async def lose(self) -> None:
        self._broker.cut()

    async def lose_one(self) -> None:
        self._broker.publish("mqtt_A/here", b"offline", retain=True)

    async def mend(self) -> None:
        self._broker.mend()
        self._broker.publish("mqtt_A/here", b"online", retain=True)
        for tag, value in self._values.items():
            self._say(tag, value)

    async def taken(self) -> Sequence[float]:
        return list(self._taken)


@asynccontextmanager
async def in_memory(clock: Clock) -> AsyncIterator[InMemory]:
    yield InMemory(clock)


class OverSockets(Relayed):
    name, is_polled = "mqtt", False
    unfit = ("A.x", 1.0)
    answers_writes = False

    def __init__(self, clock: Clock, client: aiomqtt.Client, relays: Sequence[Relay]) -> None:
        self._client, self.relays = client, relays
        self._taken: list[float] = []
        near = {"host": "127.0.0.1", "keepalive": "2s"}
        pairs = zip("AB", relays, strict=True)
        self.rig = Rig([sensor(f"mqtt_{each}", port=relay.port, **near) for each, relay in pairs], clock, SocketLinks(clock))

    async def obey(self) -> None:
        async for message in self._client.messages:
            assert isinstance(message.payload, bytes)
            self._taken.append(float(message.payload))
            await self._client.publish("mqtt_A/y", message.payload, retain=True)

    async def show(self, value: float) -> None:
        await self._client.publish("mqtt_A/x", b"%g" % value, retain=True)

    async def taken(self) -> Sequence[float]:
        return list(self._taken)


@asynccontextmanager
async def over_sockets(clock: Clock) -> AsyncIterator[OverSockets]:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        broker = await stack.enter_async_context(mosquitto(Path(folder), keeps=False))
        relays = [await stack.enter_async_context(Relay(broker.port).serving()) for _ in "AB"]
        client = await stack.enter_async_context(aiomqtt.Client("127.0.0.1", broker.port))
        await client.subscribe(SET)
        for name in ("mqtt_A", "mqtt_B"):
            for tag in "xy":
                await client.publish(f"{name}/{tag}", b"%g" % FIRST, retain=True)
            await client.publish(f"{name}/here", b"online", retain=True)
        stage = OverSockets(clock, client, relays)
        obeying = asyncio.create_task(stage.obey())
        try:
            yield stage
        finally:
            obeying.cancel()
            await asyncio.wait({obeying})
