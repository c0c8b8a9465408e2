"""To-dos: the business key, executors, what a person sees, and the error texts (reference 10)."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.frames import Topic

TASKS = "v1.0/todo/users/union-lead/tasks"
ORDER = {
    "sourceId": "order-17",
    "subject": "Change the bearing of stand 3",
    "creatorId": "union-lead",
    "executorIds": ["union-fitter", "union-engineer"],
    "detailUrl": {"appUrl": "https://andon.example/orders/17", "pcUrl": "https://andon.example/orders/17"},
    "priority": 40,
}


def created(bench, **changes):
    reply = bench.api(TASKS, ORDER | changes)
    assert reply.status == 200, reply.json
    return reply.json


def subjects(bench, union_id):
    return [task.subject for task in bench.cloud.todos.of_person(union_id)]


def test_a_to_do_is_in_the_list_of_its_executors(bench):
    task = created(bench, isOnlyShowExecutor=True, dueTime=1_700_000_360_000)
    assert (task["sourceId"], task["done"], task["dueTime"]) == ("order-17", False, 1_700_000_360_000)
    assert subjects(bench, "union-fitter") == [ORDER["subject"]]
    assert subjects(bench, "union-lead") == [], "only the executors are shown it"


def test_the_same_source_id_is_refused_and_the_refusal_names_the_task(bench):
    task = created(bench)
    again = bench.api(TASKS, ORDER)
    assert (again.status, again.json["code"]) == (400, "todo.taskCreate.paramError")
    assert task["id"] in again.json["message"]
    assert bench.api(f"{TASKS}/sources/order-17", method="GET").json["id"] == task["id"]


def test_it_is_done_for_all_when_its_last_executor_is_done(bench):
    task = created(bench)
    one = {"executorStatusList": [{"id": "union-fitter", "isDone": True}]}
    assert bench.api(f"{TASKS}/{task['id']}/executorStatus", one, method="PUT").json["result"] is True
    kept = bench.cloud.todos.find(task["id"])
    assert (kept.done, kept.executors["union-fitter"]) == (False, True)
    other = {"executorStatusList": [{"id": "union-engineer", "isDone": True}]}
    bench.api(f"{TASKS}/{task['id']}/executorStatus", other, method="PUT")
    assert (kept.done, kept.finished_ms) == (True, bench.now // 1_000)


def test_an_update_changes_what_it_names_and_nothing_else(bench):
    task = created(bench)
    bench.api(f"{TASKS}/{task['id']}", {"done": True, "subject": "Done"}, method="PUT")
    kept = bench.cloud.todos.find(task["id"])
    assert (kept.subject, kept.done, kept.priority) == ("Done", True, 40)
    listed = bench.api("v1.0/todo/users/union-fitter/org/tasks/query", {"isDone": True}).json["todoCards"]
    assert [card["sourceId"] for card in listed] == ["order-17"]


def test_a_deleted_to_do_is_gone_and_its_key_is_free(bench):
    task = created(bench)
    assert bench.api(f"{TASKS}/{task['id']}", method="DELETE").json["result"] is True
    assert subjects(bench, "union-fitter") == []
    assert bench.api(f"{TASKS}/sources/order-17", method="GET").status == 400
    created(bench)


def test_the_creator_gets_no_ding_for_what_that_person_made(bench):
    created(bench, executorIds=["union-lead", "union-fitter"], notifyConfigs={"dingNotify": "1"})
    assert [list(ding.receipts) for ding in bench.cloud.dings] == [["fitter"]]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"detailUrl": None}, "detailUrl"),
        ({"detailUrl": "https://andon.example"}, "detailUrl"),
        ({"subject": ""}, "subject"),
        ({"subject": "x" * 1_025}, "oversize"),
        ({"executorIds": ["fitter"]}, "fitter is no unionId"),
        ({"executorIds": "union-fitter"}, "executorIds"),
        ({"dueTime": "1700000360000"}, "dueTime"),
        ({"dueTime": -1}, "dueTime is invalid"),
        ({"dueTime": 10**15}, "dueTime is invalid"),
        ({"priority": 3}, "priority"),
    ],
)
def test_a_bad_parameter_is_refused(bench, changes, says):
    reply = bench.api(TASKS, ORDER | changes)
    assert (reply.status, reply.json["code"]) == (400, "todo.taskCreate.paramError")
    assert says in reply.json["message"]
    assert list(bench.cloud.todos) == []


@pytest.mark.parametrize(
    ("path", "method", "body", "code"),
    [
        ("v1.0/todo/users/lead/tasks", "POST", ORDER, "todo.taskCreate.paramError"),
        (f"{TASKS}?operatorId=lead", "POST", ORDER, "todo.taskCreate.paramError"),
        (f"{TASKS}/none", "PUT", {"done": True}, "todo.taskUpdate.paramError"),
        (f"{TASKS}/none", "DELETE", None, "todo.taskDelete.paramError"),
        (f"{TASKS}/none/executorStatus", "PUT", {"executorStatusList": []}, "todo.taskExecutorStatusUpdate.paramError"),
    ],
)
def test_a_user_id_or_an_unknown_task_is_refused_in_the_words_of_the_call(bench, path, method, body, code):
    reply = bench.api(path, body, method=method)
    assert (reply.status, reply.json["code"]) == (400, code)


def test_a_personal_to_do_needs_the_token_of_a_person(bench):
    path, body = "v1.0/todo/users/me/personalTasks", {"subject": "Look at the oil", "executorIds": ["union-fitter"]}
    assert bench.api(path, body).json["code"] == "tokenTypeError"
    token, _refresh = bench.cloud.user_tokens.issue("fitter", bench.now)
    task = bench.cloud.todos.find(bench.api(path, body, token=token).json["taskId"])
    assert task.personal
    assert bench.api(TASKS, ORDER, token=token).json["code"] == "InvalidAuthentication", "the app's calls need the app's token"


def test_the_app_hears_of_each_change_as_an_event(bench):
    connection = bench.connect(Topic.EVENT)
    task = created(bench)
    bench.api(f"{TASKS}/{task['id']}", {"done": True}, method="PUT")
    frames = [json.loads(frame) for frame in connection.take()]
    assert [frame["headers"]["eventType"] for frame in frames] == ["todo_task_create", "todo_task_update"]
    assert {frame["type"] for frame in frames} == {"EVENT"}
    assert json.loads(frames[0]["data"])["taskId"] == task["id"]


def test_the_ledger_shows_the_parts_of_the_path_too(bench):
    task = created(bench)
    bench.api(f"{TASKS}/{task['id']}", method="DELETE")
    assert bench.cloud.ledger.last.summary == {"unionId": "union-lead", "taskId": task["id"]}
