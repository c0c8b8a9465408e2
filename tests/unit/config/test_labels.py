"""Suppressions that choose by labels, properties and patterns, and hide what has labels in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.definition import Cause, Suppressor
from tests.unit.config.folders import boiler_house, check, plant_of

DEVICES = """types:
  press:
    words: {zh: 压机, en: press}
    driver: modbus
    labels: {drive: servo}
    tags:
      estop: {address: discrete 0, words: {zh: 急停, en: e-stop}}
      fault: {address: discrete 1, words: {zh: 故障, en: fault}}
      jam: {address: discrete 2, words: {zh: 卡料, en: jam}}
devices:
  A1: {type: press, area: hall, words: {zh: 甲一, en: a1}, connection: {host: 127.0.0.1, unit_id: 1, every: 1s},
       labels: {cell: a}}
  A2: {type: press, area: hall, words: {zh: 甲二, en: a2}, connection: {host: 127.0.0.1, unit_id: 2, every: 1s},
       labels: {cell: a}}
  B1: {type: press, area: hall, words: {zh: 乙一, en: b1}, connection: {host: 127.0.0.1, unit_id: 3, every: 1s},
       labels: {cell: b, drive: hydraulic}}
"""
RULES = """rules:
  estop: {for: press, tag: estop, kind: discrete, priority: low, words: {zh: 急停, en: e-stop}, labels: {role: stop}}
  feed_fault: {for: press, tag: fault, kind: discrete, priority: journal, words: {zh: 故障, en: fault}, labels: {role: drive}}
  feed_jam: {for: press, tag: jam, kind: discrete, priority: low, words: {zh: 卡料, en: jam}}
"""
GATEWAY = "site: a\nagent: b\nareas: {hall: {zh: 厂房, en: Hall}}\n"


def folder_of(tmp_path: Path, section: str, devices: str = DEVICES, rules: str = RULES) -> Path:
    body = f"{rules}suppressions:\n  one: {section}\n"
    folder = boiler_house(tmp_path, gateway=GATEWAY, devices__boilers=devices, rules__boilers=body)
    (folder / "scenarios" / "steam.yaml").unlink()
    return folder


def hidden(tmp_path: Path, section: str) -> dict[str, str]:
    """By what is hidden, by what."""
    suppressors = plant_of(folder_of(tmp_path, section)).suppressors
    return {target: " ".join(each.sources) for each in suppressors for target in each.targets}


def problems(folder: Path) -> list[tuple[str, str]]:
    return [(problem.code, problem.severity) for problem in check(folder).problems if problem.code != "told_to_nobody"]


def test_alarms_hide_each_other_where_their_labels_agree(tmp_path: Path) -> None:
    section = "{while: [{role: stop}], hide: [{role: drive}], same: cell}"
    assert set(plant_of(folder_of(tmp_path, section)).suppressors) == {
        Suppressor(Cause.INHIBITED, "one a", ("A1/estop", "A2/estop"), ("A1/feed_fault", "A2/feed_fault")),
        Suppressor(Cause.INHIBITED, "one b", ("B1/estop",), ("B1/feed_fault",)),
    }


def test_all_labels_that_are_named_must_agree(tmp_path: Path) -> None:
    section = "{while: [{role: stop, device: A1}], hide: [{role: drive}], same: [%s]}"
    assert hidden(tmp_path, section % "drive") == {"A1/feed_fault": "A1/estop", "A2/feed_fault": "A1/estop"}
    assert hidden(tmp_path / "b", section % "drive, device") == {"A1/feed_fault": "A1/estop"}


def test_a_choice_takes_what_is_all_that_it_says(tmp_path: Path) -> None:
    section = "{while: [A1/estop], hide: [{%s}]}"
    jams = ["A1/feed_jam", "A2/feed_jam", "B1/feed_jam"]
    assert sorted(hidden(tmp_path / "a", section % "type: press, rule: feed_jam")) == jams
    assert sorted(hidden(tmp_path / "b", section % "priority: [journal, high]")) == [
        "A1/feed_fault",
        "A2/feed_fault",
        "B1/feed_fault",
    ]
    assert sorted(hidden(tmp_path / "c", section % "rule: feed_*, cell: b")) == ["B1/feed_fault", "B1/feed_jam"]
    assert sorted(hidden(tmp_path / "d", section % "role: '', drive: servo")) == ["A1/feed_jam", "A2/feed_jam"]


def test_the_nearer_label_counts(tmp_path: Path) -> None:
    assert sorted(hidden(tmp_path, "{while: [A1/estop], hide: [{drive: hydraulic, role: drive}]}")) == ["B1/feed_fault"]


def test_a_pattern_stands_for_all_alarms_of_that_form(tmp_path: Path) -> None:
    assert sorted(hidden(tmp_path, "{while: [A1/estop], hide: ['press/feed_*'], same: device}")) == [
        "A1/feed_fault",
        "A1/feed_jam",
    ]
    assert sorted(hidden(tmp_path / "b", "{while: [A1/estop], hide: ['A*/feed_jam']}")) == ["A1/feed_jam", "A2/feed_jam"]
    code = problems(folder_of(tmp_path / "c", "{while: [A1/estop], hide: ['press/food_*']}"))
    assert code == [("suppression_unknown", "error")]


def test_a_pattern_that_a_rule_fits_itself_does_not_hide_it_by_itself(tmp_path: Path) -> None:
    rules = RULES.replace("feed_jam: {for: press,", "feed_jam: {for: press, suppressed_by: [feed_*],")
    plant = plant_of(folder_of(tmp_path, "{while: [A1/estop], hide: [B1/feed_fault]}", rules=rules))
    parents = {each.targets[0]: each.sources for each in plant.suppressors if each.cause is Cause.PARENT}
    assert parents == {f"{device}/feed_jam": (f"{device}/feed_fault",) for device in ("A1", "A2", "B1")}


def test_a_label_that_both_sides_lack_agrees_and_is_warned_of(tmp_path: Path) -> None:
    """As in Alertmanager: what is missing is empty."""
    devices = DEVICES.replace(",\n       labels: {cell: a}}", "}")
    section = "{while: [press/estop], hide: [press/feed_fault], same: cell}"
    found = check(folder_of(tmp_path, section, devices))
    assert {(each.name, each.sources) for each in found.described.suppressors} == {
        ("one -", ("A1/estop", "A2/estop")),
        ("one b", ("B1/estop",)),
    }
    assert ("same_without", "warning") in [(problem.code, problem.severity) for problem in found.problems]


@pytest.mark.parametrize(
    "section",
    [
        "{while: [{rolle: stop}], hide: [{role: drive}]}",
        "{while: [{role: stop}], hide: [{role: drive}], same: [cel]}",
    ],
)
def test_a_label_that_nothing_has_is_a_mistake(tmp_path: Path, section: str) -> None:
    """A misspelt one would be missing on both sides, and hide everything."""
    (problem,) = [each for each in check(folder_of(tmp_path, section)).problems if each.severity == "error"]
    assert problem.code == "label_unknown"
    assert problem.hint in ('did you mean "role"?', 'did you mean "cell"?')


def test_a_label_of_what_could_not_be_read_is_no_mistake(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "{while: [{role: stop}], hide: [{role: drive}], same: [place]}")
    (folder / "devices" / "more.yaml").write_text("devices: {C1: [", encoding="utf-8")
    assert {each.file for each in check(folder).problems if each.severity == "error"} == {"devices/more.yaml"}


def test_a_choice_that_takes_nothing_is_noted(tmp_path: Path) -> None:
    assert ("choice_of_none", "note") in problems(folder_of(tmp_path, "{while: [{priority: critcal}], hide: [{role: drive}]}"))


def test_a_label_is_not_called_as_a_property_is(tmp_path: Path) -> None:
    devices = DEVICES.replace("{drive: servo}", "{area: servo}")
    assert ("label_reserved", "error") in problems(folder_of(tmp_path, "{while: [A1/estop], hide: [A1/feed_jam]}", devices))


def test_a_suppression_has_words_that_people_read(tmp_path: Path) -> None:
    section = "{words: {zh: 急停已按下, en: e-stop pressed}, while: [{role: stop}], hide: [{role: drive}], same: cell}"
    words = {"zh": "急停已按下", "en": "e-stop pressed"}
    plant = plant_of(folder_of(tmp_path, section))
    assert [each.words for each in plant.suppressors] == [words, words]
    assert plant.policy.suppressions == {"one": words}
