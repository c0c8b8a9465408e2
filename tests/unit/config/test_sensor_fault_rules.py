"""A tag that says what is no measurement has a rule on its sensor by itself; what contradicts that is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from drivers.catalog import DRIVERS
from edge.config.explain.explain import explain
from edge.model.alarm import Priority
from edge.model.moment import SECOND
from edge.response.routing import Filtered, route_alarm
from rules.definition import Kind
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, check, plant_of, said

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text(encoding="utf-8")
RULES = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text(encoding="utf-8")
TAG = "unit: bar, stale_after: 10s,"
AUTOMATIC = "BOILER.1/steam_pressure_sensor_fault"
WRITTEN = """
  pressure_wire:
    for: {to}
    tag: {tag}
    kind: sensor_fault
    priority: medium
    words: {{zh: 压力变送器断线, en: pressure wire open}}
"""
LIMIT = """
  extra:
    for: boiler
    tag: {tag}
    kind: {kind}
    {limit}
    priority: medium
    guidance: {{zh: 检查。, en: Check.}}
    words: {{zh: 附加, en: extra}}
"""


def with_valid(tmp_path: Path, rules: str = "", valid: str = "valid: [0, 25]") -> Path:
    devices = DEVICES.replace(TAG, f"{TAG} {valid},")
    return boiler_house(tmp_path, devices__boilers=devices, rules__boilers=RULES + rules)


@pytest.mark.parametrize("said_so", ["valid: [0, 25]", "bad_values: [32767]", "ne43: true"])
def test_each_way_to_say_what_is_no_measurement_gives_a_rule(tmp_path: Path, said_so: str) -> None:
    (rule,) = [each for each in plant_of(with_valid(tmp_path, valid=said_so)).rules if each.kind is Kind.SENSOR_FAULT]
    assert (rule.id, rule.tag, rule.priority) == (AUTOMATIC, "BOILER.1.steam_pressure", Priority.LOW)
    assert rule.on_delay == 2 * SECOND
    assert rule.words == {"zh": "蒸汽压力传感器故障", "en": "steam pressure: sensor fault"}
    assert "变送器" in rule.guidance["zh"]
    assert "transmitter" in rule.guidance["en"]


def test_tags_that_say_nothing_have_none(tmp_path: Path) -> None:
    assert [each for each in plant_of(boiler_house(tmp_path)).rules if each.kind is Kind.SENSOR_FAULT] == []


@pytest.mark.parametrize("to", ["boiler", "BOILER.1"])
def test_the_plants_own_rule_replaces_it(tmp_path: Path, to: str) -> None:
    plant = plant_of(with_valid(tmp_path, WRITTEN.format(to=to, tag="steam_pressure")))
    (rule,) = [each for each in plant.rules if each.kind is Kind.SENSOR_FAULT]
    assert (rule.id, rule.priority, rule.on_delay) == ("BOILER.1/pressure_wire", Priority.MEDIUM, 2 * SECOND)


def test_a_rule_for_one_device_replaces_it_for_that_one_alone(tmp_path: Path) -> None:
    second = "\n  BOILER.2:" + DEVICES.partition("  BOILER.1:")[2].replace("unit_id: 1", "unit_id: 2")
    devices = DEVICES.replace(TAG, f"{TAG} valid: [0, 25],") + second
    rules = RULES + WRITTEN.format(to="BOILER.1", tag="steam_pressure")
    plant = plant_of(boiler_house(tmp_path, devices__boilers=devices, rules__boilers=rules))
    assert [rule.id for rule in plant.rules if rule.kind is Kind.SENSOR_FAULT] == [
        "BOILER.1/pressure_wire",
        "BOILER.2/steam_pressure_sensor_fault",
    ]


def test_a_rule_on_a_sensor_that_says_nothing_of_its_faults_is_refused(tmp_path: Path) -> None:
    rules = RULES + WRITTEN.format(to="boiler", tag="steam_pressure")
    (line,) = said(boiler_house(tmp_path, rules__boilers=rules))
    assert "steam_pressure does not say what is no measurement: write one of valid, bad_values, ne43" in line
    assert line.startswith("rules/boilers.yaml:")


@pytest.mark.parametrize(
    ("kind", "limit", "refused"),
    [
        ("high", "limit: 24.9", ""),
        ("high", "limit: 25", "at 25 this alarm would never come"),
        ("high", "limit: 850", "valid from 0 to 25 bar"),
        ("high", "limit: -1", "would never come, or never go"),
        ("low", "limit: 0", "at 0 this alarm would never come"),
        ("low", "{limit: 2, deadband: 23}", "would only return beyond 25"),
        ("high", "{limit: 20, deadband: 20}", "would only return beyond 0"),
        ("high", "{limit: 20, deadband: 19}", ""),
        ("discrete", "value: 30", "at 30 this alarm"),
        ("discrete", "value: 25", ""),
    ],
)
def test_a_limit_that_no_measurement_reaches_or_leaves_is_refused(tmp_path: Path, kind: str, limit: str, refused: str) -> None:
    keys = "\n    ".join(limit.strip("{}").split(", "))
    lines = [
        line
        for line in said(with_valid(tmp_path, LIMIT.format(tag="steam_pressure", kind=kind, limit=keys)))
        if "error" in line or "valid" in line
    ]
    assert len(lines) == bool(refused)
    assert all(refused in line for line in lines)


@pytest.mark.parametrize(("kind", "limit"), [("high", "limit: 5"), ("low", "limit: 5"), ("discrete", "value: 1")])
def test_a_text_is_compared_with_no_number(tmp_path: Path, kind: str, limit: str) -> None:
    devices = DEVICES.replace(
        "      burner_fault:",
        "      coil: {address: holding 9, type: string, length: 8, words: {zh: 卷号, en: coil}}\n      burner_fault:",
    )
    rules = RULES + LIMIT.format(tag="coil", kind=kind, limit=limit)
    lines = said(boiler_house(tmp_path, devices__boilers=devices, rules__boilers=rules))
    assert [line for line in lines if "coil is a text" in line]


def test_a_danger_to_people_is_marked_and_never_told_in_a_low_voice(tmp_path: Path) -> None:
    safe = RULES.replace("priority: medium", "priority: medium\n    class: safety", 1)
    plant = plant_of(boiler_house(tmp_path, rules__boilers=safe))
    assert [(rule.key, rule.shelvable) for rule in plant.rules if rule.safety] == [("steam_high", False)]
    for priority in ("low", "journal"):
        quiet = safe.replace("priority: medium\n", f"priority: {priority}\n", 1)
        lines = said(boiler_house(tmp_path / priority, rules__boilers=quiet))
        assert [line for line in lines if f"a danger to people is not told as {priority}" in line]


def test_the_name_of_an_automatic_rule_is_taken(tmp_path: Path) -> None:
    rules = LIMIT.format(tag="steam_pressure", kind="high", limit="limit: 20").replace("extra:", "steam_pressure_sensor_fault:")
    assert any("has the rule" in line and "by itself" in line for line in said(with_valid(tmp_path, rules)))


def test_a_scenario_may_expect_it_also_while_its_device_is_wrong(tmp_path: Path) -> None:
    scenario = f"""
title: {{zh: 断线, en: open wire}}
start: 2026-05-04T08:00:00+08:00
steps:
  - {{at: 5s, expect: {{alarm: {AUTOMATIC}, state: normal}}}}
"""
    folder = with_valid(tmp_path)
    (folder / "scenarios").mkdir(exist_ok=True)
    (folder / "scenarios" / "wire.yaml").write_text(scenario, encoding="utf-8")
    assert plant_of(folder)
    devices = folder / "devices" / "boilers.yaml"
    devices.write_text(devices.read_text(encoding="utf-8").replace("unit_id: 1", "unit_id: one"), encoding="utf-8")
    assert [line for line in said(folder) if "scenarios/wire" in line] == []


def test_explain_says_where_the_rule_that_nobody_wrote_comes_from(tmp_path: Path) -> None:
    (explained,) = explain(check(with_valid(tmp_path)).described, DRIVERS, AUTOMATIC)
    (station,) = explained.stations
    assert station.place is not None
    assert station.place.file == "devices/boilers.yaml"
    assert "kind sensor_fault" in station.what.render("en")


def test_a_route_for_the_instrument_people_takes_the_failed_sensor_and_is_not_called_idle(tmp_path: Path) -> None:
    response = (
        "routes:\n  all: {to: [team:maintenance], priorities: [medium]}\n"
        "  instruments: {to: [person:fitter], kinds: [sensor_fault]}\n"
    )
    folder = with_valid(tmp_path)
    (folder / "response.yaml").write_text(response, encoding="utf-8")
    lines = said(folder)
    assert not [line for line in lines if "instruments" in line]
    assert not [line for line in lines if AUTOMATIC in line]
    plant = plant_of(folder)
    rule = next(each for each in plant.rules if each.kind is Kind.SENSOR_FAULT)
    routed = route_alarm(plant.policy, Filtered(rule.priority, rule.area, rule.device_type, rule.kind))
    assert [addressee.id for addressee in routed.addressees] == ["person:fitter"]


def test_a_failed_sensor_that_nobody_is_told_of_is_remarked(tmp_path: Path) -> None:
    folder = with_valid(tmp_path)
    (folder / "response.yaml").write_text("routes:\n  all: {to: [team:maintenance], kinds: [high]}\n", encoding="utf-8")
    assert any("nobody is told of alarms of priority low (4," in line for line in said(folder))
