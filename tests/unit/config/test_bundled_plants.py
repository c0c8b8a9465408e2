"""The bundled plants, and their simulated machines, describe the same plants; at rest nothing there is in alarm."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.measuring import slope_and_offset
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.mqtt.config import MqttConnection, MqttPoint
from drivers.mqtt.topic import topic_for
from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.person import Role
from edge.model.tag import SESSION, SYSTEM, Device, Tag
from edge.response.routing import Filtered, route_alarm
from rules.definition import Comparison, Kind
from simulators.devices.line import Play, SimulatedLine
from simulators.devices.modbus_unit import ModbusUnit
from simulators.devices.mqtt_topic import PayloadLayout
from simulators.devices.plan import read_plan
from tests.unit.config.folders import COLD_ROLLING_MILL, ROOT, plant_of

PV_MODULE_LINE = ROOT / "simulators" / "plants" / "pv_module_line"
PUMP_TEST_BED = ROOT / "simulators" / "plants" / "pump_test_bed"
FOLDERS = [COLD_ROLLING_MILL, PV_MODULE_LINE]
PLANTS = {folder.name: plant_of(folder) for folder in FOLDERS}
MILL = PLANTS["cold_rolling_mill"]
START = 1_780_300_800_000_000
SECOND = 1_000_000
HOUR = 3600 * SECOND

each_plant = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def simulated(folder: Path) -> SimulatedLine:
    return read_plan((folder / "simulation.yaml").read_text(encoding="utf-8"), "simulation.yaml", START)


@each_plant
def test_every_device_has_a_simulated_machine_and_every_tag_a_point(folder: Path) -> None:
    line, plant = simulated(folder), PLANTS[folder.name]
    assert {name for name, machine in line.machines.items() if machine.face is not None} == plant.devices.keys() - {SYSTEM}
    for device in _machines(plant):
        assert line.machines[device.name].points.keys() == {tag.key for tag in device.tags} - {SESSION}


@each_plant
def test_every_modbus_point_lies_where_its_tag_is_read(folder: Path) -> None:
    line = simulated(folder)
    compared = 0
    for device in PLANTS[folder.name].devices.values():
        if not isinstance(device.connection, ModbusConnection):
            continue
        machine = line.machines[device.name]
        assert isinstance(machine.face, ModbusUnit)
        assert machine.face.unit_id == device.connection.unit_id
        for tag in device.tags:
            if isinstance(tag.point, ModbusPoint):
                point = machine.points[tag.key]
                assert (str(point.where), point.value_type.value) == (str(tag.point.address), str(tag.point.kind)), tag.name
                assert point.scale == pytest.approx(slope_and_offset(tag.measure)[0]), tag.name
                if tag.point.width >= 2 and not tag.is_text:
                    assert point.word_order.value == str(tag.point.order_on(device.connection)), tag.name
                compared += 1
    assert compared == sum(isinstance(tag.point, ModbusPoint) for tag in _tags(PLANTS[folder.name])) > 0


@each_plant
def test_every_mqtt_point_comes_under_its_topic_path_and_time_stamp(folder: Path) -> None:
    line = simulated(folder)
    compared = 0
    for device in _machines(PLANTS[folder.name]):
        face = line.machines[device.name].face
        for tag in device.tags:
            if isinstance(tag.point, MqttPoint):
                assert isinstance(device.connection, MqttConnection)
                assert isinstance(face, PayloadLayout)
                assert topic_for(tag.point.topic, device.connection.topic_device or device.name) == face.topic.topic
                assert tag.point.path.steps == line.machines[device.name].points[tag.key].where.keys
                assert tag.point.time_path is None or (
                    face.topic.time_path is not None and tag.point.time_path.steps == face.topic.time_path.keys
                )
                compared += 1
    assert compared == sum(isinstance(tag.point, MqttPoint) for tag in _tags(PLANTS[folder.name])) > 0


@each_plant
@pytest.mark.parametrize("hours", [4, pytest.param(24, marks=pytest.mark.soak)])
def test_hours_of_normal_production_touch_no_limit(folder: Path, hours: int) -> None:
    """Delays apart: no value that a limit watches reaches it, seen each 90 s."""
    line, plant = simulated(folder), PLANTS[folder.name]
    watched = [
        rule
        for rule in plant.rules
        if rule.limit is not None and rule.signal is None and rule.priority is not Priority.JOURNAL and rule.device != SYSTEM
    ]
    tags = {rule.tag: (rule.device, rule.tag.removeprefix(f"{rule.device}.")) for rule in watched}
    lowest: dict[str, float] = {}
    highest: dict[str, float] = {}
    for now in range(START, START + hours * HOUR, 90 * SECOND):
        for tag, (device, key) in tags.items():
            value = line.machines[device].value(key, now)
            lowest[tag], highest[tag] = min(value, lowest.get(tag, value)), max(value, highest.get(tag, value))
    for rule in watched:
        assert rule.limit is not None
        touched = {
            Comparison.HIGH: highest[rule.tag] >= rule.limit,
            Comparison.LOW: lowest[rule.tag] <= rule.limit,
            Comparison.EQUAL: lowest[rule.tag] <= rule.limit <= highest[rule.tag],
        }
        assert not touched[rule.comparison], (rule.id, lowest[rule.tag], highest[rule.tag])


def test_a_stringer_is_as_hot_as_its_recipe_says_once_it_has_warmed_up() -> None:
    """Six minutes after each start, which is what its rules wait for; before that it is further off than they allow."""
    line = simulated(PV_MODULE_LINE)
    started, cold, warm = START, 0.0, 0.0
    for now in range(START, START + 8 * HOUR, 30 * SECOND):
        if line.machines["PV.LINE"].value("state", now) != 1:
            started = now
            continue
        stringer = line.machines["PV.STRINGER_2"]
        off = abs(stringer.value("solder_temp", now) - stringer.value("solder_setpoint", now))
        if now - started >= 360 * SECOND:
            warm = max(warm, off)
        else:
            cold = max(cold, off)
    assert warm < 5 < cold


def test_the_chamber_of_a_laminator_is_empty_in_time() -> None:
    laminator = simulated(PV_MODULE_LINE).machines["PV.LAMINATOR_1"]
    began, pumped = None, 0
    for now in range(START, START + 2 * HOUR, 5 * SECOND):
        if laminator.value("phase", now) != 2:
            began = None
        else:
            began = now if began is None else began
            if now - began >= 235 * SECOND:
                assert laminator.value("vacuum", now) <= 100
                pumped += 1
    assert pumped > 10


def test_a_coil_takes_eight_to_twelve_minutes_and_is_rolled_as_fast_as_its_grade_allows() -> None:
    line = simulated(COLD_ROLLING_MILL)
    mill = line.machines["CRM.LINE"]
    coils: dict[str, list[tuple[int, float]]] = {}
    for now in range(START, START + 4 * HOUR, 5 * SECOND):
        coils.setdefault(mill.shown("coil", now), []).append((now, mill.value("speed", now)))
    whole = list(coils.values())[1:-1]
    assert len(whole) > 15
    for seen in whole:
        assert 7.9 * 60 * SECOND <= seen[-1][0] - seen[0][0] + 5 * SECOND <= 12.1 * 60 * SECOND
        assert 790 <= max(speed for _, speed in seen) <= 1110
        assert any(58 <= speed <= 62 for _, speed in seen)


def test_an_oil_film_that_is_lost_shows_in_the_pressure_first_and_minutes_later_in_the_temperature() -> None:
    line = simulated(COLD_ROLLING_MILL)
    bearing = line.machines["CRM.ST4.BUR_TOP.DS"]
    began = START + 30 * 60 * SECOND
    line.machines["CRM.LINE"].value("speed", began)
    line.act("oil_film_lost", Play(), began)
    course = [
        (now, bearing.value("OIL_P", now), bearing.value("OIL_T", now)) for now in range(began, began + 900 * SECOND, SECOND)
    ]
    low = next(now for now, pressure, _ in course if pressure <= 0.08)
    hot = next(now for now, _, temperature in course if temperature >= 58)
    assert low - began < 60 * SECOND
    assert hot - low > 60 * SECOND


#: What these plants have no honest use for yet.
ELSEWHERE = {Kind.RATE, Kind.TREND, Kind.FROZEN, Kind.REPEAT, Kind.N_OF_M, Kind.WINDOW, Kind.COUNTER_RATE, Kind.COUNTER_STOP}
ELSEWHERE |= {Kind.RUNS, Kind.EWMA, Kind.CUSUM, Kind.EVENT, Kind.BAD_QUALITY}


def test_the_plants_show_the_kinds_of_rules_each_priority_and_what_concerns_safety() -> None:
    assert {rule.kind for plant in PLANTS.values() for rule in plant.rules} == set(Kind) - ELSEWHERE
    assert {rule.priority for rule in MILL.rules} == set(Priority)
    assert {rule.key for rule in MILL.rules if rule.safety} == {"co2_predischarge", "co2_discharged"}
    assert not any(rule.shelvable for rule in MILL.rules if rule.safety)


def test_both_languages_and_both_at_once_are_read_by_somebody() -> None:
    for plant in PLANTS.values():
        directory = plant.policy.directory
        assert {person.language for person in directory.persons.values()} == {"zh", "en"}
        assert "both" in {group.language for group in directory.groups.values()}


@pytest.mark.parametrize("folder", [*FOLDERS, PUMP_TEST_BED], ids=lambda folder: folder.name)
def test_each_plant_has_alarms_of_its_gateway_that_go_to_an_engineer(folder: Path) -> None:
    plant = plant_of(folder)
    own = {rule.tag: rule for rule in plant.rules if rule.device == SYSTEM}
    assert own["system.uplink_dingtalk"].priority is Priority.CRITICAL  # those go by the next channel of a person
    assert "system.quota_lasts" in own
    for rule in own.values():
        filtered = Filtered(rule.priority, rule.area, rule.device_type, rule.kind)
        told = {each.id.removeprefix("person:") for each in route_alarm(plant.policy, filtered).addressees}
        persons = plant.policy.directory.persons
        assert Role.ENGINEER in {persons[key].role for key in told & persons.keys()}, (rule.id, told)


def _machines(plant: Plant) -> list[Device]:
    """All but the gateway itself, which nobody simulates."""
    return [device for device in plant.devices.values() if device.name != SYSTEM]


def _tags(plant: Plant) -> list[Tag]:
    return [tag for device in plant.devices.values() for tag in device.tags]
