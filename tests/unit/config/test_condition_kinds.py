"""What rules of the kinds that compare, look at several tags, or keep a chart become for the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from edge.model.moment import HOUR, MINUTE, SECOND
from rules.definition import Chatter, Comparison, Kind, Rule
from rules.expression import compile_expression
from rules.signals.aggregate import Aggregate
from rules.signals.baseline import Learned, Stated
from rules.signals.cusum import Cusum
from rules.signals.deviation import Deviation, Side
from rules.signals.ewma import Ewma
from rules.signals.expression import ExpressionSignal
from rules.signals.mismatch import Mismatch
from rules.signals.raw import Raw
from rules.signals.raw import Side as RawSide
from rules.signals.runs import NELSON, WESTERN_ELECTRIC, Runs, RunTests
from rules.signals.tumbling_repeat import TumblingRepeat
from rules.signals.tumbling_window import TumblingWindow
from tests.unit.config.folders import boiler_house, check, plant_of, said

DEVICES = """types:
  boiler:
    words: {zh: 锅炉, en: boiler}
    driver: modbus
    parameters: {hot: 90}
    tags:
      temp: {address: holding 0, type: int16, unit: °C, words: {zh: 温度, en: temperature}}
      wanted: {address: holding 1, type: int16, unit: °C, words: {zh: 设定, en: set point}}
      mode: {address: holding 2, type: uint16, words: {zh: 方式, en: mode}}
      recipe: {address: holding 3, type: string, length: 8, words: {zh: 配方, en: recipe}}
      burner: {address: discrete 0, words: {zh: 燃烧器, en: burner}}
devices:
  B1: {type: boiler, area: boiler_1, words: {zh: 炉, en: it}, connection: {host: 127.0.0.1, port: 5020, unit_id: 1, every: 1s}}
  B2: {type: boiler, area: boiler_1, words: {zh: 炉, en: it}, connection: {host: 127.0.0.1, port: 5020, unit_id: 2, every: 2s}}
"""
GATEWAY = "site: a\nagent: b\ntime_zone: Asia/Shanghai\nareas: {boiler_1: {zh: 锅炉, en: Boiler 1}}\n"
WORDS = "words: {zh: 测试, en: test}, priority: low"


#: Of a shift that is read each second a 240th is kept as one.
LONG = TumblingWindow(
    tag="B1.temp",
    aggregate=Aggregate.MEAN,
    span=8 * HOUR,
    zone=ZoneInfo("Asia/Shanghai"),
    capacity=512,
    grain=120 * SECOND,
)


def folder_of(tmp_path: Path, rules: dict[str, str]) -> Path:
    text = "rules:\n" + "".join(f"  {key}: {{for: B1, {body}, {WORDS}}}\n" for key, body in rules.items())
    return boiler_house(tmp_path, gateway=GATEWAY, devices__boilers=DEVICES, rules__boilers=text, scenarios__steam=SCENARIO)


SCENARIO = "title: {zh: 试, en: trial}\nstart: 2026-05-04T08:00:00Z\nsteps: [{at: 0s, fail: B1}]\n"


def built(tmp_path: Path, **rules: str) -> dict[str, Rule]:
    return {rule.key: rule for rule in plant_of(folder_of(tmp_path, rules)).rules}


def expression(text: str, *reads: str) -> ExpressionSignal:
    return ExpressionSignal(compile_expression(text), reads)  # type: ignore[arg-type]  # these texts are right


FACTS: dict[str, tuple[str, dict[str, Any]]] = {
    "high_high": (
        "tag: temp, kind: high_high, limit: 95, deadband: 2",
        {"kind": Kind.HIGH_HIGH, "comparison": Comparison.HIGH, "limit": 95.0, "deadband": 2.0, "signal": None},
    ),
    "low_low": ("tag: temp, kind: low_low, limit: 5", {"comparison": Comparison.LOW, "limit": 5.0}),
    "one_of": (
        "tag: mode, kind: discrete, values: [2, 3]",
        {"comparison": Comparison.IN_SET, "values": (2.0, 3.0), "limit": None},
    ),
    "bit": ("tag: mode, kind: discrete, bit: 4", {"comparison": Comparison.BIT, "limit": 4.0}),
    "off_normal": ("tag: burner, kind: discrete, normal: true", {"comparison": Comparison.NOT_EQUAL, "limit": 1.0}),
    "bad": ("tag: temp, kind: bad_quality", {"comparison": Comparison.BAD}),
    "off_number": (
        "tag: temp, kind: deviation, setpoint: 80, limit: 5, deadband: 1",
        {"signal": Deviation("B1.temp", 80.0, Side.BOTH), "comparison": Comparison.HIGH, "limit": 5.0, "unit": None},
    ),
    "off_tag": (
        "tag: temp, kind: deviation, setpoint_tag: wanted, side: below, limit: 5",
        {"signal": Deviation("B1.temp", "B1.wanted", Side.BELOW)},
    ),
    "off_other": (
        "tag: temp, kind: deviation, setpoint_tag: B2.temp, limit: 5",
        {"signal": Deviation("B1.temp", "B2.temp", Side.BOTH)},
    ),
    "disobeyed": (
        "feedback: burner, command: mode, kind: mismatch, within: 10s, expect: {2: true, 0: false}",
        {
            "signal": Mismatch("B1.mode", "B1.burner", 10 * SECOND, ((2.0, 1.0), (0.0, 0.0))),
            "tag": "B1.burner",
            "comparison": Comparison.EQUAL,
            "limit": 1.0,
        },
    ),
    "true_or_not": (
        "tag: temp, kind: expression, expression: temp > wanted and B2.burner",
        {
            "signal": expression("temp > wanted and B2.burner", "B1.temp", "B1.wanted", "B2.burner"),
            "comparison": Comparison.NOT_EQUAL,
            "limit": 0.0,
        },
    ),
    "worked_out": (
        'tag: temp, kind: expression, expression: "wanted - temp", limit: 5, deadband: 1, below: true, unit: K',
        {"comparison": Comparison.LOW, "limit": 5.0, "deadband": 1.0, "unit": "K"},
    ),
    "all_tests": (
        "tag: temp, kind: runs, baseline: {mean: 80, sigma: 2}",
        {"signal": Runs(tag="B1.temp", baseline=Stated(80.0, 2.0), every=0, tests=NELSON), "comparison": Comparison.HIGH},
    ),
    "western": (
        "tag: temp, kind: runs, tests: western_electric, baseline: {mean: 80, sigma: 2}",
        {"signal": Runs(tag="B1.temp", baseline=Stated(80.0, 2.0), every=0, tests=WESTERN_ELECTRIC)},
    ),
    "two_tests": (
        "tag: temp, kind: runs, tests: [5, 1, 5], baseline: {learn: 100}, every: 1min",
        {"signal": Runs(tag="B1.temp", baseline=Learned(100), every=MINUTE, tests=RunTests((1, 5)))},
    ),
    "average": (
        "tag: temp, kind: ewma, weight: 0.1, width: 2.7, settled: true, baseline: {mean: 80, sigma: 2}",
        {"signal": Ewma(tag="B1.temp", baseline=Stated(80.0, 2.0), every=0, weight=0.1, width=2.7, settled=True)},
    ),
    "sum": (
        "tag: temp, kind: cusum, slack: 0.3, interval: 4, baseline: {mean: 80, sigma: 2}",
        {"signal": Cusum(tag="B1.temp", baseline=Stated(80.0, 2.0), every=0, slack=0.3, decision_interval=4.0)},
    ),
    "by_shift": (
        "tag: temp, kind: window, aggregate: mean, over: 8h, limit: 70, tumbling: true",
        {"signal": LONG},
    ),
    "by_week": (
        "tag: temp, kind: repeat, above: 90, count: 3, within: 7d, tumbling: true",
        {
            "signal": TumblingRepeat(
                tag="B1.temp", raw=Raw(RawSide.HIGH, 90.0), within=7 * 24 * HOUR, count=3, zone=ZoneInfo("Asia/Shanghai")
            )
        },
    ),
    "one_side": (
        "tag: temp, kind: runs, tests: western_electric, one_side: 7, baseline: {mean: 80, sigma: 2}",
        {"signal": Runs(tag="B1.temp", baseline=Stated(80.0, 2.0), every=0, tests=RunTests((1, 2, 5, 6), 7))},
    ),
    "in_unit": (
        "tag: temp, kind: cusum, in_sigmas: false, slack: 0.3, interval: 4200, baseline: {mean: 80}",
        {"signal": Cusum(tag="B1.temp", baseline=Stated(80.0), slack=0.3, decision_interval=4200.0, in_sigmas=False)},
    ),
    "acts": (
        "tag: burner, kind: discrete, confirm: true, ack_on_return: true, keep_ack: true, realarm_after: 1h, realarm_max: 3, "
        "first_out: trip, chatter: {count: 5, within: 2min}",
        {
            "confirm": True,
            "ack_on_return": True,
            "keep_ack": True,
            "realarm_after": HOUR,
            "realarm_max": 3,
            "first_out": "trip",
            "chatter": Chatter(5, 2 * MINUTE, 5 * MINUTE),
            "scan": 1 * SECOND,
        },
    ),
    "tells_all": ("tag: burner, kind: discrete, chatter: off", {"chatter": None}),
    "plain": ("tag: burner, kind: discrete, value: false", {"chatter": Chatter(), "first_out": None, "realarm_after": None}),
}


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rule]:
    return built(tmp_path_factory.mktemp("kinds"), **{key: body for key, (body, _) in FACTS.items()})


@pytest.mark.parametrize("key", FACTS)
def test_a_rule_becomes_what_its_keys_say(rules: dict[str, Rule], key: str) -> None:
    for fact, expected in FACTS[key][1].items():
        assert getattr(rules[key], fact) == expected, fact


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("kind: runs, baseline: {mean: 80}", 'write "sigma" along with "mean": this chart counts in sigmas'),
        ("kind: runs, baseline: {sigma: 2}", 'write either "mean" and "sigma", or "learn" (how many points)'),
        ("kind: runs, baseline: {mean: 80, learn: 30}", 'write either "mean" and "sigma", or "learn" (how many points)'),
        ("kind: runs, one_side: 10, baseline: {learn: 30}", "must be at most 9"),
        ("kind: cusum, baseline: {mean: 80}", 'write "sigma" along with "mean": this chart counts in sigmas'),
        ("kind: cusum, baseline: {mean: 80, sigma: 0}", "must be at least 1e-100"),
        ("kind: cusum, interval: 0, baseline: {learn: 30}", "must be at least 1e-100"),
        ("kind: cusum, interval: 1001, baseline: {learn: 30}", '"slack" and "interval" are sigmas, at most 1000; '),
        ("kind: cusum, in_sigmas: false, slack: 1, baseline: {mean: 80}", 'with in_sigmas: false write both "slack" and '),
        ("kind: discrete, chatter: never", "off"),
        ("kind: window, aggregate: mean, over: 7h, limit: 1, tumbling: true", '"over" of tumbling windows must divide a day'),
        ("kind: repeat, above: 1, count: 2, within: 36h, tumbling: true", '"within" of tumbling windows must divide a day'),
    ],
)
def test_what_a_condition_cannot_be_is_said(tmp_path: Path, body: str, complaint: str) -> None:
    (sentence,) = said(folder_of(tmp_path, {"r": f"tag: temp, {body}"}))
    assert complaint in sentence


def test_a_parameter_may_stand_in_an_expression(tmp_path: Path) -> None:
    rule = built(tmp_path, hot='tag: temp, kind: expression, expression: "temp > {hot}"')["hot"]
    assert rule.signal == expression("temp > 90", "B1.temp")


def test_texts_are_not_compared_and_that_is_said_where_they_are_named(tmp_path: Path) -> None:
    rules = {
        "r1": "tag: temp, kind: deviation, limit: 1, setpoint_tag: recipe",
        "r2": "tag: temp, kind: expression, expression: 'temp > 5 and recipe'",
    }
    text = (folder := folder_of(tmp_path, rules)).joinpath("rules/boilers.yaml").read_text(encoding="utf-8").split("\n")
    assert said(folder) == [
        f'rules/boilers.yaml:{line}:{text[line - 1].index("recipe") + 1}: "recipe" is a text: only numbers are compared here'
        for line in (2, 3)
    ]


def test_of_a_device_that_is_wrong_nobody_says_that_it_has_no_such_tag(tmp_path: Path) -> None:
    broken = DEVICES.replace("unit_id: 2", "unit_id: 999")
    folder = folder_of(tmp_path, {"r": "tag: temp, kind: deviation, limit: 1, setpoint_tag: B2.temp"})
    (folder / "devices" / "boilers.yaml").write_text(broken, encoding="utf-8")
    assert {problem.file for problem in check(folder).problems if problem.severity == "error"} == {"devices/boilers.yaml"}
