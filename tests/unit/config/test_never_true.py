"""Rules that can never be true, and windows that hold what they promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.model.moment import HOUR
from rules.definition import Rule
from rules.signals.trend import Trend
from rules.signals.window import Window
from tests.unit.config.folders import boiler_house, plant_of, said

DEVICES = """types:
  press:
    words: {zh: 压机, en: press}
    driver: modbus
    tags:
      state: {address: holding 0, type: uint16, words: {zh: 状态, en: state}}
      tenths: {address: holding 1, type: uint16, scale: 0.1, words: {zh: 十分之一, en: tenths}}
      force: {address: holding 2, type: float32, words: {zh: 力, en: force}}
      strokes: {address: holding 4, type: uint32, words: {zh: 次数, en: strokes}}
devices:
  P1:
    type: press
    area: boiler_1
    words: {zh: 压机, en: press}
    connection: {host: 127.0.0.1, port: 5020, unit_id: 1, every: 1s}
"""
GATEWAY = "site: a\nagent: b\nareas: {boiler_1: {zh: 锅炉, en: Boiler 1}}\n"
SCENARIO = "title: {zh: 试, en: trial}\nstart: 2026-05-04T08:00:00Z\nsteps: [{at: 0s, fail: P1}]\n"


def press(tmp_path: Path, *bodies: str) -> Path:
    words = "words: {zh: 测试, en: test}, priority: low"
    rules = "rules:\n" + "".join(f"  r{number}: {{for: P1, {body}, {words}}}\n" for number, body in enumerate(bodies))
    return boiler_house(tmp_path, gateway=GATEWAY, devices__boilers=DEVICES, rules__boilers=rules, scenarios__steam=SCENARIO)


def signals(tmp_path: Path, *bodies: str) -> list[object]:
    rules: tuple[Rule, ...] = plant_of(press(tmp_path, *bodies)).rules
    return [rule.signal for rule in rules]


IMPOSSIBLE = [
    ("tag: state, kind: discrete, bit: 16", "state is uint16 and has the bits 0 to 15: bit 16 is never set"),
    ("tag: force, kind: discrete, bit: 0", "force is float32, and has no bits"),
    ("tag: force, kind: repeat, above: 1, count: 7, within: 10s", "it can begin 6 times within 10 s at most"),
    ("tag: force, kind: trend, limit: 9, within: 1min, over: 10s, min_samples: 12", "10 s is 11 samples at most"),
    ("tag: strokes, kind: counter_rate, limit: -1", "the alarm would always be there"),
    ("tag: strokes, kind: counter_rate, limit: 0", "the alarm would always be there"),
    ("tag: strokes, kind: counter_rate, limit: -1, below: true", "the alarm would never come"),
    ("tag: strokes, kind: counter_rate, limit: 301, per: 1min, rolls_over_at: 10", "more between two readings"),
    ("tag: force, kind: window, aggregate: mean, over: 1min, limit: 1, percent: 90", '"percent" has no meaning for mean'),
    ("tag: force, kind: window, aggregate: mean, over: 8h, limit: 1, samples: 4096", 'delete "samples"'),
    ("tag: force, kind: window, aggregate: percentile, over: 2h, limit: 1", "write at most"),
    ("tag: force, kind: event, hold: 1s", "write more than 1 s"),
    ("tag: force, kind: expression, expression: strokes > 5", 'the expression does not read "force"'),
]


def test_what_can_never_be_true_is_said_with_what_to_write(tmp_path: Path) -> None:
    errors = press(tmp_path, *(body for body, _ in IMPOSSIBLE[:-2]))
    lines = said(errors)
    assert [sentence for _, sentence in IMPOSSIBLE[:-2] if not any(sentence in line for line in lines)] == []
    assert len(lines) == len(IMPOSSIBLE) - 2
    warnings = press(tmp_path / "w", *(body for body, _ in IMPOSSIBLE[-2:]))
    assert [sentence for _, sentence in IMPOSSIBLE[-2:] if not any(sentence in line for line in said(warnings))] == []


def test_what_is_just_possible_is_accepted(tmp_path: Path) -> None:
    folder = press(
        tmp_path,
        "tag: state, kind: discrete, bit: 15",
        "tag: tenths, kind: discrete, bit: 16",
        "tag: force, kind: repeat, above: 1, count: 6, within: 10s",
        "tag: force, kind: trend, limit: 9, within: 1min, over: 10s, min_samples: 11",
        "tag: strokes, kind: counter_rate, limit: 0, below: true",
        "tag: strokes, kind: counter_rate, limit: 300, per: 1min, rolls_over_at: 10",
        "tag: force, kind: window, aggregate: percentile, over: 1h, limit: 1, percent: 90",
        "tag: state, kind: event, hold: 2s",
        "tag: force, kind: expression, expression: force > strokes",
    )
    assert [line for line in said(folder) if "told" not in line] == []


@pytest.mark.parametrize(("over", "each_by_itself"), [("5min", True), ("1h", False), ("31d", False)])
def test_windows_and_trends_hold_all_that_comes_however_long_they_are(tmp_path: Path, over: str, each_by_itself: bool) -> None:
    mean, trend = signals(
        tmp_path,
        f"tag: force, kind: window, aggregate: mean, over: {over}, limit: 1",
        f"tag: force, kind: trend, limit: 9, within: 1h, over: {over}",
    )
    assert isinstance(mean, Window) and isinstance(trend, Trend)
    for signal in (mean, trend):
        assert (signal.grain == 0) == each_by_itself
        assert signal.capacity >= signal.span // (signal.grain or 1_000_000)
        assert signal.capacity <= 512


def test_a_percentile_holds_each_sample_of_an_hour(tmp_path: Path) -> None:
    (signal,) = signals(tmp_path, "tag: force, kind: window, aggregate: percentile, over: 1h, limit: 1")
    assert isinstance(signal, Window)
    assert (signal.span, signal.grain, signal.capacity) == (HOUR, 0, 4096)
