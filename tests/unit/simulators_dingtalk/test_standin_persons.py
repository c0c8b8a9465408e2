"""What happens to persons: they leave and come back, decide approvals; and what the control API sets."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.control import Control
from simulators.dingtalk.frames import Topic
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.presses import PersonError
from simulators.dingtalk.wire import Host, Request, encode


@pytest.fixture
def control(bench):
    def ask(path, **body):
        request = Request("POST", f"/standin/{path}", Host.API, body=encode(body))
        return Control(bench.cloud).handle(request, bench.now)

    return ask


def test_who_leaves_is_in_no_group_and_the_app_hears_of_it(bench, control):
    connection = bench.connect(Topic.EVENT)
    assert control("leave", user_id="fitter").json == {"left": ["fitter"]}
    assert bench.cloud.directory.group(bench.group).members == ("lead",)
    assert bench.cloud.timeline.conversation(bench.group).members == ("lead",)
    frame = json.loads(connection.take()[0])
    assert (frame["headers"]["eventType"], json.loads(frame["data"])["userId"]) == ("user_leave_org", ["fitter"])
    assert bench.effects("leave") == [Effect.PERSON_LEFT]
    body = {"robotCode": "dingapp", "userIds": ["fitter"], "msgKey": "sampleText", "msgParam": '{"content":"x"}'}
    assert bench.api("v1.0/robot/oToMessages/batchSend", body).json["invalidStaffIdList"] == ["fitter"]


def test_the_phone_of_who_left_can_be_looked_at_and_touches_nothing(bench, control):
    bench.raise_card()
    control("leave", user_id="fitter")
    assert bench.cloud.phone("fitter").card("card-1") is None
    with pytest.raises(PersonError):
        bench.cloud.press("fitter", "card-1", "acknowledge", now_us=bench.now)
    with pytest.raises(PersonError):
        bench.cloud.people.issue_code("fitter", bench.now)


def test_who_comes_back_is_found_again_and_in_no_group(bench, control):
    control("leave", user_id="fitter")
    assert control("come-back", user_id="fitter").json == {"left": []}
    assert bench.oapi("topapi/v2/user/get", {"userid": "fitter"}, access_token=bench.token).json["errcode"] == 0
    assert "fitter" not in bench.cloud.directory.group(bench.group).members


def test_a_code_from_a_phone_says_who_it_is(bench, control):
    code = control("auth-code", user_id="lead").json["code"]
    found = bench.oapi("topapi/v2/user/getuserinfo", {"code": code}, access_token=bench.token).json
    assert found["result"]["userid"] == "lead"


def test_an_approval_is_decided_by_whom_it_asks_and_by_nobody_else(bench, control):
    start = {
        "processCode": "PROC-ANDON",
        "originatorUserId": "lead",
        "approvers": [{"actionType": "NONE", "userIds": ["fitter"]}],
        "formComponentValues": [{"name": "alarm", "value": "1"}],
    }
    instance_id = bench.api("v1.0/workflow/processInstances", start).json["instanceId"]
    assert control("decide", user_id="lead", instance_id=instance_id, agree=True).status == 400
    assert control("decide", user_id="fitter", instance_id=instance_id, agree="yes").status == 400
    assert control("decide", user_id="fitter", instance_id=instance_id, agree=False, remark="not now").status == 200
    instance = bench.cloud.approvals.find(instance_id)
    assert (instance.result, instance.tasks[0].remark) == ("refuse", "not now")
    assert control("decide", user_id="fitter", instance_id=instance_id, agree=True).status == 400


def test_balances_and_reach_are_set(bench, control):
    assert control("balance", sms=0).json == {"sms": 0, "calls": 50}
    assert control("balance", faxes=1).status == 400
    control("unreachable", reasons={"lead": "user.blocked"})
    ding = {"robotCode": "dingapp", "remindType": 1, "receiverUserIdList": ["lead"], "content": "x"}
    assert bench.api("v1.0/robot/ding/send", ding).json["failedList"] == {"user.blocked": ["lead"]}
    assert bench.api("v1.0/robot/ding/send", ding | {"remindType": 2, "receiverUserIdList": ["fitter"]}).status == 400
    control("undelivered", reasons={bench.group: "system busy"})
    assert bench.raise_card().json["result"]["deliverResults"][0]["errorMsg"] == "system busy"


def test_any_event_can_be_told(bench, control):
    connection = bench.connect(Topic.EVENT)
    assert control("event", event_type="attend_shift_change", data={"userId": "lead"}).status == 200
    assert json.loads(connection.take()[0])["headers"]["eventType"] == "attend_shift_change"
    assert control("event").status == 400


def test_what_the_app_wrote_can_be_looked_at(bench):
    def look(path, **query):
        return Control(bench.cloud).handle(Request("GET", f"/standin/{path}", Host.API, query), bench.now)

    rows = {"records": [{"fields": {"n": 1}}]}
    bench.api("v1.0/notable/bases/andon-base/sheets/alarms/records?operatorId=union-lead", rows)
    document = {"name": "Review", "docType": "DOC", "operatorId": "union-lead"}
    bench.api("v1.0/doc/workspaces/andon-space/docs", document)
    task = {"subject": "Bearing", "executorIds": ["union-fitter"], "detailUrl": {"appUrl": "https://x.example"}}
    bench.api("v1.0/todo/users/union-lead/tasks", task)
    scene = {"title": "Incident", "template_id": "andon-incident-group", "owner_user_id": "lead", "uuid": "alarm-1"}
    bench.api("v1.0/im/sceneGroup/create", scene)
    assert [row["cells"] for row in look("rows", base_id="andon-base", sheet="alarms").json["rows"]] == [{"n": 1}]
    assert look("rows", base_id="andon-base", sheet="x").status == 400
    assert [each["name"] for each in look("documents").json["documents"]] == ["Review"]
    assert look("approvals").json == {"approvals": []}
    assert [each["executors"] for each in look("todos").json["todos"]] == [{"union-fitter": False}]
    assert [each["uuid"] for each in look("groups").json["groups"] if each["title"] == "Incident"] == ["alarm-1"]
