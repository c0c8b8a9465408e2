"""The devices of a scenario: every device of the plant as a simulated machine, behind the drivers' own memory links.

A tag shows what the scenario sets. Before that it shows what `simulation.yaml` of the plant folder says of that point,
or 0 (an empty text) where that file says nothing. Quantities, production lines and upsets of that file are there too, its
script is not: what happens, the scenario says.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from drivers.manual.config import ManualConnection
from drivers.measuring import slope_and_offset
from drivers.memory import MemoryLinks
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.mqtt.config import Availability, MqttConnection, MqttPoint, TimeForm, ValueType
from drivers.mqtt.config import Write as MqttWrite
from drivers.mqtt.memory import MemoryMqttBroker
from drivers.mqtt.path import parse_path
from drivers.mqtt.topic import VALUE, topic_for
from drivers.opcua.config import OpcUaConnection, OpcUaPoint
from drivers.pulse.config import PulseConnection, PulsePoint
from drivers.replay.config import ReplayConnection
from drivers.s7.config import S7Connection, S7Point
from drivers.sparkplug.config import SparkplugConnection, SparkplugPoint
from edge.config.plant import Plant
from edge.config.system import SystemConnection
from edge.model.moment import MILLISECOND, SECOND, Moment, Span, to_iso
from edge.model.tag import SESSION, Device, Tag
from edge.ports import Clock
from edge.scenario.memory_opcua import SimulatedServer, look_for_ever
from edge.scenario.memory_pulse import SimulatedGateways
from edge.scenario.memory_s7 import SimulatedCpu
from edge.scenario.memory_sparkplug import SimulatedNodes
from simulators.devices import encoding, point
from simulators.devices.line import Play, SimulatedLine
from simulators.devices.machine import SimulatedMachine
from simulators.devices.modbus_unit import Gaps, ModbusUnit
from simulators.devices.mqtt_topic import MqttTopic, PayloadLayout
from simulators.devices.plan import read_plan
from simulators.devices.quantities import FixedText
from simulators.signals import Constant, Signal

SIMULATION_FILE = "simulation.yaml"
#: What such a machine keeps its numbers in, whatever type they have on the wire.
_PLAIN_NUMBER = encoding.ValueType.FLOAT64
#: How often a simulated MQTT device publishes, where simulation.yaml says nothing else.
PUBLISH_EVERY = 1 * SECOND


@dataclass(frozen=True, slots=True, eq=False)
class _Publication:
    """One topic of one device; each is itself, however alike two are."""

    device: str
    topic: str
    tags: tuple[Tag, ...]
    broker: MemoryMqttBroker
    every: Span
    retain: bool


class MemoryDevices:
    """Steered by tag name, in the tag's unit. secret: what a reference of the plant stands for."""

    def __init__(self, plant: Plant, clock: Clock, secret: Callable[[str], str] = str) -> None:
        self._clock = clock
        self._plan = _plan_of(plant, clock.now())
        devices = [device.as_read for device in plant.devices.values()]
        self._tags = {tag.name: tag for device in devices for tag in device.tags if tag.key != SESSION}
        self._machines: dict[str, SimulatedMachine] = {}
        self._publications: list[_Publication] = []
        self._presences: dict[str, tuple[MemoryMqttBroker, str, Availability]] = {}
        units: dict[tuple[str, int], dict[int, list[SimulatedMachine]]] = defaultdict(lambda: defaultdict(list))
        self._brokers: dict[tuple[str, int], MemoryMqttBroker] = {}
        cpus: dict[tuple[str, int], SimulatedCpu] = {}
        self._nodes = SimulatedNodes(clock)
        self._gateways = SimulatedGateways(clock, secret)
        self._servers: dict[str, SimulatedServer] = {}
        for device in devices:
            connection = device.connection
            if isinstance(connection, SystemConnection | ManualConnection):
                continue  # the gateway itself, and what has no wire: nothing of them is simulated
            if isinstance(connection, ReplayConnection):
                continue  # it plays its own recording, and nobody steers that
            if isinstance(connection, ModbusConnection):
                machine = self._modbus_machine(device, connection)
                units[connection.place][connection.unit_id].append(machine)
            elif isinstance(connection, MqttConnection):
                broker = self._brokers.setdefault((connection.host, connection.port), MemoryMqttBroker(clock))
                machine = self._mqtt_machine(device, connection, broker)
            elif isinstance(connection, S7Connection):
                machine = self._machine_of_values(device)
                cpus.setdefault((connection.host, connection.port), SimulatedCpu(clock)).add(device, machine)
            elif isinstance(connection, SparkplugConnection):
                broker = self._brokers.setdefault((connection.host, connection.port), MemoryMqttBroker(clock))
                machine = self._machine_of_values(device)
                self._nodes.add(device, connection, machine, broker)
            elif isinstance(connection, OpcUaConnection):
                machine = self._machine_of_values(device)
                self._servers.setdefault(connection.url, SimulatedServer(clock)).add(device, connection, machine)
            elif isinstance(connection, PulseConnection):
                machine = self._machine_of_values(device)
                self._gateways.add(device, connection, machine)
            else:
                raise TypeError(f"{device.name}: no simulated device speaks {device.driver}")
            self._machines[device.name] = machine
        self.links = MemoryLinks(
            clock,
            modbus={address: self._answer(machines) for address, machines in units.items()},
            mqtt=self._brokers,
            s7=cpus,
            opcua=self._servers,
            pulses=self._gateways.places,
            modbus_writes={address: self._take(machines) for address, machines in units.items()},
        )

    async def run(self) -> None:
        """Publish what falls due, and carry out what edge nodes are commanded, for ever."""
        looking = look_for_ever(self._servers, self._clock)
        await asyncio.gather(self._publish_as_due(), self._nodes.run(), self._gateways.run(), looking)

    async def _publish_as_due(self) -> None:
        if not self._publications:
            return
        due = {publication: self._clock.now() for publication in self._publications}
        while True:
            publication = min(due, key=lambda each: (due[each], each.topic))
            await self._clock.sleep_until(due[publication])
            self._publish(publication)
            due[publication] += publication.every

    # --- steering -------------------------------------------------------------------------------------------------

    def set(self, tag: str, value: float | str) -> None:
        machine, key, offset = self._point(tag)
        if self._tags[tag].is_text:
            shown: float | str = value if isinstance(value, str) else f"{value:g}"
        else:
            shown = float(value) - offset
        machine.override(key, shown, self._clock.now())

    def ramp(self, tag: str, to: float, over: Span) -> None:
        machine, key, offset = self._point(tag)
        machine.ramp(key, to - offset, max(over, MILLISECOND), self._clock.now())

    def fail(self, device: str) -> None:
        self._machines[device].unreachable(True, self._clock.now())
        self._say_presence(device, is_there=False)

    def mend(self, device: str) -> None:
        self._machines[device].unreachable(False, self._clock.now())
        self._say_presence(device, is_there=True)

    def play(self, upset: str) -> None:
        """Let an upset of simulation.yaml begin. UnknownSubject: it has none of this name."""
        self._plan.act(upset, Play(), self._clock.now())

    def cut_brokers(self) -> None:
        for broker in self._brokers.values():
            broker.cut()

    def mend_brokers(self) -> None:
        for broker in self._brokers.values():
            broker.mend()

    def value(self, tag: str) -> float:
        """What the device shows now. KeyError: the tag is a text."""
        machine, key, offset = self._point(tag)
        return machine.value(key, self._clock.now()) + offset

    def _point(self, tag: str) -> tuple[SimulatedMachine, str, float]:
        found = self._tags[tag]
        offset = slope_and_offset(found.measure)[1] if isinstance(found.point, ModbusPoint) else 0.0
        return self._machines[found.device], found.key, offset

    # --- Modbus ---------------------------------------------------------------------------------------------------

    def _modbus_machine(self, device: Device, connection: ModbusConnection) -> SimulatedMachine:
        points = [
            point.Point(
                name=tag.key,
                where=point.ModbusAddress(point.Table(str(tag.point.address.table)), tag.point.address.number),
                value_type=encoding.ValueType(str(tag.point.kind)),
                signal=self._signal(device.name, tag),
                scale=slope_and_offset(tag.measure)[0],
                word_order=encoding.WordOrder(str(tag.point.order_on(connection))),
                part=_part(tag.point),
            )
            for tag in device.tags
            if isinstance(tag.point, ModbusPoint)
        ]
        return self._machine(device, points, ModbusUnit(connection.unit_id, points, Gaps.ZERO))

    def _machine(self, device: Device, points: list[point.Point], face: ModbusUnit | PayloadLayout | None) -> SimulatedMachine:
        """In the place of the plan's machine of this name, with the quantities that no wire shows."""
        planned = self._plan.machines.get(device.name)
        hidden = [] if planned is None else [each for each in planned.points.values() if each.where is None]
        machine = SimulatedMachine(device.name, [*points, *hidden], face, self._plan.quantities)
        self._plan.machines[device.name] = machine
        return machine

    def _answer(self, machines: Mapping[int, list[SimulatedMachine]]) -> Callable[[int, int, int, int], bytes | int | None]:
        def answer(unit: int, function: int, address: int, count: int) -> bytes | int | None:
            # Several devices of a plant may be parts of one unit: the one that has these registers answers.
            refusal: int | None = None
            for machine in machines.get(unit, ()):
                reply = machine.read(unit, function, address, count, self._clock.now())
                if isinstance(reply, bytes):
                    return reply
                refusal = reply if reply is not None else refusal
            return refusal

        return answer

    def _take(self, machines: Mapping[int, list[SimulatedMachine]]) -> Callable[[int, int, int, bytes], bytes | int | None]:
        def take(unit: int, function: int, address: int, data: bytes) -> bytes | int | None:
            refusal: int | None = None
            for machine in machines.get(unit, ()):
                reply = machine.write(unit, function, address, data, self._clock.now())
                if isinstance(reply, bytes):
                    return b""
                refusal = reply if reply is not None else refusal
            return refusal

        return take

    # --- S7 -------------------------------------------------------------------------------------------------------

    def _machine_of_values(self, device: Device) -> SimulatedMachine:
        """One that only knows its values: `SimulatedCpu`, `SimulatedNodes` and `SimulatedServer` lay them out."""
        points = [
            point.Point(
                tag.key, None, encoding.ValueType.STRING if tag.is_text else _PLAIN_NUMBER, self._signal(device.name, tag)
            )
            for tag in device.tags
            if isinstance(tag.point, S7Point | SparkplugPoint | OpcUaPoint | PulsePoint)
        ]
        return self._machine(device, points, None)

    # --- MQTT -----------------------------------------------------------------------------------------------------

    def _mqtt_machine(self, device: Device, connection: MqttConnection, broker: MemoryMqttBroker) -> SimulatedMachine:
        planned = self._plan.machines.get(device.name)
        every, retain = PUBLISH_EVERY, False
        if planned is not None and isinstance(planned.face, PayloadLayout):
            every, retain = planned.face.topic.every_us, planned.face.topic.retain
        # Tags of one topic that are told apart by what else stands in a payload (`where`) have payloads of their own.
        payloads: dict[tuple[str, str], list[Tag]] = defaultdict(list)
        points = []
        for tag in device.tags:
            if isinstance(tag.point, MqttPoint):
                topic = topic_for(tag.point.topic, connection.topic_device or device.name)
                payloads[topic, json.dumps(tag.point.where, sort_keys=True)].append(tag)
                if tag.point.write is not None:
                    commanded = topic_for(tag.point.write.topic, connection.topic_device or device.name)
                    broker.takes[commanded] = partial(self._carry_out, tag, tag.point, tag.point.write)
                kind = encoding.ValueType.STRING if tag.is_text else encoding.ValueType.FLOAT32
                points.append(point.Point(tag.key, point.JsonPath((tag.key,)), kind, self._signal(device.name, tag)))
        if connection.availability is not None:
            said = connection.availability
            self._presences[device.name] = (broker, topic_for(said.topic, connection.topic_device or device.name), said)
            self._say_presence(device.name, is_there=True)
        for (topic, _), tags in payloads.items():
            self._publications.append(_Publication(device.name, topic, tuple(tags), broker, every, retain))
        # The payload is laid out here, by the plant's own paths; the machine only knows its values.
        return self._machine(device, points, PayloadLayout(MqttTopic(device.name, every), ()))

    def _carry_out(self, tag: Tag, commanded: MqttPoint, write: MqttWrite, payload: bytes) -> None:
        """As a device does that understands its own commands; anything else it leaves alone."""
        before, _, after = write.payload.partition(VALUE)
        text = payload.decode()
        if not text.startswith(before) or not text.endswith(after):
            return
        word = text[len(before) : len(text) - len(after)]
        if commanded.type is ValueType.TEXT:
            self.set(tag.name, word if write.payload == VALUE else json.loads(f'"{word}"'))
        elif commanded.type is ValueType.BOOL:
            self.set(tag.name, float(word == write.on))
        else:
            slope, offset = slope_and_offset(tag.measure)
            self.set(tag.name, float(word) * slope + offset)

    def _publish(self, publication: _Publication) -> None:
        now = self._clock.now()
        machine = self._machines[publication.device]
        if not machine.is_reachable(now):
            return
        document: Any = None
        for tag in publication.tags:
            assert isinstance(tag.point, MqttPoint)
            document = _with_sample(document, tag, tag.point, machine.shown(tag.key, now), now)
        publication.broker.publish(publication.topic, json.dumps(document).encode(), qos=1, retain=publication.retain)

    def _say_presence(self, device: str, *, is_there: bool) -> None:
        """What the device publishes when it comes, and its broker for it, as its last will, when it is gone."""
        if device in self._presences:
            broker, topic, said = self._presences[device]
            word = said.online if is_there else said.offline
            payload = json.dumps(_laid(None, said.path.steps, word)) if said.path.steps else word
            broker.publish(topic, payload.encode(), qos=1, retain=True)

    def _signal(self, device: str, tag: Tag) -> Signal | point.TextSignal:
        planned = self._plan.machines.get(device)
        if planned is not None and tag.key in planned.points and planned.points[tag.key].is_text == tag.is_text:
            return planned.points[tag.key].signal
        return FixedText("") if tag.is_text else Constant(0.0)


def _plan_of(plant: Plant, started_at: Moment) -> SimulatedLine:
    path = plant.folder / SIMULATION_FILE
    if not path.is_file():
        return SimulatedLine()

    def beside(name: str) -> str:
        return (plant.folder / name).read_text(encoding="utf-8")

    return read_plan(path.read_text(encoding="utf-8"), SIMULATION_FILE, started_at, beside)


def _part(place: ModbusPoint) -> encoding.Part:
    return encoding.Part(
        bit=place.bit,
        byte=encoding.ByteOfRegister(str(place.byte or "low")),
        length=place.length or 0,
        byte_order=encoding.ByteOrder(str(place.byte_order or "high_first")),
    )


def _with_sample(document: Any, tag: Tag, point: MqttPoint, value: float | str, now: Moment) -> Any:
    """The payload with a tag's value and time stamp where the plant says that they stand; a list of samples has one."""
    slope, offset = slope_and_offset(tag.measure)
    raw: bool | str | float = value if isinstance(value, str) else (value - offset) / slope
    if point.type is ValueType.BOOL:
        raw = bool(value)
    one = (*point.samples.steps, 0) if point.samples is not None else ()
    for path, wanted in point.where.items():
        document = _laid(document, parse_path(path).steps, wanted)
    if point.active is not None:
        document = _laid(document, point.active.steps, value != 0.0)
    if point.active is None or point.path.steps:
        document = _laid(document, (*one, *point.path.steps), raw)
    stamp = _time_stamp(now, point.time)
    if point.times is not None:
        return _laid(document, (*point.times.steps, 0), stamp)
    if point.time_path is None:
        return document
    return _laid(document, (*(() if point.every is not None else one), *point.time_path.steps), stamp)


def _laid(document: Any, steps: tuple[str | int, ...], value: Any) -> Any:
    """`document` with `value` at the path, made where nothing stands yet; list places before it are null."""
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        items = list(document) if isinstance(document, list) else []
        items += [None] * (step + 1 - len(items))
        items[step] = _laid(items[step], rest, value)
        return items
    fields = dict(document) if isinstance(document, dict) else {}
    fields[step] = _laid(fields.get(step), rest, value)
    return fields


def _time_stamp(now: Moment, form: TimeForm) -> str | int | float:
    match form:
        case TimeForm.S:
            return now / SECOND
        case TimeForm.MS:
            return now // MILLISECOND
        case TimeForm.US:
            return now
        case TimeForm.NS:
            return now * 1000
    return to_iso(now)
