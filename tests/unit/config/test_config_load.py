"""Loading a folder: all problems in one run, none that only follow from another, and nothing that raises."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.unit.config.folders import BOILER_HOUSE, COLD_ROLLING_MILL, boiler_house, check, plant_of, said


def test_problems_of_all_files_are_said_in_one_run_sorted_by_file_and_line(tmp_path: Path) -> None:
    folder = boiler_house(
        tmp_path,
        gateway="site: boiler_house\nagnet: gateway_1\nareas:\n  boiler_1: {zh: 1号锅炉, en: Boiler 1}\nlanguage: fr\n",
        people="persons: [\n",
        cloud="dingtalk: {client_id: x}\n",
    )
    lines = said(folder)
    assert lines == sorted(lines)
    assert [line.partition(": ")[0] for line in lines] == [
        "cloud.yaml:1:1",
        "gateway.yaml:1:1",
        "gateway.yaml:2:1",
        "gateway.yaml:5:11",
        "people.yaml:1:10",
    ]


def test_a_file_that_cannot_be_read_does_not_make_its_names_unknown(tmp_path: Path) -> None:
    folder = boiler_house(tmp_path, devices__boilers="types: {\n", gateway="site: [\n", people="persons: {\n")
    assert [line.partition(":")[0] for line in said(folder)] == ["devices/boilers.yaml", "gateway.yaml", "people.yaml"]


def test_a_broken_rule_does_not_make_its_alarm_unknown_to_the_scenario(tmp_path: Path) -> None:
    rules = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text(encoding="utf-8")
    folder = boiler_house(tmp_path, rules__boilers=rules.replace("priority: medium", "priority: urgent"))
    assert [line.partition(" ")[0] for line in said(folder)] == ["rules/boilers.yaml:9:15:"]


def test_a_name_declared_in_two_files_is_refused_with_both_places(tmp_path: Path) -> None:
    twice = "devices:\n  BOILER.1: {type: boiler, area: boiler_1, words: {zh: 锅炉, en: b}, connection: {host: a}}\n"
    folder = boiler_house(tmp_path, devices__more=twice)
    assert said(folder) == [
        'devices/more.yaml:2:3: "BOILER.1" is there a second time, first at devices/boilers.yaml:10:3: rename one of them'
    ]


def test_types_may_be_in_another_file_than_their_devices(tmp_path: Path) -> None:
    text = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text(encoding="utf-8")
    types, devices = text[: text.index("devices:")], text[text.index("devices:") :]
    plant = plant_of(boiler_house(tmp_path, devices__boilers=types, devices__a_line=devices))
    assert list(plant.devices) == ["BOILER.1"]


def test_both_languages_say_the_same_places(tmp_path: Path) -> None:
    folder = boiler_house(
        tmp_path, gateway="site: 1\nagent:\ntime_zone: Mars\nports: {}\n", rules__boilers="rules: {a: {kind: x}}\n"
    )
    english, chinese = said(folder), said(folder, "zh")
    assert [line.split(": ")[0] for line in english] == [line.split(": ")[0] for line in chinese]
    assert all(any("\u4e00" <= char <= "\u9fff" for char in line) for line in chinese)
    assert not any(any("\u4e00" <= char <= "\u9fff" for char in line) for line in english)


def test_a_folder_that_is_not_there_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    lines = said(tmp_path / "nowhere")
    assert "cannot be read" in lines[0]
    assert "gateway.yaml:1:1: this folder has no gateway.yaml" in lines[1]


def test_an_empty_folder_says_what_it_needs(tmp_path: Path) -> None:
    assert said(tmp_path) == ["gateway.yaml:1:1: this folder has no gateway.yaml: every plant needs one, with site and agent"]


@pytest.mark.parametrize("seen", ["gateway.yaml.txt", "gateway.yml", "Gateway.YAML", "my_plant/gateway.yaml"])
def test_a_gateway_yaml_that_nothing_reads_is_pointed_at(tmp_path: Path, seen: str) -> None:
    (tmp_path / seen).parent.mkdir(exist_ok=True)
    (tmp_path / seen).write_text("site: a\nagent: b\n", encoding="utf-8")
    assert set(said(tmp_path)) == {
        f"gateway.yaml:1:1: this folder has no gateway.yaml: every plant needs one, with site and agent; {seen} seems to be it",
        f'{seen}:1:1: nothing reads this file, did you mean "gateway.yaml"?',
    }


def test_a_library_inside_the_plant_folder_is_not_taken_for_files_astray(tmp_path: Path) -> None:
    folder = boiler_house(tmp_path, rotating__library='version: "1.0.0"\n', rotating__rules="rules: {}\n")
    assert check(folder).problems == []


def test_only_gateway_yaml_is_required(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text("site: a\nagent: b\n", encoding="utf-8")
    plant = plant_of(tmp_path)
    assert (plant.devices, plant.rules, plant.policy.routes, plant.scenarios) == ({}, (), (), ())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("gateway.yml", ', did you mean "gateway.yaml"?'),
        ("peoples.yaml", ', did you mean "people.yaml"?'),
        ("rules/more.yml", ', did you mean "rules/more.yaml"?'),
        ("rule/more.yaml", ', did you mean "rules/more.yaml"?'),
        ("notes/today.yaml", ""),
    ],
)
def test_a_yaml_file_that_nothing_reads_is_noted(tmp_path: Path, name: str, hint: str) -> None:
    folder = boiler_house(tmp_path)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("a: 1\n", encoding="utf-8")
    loaded = check(folder)
    assert [str(problem) for problem in loaded.problems] == [f"{name}:1:1: nothing reads this file{hint}"]
    assert loaded.plant is not None


def test_a_folder_in_the_place_of_a_file_is_a_problem(tmp_path: Path) -> None:
    folder = boiler_house(tmp_path)
    (folder / "cloud.yaml").unlink()
    (folder / "cloud.yaml").mkdir()
    assert any(line.startswith("cloud.yaml:1:1: the file cannot be read") for line in said(folder))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_a_problem(tmp_path: Path) -> None:
    folder = boiler_house(tmp_path)
    (folder / "people.yaml").chmod(0)
    assert any(line.startswith("people.yaml:1:1: the file cannot be read") for line in said(folder))


def test_more_problems_than_anybody_reads_are_cut_and_counted(tmp_path: Path) -> None:
    nonsense = "".join(f"  r{number}: {{kind: nonsense, x: 1}}\n" for number in range(400))
    lines = said(boiler_house(tmp_path, rules__boilers=f"rules:\n{nonsense}"))
    assert len(lines) == 501
    assert re.search(r": and 15\d\d more: mend these first", lines[-1])


def test_the_revision_follows_the_content_of_every_file(tmp_path: Path) -> None:
    folder = boiler_house(tmp_path)
    before = plant_of(folder).revision
    assert plant_of(BOILER_HOUSE).revision == before
    with (folder / "people.yaml").open("a", encoding="utf-8") as file:
        file.write("# one more remark\n")
    assert plant_of(folder).revision != before


def test_a_type_without_devices_is_checked_too(tmp_path: Path) -> None:
    tags = "tags: {flow: {address: here, words: {zh: 量, en: flow}}}"
    pump = f"types:\n  pump:\n    words: {{zh: 泵, en: pump}}\n    driver: modbus\n    {tags}\n"
    assert [line.partition(": ")[0] for line in said(boiler_house(tmp_path, devices__pumps=pump))] == [
        "devices/pumps.yaml:5:28"
    ]


def test_too_many_tags_are_refused_before_they_are_built(tmp_path: Path) -> None:
    tags = "".join(f"      t{n}: {{address: coil {n}, words: {{zh: a, en: a}}}}\n" for n in range(500))
    device = "{type: big, area: boiler_1, words: {zh: a, en: a}, connection: {host: a}}"
    devices = "".join(f"  D{n}: {device}\n" for n in range(201))
    text = f"types:\n  big:\n    words: {{zh: a, en: a}}\n    driver: modbus\n    tags:\n{tags}devices:\n{devices}"
    lines = said(
        boiler_house(tmp_path, devices__boilers=text, rules__boilers="rules: {}\n", scenarios__steam="title: {zh: a, en: a}\n")
    )
    assert any("more than 100000 tags in one plant" in line for line in lines)


def test_the_bundled_plant_is_right() -> None:
    loaded = check(COLD_ROLLING_MILL)
    assert loaded.problems == []
    assert loaded.plant is not None
