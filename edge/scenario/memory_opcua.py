"""Simulated OPC UA servers: what the machines of a scenario show, as nodes and alarms of servers in memory.

A server looks at its machines as often as the fastest device of it is told of changes, and tells what has changed. An alarm is
active while the machine shows a severity for it. What is written holds the machine's point at that value, as a hand does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from drivers.measuring import Measuring, raw_of
from drivers.opcua.codec import Kind, decode
from drivers.opcua.config import OpcUaConnection, OpcUaPoint, ValueType
from drivers.opcua.memory import MemoryNode, MemoryOpcUaServer
from drivers.opcua.status import Status
from edge.model.device_alarm import SEVERITY_MIN, AlarmPart
from edge.model.moment import Span
from edge.model.sample import Quality
from edge.model.tag import Device, Tag
from edge.ports import Clock, OpcUaValue
from simulators.devices.machine import SimulatedMachine

_KINDS = {ValueType.FLOAT: Kind.DOUBLE, ValueType.BOOL: Kind.BOOLEAN, ValueType.TEXT: Kind.STRING}


class SimulatedServer(MemoryOpcUaServer):
    """The devices of a plant that are behind one server; each with its machine."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.every: Span | None = None
        self._machines: list[SimulatedMachine] = []
        self._values: list[tuple[str, Tag, OpcUaPoint, SimulatedMachine]] = []
        self._alarms: dict[str, dict[AlarmPart, tuple[str, SimulatedMachine]]] = {}
        self._shown: dict[str, tuple[int, str]] = {}
        self._was_there = True

    def add(self, device: Device, connection: OpcUaConnection, machine: SimulatedMachine) -> None:
        self.every = connection.every if self.every is None else min(self.every, connection.every)
        self._machines.append(machine)
        for tag in device.tags:
            if not isinstance(tag.point, OpcUaPoint):
                continue
            if tag.point.alarm is not None:
                self._alarms.setdefault(tag.point.alarm, {})[tag.point.part] = (tag.key, machine)
            else:
                self._values.append((self._node_for(tag.point, connection), tag, tag.point, machine))
        self.look()

    def look(self) -> None:
        """Show what the machines show now. One server: it is gone when any of its machines is."""
        now = self.clock.now()
        is_there = all(machine.is_reachable(now) for machine in self._machines)
        if is_there != self._was_there:
            self._was_there = is_there
            if is_there:
                self.mend()
            else:
                self.cut()
        for node, tag, point, machine in self._values:
            raw = _raw(tag, point, machine.shown(tag.key, now))
            value = _with_element(self.nodes[node].value, point.index, raw)
            if value != self.nodes[node].value:
                self.set(node, value)
        for name, parts in self._alarms.items():
            severity, message = (_part(parts, part, now) for part in (AlarmPart.SEVERITY, AlarmPart.MESSAGE))
            shown = (round(float(severity or 0.0)), str(message or ""))
            if shown != self._shown.get(name, (0, "")):
                self._shown[name] = shown
                self.condition(name, active=shown[0] > 0, severity=max(shown[0], SEVERITY_MIN), message=shown[1])

    def put(self, node: str, value: Any) -> None:
        super().put(node, value)
        now = self.clock.now()
        for own, tag, point, machine in self._values:
            if own == node:
                came = OpcUaValue(Status.GOOD, _KINDS[point.type], value, now, now, now)
                machine.override(tag.key, _in_unit(tag, point, came), now)

    def _node_for(self, point: OpcUaPoint, connection: OpcUaConnection) -> str:
        """The node that the driver will find under what the point says."""
        uris = [point.node.namespace] if point.node is not None and isinstance(point.node.namespace, str) else []
        for uri in [*uris, *connection.namespaces.values()]:
            if uri not in self.namespaces:
                self.namespaces = (*self.namespaces, uri)
        way = None if point.path is None else point.path.way(connection.namespaces, self.namespaces)
        node = f"s={point.path}" if point.node is None else str(point.node.node_id(self.namespaces))
        if node not in self.nodes:
            self.nodes[node] = MemoryNode(_KINDS[point.type], None, way=way)
        return node


async def look_for_ever(servers: dict[str, SimulatedServer], clock: Clock) -> None:
    """Let each look at its machines in its rhythm, for ever."""
    due = {url: clock.now() for url in servers}
    while due:
        url = min(due, key=lambda each: (due[each], each))
        await clock.sleep_until(due[url])
        servers[url].look()
        due[url] += servers[url].every or 1


def _part(parts: dict[AlarmPart, tuple[str, SimulatedMachine]], part: AlarmPart, now: int) -> float | str | None:
    if part not in parts:
        return None
    key, machine = parts[part]
    return machine.shown(key, now)


def _raw(tag: Tag, point: OpcUaPoint, shown: float | str) -> bool | float | str:
    if isinstance(shown, str):
        return shown
    return bool(shown) if point.type is ValueType.BOOL else raw_of(shown, tag.measure)


def _with_element(before: Any, index: int | None, raw: bool | float | str) -> Any:
    """The value of a node with what one tag shows in it."""
    if index is None:
        return raw
    elements = list(before) if isinstance(before, list) else []
    elements += [raw] * (index + 1 - len(elements))
    elements[index] = raw
    return elements


def _in_unit(tag: Tag, point: OpcUaPoint, came: OpcUaValue) -> float | str:
    decoded = decode(came, point)
    if decoded.text is not None:
        return decoded.text
    measured = Measuring([tag.measure]).measure(np.array([0]), np.array([decoded.raw]))
    return float(measured.value[0]) if measured.quality[0] == Quality.GOOD else decoded.raw
