"""A plant with Sparkplug edge nodes, and one that plays a recording, run their scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.scenario.run import run_scenarios

DEVICES = """\
types:
  pump:
    words: {zh: 水泵, en: pump}
    driver: sparkplug
    tags:
      temp: {metric: Motor/Temperature, scale: 0.1, words: {zh: 温度, en: temperature}}
      tripped: {metric: Tripped, type: bool, words: {zh: 跳闸, en: tripped}}
      order: {metric: Order, type: text, words: {zh: 工单, en: order}}
  node:
    words: {zh: 边缘节点, en: edge node}
    driver: sparkplug
    tags:
      load: {metric: Load, words: {zh: 负载, en: load}}
  recorded:
    words: {zh: 回放, en: replayed}
    driver: replay
    tags:
      pressure: {column: Pressure, words: {zh: 压力, en: pressure}}
devices:
  PUMP_1:
    {type: pump, area: hall, words: {zh: 1号泵, en: pump 1}, connection: {host: broker, group: g, node: n, device: p1}}
  PUMP_2:
    {type: pump, area: hall, words: {zh: 2号泵, en: pump 2}, connection: {host: broker, group: g, node: n, device: p2}}
  NODE: {type: node, area: hall, words: {zh: 节点, en: node}, connection: {host: broker, group: g, node: n}}
  OLD: {type: recorded, area: hall, words: {zh: 旧泵, en: old pump}, connection: {file: recording.csv}}
"""
RULES = """\
rules:
  hot: {for: pump, tag: temp, kind: high, limit: 80, priority: high, words: {zh: 温度高, en: hot}}
  tripped: {for: pump, tag: tripped, kind: discrete, value: true, priority: high, words: {zh: 跳闸, en: tripped}}
  lost: {for: pump, kind: comm_loss, priority: high, words: {zh: 通信中断, en: not heard}}
  busy: {for: node, tag: load, kind: high, limit: 90, priority: high, words: {zh: 负载高, en: busy}}
  burst: {for: recorded, tag: pressure, kind: high, limit: 8, priority: high, words: {zh: 压力高, en: burst}}
"""
SCENARIO = """\
title: {zh: 水泵, en: Pumps}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 1s, expect: {alarm: PUMP_1/hot, state: normal}}
  - {at: 2s, expect: {alarm: OLD/burst, state: normal}}
  - {at: 2s, set: {PUMP_1.temp: 85, PUMP_2.tripped: true, PUMP_1.order: C45, NODE.load: 95}}
  - {at: 5s, expect: {alarm: PUMP_1/hot, state: unacknowledged}}
  - {at: 5s, expect: {alarm: PUMP_2/tripped, state: unacknowledged}}
  - {at: 5s, expect: {alarm: PUMP_2/hot, state: normal}}
  - {at: 5s, expect: {alarm: NODE/busy, state: unacknowledged}}
  - {at: 5s, expect: {alarm: OLD/burst, state: unacknowledged}}
  - {at: 6s, fail: PUMP_2}
  - {at: 9s, expect: {alarm: PUMP_2/lost, state: unacknowledged}}
  - {at: 9s, expect: {alarm: PUMP_1/lost, state: normal}}
  - {at: 10s, mend: PUMP_2}
  - {at: 14s, expect: {alarm: PUMP_2/lost, state: returned_unacknowledged}}
  - {at: 15s, fail: NODE}
  - {at: 18s, expect: {alarm: PUMP_1/lost, state: unacknowledged}}
"""


def plant_folder(folder: Path, scenario: str) -> Path:
    for name, text in (("devices", DEVICES), ("rules", RULES), ("scenarios", scenario)):
        (folder / name).mkdir()
        (folder / name / "a.yaml").write_text(text)
    (folder / "gateway.yaml").write_text("site: s\nagent: a\nareas:\n  hall: {zh: 车间, en: hall}\n")
    (folder / "cloud.yaml").write_text(
        "dingtalk: {client_id: dingexample, client_secret: '${env:DING}', card_template_id: andon-alarm-card.schema}\n"
    )
    (folder / "recording.csv").write_text("time,Pressure\n100,5\n103,9\n")
    return folder


def test_a_plant_with_edge_nodes_and_a_recording_runs_its_scenario(tmp_path: Path) -> None:
    loaded = load(plant_folder(tmp_path, SCENARIO), DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    (verdict,) = run_scenarios(loaded.plant)
    assert verdict.failures == []
    assert sum(entry.held is True for entry in verdict.entries) == 11


@pytest.mark.parametrize(
    "step", ["set: {OLD.pressure: 1}", "ramp: {OLD.pressure: {to: 1, over: 1s}}", "fail: OLD", "mend: OLD"]
)
def test_a_scenario_that_steers_what_was_recorded_is_refused_where_it_does(tmp_path: Path, step: str) -> None:
    head = "title: {zh: 泵, en: Pumps}\nstart: 2026-05-04T08:00:00+08:00\nsteps:\n"
    loaded = load(plant_folder(tmp_path, f"{head}  - {{at: 1s, {step}}}\n"), DRIVERS, CHANNELS)
    assert [(each.file, each.line) for each in loaded.problems if each.code == "recorded_not_set"] == [("scenarios/a.yaml", 4)]
