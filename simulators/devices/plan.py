"""A plan file: YAML to a simulated line. Pure: text in, `SimulatedLine` out, all problems in one run.

The README of this folder shows the format. Not here: how signals (`signal_source.py`) and scripts (`script.py`) are written.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from typing import TypeVar

from simulators.devices.encoding import ValueType, WordOrder
from simulators.devices.fields import Fields, Located, Problem, flag, integer, number, positive_us, text, word
from simulators.devices.line import SimulatedLine, UnknownSubject
from simulators.devices.machine import SimulatedMachine
from simulators.devices.modbus_unit import ADDRESSES, Gaps, ModbusUnit
from simulators.devices.mqtt_topic import MqttTopic, PayloadLayout, TimeFormat
from simulators.devices.point import JsonPath, ModbusAddress, Point, Table
from simulators.devices.script import read_entry
from simulators.devices.signal_source import read_signal
from simulators.devices.yaml_source import read_yaml

MODBUS_KEYS = ("unit_id", "gaps", "word_order")
MODBUS_POINT_KEYS = ("at", "type", "scale", "word_order", "signal")
MQTT_KEYS = ("topic", "every", "value_path", "time_path", "time_format", "qos", "retain")
MQTT_POINT_KEYS = ("path", "type", "scale", "decimals", "signal")
ENTRIES_MAX = 10_000
SCRIPT_MAX = 1000
E = TypeVar("E", bound=Enum)
DOTLESS = re.compile(r"[^\s.]+")


class PlanError(Exception):
    """The plan cannot be used. `problems`: one `file:line:column: what, and what to do` each, in order of line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_plan(source: str, file: str, started_at: int) -> SimulatedLine:
    """The line that a plan describes. Raises PlanError with all problems found.

    file: only how messages call it. started_at: the simulated moment at which lags, ramps and the script begin.
    """
    reader = _PlanReader(started_at)
    line = reader.read(source)
    if reader.problems:
        in_order = sorted(reader.problems, key=lambda problem: (problem.line, problem.column))
        raise PlanError([f"{file}:{problem.line}:{problem.column}: {problem.text}" for problem in in_order])
    return line


class _PlanReader:
    """Reads on after a problem: with the next point, machine or entry of the script."""

    def __init__(self, started_at: int) -> None:
        self.problems: list[Problem] = []
        self._started_at = started_at

    def read(self, source: str) -> SimulatedLine:
        line = SimulatedLine()
        with self._collecting():
            document = read_yaml(source)
            plan = Fields(document, "plan", ("machines", "script"))
            for name, machine in _mapping(plan.need("machines"), "machines").items():
                with self._collecting(machine):
                    line.add(self._machine(name, machine))
            # Without its machines a script would only be a list of things that are not there.
            if not self.problems and (script := plan.get("script")) is not None:
                self._script(script, line)
        return line

    def _script(self, source: Located, line: SimulatedLine) -> None:
        if not isinstance(source.value, list) or len(source.value) > SCRIPT_MAX:
            raise source.problem(f"script must be a list of at most {SCRIPT_MAX} entries")
        for entry in source.value:
            with self._collecting(entry):
                line.script(*read_entry(entry, self._started_at))

    def _machine(self, name: str, source: Located) -> SimulatedMachine:
        fields = Fields(source, name, ("modbus", "mqtt", "points"))
        if ("modbus" in fields) == ("mqtt" in fields):
            raise source.problem(f"{name} needs either modbus or mqtt")
        points = _mapping(fields.need("points"), f"{name}: points")
        if "modbus" in fields:
            return self._modbus_machine(name, Fields(fields.need("modbus"), f"{name}: modbus", MODBUS_KEYS), points)
        return self._mqtt_machine(name, Fields(fields.need("mqtt"), f"{name}: mqtt", MQTT_KEYS), points)

    def _modbus_machine(self, machine: str, modbus: Fields, sources: Mapping[str, Located]) -> SimulatedMachine:
        unit_id = integer(modbus.need("unit_id"), modbus.name("unit_id"), 0, 255)
        gaps = _word_or(modbus, "gaps", Gaps.ZERO)
        word_order = _word_or(modbus, "word_order", WordOrder.ABCD)
        points = []
        for name, source in sources.items():
            with self._collecting(source):
                fields = Fields(source, f"{machine}.{name}", MODBUS_POINT_KEYS)
                where = _address(fields.need("at"), fields.name("at"))
                value_type = (
                    ValueType.BOOL
                    if where.table.holds_bits and "type" not in fields
                    else word(fields.need("type"), fields.name("type"), ValueType)
                )
                order = _word_or(fields, "word_order", word_order)
                points.append(self._point(fields, name, where, value_type, word_order=order))
        return SimulatedMachine(machine, points, ModbusUnit(unit_id, points, gaps))

    def _mqtt_machine(self, machine: str, mqtt: Fields, sources: Mapping[str, Located]) -> SimulatedMachine:
        topic = _topic(mqtt)
        value_path = mqtt.get("value_path")
        points = []
        for name, source in sources.items():
            with self._collecting(source):
                fields = Fields(source, f"{machine}.{name}", MQTT_POINT_KEYS)
                where = _path(fields.get("path") or value_path or Located(name), fields.name("path"))
                value_type = _word_or(fields, "type", ValueType.FLOAT32)
                decimals = integer(fields.get("decimals") or Located(3), fields.name("decimals"), 0, 12)
                points.append(self._point(fields, name, where, value_type, decimals=decimals))
        return SimulatedMachine(machine, points, PayloadLayout(topic, points))

    def _point(
        self,
        fields: Fields,
        name: str,
        where: ModbusAddress | JsonPath,
        value_type: ValueType,
        *,
        word_order: WordOrder = WordOrder.ABCD,
        decimals: int = 3,
    ) -> Point:
        if not DOTLESS.fullmatch(name):
            raise fields.source.problem(f'a point\'s name has no dots and no spaces, is "{name}"')
        scale_source = fields.get("scale") or Located(1.0)
        scale = number(scale_source, fields.name("scale"))
        if scale <= 0:
            raise scale_source.problem(f"{fields.name('scale')} must be more than 0, is {scale:g}")
        # The name seeds the noise, so that two points do not tremble alike and every run is the same.
        signal = read_signal(fields.need("signal"), self._started_at, zlib.crc32(fields.what.encode()))
        return Point(name, where, value_type, signal, scale, word_order, decimals)

    @contextmanager
    def _collecting(self, place: Located | None = None) -> Iterator[None]:
        """Notes a problem and goes on; one that knows no place gets this one."""
        try:
            yield
        except Problem as problem:
            self.problems.append(problem)
        except (ValueError, UnknownSubject) as problem:
            self.problems.append((place or Located(None)).problem(str(problem)))


def _topic(mqtt: Fields) -> MqttTopic:
    time_source = mqtt.get("time_path")
    retain_source = mqtt.get("retain") or Located(False)
    return MqttTopic(
        topic=text(mqtt.need("topic"), mqtt.name("topic")),
        every_us=positive_us(mqtt.need("every"), mqtt.name("every")),
        time_path=None if time_source is None else _path(time_source, mqtt.name("time_path")),
        time_format=_word_or(mqtt, "time_format", TimeFormat.ISO8601),
        qos=integer(mqtt.get("qos") or Located(0), mqtt.name("qos"), 0, 2),
        retain=flag(retain_source, mqtt.name("retain")),
    )


def _address(source: Located, what: str) -> ModbusAddress:
    table, _, number_text = text(source, what).partition(" ")
    tables = [each.value for each in Table]
    if table not in tables or not number_text.isdecimal() or int(number_text) >= ADDRESSES:
        raise source.problem(
            f"{what} must be a table ({', '.join(tables)}) and an address from 0 to {ADDRESSES - 1}, "
            f'such as "holding 0", is "{source.value}"'
        )
    return ModbusAddress(Table(table), int(number_text))


def _path(source: Located, what: str) -> JsonPath:
    keys = tuple(text(source, what).split("."))
    if not all(keys):
        raise source.problem(f'{what} must be keys with dots between, such as "vib.rms", is "{source.value}"')
    return JsonPath(keys)


def _word_or(fields: Fields, key: str, default: E) -> E:
    source = fields.get(key)
    return default if source is None else word(source, fields.name(key), type(default))


def _mapping(source: Located, what: str) -> Mapping[str, Located]:
    if not isinstance(source.value, dict) or not 1 <= len(source.value) <= ENTRIES_MAX:
        raise source.problem(f"{what} must be a mapping of 1 to {ENTRIES_MAX} entries")
    return source.value
