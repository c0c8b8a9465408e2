"""Bodies of DingTalk's calls: golden files for the usual, properties for the limits.

A golden file is compared as parsed JSON; `card_create.json` and its like are what a reader of the reference would write.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.dingtalk.payloads import (
    PARAM_BYTES_MAX,
    VALUE_BYTES_MAX,
    WEBHOOK_BYTES_MAX,
    card_params,
    create_card,
    is_out_track_id,
    msg_uuid,
    robot_markdown,
    update_card,
    webhook_markdown,
)
from cloud_bridge.dingtalk.transport import encode_json
from cloud_bridge.marks import IN_TIME, Marks
from edge.model.alarm import Priority
from edge.model.intent import Button, Message, Purpose
from edge.model.moment import MINUTE, SECOND
from tests.unit.cloud_bridge.harness import MESSAGE, TO_BOARD, TO_MILL, intent, message

GOLDEN = Path(__file__).parent / "golden"
LATE_REPEAT = Marks(late_by=12 * MINUTE, possible_repeat=True)

ENGLISH = message(
    headline="[HIGH] Stand 3 main motor DE bearing hot 82.4 °C",
    lines=(("Value", "82.4 °C"), ("Limit", "≥ 80 °C")),
    state_text="unacknowledged",
    priority_text="high",
    guidance="Check the oil flow; stop above 90 °C.",
    footer="Cold mill · line-1",
    language="en",
    buttons=(Button("acknowledge", "Acknowledge"),),
)


def card(space: tuple[str, str]) -> dict[str, Any]:
    wanted = intent(address=TO_MILL if space[0] == "IM_GROUP" else {"user_id": space[1]})
    return create_card(wanted, template_id="andon-alarm-card.schema", robot_code="dingmill", space=space, marks=IN_TIME)


BODIES = {
    "card_create_person": lambda: card(("IM_ROBOT", "fitter.a")),
    "card_create_group": lambda: card(("IM_GROUP", "cidMill==")),
    "card_update": lambda: update_card(intent(Purpose.STATE, message=ENGLISH), marks=IN_TIME),
    "webhook": lambda: webhook_markdown(intent(address=TO_BOARD), marks=IN_TIME),
    "webhook_late_repeat_both": lambda: webhook_markdown(
        intent(address=TO_BOARD, message=message(language="both")), marks=LATE_REPEAT
    ),
    "robot_english": lambda: robot_markdown(
        intent(Purpose.REMINDER, message=ENGLISH), robot_code="dingmill", marks=Marks(late_by=90 * SECOND)
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_body_is_the_golden_one(name: str) -> None:
    assert BODIES[name]() == json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


# --- limits, whatever a message holds ---------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec=None), max_size=1_500) | st.sampled_from(["轴承" * 900, '"' * 1_000, "\\" * 900, ""])
MESSAGES = st.builds(
    Message,
    headline=TEXT,
    lines=st.lists(st.tuples(TEXT, TEXT), max_size=60).map(tuple),
    state=st.just("unacknowledged"),
    state_text=TEXT,
    priority=st.sampled_from([Priority.CRITICAL, Priority.LOW]),
    priority_text=TEXT,
    guidance=TEXT,
    footer=TEXT,
    language=st.sampled_from(["zh", "en", "both"]),
    buttons=st.builds(
        lambda label, choices: (
            Button("acknowledge", label),
            Button("on_my_way", label),
            Button("shelve", label, tuple(choices)),
        ),
        TEXT,
        st.lists(st.tuples(st.text("abcdef_", min_size=1, max_size=20), TEXT), min_size=1, max_size=5),
    ),
)
MARKS = st.builds(Marks, late_by=st.none() | st.integers(60 * SECOND, 10**13), possible_repeat=st.booleans())


@given(MESSAGES, MARKS)
def test_every_card_variable_is_a_text_of_at_most_one_kilobyte(wanted: Message, marks: Marks) -> None:
    params = card_params(wanted, marks)
    assert all(isinstance(value, str) and len(value.encode()) <= VALUE_BYTES_MAX for value in params.values())
    assert all(set(row) == {"label", "text"} for row in json.loads(params["lines"]))
    assert [button["action"] for button in json.loads(params["buttons"])] == ["acknowledge", "on_my_way", "shelve"]


@given(MESSAGES, MARKS)
def test_a_webhook_body_stays_under_its_limit(wanted: Message, marks: Marks) -> None:
    body = webhook_markdown(intent(address=TO_BOARD, message=wanted), marks=marks)
    assert len(encode_json(body)) <= WEBHOOK_BYTES_MAX


@given(MESSAGES, MARKS)
def test_a_robot_messages_param_is_json_under_its_limit(wanted: Message, marks: Marks) -> None:
    body = robot_markdown(intent(message=wanted), robot_code="dingmill", marks=marks)
    assert len(body["msgParam"].encode()) <= PARAM_BYTES_MAX
    assert set(json.loads(body["msgParam"])) == {"title", "text"}


# --- what is kept when there is too little room -----------------------------------------------------------------------


def test_lines_that_do_not_fit_on_a_card_are_left_out_with_an_ellipsis() -> None:
    lines = tuple((f"第{number}行", "值" * 60) for number in range(10))
    rows = json.loads(card_params(message(lines=lines), IN_TIME)["lines"])
    assert [row["label"] for row in rows] == ["第0行", "第1行", "第2行", "第3行", "…"]


def test_one_long_line_is_cut_and_shown() -> None:
    (row,) = json.loads(card_params(message(lines=(("备注", "长" * 1_000),)), IN_TIME)["lines"])
    assert row["text"].startswith("长长长")
    assert row["text"].endswith("…")


def test_long_reasons_are_shortened_before_a_button_is_given_up() -> None:
    reasons = tuple((f"reason_{number}", "原因说明" * 15) for number in range(5))
    params = card_params(message(buttons=(*MESSAGE.buttons[:2], Button("shelve", "搁置", reasons))), IN_TIME)
    buttons = json.loads(params["buttons"])
    assert [button["action"] for button in buttons] == ["acknowledge", "on_my_way", "shelve"]
    assert [choice["id"] for choice in buttons[2]["choices"]] == [f"reason_{number}" for number in range(5)]


def test_a_question_with_too_many_answers_costs_its_button_and_no_other() -> None:
    answers = tuple((f"answer_{number}", "答") for number in range(40))
    params = card_params(message(buttons=(*MESSAGE.buttons[:2], Button("shelve", "搁置", answers))), IN_TIME)
    assert [button["action"] for button in json.loads(params["buttons"])] == ["acknowledge", "on_my_way"]


def test_a_message_too_long_keeps_headline_guidance_and_footer() -> None:
    lines = tuple((f"行{number}", "值" * 300) for number in range(40))
    text = webhook_markdown(intent(address=TO_BOARD, message=message(lines=lines)), marks=IN_TIME)["markdown"]["text"]
    assert text.startswith("### 【高】3号机架")
    assert "行0" in text
    assert "行39" not in text
    assert text.split("\n\n")[-3:] == ["…", "> 检查润滑油流量；超过 90 °C 停机。", "冷轧厂 · line-1"]


def test_what_is_left_out_of_a_message_is_a_link_away() -> None:
    lines = tuple((f"行{number}", "值" * 300) for number in range(40))
    wanted = intent(address=TO_BOARD, message=message(lines=lines))
    body = webhook_markdown(wanted, marks=IN_TIME, rest="https://andon.example/zh/alarms/a%2Fb")
    assert "… [查看全部](https://andon.example/zh/alarms/a%2Fb)" in body["markdown"]["text"].split("\n\n")
    assert len(encode_json(body)) <= WEBHOOK_BYTES_MAX
    whole = webhook_markdown(intent(address=TO_BOARD), marks=IN_TIME, rest="https://andon.example/")
    assert "andon.example" not in whole["markdown"]["text"]


def test_a_cards_guidance_is_folded_after_a_sentence_with_the_address_of_the_rest() -> None:
    guidance = card_params(message(guidance="检查润滑油流量。" * 60), IN_TIME, "https://andon.example/zh/alarms/17")["guidance"]
    assert guidance.endswith("检查润滑油流量。… https://andon.example/zh/alarms/17")
    assert len(guidance.encode()) <= VALUE_BYTES_MAX


# --- injection, keys, marks -------------------------------------------------------------------------------------------


def test_nothing_a_device_or_person_wrote_becomes_markup() -> None:
    evil = "x](http://evil.example)![p](http://evil.example/p.png) @all <b>\n# big"
    wanted = message(headline=evil, lines=((evil, evil),), guidance=evil, footer=evil)
    text = webhook_markdown(intent(address=TO_BOARD, message=wanted), marks=IN_TIME)["markdown"]["text"]
    assert not re.search(r"\]\(|[<@]", text)
    assert len(re.findall(r"^#", text, re.MULTILINE)) == 1


def test_a_message_key_is_short_stable_and_different_for_every_intent() -> None:
    keys = {msg_uuid(intent(Purpose.REMINDER, count=number).key) for number in range(50)}
    assert len(keys) == 50
    assert all(len(key) <= 64 for key in keys)
    assert msg_uuid(intent().key) == msg_uuid(intent().key)


@pytest.mark.parametrize(
    ("card_id", "fits"), [("CRM.ST3-17_a", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("报警", False)]
)
def test_what_can_be_a_cards_id(card_id: str, fits: bool) -> None:
    assert is_out_track_id(card_id) is fits


def test_a_late_card_says_so_in_its_footer_and_on_the_lock_screen() -> None:
    body = create_card(
        intent(),
        template_id="t.schema",
        robot_code="r",
        space=("IM_ROBOT", "fitter.a"),
        marks=Marks(late_by=61 * SECOND),
    )
    assert body["cardData"]["cardParamMap"]["footer"] == "冷轧厂 · line-1 · 迟到 61 秒"
    assert body["imRobotOpenSpaceModel"]["notification"]["alertContent"].endswith("迟到 61 秒")


def test_a_state_that_is_in_time_leaves_what_the_raise_said_of_its_lateness() -> None:
    in_time = update_card(intent(Purpose.STATE, message=ENGLISH), marks=IN_TIME)["cardData"]["cardParamMap"]
    late = update_card(intent(Purpose.STATE, message=ENGLISH), marks=Marks(late_by=61 * SECOND))["cardData"]["cardParamMap"]
    assert "footer" not in in_time
    assert "late" in late["footer"]
