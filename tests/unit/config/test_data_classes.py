"""The data class of a tag: its own, its device's, or that of what it follows from, whichever is strictest."""

from __future__ import annotations

from pathlib import Path

from edge.model.tag import DataClass
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, plant_of, said

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text()
DERIVED = """\
    derived:
      output: {expression: "steam_pressure * 2", words: {zh: 出力, en: output}}
      more: {expression: "output + 1", data_class: yellow, words: {zh: 更多, en: more}}
"""


def classes(tmp_path: Path, devices: str) -> dict[str, DataClass]:
    device = plant_of(boiler_house(tmp_path, devices__boilers=devices)).devices["BOILER.1"]
    return {tag.key: tag.data_class for tag in device.tags}


def test_tags_are_green_where_nothing_is_said(tmp_path: Path) -> None:
    assert set(classes(tmp_path, DEVICES).values()) == {DataClass.GREEN}


def test_what_follows_from_a_red_tag_is_red_however_far_away(tmp_path: Path) -> None:
    red = DEVICES.replace("unit: bar", "unit: bar, data_class: red").replace("devices:\n", f"{DERIVED}devices:\n", 1)
    found = classes(tmp_path, red)
    assert (found["steam_pressure"], found["output"], found["more"]) == (DataClass.RED,) * 3
    assert found["burner_fault"] is DataClass.GREEN


def test_a_device_makes_all_its_tags_stricter_and_none_laxer_but_its_session(tmp_path: Path) -> None:
    strict = DEVICES.replace("unit: bar", "unit: bar, data_class: red").replace(
        "area: boiler_1", "area: boiler_1\n    data_class: yellow"
    )
    assert classes(tmp_path, strict) == {
        "steam_pressure": DataClass.RED,
        "burner_fault": DataClass.YELLOW,
        "session": DataClass.GREEN,
    }


def test_a_class_that_there_is_not_is_said(tmp_path: Path) -> None:
    folder = boiler_house(tmp_path, devices__boilers=DEVICES.replace("unit: bar", "unit: bar, data_class: rad"))
    assert any('did you mean "red"' in line for line in said(folder))
