"""DingTalk is cut: what is critical goes by the next channel of each person, and so does the alarm that DingTalk is dead."""

from __future__ import annotations

from pathlib import Path

from edge.config.plant import Plant
from edge.model.moment import SECOND
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from tests.stories.memory_stage import START
from tests.stories.test_the_gateway_watches_itself import DEVICE, folder_of
from tests.unit.config.folders import plant_of

CLOUD = """\
dingtalk:
  client_id: dingexample
  client_secret: ${env:ANDON_DINGTALK_SECRET}
  card_template_id: andon-alarm-card.schema
apprise:
  services:
    mail_of_fitter: {url: "${env:ANDON_MAIL_A}"}
    mail_of_lead: {url: "${env:ANDON_MAIL_B}"}
"""
PEOPLE = """\
persons:
  fitter_a: {name: Fitter A, language: en, role: worker, dingtalk: {user_id: fitter-a}, apprise: {service: mail_of_fitter}}
  lead_a: {name: Lead A, language: en, role: engineer, dingtalk: {user_id: lead-a}, apprise: {service: mail_of_lead}}
"""
RESPONSE = """\
routes:
  all: {to: [person:fitter_a, person:lead_a]}
channel: dingtalk
"""
RULES = """\
rules:
  dingtalk_dead: {for: system, kind: discrete, tag: uplink_dingtalk, value: false, priority: critical,
    words: {zh: 钉钉通道中断, en: DingTalk is dead}, guidance: {zh: 检查网络, en: look at the network}}
  gas: {for: PUMP_1, kind: high, tag: pressure, limit: 9, priority: critical,
    words: {zh: 压力危险, en: pressure dangerous}, guidance: {zh: 撤离, en: leave}}
"""


def watched(into: Path) -> Plant:
    files = {"devices__own": DEVICE, "rules__own": RULES, "cloud": CLOUD, "people": PEOPLE, "response": RESPONSE}
    gateway = folder_of(into, **files) / "gateway.yaml"
    gateway.write_text(gateway.read_text(encoding="utf-8").replace("stage: shadow", "stage: live"), encoding="utf-8")
    return plant_of(into)


def test_a_dead_channel_is_an_alarm_that_another_channel_tells_and_so_is_what_is_critical_then(tmp_path: Path) -> None:
    plant = watched(tmp_path / "plant")

    async def story(clock: VirtualClock) -> tuple[list[str], list[str], list[str]]:
        stage = Stage(plant, clock)
        await stage.open()
        await clock.sleep_until(START + 10 * SECOND)
        stage.cloud.cut()
        await clock.sleep_until(START + 60 * SECOND)
        dead = [sent.body for sent in stage.carriers.notified]
        stage.devices.set("PUMP_1.pressure", 9.5)
        await clock.sleep_until(START + 75 * SECOND)
        dangerous = [sent.body for sent in stage.carriers.notified][len(dead) :]
        stage.cloud.mend()
        await clock.sleep_until(START + 200 * SECOND)
        phone = stage.cloud.cloud.phone("fitter-a")
        late = [card.params["footer"] for chat in phone.chats for card in chat.cards if "dangerous" in card.params["headline"]]
        await stage.close()
        return dead, dangerous, late

    dead, dangerous, late = run_virtually(story, START)
    assert len(dead) == 2 and all("DingTalk is dead" in body for body in dead)
    assert len(dangerous) == 2 and all("pressure dangerous" in body for body in dangerous)
    assert len(late) == 1 and "late" in late[0]
