"""What a device type says of the connection holds for its devices, as far as they say nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.catalog import DRIVERS
from drivers.modbus.config import ModbusConnection
from edge.config.explain.explain import explain
from tests.unit.config.folders import boiler_house, check, plant_of, said

TYPE = """\
types:
  boiler:
    words: {zh: 锅炉, en: boiler}
    driver: modbus
    parameters: {steam_high: 12}
    %s
    tags:
      steam_pressure: {address: holding 0, type: int16, scale: 0.01, unit: bar, stale_after: 10s, words: {zh: 压力, en: steam}}
      burner_fault: {address: discrete 0, words: {zh: 燃烧器故障, en: burner fault}}
"""
DEVICES = """\
devices:
  BOILER.1: {type: boiler, area: boiler_1, words: {zh: 锅炉, en: boiler}%s}
  BOILER.2: {type: boiler, area: boiler_1, words: {zh: 锅炉, en: boiler}, connection: {host: b, max_registers: 16}}
"""
OWN = ", connection: {host: a}"


def house(tmp_path: Path, of_type: str, own: str = OWN) -> Path:
    return boiler_house(tmp_path, devices__boilers=TYPE % of_type + DEVICES % own)


def connections(folder: Path) -> list[ModbusConnection]:
    made = [device.connection for device in plant_of(folder).devices.values()]
    return [each for each in made if isinstance(each, ModbusConnection)]


def test_a_device_has_what_its_type_says_and_its_own_comes_first(tmp_path: Path) -> None:
    first, second = connections(house(tmp_path, "connection: {max_registers: 80, pause: 20ms}"))
    assert (first.host, first.max_registers, first.pause) == ("a", 80, 20_000)
    assert (second.host, second.max_registers, second.pause) == ("b", 16, 20_000)


def test_it_is_explained_where_it_is_written(tmp_path: Path) -> None:
    folder = house(tmp_path, "connection: {max_registers: 80}")
    (told,) = explain(check(folder).described, DRIVERS, "BOILER.1.connection.max_registers")
    assert (told.stations[-1].text, str(told.stations[-1].place)) == ("80", "devices/boilers.yaml:6:33")


@pytest.mark.parametrize(
    ("of_type", "place"),
    [("connection: {max_registres: 80}", "6:18"), ("connection: {max_registers: 999}", "6:33"), ("connection: 80", "6:17")],
)
def test_a_mistake_in_it_is_said_once_and_there(tmp_path: Path, of_type: str, place: str) -> None:
    lines = said(house(tmp_path, of_type))
    assert [line for line in lines if f"devices/boilers.yaml:{place}: " in line] == lines != []


def test_a_device_must_say_itself_how_it_is_reached(tmp_path: Path) -> None:
    assert any("devices/boilers.yaml:11:3: " in line for line in said(house(tmp_path, "connection: {max_bits: 8}", "")))
