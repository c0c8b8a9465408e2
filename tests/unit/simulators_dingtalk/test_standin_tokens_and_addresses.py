"""Tokens, and what a call gets that has no token, no permission, no address or no quota left (reference 0.3, 0.5, 1)."""

from __future__ import annotations

import pytest

from simulators.dingtalk.wire import Host

SECRET = {"appKey": "dingapp", "appSecret": "app-secret"}
CORP_SECRET = {"client_id": "dingapp", "client_secret": "app-secret", "grant_type": "client_credentials"}
SEND = "v1.0/robot/groupMessages/send"


def test_the_three_ways_to_a_token_give_the_same_one_with_its_life(bench):
    new = bench.api("v1.0/oauth2/accessToken", SECRET, token="").json
    old = bench.oapi("gettoken", method="GET", appkey="dingapp", appsecret="app-secret").json
    unified = bench.api("v1.0/oauth2/dingcorp/token", CORP_SECRET, token="").json
    assert new == {"accessToken": bench.token, "expireIn": 7200}
    assert old == {"errcode": 0, "errmsg": "ok", "access_token": bench.token, "expires_in": 7200}
    assert unified == {"access_token": bench.token, "expires_in": 7200}


def test_asking_within_the_life_renews_the_token_and_asking_after_it_gives_another(bench):
    bench.advance(7000)
    assert bench.api("v1.0/oauth2/accessToken", SECRET).json["accessToken"] == bench.token
    bench.advance(7199)
    assert bench.oapi("topapi/v2/user/get", {"userid": "lead"}, access_token=bench.token).json["errcode"] == 0
    bench.advance(1)
    assert bench.oapi("topapi/v2/user/get", {"userid": "lead"}, access_token=bench.token).json["errcode"] == 88
    assert bench.api("v1.0/oauth2/accessToken", SECRET).json["accessToken"] != bench.token


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("v1.0/oauth2/accessToken", {"appKey": "dingapp", "appSecret": "no"}, 400, "invalidClientIdOrSecret"),
        ("v1.0/oauth2/accessToken", {}, 400, "invalidClientIdOrSecret"),
        ("v1.0/oauth2/othercorp/token", CORP_SECRET, 500, "unknownError"),
        ("v1.0/oauth2/dingcorp/token", CORP_SECRET | {"grant_type": "x"}, 400, "unsupported.grant.type"),
        ("v1.0/oauth2/dingcorp/token", CORP_SECRET | {"client_id": "x"}, 400, "invalid.client"),
        ("v1.0/oauth2/dingcorp/token", CORP_SECRET | {"client_secret": "x"}, 401, "unauthorized.client"),
        ("v1.0/gateway/connections/open", {"clientId": "dingapp", "clientSecret": "no"}, 401, "authFailed"),
    ],
)
def test_a_wrong_secret_is_refused_in_the_words_of_each_call(bench, path, body, status, code):
    reply = bench.api(path, body, token="")
    assert (reply.status, reply.json["code"]) == (status, code)
    assert reply.json["requestid"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_gettoken_answers_http_200_with_an_errcode_whatever_is_wrong(bench, method):
    wrong = bench.oapi("gettoken", method="GET", appkey="dingapp", appsecret="no")
    in_a_body = bench.oapi("gettoken", {"appkey": "dingapp", "appsecret": "app-secret"}, method=method)
    assert (wrong.status, wrong.json["errcode"]) == (200, 40096)
    assert (in_a_body.status, in_a_body.json["errcode"]) == (200, 40035)
    assert "corpid or appkey" in in_a_body.json["errmsg"]


def test_the_new_family_wants_the_token_in_its_header(bench):
    missing = bench.api(SEND, {}, token="")
    wrong = bench.api(SEND, {}, token="nonsense")
    bearer = bench.send(Host.API, "POST", SEND, {}, headers={"authorization": f"Bearer {bench.token}"})
    in_query = bench.send(Host.API, "POST", SEND, {}, query={"access_token": bench.token})
    assert (missing.status, missing.json["code"]) == (400, "AuthenticationFailed.MissingParameter")
    assert missing.json["message"] == "缺少参数：x-acs-dingtalk-access-token"
    assert (wrong.status, wrong.json["code"]) == (400, "InvalidAuthentication")
    assert wrong.json["message"] == "不合法的access_token"
    assert bearer.json["code"] == in_query.json["code"] == "AuthenticationFailed.MissingParameter"


def test_the_old_family_wants_the_token_in_the_query(bench):
    empty = bench.oapi("topapi/v2/user/get", {"userid": "lead"})
    wrong = bench.oapi("topapi/v2/user/get", {"userid": "lead"}, access_token="nonsense")
    assert (empty.status, empty.json["errcode"], empty.json["sub_code"]) == (200, 88, "40000")
    assert (wrong.status, wrong.json["errcode"], wrong.json["sub_code"]) == (200, 88, "40014")
    assert wrong.json["errmsg"] == "ding talk error[subcode=40014,submsg=不合法的access_token]"


def test_a_missing_permission_is_named(bench):
    bench.cloud.admission.missing_scopes = frozenset({"qyapi_robot_sendmsg", "qyapi_get_member"})
    new = bench.api(SEND, {})
    old = bench.oapi("topapi/v2/user/get", {"userid": "lead"}, access_token=bench.token)
    assert new.status == 403
    assert new.json["code"] == "Forbidden.AccessDenied.AccessTokenPermissionDenied"
    assert new.json["accessdenieddetail"] == {"requiredScopes": ["qyapi_robot_sendmsg"]}
    assert (old.json["errcode"], old.json["sub_code"]) == (88, "60011")


@pytest.mark.parametrize(
    ("host", "method", "path", "errcode", "phrase"),
    [
        (Host.API, "POST", "v1.0/no/such", 404, "请求的URI地址不存在"),
        (Host.API, "DELETE", "v1.0/card/instances", 404, "请求的URI地址不存在"),
        (Host.API, "POST", "robot/send", 404, "请求的URI地址不存在"),
        (Host.OAPI, "POST", "no/such", 404, "请求的URI地址不存在"),
        (Host.OAPI, "POST", "topapi/no/such", 22, "Invalid method"),
        (Host.OAPI, "GET", "robot/send", 43002, "POST"),
    ],
)
def test_an_unknown_address_answers_http_200_with_an_errcode(bench, *, host, method, path, errcode, phrase):
    reply = bench.send(host, method, path, {})
    assert (reply.status, reply.json["errcode"]) == (200, errcode)
    assert phrase in reply.json["errmsg"]


def test_a_person_is_found_by_user_id_and_not_by_union_id(bench):
    found = bench.oapi("topapi/v2/user/get", {"userid": "lead"}, access_token=bench.token).json["result"]
    mistaken = bench.oapi("topapi/v2/user/get", {"userid": "union-lead"}, access_token=bench.token).json
    by_form = bench.send(
        Host.OAPI,
        "POST",
        "topapi/v2/user/get",
        b"userid=fitter",
        query={"access_token": bench.token},
        headers={"content-type": "application/x-www-form-urlencoded"},
    ).json
    assert (found["userid"], found["unionid"], found["mobile"]) == ("lead", "union-lead", "13800000001")
    assert mistaken["errcode"] == 60121
    assert by_form["result"]["name"] == "Fitter"
    assert "mobile" not in by_form["result"]


def test_twenty_calls_a_second_of_one_api_pass_and_the_next_is_refused_until_the_second_is_over(bench):
    def is_too_fast() -> bool:
        reply = bench.api(SEND, {})
        return reply.status == 403 and reply.json["code"] == "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"

    assert [is_too_fast() for _ in range(21)] == [False] * 20 + [True]
    assert bench.raise_card().status == 200, "another API has a count of its own"
    bench.advance(1)
    assert not is_too_fast()


def test_the_old_family_says_too_fast_by_errcode_90018(bench_with):
    bench = bench_with(calls_per_second=1)
    answers = [bench.oapi("topapi/v2/user/get", {"userid": "lead"}, access_token=bench.token).json for _ in range(2)]
    assert [answer["errcode"] for answer in answers] == [0, 90018]


def test_when_the_months_calls_are_spent_sends_are_refused_tokens_are_not_and_the_next_month_begins_anew(bench_with):
    bench = bench_with(api_calls_per_month=2)
    assert [bench.raise_card(f"c{n}").status for n in range(3)] == [200, 200, 403]
    assert bench.raise_card("c3").json["code"] == "Forbidden.AccessDenied.ApiCountLimitForOrg"
    assert bench.api("v1.0/oauth2/accessToken", SECRET).status == 200
    # 2023-11-14T22:13:20Z is already the 15th in China; seventeen days later it is December there.
    bench.advance(17 * 86_400)
    bench.token = bench.api("v1.0/oauth2/accessToken", SECRET).json["accessToken"]
    assert bench.raise_card("c4").status == 200


def test_old_replies_may_carry_the_errcode_as_a_text(bench_with):
    bench = bench_with(errcode_as_text=True)
    assert bench.oapi("gettoken", method="GET", appkey="dingapp", appsecret="app-secret").json["errcode"] == "0"
    assert bench.oapi("gettoken", method="GET").json["errcode"] == "40035"


def test_the_gateway_answers_in_xml_when_json_is_not_asked_for(bench):
    body = {"clientId": "dingapp", "clientSecret": "app-secret", "subscriptions": []}
    reply = bench.send(Host.API, "POST", "v1.0/gateway/connections/open", body, headers={"accept": "*/*"})
    assert reply.headers["content-type"] == "application/xml"
    assert b"<ticket>" in reply.body
