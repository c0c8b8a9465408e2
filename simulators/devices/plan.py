"""A plan file: YAML to a simulated line. Pure: text in, `SimulatedLine` out, all problems in one run.

The README of this folder shows the format. Not here: how points (`point_source.py`), signals (`signal_source.py`),
production lines (`production_source.py`), replays (`replay_source.py`) and scripts (`script.py`) are written.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from simulators.devices.encoding import ORDER_OF_8, WordOrder
from simulators.devices.fields import Fields, Located, Problem, flag, integer, positive_us, text
from simulators.devices.line import Action, SimulatedLine, UnknownSubject, Upset
from simulators.devices.machine import SimulatedMachine
from simulators.devices.modbus_unit import Gaps, ModbusUnit
from simulators.devices.mqtt_topic import MqttTopic, PayloadLayout, TimeFormat
from simulators.devices.point import Point, TextSignal
from simulators.devices.point_source import SignalOf, read_modbus_point, read_mqtt_point, read_path, read_quantity, word_or
from simulators.devices.production_source import line_machine, read_line
from simulators.devices.recording import Recorded
from simulators.devices.references import References
from simulators.devices.replay_source import BadRecording, ReadFile, no_files, read_replay
from simulators.devices.script import read_entry
from simulators.devices.signal_source import Place, read_signal
from simulators.devices.yaml_source import read_yaml
from simulators.signals import Signal

PLAN_KEYS = ("lines", "machines", "upsets", "script")
MACHINE_KEYS = ("modbus", "mqtt", "points", "replay", "quantities")
MODBUS_KEYS = ("unit_id", "gaps", "word_order")
MQTT_KEYS = ("topic", "every", "value_path", "time_path", "time_format", "qos", "retain")
ENTRIES_MAX = 10_000
SCRIPT_MAX = 1000


class PlanError(Exception):
    """The plan cannot be used. `problems`: one `file:line:column: what, and what to do` each, in order of line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_plan(source: str, file: str, started_at: int, read_file: ReadFile = no_files) -> SimulatedLine:
    """The line that a plan describes. Raises PlanError with all problems found.

    file: only how messages call it. started_at: the simulated moment at which lags, ramps, production and the script
    begin. read_file: for the recordings that the plan names.
    """
    reader = _PlanReader(started_at, read_file)
    line = reader.read(source)
    in_order = sorted(reader.problems, key=lambda problem: (problem.line, problem.column))
    problems = [f"{file}:{problem.line}:{problem.column}: {problem.text}" for problem in in_order] + reader.in_files
    if problems:
        raise PlanError(problems)
    return line


class _PlanReader:
    """Reads on after a problem: with the next point, machine or entry of the script."""

    def __init__(self, started_at: int, read_file: ReadFile) -> None:
        self.problems: list[Problem] = []
        self.in_files: list[str] = []
        self._started_at = started_at
        self._read_file = read_file
        self._line = SimulatedLine()
        self._references = References(self._line.quantities)

    def read(self, source: str) -> SimulatedLine:
        with self._collecting():
            plan = Fields(read_yaml(source), "plan", PLAN_KEYS)
            for name, production in _entries(plan, "lines").items():
                with self._collecting(production):
                    self._production(name, production)
            for name, machine in _mapping(plan.need("machines"), "machines").items():
                with self._collecting(machine):
                    self._line.add(self._machine(name, machine))
            # Without its machines a script would only be a list of things that are not there.
            if not self.problems and not self.in_files:
                self.problems += self._references.problems()
                self._upsets(_entries(plan, "upsets"))
                if (script := plan.get("script")) is not None:
                    for at, subject, action, place in self._script(script, "script", self._started_at):
                        with self._collecting(place):
                            self._line.script(at, subject, action)
        return self._line

    def _production(self, name: str, source: Located) -> None:
        production = read_line(source, name, self._started_at, zlib.crc32(name.encode()))
        self._line.schedules[name] = production
        self._line.add(line_machine(name, production, self._line.quantities))

    def _upsets(self, sources: Mapping[str, Located]) -> None:
        upsets: dict[str, Upset] = {}
        for name, source in sources.items():
            with self._collecting(source):
                entries = []
                for offset, subject, action, place in self._script(source, f"upset {name}", 0):
                    with self._collecting(place):
                        self._line.check(subject, action)
                        entries.append((offset, subject, action))
                upsets[name] = tuple(sorted(entries, key=lambda entry: entry[0]))
        # Only now, so that no upset can play another one, or itself.
        self._line.upsets = upsets

    def _script(self, source: Located, what: str, started_at: int) -> Iterator[tuple[int, str, Action, Located]]:
        if not isinstance(source.value, list) or len(source.value) > SCRIPT_MAX:
            raise source.problem(f"{what} must be a list of at most {SCRIPT_MAX} entries")
        for entry in source.value:
            with self._collecting(entry):
                yield (*read_entry(entry, started_at), entry)

    def _machine(self, name: str, source: Located) -> SimulatedMachine:
        fields = Fields(source, name, MACHINE_KEYS)
        quantities = self._quantities(name, fields)
        if "modbus" in fields and "mqtt" in fields:
            raise source.problem(f"{name} needs either modbus or mqtt")
        if "modbus" in fields:
            machine = self._modbus_machine(name, fields, quantities)
        elif "mqtt" in fields:
            machine = self._mqtt_machine(name, fields, quantities)
        elif quantities and "points" not in fields and "replay" not in fields:
            machine = SimulatedMachine(name, quantities, None, self._line.quantities)
        else:
            raise source.problem(f"{name} needs either modbus or mqtt; without them it can only have quantities")
        return machine

    def _modbus_machine(self, machine: str, fields: Fields, quantities: list[Point]) -> SimulatedMachine:
        modbus = Fields(fields.need("modbus"), f"{machine}: modbus", MODBUS_KEYS)
        unit_id = integer(modbus.need("unit_id"), modbus.name("unit_id"), 0, 255)
        gaps = word_or(modbus, "gaps", Gaps.ZERO)
        order = word_or(modbus, "word_order", WordOrder.ABCD)
        if order not in ORDER_OF_8:
            raise modbus.need("word_order").problem(f"{modbus.name('word_order')} must be one of 4 bytes; 8 follow it")
        points = quantities
        for name, source, signal_of in self._written(machine, fields):
            with self._collecting(source):
                points.append(read_modbus_point(source, machine, name, order, signal_of))
        return SimulatedMachine(machine, _unique(points), ModbusUnit(unit_id, points, gaps), self._line.quantities)

    def _mqtt_machine(self, machine: str, fields: Fields, quantities: list[Point]) -> SimulatedMachine:
        mqtt = Fields(fields.need("mqtt"), f"{machine}: mqtt", MQTT_KEYS)
        topic = _topic(mqtt)
        value_path = mqtt.get("value_path")
        points = quantities
        for name, source, signal_of in self._written(machine, fields):
            with self._collecting(source):
                points.append(read_mqtt_point(source, machine, name, value_path, signal_of))
        return SimulatedMachine(machine, _unique(points), PayloadLayout(topic, points), self._line.quantities)

    def _quantities(self, machine: str, fields: Fields) -> list[Point]:
        points = []
        for name, source in _entries(fields, "quantities").items():
            with self._collecting(source):
                points.append(read_quantity(source, machine, name, partial(self._signal, source, machine)))
        return points

    def _written(self, machine: str, fields: Fields) -> Iterator[tuple[str, Located, SignalOf]]:
        """The points of a machine, of `points` and of `replay`, with what reads their signals."""
        if "points" in fields or "replay" not in fields:
            for name, source in _mapping(fields.need("points"), f"{machine}: points").items():
                yield name, source, partial(self._signal, source, machine)
        if (replay := fields.get("replay")) is not None:
            try:
                for point in read_replay(replay, f"{machine}: replay", self._started_at, self._read_file):
                    yield point.name, point.source, partial(_recorded, point.signal)
            except BadRecording as problem:
                self.in_files += problem.problems

    def _signal(self, point: Located, machine: str, source: Located | None, name: str) -> Signal | TextSignal:
        if source is None:
            raise point.problem(f'{machine}.{name}: key "signal" is missing')
        # The name seeds the noise, so that two points do not tremble alike and every run is the same.
        seed = zlib.crc32(f"{machine}.{name}".encode())
        return read_signal(source, Place(machine, name, self._started_at, seed, self._references))

    @contextmanager
    def _collecting(self, place: Located | None = None) -> Iterator[None]:
        """Notes a problem and goes on; one that knows no place gets this one."""
        try:
            yield
        except Problem as problem:
            self.problems.append(problem)
        except (ValueError, UnknownSubject) as problem:
            self.problems.append((place or Located(None)).problem(str(problem)))


def _recorded(signal: Recorded, source: Located | None, name: str) -> Signal:
    if source is not None:
        raise source.problem(f"{name} plays a column and has no signal of its own")
    return signal


def _unique(points: list[Point]) -> list[Point]:
    names: set[str] = set()
    for point in points:
        if point.name in names:
            raise ValueError(f"two points are called {point.name}")
        names.add(point.name)
    return points


def _topic(mqtt: Fields) -> MqttTopic:
    time_source = mqtt.get("time_path")
    retain_source = mqtt.get("retain") or Located(False)
    return MqttTopic(
        topic=text(mqtt.need("topic"), mqtt.name("topic")),
        every_us=positive_us(mqtt.need("every"), mqtt.name("every")),
        time_path=None if time_source is None else read_path(time_source, mqtt.name("time_path")),
        time_format=word_or(mqtt, "time_format", TimeFormat.ISO8601),
        qos=integer(mqtt.get("qos") or Located(0), mqtt.name("qos"), 0, 2),
        retain=flag(retain_source, mqtt.name("retain")),
    )


def _entries(fields: Fields, key: str) -> Mapping[str, Located]:
    source = fields.get(key)
    return {} if source is None else _mapping(source, fields.name(key))


def _mapping(source: Located, what: str) -> Mapping[str, Located]:
    if not isinstance(source.value, dict) or not 1 <= len(source.value) <= ENTRIES_MAX:
        raise source.problem(f"{what} must be a mapping of 1 to {ENTRIES_MAX} entries")
    return source.value
