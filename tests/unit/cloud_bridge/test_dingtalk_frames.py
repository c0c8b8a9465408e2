"""Frames of Stream mode and presses on cards: reading never fails, whatever comes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.dingtalk.frames import (
    CARD_TOPIC,
    CardCallback,
    Code,
    Disconnect,
    Malformed,
    OrgEvent,
    Ping,
    RobotMessage,
    Unhandled,
    card_response,
    read_frame,
    write_answer,
)
from cloud_bridge.dingtalk.leavers import leavers_of
from cloud_bridge.dingtalk.presses import Press, command_of, is_emptied, read_press
from edge.model.command import Acknowledge, Confirm, OnMyWay, Shelve
from edge.model.moment import MINUTE

#: The example of dingtalk-api 7.3, as printed there.
REFERENCE_FRAME = r"""
{"specVersion":"1.0","type":"CALLBACK",
 "headers":{"topic":"/v1.0/card/instances/callback","messageId":"m-0001","contentType":"application/json","time":"1700000000000","appId":"app-1","connectionId":"c-1"},
 "data":"{\"type\":\"actionCallback\",\"outTrackId\":\"plant1-alarm-000123\",\"userId\":\"user01\",\"content\":\"{\\\"cardPrivateData\\\":{\\\"actionIds\\\":[\\\"ack\\\"],\\\"params\\\":{}}}\"}"}
"""


def frame(kind: str, topic: str, data: Any = None, message_id: str = "m1") -> str:
    return json.dumps({"type": kind, "headers": {"topic": topic, "messageId": message_id}, "data": data})


def test_the_reference_frame_is_a_press() -> None:
    read = read_frame(REFERENCE_FRAME)
    assert isinstance(read, CardCallback)
    assert read.message_id == "m-0001"
    assert read_press(read.data) == Press("plant1-alarm-000123", "user01", "ack", "")


def test_a_ping_carries_what_must_come_back_unchanged() -> None:
    assert read_frame(frame("SYSTEM", "ping", '{"opaque": "x y"}')) == Ping("m1", '{"opaque": "x y"}')


def test_a_message_to_the_robot_is_read() -> None:
    text = frame("CALLBACK", "/v1.0/im/bot/messages/get", '{"msgId": "x"}')
    assert read_frame(text) == RobotMessage("m1", {"msgId": "x"})


def test_an_event_is_known_by_its_own_id_which_stays_when_it_is_sent_again() -> None:
    headers = {"topic": "*", "messageId": "m1", "eventId": "e-77", "eventType": "user_leave_org"}
    text = json.dumps({"type": "EVENT", "headers": headers, "data": '{"userId": ["a"]}'})
    assert read_frame(text) == OrgEvent("m1", "e-77", "user_leave_org", {"userId": ["a"]})
    del headers["eventId"]
    text = json.dumps({"type": "EVENT", "headers": headers, "data": "{}"})
    assert read_frame(text) == OrgEvent("m1", "m1", "user_leave_org", {})


@pytest.mark.parametrize("kind", ["EVENT", "CALLBACK"])
def test_a_push_whose_data_are_no_object_is_malformed(kind: str) -> None:
    assert read_frame(frame(kind, "/v1.0/im/bot/messages/get", "[1]")) == Malformed("m1")


@pytest.mark.parametrize(
    ("data", "left"),
    [
        ({"userId": ["a", "b"]}, ("a", "b")),
        ({"UserId": ["a"]}, ("a",)),
        ({"userId": "a"}, ("a",)),
        ({"userId": [1, "", None]}, ()),
        ({}, ()),
    ],
)
def test_who_has_left_is_read_from_its_event_alone(data: dict[str, Any], left: tuple[str, ...]) -> None:
    assert leavers_of(OrgEvent("m", "e", "user_leave_org", data)) == left
    assert leavers_of(OrgEvent("m", "e", "user_modify_org", data)) == ()


def test_a_disconnect_says_why() -> None:
    assert read_frame(frame("SYSTEM", "disconnect", '{"reason":"connection is expired"}')) == Disconnect(
        "connection is expired"
    )


@pytest.mark.parametrize(
    "text", [frame("EVENTS", "*", "{}"), frame("CALLBACK", "/v1.0/graph/api/invoke", "{}"), frame("SYSTEM", "KEEPALIVE")]
)
def test_what_we_did_not_subscribe_to_has_no_handler(text: str) -> None:
    assert isinstance(read_frame(text), Unhandled)


@pytest.mark.parametrize(
    ("text", "message_id"),
    [
        ("", ""),
        ("[]", ""),
        ("null", ""),
        ("{}", ""),
        ('{"headers": 5}', ""),
        ('{"headers": {"messageId": "m1"}}', "m1"),
        (frame("CALLBACK", CARD_TOPIC, "not json"), "m1"),
        (frame("CALLBACK", CARD_TOPIC, {"an": "object, not a text"}), "m1"),
        ("[" * 100_000, ""),
    ],
)
def test_what_is_no_frame_is_told_as_such(text: str, message_id: str) -> None:
    assert read_frame(text) == Malformed(message_id)


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), lambda i: st.dictionaries(st.text(), i)).map(json.dumps))
def test_reading_never_raises(text: str) -> None:
    assert read_frame(text) is not None


def test_an_answer_repeats_the_message_id_and_holds_json_inside_a_text() -> None:
    answer = json.loads(write_answer("m1", Code.OK, card_response()))
    assert answer == {
        "code": 200,
        "headers": {"messageId": "m1", "contentType": "application/json"},
        "message": "OK",
        "data": '{"response": {}}',
    }


def test_a_hint_is_private_to_whoever_pressed() -> None:
    response = json.loads(card_response("您没有权限"))["response"]
    assert response["userPrivateData"] == {"cardParamMap": {"footer": "您没有权限"}}
    assert "cardData" not in response


# --- presses ----------------------------------------------------------------------------------------------------------


def callback(content: Any, key: str = "content") -> dict[str, Any]:
    return {"outTrackId": "card-1", "userId": "fitter.a", key: json.dumps(content)}


@pytest.mark.parametrize(
    "data",
    [
        callback({"cardPrivateData": {"actionIds": ["shelve"], "params": {"action": "shelve", "choice": "repair"}}}),
        callback({"cardPrivateData": {"actionIds": ["shelve"], "params": {"choice": "repair"}}}),
        callback({"cardPrivateData": {"actionIds": ["shelve"]}, "params": {"action": "shelve", "choice": "repair"}}),
        callback({"cardPrivateData": {"params": {"action": "shelve", "choice": "repair"}}}, key="value"),
    ],
    ids=["as documented", "action only in actionIds", "params beside", "value for content"],
)
def test_all_printed_forms_of_a_press_are_read(data: dict[str, Any]) -> None:
    assert read_press(data) == Press("card-1", "fitter.a", "shelve", "repair")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"outTrackId": "c", "userId": "u"},
        {"outTrackId": "c", "userId": "u", "content": "{"},
        {"outTrackId": "", "userId": "u", "content": '{"cardPrivateData":{"actionIds":["a"]}}'},
        {"outTrackId": "c", "userId": 5, "content": '{"cardPrivateData":{"actionIds":["a"]}}'},
        {"outTrackId": "c", "userId": "u", "content": '{"cardPrivateData":{"actionIds":[[1]]}}'},
        {"outTrackId": "c", "userId": "u", "content": '{"cardPrivateData":[]}'},
    ],
)
def test_a_callback_without_card_person_or_button_is_no_press(data: dict[str, Any]) -> None:
    assert read_press(data) is None


@pytest.mark.parametrize(
    ("action", "command"),
    [
        ("acknowledge", Acknowledge("a/b", 17)),
        ("on_my_way", OnMyWay("a/b", 17)),
        ("confirm", Confirm("a/b", 17)),
        ("shelve", Shelve("a/b", 30 * MINUTE, "repair", 17)),
        ("explode", None),
    ],
)
def test_a_button_stands_for_a_command(action: str, command: object) -> None:
    assert command_of(Press("card-1", "fitter.a", action, "repair"), "a/b", 17, 30 * MINUTE) == command


def test_a_callback_emptied_by_the_spent_quota_is_recognised() -> None:
    assert is_emptied({"errorCode": 20001, "errorMessage": "quota"})
    assert is_emptied({"errorCode": "20001"})
    assert not is_emptied({"outTrackId": "c"})
