"""Counters as people write them: which tags count, over which time, and what is wrong with that."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from edge.model.moment import HOUR, SECOND
from edge.model.tag import Count, Counter, CountOver, Derivation, Tag
from rules.signals.counter import CounterRate
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, plant_of, said

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text()
WORDS = "words: {zh: 计数, en: counted}"
FLOW = "flow: {address: holding 9, type: uint32, unit: m³, stale_after: 10s, COUNTER, words: {zh: 水表, en: water meter}}"


def counting(tmp_path: Path, *lines: str, counter: str = "counter: {}") -> Path:
    tags = "    tags:\n      " + FLOW.replace("COUNTER", counter) + "\n"
    section = "".join(["    derived:\n" if lines else "", *(f"      {line}\n" for line in lines)])
    text = DEVICES.replace("    tags:\n", tags, 1).replace("devices:\n", section + "devices:\n", 1)
    return boiler_house(tmp_path, devices__boilers=text)


def tags_of(folder: Path) -> dict[str, Tag]:
    return {tag.key: tag for tag in plant_of(folder).devices["BOILER.1"].tags}


@pytest.mark.parametrize(
    ("over", "count"),
    [
        ("sample", Count(CountOver.SAMPLE)),
        ("all", Count(CountOver.ALL)),
        ("hour", Count(CountOver.WINDOW, HOUR)),
        ('day, from: "06:30"', Count(CountOver.WINDOW, 24 * HOUR, 13 * HOUR // 2)),
        ("week", Count(CountOver.WINDOW, 7 * 24 * HOUR)),
        ('8h, from: "22:00"', Count(CountOver.WINDOW, 8 * HOUR, 6 * HOUR)),
        ("15min", Count(CountOver.WINDOW, HOUR // 4)),
    ],
)
def test_a_tag_counts_what_a_counter_of_its_device_shows(tmp_path: Path, over: str, count: Count) -> None:
    folder = counting(tmp_path, f"used: {{count: flow, over: {over}, {WORDS}}}", counter="counter: {rolls_over_at: 1000000}")
    found = tags_of(folder)
    assert found["flow"].counter == Counter(1_000_000.0)
    used = found["used"]
    assert used.derived == Derivation("", ("BOILER.1.flow",), replace(count, zone=ZoneInfo("Asia/Shanghai")))
    assert (used.unit, used.stale_after, used.point) == ("m³", 10 * SECOND, None)


def test_a_meter_may_be_said_never_to_be_reset(tmp_path: Path) -> None:
    assert tags_of(counting(tmp_path, counter="counter: {resets: never}"))["flow"].counter == Counter(None, resets=False)


def test_expressions_and_rules_read_counts_like_any_other_tag(tmp_path: Path) -> None:
    found = tags_of(
        counting(
            tmp_path,
            f'share: {{expression: "used / steam_pressure", {WORDS}}}',
            f"used: {{count: flow, over: day, {WORDS}}}",
        )
    )
    assert found["share"].derived == Derivation("used / steam_pressure", ("BOILER.1.used", "BOILER.1.steam_pressure"))


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("used: {count: steam_pressure, over: day, W}", '"steam_pressure" does not say that it counts: write counter: {}'),
        ("used: {count: flaw, over: day, W}", 'did you mean "flow"'),
        ("used: {count: flow, W}", '"over" (sample, hour, day, week, all, or a length such as 8h) go together'),
        ("used: {count: flow, over: 7h, W}", '"over" is sample, hour, day, week, all, or a length'),
        ("used: {count: flow, over: shift, W}", '"over" is sample, hour, day, week, all, or a length'),
        ('used: {count: flow, over: hour, from: "06:00", W}', '"from" is for windows of more than an hour'),
        ('used: {count: flow, over: 8h, from: "6:00", W}', '"from" is a time of day such as "06:00"'),
        ('used: {count: flow, expression: "flow", over: 8h, W}', 'either "expression", or "count"'),
    ],
)
def test_what_is_wrong_with_a_count_is_said_where_it_stands(tmp_path: Path, line: str, wrong: str) -> None:
    problems = [each for each in said(counting(tmp_path, line.replace("W}", WORDS + "}"))) if each.startswith("devices/")]
    assert any(wrong in each for each in problems), problems


def test_a_rule_about_a_counter_knows_where_it_rolls_over(tmp_path: Path) -> None:
    folder = counting(tmp_path, counter="counter: {rolls_over_at: 10000}")
    rules = folder / "rules" / "boilers.yaml"
    rule = (
        "  leak: {for: boiler, kind: counter_rate, tag: flow, limit: 9, per: 1h, priority: low, words: {zh: 漏水, en: leak}}\n"
    )
    own = rule.replace("leak:", "leak_2:").replace("limit: 9", "limit: 8, rolls_over_at: 20000")
    rules.write_text(rules.read_text() + rule + own)
    said_of = {rule.key: rule.signal.rolls_over_at for rule in plant_of(folder).rules if isinstance(rule.signal, CounterRate)}
    assert said_of == {"leak": 10_000, "leak_2": 20_000}


def test_a_switch_does_not_count(tmp_path: Path) -> None:
    text = DEVICES.replace("burner_fault: {", "burner_fault: {counter: {}, ", 1)
    problems = said(boiler_house(tmp_path, devices__boilers=text))
    assert any('"counter": a bool is 0 or 1' in each for each in problems), problems
