"""`andon types`: what comes with Andon is listed, shown with its source, and put into a plant; what is there is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.starter.folder import starter_files, wish_of, write_starter
from edge.texts import LANGUAGES
from tests.andon_command import Ran, run


def andon(*arguments: str | Path) -> Ran:
    return run("types", *arguments)


@pytest.fixture
def plant(tmp_path: Path) -> Path:
    write_starter(tmp_path / "works", starter_files(wish_of("works", "en")))
    return tmp_path / "works"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_type_is_shown_with_its_source_its_registers_and_its_rules(language: str) -> None:
    assert "eastron_sdm630" in andon("list", "--lang", language).stdout
    shown = andon("show", "eastron_sdm630", "--lang", language).stdout
    assert "user manual with Modbus protocol" in shown and "phase_l1_lost" in shown
    row = next(line.split() for line in shown.splitlines() if line.startswith("voltage_l1 "))
    assert row[:4] == ["voltage_l1", "30001", "float32", "V"]


def test_a_plant_with_a_type_added_twice_is_as_with_it_added_once_and_checks(plant: Path) -> None:
    assert andon("add", plant, "omron_e5cc", "--lang", "en").exit_code == 0
    once = everything(plant)
    again = andon("add", plant, "omron_e5cc", "--lang", "en")
    assert (again.exit_code, everything(plant)) == (0, once)
    assert "type: omron_e5cc" in again.stdout
    assert {problem.code for problem in load(plant, DRIVERS, CHANNELS).problems} == {"type_unused"}


def test_what_somebody_changed_in_it_is_not_written_over(plant: Path) -> None:
    andon("add", plant, "omron_e5cc")
    rules = plant / "libraries" / "omron_e5cc" / "rules" / "omron_e5cc.yaml"
    rules.write_text("rules: {}\n")
    before = everything(plant)
    refused = andon("add", plant, "omron_e5cc", "--lang", "en")
    assert (refused.exit_code, everything(plant)) == (1, before)
    assert str(rules) in refused.stderr


@pytest.mark.parametrize(("name", "code", "said"), [("omron_e5c", 1, "omron_e5cc"), ("omron_e5cc", 3, "gateway.yaml")])
def test_an_unknown_type_or_a_folder_that_is_no_plant_is_said(tmp_path: Path, name: str, code: int, said: str) -> None:
    refused = andon("add", tmp_path, name, "--lang", "en")
    assert (refused.exit_code, everything(tmp_path)) == (code, {})
    assert said in refused.stderr
