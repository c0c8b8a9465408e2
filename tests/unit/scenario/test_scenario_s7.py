"""Simulated S7 CPUs hold what a plant's tags name: numbers in every type, bits, texts; several devices of one CPU."""

from __future__ import annotations

from pathlib import Path

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.scenario.run import run_scenarios

DEVICES = """\
types:
  press:
    words: {zh: 压机, en: press}
    driver: s7
    parameters: {block: 10}
    tags:
      force: {address: "DB{block}.DBD0", type: float32, words: {zh: 压力, en: force}}
      oil: {address: "DB{block}.DBW4", type: int16, scale: 0.1, offset: -20, words: {zh: 油温, en: oil}}
      guard: {address: "DB{block}.DBX6.3", words: {zh: 防护门, en: guard}}
      recipe: {address: "DB{block}.8", type: string, length: 8, words: {zh: 配方, en: recipe}}
devices:
  PRESS_1: {type: press, area: hall, parameters: {block: 10}, words: {zh: 1号压机, en: press 1}, connection: {host: plc}}
  PRESS_2: {type: press, area: hall, parameters: {block: 11}, words: {zh: 2号压机, en: press 2}, connection: {host: plc}}
"""
CLOUD = "dingtalk: {client_id: dingexample, client_secret: '${env:DING}', card_template_id: andon-alarm-card.schema}\n"
RULES = """\
rules:
  hot: {for: press, tag: oil, kind: high, limit: 80, priority: high, words: {zh: 油温高, en: hot}}
  strong: {for: press, tag: force, kind: high, limit: 500, priority: high, words: {zh: 压力高, en: strong}}
  open: {for: press, tag: guard, kind: discrete, value: true, priority: high, words: {zh: 门开, en: open}}
  lost: {for: press, kind: comm_loss, priority: high, words: {zh: 通信中断, en: not heard}}
"""
SCENARIO = """\
title: {zh: 压机, en: Presses}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 1s, set: {PRESS_1.oil: 85, PRESS_2.force: 600, PRESS_2.guard: true, PRESS_1.recipe: C45}}
  - {at: 5s, expect: {alarm: PRESS_1/hot, state: unacknowledged}}
  - {at: 5s, expect: {alarm: PRESS_2/strong, state: unacknowledged}}
  - {at: 5s, expect: {alarm: PRESS_2/open, state: unacknowledged}}
  - {at: 5s, expect: {alarm: PRESS_1/open, state: normal}}
  - {at: 5s, expect: {alarm: PRESS_2/hot, state: normal}}
  - {at: 6s, fail: PRESS_2}
  - {at: 9s, expect: {alarm: PRESS_2/lost, state: unacknowledged}}
  - {at: 9s, expect: {alarm: PRESS_1/lost, state: unacknowledged}}
"""


def test_a_plant_with_an_s7_cpu_runs_its_scenario(tmp_path: Path) -> None:
    for folder, text in (("devices", DEVICES), ("rules", RULES), ("scenarios", SCENARIO)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text(text)
    (tmp_path / "gateway.yaml").write_text("site: s\nagent: a\nareas:\n  hall: {zh: 车间, en: hall}\n")
    (tmp_path / "cloud.yaml").write_text(CLOUD)
    loaded = load(tmp_path, DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    (verdict,) = run_scenarios(loaded.plant)
    assert verdict.failures == []
    assert sum(entry.held is True for entry in verdict.entries) == 7
