"""Faults on request, by method and by `/standin/...`: what fails, what is lost on the way, what is cut."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.cloud import UnreachableError
from simulators.dingtalk.control import Control
from simulators.dingtalk.faults import Fault, FaultKind
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.wire import Fate, Host, Request, encode

BOTH = "v1.0/card/instances/createAndDeliver"
HELLO = {"msgtype": "text", "text": {"content": "alarm"}}


def webhook(bench):
    return bench.oapi("robot/send", HELLO, access_token="worded")


def control(bench, method, path, body=None, **query):
    request = Request(method, f"/standin/{path}", Host.API, query, {}, encode(body) if body is not None else b"")
    reply = Control(bench.cloud).handle(request, bench.now)
    return reply.status, reply.json


def test_the_next_calls_of_a_name_fail_and_change_nothing(bench):
    bench.cloud.ask_fault(Fault(FaultKind.FAIL, BOTH, times=2, status=500, code="system.busy"), bench.now)
    replies = [bench.raise_card() for _ in range(3)]
    assert [reply.status for reply in replies] == [500, 500, 200]
    assert replies[0].json["code"] == "system.busy"
    assert webhook(bench).json["errcode"] == 0, "other calls do not meet it"
    assert bench.texts("lead") == ["card-1"]


def test_the_old_family_fails_with_http_200_and_an_errcode(bench):
    bench.cloud.ask_fault(Fault(FaultKind.FAIL, "robot/send", code="-1"), bench.now)
    bench.cloud.ask_fault(Fault(FaultKind.FAIL, "*", code="430104"), bench.now)
    replies = [webhook(bench) for _ in range(3)]
    assert [(reply.status, reply.json["errcode"]) for reply in replies] == [(200, -1), (200, 430104), (200, 0)]


@pytest.mark.parametrize(("kind", "fate"), [(FaultKind.NEVER_ANSWER, Fate.NEVER_ANSWERED), (FaultKind.CLOSE, Fate.CLOSED)])
def test_a_lost_answer_belongs_to_a_call_that_was_executed(bench, kind, fate):
    bench.cloud.ask_fault(Fault(kind, BOTH), bench.now)
    assert bench.raise_card().fate is fate
    assert bench.texts("lead") == ["card-1"]
    entry = bench.cloud.ledger.entries(name=BOTH)[0]
    assert (entry.effect, entry.fate) == (Effect.CARD_CREATED_AND_DELIVERED, kind)


def test_an_answer_that_breaks_off_belongs_to_a_call_that_was_executed(bench):
    whole = bench.raise_card()
    bench.cloud.ask_fault(Fault(FaultKind.HALF), bench.now)
    reply = webhook(bench)
    assert (reply.status, reply.headers, reply.fate) == (200, whole.headers, Fate.ANSWERED)
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(reply.body)
    assert bench.texts("lead", "cidOpen==") == ["alarm"]
    entry = bench.cloud.ledger.entries(name="robot/send")[0]
    assert (entry.effect, entry.fate) == (Effect.MESSAGE_SHOWN, FaultKind.HALF)


def test_a_backend_time_out_says_unknown_after_three_seconds_in_both_families(bench):
    for _ in range(2):
        bench.cloud.ask_fault(Fault(FaultKind.BACKEND_TIMEOUT), bench.now)
    new, old = bench.raise_card(), webhook(bench)
    assert (new.status, new.delay_us) == (504, 3_000_000)
    assert (old.status, old.json["errcode"], old.json["sub_code"]) == (200, 15, "isp.top-remote-connection-timeout")
    assert bench.texts("lead") == ["card-1"]
    assert bench.texts("lead", "cidOpen==") == ["alarm"]


def test_a_delay_changes_nothing_but_the_time(bench):
    bench.cloud.ask_fault(Fault(FaultKind.DELAY, BOTH, delay_us=700_000), bench.now)
    reply = bench.raise_card()
    assert (reply.status, reply.delay_us, reply.fate) == (200, 700_000, Fate.ANSWERED)


def test_a_banned_address_gets_a_page_of_neither_family(bench):
    bench.cloud.ask_fault(Fault(FaultKind.BAN), bench.now)
    body = webhook(bench).json
    assert body["status"] == 1111
    assert "errcode" not in body
    assert "code" not in body
    assert bench.texts("lead", "cidOpen==") == []


def test_while_the_way_is_cut_nothing_is_executed_and_all_connections_are_gone(bench):
    connection, ticket = bench.connect(), bench.ticket()
    bench.cloud.cut(bench.now)
    assert connection.is_closed
    assert bench.raise_card().fate is Fate.REFUSED
    with pytest.raises(UnreachableError):
        bench.cloud.connect(ticket, bench.now)
    bench.cloud.mend(bench.now)
    assert bench.texts("lead") == []
    assert bench.raise_card().status == 200
    assert bench.effects("fault") == [Effect.CUT, Effect.MENDED]


def test_a_cut_mends_itself_when_its_time_is_over(bench):
    bench.cloud.cut(bench.now, bench.now + 60_000_000)
    bench.now += 59_999_999
    assert bench.raise_card().fate is Fate.REFUSED
    bench.now += 1
    assert bench.raise_card().fate is Fate.ANSWERED


def test_an_expired_token_is_refused_until_it_is_asked_for_again(bench):
    bench.cloud.expire_token(bench.now)
    assert bench.raise_card().json["code"] == "InvalidAuthentication"
    fresh = bench.api("v1.0/oauth2/accessToken", {"appKey": "dingapp", "appSecret": "app-secret"}).json["accessToken"]
    assert fresh != bench.token
    bench.token = fresh
    assert bench.raise_card().status == 200


def test_quotas_are_spent_and_restored_on_request(bench):
    bench.cloud.spend_quota(bench.now, api_calls=True, pushes=True)
    assert bench.raise_card().json["code"] == "Forbidden.AccessDenied.ApiCountLimitForOrg"
    assert webhook(bench).json["errcode"] == 90020
    bench.cloud.spend_quota(bench.now, api_calls=False, pushes=False)
    assert bench.raise_card().status == 200
    assert webhook(bench).json["errcode"] == 0


# The same by the control API ------------------------------------------------------------------------------------------


def test_every_fault_can_be_asked_for_by_the_control_api(bench):
    asked = {"kind": "fail", "call": BOTH, "times": 1, "status": 403, "code": "no", "message": "because"}
    assert control(bench, "POST", "fault", asked)[0] == 200
    assert bench.raise_card().json["code"] == "no"
    control(bench, "POST", "fault", {"kind": "delay", "delay_s": 1.5})
    assert bench.raise_card().delay_us == 1_500_000
    control(bench, "POST", "fault", {"kind": "half", "times": 1})
    assert not bench.raise_card().body.endswith(b"}")
    control(bench, "POST", "fault", {"kind": "never_answer", "times": 9})
    control(bench, "POST", "clear")
    assert bench.raise_card().fate is Fate.ANSWERED
    control(bench, "POST", "cut", {"for_s": 2})
    assert control(bench, "GET", "state")[1]["is_cut"] is True
    bench.advance(2)
    assert control(bench, "GET", "state")[1]["is_cut"] is False
    control(bench, "POST", "cut")
    control(bench, "POST", "mend")
    control(bench, "POST", "token/expire")
    assert bench.raise_card().status == 400


def test_stream_faults_by_the_control_api(bench):
    connection = bench.connect()
    control(bench, "POST", "stream/duplicate", {"times": 1})
    control(bench, "POST", "say", {"user_id": "lead", "text": "hello"})
    assert len(connection.take()) == 2
    control(bench, "POST", "stream/zombie")
    assert control(bench, "GET", "state")[1]["connections"][0]["zombie"] is True
    control(bench, "POST", "stream/zombie", {"zombie": False})
    control(bench, "POST", "stream/disconnect", {"reason": "persistent connection is timeout"})
    assert json.loads(json.loads(connection.take()[0])["data"])["reason"] == "persistent connection is timeout"


def test_a_person_acts_and_is_looked_at_by_the_control_api(bench):
    bench.raise_card()
    connection = bench.connect()
    status, press = control(bench, "POST", "press", {"user_id": "lead", "out_track_id": "card-1", "action": "acknowledge"})
    assert (status, press["status"]) == (200, "waiting")
    bench.answer(connection, json.loads(connection.take()[0]), {})
    assert control(bench, "GET", "press", press_id=press["press_id"])[1]["status"] == "answered"
    assert control(bench, "GET", "phone", user_id="lead")[1]["chats"][0]["unread"] == 1
    card = control(bench, "GET", "card", out_track_id="card-1")[1]
    assert card["spaces"] == ["IM_GROUP.cidShiftA=="]
    control(bench, "POST", "flow-control", {"user_ids": ["lead"]})
    assert bench.cloud.robot.flow_controlled == {"lead"}
    control(bench, "POST", "missing-scopes", {"scopes": ["Card.Instance.Write"]})
    assert bench.raise_card("card-2").status == 403
    control(bench, "POST", "quota", {"api_calls_spent": True})
    assert bench.cloud.api_calls.exhausted


def test_the_ledger_is_asked_by_what_and_since_when(bench):
    bench.raise_card("card-1")
    bench.raise_card("card-1")
    bench.raise_card("card-2")
    everything = control(bench, "GET", "ledger")[1]["entries"]
    assert [entry["sequence"] for entry in everything] == [1, 2, 3, 4]
    ignored = control(bench, "GET", "ledger", effect="duplicate ignored")[1]["entries"]
    assert [(entry["sequence"], entry["subject"]) for entry in ignored] == [(3, "card-1")]
    assert [e["sequence"] for e in control(bench, "GET", "ledger", subject="card-1", after="2")[1]["entries"]] == [3]
    assert [e["sequence"] for e in control(bench, "GET", "ledger", name=BOTH, limit="1")[1]["entries"]] == [2]


def test_secrets_are_masked_in_the_ledger(bench):
    bench.ticket()
    bench.oapi("robot/send", HELLO, access_token="worded", sign="abc")
    text = json.dumps(control(bench, "GET", "ledger")[1])
    assert "app-secret" not in text
    assert "worded" not in text
    assert "***" in text


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "phrase"),
    [
        ("POST", "nothing", {}, 404, "no POST /standin/nothing"),
        ("POST", "fault", {"kind": "explode"}, 400, "kind must be one of fail"),
        ("POST", "fault", {"kind": "fail", "call": "robot/sned"}, 400, "call must be * or one of gettoken"),
        ("POST", "fault", {"kind": "delay", "delay_s": "long"}, 400, "delay_s must be 0 to 86400 seconds"),
        ("POST", "fault", {"kind": "fail", "times": "x"}, 400, "times must be a whole number"),
        ("POST", "press", {"user_id": "lead"}, 400, "out_track_id is missing"),
        ("POST", "press", {"user_id": "lead", "out_track_id": "c", "action": "a"}, 400, "no such card"),
        ("GET", "phone", None, 400, "user_id is missing"),
        ("GET", "card", None, 400, "out_track_id is missing"),
        ("GET", "press", None, 400, "press_id is missing"),
    ],
)
def test_a_mistaken_control_call_says_what_to_send(bench, *, method, path, body, status, phrase):
    answered, reply = control(bench, method, path, body)
    assert answered == status
    assert phrase in reply["problem"]


def test_a_control_body_that_is_no_object_is_refused(bench):
    request = Request("POST", "/standin/fault", Host.API, {}, {}, b"[]")
    assert Control(bench.cloud).handle(request, bench.now).status == 400
