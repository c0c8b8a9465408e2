"""Units: what is known converts exactly, what is written in other letters is said, and quantities are not mixed up."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.units import UNITS, converted, known_unit, meant, with_unit
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, plant_of, said

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text()
RULES = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text()
LIMIT, DEADBAND = 'limit: "{steam_high}"', "deadband: 0.2"


def house(tmp_path: Path, limit: str, unit: str = "bar", deadband: str = "0.2") -> Path:
    assert LIMIT in RULES
    assert DEADBAND in RULES
    rules = RULES.replace(LIMIT, f"limit: {limit}", 1).replace(DEADBAND, f"deadband: {deadband}", 1)
    devices = DEVICES.replace("unit: bar", f"unit: {unit}").replace("    parameters: {steam_high: 12}\n", "")
    return boiler_house(tmp_path, rules__boilers=rules, devices__boilers=devices)


@pytest.mark.parametrize(
    ("limit", "unit", "comes"),
    [
        ("0.8 MPa", "bar", 8.0),
        ("0.8MPa", "bar", 8.0),
        ("12 bar", "bar", 12.0),
        ("116 psi", "bar", 7.997918466),
        ("1200 kPa", "bar", 12.0),
        ("212 °F", "°C", 100.0),
        ("80 ℃", "°C", 80.0),
        ("353.15 K", "°C", 80.0),
        ("-0.5 bar", "kPa", -50.0),
    ],
)
def test_a_limit_in_another_unit_is_the_number_in_the_tags(tmp_path: Path, limit: str, unit: str, comes: float) -> None:
    rule = next(each for each in plant_of(house(tmp_path, limit, unit)).rules if each.key == "steam_high")
    assert rule.limit == (comes if unit != "bar" or "psi" not in limit else pytest.approx(comes, rel=1e-9))


@pytest.mark.parametrize("broken", ["devices: [", "types: {boiler: {driver: modbus"])
def test_of_a_limit_in_a_unit_nothing_is_said_while_its_tag_is_not_known(tmp_path: Path, broken: str) -> None:
    folder = house(tmp_path, "50 cm", deadband="2 mm")
    (folder / "devices" / "boilers.yaml").write_text(broken)
    problems = said(folder)
    assert any(line.startswith("devices/boilers.yaml") for line in problems)
    assert not [line for line in problems if "50 cm" in line or "2 mm" in line]


@pytest.mark.parametrize(
    ("limit", "unit", "wrong"),
    [
        ("80 °C", "bar", "of another quantity"),
        ("80 stroke", "bar", "cannot be converted"),
        ("80 bar", "stroke", "cannot be converted"),
        ("eight", "bar", "must be a number"),
    ],
)
def test_a_limit_of_another_quantity_or_unknown_unit_is_refused(tmp_path: Path, limit: str, unit: str, wrong: str) -> None:
    problems = [line for line in said(house(tmp_path, limit, unit)) if line.startswith("rules/boilers.yaml")]
    assert any(wrong in line for line in problems), problems


@pytest.mark.parametrize(
    ("deadband", "unit", "comes"),
    [("0.05 MPa", "bar", 0.5), ("5 K", "°C", 5.0), ("5 °C", "K", 5.0), ("9 °F", "°C", 5.0), ("0.5 bar", "bar", 0.5)],
)
def test_a_deadband_in_another_unit_is_a_difference_in_the_tags(tmp_path: Path, deadband: str, unit: str, comes: float) -> None:
    rule = next(each for each in plant_of(house(tmp_path, "80", unit, deadband)).rules if each.key == "steam_high")
    assert (rule.limit, rule.deadband) == (80, comes)


def test_a_deadband_of_another_quantity_is_refused_where_it_stands(tmp_path: Path) -> None:
    problems = said(house(tmp_path, "12", deadband="5 K"))
    assert any('"5 K" is of another quantity than "steam_pressure", whose unit is bar' in line for line in problems), problems


def with_tags(tmp_path: Path, expression: str = "steam_pressure > 1", more: str = "") -> list[str]:
    words = "words: {zh: 测点, en: tag}"
    tags = "".join(
        f"      {key}: {{address: holding {place}, type: int16, unit: {unit}, {words}}}\n"
        for place, (key, unit) in enumerate(
            [("vessel", "bar"), ("feed", "MPa"), ("temp", "°C"), ("spread", "K"), ("n", "pcs")], 20
        )
    )
    derived = f'    derived:\n      own: {{expression: "{expression}", {words}}}\n'
    devices = DEVICES.replace("    tags:\n", f"{derived}    tags:\n{tags}", 1)
    return said(boiler_house(tmp_path, devices__boilers=devices, rules__boilers=RULES + more))


@pytest.mark.parametrize(
    ("expression", "said_of_it"),
    [
        ("vessel > temp", '"vessel" (bar) and "temp" (°C) are of different quantities'),
        ("vessel + 1 > max(2, temp)", '"vessel" (bar) and "temp" (°C) are of different quantities'),
        (
            "n > 3 and steam_pressure - feed > 1",
            '"steam_pressure" is in bar and "feed" in MPa: their numbers are taken as they are',
        ),
        ("vessel if n else temp", "are of different quantities"),
    ],
)
def test_tags_of_different_units_are_used_alike_with_a_warning(tmp_path: Path, expression: str, said_of_it: str) -> None:
    problems = with_tags(tmp_path, expression)
    found = [line for line in problems if "taken as they are" in line or "different quantities" in line]
    assert len(found) == 1, problems
    assert said_of_it in found[0]
    assert found[0].startswith("devices/boilers.yaml")


@pytest.mark.parametrize(
    "expression",
    ["vessel > steam_pressure", "vessel > feed * 10", "vessel * temp", "temp - vessel * 3 > n", "vessel > n", "vessel > 3"],
)
def test_tags_that_may_go_together_need_no_warning(tmp_path: Path, expression: str) -> None:
    assert not [line for line in with_tags(tmp_path, expression) if "taken as they are" in line or "quantities" in line]


def test_a_deviation_from_a_tag_of_another_unit_is_a_warning(tmp_path: Path) -> None:
    rule = "  apart: {for: boiler, kind: deviation, tag: vessel, setpoint_tag: SET, limit: 2, priority: low,"
    rule += " words: {zh: 偏, en: off}}\n"
    for other, wanted in (("temp", "different quantities"), ("feed", "taken as they are"), ("steam_pressure", None)):
        problems = with_tags(tmp_path / other, more=rule.replace("SET", other))
        found = [line for line in problems if line.startswith("rules/") and ("quantities" in line or "taken as" in line)]
        assert (len(found) == 1 and wanted in found[0]) if wanted is not None else not found, problems


def test_a_unit_in_other_letters_is_a_warning_and_one_of_counting_is_none(tmp_path: Path) -> None:
    assert any('write "bar" if that is meant' in line for line in said(house(tmp_path / "a", "12", "BAR")))
    assert not any("is not known" in line for line in said(house(tmp_path / "b", "12", "strokes")))


def test_no_known_unit_is_taken_for_another() -> None:
    assert [unit for unit in UNITS if meant(unit) is not None] == []
    assert (meant("MPA"), meant("kw"), meant("m³/H"), meant("a"), meant("pcs")) == ("MPa", "kW", "m³/h", None, None)
    assert known_unit("℃") is UNITS["°C"]
    assert with_unit("10s") == ("10", "s")
    assert [with_unit(text) for text in ("{a} bar", "bar", "12", "1e3", "1.2.3 bar")] == [None] * 5


PAIRS = [(one, other) for one in UNITS for other in UNITS if UNITS[one].quantity == UNITS[other].quantity]


@given(pair=st.sampled_from(PAIRS), whole=st.integers(-(10**9), 10**9), places=st.integers(0, 6))
def test_there_and_back_is_the_number_again(pair: tuple[str, str], whole: int, places: int) -> None:
    one, other = UNITS[pair[0]], UNITS[pair[1]]
    number = Fraction(whole, 10**places)
    inner = number * one.factor + one.offset
    assert converted(f"{whole / 10**places:.{places}f}", one, one) == float(number)
    assert ((inner - other.offset) / other.factor) * other.factor + other.offset == inner
    assert converted(f"{whole}", one, other) == float((Fraction(whole) * one.factor + one.offset - other.offset) / other.factor)
