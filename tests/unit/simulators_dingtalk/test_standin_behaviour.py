"""What is unverified of the real server is selectable: each choice does what it says (reference 19)."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.behaviour import VARIANTS, Behaviour, behaviour_from
from simulators.dingtalk.tickets import TicketError, TicketProblem

TO_PERSONS = "v1.0/robot/oToMessages/batchSend"
HELLO = {"robotCode": "dingapp", "msgKey": "sampleText", "msgParam": json.dumps({"content": "hello"})}


def test_every_default_is_one_of_its_variants():
    assert {name: getattr(Behaviour(), name) in variants for name, variants in VARIANTS.items()} == dict.fromkeys(
        VARIANTS, True
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sdk_only_calls", "perhaps"),
        ("users_per_batch", -1),
        ("card_actions_counted", 1),
        ("benefit_code_pushes", 7),
        ("none", 1),
    ],
)
def test_a_wrong_choice_is_told(name, value):
    problems: list[str] = []
    behaviour_from({name: value}, problems)
    assert len(problems) == 1
    assert name in problems[0]


def test_the_size_of_a_batch(bench_with):
    users = {"userIds": [f"p{number}" for number in range(21)]}
    assert bench_with().api(TO_PERSONS, HELLO | users).status == 400
    assert bench_with(users_per_batch=100).api(TO_PERSONS, HELLO | users).status == 200


def test_the_length_of_an_out_track_id(bench_with):
    assert bench_with().raise_card("x" * 100).status == 200
    assert bench_with(out_track_id_longest=64).raise_card("x" * 65).json["code"] == "param.invalid"


@pytest.mark.parametrize(("counted", "used"), [(False, 0), (True, 1)])
def test_whether_a_press_uses_up_a_push(bench_with, counted, used):
    bench = bench_with(card_actions_counted=counted)
    bench.raise_card()
    bench.connect()
    bench.cloud.press("lead", "card-1", "acknowledge", now_us=bench.now)
    assert bench.cloud.pushes.used == used


def test_how_many_connections_there_may_be(bench_with):
    bench = bench_with(stream_connections_most=1)
    bench.connect()
    with pytest.raises(TicketError) as refused:
        bench.connect()
    assert refused.value.problem is TicketProblem.TOO_MANY


def test_how_often_a_token_may_be_asked_for(bench_with):
    bench = bench_with(token_calls_per_second=1)
    body = {"appKey": "dingapp", "appSecret": "app-secret"}
    assert bench.api("v1.0/oauth2/accessToken", body).json["code"].endswith("QpsLimitForAppkeyAndApi")
    bench.advance(1)
    assert bench.api("v1.0/oauth2/accessToken", body).status == 200
    assert bench.oapi("gettoken", method="GET", appkey="dingapp", appsecret="app-secret").json["errcode"] == 0
    assert bench.oapi("gettoken", method="GET", appkey="dingapp", appsecret="app-secret").json["errcode"] == 90018


def test_how_long_the_progress_of_a_notice_is_known(bench_with):
    def progress(bench):
        body = {"agent_id": 1_000_001, "userid_list": "lead", "msg": {"msgtype": "text", "text": {"content": "x"}}}
        path = "topapi/message/corpconversation"
        task_id = bench.oapi(f"{path}/asyncsend_v2", body, access_token=bench.token).json["task_id"]
        bench.advance(100)
        asked = {"agent_id": 1_000_001, "task_id": task_id}
        return bench.oapi(f"{path}/getsendprogress", asked, access_token=bench.token).json["errcode"]

    assert progress(bench_with()) == 0
    assert progress(bench_with(notice_progress_kept_s=99)) == 40035


def test_an_address_that_calls_too_often_is_banned_for_five_minutes(bench_with):
    bench = bench_with(calls_in_20_s=3)
    look = {"userid": "lead"}
    answers = [bench.oapi("topapi/v2/user/get", look, access_token=bench.token).json for _ in range(3)]
    assert [answer.get("errcode") for answer in answers] == [0, 0, None], "the token was the first of three"
    assert (answers[2]["status"], answers[2]["punish"]) == (1111, "deny")
    bench.advance(299)
    assert bench.oapi("topapi/v2/user/get", look, access_token=bench.token).json["status"] == 1111
    bench.advance(1)
    assert bench.oapi("topapi/v2/user/get", look, access_token=bench.token).json["errcode"] == 0
