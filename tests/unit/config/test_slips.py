"""What people write at first, and what `check` then says: the right form where it can be told, and each mistake once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.config.text.slips import duration_meant, number_meant
from edge.config.text.values import parse_duration
from tests.unit.config.folders import BOILER_HOUSE, boiler_house, check, said

DEVICES = (BOILER_HOUSE / "devices" / "boilers.yaml").read_text()
RULES = (BOILER_HOUSE / "rules" / "boilers.yaml").read_text()


def devices(old: str, new: str) -> str:
    assert old in DEVICES
    return DEVICES.replace(old, new)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("float", "float32"), ("real", "float32"), ("REAL", "float32"), ("double", "float64"), ("lreal", "float64"),
        ("int", "int16"), ("uint", "uint16"), ("dint", "int32"), ("UDINT", "uint32"), ("word", "uint16"), ("dword", "uint32"),
        ("boolean", "bool"), ("int61", "int64"),
    ],
)  # fmt: skip
def test_the_types_of_a_plc_are_known_by_their_names(tmp_path: Path, written: str, meant: str) -> None:
    (problem,) = said(boiler_house(tmp_path, devices__boilers=devices("type: int16", f"type: {written}")))
    assert problem.endswith(f'is "{written}", did you mean "{meant}"?')


@pytest.mark.parametrize("host", ["192.168.1.300", "192.168.1", "10.0.0.5.1", "10.0.0.05"])
def test_numbers_and_dots_that_are_no_address_are_refused_as_a_host(tmp_path: Path, host: str) -> None:
    (problem,) = said(boiler_house(tmp_path, devices__boilers=devices("host: 127.0.0.1", f'host: "{host}"')))
    assert f'"host": "{host}" is no IP address' in problem


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("10m", "10min"), ("10秒", "10s"), ("10 seconds", "10s"), ("1 second", "1s"), ("5 分钟", "5min"), ("2 hrs", "2h"),
        ("1,5min", "1.5min"), ("10S", "10s"), ("１０秒", "10s"), ("200 msec", "200ms"), ("soon", None),
        ("5 bar", None), ("m", None),
    ],
)  # fmt: skip
def test_a_duration_in_other_words_is_understood(written: str, meant: str | None) -> None:
    assert duration_meant(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("80°C", None), ("80,5", "80.5"), ("-3.50 bar", None), ("-3.50", "-3.50"),
        ("８０", "80"), ("80", "80"), ("+7", "7"), ("-0,5", "-0.5"),
        ("1,500", None), ("high", None), ("", None), ("1.2.3", None), (".nan", None),
    ],
)  # fmt: skip
def test_a_number_with_a_comma_in_it_is_understood_and_none_loses_its_unit(written: str, meant: str | None) -> None:
    assert number_meant(written) == meant


@example("1000000000D")
@given(st.text(max_size=20) | st.from_regex(r"\d{1,9}[.,]?\d{0,6} ?[a-zA-Z秒分钟]{0,7}", fullmatch=True))
def test_what_is_suggested_for_a_duration_is_one(text: str) -> None:
    meant = duration_meant(text)
    if meant is not None:
        assert parse_duration(meant.removeprefix("-")) >= 0


@pytest.mark.parametrize(
    ("written", "end"),
    [
        ("limit: 80°C", '"80°C" is of another quantity than "steam_pressure", whose unit is bar'),
        ("limit: 80,5", 'must be a number, is "80,5", did you mean "80.5"?'),
        ('limit: "80"', 'must be a number, is "80", write 80 without quotation marks'),
        ("on_delay: 10m", '2h or 1d, is "10m", did you mean "10min"?'),
    ],
)
def test_check_suggests_what_was_meant(tmp_path: Path, written: str, end: str) -> None:
    key = written.partition(":")[0]
    rules = "\n".join(
        f"    {written}" if line.strip().startswith(f"{key}:") and at < 12 else line
        for at, line in enumerate(RULES.splitlines())
    )
    (problem,) = said(boiler_house(tmp_path, rules__boilers=rules))
    assert problem.endswith(end)


@pytest.mark.parametrize(
    ("written", "given_as"),
    [("valid: [200, -20]", "is [200, -20]"), ("range: [0, 16], raw_range: [5, 5]", "is [5, 5]"), ("valid: []", "too short")],
)
def test_a_list_that_is_wrong_is_shown(tmp_path: Path, written: str, given_as: str) -> None:
    scale = "scale: 0.01, " if "raw" in written else ""
    problems = said(
        boiler_house(tmp_path, devices__boilers=devices(scale or "unit: bar", f"{written}, {'' if scale else 'unit: bar'}"))
    )
    assert given_as in problems[0]
    assert len(problems) == 1


@pytest.mark.parametrize("value", ["1\n    agent: gateway_1", "zh: en\nagent: gateway_1"])
def test_a_key_too_far_to_the_right_is_told_from_a_colon_in_a_text(tmp_path: Path, value: str) -> None:
    (problem, *_) = said(boiler_house(tmp_path, gateway=f"site: {value}\nareas:\n  boiler_1: {{zh: 锅炉, en: Boiler}}\n"))
    if "    agent" in value:
        assert problem.startswith("gateway.yaml:2:5: this key stands further to the right than it can")
    else:
        assert problem.startswith("gateway.yaml:1:9: a colon is not expected here: put the text in quotes")


def test_two_states_of_one_number_are_refused(tmp_path: Path) -> None:
    states = "states: {1: {zh: 开, en: on}, 1.0: {zh: 关, en: off}}, unit: bar"
    (problem,) = said(boiler_house(tmp_path, devices__boilers=devices("unit: bar", states)))
    assert '"states": "1.0" and "1" are the same number' in problem


def test_what_stands_in_a_list_twice_is_said(tmp_path: Path) -> None:
    twice = devices("unit: bar", "unit: bar, bad_values: [32767, -1, 32767]").replace(
        "    parameters:", "    context: [burner_fault, BOILER.1.burner_fault]\n    parameters:"
    )
    loaded = check(boiler_house(tmp_path, devices__boilers=twice))
    assert [(each.code, each.severity, each.text) for each in loaded.problems] == [
        ("listed_twice", "note", '"context": "BOILER.1.burner_fault" stands there twice: delete one of them'),
        ("listed_twice", "note", '"bad_values": 32767 stands there twice: delete one of them'),
    ]
    assert loaded.plant is not None


# --- each mistake once ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["devices/boilers.yml", "Devices/boilers.yaml", "devices/boilers.yaml.txt"])
def test_a_file_with_the_wrong_name_is_the_only_thing_said_and_an_error_once_it_is_missed(tmp_path: Path, name: str) -> None:
    plant = boiler_house(tmp_path)
    (plant / name).parent.mkdir(exist_ok=True)
    (plant / "devices" / "boilers.yaml").rename(plant / name)
    loaded = check(plant)
    assert [(each.file, each.code, each.severity) for each in loaded.problems] == [(name, "file_misnamed", "error")]
    assert loaded.plant is None


@pytest.mark.parametrize("single", ["people", "cloud", "response", "rules/boilers"])
def test_so_it_is_with_every_file_of_a_plant(tmp_path: Path, single: str) -> None:
    plant = boiler_house(tmp_path)
    (plant / f"{single}.yaml").rename(plant / f"{single}.yml")
    loaded = check(plant)
    assert [(each.file, each.code) for each in loaded.problems] == [(f"{single}.yml", "file_misnamed")]
    assert (loaded.plant is None) == any(each.severity == "error" for each in loaded.problems)
    assert loaded.plant is None


def test_a_library_that_cannot_be_used_does_not_make_its_types_unknown(tmp_path: Path) -> None:
    libraries = "libraries:\n  heat: {path: ../heat, version: 1.2}\n"
    overrides = "overrides:\n  types.burner.words: {value: {zh: 甲, en: a}, reason: x}\n"
    burner = "devices:\n  B.2: {type: burner, area: boiler_1, words: {zh: 乙, en: b}, connection: {}}\n"
    plant = boiler_house(tmp_path, libraries=libraries + overrides, devices__more=burner)
    problems = said(plant)
    assert len(problems) == 1
    assert problems[0].startswith("libraries.yaml:2:") and '"version"' in problems[0]
