"""A simulated edge node on a broker in memory, and the Sparkplug driver that hears it, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from drivers.memory import MemoryLinks
from drivers.mqtt.memory import MemoryMqttBroker
from edge.model.moment import MILLISECOND, SECOND, from_iso
from edge.model.sample import Quality
from edge.model.tag import Device
from edge.ports import MqttAccess
from edge.runtime.virtual import VirtualClock, run_virtually
from simulators.sparkplug.node import SparkplugNode
from simulators.sparkplug.payload import BOOLEAN, FLOAT, INT32, STRING
from tests.driver_rig import Rig, Row, device

START = from_iso("2026-05-04T08:00:00Z")
GOOD, BAD = Quality.GOOD, Quality.BAD
PLACE = {"host": "broker", "group": "plant", "node": "line_3", "device": "pump"}
PUMP = {
    "temp": {"metric": "Motor/Temperature"},
    "count": {"metric": "Count", "scale": 0.1},
    "running": {"metric": "Running", "type": "bool"},
    "order": {"metric": "Order", "type": "text"},
}
METRICS: Mapping[str, tuple[float | int | bool | str, int]] = {
    "Motor/Temperature": (62.5, FLOAT),
    "Count": (-7, INT32),
    "Running": (True, BOOLEAN),
    "Order": ("C1", STRING),
}


def pump(name: str = "P", tags: Mapping[str, Mapping[str, Any]] = PUMP, **connection: Any) -> Device:
    return device("sparkplug", name, tags, PLACE | connection)


class Line:
    """A simulated edge node on a broker in memory, and the driver that hears it."""

    def __init__(self, clock: VirtualClock, devices: list[Device]) -> None:
        self.clock, self.broker = clock, MemoryMqttBroker(clock)
        self.rig = Rig(devices, clock, MemoryLinks(clock, modbus={}, mqtt={("broker", 1883): self.broker}))
        self.node = SparkplugNode("plant", "line_3", {"pump": METRICS})
        self.seen: list[Row] = []
        self.commands: list[str] = []

    @property
    def ms(self) -> int:
        return self.clock.now() // MILLISECOND

    def say(self, *messages: tuple[str, bytes]) -> None:
        for topic, body in messages:
            self.broker.publish(topic, body)

    def birth(self) -> None:
        self.node.begin_session()
        self.say(*self.node.birth(self.ms))

    def die(self) -> None:
        self.say(self.node.will(self.ms))

    def change(self, metric: str, value: float | int | bool | str | None, **said: int | bool) -> None:
        self.say(self.node.change("pump", metric, value, self.ms, **said))

    def lose(self, metric: str, value: float) -> None:
        """A change that never arrives."""
        self.node.change("pump", metric, value, self.ms)

    async def obey(self) -> None:
        """The node's own connection, over which commands come."""
        links = MemoryLinks(self.clock, modbus={}, mqtt={("broker", 1883): self.broker})
        async for messages in links.mqtt("broker", 1883, MqttAccess("node")).messages([(self.node.command_filter, 0)]):
            for message in messages:
                if "CMD" in message.topic:
                    self.commands.append(message.topic)
                    self.say(*self.node.obey(message.topic, message.payload, self.ms))

    async def read(self) -> None:
        async with self.rig.batches() as batches:
            async for rows in batches:
                self.seen += rows

    async def wait(self, span: int = SECOND) -> None:
        await self.clock.sleep_until(self.clock.now() + span)

    def of(self, tag: str) -> list[tuple[float, Quality]]:
        return [(row.value, row.quality) for row in self.seen if row.tag == tag]

    def last(self, tag: str) -> Row:
        return [row for row in self.seen if row.tag == tag][-1]

    def count(self, what: str, name: str = "P") -> int:
        return self.rig.drivers[0].counters().get((name, what), 0)


def play(story: Callable[[Line], Any], *devices: Device, obeys: bool = False) -> Line:
    """The story runs beside the driver; obeys: the node hears commands."""

    async def main(clock: VirtualClock) -> Line:
        line = Line(clock, list(devices) or [pump()])
        # A node that obeys is there before we are.
        tasks = [asyncio.create_task(each) for each in ([line.obey(), line.read()] if obeys else [line.read()])]
        await line.wait(MILLISECOND)
        await story(line)
        await line.wait()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return line

    return run_virtually(main, START)
