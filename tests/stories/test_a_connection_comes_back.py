"""A device is lost and comes back: its people hear of the connection, and not of each of its tags."""

from __future__ import annotations

from pathlib import Path

from edge.model.moment import SECOND
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from tests.stories.memory_stage import START
from tests.unit.config.folders import boiler_house, plant_of

TAGS = range(20)
HEAD = """types:
  boiler:
    words: {zh: 锅炉, en: boiler}
    driver: modbus
    tags:
"""
DEVICES = """devices:
  BOILER.1: {type: boiler, area: boiler_1, words: {zh: 锅炉, en: boiler}, connection: {host: 127.0.0.1, unit_id: 1, every: 1s}}
"""
LOST = "  lost: {for: boiler, kind: comm_loss, priority: low, words: {zh: 通信中断, en: connection lost}}\n"


def plant_of_many_tags(tmp_path: Path) -> Path:
    tags = "".join(
        f"      t{each}: {{address: holding {each}, type: int16, stale_after: 5s, words: {{zh: 温度{each}, en: t{each}}}}}\n"
        for each in TAGS
    )
    rules = "".join(
        f"  stale{each}: {{for: boiler, tag: t{each}, kind: stale, priority: low, words: {{zh: 无新数据, en: silent}}}}\n"
        for each in TAGS
    )
    gateway = "site: boiler_house\nagent: gateway_1\ntime_zone: Asia/Shanghai\nareas: {boiler_1: {zh: 1号锅炉, en: Boiler 1}}\n"
    devices, rules = HEAD + tags + DEVICES, f"rules:\n{rules}{LOST}"
    routes = "routes: {all: {to: [person:lead]}}\n"
    folder = boiler_house(tmp_path, gateway=gateway, devices__boilers=devices, rules__boilers=rules, response=routes)
    (folder / "scenarios" / "steam.yaml").unlink()
    return folder


def test_a_connection_that_comes_back_is_one_card_and_its_ok_however_many_tags_were_silent(tmp_path: Path) -> None:
    plant = plant_of(plant_of_many_tags(tmp_path))

    async def story(clock: VirtualClock) -> list[str]:
        stage = Stage(plant, clock)
        await stage.open()
        await clock.sleep_until(START + 5 * SECOND)
        stage.devices.fail("BOILER.1")
        await clock.sleep_until(START + 40 * SECOND)
        silent = [view.rule.key for view in stage.gateway.standing() if view.rule.key.startswith("stale")]
        stage.devices.mend("BOILER.1")
        await clock.sleep_until(START + 60 * SECOND)
        left = list(stage.gateway.standing())
        told = [each.headline for each in stage.cloud.told_to("lead")]
        await stage.close()
        assert (len(silent), [view.rule.key for view in left if view.facts.active]) == (len(TAGS), [])
        return told

    assert run_virtually(story, START) == ["[LOW] Boiler 1 boiler connection lost", "[LOW OK] Boiler 1 boiler connection lost"]
