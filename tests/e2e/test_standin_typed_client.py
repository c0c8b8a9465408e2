"""DingTalk's own typed package works against the stand-in, unchanged but for the address, for the calls that we use.

The package is no part of the development environment: it takes some 90 MB and wants an older `aiofiles` than the console. Where
there is none these tests are skipped, and say what makes them run.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.standin_process import CLIENT_ID, CLIENT_SECRET, GROUP, StandIn, running_standin

SCRIPT = Path(__file__).parent / "standin_typed_client.py"
PYTHON = os.environ.get("ANDON_TYPED_SDK_PYTHON", "")
IS_HERE = importlib.util.find_spec("alibabacloud_dingtalk") is not None

pytestmark = pytest.mark.skipif(
    not (PYTHON or IS_HERE),
    reason="no alibabacloud-dingtalk: python3 -m venv DIR && DIR/bin/pip install alibabacloud-dingtalk==2.2.65, "
    "then set ANDON_TYPED_SDK_PYTHON=DIR/bin/python",
)


class TypedClient:
    """The official package in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.token = ""

    def tell(self, module: str, action: str, request: dict[str, Any], *parts: str) -> dict[str, Any]:
        """What the package makes of the answer: a body, or the code of an error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"module": module, "action": action, "parts": parts, "request": request, "token": self.token}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told

    def call(self, module: str, action: str, request: dict[str, Any], *parts: str) -> Any:
        told = self.tell(module, action, request, *parts)
        assert "body" in told, told
        return told["body"]


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running_standin() as running:
        yield running


@pytest.fixture(scope="module")
def client(standin: StandIn) -> Iterator[TypedClient]:
    command = [PYTHON or sys.executable, str(SCRIPT), f"127.0.0.1:{standin.port}"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        typed = TypedClient(process)
        request = {"appKey": CLIENT_ID, "appSecret": CLIENT_SECRET}
        typed.token = typed.call("oauth2_1_0", "GetAccessToken", request)["accessToken"]
        yield typed
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def test_the_token_is_the_same_for_every_process_of_the_app(client, standin):
    assert client.token == standin.token()


def test_robot_messages_are_sent_read_and_recalled(client):
    text = {"robotCode": CLIENT_ID, "msgKey": "sampleText", "msgParam": json.dumps({"content": "hello"})}
    key = client.call("robot_1_0", "BatchSendOTO", text | {"userIds": ["lead.a"]})["processQueryKey"]
    query = {"robotCode": CLIENT_ID, "processQueryKey": key}
    assert client.call("robot_1_0", "BatchOTOQuery", query)["messageReadInfoList"][0]["userId"] == "lead.a"
    recall = {"robotCode": CLIENT_ID, "processQueryKeys": [key]}
    assert client.call("robot_1_0", "BatchRecallOTO", recall)["successResult"] == [key]
    assert client.call("robot_1_0", "OrgGroupSend", text | {"openConversationId": GROUP})["processQueryKey"]


def test_a_ding_rings_and_is_recalled(client):
    ding = {"robotCode": CLIENT_ID, "remindType": 3, "receiverUserIdList": ["lead.a", "nobody"], "content": "Furnace 2"}
    sent = client.call("robot_1_0", "RobotSendDing", ding)
    assert sent["failedList"] == {"staffId.notExisted": ["nobody"]}
    one = {"robotCode": CLIENT_ID, "openDingId": sent["openDingId"]}
    infos = client.call("robot_1_0", "QueryRobotDingReadStatus", one)["result"]["robotDingReadInfoList"]
    assert infos == [{"userId": "lead.a", "readStatus": "UNREAD"}]
    assert client.call("robot_1_0", "RobotRecallDing", one)["openDingId"] == sent["openDingId"]


def test_an_error_arrives_as_its_code(client):
    told = client.tell("robot_1_0", "RobotSendDing", {"robotCode": "other", "remindType": 1, "receiverUserIdList": ["x"]})
    assert told["code"] == "invalid.chatbotId"


def test_a_to_do_lives_from_creation_to_deletion(client):
    owner = "union-lead.a"
    task = {
        "sourceId": "order-1",
        "subject": "Change the bearing",
        "executorIds": ["union-fitter.a"],
        "detailUrl": {"appUrl": "https://andon.example/1", "pcUrl": "https://andon.example/1"},
    }
    task_id = client.call("todo_1_0", "CreateTodoTask", task, owner)["id"]
    assert client.tell("todo_1_0", "CreateTodoTask", task, owner)["code"] == "todo.taskCreate.paramError"
    assert client.call("todo_1_0", "GetTodoTaskBySourceId", {}, owner, "order-1")["id"] == task_id
    status = {"executorStatusList": [{"id": "union-fitter.a", "isDone": True}]}
    assert client.call("todo_1_0", "UpdateTodoTaskExecutorStatus", status, owner, task_id)["result"] is True
    cards = client.call("todo_1_0", "QueryOrgTodoTasks", {"isDone": True}, "union-fitter.a")["todoCards"]
    assert [card["sourceId"] for card in cards] == ["order-1"]
    assert client.call("todo_1_0", "UpdateTodoTask", {"subject": "Changed"}, owner, task_id)["result"] is True
    assert client.call("todo_1_0", "DeleteTodoTask", {}, owner, task_id)["result"] is True


def test_a_scene_group_is_opened_filled_and_dissolved(client):
    scene = {
        "title": "Furnace 2",
        "template_id": "andon-incident-group",
        "owner_user_id": "lead.a",
        "user_ids": ["fitter.a"],
        "uuid": "alarm-1",
    }
    group = client.call("im_1_0", "CreateSceneGroup", scene)["open_conversation_id"]
    members = {"open_conversation_id": group, "user_ids": ["engineer.a"]}
    assert client.call("im_1_0", "AddSceneGroupMember", members)["success"] is True
    found = client.call("im_1_0", "BatchQueryGroupMember", {"openConversationId": group, "maxResults": 10})
    assert found["memberUserIds"] == ["lead.a", "fitter.a", "engineer.a"]
    robots = client.call("robot_1_0", "GetBotListInGroup", {"openConversationId": group})["chatbotInstanceVOList"]
    assert [robot["robotCode"] for robot in robots] == [CLIENT_ID]
    assert client.call("im_1_0", "DsbandOpenSceneGroup", {"openConversationId": group})["success"] is True


def test_a_conference_is_opened_filled_and_closed(client):
    request = {"userId": "union-lead.a", "confTitle": "Furnace 2", "inviteUserIds": ["union-fitter.a"]}
    conference = client.call("conference_1_0", "CreateVideoConference", request)["conferenceId"]
    more = {"unionId": "union-lead.a", "inviteeList": [{"unionId": "union-engineer.a", "nick": "Engineer"}]}
    assert client.call("conference_1_0", "InviteUsers", more, conference)["success"] is True
    going_on = client.call("conference_1_0", "QueryUserOnGoingConference", {"unionId": "union-engineer.a"})
    assert going_on["onGoingConfIdList"] == [conference]
    assert client.call("conference_1_0", "QueryConferenceInfo", {}, conference)["confInfo"]["status"] == 2
    assert client.call("conference_1_0", "CloseVideoConference", {"unionId": "union-lead.a"}, conference)["code"] == 200


def test_rows_and_documents_are_written(client):
    by = {"operatorId": "union-lead.a"}
    row = by | {"clientToken": "0d5f3b0e-2f6a-4d8e-9b5c-0123456789ab", "records": [{"fields": {"alarm": "HH", "n": 1}}]}
    row_id = client.call("notable_1_0", "InsertRecords", row, "andon-base", "alarms")["value"][0]["id"]
    change = by | {"records": [{"id": row_id, "fields": {"n": 2}}]}
    client.call("notable_1_0", "UpdateRecords", change, "andon-base", "alarms")
    rows = client.call("notable_1_0", "ListRecords", by, "andon-base", "alarms")["records"]
    assert [each["fields"] for each in rows] == [{"alarm": "HH", "n": 2}]
    made = client.call("doc_1_0", "CreateWorkspaceDoc", by | {"name": "Review 1", "docType": "DOC"}, "andon-space")
    text = by | {"dataType": "markdown", "content": "# Review"}
    assert client.call("doc_1_0", "DocUpdateContent", text, made["docKey"])["success"] is True


def test_an_approval_is_started_looked_at_and_decided(client):
    start = {
        "processCode": "PROC-ANDON",
        "originatorUserId": "lead.a",
        "approvers": [{"actionType": "NONE", "userIds": ["engineer.a"]}],
        "formComponentValues": [{"name": "alarm", "value": "17"}],
    }
    instance = client.call("workflow_1_0", "StartProcessInstance", start)["instanceId"]
    one = {"processInstanceId": instance}
    task = client.call("workflow_1_0", "GetProcessInstance", one)["result"]["tasks"][0]
    decision = one | {"taskId": task["taskId"], "actionerUserId": "engineer.a", "result": "agree"}
    client.call("workflow_1_0", "ExecuteProcessInstance", decision)
    assert client.call("workflow_1_0", "GetProcessInstance", one)["result"]["status"] == "COMPLETED"


def test_a_card_is_created_delivered_and_updated(client):
    card = {
        "cardTemplateId": "andon-alarm-card.schema",
        "outTrackId": "typed-1",
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": {"headline": "Furnace 2"}},
        "openSpaceId": f"dtv1.card//IM_GROUP.{GROUP}",
        "imGroupOpenSpaceModel": {"supportForward": False},
        "imGroupOpenDeliverModel": {"robotCode": CLIENT_ID},
    }
    delivered = client.call("card_1_0", "CreateAndDeliver", card)["result"]["deliverResults"]
    assert [each["success"] for each in delivered] == [True]
    change = {"outTrackId": "typed-1", "cardData": {"cardParamMap": {"footer": "updated"}}}
    change["cardUpdateOptions"] = {"updateCardDataByKey": True}
    assert client.call("card_1_0", "UpdateCard", change)["success"] is True


def test_a_person_logs_in(client, standin):
    code = standin.control("auth-code", {"user_id": "lead.a"})["code"]
    request = {"clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET, "code": code, "grantType": "authorization_code"}
    of_person = client.call("oauth2_1_0", "GetUserToken", request)["accessToken"]
    app_token, client.token = client.token, of_person
    try:
        assert client.call("contact_1_0", "GetUser", {}, "me")["unionId"] == "union-lead.a"
    finally:
        client.token = app_token


def test_quotas_used_are_told(client):
    asked = {"benefitCodeList": ["openapi_call"], "period": "2026-11"}
    assert client.call("meter_1_0", "GetResourceUseInfo", asked)["result"][0]["quotaNum"] == 5_000
