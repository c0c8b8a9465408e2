"""Hang-tags and what they stop, through the whole gateway on virtual time: nothing is written to a device while one hangs."""

from __future__ import annotations

from pathlib import Path

from edge.model.command import Hang, InboxRow
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from edge.scenario.verdict import timeline
from tests.stories.memory_stage import START, MemoryStage
from tests.stories.test_writes_to_devices import failures, played
from tests.unit.config.folders import boiler_house, plant_of


def test_while_a_tag_hangs_people_are_refused_and_a_light_waits_until_it_is_gone(tmp_path: Path) -> None:
    verdict = played(
        tmp_path,
        "{at: 0s, set: {B1.pressure: 5, B1.setpoint: 5}}",
        "{at: 5s, hang_tag: {device: B1, by: li}}",
        "{at: 10s, set: {B1.pressure: 9}}",
        "{at: 20s, write: {tag: B1.setpoint, value: 6, by: wang}, expect: {refused: hang_tag}}",
        "{at: 25s, expect: {alarm: B1/high, state: unacknowledged}}",
        "{at: 26s, remove_hang_tag: {device: B1, by: li}}",
        "{within: {from: 26s, to: 30s}, expect: {written: {B1.lamp: 1}}}",
        "{at: 31s, write: {tag: B1.setpoint, value: 6, by: wang}}",
    )
    assert failures(verdict) == []
    written = [entry for entry in verdict.entries if entry.key == "write.done"]
    assert [(entry.arguments["tag"], entry.at >= 26_000_000) for entry in written] == [("B1.lamp", True)]


def test_the_last_of_several_tags_frees_the_device_and_a_lead_takes_off_what_another_hung(tmp_path: Path) -> None:
    verdict = played(
        tmp_path,
        "{at: 0s, set: {B1.pressure: 9, B1.setpoint: 5}}",
        "{at: 0s, hang_tag: {device: B1, by: li}}",
        "{at: 1s, hang_tag: {device: B1, by: wang}}",
        "{at: 10s, remove_hang_tag: {device: B1, by: wang}}",
        "{at: 12s, write: {tag: B1.setpoint, value: 6, by: wang}, expect: {refused: hang_tag}}",
        "{at: 20s, remove_hang_tag: {device: B1, by: wang}}",
        "{within: {from: 20s, to: 25s}, expect: {written: {B1.lamp: 1}}}",
    )
    assert failures(verdict) == []


def test_an_expected_refusal_that_does_not_come_and_one_of_another_reason_fail(tmp_path: Path) -> None:
    verdict = played(
        tmp_path,
        "{at: 0s, set: {B1.setpoint: 5}}",
        "{at: 5s, write: {tag: B1.setpoint, value: 6, by: li}, expect: {refused: hang_tag}}",
        "{at: 6s, remove_hang_tag: {device: B1, by: wang}, expect: {refused: not_your_hang_tag}}",
    )
    assert failures(verdict) == [
        "not_refused {'about': 'B1.setpoint', 'reason': <Rejection.HANG_TAG: 'hang_tag'>}",
        "refused {'about': 'B1', 'reason': 'unknown_hang_tag'}",
    ]


def test_the_timeline_says_for_what_a_rules_value_waits(tmp_path: Path) -> None:
    verdict = played(
        tmp_path,
        "{at: 0s, set: {B1.pressure: 5, B1.setpoint: 5}}",
        "{at: 5s, hang_tag: {device: B1, by: li}}",
        "{at: 10s, set: {B1.pressure: 9}}",
        "{at: 15s, set: {B1.pressure: 5}}",
        "{at: 20s, remove_hang_tag: {device: B1, by: li}}",
        "{at: 25s, force: {values: {B1.pressure: 9}, for: 10s, by: wang}}",
        "{at: 30s, expect: {alarm: B1/high, state: unacknowledged}}",
    )
    assert failures(verdict) == []
    said = {language: timeline(verdict, language) for language in ("en", "zh")}
    assert "waits for a hang-tag: B1.lamp = 1" in said["en"]
    assert "not written, the alarm stands on a forced value: B1.lamp = 1" in said["en"]
    assert "已挂牌，等待写入：B1.lamp = 1" in said["zh"]
    assert "不写入，报警由强制值引起：B1.lamp = 1" in said["zh"]


PEOPLE = """persons:
  fitter: {name: Fitter, language: zh, role: worker, dingtalk: {user_id: fitter}}
  lead: {name: Shift lead, language: en, role: engineer, dingtalk: {user_id: lead}}
teams: {maintenance: {members: [fitter, lead]}}
groups: {boiler_group: {name: Boilers, language: both, dingtalk: {group: boilers}}}
"""


def test_a_tag_that_hangs_for_long_is_told_once_also_when_the_gateway_was_off_at_that_moment(tmp_path: Path) -> None:
    plant = plant_of(boiler_house(tmp_path, people=PEOPLE))

    async def story(clock: VirtualClock) -> list[list[str]]:
        stage = Stage(plant, clock)
        await stage.open()
        row = InboxRow("api", "h1", "fitter", Hang("BOILER.1", "WO-17", "", "new valve"), clock.now())
        assert await stage.gateway.answer(row) is not None
        told = []
        for moment in (MINUTE, 13 * HOUR, 13 * HOUR + MINUTE):
            await stage.kill_gateway()
            await clock.sleep_until(START + moment)
            assert await stage.start_gateway()
            await clock.sleep_until(clock.now() + 10 * SECOND)
            phones = [await MemoryStage(stage, clock).phone(user) for user in ("fitter", "lead")]
            told.append([shown.headline for phone in phones for shown in phone if "12" in shown.headline])
        await stage.close()
        return told

    before, after, again = run_virtually(story, START)
    assert (before, after) == ([], ["【挂牌】锅炉 已挂超过 12 小时", "[Hang-tag] boiler for over 12 h"])
    assert again == after
