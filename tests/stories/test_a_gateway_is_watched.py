"""A gateway that is gone: another one notices and people's phones ring within a minute; a controller sees its register stop."""

from __future__ import annotations

from pathlib import Path

from edge.model.command import Hang, InboxRow, RemoveHangTag
from edge.model.moment import SECOND
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.run import run_scenarios
from edge.scenario.stage import Stage
from edge.scenario.verdict import timeline
from tests.stories.memory_stage import START
from tests.stories.test_the_gateway_watches_itself import folder_of
from tests.unit.config.folders import boiler_house, plant_of, said

TYPE = """\
types:
  gateway:
    words: {zh: 安灯网关, en: Andon gateway}
    driver: pulse
    tags:
      uplink: {words: {zh: 上行通道, en: uplink}, states: {0: {zh: 不通, en: does not deliver}, 1: {zh: 正常, en: delivers}}}
devices:
  EDGE_1:
    type: gateway
    area: pump_house
    words: {zh: 冷轧线网关, en: gateway of the mill}
    connection: {gateway: mill.edge1, secret: "${env:ANDON_PULSE_SECRET}"}
"""
RULES = """\
rules:
  gone: {for: EDGE_1, kind: comm_loss, priority: critical,
    words: {zh: 网关失联, en: gateway is gone}, guidance: {zh: 派人到机柜, en: send somebody to its cabinet}}
  cut_off: {for: EDGE_1, kind: discrete, tag: uplink, value: false, priority: high,
    words: {zh: 网关送不出消息, en: gateway delivers nothing}, guidance: {zh: 检查它的网络, en: look at its network}}
"""
STORY = """\
title: {zh: 拔掉网关电源, en: The gateway's plug is pulled}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 0s, set: {PUMP_1.bearing_temp: 55, PUMP_1.pressure: 6.2, PUMP_1.current: 82, PUMP_1.running: true, PUMP_1.mode: 2}}
  - {at: 0s, set: {FAN_1.vibration: 2.1, EDGE_1.uplink: true}}
  - {at: 60s, expect: {alarm: EDGE_1/gone, state: normal}}
  - {at: 60s, fail: EDGE_1}
  - {within: {from: 80s, to: 120s}, expect: {card: {person: lead_a, alarm: EDGE_1/gone}}}
  - {at: 150s, mend: EDGE_1}
  - {within: {from: 150s, to: 165s}, expect: {alarm: EDGE_1/gone, state: returned_unacknowledged}}
  - {at: 170s, set: {EDGE_1.uplink: false}}
  - {within: {from: 170s, to: 190s}, expect: {alarm: EDGE_1/cut_off, state: unacknowledged}}
"""


def test_a_pulled_plug_reaches_a_person_within_a_minute_and_so_does_a_gateway_that_delivers_nothing(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "plant", devices__own=TYPE, rules__own=RULES, scenarios__story=STORY)
    (verdict,) = run_scenarios(plant_of(folder))
    assert verdict.failures == [], timeline(verdict, "en")


GATEWAY = """\
site: a
agent: b
areas: {east: {zh: 东, en: East}}
alive: {every: 5s, registers: [B1.alive]}
"""
BOILER = """types:
  boiler:
    words: {zh: 锅炉, en: boiler}
    driver: modbus
    tags:
      alive: {address: holding 7, type: uint16, words: {zh: 网关心跳, en: the gateway's heartbeat}}
devices:
  B1: {type: boiler, area: east, words: {zh: 炉, en: b1}, connection: {host: 127.0.0.1, unit_id: 1, every: 1s}}
"""
HEARTBEAT = "writes:\n  B1.alive: {purpose: heartbeat, range: [1, 100]}\n"


def boiler_folder(tmp_path: Path, writes: str = HEARTBEAT, gateway: str = GATEWAY) -> Path:
    folder = boiler_house(tmp_path, gateway=gateway, devices__boilers=BOILER, rules__boilers="rules: {}\n", writes=writes)
    for name in ("cloud.yaml", "response.yaml", "scenarios/steam.yaml"):
        (folder / name).unlink()
    return folder


def test_a_controller_counts_heartbeats_until_the_gateway_is_gone_or_a_tag_hangs(tmp_path: Path) -> None:
    async def main(clock: VirtualClock) -> list[float]:
        shown = []

        async def after(seconds: int) -> None:
            await clock.sleep_until(START + seconds * SECOND)
            shown.append(stage.devices.value("B1.alive"))

        stage = Stage(plant_of(boiler_folder(tmp_path)), clock)
        await stage.open()
        await after(13)
        hang = InboxRow("test", "1", "wang", Hang("B1", "W-1", "", "in it"), clock.now())
        await stage.gateway.answer(hang)
        await after(33)
        await stage.gateway.answer(InboxRow("test", "2", "wang", RemoveHangTag("B1~1", "out of it"), clock.now()))
        await after(43)
        await stage.kill_gateway()
        await after(63)
        await stage.close()
        return shown

    assert run_virtually(main, START) == [3.0, 3.0, 5.0, 5.0]


def test_a_register_that_is_not_granted_for_it_gets_no_heartbeat_and_check_says_where(tmp_path: Path) -> None:
    folder = boiler_folder(tmp_path, writes="writes:\n  B1.alive: {purpose: display, range: [1, 100]}\n")
    assert any(problem.startswith("gateway.yaml:4:32:") and "B1.alive" in problem for problem in said(folder)), said(folder)


def test_no_rule_writes_a_heartbeat(tmp_path: Path) -> None:
    folder = boiler_folder(tmp_path, writes=HEARTBEAT.replace("range", "rules: true, rest: 1, range"))
    assert any("heartbeat" in problem for problem in said(folder))


def test_a_secret_in_plain_sight_and_an_address_of_another_kind_are_refused(tmp_path: Path) -> None:
    gateway = GATEWAY.replace(
        "registers: [B1.alive]", 'gateways: {g: {url: "ftp://x", secret: abc}}, pings: {p: "https://x/uuid"}'
    )
    found = said(boiler_folder(tmp_path, gateway=gateway))
    assert [problem.split(": ")[0] for problem in found] == ["gateway.yaml:4:40", "gateway.yaml:4:59", "gateway.yaml:4:77"]
    assert not any("uuid" in problem for problem in found)
