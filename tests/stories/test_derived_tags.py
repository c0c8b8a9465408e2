"""A derived tag through the whole road: rules hear it, alarms write it down, the image and the history have it."""

from __future__ import annotations

from pathlib import Path

from edge.scenario.run import run_scenarios
from edge.scenario.verdict import timeline
from tests.stories.test_the_gateway_watches_itself import folder_of
from tests.unit.config.folders import plant_of, said

DERIVED = """\
    derived:
      power:
        expression: "pressure * current / 10"
        unit: kW
        words: {zh: 功率, en: power}
      heavy:
        expression: "power > 60 and running"
        words: {zh: 重载, en: heavy load}
    tags:
"""
RULES = """\
rules:
  power_high: {for: PUMP_1, kind: high, tag: power, limit: 60, priority: high,
    words: {zh: 功率高, en: power high}, guidance: {zh: 减载, en: shed load}}
  heavy_load: {for: PUMP_1, kind: discrete, tag: heavy, value: true, priority: low, words: {zh: 重载, en: heavy load}}
"""
STORY = """\
title: {zh: 功率, en: Power}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 5, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1}}
  - {at: 10s, expect: {alarm: PUMP_1/power_high, state: normal}}
  - {at: 20s, set: {PUMP_1.current: 140}}
  - {within: {from: 20s, to: 24s}, expect: {alarm: PUMP_1/power_high, state: unacknowledged}}
  - {within: {from: 20s, to: 24s}, expect: {alarm: PUMP_1/heavy_load, state: unacknowledged}}
  - {at: 40s, set: {PUMP_1.running: false}}
  - {within: {from: 40s, to: 44s}, expect: {alarm: PUMP_1/heavy_load, state: returned_unacknowledged}}
"""


def folder(into: Path, story: str = STORY) -> Path:
    made = folder_of(into, rules__own=RULES, scenarios__story=story)
    pumps = made / "devices" / "pumps.yaml"
    pumps.write_text(pumps.read_text(encoding="utf-8").replace("    tags:\n", DERIVED, 1), encoding="utf-8")
    return made


def test_rules_hear_what_follows_from_what_was_read(tmp_path: Path) -> None:
    (verdict,) = run_scenarios(plant_of(folder(tmp_path / "plant")))
    assert verdict.failures == [], timeline(verdict, "en")


def test_a_scenario_sets_what_is_read_and_not_what_follows_from_it(tmp_path: Path) -> None:
    story = STORY.replace("PUMP_1.current: 140", "PUMP_1.power: 140")
    problems = said(folder(tmp_path / "plant", story))
    assert any('"PUMP_1.power" is worked out from other tags: set those' in line for line in problems)
