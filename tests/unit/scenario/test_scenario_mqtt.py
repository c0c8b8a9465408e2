"""Simulated MQTT devices publish where a plant listens: on the topics of its templates, in its lists, with their last wills."""

from __future__ import annotations

from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.scenario.run import run_scenarios

DEVICES = """\
types:
  press:
    words: {zh: 压机, en: press}
    driver: mqtt
    tags:
      temp: {topic: "line/{device}/temp", path: t, words: {zh: 温度, en: temperature}}
      force:
        topic: line/{device}/force
        samples: data
        SHAPE
        scale: 0.1
        words: {zh: 压力, en: force}
      hot_oil:
        topic: line/{device}/alarm
        where: {code: E42}
        active: state
        path: grade
        words: {zh: 油温报警, en: oil alarm}
      oil_text: {topic: "line/{device}/alarm", where: {code: E42}, path: text, type: text, words: {zh: 报警文本, en: text}}
      door: {topic: "line/{device}/alarm", where: {code: 7}, active: state, words: {zh: 门, en: door}}
devices:
  PRESS_1:
    type: press
    area: hall
    words: {zh: 1号压机, en: press 1}
    connection: {host: broker, availability: {topic: "line/{device}/status", path: state}}
  PRESS_2:
    type: press
    area: hall
    words: {zh: 2号压机, en: press 2}
    connection: {host: broker, availability: {topic: "line/{device}/status", path: state}, topic_device: press-02}
"""
CLOUD = "dingtalk: {client_id: dingexample, client_secret: '${env:DING}', card_template_id: andon-alarm-card.schema}\n"
RULES = """\
rules:
  hot: {for: press, tag: temp, kind: high, limit: 80, priority: high, words: {zh: 温度高, en: hot}}
  strong: {for: press, tag: force, kind: high, limit: 500, priority: high, words: {zh: 压力高, en: strong}}
  oil: {for: press, tag: hot_oil, kind: high, limit: 700, priority: high, words: {zh: 油温报警, en: oil alarm}}
  open: {for: press, tag: door, kind: high, limit: 1, priority: high, words: {zh: 门开, en: door open}}
  lost: {for: press, kind: comm_loss, priority: high, words: {zh: 通信中断, en: not heard}}
"""
SCENARIO = """\
title: {zh: 压机, en: Presses}
start: 2026-05-04T08:00:00+08:00
steps:
  - {at: 1s, set: {PRESS_1.temp: 85, PRESS_2.force: 600, PRESS_1.hot_oil: 700, PRESS_2.door: 1}}
  - {at: 5s, expect: {alarm: PRESS_1/oil, state: unacknowledged}}
  - {at: 5s, expect: {alarm: PRESS_1/open, state: normal}}
  - {at: 5s, expect: {alarm: PRESS_2/open, state: unacknowledged}}
  - {at: 5s, expect: {alarm: PRESS_2/oil, state: normal}}
  - {at: 5s, expect: {alarm: PRESS_1/hot, state: unacknowledged}}
  - {at: 5s, expect: {alarm: PRESS_2/strong, state: unacknowledged}}
  - {at: 5s, expect: {alarm: PRESS_2/hot, state: normal}}
  - {at: 6s, fail: PRESS_2}
  - {at: 7s, expect: {alarm: PRESS_2/lost, state: unacknowledged}}
  - {at: 7s, expect: {alarm: PRESS_1/lost, state: normal}}
"""


@pytest.mark.parametrize(
    "shape", ["{path: v, time_path: ts}", "{every: 10ms, time_path: ts, time: ms}", "{times: ts, time: ns}", "{path: v}"]
)
def test_a_plant_with_templates_lists_and_wills_runs_its_scenario(tmp_path: Path, shape: str) -> None:
    keys = shape.strip("{}").replace(", ", "\n        ")
    for folder, text in (("devices", DEVICES.replace("SHAPE", keys)), ("rules", RULES), ("scenarios", SCENARIO)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text(text)
    (tmp_path / "gateway.yaml").write_text("site: s\nagent: a\nareas:\n  hall: {zh: 车间, en: hall}\n")
    (tmp_path / "cloud.yaml").write_text(CLOUD)
    loaded = load(tmp_path, DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    (verdict,) = run_scenarios(loaded.plant)
    assert verdict.failures == []
    assert sum(entry.held is True for entry in verdict.entries) == 9
