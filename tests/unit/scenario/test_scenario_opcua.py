"""Simulated OPC UA servers show what a plant's tags name, raise alarms of their own, and hear who has acknowledged them."""

from __future__ import annotations

from pathlib import Path

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.plant import Plant
from edge.model.moment import SECOND, from_iso
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.memory_devices import MemoryDevices
from edge.scenario.run import run_scenarios
from tests.driver_rig import Rig

DEVICES = """\
types:
  filler:
    words: {zh: 灌装机, en: filler}
    driver: opcua
    context: [overtemp_text]
    tags:
      temp: {node: "nsu=urn:plc;s=Temp", scale: 0.1, words: {zh: 料温, en: temperature}}
      zone: {node: "ns=4;s=Zones", index: 2, words: {zh: 三区, en: zone 3}}
      guard: {path: Objects/plc:Guard, type: bool, words: {zh: 防护门, en: guard}}
      recipe: {path: "Objects/plc:Recipe", type: text, words: {zh: 配方, en: recipe}}
      overtemp: {alarm: Filler/OverTemp, words: {zh: 料温报警, en: temperature alarm}}
      overtemp_text: {alarm: Filler/OverTemp, part: message, words: {zh: 报警文本, en: message}}
devices:
  F1:
    type: filler
    area: hall
    words: {zh: 1号灌装机, en: filler 1}
    connection: {url: "opc.tcp://plc:4840", every: 200ms, namespaces: {plc: "urn:plc"}}
  F2:
    type: filler
    area: hall
    words: {zh: 2号灌装机, en: filler 2}
    connection: {url: "opc.tcp://plc2:4840", mode: read, namespaces: {plc: "urn:plc"}}
"""
CLOUD = "dingtalk: {client_id: dingexample, client_secret: '${env:DING}', card_template_id: andon-alarm-card.schema}\n"
RULES = """\
rules:
  hot: {for: filler, tag: temp, kind: high, limit: 80, priority: high, words: {zh: 料温高, en: hot}}
  zone: {for: filler, tag: zone, kind: high, limit: 50, priority: low, words: {zh: 三区温度高, en: zone hot}}
  open: {for: filler, tag: guard, kind: discrete, value: true, priority: high, words: {zh: 门开, en: open}}
  own: {for: filler, tag: overtemp, kind: high, limit: 1, priority: medium, words: {zh: 设备报警, en: own alarm}}
  severe: {for: filler, tag: overtemp, kind: high_high, limit: 700, priority: high, words: {zh: 设备严重报警, en: severe}}
  lost: {for: filler, kind: comm_loss, priority: high, words: {zh: 通信中断, en: not heard}}
"""
SCENARIO = """\
title: {zh: 灌装机, en: Fillers}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 2s, set: {F1.temp: 85, F1.zone: 60, F2.guard: true, F1.recipe: C45}}
  - {at: 5s, expect: {alarm: F1/hot, state: unacknowledged}}
  - {at: 5s, expect: {alarm: F1/zone, state: unacknowledged}}
  - {at: 5s, expect: {alarm: F2/open, state: unacknowledged}}
  - {at: 5s, expect: {alarm: F2/hot, state: normal}}
  - {at: 6s, set: {F1.overtemp: 400, F1.overtemp_text: too hot, F2.overtemp: 900}}
  - {at: 9s, expect: {alarm: F1/own, state: unacknowledged}}
  - {at: 9s, expect: {alarm: F1/severe, state: normal}}
  - {at: 9s, expect: {alarm: F2/severe, state: unacknowledged}}
  - {at: 10s, set: {F1.overtemp: 0}}
  - {at: 12s, expect: {alarm: F1/own, state: returned_unacknowledged}}
  - {at: 13s, fail: F2}
  - {at: 20s, expect: {alarm: F2/lost, state: unacknowledged}}
  - {at: 20s, expect: {alarm: F1/lost, state: normal}}
  - {at: 21s, mend: F2}
  - {at: 40s, expect: {alarm: F2/lost, state: returned_unacknowledged}}
  - {at: 40s, expect: {alarm: F2/severe, state: unacknowledged}}
"""


def plant(folder: Path) -> Plant:
    for name, text in (("devices", DEVICES), ("rules", RULES), ("scenarios", SCENARIO)):
        (folder / name).mkdir()
        (folder / name / "a.yaml").write_text(text)
    (folder / "gateway.yaml").write_text("site: s\nagent: a\nareas:\n  hall: {zh: 车间, en: hall}\n")
    (folder / "cloud.yaml").write_text(CLOUD)
    loaded = load(folder, DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    return loaded.plant


def test_a_plant_with_opc_ua_servers_runs_its_scenario(tmp_path: Path) -> None:
    (verdict,) = run_scenarios(plant(tmp_path))
    assert verdict.failures == []
    assert sum(entry.held is True for entry in verdict.entries) == 12


def test_what_is_written_to_a_simulated_server_is_what_its_machine_shows(tmp_path: Path) -> None:
    loaded = plant(tmp_path)

    async def main(clock: VirtualClock) -> tuple[float, float | str | None]:
        devices = MemoryDevices(loaded, clock)
        driven = Rig([loaded.devices["F1"].as_read], clock, devices.links)
        async with driven.batches() as arriving:
            await anext(arriving)
            await driven.drivers[0].write("F1.temp", 61.5)
            await clock.sleep_until(clock.now() + SECOND)
            return devices.value("F1.temp"), await driven.drivers[0].read_back("F1.temp")

    assert run_virtually(main, from_iso("2026-05-04T08:00:00Z")) == (61.5, 61.5)
