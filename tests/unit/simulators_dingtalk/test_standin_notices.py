"""Work notices: accepted always, dropped in silence, and how one learns of it (reference 5)."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.notices import PER_DAY
from simulators.dingtalk.timeline import notice_conversation_id
from simulators.dingtalk.wire import Host

BASE = "topapi/message/corpconversation"
AGENT = 1_000_001


def ask(bench, path, body):
    return bench.oapi(f"{BASE}/{path}", {"agent_id": AGENT} | body, access_token=bench.token).json


def send(bench, text="Pump 3 stopped", **changes):
    return ask(
        bench, "asyncsend_v2", {"userid_list": "lead,fitter", "msg": {"msgtype": "text", "text": {"content": text}}} | changes
    )


def result(bench, task_id):
    return ask(bench, "getsendresult", {"task_id": task_id})["send_result"]


def notices_of(bench, user_id):
    return bench.texts(user_id, notice_conversation_id(user_id))


def test_a_notice_is_shown_under_the_apps_name(bench):
    task_id = send(bench)["task_id"]
    assert notices_of(bench, "lead") == ["Pump 3 stopped"]
    assert ask(bench, "getsendprogress", {"task_id": task_id})["progress"]["status"] == 2
    assert result(bench, task_id)["unread_user_id_list"] == ["lead", "fitter"]
    bench.cloud.mark_read("lead", notice_conversation_id("lead"))
    assert result(bench, task_id)["read_user_id_list"] == ["lead"]


def test_the_same_content_is_dropped_for_a_day_and_the_answer_is_ok(bench):
    send(bench, userid_list="lead")
    again = send(bench)
    assert again["errcode"] == 0
    assert notices_of(bench, "lead") == ["Pump 3 stopped"]
    assert notices_of(bench, "fitter") == ["Pump 3 stopped"]
    sent = result(bench, again["task_id"])
    assert sent["forbidden_user_id_list"] == ["lead"]
    assert [entry["code"] for entry in sent["forbidden_list"]] == ["143106"]
    assert bench.effects(f"{BASE}/asyncsend_v2") == [Effect.NOTICE_SENT] * 2
    bench.advance(86_400)
    bench.token = bench.api("v1.0/oauth2/accessToken", {"appKey": "dingapp", "appSecret": "app-secret"}).json["accessToken"]
    assert result(bench, send(bench, userid_list="lead")["task_id"])["forbidden_list"] == []


def test_after_five_hundred_a_day_the_rest_is_dropped(bench):
    for number in range(PER_DAY):
        bench.advance(0.1)
        send(bench, f"n{number}", userid_list="lead")
    last = send(bench, "one more", userid_list="lead")
    assert last["errcode"] == 0
    assert result(bench, last["task_id"])["forbidden_list"][0]["code"] == "143105"
    assert bench.effects(f"{BASE}/asyncsend_v2")[-1] is Effect.NOTICE_DROPPED


def test_departments_include_what_is_below_them(bench):
    task_id = send(bench, userid_list="", dept_id_list="2,9")["task_id"]
    assert result(bench, task_id)["unread_user_id_list"] == ["fitter"]
    assert result(bench, task_id)["invalid_dept_id_list"] == [9]


def test_a_unionid_is_an_invalid_receiver(bench):
    assert result(bench, send(bench, userid_list="union-lead")["task_id"])["invalid_user_id_list"] == ["union-lead"]


def test_a_recalled_notice_is_gone(bench):
    task_id = send(bench)["task_id"]
    assert ask(bench, "recall", {"msg_task_id": task_id})["errcode"] == 0
    assert notices_of(bench, "lead") == []


def test_the_status_bar_of_an_oa_notice_changes_where_it_is(bench):
    oa = {
        "message_url": "https://andon.example/17",
        "head": {"bgcolor": "FFBBBBBB", "text": "Andon"},
        "status_bar": {"status_value": "open", "status_bg": "0xFFF65E5E"},
        "body": {"title": "Pump 3 stopped", "form": [{"key": "Line:", "value": "2"}]},
    }
    task_id = send(bench, msg={"msgtype": "oa", "oa": oa})["task_id"]
    assert ask(bench, "status_bar/update", {"task_id": task_id, "status_value": "acknowledged"})["errcode"] == 0
    message = bench.cloud.phone("lead").chat(notice_conversation_id("lead")).messages[0]
    assert message.content["status"] == "acknowledged"
    assert ask(bench, "status_bar/update", {"task_id": send(bench)["task_id"], "status_value": "x"})["errcode"] == 41052


def test_a_form_is_understood_as_well_as_json(bench):
    form = {
        "agent_id": AGENT,
        "userid_list": "lead",
        "to_all_user": "false",
        "msg": json.dumps({"msgtype": "text", "text": {"content": "x"}}),
    }
    reply = bench.send(
        Host.OAPI,
        "POST",
        f"{BASE}/asyncsend_v2",
        urlencode(form).encode(),
        query={"access_token": bench.token},
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert reply.json["errcode"] == 0
    assert notices_of(bench, "lead") == ["x"]


def test_the_token_may_be_in_the_form_too_and_the_ledger_shows_the_form_without_it(bench):
    form = {"access_token": bench.token, "userid": "lead"}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert bench.send(Host.OAPI, "POST", "topapi/v2/user/get", urlencode(form).encode(), headers=headers).json["errcode"] == 0
    entry = bench.cloud.ledger.last
    assert (entry.summary, entry.notes) == ({"access_token": "***", "userid": "lead"}, ())


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"agent_id": 5}, 41030),
        ({"agent_id": None}, 40035),
        ({"userid_list": ""}, 1430000),
        ({"userid_list": ",".join(f"p{n}" for n in range(101))}, 40035),
        ({"msg": None}, 40035),
        ({"msg": {"msgtype": "text", "text": "no object"}}, 40035),
        ({"msg": {"msgtype": "text", "text": {"content": "x" * 2_048}}}, 40035),
        ({"msg": {"msgtype": "action_card", "action_card": {"markdown": "x", "singleTitle": "the webhook's spelling"}}}, 40035),
    ],
)
def test_a_bad_parameter_has_its_code(bench, changes, errcode):
    assert send(bench, **changes)["errcode"] == errcode


def test_results_are_kept_for_a_day(bench):
    task_id = send(bench)["task_id"]
    bench.advance(7_000)
    assert ask(bench, "getsendresult", {"task_id": task_id})["errcode"] == 0
    bench.advance(86_400)
    bench.token = bench.api("v1.0/oauth2/accessToken", {"appKey": "dingapp", "appSecret": "app-secret"}).json["accessToken"]
    assert ask(bench, "getsendresult", {"task_id": task_id})["errcode"] == 40035
