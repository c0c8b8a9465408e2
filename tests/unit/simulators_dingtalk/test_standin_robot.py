"""The app's robot: to persons, to groups, and its error texts (reference 3.1 to 3.5)."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.timeline import robot_conversation_id

TO_PERSONS = "v1.0/robot/oToMessages/batchSend"
TO_GROUP = "v1.0/robot/groupMessages/send"
HELLO = {"robotCode": "dingapp", "msgKey": "sampleText", "msgParam": json.dumps({"content": "hello"})}


def test_each_person_reads_the_message_in_the_chat_with_the_robot(bench):
    answer = bench.api(TO_PERSONS, HELLO | {"userIds": ["lead", "fitter"]}).json
    assert answer["invalidStaffIdList"] == answer["flowControlledStaffIdList"] == []
    assert answer["processQueryKey"]
    for user_id in ("lead", "fitter"):
        assert bench.texts(user_id, robot_conversation_id(user_id)) == ["hello"]
        assert bench.cloud.phone(user_id).unread == 1
    assert bench.cloud.phone("engineer").unread == 0


def test_http_200_may_hold_persons_that_were_not_reached(bench):
    bench.cloud.robot.flow_controlled = frozenset({"fitter"})
    reply = bench.api(TO_PERSONS, HELLO | {"userIds": ["lead", "nobody", "union-engineer", "fitter"]})
    assert reply.status == 200
    assert reply.json["invalidStaffIdList"] == ["nobody", "union-engineer"]
    assert reply.json["flowControlledStaffIdList"] == ["fitter"]
    assert bench.cloud.phone("fitter").unread == 0


def test_a_repeat_is_shown_twice_because_there_is_no_key(bench):
    for _ in range(2):
        bench.api(TO_GROUP, HELLO | {"openConversationId": bench.group})
    assert bench.texts("lead") == ["hello", "hello"]
    assert bench.effects(TO_GROUP) == [Effect.MESSAGE_SHOWN] * 2


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"robotCode": None}, "invalidParameter.robotCode.empty"),
        ({"robotCode": "other"}, "invalidParameter.robotCode.notExsit"),
        ({"userIds": []}, "invalidParameter.userIds.empty"),
        ({"userIds": ["lead"] * 21}, "invalidParameter.userIds.overMax"),
        ({"msgKey": ""}, "invalidParameter.msgKey.empty"),
        ({"msgKey": "sampleNothing"}, "invalidParameter.msgKey.invalid"),
        ({"msgParam": {"content": "an object where a text belongs"}}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "not json"}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": json.dumps({"title": "x"})}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": json.dumps({"content": "温" * 5_000}, ensure_ascii=False)}, "invalidParameter.msgParam.tooLong"),
    ],
)
def test_a_bad_parameter_has_its_code(bench, changes, code):
    reply = bench.api(TO_PERSONS, HELLO | {"userIds": ["lead"]} | changes)
    assert (reply.status, reply.json["code"]) == (400, code)
    assert bench.cloud.phone("lead").unread == 0


def test_a_missing_robot_code_differs_from_an_empty_one(bench):
    body = {key: value for key, value in HELLO.items() if key != "robotCode"}
    assert bench.api(TO_PERSONS, body).json["code"] == "invalidParameter.robotCode.missing"


@pytest.mark.parametrize(
    ("conversation_id", "code"),
    [
        ("", "miss.openConversationId"),
        ("cidNowhere==", "invalid.openConversationId"),
        ("cidGone==", "group.disbanded"),
        ("cidOpen==", "resource.not.found"),
    ],
)
def test_a_group_that_cannot_be_reached_has_its_code(bench, conversation_id, code):
    reply = bench.api(TO_GROUP, HELLO | {"openConversationId": conversation_id})
    assert (reply.status, reply.json["code"]) == (400, code)


def test_a_body_that_is_no_object_is_a_bad_parameter(bench):
    assert bench.api(TO_GROUP, b"[]").json["code"] == "invalidParameter.param.invalid"


@pytest.mark.parametrize(
    ("msg_key", "fields", "kind"),
    [
        ("sampleMarkdown", {"title": "t", "text": "x"}, "markdown"),
        ("sampleLink", {"title": "t", "text": "x", "messageUrl": "https://x.example"}, "link"),
        ("sampleActionCard", {"title": "t", "text": "x", "singleTitle": "Go", "singleURL": "u"}, "action_card"),
        (
            "sampleActionCard6",
            {"title": "t", "text": "x", "buttonTitle1": "A", "buttonUrl1": "a", "buttonTitle2": "B", "buttonUrl2": "b"},
            "action_card",
        ),
        ("sampleFile", {"mediaId": "@1", "fileName": "r.pdf", "fileType": "pdf"}, "media"),
    ],
)
def test_every_template_family_is_shown(bench, msg_key, fields, kind):
    body = HELLO | {"msgKey": msg_key, "msgParam": json.dumps(fields), "openConversationId": bench.group}
    assert bench.api(TO_GROUP, body).status == 200
    assert bench.cloud.phone("lead").chat(bench.group).messages[0].kind == kind


def test_numbered_buttons_keep_their_order(bench):
    fields = {"title": "t", "text": "x"}
    fields |= {f"actionTitle{n}": f"B{n}" for n in (3, 1, 2)} | {f"actionURL{n}": f"u{n}" for n in (3, 1, 2)}
    body = HELLO | {"msgKey": "sampleActionCard3", "msgParam": json.dumps(fields), "openConversationId": bench.group}
    bench.api(TO_GROUP, body)
    buttons = bench.cloud.phone("lead").chat(bench.group).messages[0].content["buttons"]
    assert buttons == [{"title": f"B{n}", "url": f"u{n}"} for n in (1, 2, 3)]
