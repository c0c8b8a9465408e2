"""An open PT100 at 850 degrees wakes nobody for a hot bearing: it is one errand for the instrument people."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.plant import Plant
from tests.stories.memory_stage import play_in_memory
from tests.stories.stage import StoryStage, until_shown, until_state

FILES = {
    "gateway.yaml": """
site: workshop
agent: gateway_1
time_zone: Asia/Shanghai
areas:
  hall_2: {zh: 二号车间, en: Hall 2}
""",
    "devices/motors.yaml": """
types:
  motor:
    words: {zh: 电机, en: motor}
    driver: modbus
    drawing: E-12 p. 3
    context: [state, speed]
    tags:
      de_temp:
        address: holding 0
        type: int16
        scale: 0.1
        unit: °C
        valid: [-50, 200]
        stale_after: 10s
        words: {zh: 轴承温度, en: bearing temperature}
      speed: {address: holding 1, type: int16, unit: rpm, words: {zh: 转速, en: speed}}
      state:
        address: holding 2
        type: int16
        states: {0: {zh: 停止, en: stopped}, 1: {zh: 运行, en: running}}
        words: {zh: 状态, en: state}
devices:
  M1:
    type: motor
    area: hall_2
    words: {zh: 1号电机, en: motor 1}
    place: {zh: 地坑, en: pit}
    isolation: [QS1, Q7]
    connection: {host: motors.invalid, port: 502, unit_id: 1, every: 1s}
""",
    "rules/motors.yaml": """
rules:
  bearing_hot:
    for: motor
    tag: de_temp
    kind: high
    limit: 80
    deadband: 3
    on_delay: 10s
    priority: high
    words: {zh: 轴承温度高, en: bearing hot}
    guidance: {zh: 到现场测温。, en: Go there and measure.}
  bearing_silent:
    for: motor
    tag: de_temp
    kind: stale
    priority: medium
    words: {zh: 轴承温度无数据, en: bearing temperature silent}
""",
    "people.yaml": """
persons:
  fitter: {name: 钳工 / fitter, language: en, role: worker, dingtalk: {user_id: fitter01}}
  instruments: {name: 仪表工 / instrument fitter, language: en, role: worker, dingtalk: {user_id: instr01}}
""",
    "response.yaml": """
routes:
  all: {to: [person:fitter], repeat_every: 1min}
  sensors: {to: [person:instruments], kinds: [sensor_fault]}
""",
    "cloud.yaml": """
dingtalk:
  client_id: dingexample
  client_secret: ${env:ANDON_DINGTALK_SECRET}
  card_template_id: andon-alarm-card.schema
""",
}
HOT, WIRE, SILENT = "M1/bearing_hot", "M1/de_temp_sensor_fault", "M1/bearing_silent"


@pytest.fixture
def workshop(tmp_path: Path) -> Plant:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    loaded = load(tmp_path, DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    return loaded.plant


async def running(stage: StoryStage) -> None:
    for tag, value in (("M1.de_temp", 60.0), ("M1.speed", 1480.0), ("M1.state", 1.0)):
        await stage.set(tag, value)
    await stage.pass_time(5)


def test_an_open_wire_is_told_to_the_instrument_people_alone_and_its_end_too(workshop: Plant) -> None:
    async def story(stage: StoryStage) -> None:
        await running(stage)
        await stage.set("M1.de_temp", 850.0)
        card = await until_shown(stage, "instr01", "the card", lambda shown: shown.form == "card", within_s=10)
        assert card.headline.startswith("[LOW] ")
        assert card.headline.endswith("says 850 °C")
        for words in ("says 850 °C, valid -50 to 200", "1480 rpm", "running", "pit", "QS1 → Q7", "E-12 p. 3"):
            assert words in card.text
        await stage.pass_time(300)
        assert await stage.phone("fitter01") == []
        assert [await stage.state_of(alarm) for alarm in (HOT, SILENT)] == ["normal", "normal"]
        await stage.set("M1.de_temp", 61.0)
        await until_shown(stage, "instr01", "that it is over", lambda shown: "OK" in shown.headline, within_s=10)
        assert await stage.phone("fitter01") == []
        assert await stage.journal() == [("raised", WIRE), ("returned", WIRE)]

    play_in_memory(workshop, story)


def test_a_bearing_that_is_hot_stays_so_while_its_wire_is_open_and_is_over_when_it_measures_again(workshop: Plant) -> None:
    async def story(stage: StoryStage) -> None:
        await running(stage)
        await stage.set("M1.de_temp", 85.0)
        await until_state(stage, HOT, "unacknowledged", within_s=15)
        await stage.set("M1.de_temp", -60.0)
        await until_state(stage, WIRE, "unacknowledged", within_s=10)
        await stage.pass_time(120)
        assert await stage.state_of(HOT) == "unacknowledged"
        await stage.set("M1.de_temp", 60.0)
        await until_state(stage, HOT, "returned_unacknowledged", within_s=10)
        assert [kind for kind, alarm in await stage.journal() if alarm == HOT] == ["raised", "returned"]

    play_in_memory(workshop, story)
