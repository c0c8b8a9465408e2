"""Counters through the whole road: rules hear what was counted, over a roll-over, a crash and a lost device."""

from __future__ import annotations

from pathlib import Path

from edge.config.plant import Plant
from edge.model.moment import MINUTE, SECOND
from edge.model.sample import Quality
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.run import run_scenarios
from edge.scenario.stage import Stage
from edge.scenario.verdict import timeline
from tests.stories.memory_stage import START
from tests.stories.test_the_gateway_watches_itself import folder_of
from tests.unit.config.folders import plant_of

TAGS = """\
    derived:
      strokes_day: {count: strokes, over: day, words: {zh: 当日冲次, en: strokes today}}
      strokes_all: {count: strokes, over: all, words: {zh: 总冲次, en: strokes in all}}
    tags:
      strokes: {address: 40007, type: uint16, counter: {rolls_over_at: 65536}, stale_after: 10s,
        words: {zh: 冲次, en: strokes}}
"""
RULES = """\
rules:
  worn: {for: PUMP_1, kind: high, tag: strokes_all, limit: 100, priority: low, words: {zh: 到保养次数, en: service due}}
"""
STORY = """\
title: {zh: 冲次, en: Strokes}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 5, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1, PUMP_1.strokes: 65500}}
  - {at: 10s, set: {PUMP_1.strokes: 50}}
  - {at: 15s, expect: {alarm: PUMP_1/worn, state: normal}}
  - {at: 20s, set: {PUMP_1.strokes: 64}}
  - {within: {from: 20s, to: 24s}, expect: {alarm: PUMP_1/worn, state: unacknowledged}}
"""


def pump_house(into: Path) -> Plant:
    made = folder_of(into, rules__own=RULES, scenarios__story=STORY)
    pumps = made / "devices" / "pumps.yaml"
    pumps.write_text(pumps.read_text(encoding="utf-8").replace("    tags:\n", TAGS, 1), encoding="utf-8")
    return plant_of(made)


def test_rules_hear_what_was_counted_over_a_roll_over(tmp_path: Path) -> None:
    (verdict,) = run_scenarios(pump_house(tmp_path / "plant"))
    assert verdict.failures == [], timeline(verdict, "en")


def test_a_crash_costs_no_count(tmp_path: Path) -> None:
    plant = pump_house(tmp_path / "plant")

    async def story(clock: VirtualClock) -> list[tuple[float, Quality]]:
        stage = Stage(plant, clock)
        stage.devices.set("PUMP_1.strokes", 1_000)
        await stage.open()
        told: list[tuple[float, Quality]] = []

        async def look() -> None:
            seen = [stage.gateway.tag(f"PUMP_1.{key}") for key in ("strokes_day", "strokes_all")]
            told.extend((each.value, each.quality) for each in seen if each is not None)

        await clock.sleep_until(START + 10 * SECOND)
        stage.devices.set("PUMP_1.strokes", 1_030)
        await clock.sleep_until(START + 90 * SECOND)
        stage.devices.set("PUMP_1.strokes", 1_040)
        await clock.sleep_until(START + 100 * SECOND)
        await look()
        await stage.kill_gateway()
        stage.devices.set("PUMP_1.strokes", 1_055)
        await clock.sleep_until(START + 4 * MINUTE)
        assert await stage.start_gateway()
        await clock.sleep_until(START + 5 * MINUTE)
        await look()
        stage.devices.fail("PUMP_1")
        await clock.sleep_until(START + 6 * MINUTE)
        await look()
        await stage.close()
        return told

    day, whole = Quality.UNCERTAIN, Quality.GOOD  # nobody saw this day begin
    assert run_virtually(story, START) == [
        (40, day), (40, whole), (55, day), (55, whole), (55, Quality.BAD), (55, Quality.BAD),
    ]  # fmt: skip
