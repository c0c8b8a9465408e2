"""A new plant from shadow over a trial to live, and work on one of its machines: the whole gateway on virtual time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edge.config.plant import Plant
from edge.model.command import InboxRow, PlanMaintenance
from edge.model.moment import MINUTE, SECOND
from edge.model.stage import Stage as AlarmStage
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.run import run_scenarios
from edge.scenario.stage import Stage
from edge.scenario.verdict import timeline
from edge.starter.folder import Wish, starter_files, write_starter
from tests.stories.memory_stage import START
from tests.unit.config.folders import plant_of

HEAD = """\
title: {zh: 投运, en: On the way to live}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 6.2, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1}}
"""
HOT = "set: {PUMP_1.bearing_temp: 84}"


def plant_with(folder: Path, *steps: str) -> Plant:
    write_starter(folder, starter_files(Wish("my_plant", "en")))
    for old in (folder / "scenarios").iterdir():
        old.unlink()
    (folder / "scenarios" / "story.yaml").write_text(HEAD + "".join(f"  - {{{step}}}\n" for step in steps), encoding="utf-8")
    return plant_of(folder)


def played(plant: Plant) -> str:
    """The timeline of a story in which all that was expected came true."""
    (verdict,) = run_scenarios(plant)
    assert verdict.failures == [], timeline(verdict, "en")
    return timeline(verdict, "en")


def test_in_shadow_nobody_is_told_on_trial_the_list_is_and_live_everybody(tmp_path: Path) -> None:
    card = "card: {person: lead_a, alarm: PUMP_1/bearing_hot"
    plant = plant_with(
        tmp_path / "plant",
        "at: 1s, promote: {to: shadow}",
        f"at: 10s, {HOT}",
        "at: 40s, expect: {alarm: PUMP_1/bearing_hot, state: suppressed_by_design}",
        "within: {from: 0s, to: 59s}, expect: {none: {}}",
        "at: 60s, promote: {to: commissioning, only: [person:lead_a], for: 10min}",
        f"within: {{from: 60s, to: 65s}}, expect: {{{card}, contains: 'TEST [HIGH]', state: unacknowledged}}}}",
        "within: {from: 0s, to: 119s}, expect: {none: {person: fitter_a}}",
        "at: 120s, promote: {to: live}",
        "within: {from: 120s, to: 125s}, expect: {card: {person: fitter_a, contains: '[HIGH] Pumps', state: unacknowledged}}",
        f"within: {{from: 120s, to: 125s}}, expect: {{{card}, contains: '[HIGH] Pumps', state: unacknowledged}}}}",
        "at: 130s, expect: {count: {cards: 1, person: fitter_a}}",
        "at: 130s, expect: {count: {cards: 2, person: lead_a}}",
    )
    assert "stage: plant → commissioning" in played(plant)


def test_a_trial_on_a_shadow_plant_ends_by_itself_and_hides_again(tmp_path: Path) -> None:
    plant = plant_with(
        tmp_path / "plant",
        "at: 1s, promote: {to: shadow}",
        "at: 2s, promote: {to: commissioning, only: [person:lead_a], for: 1min}",
        f"at: 80s, {HOT}",
        "within: {from: 3s, to: 120s}, expect: {none: {}}",
        "at: 120s, expect: {alarm: PUMP_1/bearing_hot, state: suppressed_by_design}",
    )
    assert "the trial of plant is over" in played(plant)


def test_the_owner_of_a_window_alone_hears_of_it_and_at_its_end_everybody_of_what_is_left(tmp_path: Path) -> None:
    plant = plant_with(
        tmp_path / "plant",
        "at: 5s, maintenance: {window: bearing, devices: [PUMP_1], for: 1min, owner: lead_a}",
        "within: {from: 5s, to: 8s}, expect: {message: {person: lead_a, contains: '[Maintenance] bearing has begun'}}",
        f"at: 10s, {HOT}",
        "at: 30s, expect: {alarm: PUMP_1/bearing_hot, state: out_of_service}",
        "within: {from: 0s, to: 64s}, expect: {none: {person: fitter_a}}",
        "within: {from: 65s, to: 68s}, expect: {message: {person: lead_a, contains: 'bearing is over'}}",
        "within: {from: 65s, to: 68s}, expect: {message: {person: lead_a, contains: 'pump 1 bearing hot'}}",
        "within: {from: 65s, to: 68s}, expect: {card: {person: fitter_a, contains: bearing hot, state: unacknowledged}}",
        "at: 70s, maintenance: {window: gear, devices: [PUMP_1], for: 1h, owner: lead_a}",
        "at: 71s, fail: PUMP_1",
        "within: {from: 72s, to: 139s}, expect: {none: {person: fitter_a}}",
        "within: {from: 130s, to: 139s}, expect: {card: {person: lead_a, contains: no connection}}",
        "at: 140s, end_maintenance: gear",
        "within: {from: 140s, to: 145s}, expect: {card: {person: fitter_a, contains: no connection, state: unacknowledged}}",
    )
    assert "lead_a ends maintenance gear" in played(plant)


def test_what_a_scenario_asks_in_vain_fails_its_step(tmp_path: Path) -> None:
    (verdict,) = run_scenarios(plant_with(tmp_path / "plant", "at: 5s, end_maintenance: bearing"))
    assert [entry.arguments["reason"] for entry in verdict.failures] == ["unknown_window"]


def test_a_window_and_its_messages_outlive_a_kill_once_each(tmp_path: Path) -> None:
    plant = replace(plant_with(tmp_path / "plant", f"at: 1s, {HOT}"), stage=AlarmStage.SHADOW)

    async def story(clock: VirtualClock) -> list[str]:
        stage = Stage(plant, clock)
        await stage.open()
        work = PlanMaintenance("bearing", ("PUMP_1",), START + MINUTE, START + 2 * MINUTE, "P-17", "new bearing")
        await stage.gateway.answer(InboxRow("api", "a1", "lead_a", work, clock.now()))
        for seconds in (61, 121):
            await clock.sleep_until(START + seconds * SECOND)
            await stage.kill_gateway()
            assert await stage.start_gateway()
            assert stage.gateway.stages()["plant"].stage is AlarmStage.SHADOW
        await clock.sleep_until(clock.now() + 10 * SECOND)
        told = [each.text.splitlines()[0] for each in stage.cloud.told_to("lead_a")]
        await stage.close()
        return told

    told = run_virtually(story, START)
    assert [line.split("] ", 1)[1] for line in told] == ["bearing has begun", "bearing is over"]
