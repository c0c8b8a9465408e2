"""Read status and recall of a robot's messages, quotas used, and the list of failed events (reference 3.4, 0.5, 14)."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.frames import Topic
from simulators.dingtalk.timeline import robot_conversation_id

HELLO = {"robotCode": "dingapp", "msgKey": "sampleText", "msgParam": json.dumps({"content": "hello"})}
PERSONS_READ, GROUP_READ = "v1.0/robot/oToMessages/readStatus", "v1.0/robot/groupMessages/query"
PERSONS_RECALL, GROUP_RECALL = "v1.0/robot/otoMessages/batchRecall", "v1.0/robot/groupMessages/recall"


def to_persons(bench):
    return bench.api("v1.0/robot/oToMessages/batchSend", HELLO | {"userIds": ["lead", "fitter"]}).json["processQueryKey"]


def to_group(bench):
    return bench.api("v1.0/robot/groupMessages/send", HELLO | {"openConversationId": bench.group}).json["processQueryKey"]


def read_by_persons(bench, key):
    return bench.api(f"{PERSONS_READ}?robotCode=dingapp&processQueryKey={key}", method="GET").json


def test_the_app_learns_who_has_read_a_message_to_persons(bench):
    key = to_persons(bench)
    bench.cloud.mark_read("lead", robot_conversation_id("lead"))
    answer = read_by_persons(bench, key)
    assert {info["userId"]: info["readStatus"] for info in answer["messageReadInfoList"]} == {
        "lead": "READ",
        "fitter": "UNREAD",
    }


def test_the_app_learns_who_has_read_a_message_or_a_card_in_a_group(bench):
    card = bench.raise_card().json["result"]["deliverResults"][0]["carrierId"]
    bench.cloud.mark_read("fitter", bench.group)
    later = to_group(bench)
    body = {"robotCode": "dingapp", "openConversationId": bench.group}
    assert bench.api(GROUP_READ, body | {"processQueryKey": card}).json["readUserIds"] == ["fitter"]
    assert bench.api(GROUP_READ, body | {"processQueryKey": later}).json["readUserIds"] == []


def test_a_recalled_message_is_gone_from_every_phone(bench):
    key, kept = to_persons(bench), to_persons(bench)
    answer = bench.api(PERSONS_RECALL, {"robotCode": "dingapp", "processQueryKeys": [key, "none"]}).json
    assert answer == {"successResult": [key], "failedResult": {"none": "invalid.processQueryKey"}}
    assert len(bench.texts("lead", robot_conversation_id("lead"))) == 1
    assert read_by_persons(bench, key)["sendStatus"] == "RECALLED"
    assert read_by_persons(bench, kept)["sendStatus"] == "SUCCESS"


def test_a_message_is_recalled_from_its_group(bench):
    key = to_group(bench)
    body = {"robotCode": "dingapp", "openConversationId": bench.group, "processQueryKeys": [key]}
    assert bench.api(GROUP_RECALL, body).json["successResult"] == [key]
    assert bench.texts("lead") == []


def test_after_a_day_nothing_can_be_asked_or_taken_back(bench):
    key = to_persons(bench)
    bench.advance(86_401)
    bench.token = bench.api("v1.0/oauth2/accessToken", {"appKey": "dingapp", "appSecret": "app-secret"}).json["accessToken"]
    assert read_by_persons(bench, key)["code"] == "processQueryKey.expireTime"
    answer = bench.api(PERSONS_RECALL, {"robotCode": "dingapp", "processQueryKeys": [key]}).json
    assert answer["failedResult"] == {key: "robot.processQueryKey.expired"}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("v1.0/robot/oToMessages/batchRecall", {}, None),
        (PERSONS_RECALL, {"robotCode": "other", "processQueryKeys": ["k"]}, "invalidParameter.robotCode.notExsit"),
        (PERSONS_RECALL, {"robotCode": "dingapp", "processQueryKeys": "k"}, "invalidParameter.param.invalid"),
        (
            PERSONS_RECALL,
            {"robotCode": "dingapp", "processQueryKeys": [str(n) for n in range(21)]},
            "invalidParameter.processQueryKeys.overMax",
        ),
        (GROUP_RECALL, {"robotCode": "dingapp", "processQueryKeys": ["k"]}, "miss.openConversationId"),
        (
            GROUP_READ,
            {"robotCode": "dingapp", "openConversationId": "cidNo==", "processQueryKey": "k"},
            "invalid.openConversationId",
        ),
    ],
)
def test_a_bad_parameter_has_its_code_and_the_other_spelling_is_no_address(bench, path, body, code):
    reply = bench.api(path, body)
    assert reply.json.get("code") == code
    assert code is not None or reply.json["errcode"] == 404


def test_the_quotas_used_are_told_in_the_order_asked(bench):
    to_group(bench)
    body = {"benefitCodeList": ["webhook_stream_push", "openapi_call"], "period": "2023-11"}
    answer = bench.api("v1.0/meter/resources/useInfos/query", body).json["result"]
    assert answer == [{"quotaNum": 3_000, "usedNum": 0}, {"quotaNum": 5_000, "usedNum": 1}]


def test_an_event_is_sent_again_after_ten_and_thirty_seconds_and_ends_in_the_failed_list(bench):
    connection = bench.connect(Topic.EVENT)
    bench.cloud.events.tell("attend_shift_change", {"n": 1}, bench.now)
    sent = []
    for seconds in range(60):
        sent += [seconds] * len(connection.take())
        bench.advance(1)
    assert sent == [0, 10, 40]
    old = bench.oapi("call_back/get_call_back_failed_result", method="GET", access_token=bench.token).json
    assert [(each["call_back_tag"], each["attend_shift_change"]) for each in old["failed_list"]] == [
        ("attend_shift_change", {"n": 1})
    ]
    assert bench.api("v1.0/event/callbacks/failedResults", method="GET").json == {"failedList": [], "hasMore": False}


def test_an_event_that_asks_for_later_comes_again_and_one_that_is_taken_does_not(bench):
    connection = bench.connect(Topic.EVENT)
    bench.cloud.events.tell("user_leave_org", {"userId": ["lead"]}, bench.now)

    def acknowledge(status):
        frame = json.loads(connection.take()[0])
        headers = {"messageId": frame["headers"]["messageId"]}
        data = json.dumps({"status": status})
        connection.receive(json.dumps({"code": 200, "headers": headers, "message": "OK", "data": data}), bench.now)
        return frame["headers"]["eventId"]

    first = acknowledge("LATER")
    bench.advance(10)
    assert acknowledge("SUCCESS") == first, "the same event"
    bench.advance(49)
    assert connection.take() == []
    assert list(bench.cloud.events.failed) == []


def test_events_are_told_only_to_an_app_that_switched_them_on(bench):
    bench.connect()
    bench.cloud.events.tell("user_leave_org", {}, bench.now)
    assert bench.cloud.pushes.used == 0


def test_with_the_quota_spent_an_event_arrives_emptied(bench):
    connection = bench.connect(Topic.EVENT)
    bench.cloud.spend_quota(bench.now, api_calls=False, pushes=True)
    bench.cloud.events.tell("user_leave_org", {"userId": ["lead"]}, bench.now)
    assert json.loads(json.loads(connection.take()[0])["data"])["errCode"] == 20001


def test_an_event_that_the_app_did_not_tick_is_not_told(bench_of):
    bench = bench_of(unticked_events=["user_leave_org"])
    connection = bench.connect(Topic.EVENT)
    bench.cloud.people.leave("fitter", bench.now)
    bench.cloud.events.tell("user_add_org", {}, bench.now)
    assert [json.loads(frame)["headers"]["eventType"] for frame in connection.take()] == ["user_add_org"]
