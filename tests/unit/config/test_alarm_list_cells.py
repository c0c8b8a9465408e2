"""What spreadsheets make of values is understood where it can mean one thing only, and else refused."""

from __future__ import annotations

from datetime import datetime

import pytest

from edge.config.alarm_list.columns import COLUMNS
from edge.config.sheets.cells import CellRefused, read_cell, same
from edge.config.sheets.columns import Column, Form, named
from edge.config.sheets.grid import Cell, Value, column_letters

BY_NAME = {column.name: column for column in COLUMNS}


def read(column: str, value: Value, unit: str = "", *, decimal_comma: bool = False, **cell: bool) -> object:
    return read_cell(Cell(value, **cell), BY_NAME[column], unit, decimal_comma=decimal_comma)


def refusal(column: str, value: Value, unit: str = "", **cell: bool) -> str:
    with pytest.raises(CellRefused) as refused:
        read(column, value, unit, **cell)
    assert refused.value.phrase.render("zh") != refused.value.phrase.render("en")
    return refused.value.phrase.key.removeprefix("sheets.")


@pytest.mark.parametrize(
    ("given", "means"),
    [
        (80, 80),
        (80.0, 80),
        (80.5, 80.5),
        ("80", 80),
        (" 80.50 ", 80.5),
        ("８０．５", 80.5),
        ("\u00a080\u00a0", 80),
        ("\u221280", -80),
        ("－８０", -80),
        ("1,234.5", 1234.5),
        ("1,234,567", 1234567),
        ("1 234.5", 1234.5),
        ("1E+03", 1000),
        ("80 °C", 80),
        ("80℃", 80),
        ("{bearing_high}", "{bearing_high}"),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_a_number_is_a_number_in_whatever_dress(given: Value, means: object) -> None:
    assert read("limit", given, "°C") == means


def test_a_comma_is_a_decimal_sign_only_where_semicolons_separate() -> None:
    assert read("limit", "80,5", decimal_comma=True) == 80.5
    assert read("limit", "1,234", decimal_comma=True) == 1.234
    assert refusal("limit", "80,5") == "comma"
    assert refusal("limit", "1,234") == "comma"


def test_a_point_before_three_digits_may_be_thousands_where_a_comma_is_the_decimal_sign() -> None:
    with pytest.raises(CellRefused) as refused:
        read("limit", "1.234", decimal_comma=True)
    assert refused.value.phrase.render("en") == (
        "1.234 may be thousands or a decimal, for the other cells have decimal commas: write 1234, or 1,234"
    )
    assert read("limit", "0.125", decimal_comma=True) == 0.125
    assert read("limit", "12.5", decimal_comma=True) == 12.5
    assert read("limit", "1.234") == 1.234


def test_percent_is_a_number_only_where_the_tag_is_in_percent() -> None:
    assert read("limit", 0.85, "%", percent=True) == 85
    assert read("limit", 0.07, "%", percent=True) == 7
    assert read("limit", "85%", "%") == 85
    assert read("limit", "85％", "%") == 85
    assert refusal("limit", 0.85, "bar", percent=True) == "percent"
    assert refusal("limit", "85%", "bar") == "percent"


@pytest.mark.parametrize(
    ("column", "given", "why"),
    [
        ("limit", "eighty", "number_wanted"),
        ("limit", "80 bar", "number_wanted"),
        ("limit", "1e999", "number_wanted"),
        ("limit", True, "number_wanted"),
        ("limit", datetime(2026, 3, 5), "became_a_date"),
        ("on_delay", datetime(2026, 3, 5), "became_a_date"),
        ("owner", datetime(2026, 3, 5), "became_a_date"),
        ("on_delay", 10, "span_bare"),
        ("on_delay", "10", "span_bare"),
        ("on_delay", "10m", "span_wanted"),
        ("on_delay", "soon", "span_wanted"),
        ("reviewed_on", "3/5/2026", "date_order"),
        ("reviewed_on", "2026-02-30", "date_wanted"),
        ("reviewed_on", "yesterday", "date_wanted"),
        ("reviewed_on", "46086", "date_wanted"),
        ("reviewed_on", "5/3/26", "date_wanted"),
    ],
)
def test_what_may_mean_two_things_is_refused(column: str, given: Value, why: str) -> None:
    assert refusal(column, given, "°C") == why


def test_a_formula_and_a_broken_cell_are_refused_whatever_they_hold() -> None:
    assert refusal("limit", "=40*2", formula=True) == "formula"
    assert refusal("owner", "=A1", formula=True) == "formula"
    assert refusal("limit", "#REF!", broken=True) == "broken"
    assert read("owner", "=A1") == "=A1"


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ("10s", "10s"),
        ("10 S", "10s"),
        ("１０ｓ", "10s"),
        ("10秒", "10s"),
        ("1.5 分钟", "1.5min"),
        ("2 小时", "2h"),
        ("500 ms", "500ms"),
        ("30 sec", "30s"),
        ("{hold}", "{hold}"),
    ],
)
def test_a_time_has_its_unit(given: str, means: str) -> None:
    assert read("on_delay", given) == means


@pytest.mark.parametrize(
    ("given", "means"),
    [
        (datetime(2026, 3, 5), "2026-03-05"),
        ("2026-03-05", "2026-03-05"),
        ("2026/3/5", "2026-03-05"),
        ("2026年3月5日", "2026-03-05"),
        ("2026.3.5", "2026-03-05"),
        ("2026-03-05 00:00:00", "2026-03-05"),
        ("25.3.2026", "2026-03-25"),
        ("3/25/2026", "2026-03-25"),
        ("5/5/2026", "2026-05-05"),
    ],
)
def test_a_day_is_a_day_where_its_order_is_certain(given: Value, means: str) -> None:
    assert read("reviewed_on", given) == means


@pytest.mark.parametrize(("given", "means"), [("HIGH", "high"), (" 高 ", "high"), ("紧急", "critical"), ("urgent", "urgent")])
def test_priorities_are_known_in_both_languages(given: str, means: str) -> None:
    assert read("priority", given) == means


@pytest.mark.parametrize(
    ("given", "means"), [(True, True), ("TRUE", True), ("是", True), ("no", False), (1, 1), ("0", 0), ("{normal}", "{normal}")]
)
def test_a_switch_may_be_a_number_too(given: Value, means: object) -> None:
    came = read("value", given)
    assert came == means
    assert type(came) is type(means)


def test_a_text_loses_only_what_nobody_sees() -> None:
    assert read("owner", " 钳工\u00a0班 ") == "钳工 班"
    assert read("owner", 12345.0) == "12345"


@pytest.mark.parametrize(
    ("one", "other", "form", "is_same"),
    [
        ("90s", "1.5min", Form.SPAN, True),
        ("90s", "91s", Form.SPAN, False),
        ("{hold}", "90s", Form.SPAN, False),
        (80, 80.0, Form.NUMBER, True),
        ("{limit}", 80, Form.NUMBER, False),
        (True, 1, Form.SWITCH, True),
        (None, 0, Form.NUMBER, False),
        ("a b", "a\u00a0b ", Form.TEXT, True),
    ],
)
def test_equal_values_are_equal_however_they_are_written(one: object, other: object, form: Form, is_same: bool) -> None:
    assert same(one, other, form) == is_same


@pytest.mark.parametrize("heading", ["limit", "Limit", "限值", "ＬＩＭＩＴ", " limit\u00a0"])
def test_a_heading_is_known_in_each_language(heading: str) -> None:
    assert named(heading, COLUMNS) is BY_NAME["limit"]


def test_no_two_columns_share_a_heading() -> None:
    headings: list[tuple[str, Column]] = [(text, each) for each in COLUMNS for text in (each.heading("zh"), each.heading("en"))]
    assert all(named(text, COLUMNS) is column for text, column in headings)


def test_columns_are_called_what_spreadsheets_call_them() -> None:
    assert [column_letters(number) for number in (1, 26, 27, 52, 703)] == ["A", "Z", "AA", "AZ", "AAA"]
