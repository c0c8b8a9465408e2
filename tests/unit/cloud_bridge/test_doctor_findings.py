"""What the doctor makes of an answer, and how it says so: the tables, without a call."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_bridge.dingtalk.doctor.findings import VERDICTS, Check, Finding, Reason, State, Verdict, state_of
from cloud_bridge.dingtalk.doctor.heard import heard
from cloud_bridge.dingtalk.doctor.probes import (
    NOBODY,
    Probe,
    group_probe,
    person_probe,
    robot_in,
    scope_probe,
    template_probe,
    webhook_meaning,
)
from cloud_bridge.dingtalk.doctor.report import document_of, text_of
from cloud_bridge.dingtalk.endpoints import Host, Scope
from cloud_bridge.dingtalk.scopes import needs
from edge.ports import HttpReply, NoReply
from edge.texts import catalogue, render
from tests.unit.cloud_bridge.intents import START, config
from tests.unit.cloud_bridge.scripted import PLANT

DENIED = {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied", "message": "应用尚未开通所需的权限"}
DENIED_NAMED = DENIED | {"accessdenieddetail": {"requiredScopes": ["Card.Instance.Write"]}}
DENIED_OLD = {"errcode": 88, "sub_code": "60011", "errmsg": "ding talk error[subcode=60011,submsg=x]", "sub_msg": "无权限"}
LANGUAGES = ("zh", "en")


def reply(body: Any, status: int = 200) -> HttpReply:
    return HttpReply(status, body, {})


SAID_BEFORE: list[tuple[HttpReply | NoReply, Reason]] = [
    (reply(DENIED_NAMED, 403), Reason.MISSING),
    (reply(DENIED_OLD), Reason.MISSING),
    (reply({"errcode": "60020", "errmsg": "ip"}), Reason.ADDRESS_NOT_LISTED),
    (reply({"code": "Forbidden.AccessDenied.IpNotInWhiteList"}, 403), Reason.ADDRESS_NOT_LISTED),
    (reply({"code": "invalidClientIdOrSecret"}, 400), Reason.CREDENTIALS_WRONG),
    (reply({"code": "authFailed"}, 401), Reason.CREDENTIALS_WRONG),
    (reply({"code": "Forbidden.AccessDenied.ApiCountLimitForOrg"}, 403), Reason.QUOTA_SPENT),
    (reply({"errcode": 90020}), Reason.QUOTA_SPENT),
    (reply({"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}, 403), Reason.BUSY),
    (reply({"message": "?"}, 502), Reason.BUSY),
    (reply({"status": 1111, "wait": 5, "source": "x5", "punish": "deny"}), Reason.BANNED),
    (reply(None, 200), Reason.INTERCEPTED),
    (reply([], 200), Reason.INTERCEPTED),
    (NoReply("no answer: ConnectError: [Errno -2] Name or service not known", sent=False), Reason.NAME_UNKNOWN),
    (NoReply("no answer: ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] self-signed", sent=False), Reason.NOT_TRUSTED),
    (NoReply("the proxy did not let us through: 407", sent=False), Reason.PROXY_REFUSES),
    (NoReply("no answer within 6 s", sent=False), Reason.NO_WAY),
]


@pytest.mark.parametrize(("came", "reason"), SAID_BEFORE, ids=[f"{n}-{row[1]}" for n, row in enumerate(SAID_BEFORE)])
def test_what_stands_before_a_call_is_told_apart(came: HttpReply | NoReply, reason: Reason) -> None:
    assert heard(came).reason is reason
    assert person_probe("x").meaning(heard(came)) is reason


def test_the_permissions_that_an_answer_names_are_kept() -> None:
    assert heard(reply(DENIED_NAMED, 403)).scopes == ("Card.Instance.Write",)
    assert heard(reply(DENIED, 403)).scopes == ()


def test_an_answer_that_nobody_foresaw_is_neither_yes_nor_no() -> None:
    probe = scope_probe(Scope.CARD, config(), START)
    assert probe is not None
    assert probe.meaning(heard(reply({"code": "param.cardNotExist"}, 400))) is Reason.GRANTED
    assert probe.meaning(heard(reply({"success": True}))) is Reason.GRANTED
    assert probe.meaning(heard(reply({"code": "something.new"}, 400))) is Reason.UNCLEAR
    assert probe.meaning(heard(reply({"errcode": 404, "errmsg": "请求的URI地址不存在"}))) is Reason.UNCLEAR


def everything() -> Any:
    return config(**{**PLANT, "agent_id": 7, "shifts": {"operator": "lead.a"}})


def test_each_permission_that_a_plant_can_need_has_a_call_but_the_one_closed_to_new_apps() -> None:
    without = {scope for scope in Scope if scope is not Scope.NONE and scope_probe(scope, everything(), START) is None}
    assert without == {Scope.DEVICE}


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope not in (Scope.NONE, Scope.DEVICE)])
def test_a_permission_is_tried_by_a_call_of_its_own_about_what_does_not_exist(scope: Scope) -> None:
    probe = scope_probe(scope, everything(), START)
    assert probe is not None
    assert probe.request.endpoint.scope is scope
    reads = probe.request.endpoint.host is Host.OAPI or probe.request.endpoint.method == "GET"
    names = f"{probe.request.path} {probe.request.body} {probe.request.query}"
    assert reads or NOBODY in names or "NoSuchGroup" in names or "'userIds': []" in names


def test_a_robot_code_that_names_no_robot_is_told_with_the_permission() -> None:
    probe = scope_probe(Scope.ROBOT, config(), START)
    assert probe is not None
    assert probe.meaning(heard(reply({"code": "invalidParameter.robotCode.notExsit"}, 400))) is Reason.ROBOT_UNKNOWN
    assert probe.meaning(heard(reply({"code": "invalidParameter.userIds.empty"}, 400))) is Reason.GRANTED


def test_a_template_is_tried_under_another_name_each_time() -> None:
    first, second = (template_probe("t.schema", now).request.body for now in (START, START + 1_000))
    assert first is not None and second is not None
    assert first["outTrackId"] != second["outTrackId"]
    assert "openSpaceId" not in first


OF_TEMPLATES = [
    ({"code": "param.templateNotExist"}, Reason.TEMPLATE_UNKNOWN),
    ({"code": "param.templateUnpublished"}, Reason.TEMPLATE_UNPUBLISHED),
    ({"code": "param.cardAlreadyExist"}, Reason.TEMPLATE_KNOWN),
]
OF_PERSONS = [
    ({"errcode": 60121}, Reason.PERSON_UNKNOWN),
    ({"errcode": 88, "sub_code": "33012"}, Reason.PERSON_UNKNOWN),
    ({"errcode": 50002}, Reason.PERSON_HIDDEN),
    ({"errcode": 0, "result": {}}, Reason.FOUND),
]


@pytest.mark.parametrize(("body", "reason"), OF_TEMPLATES)
def test_templates(body: dict[str, Any], reason: Reason) -> None:
    assert template_probe("t.schema", START).meaning(heard(reply(body, 400))) is reason


@pytest.mark.parametrize(("body", "reason"), OF_PERSONS)
def test_persons(body: dict[str, Any], reason: Reason) -> None:
    assert person_probe("fitter.a").meaning(heard(reply(body))) is reason


def test_the_robot_is_looked_for_among_those_of_the_group() -> None:
    probe: Probe = group_probe(config().groups["mill"])
    answer = heard(reply({"chatbotInstanceVOList": [{"robotCode": "dingmill"}, {"robotCode": "other"}]}))
    assert probe.meaning(answer) is Reason.ROBOT_IS_IN
    assert robot_in(answer, "dingmill") is Reason.ROBOT_IS_IN
    assert robot_in(answer, "dingelse") is Reason.ROBOT_IS_NOT_IN
    assert robot_in(heard(reply({})), "dingmill") is Reason.UNCLEAR


OF_WEBHOOKS = [
    ({"errcode": 400105, "errmsg": "unsupported msgtype"}, Reason.WEBHOOK_KNOWN),
    ({"errcode": 400101}, Reason.WEBHOOK_UNKNOWN),
    ({"errcode": 300005}, Reason.WEBHOOK_UNKNOWN),
    ({"errcode": 400102}, Reason.WEBHOOK_OFF),
    ({"errcode": 400013}, Reason.GROUP_GONE),
    ({"errcode": 660026}, Reason.WEBHOOK_BLOCKED),
    ({"errcode": 310000, "errmsg": "description:sign not match;solution:x;link:y"}, Reason.SIGNATURE_WRONG),
    ({"errcode": 310000, "errmsg": "keywords not in content"}, Reason.KEYWORDS),
    ({"errcode": 310000, "errmsg": "ip 1.2.3.4 not in whitelist"}, Reason.WEBHOOK_ADDRESS),
    ({"errcode": 310000, "errmsg": "invalid timestamp"}, Reason.STAMP_REFUSED),
    ({"errcode": 0, "errmsg": "ok"}, Reason.UNCLEAR),
]


@pytest.mark.parametrize(("body", "reason"), OF_WEBHOOKS)
def test_webhooks(body: dict[str, Any], reason: Reason) -> None:
    assert webhook_meaning(heard(reply(body))) is reason


FINDINGS: list[tuple[tuple[Reason, ...], State]] = [
    ((Reason.SET, Reason.ANSWERS), State.FINE),
    ((Reason.SET, Reason.WEBHOOK_KNOWN, Reason.MISSING_UNUSED), State.FINE),
    ((Reason.SET, Reason.MISSING), State.TO_MEND),
    ((Reason.MISSING, Reason.NO_WAY), State.UNREACHABLE),
]


@pytest.mark.parametrize(("reasons", "state"), FINDINGS)
def test_what_findings_come_to(reasons: tuple[Reason, ...], state: State) -> None:
    assert state_of(Finding(Check.HOST, "x", reason) for reason in reasons) is state


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_said_and_where_it_is_not_fine_what_to_do(language: str) -> None:
    said = {key.removeprefix("doctor.is.") for key in catalogue(language) if key.startswith("doctor.is.")}
    to_do = {key.removeprefix("doctor.do.") for key in catalogue(language) if key.startswith("doctor.do.")}
    assert said == {str(reason) for reason in Reason}
    assert to_do == {str(reason) for reason in Reason if VERDICTS[reason] is not Verdict.FINE}
    assert all(render(f"doctor.check.{check}", {"subject": "x"}, language) for check in Check)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_says_of_each_finding_what_it_is_and_what_to_click(language: str) -> None:
    why = needs(config())[0].why
    arguments = {"why": why, "scopes": "qyapi_robot_sendmsg", "robot": "dingmill"}
    found = [
        Finding(Check.CREDENTIALS, "dingmill", Reason.ACCEPTED, "", {}),
        Finding(Check.SCOPE, "qyapi_robot_sendmsg", Reason.MISSING, "60011: no", arguments),
        Finding(Check.CLOCK, "", Reason.CLOCK_OFF, "", {"seconds": "+90"}),
    ]
    text = text_of(found, language)
    assert text.count("qyapi_robot_sendmsg") == 2
    assert "+90" in text and "60011: no" in text and render(why, {}, language) in text
    assert text.splitlines()[0].startswith("✓")
    document = document_of(found, language)
    assert document["state"] == "to_mend"
    assert [each["verdict"] for each in document["findings"]] == ["fine", "mend", "advice"]
    assert document["findings"][0]["do"] == "" and document["findings"][1]["do"] in text
