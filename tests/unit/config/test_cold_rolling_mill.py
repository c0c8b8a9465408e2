"""The bundled plant and its simulated machines describe the same mill."""

from __future__ import annotations

from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.mqtt.config import MqttPoint
from edge.model.alarm import Priority
from edge.model.tag import SESSION
from rules.definition import Kind
from simulators.devices.line import SimulatedLine
from simulators.devices.modbus_unit import ModbusUnit
from simulators.devices.mqtt_topic import PayloadLayout
from simulators.devices.plan import read_plan
from tests.unit.config.folders import COLD_ROLLING_MILL, plant_of

PLANT = plant_of(COLD_ROLLING_MILL)


def simulated() -> SimulatedLine:
    return read_plan((COLD_ROLLING_MILL / "simulation.yaml").read_text(encoding="utf-8"), "simulation.yaml", 0)


def test_every_device_has_a_simulated_machine_and_every_tag_a_point() -> None:
    line = simulated()
    assert line.machines.keys() == PLANT.devices.keys()
    for device in PLANT.devices.values():
        assert line.machines[device.name].points.keys() == {tag.key for tag in device.tags} - {SESSION}


def test_every_modbus_point_lies_where_its_tag_is_read() -> None:
    line = simulated()
    compared = 0
    for device in PLANT.devices.values():
        if not isinstance(device.connection, ModbusConnection):
            continue
        machine = line.machines[device.name]
        assert isinstance(machine.face, ModbusUnit)
        assert machine.face.unit_id == device.connection.unit_id
        for tag in device.tags:
            if isinstance(tag.point, ModbusPoint):
                point = machine.points[tag.key]
                assert (str(point.where), point.value_type.value, point.scale) == (
                    str(tag.point.address),
                    str(tag.point.kind),
                    tag.measure.scale,
                ), tag.name
                if tag.point.kind.width == 2:
                    assert point.word_order.value == str(tag.point.order_on(device.connection)), tag.name
                compared += 1
    assert compared == 34


def test_every_mqtt_point_comes_under_its_topic_path_and_time_stamp() -> None:
    line = simulated()
    compared = 0
    for device in PLANT.devices.values():
        face = line.machines[device.name].face
        for tag in device.tags:
            if isinstance(tag.point, MqttPoint) and isinstance(face, PayloadLayout):
                assert tag.point.topic == face.topic.topic
                assert tag.point.path.steps == line.machines[device.name].points[tag.key].where.keys
                assert (tag.point.time_path.steps if tag.point.time_path else None) == (
                    face.topic.time_path.keys if face.topic.time_path else None
                )
                compared += 1
    assert compared == 3


def test_it_shows_each_kind_of_rule_and_each_priority() -> None:
    assert {rule.kind for rule in PLANT.rules} == set(Kind)
    assert {rule.priority for rule in PLANT.rules} == set(Priority)
    assert [rule.id for rule in PLANT.rules if rule.latching] == ["CRM.AGC.HYDRAULICS/pump_trip"]


def test_at_rest_no_machine_is_in_alarm() -> None:
    line = simulated()
    for rule in PLANT.rules:
        if rule.kind not in (Kind.HIGH, Kind.LOW, Kind.DISCRETE) or rule.limit is None:
            continue
        machine = line.machines[rule.device]
        values = [machine.value(rule.tag.removeprefix(f"{rule.device}."), now) for now in range(0, 600_000_000, 7_000_000)]
        at_rest = {
            Kind.HIGH: max(values) < rule.limit,
            Kind.LOW: min(values) > rule.limit,
            Kind.DISCRETE: rule.limit not in values,
        }[rule.kind]
        assert at_rest, rule.id


def test_both_languages_and_both_at_once_are_read_by_somebody() -> None:
    directory = PLANT.policy.directory
    assert {person.language for person in directory.persons.values()} == {"zh", "en"}
    assert {group.language for group in directory.groups.values()} == {"both"}
