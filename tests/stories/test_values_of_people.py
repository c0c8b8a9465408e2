"""Values that people enter and force, through the whole gateway on virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edge.config.plant import Plant
from edge.model.command import EnterValue, ForceValue, Hang, InboxRow, RemoveHangTag, SetStage
from edge.model.moment import MINUTE, SECOND
from edge.model.sample import Mark, Quality
from edge.model.stage import Stage as AlarmStage
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.run import run_scenarios
from edge.scenario.stage import Stage
from edge.scenario.verdict import timeline
from tests.stories.memory_stage import START
from tests.stories.test_the_gateway_watches_itself import folder_of
from tests.unit.config.folders import plant_of, said

DEVICES = """\
types:
  bath:
    words: {zh: 酸洗槽, en: bath}
    driver: manual
    tags:
      acid: {words: {zh: 酸浓度, en: acid}, unit: g/L, every: 2min, between: [80, 260], anyway: true}
      colour: {words: {zh: 颜色, en: colour}, type: text}
devices:
  BATH: {type: bath, area: pump_house, words: {zh: 槽, en: bath}}
"""
RULES = """\
rules:
  acid_low: {for: BATH, kind: low, tag: acid, limit: 100, priority: high,
    words: {zh: 酸浓度低, en: acid low}, guidance: {zh: 补酸, en: add acid}}
  acid_forgotten: {for: BATH, kind: stale, tag: acid, priority: medium,
    words: {zh: 未化验, en: not analysed}, guidance: {zh: 去化验, en: analyse}}
"""
HEAD = """\
title: {zh: 值, en: values}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 6.2, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1}}
"""


def plant_with(into: Path, *steps: str) -> Plant:
    story = HEAD + "".join(f"  - {{{step}}}\n" for step in steps)
    plant = plant_of(folder_of(into, devices__own=DEVICES, rules__own=RULES, scenarios__story=story))
    return replace(plant, stage=AlarmStage.LIVE)


def played(plant: Plant) -> str:
    (verdict,) = run_scenarios(plant)
    assert verdict.failures == [], timeline(verdict, "en")
    return timeline(verdict, "en")


def test_an_entered_value_runs_through_the_same_rules_and_is_missed_when_overdue(tmp_path: Path) -> None:
    text = played(
        plant_with(
            tmp_path / "plant",
            "at: 10s, enter: {values: {BATH.acid: 90, BATH.colour: green}, by: fitter_a}",
            "within: {from: 10s, to: 12s}, expect: {alarm: BATH/acid_low, state: unacknowledged}",
            "at: 60s, enter: {values: {BATH.acid: 150}, by: fitter_a}",
            "within: {from: 60s, to: 62s}, expect: {alarm: BATH/acid_low, state: returned_unacknowledged}",
            "at: 175s, expect: {alarm: BATH/acid_forgotten, state: normal}",
            "within: {from: 179s, to: 185s}, expect: {alarm: BATH/acid_forgotten, state: unacknowledged}",
        )
    )
    assert "fitter_a enters BATH.acid = 90" in text


def test_what_is_due_stays_due_over_a_restart_and_the_value_is_still_there(tmp_path: Path) -> None:
    plant = plant_with(tmp_path / "plant")

    async def story(clock: VirtualClock) -> tuple[float, str, str]:
        stage = Stage(plant, clock)
        await stage.open()
        row = InboxRow("api", "a1", "fitter_a", EnterValue("BATH.acid", 150, clock.now()), clock.now())
        await stage.gateway.answer(row)
        await clock.sleep_until(START + 100 * SECOND)
        await stage.kill_gateway()
        assert await stage.start_gateway()
        await clock.sleep_until(clock.now() + 10 * SECOND)
        known = stage.gateway.tag("BATH.acid")
        assert known is not None
        before = str(stage.gateway.engine.view("BATH/acid_forgotten").state)
        await clock.sleep_until(START + 125 * SECOND)
        after = str(stage.gateway.engine.view("BATH/acid_forgotten").state)
        await stage.close()
        return known.value, before, after

    assert run_virtually(story, START) == (150, "normal", "unacknowledged")


def test_a_forced_value_raises_an_alarm_whose_card_says_so_and_ends_by_itself(tmp_path: Path) -> None:
    text = played(
        plant_with(
            tmp_path / "plant",
            "at: 10s, force: {values: {PUMP_1.bearing_temp: 95}, by: lead_a, for: 5min}",
            "within: {from: 10s, to: 60s}, expect: {alarm: PUMP_1/bearing_hot, state: unacknowledged}",
            "within: {from: 10s, to: 60s}, expect: {card: {person: fitter_a, contains: forced for commissioning}}",
            "within: {from: 309s, to: 400s}, expect: {alarm: PUMP_1/bearing_hot, state: returned_unacknowledged}",
        )
    )
    assert "PUMP_1.bearing_temp is no longer forced" in text


def test_an_alarm_forced_in_shadow_says_so_on_the_card_that_going_live_sends(tmp_path: Path) -> None:
    played(
        plant_with(
            tmp_path / "plant",
            "at: 1s, promote: {to: shadow}",
            "at: 10s, force: {values: {PUMP_1.bearing_temp: 95}, by: lead_a, for: 5min}",
            "within: {from: 10s, to: 59s}, expect: {none: {}}",
            "at: 60s, promote: {to: live}",
            "within: {from: 60s, to: 65s}, expect: {card: {person: fitter_a, contains: forced for commissioning}}",
            "within: {from: 60s, to: 65s}, expect: {card: {person: fitter_a, contains: Told only now}}",
        )
    )


def test_that_a_value_is_forced_is_told_of_an_alarm_that_was_raised_before_a_kill(tmp_path: Path) -> None:
    plant = plant_with(tmp_path / "plant")

    async def story(clock: VirtualClock) -> Sequence[str]:
        stage = Stage(plant, clock)
        stage.devices.set("PUMP_1.bearing_temp", 55)
        await stage.open()
        for number, body in enumerate(
            (SetStage("plant", AlarmStage.SHADOW, "new"), ForceValue("PUMP_1.bearing_temp", 95, 5 * MINUTE, "loop check"))
        ):
            await stage.gateway.answer(InboxRow("api", f"a{number}", "lead_a", body, clock.now()))
        await clock.sleep_until(START + MINUTE)
        await stage.kill_gateway()
        assert await stage.start_gateway()
        live = SetStage("plant", AlarmStage.LIVE, "all is checked")
        await stage.gateway.answer(InboxRow("api", "a9", "lead_a", live, clock.now()))
        await clock.sleep_until(clock.now() + SECOND)
        rows = await stage.gateway.journal(0, 1_000)
        told = [row.event for row in rows if row.event.kind == "released" and row.event.subject == "PUMP_1/bearing_hot"]
        await stage.close()
        return [name for event in told for name in event.data["forced"]]

    assert run_virtually(story, START) == ["PUMP_1.bearing_temp"]


def test_no_forced_value_outlives_its_end_over_a_kill(tmp_path: Path) -> None:
    plant = plant_with(tmp_path / "plant")

    async def story(clock: VirtualClock) -> list[tuple[bool, bool]]:
        stage = Stage(plant, clock)
        stage.devices.set("PUMP_1.pressure", 6.2)
        await stage.open()
        command = ForceValue("PUMP_1.pressure", 3.0, 2 * MINUTE, "loop check")
        await stage.gateway.answer(InboxRow("api", "a1", "lead_a", command, clock.now()))
        seen = []
        for moment in (MINUTE, 3 * MINUTE):
            await clock.sleep_until(START + moment)
            await stage.kill_gateway()
            assert await stage.start_gateway()
            await clock.sleep_until(clock.now() + 10 * SECOND)
            shown = stage.gateway.tag("PUMP_1.pressure")
            assert shown is not None and shown.quality is Quality.GOOD
            seen.append((bool(shown.mark & Mark.FORCED), bool(stage.gateway.forced())))
            assert round(shown.value, 1) == (3.0 if seen[-1][0] else 6.2)
        await stage.close()
        return seen

    assert run_virtually(story, START) == [(True, True), (False, False)]


def test_a_scenario_enters_what_has_no_device_and_sets_what_has_one(tmp_path: Path) -> None:
    story = HEAD + "  - {at: 5s, set: {BATH.acid: 90}}\n"
    lines = said(folder_of(tmp_path / "plant", devices__own=DEVICES, rules__own=RULES, scenarios__story=story))
    assert len([line for line in lines if "let a person enter it" in line]) == 1


def test_what_scales_raw_numbers_is_refused_of_a_tag_that_people_enter(tmp_path: Path) -> None:
    scaled = DEVICES.replace("unit: g/L,", "unit: g/L, scale: 0.1,")
    lines = said(folder_of(tmp_path / "plant", devices__own=scaled, rules__own=RULES))
    assert len([line for line in lines if "what people enter is the value itself" in line]) == 1


def test_a_hang_tag_hangs_over_a_kill_until_it_is_taken_off(tmp_path: Path) -> None:
    plant = plant_with(tmp_path / "plant")

    async def story(clock: VirtualClock) -> list[tuple[str, int]]:
        stage = Stage(plant, clock)
        await stage.open()
        seen = []
        for number, (by, command) in enumerate(
            [
                ("fitter_a", Hang("PUMP_1", "WO-17", "", "new bearing")),
                ("lead_a", RemoveHangTag("PUMP_1~1")),
                ("fitter_a", RemoveHangTag("PUMP_1~1")),
            ]
        ):
            event = await stage.gateway.answer(InboxRow("api", f"h{number}", by, command, clock.now()))
            assert event is not None
            await stage.kill_gateway()
            assert await stage.start_gateway()
            seen.append((event.kind, len(stage.gateway.hang_tags())))
        await stage.close()
        return seen

    assert run_virtually(story, START) == [("hang_tag_hung", 1), ("rejected", 1), ("hang_tag_removed", 0)]
