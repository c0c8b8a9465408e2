"""Writes and values of people in words, and what somebody types as a value."""

from __future__ import annotations

from typing import Any

import pytest

from edge.console.plant_time import PlantTime
from edge.console.value_view import actual_text, due_text, forced_text
from edge.console.words import Words
from edge.console.write_view import OPEN, WRITE_STATES, grant_texts, means_text, open_first, parse_value, write_texts
from edge.response.point import OPEN as OPEN_STATES
from edge.response.point import WriteState

EN, ZH = Words("en"), Words("zh")
TIME = PlantTime("Asia/Shanghai", "2026-05-04T02:00:00.000000Z")
POINT: dict[str, Any] = {
    "tag": "OVEN_1.setpoint",
    "words": {"zh": "设定温度", "en": "set point"},
    "device_words": {"zh": "1 号炉", "en": "oven 1"},
    "unit": "°C",
    "states": [],
}


def write(state: str, asked_at: str = "2026-05-04T00:00:00.000000Z", **data: Any) -> dict[str, Any]:
    return {
        "write": "OVEN_1.setpoint~3",
        "value": 150.0,
        "state": state,
        "by": "li",
        "by_name": "李工",
        "reason": "recipe 7",
        "asked_at": asked_at,
        "due": "2026-05-04T00:02:00.000000Z",
        "confirmed_by_name": None,
        "ended_at": None,
        "detail": "",
        "before": 140.0,
        "shown": None,
    } | data


def test_the_console_knows_the_states_that_the_response_has() -> None:
    assert set(WRITE_STATES) == set(WriteState)
    assert set(OPEN) == OPEN_STATES


def test_what_waits_for_a_person_comes_first_then_what_is_on_its_way_then_the_newest() -> None:
    states = ("done", "intended", "unknown", "proposed")
    writes = [write(state, f"2026-05-04T00:00:0{second}.000000Z") for second, state in enumerate(states)]
    listed = open_first([{**POINT, "writes": writes}])
    assert [each["state"] for _, each in listed] == ["proposed", "intended", "unknown", "done"]


@pytest.mark.parametrize("words", [EN, ZH])
@pytest.mark.parametrize("state", WRITE_STATES)
def test_every_state_has_a_name_and_a_meaning_in_both_languages(state: str, words: Words) -> None:
    assert write_texts(POINT, write(state), words, TIME)["state"]
    assert means_text(POINT, write(state), words, TIME)


def test_a_write_says_from_what_to_what_and_of_what_nobody_knew_only_the_new_value() -> None:
    assert write_texts(POINT, write("done"), EN, TIME)["value"] == "140 °C → 150 °C"
    assert write_texts(POINT, write("done", before=None), EN, TIME)["value"] == "150 °C"
    assert write_texts(POINT, write("done", confirmed_by_name="王工"), ZH, TIME)["who"] == "李工，王工 确认"


def test_unknown_is_said_to_be_unknown_and_a_write_taken_back_says_why() -> None:
    unknown = means_text(POINT, write("unknown", ended_at="2026-05-04T00:00:05.000000Z", detail="time-out"), EN, TIME)
    assert unknown.startswith("It was sent, and nobody knows whether it was carried out.")
    assert "(time-out)" in unknown
    refused = means_text(POINT, write("withdrawn", detail="refused", ended_at="2026-05-04T00:00:05.000000Z"), ZH, TIME)
    assert refused == "发出前撤回 · 08:00:05（有人拒绝或撤回）"


def test_a_grant_says_what_may_be_written_in_the_words_of_the_tag() -> None:
    grant = {"values": [0, 1], "range": None, "step": None, "role": "worker", "two_step_s": 120.0, "times": 6, "per_s": 60.0}
    states = [{"value": 0.0, "words": {"en": "off"}}, {"value": 1.0, "words": {"en": "on"}}]
    told = grant_texts({**POINT, "states": states, "grant": grant | {"read_back": None, "rules": True}}, EN)
    assert (told["allowed"], told["two_step"]) == ("off, on", "a second person agrees within 2 min")


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("150", 150.0),
        (" -1.5 ", -1.5),
        (".5", 0.5),
        ("1e2", 100.0),
        ("1,5", None),
        ("1_0", None),
        ("nan", None),
        ("1e999", None),
    ],
)
def test_what_is_typed_is_a_number_or_none_at_all(typed: str, value: float | None) -> None:
    assert parse_value(typed, is_text=False) == value


def test_of_a_forced_value_the_true_one_is_said_too() -> None:
    forced = {"value": 95.0, "text": None, "by_name": "安娜", "until": "2026-05-04T02:30:00.000000Z", "reason": "回路测试"}
    actual = {"value": 61.0, "text": None, "quality": "bad"}
    assert forced_text(forced, POINT, ZH, TIME) == "安娜 已强制为 95 °C，至 10:30:00：回路测试"
    assert actual_text(forced | {"actual": actual}, POINT, EN) == "the device says 61 °C (bad)"
    assert actual_text(forced | {"actual": None}, POINT, EN) == "nobody knows what the device says"


def test_what_is_due_says_since_when_and_what_nobody_has_entered_yet_that() -> None:
    entry = {"due_at": "2026-05-04T00:00:00.000000Z", "is_due": True, "value": 150.0, "text": None}
    assert due_text(entry, EN, TIME) == "due since 08:00:00"
    assert due_text(entry | {"is_due": False}, EN, TIME) == "next one due 08:00:00"
    assert due_text(entry | {"value": None}, EN, TIME) == "due, nobody has entered one yet"
    assert due_text(entry | {"due_at": None}, EN, TIME) == "whenever there is one"
