"""A parameter without a default: the type is right by itself, and each device must say its own."""

from __future__ import annotations

from pathlib import Path

from tests.unit.config.folders import boiler_house, check, plant_of

GATEWAY = "site: a\nagent: b\nareas: {boiler_1: {zh: 东, en: East}}\n"
DEVICES = """types:
  boiler:
    words: {zh: 锅炉, en: boiler}
    driver: modbus
    parameters: {digit: , most: 16}
    tags:
      pressure: {address: holding 0, type: int16, scale: "{digit}", range: [0, "{most}"], words: {zh: 压力, en: pressure}}
devices:%s
"""
DEVICE = """
  B1: {type: boiler, area: boiler_1, words: {zh: 炉, en: b1}, connection: {host: 127.0.0.1, every: 1s}%s}"""


def folder_of(tmp_path: Path, devices: str) -> Path:
    folder = boiler_house(tmp_path, gateway=GATEWAY, devices__boilers=DEVICES % devices, rules__boilers="rules: {}\n")
    (folder / "scenarios" / "steam.yaml").unlink()
    return folder


def errors(folder: Path) -> list[tuple[str, int, str]]:
    return [(each.file, each.line, each.code) for each in check(folder).problems if each.severity == "error"]


def test_a_device_that_does_not_say_it_is_refused_where_it_stands(tmp_path: Path) -> None:
    assert errors(folder_of(tmp_path, DEVICE % "")) == [("devices/boilers.yaml", 9, "parameter_missing")]


def test_a_device_that_says_it_is_built_with_it(tmp_path: Path) -> None:
    plant = plant_of(folder_of(tmp_path, DEVICE % ", parameters: {digit: 0.1}"))
    (pressure,) = [tag for tag in plant.devices["B1"].tags if tag.key == "pressure"]
    assert (pressure.measure.scale, pressure.measure.range) == (0.1, (0.0, 16.0))


def test_a_type_without_devices_is_right(tmp_path: Path) -> None:
    assert errors(folder_of(tmp_path, " {}")) == []


def test_a_device_cannot_leave_it_open_either(tmp_path: Path) -> None:
    assert ("devices/boilers.yaml", 9, "no_value") in errors(folder_of(tmp_path, DEVICE % ", parameters: {digit: }"))
