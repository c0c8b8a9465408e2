"""What stands in the console's grids, word for word, in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.console.rows import (
    PlantTime,
    age,
    alarm_row,
    can_acknowledge,
    count_alarms,
    count_shelved,
    difference,
    limit_of,
    number,
    tag_row,
)
from edge.console.words import Words
from edge.model.alarm import AlarmState, Priority
from edge.texts import LANGUAGES

ZH, EN = Words("zh"), Words("en")
TIME = PlantTime("Asia/Shanghai", "2026-05-04T02:00:00.000000Z")

ALARM: dict[str, Any] = {
    "alarm": "CRM.ST3.MOTOR/de_temp_high",
    "occurrence": 2,
    "priority": "high",
    "state": "unacknowledged",
    "process_state": "unacknowledged",
    "active": True,
    "acked": False,
    "area_words": {"zh": "3号机架", "en": "Stand 3"},
    "device_words": {"zh": "主电机", "en": "motor"},
    "words": {"zh": "轴承温度高", "en": "bearing hot"},
    "kind": "high",
    "unit": "°C",
    "limit": 80.0,
    "value": 84.25,
    "quality": "good",
    "raised": "2026-05-04T00:00:30.000000Z",
    "acknowledged_by": None,
    "acknowledged_by_name": None,
    "acknowledged_at": None,
    "shelved_until": None,
    "shelved_by_name": None,
}
TAG: dict[str, Any] = {
    "tag": "CRM.ST3.MOTOR.de_temp",
    "area_words": {"zh": "3号机架", "en": "Stand 3"},
    "device_words": {"zh": "主电机", "en": "motor"},
    "words": {"zh": "驱动端轴承温度", "en": "drive end bearing"},
    "unit": "°C",
    "value": 62.5,
    "quality": "good",
    "age_s": 0.4,
}


def shown(row: dict[str, Any]) -> list[str]:
    return [
        row[column] for column in ("shape", "priority", "state", "since", "place", "device", "what", "value", "limit", "who")
    ]


def test_an_alarm_in_chinese() -> None:
    expected = ["▲", "高", "未确认", "08:00:30", "3号机架", "主电机", "轴承温度高", "84.25 °C", "≥ 80 °C", ""]
    assert shown(alarm_row(ALARM, ZH, TIME)) == expected


def test_an_alarm_in_english() -> None:
    expected = ["▲", "High", "Unacknowledged", "08:00:30", "Stand 3", "motor", "bearing hot", "84.25 °C", "≥ 80 °C", ""]
    assert shown(alarm_row(ALARM, EN, TIME)) == expected


def test_an_acknowledged_alarm_says_who_and_when() -> None:
    alarm = ALARM | {
        "state": "acknowledged",
        "acked": True,
        "acknowledged_by": "shift_fitter_a",
        "acknowledged_by_name": "A班钳工",
        "acknowledged_at": "2026-05-04T00:01:00.000000Z",
    }
    assert alarm_row(alarm, EN, TIME)["who"] == "A班钳工 · 08:01:00"


def test_a_shelved_alarm_says_until_when_and_by_whom() -> None:
    alarm = ALARM | {"state": "shelved", "shelved_until": "2026-05-04T03:30:00.000000Z", "shelved_by_name": "li"}
    assert alarm_row(alarm, ZH, TIME)["who"] == "至 11:30:00 · li"


def test_what_nobody_was_asked_to_acknowledge_was_acknowledged_automatically() -> None:
    alarm = ALARM | {
        "acked": True,
        "acknowledged_by": "system",
        "acknowledged_by_name": "system",
        "acknowledged_at": "2026-05-04T00:01:00.000000Z",
    }
    assert alarm_row(alarm, EN, TIME)["who"] == "automatically · 08:01:00"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", list(AlarmState))
@pytest.mark.parametrize("priority", list(Priority))
def test_every_state_and_priority_has_a_name(language: str, state: AlarmState, priority: Priority) -> None:
    row = alarm_row(ALARM | {"state": str(state), "priority": str(priority)}, Words(language), TIME)
    assert row["state"] and row["priority"] and row["shape"]


def test_no_two_priorities_share_a_shape() -> None:
    shapes = {alarm_row(ALARM | {"priority": str(priority)}, EN, TIME)["shape"] for priority in Priority}
    assert len(shapes) == len(Priority)


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({"quality": "stale"}, "84.25 °C (stale)"),
        ({"quality": "bad"}, "84.25 °C (bad)"),
        ({"quality": "bad", "value": None}, "bad"),
        ({"value": None}, ""),
        ({"kind": "comm_loss", "value": 0.0, "unit": "", "limit": None}, "not connected"),
        ({"unit": ""}, "84.25"),
    ],
)
def test_a_value_that_is_not_good_says_so(change: dict[str, Any], value: str) -> None:
    assert alarm_row(ALARM | change, EN, TIME)["value"] == value


@pytest.mark.parametrize(
    ("kind", "limit", "expected"),
    [
        ("high", 80.0, "≥ 80 °C"),
        ("low", 12.5, "≤ 12.5 °C"),
        ("discrete", 1.0, "= 1 °C"),
        ("stale", None, ""),
        ("comm_loss", 0.0, ""),
    ],
)
def test_a_limit_says_on_which_side_the_alarm_is(kind: str, limit: float | None, expected: str) -> None:
    assert limit_of(ALARM | {"kind": kind, "limit": limit}, EN) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("unacknowledged", True),
        ("returned_unacknowledged", True),
        ("latched_unacknowledged", True),
        ("acknowledged", False),
        ("latched_acknowledged", False),
        ("shelved", False),
        ("normal", False),
    ],
)
def test_only_what_waits_for_somebody_can_be_acknowledged(state: str, expected: bool) -> None:
    assert can_acknowledge(ALARM | {"state": state}) is expected


def test_counts_leave_out_what_is_shelved() -> None:
    alarms = [ALARM | {"state": state} for state in ("unacknowledged", "acknowledged", "shelved")]
    counts = count_alarms([*alarms, ALARM | {"priority": "critical"}])
    assert (counts[Priority.HIGH].all, counts[Priority.HIGH].unacknowledged) == (2, 1)
    assert counts[Priority.CRITICAL].all == 1
    assert counts[Priority.LOW].all == 0
    assert count_shelved(alarms) == 1


def test_a_moment_of_another_day_shows_its_day() -> None:
    assert TIME.shown("2026-05-03T15:59:59.000000Z") == "05-03 23:59:59"
    assert TIME.shown("2026-05-03T16:00:00.000000Z") == "00:00:00"
    assert TIME.shown(None) == ""


def test_a_tag_in_both_languages() -> None:
    row = tag_row(TAG, ZH)
    assert [row[column] for column in ("place", "device", "tag", "value", "unit", "quality", "age")] == [
        "3号机架",
        "主电机",
        "驱动端轴承温度",
        "62.5",
        "°C",
        "正常",
        "< 2 秒",
    ]
    assert tag_row(TAG | {"quality": "stale", "age_s": 130.0}, EN)["quality"] == "stale"


def test_a_tag_that_waits_has_neither_value_nor_age() -> None:
    row = tag_row(TAG | {"value": None, "quality": "waiting", "age_s": None}, EN)
    assert (row["value"], row["age"], row["quality"]) == ("", "", "waiting for the first value")


@pytest.mark.parametrize(("value", "expected"), [(1.0, "connected"), (0.0, "not connected")])
def test_a_session_is_shown_in_words(value: float, expected: str) -> None:
    assert tag_row(TAG | {"tag": "CRM.ST3.MOTOR.session", "value": value}, EN)["value"] == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.0, "< 2 s"), (2.0, "< 2 s"), (3.9, "3 s"), (119.0, "119 s"), (120.0, "2 min"), (7_200.0, "2 h"), (172_800.0, "2 d")],
)
def test_an_age_is_coarser_the_older_it_is(seconds: float, expected: str) -> None:
    assert age(seconds, EN) == expected


@pytest.mark.parametrize(("value", "expected"), [(62.5, "62.5"), (248.0, "248"), (0.1 + 0.2, "0.3"), (123_456.7, "123457")])
def test_a_number_has_six_digits_at_most(value: float, expected: str) -> None:
    assert number(value) == expected


def test_what_a_plant_wrote_in_one_language_is_shown_in_the_other() -> None:
    assert EN.of({"zh": "主电机"}) == "主电机"
    assert EN.of({}) == ""


ROWS = st.dictionaries(st.sampled_from("abcdef"), st.fixed_dictionaries({"value": st.integers(0, 2)}))


@given(ROWS, ROWS)
def test_a_grid_that_takes_the_difference_shows_the_new_rows(
    old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]
) -> None:
    before, after = ({key: {"id": key} | row for key, row in rows.items()} for rows in (old, new))
    changes = difference(before, after)
    grid = dict(before)
    for row in changes.get("remove", []):
        del grid[row["id"]]
    for row in changes.get("update", []):
        assert grid[row["id"]] != row
        grid[row["id"]] = row
    for row in changes.get("add", []):
        assert row["id"] not in grid
        grid[row["id"]] = row
    assert grid == after
    assert all(changes.values())
