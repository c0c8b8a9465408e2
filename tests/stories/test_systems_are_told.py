"""A plant where people have DingTalk and systems have webhook, MQTT and mail: each hears by its own channel, in memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.plant import Plant
from edge.model.command import Acknowledge, InboxRow
from edge.model.moment import SECOND, from_iso
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from tests.simulation.play import PLANT

START = from_iso("2026-05-04T08:00:00+08:00")
OVEN, TEMP = "OVEN.1/too_hot", "OVEN.1.zone_temp"
STATE = f"andon/{{site}}/alarms/{OVEN}/state"

CLOUD = """
webhook: {endpoints: {mes: {url: https://mes.plant.example/andon, secret: '${env:ANDON_MES}'}}}
mqtt: {host: broker.plant.example}
apprise: {services: {mail: {url: '${env:ANDON_MAIL}'}}}
"""
PEOPLE = """  mes: {name: MES, language: en, webhook: {endpoint: mes}}
  boards: {name: Boards, language: zh, mqtt: {}}
  duty: {name: Duty, language: en, apprise: {service: mail}}
"""


def plant_in(folder: Path) -> Plant:
    shutil.copytree(PLANT, folder)
    for name, more in (("cloud.yaml", CLOUD), ("people.yaml", PEOPLE)):
        (folder / name).write_text((folder / name).read_text(encoding="utf-8") + more, encoding="utf-8")
    routes = (folder / "response.yaml").read_text(encoding="utf-8")
    routes = routes.replace(
        "to: [team:fitters, group:line]", "to: [team:fitters, group:line, group:mes, group:boards, group:duty]", 1
    )
    (folder / "response.yaml").write_text(f"channel: dingtalk\n{routes}", encoding="utf-8")
    loaded = load(folder, DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    return loaded.plant


def on_stage(plant: Plant, story: Callable[[Stage, VirtualClock], Awaitable[None]]) -> None:
    async def main(clock: VirtualClock) -> None:
        stage = Stage(plant, clock)
        await stage.open()
        await clock.sleep_until(clock.now() + 10 * SECOND)
        try:
            await story(stage, clock)
        finally:
            await stage.close()

    run_virtually(main, START)


def posted(stage: Stage) -> list[dict[str, Any]]:
    return [event for each in stage.carriers.posted for event in json.loads(each.body)["events"]]


def test_each_hears_by_its_own_channel_and_the_state_topic_shows_how_it_stands(tmp_path: Path) -> None:
    plant = plant_in(tmp_path / "plant")
    topic = STATE.format(site=plant.site)

    async def story(stage: Stage, clock: VirtualClock) -> None:
        def state() -> str:
            return str(json.loads(stage.carriers.broker.retained[topic])["state"])

        stage.devices.set(TEMP, 700)
        await clock.sleep_until(clock.now() + 10 * SECOND)
        assert [(event["event"], event["alarm"]) for event in posted(stage)] == [("raised", OVEN)]
        assert posted(stage)[0]["data"]["value"] == 700
        assert state() == "unacknowledged"
        assert len(stage.carriers.notified) == 1
        assert {told.recipient for told in stage.cloud.told()} >= {"person:ann", "person:ben"}

        view = stage.gateway.alarm(OVEN)
        assert view is not None
        ack = Acknowledge(OVEN, view.facts.occurrence)
        await stage.gateway.answer(InboxRow("api", "m1", "ben", ack, clock.now()))
        await clock.sleep_until(clock.now() + 5 * SECOND)
        assert state() == "acknowledged"
        assert posted(stage)[-1]["data"]["acknowledged_by"] == "ben"

        stage.devices.set(TEMP, 20)
        await clock.sleep_until(clock.now() + 60 * SECOND)
        assert state() == "normal"
        assert posted(stage)[-1]["event"] == "returned"
        assert len(stage.carriers.notified) == 2, "a mail for the raise and one for the return, none for a state"

    on_stage(plant, story)


def test_a_system_hears_of_each_alarm_of_a_flood_though_people_get_a_digest(tmp_path: Path) -> None:
    plant = plant_in(tmp_path / "plant")
    assert plant.policy.flood_limits("group:mes") is None
    assert plant.policy.flood_limits("group:boards") is None
    assert plant.policy.flood_limits("group:duty") is not None


def test_a_broker_that_is_away_gets_the_state_when_it_is_back(tmp_path: Path) -> None:
    plant = plant_in(tmp_path / "plant")
    topic = STATE.format(site=plant.site)

    async def story(stage: Stage, clock: VirtualClock) -> None:
        stage.carriers.broker.take_down()
        stage.devices.set(TEMP, 700)
        await clock.sleep_until(clock.now() + 20 * SECOND)
        assert topic not in stage.carriers.broker.retained
        assert [event["event"] for event in posted(stage)][:1] == ["raised"], "the other channels go on"
        stage.carriers.broker.bring_up()
        await clock.sleep_until(clock.now() + 70 * SECOND)
        assert json.loads(stage.carriers.broker.retained[topic])["state"] == "unacknowledged"

    on_stage(plant, story)
