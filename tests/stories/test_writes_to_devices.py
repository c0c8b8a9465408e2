"""Writes by grants, from the plant folder to the simulated device and back, on virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge.scenario.run import run_scenarios
from edge.scenario.verdict import Verdict
from tests.unit.config.folders import boiler_house, plant_of

GATEWAY = "site: a\nagent: b\nareas: {east: {zh: 东, en: East}}\n"
DEVICES = """types:
  boiler:
    words: {zh: 锅炉, en: boiler}
    driver: modbus
    tags:
      pressure: {address: holding 0, type: float32, unit: bar, range: [0, 16], words: {zh: 压力, en: pressure}}
      setpoint: {address: holding 10, type: int16, unit: bar, scale: 0.1, range: [0, 16], words: {zh: 设定, en: setpoint}}
      lamp: {address: coil 0, words: {zh: 报警灯, en: andon light}}
      siren: {address: coil 1, words: {zh: 蜂鸣器, en: siren}}
devices:
  B1: {type: boiler, area: east, words: {zh: 炉, en: b1}, connection: {host: 127.0.0.1, unit_id: 1, every: 1s}}
"""
RULES = """rules:
  high: {for: boiler, tag: pressure, kind: high, limit: 8, priority: medium, words: {zh: 高, en: high}, write: {lamp: 1}}
  higher:
    {for: boiler, tag: pressure, kind: high_high, limit: 12, priority: high, words: {zh: 很高, en: very high},
     write: {siren: 1}, write_until: acknowledged}
"""
WRITES = """writes:
  boiler.lamp: {purpose: lamp, values: [0, 1], rules: true, rest: 0}
  boiler.siren: {purpose: siren, values: [0, 1], rules: true, rest: 0}
  boiler.setpoint: {purpose: setpoint, range: [2, 10], step: 3, role: worker, two_step: 1min}
"""
PEOPLE = """persons:
  li: {name: 钳工师傅, language: zh, role: worker}
  wang: {name: 班长, language: zh, role: engineer}
"""
SCENARIO = """title: {zh: 写入, en: Writes}
start: 2026-05-04T08:00:00+08:00
steps:
"""


def played(tmp_path: Path, *steps: str, writes: str = WRITES) -> Verdict:
    files = {"gateway": GATEWAY, "devices__boilers": DEVICES, "rules__boilers": RULES, "people": PEOPLE, "writes": writes}
    folder = boiler_house(tmp_path, **files)
    for name in ("cloud.yaml", "response.yaml"):
        (folder / name).unlink()
    (folder / "scenarios" / "steam.yaml").write_text(SCENARIO + "".join(f"  - {step}\n" for step in steps), encoding="utf-8")
    [verdict] = run_scenarios(plant_of(folder))
    return verdict


def failures(verdict: Verdict) -> Sequence[str]:
    return [f"{entry.key} {entry.arguments}" for entry in verdict.entries if entry.held is False]


def test_a_light_follows_its_alarm_and_goes_out_when_the_alarm_is_over(tmp_path: Path) -> None:
    verdict = played(
        tmp_path,
        "{at: 0s, set: {B1.pressure: 5}}",
        "{at: 10s, set: {B1.pressure: 9}}",
        "{within: {from: 10s, to: 15s}, expect: {written: {B1.lamp: 1}}}",
        "{at: 30s, set: {B1.pressure: 5}}",
        "{within: {from: 30s, to: 35s}, expect: {written: {B1.lamp: 0}}}",
    )
    assert failures(verdict) == []


def test_an_expectation_of_what_was_not_written_fails(tmp_path: Path) -> None:
    verdict = played(
        tmp_path, "{at: 0s, set: {B1.pressure: 5}}", "{within: {from: 1s, to: 5s}, expect: {written: {B1.lamp: 1}}}"
    )
    assert len(failures(verdict)) == 1


def test_a_write_of_two_persons_is_done_and_one_of_one_person_is_not(tmp_path: Path) -> None:
    verdict = played(
        tmp_path,
        "{at: 0s, set: {B1.setpoint: 5}}",
        "{at: 5s, write: {tag: B1.setpoint, value: 6.5, by: li}}",
        "{at: 10s, confirm_write: {tag: B1.setpoint, by: wang}}",
        "{within: {from: 10s, to: 15s}, expect: {written: {B1.setpoint: 6.5}}}",
        "{at: 20s, write: {tag: B1.setpoint, value: 5, by: li}}",
        "{at: 25s, confirm_write: {tag: B1.setpoint, by: li}}",
    )
    assert failures(verdict) == ["refused {'about': 'B1.setpoint', 'reason': 'same_person'}"]


def test_a_light_that_could_not_be_lit_is_lit_when_its_device_is_back(tmp_path: Path) -> None:
    verdict = played(
        tmp_path,
        "{at: 0s, set: {B1.pressure: 5}}",
        "{at: 10s, set: {B1.pressure: 9}}",
        "{at: 11s, fail: B1}",
        "{at: 12s, mend: B1}",
        "{within: {from: 12s, to: 90s}, expect: {written: {B1.lamp: 1}}}",
    )
    assert failures(verdict) == []


def test_nothing_is_written_to_a_device_beyond_its_grant(tmp_path: Path) -> None:
    verdict = played(
        tmp_path,
        "{at: 0s, set: {B1.setpoint: 5}}",
        "{at: 5s, write: {tag: B1.setpoint, value: 12, by: li}}",
        "{at: 6s, write: {tag: B1.pressure, value: 1, by: wang}}",
    )
    assert [each.split("'reason': ")[1] for each in failures(verdict)] == ["'out_of_range'}", "'not_granted'}"]
