"""Approval processes: steps, decisions, ends, and the error texts (reference 11.2)."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.frames import Topic

INSTANCES = "v1.0/workflow/processInstances"
STOP = {
    "processCode": "PROC-ANDON",
    "originatorUserId": "lead",
    "approvers": [
        {"actionType": "OR", "userIds": ["fitter", "engineer"]},
        {"actionType": "NONE", "userIds": ["lead"]},
    ],
    "formComponentValues": [{"name": "alarm", "value": "17"}],
}


def started(bench, **changes):
    reply = bench.api(INSTANCES, STOP | changes)
    assert reply.status == 200, reply.json
    return reply.json["instanceId"]


def look(bench, instance_id):
    answer = bench.api(f"{INSTANCES}?processInstanceId={instance_id}", method="GET").json
    assert answer["success"] == "true"
    return answer["result"]


def decide(bench, instance_id, user_id, result="agree"):
    task = bench.cloud.approvals.find(instance_id).find_task(user_id)
    body = {"processInstanceId": instance_id, "taskId": task.task_id, "actionerUserId": user_id, "result": result}
    return bench.api(f"{INSTANCES}/execute", body)


def test_steps_follow_each_other_and_the_last_one_ends_it(bench):
    instance_id = started(bench)
    assert [task["status"] for task in look(bench, instance_id)["tasks"]] == ["RUNNING", "RUNNING", "NEW"]
    decide(bench, instance_id, "engineer")
    assert [task["status"] for task in look(bench, instance_id)["tasks"]] == ["CANCELED", "COMPLETED", "RUNNING"]
    decide(bench, instance_id, "lead")
    ended = look(bench, instance_id)
    assert (ended["status"], ended["result"]) == ("COMPLETED", "agree")
    assert ended["formComponentValues"] == [{"name": "alarm", "value": "17"}]


def test_all_of_a_step_must_agree_where_it_says_so(bench):
    instance_id = started(bench, approvers=[{"actionType": "AND", "userIds": ["fitter", "engineer"]}])
    decide(bench, instance_id, "fitter")
    assert look(bench, instance_id)["status"] == "RUNNING"
    decide(bench, instance_id, "engineer")
    assert look(bench, instance_id)["status"] == "COMPLETED"


def test_one_refusal_ends_it(bench):
    instance_id = started(bench)
    decide(bench, instance_id, "fitter", "refuse")
    ended = look(bench, instance_id)
    assert (ended["status"], ended["result"]) == ("COMPLETED", "refuse")
    assert {task["status"] for task in ended["tasks"]} == {"COMPLETED", "CANCELED"}


def test_it_cannot_be_terminated_right_after_its_start(bench):
    instance_id = started(bench)
    body = {"processInstanceId": instance_id, "isSystem": True}
    assert bench.api(f"{INSTANCES}/terminate", body).json["code"] == "aflowProcessInstStatusException"
    bench.advance(15)
    assert bench.api(f"{INSTANCES}/terminate", body).json["result"] is True
    assert look(bench, instance_id)["status"] == "TERMINATED"


def test_a_comment_is_among_the_records(bench):
    instance_id = started(bench)
    bench.api(f"{INSTANCES}/comments", {"processInstanceId": instance_id, "text": "seen", "commentUserId": "fitter"})
    assert look(bench, instance_id)["operationRecords"][-1]["remark"] == "seen"


def test_a_start_of_unknown_outcome_is_found_by_its_process_and_time(bench):
    instance_id = started(bench)
    body = {"processCode": "PROC-ANDON", "startTime": bench.now // 1_000 - 1, "nextToken": 0, "maxResults": 20}
    assert bench.api("v1.0/workflow/processes/instanceIds/query", body).json["result"] == {"list": [instance_id]}
    assert bench.api("v1.0/workflow/processes/instanceIds/query", body | {"maxResults": 21}).status == 400


def test_the_app_hears_of_start_decision_and_finish(bench):
    connection = bench.connect(Topic.EVENT)
    instance_id = started(bench, approvers=[{"actionType": "NONE", "userIds": ["fitter"]}])
    decide(bench, instance_id, "fitter")
    frames = [json.loads(frame) for frame in connection.take()]
    told = [(frame["headers"]["eventType"], json.loads(frame["data"])["type"]) for frame in frames]
    assert told == [("bpms_instance_change", "start"), ("bpms_task_change", "finish"), ("bpms_instance_change", "finish")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"processCode": "PROC-OTHER"}, "processCodeError"),
        ({"originatorUserId": "union-lead"}, "processInstanceInvalidParameter"),
        ({"approvers": [{"actionType": "AND", "userIds": ["nobody", "lead"]}]}, "processInstanceInvalidParameter"),
        ({"approvers": [{"actionType": "AND", "userIds": ["lead"]}]}, "processInstanceInvalidParameter"),
        ({"approvers": []}, "processInstanceInvalidParameter"),
        ({"formComponentValues": [{"name": "alarm", "value": 17}]}, "processInstanceInvalidParameter"),
        ({"formComponentValues": []}, "processInstanceInvalidParameter"),
    ],
)
def test_a_bad_parameter_has_its_code(bench, changes, code):
    reply = bench.api(INSTANCES, STOP | changes)
    assert (reply.status, reply.json["code"]) == (400, code)
    assert list(bench.cloud.approvals) == []
