"""Numbers, durations and local times as people read them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.model.moment import HOUR, MINUTE, SECOND, Span, from_iso
from edge.model.person import Directory
from edge.response.quantity import number_text, quantity_text
from edge.response.wording import Wording, duration_text

NOBODY = Directory({}, {}, {})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (84.2, "84.2"),
        (84.23456, "84.23"),
        (80.0, "80"),
        (0.0, "0"),
        (-0.0, "0"),
        (-3.14159, "-3.142"),
        (999.96, "1000"),
        (12345.6, "12346"),
        (1200.0, "1200"),
        (0.05, "0.05"),
        (0.00012345, "0.0001234"),
        (0.00001, "1e-05"),
        (123456789.0, "1.235e+08"),
    ],
)
def test_numbers_have_four_significant_digits_and_keep_their_whole_part(value: float, text: str) -> None:
    assert number_text(value) == text


@given(st.floats(-1e300, 1e300))
def test_a_number_is_short_and_reads_back_within_one_in_a_thousand(value: float) -> None:
    text = number_text(value)
    assert len(text) <= 11
    # Smallest of all floats, where four digits do not exist, apart.
    assert float(text) == pytest.approx(value, rel=1e-3, abs=1e-300)


def test_a_value_without_unit_is_the_number_alone() -> None:
    assert (quantity_text(3.0, ""), quantity_text(84.2, "°C")) == ("3", "84.2 °C")


@pytest.mark.parametrize(
    ("span", "zh", "en"),
    [
        (0, "0 秒", "0 s"),
        (500_000, "0.5 秒", "0.5 s"),
        (9_990_000, "9.9 秒", "9.9 s"),
        (30 * SECOND, "30 秒", "30 s"),
        (59_999_999, "59 秒", "59 s"),
        (60 * SECOND, "1 分", "1 min"),
        (65 * SECOND, "1 分 5 秒", "1 min 5 s"),
        (2 * HOUR + 50 * MINUTE + 59 * SECOND, "2 小时 50 分", "2 h 50 min"),
        (24 * HOUR + 59 * MINUTE, "1 天", "1 d"),
        (75 * HOUR, "3 天 3 小时", "3 d 3 h"),
    ],
)
def test_durations_in_two_units_at_most(span: Span, zh: str, en: str) -> None:
    assert (duration_text(span, "zh"), duration_text(span, "en")) == (zh, en)


def test_times_are_the_plants_and_have_a_date_only_on_another_day() -> None:
    wording = Wording("zh", ZoneInfo("Asia/Shanghai"), NOBODY)
    raised = from_iso("2026-05-04T15:59:00Z")
    assert wording.time(raised, raised) == "23:59:00"
    assert wording.time(raised + 2 * MINUTE, raised) == "05-05 00:01:00"
    assert wording.date(raised + 2 * MINUTE) == "2026-05-05"


def test_summer_time_is_the_zones_own() -> None:
    wording = Wording("en", ZoneInfo("Europe/Berlin"), NOBODY)
    spring = from_iso("2026-03-29T00:59:59Z")
    assert (wording.time(spring, spring), wording.time(spring + SECOND, spring)) == ("01:59:59", "03:00:00")


def test_words_fall_back_to_the_other_language_and_then_to_the_technical_name() -> None:
    wording = Wording("en", ZoneInfo("UTC"), NOBODY)
    assert wording.words({"zh": "主电机", "en": "main motor"}, "M1") == "main motor"
    assert wording.words({"zh": "主电机"}, "M1") == "主电机"
    assert wording.words({}, "M1") == "M1"
