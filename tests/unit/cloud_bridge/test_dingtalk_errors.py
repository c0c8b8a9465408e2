"""What an answer of DingTalk means: each row is an answer as the reference prints it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.dingtalk.endpoints import Host, Repeat
from cloud_bridge.dingtalk.errors import judge, judge_delivery, judge_silence, results_of, without
from cloud_bridge.dingtalk.verdicts import (
    MEND_AFTER_S,
    Accepted,
    ClockRejected,
    Exists,
    Gone,
    Nobody,
    RobotRefused,
    ScopeDenied,
    TokenRejected,
    ended,
)
from edge.model.intent import Refused, Retry, Scope, Unknown
from edge.model.moment import SECOND
from edge.ports import HttpReply, NoReply
from tests.unit.cloud_bridge.intents import START


def new(status: int, code: str, message: str = "说明", **more: Any) -> HttpReply:
    return HttpReply(status, {"code": code, "message": message, "requestid": "r1", **more}, {})


def old(errcode: Any, errmsg: str = "说明", headers: dict[str, str] | None = None, **more: Any) -> HttpReply:
    return HttpReply(200, {"errcode": errcode, "errmsg": errmsg, "request_id": "r1", **more}, headers or {})


FORBIDDEN = "Forbidden.AccessDenied."

MEANS = [
    ("new host, success", HttpReply(200, {"success": True}, {}), Accepted),
    ("old host, success", old(0, "ok"), Accepted),
    ("old host, success with the number as a text", old("0", "ok"), Accepted),
    ("token invalid", new(400, "InvalidAuthentication"), TokenRejected),
    ("token missing is a mistake of ours", new(400, "AuthenticationFailed.MissingParameter"), Refused),
    ("scope not granted", new(403, FORBIDDEN + "AccessTokenPermissionDenied"), ScopeDenied),
    ("address not allowed", new(403, FORBIDDEN + "IpNotInWhiteList"), Retry),
    ("too many calls a second", new(403, FORBIDDEN + "QpsLimitForAppkeyAndApi"), Retry),
    ("too many calls a second on the platform", new(403, FORBIDDEN + "QpsLimitForApi"), Retry),
    ("too many calls a minute", new(403, FORBIDDEN + "QpmLimitForAppkeyAndApi"), Retry),
    ("monthly quota spent", new(403, FORBIDDEN + "ApiCountLimitForOrg"), Retry),
    ("wrong client secret", new(400, "invalidClientIdOrSecret"), Retry),
    ("wrong client secret for the stream", new(401, "authFailed"), Retry),
    ("card exists", new(400, "param.cardAlreadyExist"), Exists),
    ("no such card", new(400, "param.cardNotExist"), Refused),
    ("any other bad parameter", new(400, "param.whatever"), Refused),
    ("busy", new(500, "system.busy"), Retry),
    ("failed inside", new(500, "unknownError"), Retry),
    ("too many requests, by a gateway", new(429, ""), Retry),
    ("their gateway gave up waiting", new(504, "ServiceTimeout"), Unknown),
    ("their gateway gave up, without JSON", HttpReply(504, None, {}), Unknown),
    ("a gateway lost its backend", HttpReply(502, None, {}), Unknown),
    ("unknown path: HTTP 200", old(404, "请求的URI地址不存在"), Retry),
    ("the ban page", HttpReply(200, {"status": 1111, "wait": 5, "source": "x5", "punish": "deny"}, {}), Retry),
    ("a page of a portal", HttpReply(200, None, {"content-type": "text/html; charset=utf-8"}), Retry),
    ("a redirect", HttpReply(302, None, {}), Retry),
    ("half an answer", HttpReply(200, None, {"content-type": "application/json"}), Unknown),
    ("no answer in a reply", HttpReply(200, None, {}), Unknown),
    ("JSON that is no object", HttpReply(200, [], {}), Unknown),
    ("failed in the middle, without JSON", HttpReply(500, None, {"content-type": "text/html"}), Unknown),
    ("failed in the middle, as a gateway says it", HttpReply(520, None, {"content-type": "text/html"}), Unknown),
    ("not there now, without JSON", HttpReply(503, None, {"content-type": "text/html"}), Retry),
    ("not let through, without JSON", HttpReply(403, None, {"content-type": "text/html"}), Retry),
    ("old host busy", old(-1, "系统繁忙"), Retry),
    ("old host gave up on its backend", old(15, "timeout", sub_code="isp.top-remote-connection-timeout"), Unknown),
    ("old host, 88 and nothing more", old(88, "unknown"), Unknown),
    ("old host, token invalid", old(88, "ding talk error", sub_code="40014", sub_msg="不合法的access_token"), TokenRejected),
    ("old host, token expired", old(42001), TokenRejected),
    ("old host, scope not granted", old(88, "e", sub_code="60011"), ScopeDenied),
    ("old host, calls a second", old(88, "e", sub_code="90018"), Retry),
    ("old host, monthly quota", old(90020), Retry),
    ("webhook too fast", old(130101, "send too fast, exceed 20 times per minute"), Retry),
    ("webhook too fast, as documented", old(410100), Retry),
    ("webhook too fast, as of 2026", old(660026), Retry),
    ("webhook token unknown", old(400101, "token is not exist"), Retry),
    ("webhook clock", old(310000, "invalid timestamp"), ClockRejected),
    ("webhook secret", old(310000, "description:sign not match;solution:x;link:y"), Retry),
    ("the robot is switched off", new(400, "bot.stopped"), RobotRefused),
    ("the robot may not write to persons", new(400, "chatbotId.notAllow.sendOTO"), RobotRefused),
    ("DING: nothing left to pay with", new(400, "ding.serverquota.insufficient"), Refused),
    ("DING: too many a minute", new(400, "toomuch.msg"), Retry),
    ("group: no such template", new(400, "groupTemplate.notFound"), Retry),
    ("group: full", new(400, "member.exceed"), Refused),
    ("group: dissolved", new(400, "group.disbanded"), Gone),
    ("conference: ended", new(404, "roomNotFound"), Gone),
    ("conference: all rooms in use", new(404, "waterLimitError"), Refused),
    ("to-do: perhaps made before", new(400, "todo.taskCreate.paramError"), Exists),
    ("to-do: two at once", new(400, "todo.taskCreate.lockError"), Retry),
    ("document: the name is taken", new(400, "invalidRequest.workspaceNode.nameConflict"), Exists),
    ("old host, nobody of this id", old(60121), Nobody),
    ("old host, nobody with this number", old(88, "e", sub_code="40104"), Nobody),
    ("old host, moderation", old(430104), Refused),
    ("log-in code used twice", old(40078), Refused),
    ("an error beside HTTP 200", new(200, "system.busy"), Retry),
    ("an error beside HTTP 200 that nobody has listed", new(200, "-1"), Refused),
    ("a conference was ended", HttpReply(200, {"code": 200, "cause": "success"}, {}), Accepted),
    ("HTTP 200, and nothing done", HttpReply(200, {"success": False, "message": "no"}, {}), Refused),
    ("HTTP 200, and nothing done, as texts", HttpReply(200, {"success": "false", "message": "System Busy"}, {}), Retry),
    ("HTTP 200, and nothing done, by its result", HttpReply(200, {"result": False}, {}), Refused),
    ("old host, and nothing done", old(0, "ok", success=False), Refused),
    ("the robot is not in the group", new(400, "resource.not.found"), Retry),
    ("an errcode nobody has listed", old(987654), Refused),
]


@pytest.mark.parametrize(("reply", "meaning"), [row[1:] for row in MEANS], ids=[row[0] for row in MEANS])
def test_each_answer_means_one_thing(reply: HttpReply, meaning: type) -> None:
    assert type(judge(reply, START)) is meaning


PAID = [
    ("half an answer", HttpReply(200, None, {}), Unknown),
    ("a page", HttpReply(200, None, {"content-type": "text/html"}), Unknown),
    ("failed inside", new(500, "system.error"), Unknown),
    ("busy", new(500, "system.busy"), Unknown),
    ("not there now", new(503, "ServiceUnavailable"), Unknown),
    ("not there now, without JSON", HttpReply(503, None, {}), Unknown),
    ("failed inside, beside HTTP 200", new(200, "system.error"), Unknown),
    ("too many calls a second", new(403, FORBIDDEN + "QpsLimitForApi"), Retry),
    ("too many requests", new(429, ""), Retry),
    ("the ban", HttpReply(200, {"status": 1111, "source": "x5", "punish": "deny"}, {}), Retry),
    ("token invalid", new(400, "InvalidAuthentication"), TokenRejected),
    ("nothing left to pay with", new(400, "ding.serverquota.insufficient"), Refused),
]


@pytest.mark.parametrize(("reply", "meaning"), [row[1:] for row in PAID], ids=[row[0] for row in PAID])
def test_a_paid_call_is_made_again_only_when_it_surely_was_not_carried_out(reply: HttpReply, meaning: type) -> None:
    assert type(judge(reply, START, Repeat.NEVER)) is meaning


@pytest.mark.parametrize("body", [{}, {"errmsg": "ok"}, {"success": True}])
def test_what_the_old_host_answers_without_errcode_is_not_dingtalks(body: dict[str, Any]) -> None:
    assert isinstance(judge(HttpReply(200, body, {}), START, host=Host.OAPI), Unknown)
    assert isinstance(judge(HttpReply(200, body, {}), START), Accepted)


def test_a_missing_permission_is_named() -> None:
    reply = new(403, FORBIDDEN + "AccessTokenPermissionDenied", accessdenieddetail={"requiredScopes": ["Card.Instance.Write"]})
    refused = judge(reply, START)
    assert isinstance(refused, ScopeDenied)
    assert refused.scopes == ("Card.Instance.Write",)
    assert "Card.Instance.Write" in refused.reason
    later = ended(refused)
    assert isinstance(later, Retry)
    assert later.after_s == MEND_AFTER_S


@pytest.mark.parametrize(
    ("reply", "wait_s"),
    [
        (old(130101), 600.0),
        (old(410100), 600.0),
        (old(660026), 600.0),
        (old(90018), 1.0),
        (new(403, FORBIDDEN + "QpsLimitForApi"), 1.0),
        (HttpReply(200, {"punish": "deny", "source": "x5"}, {}), 300.0),
    ],
)
def test_each_limit_has_its_wait(reply: HttpReply, wait_s: float) -> None:
    answer = judge(reply, START)
    assert isinstance(answer, Retry)
    assert answer.after_s == wait_s


def test_the_limit_of_a_minute_is_waited_out_to_the_next_minute() -> None:
    answer = judge(new(403, FORBIDDEN + "QpmLimitForAppkeyAndApi"), START + 12 * SECOND)
    assert answer == Retry(48.0, FORBIDDEN + "QpmLimitForAppkeyAndApi: 说明")


@pytest.mark.parametrize(
    ("phrase", "advice"),
    [
        ("keywords not in content", "signature mode"),
        ("sign not match", "secret"),
        ("ip 10.1.2.3 not in whitelist", "IP list"),
        ("something new", "security settings"),
    ],
)
@pytest.mark.parametrize("wording", ["{}", "description:{};solution:请检查;link:https://open.dingtalk.com/document/"])
def test_both_wordings_of_a_security_refusal_give_the_same_advice(phrase: str, advice: str, wording: str) -> None:
    refused = judge(old(310000, wording.format(phrase)), START)
    assert isinstance(refused, Retry)
    assert advice in refused.reason


def test_a_wrong_clock_brings_the_servers_own() -> None:
    date = "Mon, 04 May 2026 00:00:31 GMT"
    answer = judge(old(310000, "invalid timestamp", {"date": date}), START)
    assert isinstance(answer, ClockRejected)
    assert answer.server_date == date


def test_silence_before_the_request_left_is_no_risk_and_after_it_is() -> None:
    # Nothing leaves this machine: no other call would, either.
    assert judge_silence(NoReply("no connection", sent=False)) == Retry(0.0, "no connection", Scope.CHANNEL)
    assert judge_silence(NoReply("no answer", sent=True)) == Unknown("no answer")


@pytest.mark.parametrize(
    ("results", "meaning"),
    [
        ([{"success": True, "carrierId": "c"}], None),
        ([], Unknown),
        ("nonsense", Unknown),
        ([{"success": False, "errorMsg": "spaces of card is empty"}], Refused),
        ([{"success": False, "errorMsg": "robot is not a member of the group"}], Retry),
        ([{"success": False, "errorMsg": "System Busy"}], Retry),
        ([{"success": True}, {"success": False, "errorMsg": "请求过于频繁"}], Retry),
    ],
)
def test_a_delivery_that_failed_inside_a_success_is_seen(results: Any, meaning: type | None) -> None:
    for result in ({"deliverResults": results}, results):
        problem = judge_delivery(results_of(Accepted({"success": True, "result": result})))
        assert problem is None if meaning is None else type(problem) is meaning


def test_a_card_is_where_it_shall_be_only_when_the_answer_says_so() -> None:
    assert judge_delivery([{"success": True}]) is None
    assert isinstance(judge_delivery(results_of(Exists("param.cardAlreadyExist"))), Unknown)
    assert isinstance(judge_delivery(results_of(Accepted({"success": True}))), Unknown)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["code", "message", "errcode", "errmsg", "sub_code", "accessdenieddetail", "requiredScopes", "source"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.integers(100, 599), JSON)
def test_no_answer_whatever_it_holds_is_an_error_of_ours(status: int, body: Any) -> None:
    judgement = judge(HttpReply(status, body, {}), START)
    assert isinstance(
        judgement, Accepted | TokenRejected | Exists | Nobody | RobotRefused | ClockRejected | Retry | Refused | Unknown
    )
    if isinstance(judgement, Accepted):
        assert 200 <= status < 300
    else:
        assert len(judgement.reason) < 1_000


def test_secrets_do_not_come_back_in_words() -> None:
    assert without("token abc123 with sign s+g=", ["abc123", "s+g=", ""]) == "token *** with sign ***"
