"""A scenario in which the cloud's quota ends."""

from __future__ import annotations

from pathlib import Path

from edge.scenario.run import run_scenarios
from edge.scenario.verdict import timeline
from tests.stories.test_the_gateway_watches_itself import DEVICE, folder_of
from tests.unit.config.folders import plant_of

RULES = """\
rules:
  gas: {for: PUMP_1, kind: high, tag: pressure, limit: 9, priority: critical,
    words: {zh: 压力危险, en: pressure dangerous}, guidance: {zh: 撤离, en: leave}}
  no_quota: {for: system, kind: low, tag: quota_left, limit: 1, priority: medium,
    words: {zh: 额度用完, en: quota spent}, guidance: {zh: 购买额度, en: buy more}}
"""
STORY = """\
title: {zh: 额度用完, en: The quota ends}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 6.2, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1}}
  - {at: 10s, quota: spent}
  - {at: 20s, set: {PUMP_1.pressure: 9.5}}
  - {within: {from: 20s, to: 40s}, expect: {alarm: system/no_quota, state: unacknowledged}}
  - {within: {from: 10s, to: 60s}, expect: {none: {}}}
  - {at: 60s, quota: renewed}
  - {within: {from: 60s, to: 400s}, expect: {card: {person: fitter_a, contains: pressure dangerous}}}
"""


def test_nothing_arrives_while_it_is_spent_and_what_is_critical_does_soon_after(tmp_path: Path) -> None:
    plant = plant_of(folder_of(tmp_path / "plant", devices__own=DEVICE, rules__own=RULES, scenarios__story=STORY))
    (verdict,) = run_scenarios(plant)
    assert verdict.failures == [], timeline(verdict, "en")
    assert "the cloud's quota of the month is spent" in timeline(verdict, "en")
