"""The Sparkplug driver and a simulated edge node over a real mosquitto: birth, data, death by last will, commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiomqtt

from drivers.base import WriteEnd
from drivers.links import SocketLinks
from edge.model.moment import MILLISECOND
from edge.model.sample import Quality
from edge.runtime.clock import SteadyClock
from simulators.sparkplug.node import SparkplugNode
from simulators.sparkplug.payload import FLOAT, INT32
from tests.driver_rig import Rig, Row, device, until
from tests.mosquitto import Mosquitto, mosquitto

METRICS = {"Temperature": (62.5, FLOAT), "Setpoint": (10, INT32)}
TAGS = {"temp": {"metric": "Temperature"}, "setpoint": {"metric": "Setpoint"}}


class RunningNode:
    """An edge node on its own connection, which obeys commands."""

    def __init__(self, client: aiomqtt.Client, node: SparkplugNode, clock: SteadyClock) -> None:
        self._client, self.node, self._clock = client, node, clock

    @property
    def ms(self) -> int:
        return self._clock.now() // MILLISECOND

    async def say(self, *messages: tuple[str, bytes]) -> None:
        for topic, body in messages:
            await self._client.publish(topic, body)

    async def obey(self) -> None:
        async for message in self._client.messages:
            if isinstance(message.payload, bytes) and "CMD" in message.topic.value:
                await self.say(*self.node.obey(message.topic.value, message.payload, self.ms))


@asynccontextmanager
async def running(broker: Mosquitto, clock: SteadyClock, node: SparkplugNode) -> AsyncIterator[RunningNode]:
    node.begin_session()
    topic, body = node.will(clock.now() // MILLISECOND)
    client = aiomqtt.Client("127.0.0.1", broker.port, identifier="line_3", will=aiomqtt.Will(topic, body, qos=1))
    with suppress(aiomqtt.MqttError):  # who takes its place throws it out
        async with client:
            await client.subscribe(node.command_filter)
            alive = RunningNode(client, node, clock)
            obeying = asyncio.create_task(alive.obey())
            try:
                yield alive
            finally:
                obeying.cancel()
                await asyncio.wait({obeying})


async def throw_out(broker: Mosquitto) -> None:
    """Another client of the same id: the broker ends the first, and publishes its last will."""
    async with aiomqtt.Client("127.0.0.1", broker.port, identifier="line_3"):
        pass


def last(rows: list[Row], tag: str) -> Row | None:
    return next((row for row in reversed(rows) if row.tag == tag), None)


def shows(tag: str, value: float, quality: Quality = Quality.GOOD) -> object:
    def seen(rows: list[Row]) -> bool:
        row = last(rows, tag)
        return row is not None and (row.value, row.quality) == (value, quality)

    return seen


async def test_a_node_is_heard_from_its_birth_to_its_death_and_carries_out_what_it_is_commanded(tmp_path: Path) -> None:
    clock = SteadyClock()
    node = SparkplugNode("plant", "line_3", {"pump": METRICS})
    async with mosquitto(tmp_path) as broker:
        place = {"host": "127.0.0.1", "port": broker.port, "group": "plant", "node": "line_3", "device": "pump"}
        rig = Rig([device("sparkplug", "P", TAGS, place | {"host_id": "andon"})], clock, SocketLinks(clock))
        async with running(broker, clock, node) as alive, rig.batches() as arriving:
            # Nobody publishes a birth: the driver asks for it.
            seen = await until(arriving, shows("P.temp", 62.5))
            assert node.births == 1
            await alive.say(node.change("pump", "Temperature", 70.5, alive.ms))
            seen += await until(arriving, shows("P.temp", 70.5))

            answer = await rig.drivers[0].write("P.setpoint", 12.0)
            assert answer.end is WriteEnd.DONE
            seen += await until(arriving, shows("P.setpoint", 12.0))
            assert await rig.drivers[0].read_back("P.setpoint") == 12.0

            await throw_out(broker)
            seen += await until(arriving, shows("P.temp", 70.5, Quality.BAD))
            assert last(seen, "P.session").value == 0.0

            async with running(broker, clock, node) as again:
                await again.say(*node.birth(again.ms))
                seen += await until(arriving, shows("P.temp", 70.5))
        assert [row.value for row in seen if row.tag == "P.session"] == [1.0, 0.0, 1.0]


async def test_a_lost_broker_loses_the_device_and_its_return_brings_it_back(tmp_path: Path) -> None:
    clock = SteadyClock()
    async with mosquitto(tmp_path) as broker:
        place = {"host": "127.0.0.1", "port": broker.port, "group": "plant", "node": "line_3", "device": "pump"}
        rig = Rig([device("sparkplug", "P", TAGS, place)], clock, SocketLinks(clock))
        node = SparkplugNode("plant", "line_3", {"pump": METRICS})
        async with rig.batches() as arriving:
            async with running(broker, clock, node):
                seen = await until(arriving, shows("P.temp", 62.5), deadline_s=20)
                await broker.stop()
                seen += await until(arriving, shows("P.temp", 62.5, Quality.BAD))
            await broker.start()
            async with running(broker, clock, node) as alive:
                await alive.say(*node.birth(alive.ms))
                seen += await until(arriving, shows("P.temp", 62.5), deadline_s=20)
        assert [row.value for row in seen if row.tag == "P.session"] == [1.0, 0.0, 1.0]
