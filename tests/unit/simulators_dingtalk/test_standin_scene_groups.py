"""Scene groups: opened once, changed, written to by the robot, dissolved, and their error texts (reference 8)."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.frames import Topic
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.presses import PersonError

CREATE, UPDATE, DISBAND = "v1.0/im/sceneGroup/create", "v1.0/im/sceneGroup/update", "v1.0/im/chat/scenegroup/disband"
ADD, DELETE = "v1.0/im/sceneGroup/member/add", "v1.0/im/sceneGroup/member/delete"
SEND = "v1.0/robot/groupMessages/send"
INCIDENT = {
    "title": "Furnace 2 overheats",
    "template_id": "andon-incident-group",
    "owner_user_id": "lead",
    "user_ids": ["fitter"],
    "uuid": "alarm-17",
}


def opened(bench, **changes):
    reply = bench.api(CREATE, INCIDENT | changes)
    assert reply.status == 200, reply.json
    return reply.json["open_conversation_id"]


def say(bench, group, text="hello"):
    body = {"robotCode": "dingapp", "msgKey": "sampleText", "msgParam": json.dumps({"content": text})}
    return bench.api(SEND, body | {"openConversationId": group})


def titles(bench, user_id):
    return [chat.title for chat in bench.cloud.phone(user_id).chats]


def test_a_new_group_is_on_its_members_phones_and_the_robot_may_write(bench):
    group = opened(bench)
    assert INCIDENT["title"] in titles(bench, "lead")
    assert INCIDENT["title"] in titles(bench, "fitter")
    assert INCIDENT["title"] not in titles(bench, "engineer")
    assert say(bench, group).status == 200
    assert bench.texts("fitter", group) == ["hello"]


def test_the_same_uuid_answers_with_the_earlier_group(bench):
    assert opened(bench) == opened(bench)
    assert bench.effects(CREATE) == [Effect.GROUP_CREATED, Effect.DUPLICATE_IGNORED]
    bench.advance(86_401)
    bench.token = bench.api("v1.0/oauth2/accessToken", {"appKey": "dingapp", "appSecret": "app-secret"}).json["accessToken"]
    assert titles(bench, "lead").count(INCIDENT["title"]) == 1
    opened(bench)
    assert titles(bench, "lead").count(INCIDENT["title"]) == 2, "the window of the uuid is over"


def test_a_repeated_uuid_may_be_refused(bench_with):
    bench = bench_with(repeated_group_uuid="refused")
    opened(bench)
    assert bench.api(CREATE, INCIDENT).json["code"] == "parameter.invalid"


def test_members_come_and_go_by_either_id_and_the_app_hears_of_it(bench):
    group = opened(bench)
    connection = bench.connect(Topic.EVENT)
    bench.api(ADD, {"open_conversation_id": group, "union_ids": ["union-engineer"]})
    assert INCIDENT["title"] in titles(bench, "engineer")
    bench.api(DELETE, {"open_conversation_id": group, "user_ids": ["fitter"]})
    assert INCIDENT["title"] not in titles(bench, "fitter")
    answer = bench.api(
        "v1.0/im/sceneGroups/members/batchQuery", {"openConversationId": group, "maxResults": 1, "nextToken": "1"}
    ).json
    assert (answer["memberUserIds"], answer["unionIdList"], answer["hasMore"]) == (["engineer"], ["union-engineer"], False)
    frames = [json.loads(frame) for frame in connection.take()]
    assert [frame["headers"]["eventType"] for frame in frames] == ["chat_add_member", "chat_remove_member"]
    assert json.loads(frames[1]["data"])["userId"] == ["fitter"]


def test_a_title_may_change(bench):
    group = opened(bench)
    bench.api(UPDATE, {"open_conversation_id": group, "title": "Closed: furnace 2"})
    assert "Closed: furnace 2" in titles(bench, "lead")
    assert bench.api("v1.0/im/sceneGroups/query", {"openConversationId": group}).json["title"] == "Closed: furnace 2"


def test_nobody_writes_into_a_dissolved_group(bench):
    group = opened(bench)
    assert bench.api(DISBAND, {"openConversationId": group}).json == {"success": True}
    assert say(bench, group).json["code"] == "group.disbanded"
    assert bench.cloud.timeline.conversation(group).disbanded
    with pytest.raises(PersonError):
        bench.cloud.say("lead", group, "is anybody there?", bench.now)
    assert bench.api(DISBAND, {"openConversationId": group}).json["code"] == "group.disbanded"


def test_an_ordinary_group_has_no_call_that_dissolves_it(bench):
    assert bench.api(DISBAND, {"openConversationId": bench.group}).json["code"] == "parameter.invalid"


def test_the_robots_of_a_group_are_listed(bench):
    path = "v1.0/robot/groups/robots/query"
    robots = bench.api(path, {"openConversationId": opened(bench)}).json["chatbotInstanceVOList"]
    assert [robot["robotCode"] for robot in robots] == ["dingapp"]
    assert bench.api(path, {"openConversationId": "cidOpen=="}).json["chatbotInstanceVOList"] == []


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (CREATE, INCIDENT | {"title": "x" * 31}, "parameter.invalid"),
        (CREATE, INCIDENT | {"user_ids": "fitter"}, "parameter.invalid"),
        (CREATE, INCIDENT | {"template_id": "other"}, "groupTemplate.notFound"),
        (CREATE, INCIDENT | {"owner_user_id": "union-lead"}, "member.notFound"),
        (CREATE, INCIDENT | {"user_ids": ["nobody"]}, "member.notFound"),
        (CREATE, {"title": "t", "templateId": "andon-incident-group", "ownerUserId": "lead"}, "parameter.invalid"),
        (UPDATE, {"openConversationId": "cidShiftA==", "title": "camel case where underscores belong"}, "parameter.invalid"),
        (DISBAND, {"open_conversation_id": "cidShiftA=="}, "parameter.invalid"),
        (ADD, {"open_conversation_id": "cidShiftA==", "userIds": ["engineer"]}, "parameter.invalid"),
    ],
)
def test_a_bad_parameter_or_the_other_spelling_is_refused(bench, path, body, code):
    reply = bench.api(path, body)
    assert (reply.status, reply.json["code"]) == (400, code)
