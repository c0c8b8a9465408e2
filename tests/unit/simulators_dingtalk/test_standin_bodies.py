"""Whatever one field of a good body is replaced by, the call answers in its family's shape, and the state can be kept."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulators.dingtalk.routes import ROUTES, CallName
from simulators.dingtalk.snapshot import decode_snapshot, encode_snapshot, take
from tests.unit.simulators_dingtalk.conftest import GROUP, Bench

#: What stands in paths and queries.
PARTS = {"{unionId}": "union-lead", "{baseId}": "andon-base", "{sheet}": "alarms", "{workspaceId}": "andon-space"}
QUERY = {"operatorId": "union-lead", "unionId": "union-lead"}

NOW_MS = 1_700_000_000_000

BODIES: dict[CallName, dict[str, Any]] = {
    CallName.DING_SEND: {
        "robotCode": "dingapp",
        "remindType": 3,
        "receiverUserIdList": ["lead"],
        "content": "x",
        "callVoice": "",
    },
    CallName.TODO_CREATE: {
        "sourceId": "s",
        "subject": "x",
        "creatorId": "union-lead",
        "executorIds": ["union-fitter"],
        "detailUrl": {"appUrl": "u"},
        "dueTime": 1,
        "contentFieldList": [{"fieldKey": "a", "fieldValue": "b"}],
        "notifyConfigs": {"dingNotify": "1"},
    },
    CallName.TODO_LIST: {"isDone": False, "nextToken": "0", "todoType": "TODO"},
    CallName.SCENE_GROUP_CREATE: {
        "title": "x",
        "template_id": "andon-incident-group",
        "owner_user_id": "lead",
        "user_ids": ["fitter"],
        "uuid": "u",
    },
    CallName.SCENE_GROUP_ADD: {"open_conversation_id": GROUP, "user_ids": ["engineer"], "union_ids": ["union-lead"]},
    CallName.CONFERENCE_CREATE: {
        "userId": "union-lead",
        "confTitle": "x",
        "inviteUserIds": ["union-fitter"],
        "inviteCaller": True,
    },
    CallName.ROWS_INSERT: {"records": [{"fields": {"n": 1}}]},
    CallName.ROWS_LIST: {"filter": {"conditions": [{"field": "n", "operator": "equal", "value": [1]}]}, "maxResults": 5},
    CallName.DOCUMENT_CREATE: {"name": "x", "docType": "DOC", "operatorId": "union-lead"},
    CallName.APPROVAL_START: {
        "processCode": "PROC-ANDON",
        "originatorUserId": "lead",
        "deptId": -1,
        "approvers": [{"actionType": "NONE", "userIds": ["lead"]}],
        "ccList": ["fitter"],
        "formComponentValues": [{"name": "a", "value": "b"}],
    },
    CallName.APPROVAL_IDS: {"processCode": "PROC-ANDON", "startTime": NOW_MS, "nextToken": 0, "maxResults": 5},
    CallName.NOTICE_SEND: {
        "agent_id": 1_000_001,
        "userid_list": "lead",
        "dept_id_list": "1",
        "msg": {
            "msgtype": "oa",
            "oa": {"message_url": "u", "head": {"text": "h"}, "body": {"form": [{"key": "k", "value": "v"}]}},
        },
    },
    CallName.SCHEDULE_BY_USERS: {
        "op_user_id": "lead",
        "userids": "lead",
        "from_date_time": NOW_MS,
        "to_date_time": NOW_MS,
    },
    CallName.GROUP_READ: {"robotCode": "dingapp", "processQueryKey": "k", "openConversationId": GROUP, "maxResults": 5},
    CallName.IOT_PUSH_EVENT: {"eventId": "e", "eventType": "t", "eventName": "name", "occurrenceTime": 1, "msg": "x"},
    CallName.USER_TOKEN: {
        "clientId": "dingapp",
        "clientSecret": "app-secret",
        "grantType": "authorization_code",
        "code": "c",
    },
}

#: They are refused for what is in them, however well it is written.
NEVER_GOOD = {CallName.USER_TOKEN, CallName.GROUP_READ}

ANYTHING = st.sampled_from(
    [None, True, 0, -1, 10**30, 1.5, "", "x", "9" * 40, "\U0001f525", "lead", "union-lead",
     [], [None], ["lead", 5], [{}], [[]], {}, {"x": {}}, {"": ""}]
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a body, at any depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, each in inner for found in ((*path, key), *places(each, (*path, key)))]


def replaced(body: dict[str, Any], path: tuple[Any, ...], by: Any) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    at: Any = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = by
    return changed


@pytest.fixture(scope="module")
def fuzzed() -> Bench:
    """One bench for all: whatever was kept of the calls before is there for the next."""
    limits = {"calls_per_second": 10**6, "calls_in_20_s": 0, "api_calls_per_month": None, "conferences_at_once": 10**6}
    return Bench(limits | {"iot_calls": "bound"})


def send(bench: Bench, name: CallName, body: dict[str, Any]) -> Any:
    route = next(route for route in ROUTES if route.name is name)
    path = route.path
    for part, value in PARTS.items():
        path = path.replace(part, value)
    headers = {"x-acs-dingtalk-access-token": bench.token}
    return bench.send(route.host, route.method, path[1:], body, query=QUERY | {"access_token": bench.token}, headers=headers)


@pytest.mark.parametrize("name", sorted(set(BODIES) - NEVER_GOOD), ids=str)
def test_the_good_bodies_are_good(fuzzed: Bench, name: CallName) -> None:
    body = BODIES[name] | ({"sourceId": "good"} if name is CallName.TODO_CREATE else {})
    body |= {"name": "good"} if name is CallName.DOCUMENT_CREATE else {}
    reply = send(fuzzed, name, body)
    assert (reply.status, reply.json.get("errcode", 0)) == (200, 0), reply.json


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(st.sampled_from(sorted(BODIES)), st.data())
def test_one_wrong_field_is_refused_in_the_familys_shape_or_makes_no_difference(
    fuzzed: Bench, name: CallName, data: Any
) -> None:
    path = data.draw(st.sampled_from(places(BODIES[name])))
    reply = send(fuzzed, name, replaced(BODIES[name], path, data.draw(ANYTHING)))
    if "errcode" in reply.json:
        assert isinstance(reply.json["errcode"], int)
    elif reply.status != 200:
        assert {"code", "message", "requestid"} <= set(reply.json)
    assert reply.status in (200, 400, 403, 404, 409)


def test_what_is_kept_of_all_that_can_be_written_down_and_read(fuzzed: Bench) -> None:
    for name, body in BODIES.items():
        send(fuzzed, name, body)
    snapshot = take(fuzzed.cloud)
    assert decode_snapshot(encode_snapshot(snapshot)) == snapshot
