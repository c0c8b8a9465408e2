"""What a restart keeps: the state as a value, and as a file."""

from __future__ import annotations

import json
import random

import pytest

from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.files import bundled_template
from simulators.dingtalk.snapshot import SnapshotError, decode_snapshot, encode_snapshot, put_back, take
from simulators.dingtalk.state_file import StateFile, StateFileError

HELLO = {"robotCode": "dingapp", "msgKey": "sampleText", "msgParam": json.dumps({"content": "hello"})}


@pytest.fixture
def lived(bench):
    """A bench on which something of every kind has happened."""
    bench.raise_card()
    bench.api("v1.0/robot/groupMessages/send", HELLO | {"openConversationId": bench.group})
    ding = {"robotCode": "dingapp", "remindType": 3, "receiverUserIdList": ["lead"], "content": "Furnace 2"}
    bench.api("v1.0/robot/ding/send", ding)
    task = {
        "sourceId": "order-1",
        "subject": "Bearing",
        "executorIds": ["union-fitter"],
        "detailUrl": {"appUrl": "https://x.example"},
    }
    bench.api("v1.0/todo/users/union-lead/tasks", task)
    scene = {"title": "Incident", "template_id": "andon-incident-group", "owner_user_id": "lead", "uuid": "alarm-1"}
    bench.scene = bench.api("v1.0/im/sceneGroup/create", scene).json["open_conversation_id"]
    bench.api("v1.0/conference/videoConferences", {"userId": "union-lead", "confTitle": "Furnace 2"})
    bench.api(
        "v1.0/workflow/processInstances",
        {
            "processCode": "PROC-ANDON",
            "originatorUserId": "lead",
            "approvers": [{"actionType": "NONE", "userIds": ["fitter"]}],
            "formComponentValues": [{"name": "alarm", "value": "1"}],
        },
    )
    rows = {"records": [{"fields": {"n": 1}}]}
    bench.api("v1.0/notable/bases/andon-base/sheets/alarms/records?operatorId=union-lead", rows)
    document = {"name": "Review", "docType": "DOC", "operatorId": "union-lead"}
    bench.api("v1.0/doc/workspaces/andon-space/docs", document)
    notice = {"agent_id": 1_000_001, "userid_list": "lead", "msg": {"msgtype": "text", "text": {"content": "x"}}}
    bench.oapi("topapi/message/corpconversation/asyncsend_v2", notice, access_token=bench.token)
    bench.oapi("robot/send", {"msgtype": "text", "text": {"content": "alarm"}, "msgUuid": "u1"}, access_token="worded")
    bench.cloud.people.leave("engineer", bench.now)
    bench.api("v1.0/card/callbacks/register", {"callbackRouteKey": "andon", "callbackUrl": "https://gw.example"})
    bench.cloud.mark_read("lead", bench.group)
    return bench


def reborn(bench):
    """The bench with a fresh cloud that got the old one's snapshot as text."""
    text = encode_snapshot(take(bench.cloud))
    bench.cloud = Cloud(bench.cloud.organisation, random.Random(8), [bundled_template()])
    put_back(bench.cloud, decode_snapshot(text))
    return bench


def test_a_restart_shows_the_same_phones(lived):
    before = {user_id: lived.cloud.phone(user_id).as_json() for user_id in ("lead", "fitter", "engineer")}
    panes = {user_id: lived.cloud.panes(user_id) for user_id in ("lead", "fitter", "engineer")}
    reborn(lived)
    assert {user_id: lived.cloud.phone(user_id).as_json() for user_id in before} == before
    assert {user_id: lived.cloud.panes(user_id) for user_id in panes} == panes


def test_a_second_snapshot_is_the_first(lived):
    first = take(lived.cloud)
    assert take(reborn(lived).cloud) == first


def test_after_a_restart_keys_token_quotas_and_balances_are_what_they_were(lived):
    used = lived.cloud.api_calls.used
    reborn(lived)
    assert lived.cloud.api_calls.used == used
    assert lived.cloud.balances["calls"].left == 49
    repeat = {"subject": "Bearing", "sourceId": "order-1", "detailUrl": {"appUrl": "https://x.example"}}
    assert "task exist" in lived.api("v1.0/todo/users/union-lead/tasks", repeat).json["message"]
    scene = {"title": "Incident", "template_id": "andon-incident-group", "owner_user_id": "lead", "uuid": "alarm-1"}
    assert lived.api("v1.0/im/sceneGroup/create", scene).json["open_conversation_id"] == lived.scene
    assert lived.oapi("topapi/v2/user/get", {"userid": "engineer"}, access_token=lived.token).json["errcode"] == 60121
    again = {"msgtype": "text", "text": {"content": "alarm"}, "msgUuid": "u1"}
    assert lived.oapi("robot/send", again, access_token="worded").json["errcode"] == 0
    assert lived.texts("lead", "cidOpen==") == ["alarm"]


def test_messages_go_on_where_they_were(lived):
    reborn(lived)
    lived.api("v1.0/robot/groupMessages/send", HELLO | {"openConversationId": lived.group})
    assert lived.cloud.phone("lead").chat(lived.group).unread == 1


@pytest.mark.parametrize("text", [b"", b"{}", b"not json", b'{"format": 1}'])
def test_a_text_that_is_no_snapshot_is_refused(text):
    with pytest.raises(SnapshotError):
        decode_snapshot(text)


def test_a_snapshot_of_another_version_is_refused(lived):
    text = encode_snapshot(take(lived.cloud)).replace(b'"format":1', b'"format":99', 1)
    with pytest.raises(SnapshotError, match="format 99"):
        decode_snapshot(text)


def test_a_state_file_is_made_at_the_first_start_and_read_at_the_next(lived, tmp_path):
    file = StateFile(tmp_path / "state.json")
    file.write(lived.cloud)
    next_life = Cloud(lived.cloud.organisation, random.Random(9), [bundled_template()])
    file.restore(next_life)
    assert take(next_life) == take(lived.cloud)


def test_a_state_file_that_cannot_be_used_is_left_alone_and_named(bench, tmp_path):
    path = tmp_path / "state.json"
    path.write_bytes(b"something of somebody else's")
    with pytest.raises(StateFileError, match=r"state\.json"):
        StateFile(path).restore(bench.cloud)
    assert path.read_bytes() == b"something of somebody else's"
