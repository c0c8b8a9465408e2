"""The Sparkplug edge nodes of a scenario: they say what the machines behind them show, on brokers in memory.

Each node publishes what has changed once a second, is born anew when it is asked, and holds a point where a command puts it. A
device that fails dies by a word of its node; the metrics of the node itself fail with the node.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drivers.measuring import raw_of, slope_and_offset
from drivers.mqtt.memory import MemoryMqttBroker, MemoryMqttLink
from drivers.sparkplug.config import SparkplugConnection, SparkplugPoint
from drivers.sparkplug.plan import Node
from edge.model.errors import DeviceUnreachable
from edge.model.moment import MILLISECOND, SECOND, Span
from edge.model.tag import Device, Tag
from edge.ports import Clock, MqttAccess
from simulators.devices.machine import SimulatedMachine
from simulators.sparkplug.node import Message, SparkplugNode
from simulators.sparkplug.payload import BOOLEAN, DOUBLE, STRING, commands

PUBLISH_EVERY: Span = 1 * SECOND
#: How long a node that has lost its broker waits before it connects again.
RECONNECT_AFTER: Span = 1 * SECOND


@dataclass(frozen=True, slots=True)
class _Part:
    """A tag behind a node. device: its id there, empty for the node itself."""

    tag: Tag
    point: SparkplugPoint
    device: str
    machine: SimulatedMachine


@dataclass(slots=True)
class _Edge:
    """An edge node, its broker and what stands behind it."""

    node: SparkplugNode
    broker: MemoryMqttBroker
    parts: Sequence[_Part]
    dead: set[str] = field(default_factory=set)


class SimulatedNodes:
    """All edge nodes of a plant. `add` its devices, then `run`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._parts: dict[tuple[int, Node], list[_Part]] = {}
        self._brokers: dict[int, MemoryMqttBroker] = {}
        self._edges: list[_Edge] = []

    def add(self, device: Device, connection: SparkplugConnection, machine: SimulatedMachine, broker: MemoryMqttBroker) -> None:
        key = (id(broker), Node.of(connection))
        self._brokers[id(broker)] = broker
        parts = self._parts.setdefault(key, [])
        for tag in device.tags:
            if isinstance(tag.point, SparkplugPoint):
                parts.append(_Part(tag, tag.point, connection.device or "", machine))

    async def run(self) -> None:
        """Publish and obey, for ever."""
        self._edges = [self._edge(broker, node, parts) for (broker, node), parts in self._parts.items()]
        await asyncio.gather(*(work for edge in self._edges for work in (self._publish(edge), self._obey(edge))))

    def _edge(self, broker: int, node: Node, parts: Sequence[_Part]) -> _Edge:
        devices: dict[str, dict[str, tuple[float | bool | str, int]]] = {}
        for part in parts:
            datatype = STRING if part.point.is_text else BOOLEAN if part.point.is_switch else DOUBLE
            devices.setdefault(part.device, {})[part.point.metric] = (self._shown(part), datatype)
        return _Edge(SparkplugNode(node.group, node.name, devices), self._brokers[broker], parts)

    def _shown(self, part: _Part) -> float | bool | str:
        """What the machine shows, as the metric's raw value."""
        value = part.machine.shown(part.tag.key, self._clock.now())
        if isinstance(value, str):
            return value
        return bool(value) if part.point.is_switch else raw_of(value, part.tag.measure)

    async def _publish(self, edge: _Edge) -> None:
        edge.node.begin_session()
        self._say(edge, edge.node.birth(self._ms))
        while True:
            await self._clock.sleep_until(self._clock.now() + PUBLISH_EVERY)
            for device in dict.fromkeys(part.device for part in edge.parts):
                self._come_and_go(edge, device, [part for part in edge.parts if part.device == device])
            for part in edge.parts:
                value = self._shown(part)
                if value == edge.node.knows(part.device, part.point.metric):
                    continue
                if edge.dead & {"", part.device}:
                    edge.node.notice(part.device, part.point.metric, value)
                else:
                    self._say(edge, [edge.node.change(part.device, part.point.metric, value, self._ms)])

    def _come_and_go(self, edge: _Edge, device: str, parts: Sequence[_Part]) -> None:
        """What is said when the machines of a device fail, and when they are mended."""
        is_there = all(part.machine.is_reachable(self._clock.now()) for part in parts)
        if is_there == (device not in edge.dead):
            return
        edge.dead ^= {device}
        if not device:
            if is_there:
                edge.node.begin_session()
            self._say(edge, edge.node.birth(self._ms) if is_there else [edge.node.will(self._ms)])
        elif "" not in edge.dead:
            self._say(edge, [edge.node.birth_of(device, self._ms) if is_there else edge.node.death_of(device, self._ms)])

    async def _obey(self, edge: _Edge) -> None:
        while True:
            link = MemoryMqttLink(edge.broker, MqttAccess("edge-node"))
            try:
                async for messages in link.messages([(edge.node.command_filter, 0)]):
                    for message in messages:
                        if "" not in edge.dead and "CMD/" in message.topic:
                            self._carry_out(edge, message.topic, commands(message.payload))
                            self._say(edge, edge.node.obey(message.topic, message.payload, self._ms))
            except DeviceUnreachable:
                await self._clock.sleep_until(self._clock.now() + RECONNECT_AFTER)

    def _carry_out(self, edge: _Edge, topic: str, said: Mapping[str, float | int | bool | str]) -> None:
        """A point that is commanded stays where the command puts it, as under a hand."""
        device = topic.split("/")[4] if topic.count("/") == 4 else ""
        for part in edge.parts:
            if part.device == device and part.point.metric in said:
                value = said[part.point.metric]
                if not isinstance(value, str):
                    slope, offset = slope_and_offset(part.tag.measure)
                    value = float(value) * slope + offset
                part.machine.override(part.tag.key, value, self._clock.now())

    def _say(self, edge: _Edge, messages: Sequence[Message]) -> None:
        for topic, body in messages:
            edge.broker.publish(topic, body)

    @property
    def _ms(self) -> int:
        return self._clock.now() // MILLISECOND
