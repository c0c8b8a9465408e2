"""Who looks at a page: codes from a phone, tokens of persons, and people who left (reference 1)."""

from __future__ import annotations

import pytest

BY_CODE, USER_TOKEN = "topapi/v2/user/getuserinfo", "v1.0/oauth2/userAccessToken"


def exchange(bench, **changes):
    body = {"clientId": "dingapp", "clientSecret": "app-secret", "grantType": "authorization_code"}
    return bench.api(USER_TOKEN, body | changes, token="")


def test_a_code_says_once_who_the_person_is(bench):
    code = bench.cloud.user_tokens.issue_code("lead", bench.now)
    first = bench.oapi(BY_CODE, {"code": code}, access_token=bench.token).json
    assert (first["errcode"], first["result"]["userid"], first["result"]["unionid"]) == (0, "lead", "union-lead")
    assert bench.oapi(BY_CODE, {"code": code}, access_token=bench.token).json["errcode"] == 40078


def test_a_code_is_good_for_five_minutes(bench):
    code = bench.cloud.user_tokens.issue_code("lead", bench.now)
    bench.advance(300)
    assert bench.oapi(BY_CODE, {"code": code}, access_token=bench.token).json["errcode"] == 40078


def test_who_left_has_neither_code_nor_token(bench):
    code = bench.cloud.user_tokens.issue_code("lead", bench.now)
    token, refresh = bench.cloud.user_tokens.issue("lead", bench.now)
    bench.cloud.directory.leave("lead")
    assert bench.oapi(BY_CODE, {"code": code}, access_token=bench.token).json["errcode"] == 40078
    assert bench.api("v1.0/contact/users/me", method="GET", token=token).json["code"] == "InvalidAuthentication"
    assert exchange(bench, grantType="refresh_token", refreshToken=refresh).status == 400
    assert bench.oapi("topapi/v2/user/get", {"userid": "lead"}, access_token=bench.token).json["errcode"] == 60121


def test_a_person_logs_in_and_stays_so_by_the_refresh_token(bench):
    first = exchange(bench, code=bench.cloud.user_tokens.issue_code("fitter", bench.now)).json
    assert first["expireIn"] == 7200
    assert bench.api("v1.0/contact/users/me", method="GET", token=first["accessToken"]).json["unionId"] == "union-fitter"
    bench.advance(7200)
    assert bench.api("v1.0/contact/users/me", method="GET", token=first["accessToken"]).json["code"] == "InvalidAuthentication"
    second = exchange(bench, grantType="refresh_token", refreshToken=first["refreshToken"]).json
    assert bench.api("v1.0/contact/users/me", method="GET", token=second["accessToken"]).status == 200


def test_the_apps_own_token_is_nobody(bench):
    assert bench.api("v1.0/contact/users/me", method="GET").json["code"] == "tokenTypeError"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"clientSecret": "other"}, "invalidClientIdOrSecret"),
        ({"grantType": "password"}, "invalidParameter.grantType"),
        ({"code": "none"}, "invalidParameter.authCode.notFound"),
    ],
)
def test_a_wrong_exchange_has_its_code(bench, changes, code):
    reply = exchange(bench, **changes)
    assert (reply.status, reply.json["code"]) == (400, code)
