"""DingTalk's quota of the month is spent: what is critical goes by the next channel within seconds, the rest waits."""

from __future__ import annotations

from pathlib import Path

from cloud_bridge.quota.planner import SAID, Reason
from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.moment import MINUTE, SECOND
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from edge.store.overview import TellingFilter
from tests.stories.memory_stage import START
from tests.stories.test_a_dead_channel import CLOUD, PEOPLE, RESPONSE
from tests.stories.test_the_gateway_watches_itself import DEVICE, folder_of
from tests.unit.config.folders import plant_of

RULES = """\
rules:
  gas: {for: PUMP_1, kind: high, tag: pressure, limit: 9, priority: critical,
    words: {zh: 压力危险, en: pressure dangerous}, guidance: {zh: 撤离, en: leave}}
  warm: {for: PUMP_1, kind: high, tag: bearing_temp, limit: 60, priority: low,
    words: {zh: 轴承偏热, en: bearing warm}, guidance: {zh: 查看, en: look}}
  shaking: {for: FAN_1, kind: high, tag: vibration, limit: 4, priority: low,
    words: {zh: 振动, en: shaking}, guidance: {zh: 查看, en: look}}
  no_quota: {for: system, kind: low, tag: quota_left, limit: 1, priority: medium,
    words: {zh: 额度用完, en: quota spent}, guidance: {zh: 购买额度, en: buy more}}
"""


def metered(into: Path) -> Plant:
    files = {"devices__own": DEVICE, "rules__own": RULES, "cloud": CLOUD, "people": PEOPLE, "response": RESPONSE}
    gateway = folder_of(into, **files) / "gateway.yaml"
    gateway.write_text(gateway.read_text(encoding="utf-8").replace("stage: shadow", "stage: live"), encoding="utf-8")
    return plant_of(into)


def test_what_is_critical_goes_by_the_next_channel_and_the_rest_waits(tmp_path: Path) -> None:
    plant = metered(tmp_path / "plant")

    async def story(clock: VirtualClock) -> tuple[list[str], dict[str, str], str]:
        stage = Stage(plant, clock)
        await stage.open()
        stage.devices.set("PUMP_1.bearing_temp", 55)
        stage.devices.set("FAN_1.vibration", 2)
        stage.devices.set("PUMP_1.pressure", 6)
        await clock.sleep_until(START + 10 * SECOND)
        stage.cloud.cloud.spend_quota(clock.now(), api_calls=True, pushes=True)
        stage.devices.set("PUMP_1.bearing_temp", 65)
        stage.devices.set("FAN_1.vibration", 5)
        await clock.sleep_until(START + 1 * MINUTE)
        assert stage.carriers.notified == []
        stage.devices.set("PUMP_1.pressure", 9.5)
        await clock.sleep_until(START + 65 * SECOND)
        mailed = [sent.body for sent in stage.carriers.notified]
        told_of = str(stage.gateway.engine.view("system/no_quota").state)
        low = stage.store.tellings(TellingFilter(recipient="person:fitter_a", state="waiting"), 10)
        waiting = {each.alarm: str(each.detail) for each in low if each.priority_rank == Priority.LOW.rank}
        await stage.close()
        return mailed, waiting, told_of

    mailed, waiting, told_of = run_virtually(story, START)
    assert len(mailed) == 2 and all("pressure dangerous" in body for body in mailed)
    assert waiting == {"PUMP_1/warm": SAID[Reason.QUOTA_SPENT], "FAN_1/shaking": SAID[Reason.QUOTA_SPENT]}
    assert told_of == "unacknowledged"
