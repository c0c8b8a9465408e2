"""First-out groups in files: members by the section, and the PLC's word for who came first."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.model.moment import SECOND
from tests.unit.config.folders import boiler_house, check, plant_of

DEVICES = """types:
  burner:
    words: {zh: 燃烧器, en: burner}
    driver: modbus
    tags:
      gas: {address: discrete 0, words: {zh: 燃气, en: gas}}
      fan: {address: discrete 1, words: {zh: 风机, en: fan}}
      first: {address: holding 0, type: uint16, words: {zh: 首出字, en: first fault}}
      note: {address: holding 9, type: string, length: 4, words: {zh: 备注, en: note}}
devices:
  K1: {type: burner, area: hall, words: {zh: 一号, en: k1}, connection: {host: 127.0.0.1, unit_id: 1, every: 1s}}
  K2: {type: burner, area: hall, words: {zh: 二号, en: k2}, connection: {host: 127.0.0.1, unit_id: 2, every: 1s}}
"""
RULES = """rules:
  trip_gas: {for: burner, tag: gas, kind: discrete, priority: low, words: {zh: 气, en: gas}%s}
  trip_fan: {for: burner, tag: fan, kind: discrete, priority: low, words: {zh: 风, en: fan}}
first_out:
  lockout: %s
"""
GATEWAY = "site: a\nagent: b\nareas: {hall: {zh: 厂房, en: Hall}}\n"


def folder_of(tmp_path: Path, section: str, gas: str = "") -> Path:
    folder = boiler_house(tmp_path, gateway=GATEWAY, devices__boilers=DEVICES, rules__boilers=RULES % (gas, section))
    (folder / "scenarios" / "steam.yaml").unlink()
    return folder


def groups(folder: Path) -> dict[str, str | None]:
    return {rule.id: rule.first_out for rule in plant_of(folder).rules if rule.key.startswith("trip")}


def errors(folder: Path) -> list[str]:
    return [problem.code for problem in check(folder).problems if problem.severity == "error"]


def test_a_section_puts_many_alarms_into_a_group(tmp_path: Path) -> None:
    assert groups(folder_of(tmp_path, "{members: ['K1/trip_*', {device: K2, rule: trip_gas}]}")) == {
        "K1/trip_gas": "lockout",
        "K1/trip_fan": "lockout",
        "K2/trip_gas": "lockout",
        "K2/trip_fan": None,
    }


def test_whom_the_word_names_is_in_the_group(tmp_path: Path) -> None:
    plant = plant_of(folder_of(tmp_path, "{word: K1.first, values: {1: K1/trip_gas, 2: K1/trip_fan}, within: 3s}"))
    (word,) = plant.first_out_words
    assert (word.group, word.signal.inputs, word.bits, word.within) == ("lockout", ("K1.first",), False, 3 * SECOND)
    assert word.members == {1: "K1/trip_gas", 2: "K1/trip_fan"}
    assert {rule.id for rule in plant.rules if rule.first_out == "lockout"} == {"K1/trip_gas", "K1/trip_fan"}


def test_a_word_may_have_a_bit_for_each_member(tmp_path: Path) -> None:
    (word,) = plant_of(folder_of(tmp_path, "{word: K1.first, bits: {0: K1/trip_gas, 15: K1/trip_fan}}")).first_out_words
    assert (word.members, word.bits, word.within) == ({0: "K1/trip_gas", 15: "K1/trip_fan"}, True, 5 * SECOND)


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ("{word: K1.first}", "word_values"),
        ("{values: {1: K1/trip_gas}}", "word_values"),
        ("{word: K1.first, values: {1: K1/trip_gas}, bits: {1: K1/trip_fan}}", "word_values"),
        ("{word: K1.first, values: {one: K1/trip_gas}}", "word_number"),
        ("{word: K1.first, bits: {32: K1/trip_gas}}", "word_bit"),
        ("{word: K1.first, bits: {x: K1/trip_gas}}", "word_bit"),
        ("{word: K1.fist, values: {1: K1/trip_gas}}", "word_unknown_tag"),
        ("{word: K1.note, values: {1: K1/trip_gas}}", "word_is_text"),
        ("{word: K1.first, values: {1: burner/trip_gas}}", "word_of_several"),
        ("{word: K1.first, values: {1: K1/trip_gaz}}", "suppression_unknown"),
        ("{members: [K3/trip_gas]}", "suppression_unknown"),
        ("{membres: [K1/trip_gas]}", "unknown_key"),
    ],
)
def test_what_is_wrong_with_a_group_is_said(tmp_path: Path, section: str, code: str) -> None:
    assert errors(folder_of(tmp_path, section)) == [code]


@pytest.mark.parametrize("section", ["{members: [K1/trip_gas]}", "{word: K1.first, values: {1: K1/trip_gas}}"])
def test_no_alarm_is_in_two_groups(tmp_path: Path, section: str) -> None:
    assert errors(folder_of(tmp_path, section, ", first_out: other")) == ["first_out_of_two"]


def test_a_word_on_a_device_that_is_wrong_is_there_all_the_same(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "{word: K3.first, values: {1: K1/trip_gas}}")
    (folder / "devices" / "more.yaml").write_text("devices: {K3: [", encoding="utf-8")
    assert {each.file for each in check(folder).problems if each.severity == "error"} == {"devices/more.yaml"}
