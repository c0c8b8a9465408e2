"""What `andon test` leaves for CI servers: JUnit XML with file and line, also of a plant that cannot be played."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from edge.scenario.junit import junit_of_problems, junit_of_verdicts
from edge.scenario.run import run_scenarios
from edge.scenario.verdict import timeline
from tests.unit.config.folders import boiler_house, check, plant_of

HOPELESS = """\
# A scenario of which nothing comes true.
title: {zh: 蒸汽压力高, en: Steam pressure high}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {BOILER.1.steam_pressure: 9}}
  - {at: 3s, expect: {count: {cards: 7}}}
  - {at: 2s, expect: {alarm: BOILER.1/ALARM, state: acknowledged}}
"""

QUIET = """\
title: {zh: 一切正常, en: All is well}
start: 2026-05-04T08:00:00+08:00
steps:
  - {within: {from: 0s, to: 2s}, expect: {none: {}}}
"""


@pytest.fixture
def hopeless(tmp_path: Path) -> Path:
    plant = plant_of(boiler_house(tmp_path))
    alarm = plant.rules[0].id.rpartition("/")[2]
    (plant.folder / "scenarios" / "steam.yaml").write_text(QUIET, encoding="utf-8")
    (plant.folder / "scenarios" / "hopeless.yaml").write_text(HOPELESS.replace("ALARM", alarm), encoding="utf-8")
    return plant.folder


def written(folder: Path, base: Path, language: str = "en") -> ElementTree.Element:
    plant = plant_of(folder)
    return ElementTree.fromstring(junit_of_verdicts(plant, list(run_scenarios(plant)), base, language))


def test_a_scenario_is_a_case_with_its_file_and_line_from_the_checkout(hopeless: Path) -> None:
    (suite,) = written(hopeless, hopeless.parent)
    assert (suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("errors")) == (
        "boiler_house",
        "2",
        "1",
        "0",
    )
    failed, passed = suite
    assert {key: failed.get(key) for key in ("classname", "name", "file", "line", "time")} == {
        "classname": "scenarios.hopeless",
        "name": "Steam pressure high",
        "file": "plant/scenarios/hopeless.yaml",
        "line": "2",
        "time": "3.000",
    }
    assert [child.tag for child in passed] == ["system-out"]


def test_a_failure_has_the_line_of_the_first_step_that_failed_and_tells_all(hopeless: Path) -> None:
    (suite,) = written(hopeless, hopeless)
    failure, said = suite[0]
    assert (failure.tag, failure.get("file"), failure.get("line")) == ("failure", "scenarios/hopeless.yaml", "7")
    assert "should be acknowledged, is normal" in (failure.get("message") or "")
    first, second = (failure.text or "").splitlines()
    assert first.startswith("scenarios/hopeless.yaml:7:5: ")
    assert second.startswith("scenarios/hopeless.yaml:6:5: ")
    assert said.tag == "system-out"
    assert "✗" in (said.text or "")


def test_equal_scenarios_give_equal_files_and_only_words_follow_the_language(hopeless: Path) -> None:
    plant = plant_of(hopeless)
    verdicts = list(run_scenarios(plant))
    assert junit_of_verdicts(plant, verdicts, hopeless, "en") == junit_of_verdicts(
        plant, list(run_scenarios(plant)), hopeless, "en"
    )

    def cases(language: str) -> list[tuple[str | None, ...]]:
        root = ElementTree.fromstring(junit_of_verdicts(plant, verdicts, hopeless, language))
        return [tuple(case.get(key) for key in ("classname", "file", "line", "time")) for case in root.iter("testcase")]

    assert cases("en") == cases("zh")


def test_the_timeline_names_file_and_line_of_what_failed(hopeless: Path) -> None:
    verdict, _ = run_scenarios(plant_of(hopeless))
    lines = timeline(verdict, "en").splitlines()
    assert lines[0] == "Steam pressure high  (scenarios/hopeless.yaml)"
    assert [line.strip() for line in lines if line.strip().startswith("scenarios/")] == [
        "scenarios/hopeless.yaml:7:5",
        "scenarios/hopeless.yaml:6:5",
    ]


def test_a_plant_with_problems_is_one_case_with_an_error_at_its_line(tmp_path: Path) -> None:
    folder = boiler_house(tmp_path, cloud="dingtak: {}\n", people="# nobody\npersons: [x\n")
    problems = check(folder).problems
    root = ElementTree.fromstring(junit_of_problems(folder, problems, tmp_path))
    (suite,) = root
    assert (root.get("errors"), suite.get("errors"), suite.get("failures"), suite.get("tests")) == ("1", "1", "0", "1")
    (case,) = suite
    (error,) = case
    assert (case.get("file"), case.get("line"), error.get("type")) == ("plant/cloud.yaml", "1", "unknown_key")
    assert (error.text or "").splitlines() == [f"{problem} [{problem.code}]" for problem in problems]
    assert len(problems) > 1
