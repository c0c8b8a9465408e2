"""What stands in the console's live tables, word for word, in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.console.panel import first_out_text
from edge.console.plant_time import PlantTime, milliseconds
from edge.console.quantity import age, context_value, number, span
from edge.console.row_book import RowBook
from edge.console.rows import (
    alarm_row,
    can_acknowledge,
    count_alarms,
    count_hidden,
    limit_of,
    peak_of,
    tag_row,
    value_of,
    who_of,
)
from edge.console.tag_page import with_newest
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
    "area": "stand_3",
    "area_words": {"zh": "3号机架", "en": "Stand 3"},
    "device_words": {"zh": "主电机", "en": "motor"},
    "words": {"zh": "轴承温度高", "en": "bearing hot"},
    "kind": "high",
    "compare": "high",
    "unit": "°C",
    "states": [],
    "limit": 80.0,
    "values": [],
    "value": 84.25,
    "derived": None,
    "quality": "good",
    "raised": "2026-05-04T00:00:30.000000Z",
    "acknowledged_by": None,
    "acknowledged_by_name": None,
    "acknowledged_at": None,
    "coming_by": None,
    "coming_by_name": None,
    "coming_at": None,
    "shelved_until": None,
    "shelved_by_name": None,
    "one_shot": False,
    "confirmed": True,
    "suppressed": [],
    "chattering": 0,
    "first_out": None,
    "work_order": None,
    "service_by_name": None,
}
TAG: dict[str, Any] = {
    "tag": "CRM.ST3.MOTOR.de_temp",
    "area": "stand_3",
    "area_words": {"zh": "3号机架", "en": "Stand 3"},
    "device_words": {"zh": "主电机", "en": "motor"},
    "words": {"zh": "驱动端轴承温度", "en": "drive end bearing"},
    "unit": "°C",
    "value": 62.5,
    "text": None,
    "is_text": False,
    "is_session": False,
    "states": [],
    "quality": "good",
    "reason": "",
    "source_time": "2026-05-04T01:59:59.500000Z",
    "age_s": 0.5,
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


def test_who_is_on_the_way_is_said_as_such() -> None:
    alarm = ALARM | {
        "state": "acknowledged",
        "acked": True,
        "acknowledged_by": "shift_lead_a",
        "acknowledged_by_name": "Shift lead A",
        "acknowledged_at": "2026-05-04T00:01:00.000000Z",
        "coming_by": "shift_fitter_a",
        "coming_by_name": "A班钳工",
        "coming_at": "2026-05-04T00:02:00.000000Z",
    }
    assert alarm_row(alarm, ZH, TIME)["who"] == "A班钳工 正在前往 · 08:02:00"


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
        ({"quality": "bad"}, "last good 84.25 °C"),
        ({"quality": "bad", "says": 850.0}, "says 850 °C"),
        ({"kind": "sensor_fault", "quality": "bad", "value": 850.0, "limit": None}, "says 850 °C"),
        ({"value": 6.19965}, "6.2 °C"),
        ({"value": 12345.6}, "12346 °C"),
        ({"quality": "bad", "value": None}, "bad"),
        ({"value": None}, ""),
        ({"kind": "comm_loss", "value": 0.0, "unit": "", "limit": None}, "not connected"),
        ({"unit": ""}, "84.25"),
    ],
)
def test_a_value_that_is_not_good_says_so(change: dict[str, Any], value: str) -> None:
    assert alarm_row(ALARM | change, EN, TIME)["value"] == value


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        ({"says": 850.0}, "传感器故障，示值 850 °C；末次有效值 84.25 °C", "sensor fault, says 850 °C; last good 84.25 °C"),
        ({"says": 850.0, "value": None}, "传感器故障，示值 850 °C", "sensor fault, says 850 °C"),
        ({"says": None}, "末次有效值 84.25 °C", "last good 84.25 °C"),
        ({"says": 850.0, "kind": "sensor_fault", "value": 850.0}, "示值 850 °C", "says 850 °C"),
    ],
)
def test_where_there_is_room_the_last_good_value_stands_beside_what_a_failed_sensor_says(
    change: dict[str, Any], zh: str, en: str
) -> None:
    alarm = ALARM | {"quality": "bad"} | change
    assert (value_of(alarm, ZH), value_of(alarm, EN)) == (zh, en)


@pytest.mark.parametrize(
    ("kind", "compare", "limit", "expected"),
    [
        ("high", "high", 80.0, "≥ 80 °C"),
        ("high_high", "high", 90.0, "≥ 90 °C"),
        ("low", "low", 12.5, "≤ 12.5 °C"),
        ("deviation", "high", 5.0, "≥ 5 °C"),
        ("discrete", "equal", 1.0, "= 1 °C"),
        ("discrete", "not_equal", 1.0, "≠ 1 °C"),
        ("discrete", "in_set", None, "one of 2 °C, 3 °C"),
        ("discrete", "bit", 4.0, "bit 4 set"),
        ("expression", "not_equal", 0.0, ""),
        ("stale", "silent", None, ""),
        ("comm_loss", "equal", 0.0, ""),
    ],
)
def test_a_limit_says_on_which_side_the_alarm_is(kind: str, compare: str, limit: float | None, expected: str) -> None:
    change = {"kind": kind, "compare": compare, "limit": limit, "values": [2.0, 3.0]}
    assert limit_of(ALARM | change, EN) == expected


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


def test_counts_leave_out_what_is_hidden() -> None:
    states = ("unacknowledged", "acknowledged", "shelved", "suppressed_by_design", "suppressed_by_design", "out_of_service")
    alarms = [ALARM | {"state": state} for state in states]
    counts = count_alarms([*alarms, ALARM | {"priority": "critical"}])
    assert (counts[Priority.HIGH].all, counts[Priority.HIGH].unacknowledged) == (2, 1)
    assert counts[Priority.CRITICAL].all == 1
    assert counts[Priority.LOW].all == 0
    assert count_hidden(alarms) == {AlarmState.SHLVD: 1, AlarmState.DSUPR: 2, AlarmState.OOSRV: 1}


COVER = {
    "cause": "parent",
    "name": "A/b",
    "words": {"zh": "油压低", "en": "oil low"},
    "device_words": {"zh": "泵", "en": "pump"},
}


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        ({"suppressed": [COVER]}, "由“泵 油压低”引起", "explained by pump oil low"),
        (
            {"suppressed": [COVER | {"cause": "group", "name": "power", "words": {}}, COVER | {"cause": "time", "name": ""}]},
            "抑制组 power，当前时段不报警",
            "suppression group power, does not matter at this time",
        ),
        (
            {
                "suppressed": [
                    COVER
                    | {"cause": "group", "name": "p", "words": {"zh": "气源压力低", "en": "air supply low"}, "device_words": {}}
                ]
            },
            "由“气源压力低”引起",
            "explained by air supply low",
        ),
        (
            {
                "suppressed": [
                    COVER
                    | {"cause": "machine_state", "name": "mill", "words": {}, "state_words": {"zh": "穿带", "en": "threading"}}
                ]
            },
            "mill：穿带",
            "mill is in: threading",
        ),
        (
            {"suppressed": [{"cause": "machine_state", "name": "mill", "words": {}, "device_words": {}}]},
            "mill在当前状态下不报警",
            "mill is in a state in which it does not matter",
        ),
        (
            {"work_order": "WO-4711", "service_by_name": "Fitter", "suppressed": [COVER]},
            "工单 WO-4711 · Fitter",
            "work order WO-4711 · Fitter",
        ),
        (
            {"shelved_until": "2026-05-04T03:00:00.000000Z", "shelved_by_name": "Fitter", "one_shot": True},
            "仅此一次，最迟 11:00:00 · Fitter",
            "this once, until 11:00:00 at the latest · Fitter",
        ),
    ],
)
def test_what_hides_an_alarm_is_said(change: dict[str, Any], zh: str, en: str) -> None:
    assert (who_of(ALARM | change, ZH, TIME), who_of(ALARM | change, EN, TIME)) == (zh, en)


@pytest.mark.parametrize(
    ("change", "zh", "en"),
    [
        ({}, [], []),
        ({"chattering": 7}, ["频繁 ×7"], ["chattering ×7"]),
        ({"chattering": 7, "first_out": 1}, ["频繁 ×7", "首出"], ["chattering ×7", "first"]),
        ({"first_out": 2}, [], []),
    ],
)
def test_badges_say_what_must_be_seen_at_once(change: dict[str, Any], zh: list[str], en: list[str]) -> None:
    assert (alarm_row(ALARM | change, ZH, TIME)["badges"], alarm_row(ALARM | change, EN, TIME)["badges"]) == (zh, en)


def test_what_is_over_but_for_the_confirmation_says_so() -> None:
    alarm = ALARM | {"state": "normal", "confirmed": False}
    assert (alarm_row(alarm, ZH, TIME)["state"], alarm_row(alarm, EN, TIME)["state"]) == (
        "已恢复，待完工确认",
        "Returned, work to be confirmed",
    )


def test_a_moment_of_another_day_shows_its_day() -> None:
    assert TIME.shown("2026-05-03T15:59:59.000000Z") == "05-03 23:59:59"
    assert TIME.shown("2026-05-03T16:00:00.000000Z") == "00:00:00"
    assert TIME.shown(None) == ""


def test_a_tag_in_chinese() -> None:
    row = tag_row(TAG, ZH)
    assert [row[column] for column in ("place", "device", "tag", "value", "unit", "quality")] == [
        "3号机架",
        "主电机",
        "驱动端轴承温度",
        "62.5",
        "°C",
        "正常",
    ]
    assert row["at"] == milliseconds(TAG["source_time"])


def test_a_tag_that_waits_has_neither_value_nor_age() -> None:
    row = tag_row(TAG | {"value": None, "quality": "waiting", "source_time": None, "age_s": None}, EN)
    assert (row["value"], row["at"], row["quality"]) == ("", None, "waiting for the first value")


STATES = [{"value": 0.0, "words": {"zh": "停止", "en": "stopped"}}, {"value": 2.0, "words": {"zh": "轧制", "en": "rolling"}}]


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ({"is_session": True, "value": 1.0}, "connected"),
        ({"is_session": True, "value": 0.0}, "not connected"),
        ({"states": STATES, "value": 2.0}, "rolling"),
        ({"states": STATES, "value": 7.0}, "7"),
        ({"is_text": True, "text": "coil 4711", "value": 123.0}, "coil 4711"),
        ({"is_text": True, "text": None, "value": 123.0}, ""),
    ],
)
def test_states_sessions_and_texts_are_words(change: dict[str, Any], value: str) -> None:
    assert tag_row(TAG | change, EN)["value"] == value


@pytest.mark.parametrize(
    ("reason", "zh", "en"),
    [
        ("sensor_fault", "坏（传感器故障）", "bad: sensor fault"),
        ("disconnected", "坏（设备未连接）", "bad: device not connected"),
        ("", "坏", "bad"),
    ],
)
def test_a_bad_value_says_why_where_that_is_known(reason: str, zh: str, en: str) -> None:
    bad = TAG | {"quality": "bad", "reason": reason}
    assert (tag_row(bad, ZH)["quality"], tag_row(bad, EN)["quality"]) == (zh, en)


def test_a_discrete_alarm_shows_its_state_in_words() -> None:
    alarm = ALARM | {"kind": "discrete", "compare": "equal", "value": 2.0, "limit": 2.0, "unit": "", "states": STATES}
    row = alarm_row(alarm, ZH, TIME)
    assert (row["value"], row["limit"]) == ("轧制", "= 轧制")


@pytest.mark.parametrize(("value", "expected"), [(2.0, "rolling"), (3.5, "3.5 m/min"), ("coil 7", "coil 7"), (None, "")])
def test_what_ran_at_the_time_is_shown_as_it_was(value: float | str | None, expected: str) -> None:
    assert context_value(value, "m/min", STATES, EN) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.5, "0.5 s"), (30.0, "30 s"), (90.0, "90 s"), (600.0, "10 min"), (7_200.0, "2 h")]
)
def test_a_delay_reads_as_a_file_states_it(seconds: float, expected: str) -> None:
    assert span(seconds, EN) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "< 10 s"),
        (10.0, "< 10 s"),
        (13.9, "13 s"),
        (119.0, "119 s"),
        (120.0, "2 min"),
        (7_200.0, "2 h"),
        (172_800.0, "2 d"),
    ],
)
def test_an_age_is_coarser_the_older_it_is(seconds: float, expected: str) -> None:
    assert age(seconds, EN) == expected


@pytest.mark.parametrize(("value", "expected"), [(62.5, "62.5"), (248.0, "248"), (0.1 + 0.2, "0.3"), (123_456.7, "123457")])
def test_a_number_has_six_digits_at_most(value: float, expected: str) -> None:
    assert number(value) == expected


def test_what_a_plant_wrote_in_one_language_is_shown_in_the_other() -> None:
    assert EN.of({"zh": "主电机"}) == "主电机"
    assert EN.of({}) == ""


def test_a_row_is_made_once_until_its_alarm_changes_or_the_day_ends() -> None:
    book = RowBook(EN)
    first = book.alarm(ALARM, TIME, TIME.date)
    assert book.alarm(ALARM, TIME, TIME.date) is first
    tomorrow = PlantTime(TIME.zone, "2026-05-05T02:00:00.000000Z")
    assert book.alarm(ALARM, tomorrow, tomorrow.date)["since"] == "05-04 08:00:30"
    assert book.alarm(ALARM | {"value": 90.0}, TIME, TIME.date)["value"] == "90 °C"
    tag = book.tag(TAG)
    assert book.tag(TAG) is tag
    assert book.tag(dict(TAG)) is not tag


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_short(value: float) -> None:
    assert len(number(value)) <= 13


@pytest.mark.parametrize(("age_s", "fresh"), [(0.2, True), (10.0, True), (10.1, False), (None, False)])
def test_a_value_that_is_read_again_and_again_is_fresh_however_long_it_has_been_the_same(
    age_s: float | None, fresh: bool
) -> None:
    assert tag_row(TAG | {"age_s": age_s}, EN)["fresh"] is fresh


@pytest.mark.parametrize(
    ("rank", "by", "zh", "en"),
    [
        (None, None, "", ""),
        (1, None, "首出报警（trip）", "first (trip)"),
        (1, "plc_word", "首出报警（PLC 判定，trip）", "first, says the PLC (trip)"),
        (2, None, "第 2 个（trip）", "no. 2 (trip)"),
    ],
)
def test_the_panel_says_who_names_the_first(rank: int | None, by: str | None, zh: str, en: str) -> None:
    alarm = ALARM | {"first_out": rank, "first_out_by": by, "first_out_group": "trip"}
    assert [first_out_text(alarm, Words(language)) for language in ("zh", "en")] == [zh, en]


DERIVED: dict[str, Any] = {
    "name": {"zh": "10 分的平均值", "en": "mean of 10 min"},
    "value": 82.3,
    "unit": "°C",
    "words": {"zh": "10 分的平均值 82.3 °C", "en": "mean of 10 min 82.3 °C"},
    "peak": {"zh": "10 分的平均值 83 °C", "en": "mean of 10 min 83 °C"},
    "condition": {"zh": "10 分的平均值 ≥ 80 °C", "en": "mean of 10 min ≥ 80 °C"},
}


def test_what_was_worked_out_is_shown_by_its_name_and_never_as_the_tags_own_value() -> None:
    alarm = ALARM | {"kind": "window", "value": 62.5, "derived": DERIVED}
    row = alarm_row(alarm, EN, TIME)
    assert (row["value"], row["number"], row["limit"]) == ("mean of 10 min 82.3 °C", 82.3, "mean of 10 min ≥ 80 °C")
    assert value_of(alarm, EN) == "mean of 10 min 82.3 °C; the tag shows 62.5 °C"
    assert value_of(alarm, ZH) == "10 分的平均值 82.3 °C；点位 62.5 °C"
    assert peak_of(alarm | {"peak": 83.0}, ZH) == "10 分的平均值 83 °C"


def test_while_the_data_are_bad_only_the_last_good_reading_of_the_tag_is_shown() -> None:
    alarm = ALARM | {"kind": "window", "value": 62.5, "quality": "bad", "derived": DERIVED}
    assert alarm_row(alarm, EN, TIME)["value"] == value_of(alarm, EN) == "last good 62.5 °C"


def test_a_value_that_repeats_itself_stays_young_on_the_page_of_its_tag() -> None:
    shown = {"tag": "P.t", "value": 3.0, "quality": "good", "source_time": "2026-05-04T00:00:00.000000Z", "hung": 1}
    told = {"tag": "P.t", "value": 3.0, "quality": "good", "source_time": "2026-05-04T00:05:00.000000Z", "driver": "modbus"}
    assert with_newest(shown, told) == shown | {"source_time": told["source_time"]}
    assert with_newest(shown, told | {"source_time": None}) is shown
    assert with_newest(shown | {"source_time": told["source_time"]}, told)["hung"] == 1
