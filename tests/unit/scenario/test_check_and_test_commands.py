"""`andon check` and `andon test` as commands: what they print and write, and how they end."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.andon_command import Ran, run
from tests.unit.config.folders import BOILER_HOUSE, boiler_house


def andon(*arguments: object) -> Ran:
    return run(*arguments, "--lang", "en")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return boiler_house(tmp_path, cloud="dingtak: {}\n")


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_the_exit_code_is_the_same_in_every_format(broken: Path, form: str) -> None:
    assert andon("check", BOILER_HOUSE, "--format", form).exit_code == 0
    assert andon("check", broken, "--format", form).exit_code == 1


def test_what_is_printed_as_json_or_sarif_is_nothing_else(broken: Path) -> None:
    assert json.loads(andon("check", broken, "--format", "json").stdout)["errors"] == 1
    assert json.loads(andon("check", broken, "--format", "sarif").stdout)["version"] == "2.1.0"


def test_a_file_is_written_and_the_text_is_printed_beside_it(broken: Path, tmp_path: Path) -> None:
    ran = andon("check", broken, "--format", "sarif", "--output", tmp_path / "check.sarif")
    assert ran.exit_code == 1
    assert "cloud.yaml:1:1: error: unknown key" in ran.stdout
    (run,) = json.loads((tmp_path / "check.sarif").read_text(encoding="utf-8"))["runs"]
    assert run["results"][0]["ruleId"] == "unknown_key"


def test_a_file_that_cannot_be_written_is_said_and_not_taken_for_a_problem_of_the_plant(tmp_path: Path) -> None:
    ran = andon("check", BOILER_HOUSE, "--format", "json", "--output", tmp_path / "nowhere" / "check.json")
    assert ran.exit_code == 3
    assert "cannot be written" in ran.stderr


def test_a_plant_with_problems_is_not_played_and_still_gives_junit(broken: Path, tmp_path: Path) -> None:
    ran = andon("test", broken, "--junit", tmp_path / "report.xml")
    assert ran.exit_code == 1
    assert "cloud.yaml:1:1: error: unknown key" in ran.stderr
    (case,) = ElementTree.parse(tmp_path / "report.xml").iter("testcase")
    assert [child.tag for child in case] == ["error"]


def test_a_scenario_that_is_not_there_is_said_with_what_may_be_meant() -> None:
    ran = andon("test", BOILER_HOUSE, "--only", "steem")
    assert ran.exit_code == 1
    assert 'There is no scenario "steem", did you mean "steam"?' in ran.stderr
