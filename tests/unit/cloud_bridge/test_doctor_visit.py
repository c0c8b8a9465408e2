"""A visit to the stand-in, on virtual time: each thing that can be wrong is found, and no phone notices."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from cloud_bridge.dingtalk.doctor.findings import Check, Finding, Reason, State, Verdict, state_of
from cloud_bridge.dingtalk.doctor.report import document_of, text_of
from cloud_bridge.dingtalk.doctor.visit import Patient, visit
from cloud_bridge.dingtalk.scopes import Need, needs
from edge.model.errors import ConfigError, Problem
from edge.model.moment import HOUR, MINUTE, Span
from edge.runtime.virtual import VirtualClock, run_virtually
from simulators.dingtalk.faults import Fault, FaultKind
from simulators.dingtalk.routes import CallName
from tests.unit.cloud_bridge.harness import SECRETS, StandIn
from tests.unit.cloud_bridge.intents import START, config
from tests.unit.cloud_bridge.scripted import PLANT

PERSONS = {"fitter": "fitter.a", "li": "lead.a"}
MILL = {"conversation_id": "cidMill==", "webhook": {"token": "${env:HOOK_TOKEN}", "secret": "${env:HOOK_SECRET}"}}


class _Skewed:
    """A clock whose wall is wrong."""

    def __init__(self, clock: VirtualClock, skew: Span) -> None:
        self.now, self.sleep_until = clock.now, clock.sleep_until
        self._skew = skew

    def wall(self) -> int:
        return self.now() + self._skew


#: Effects in the ledger that nobody notices. A card that was created is nowhere before it is delivered.
HARMLESS = {"token issued", "ticket issued", "refused", "looked up", "card created"}

Break = Callable[[StandIn, int], None]


def nothing(_standin: StandIn, _now: int) -> None:
    pass


def visited(
    break_: Break = nothing,
    *,
    changes: Mapping[str, Any] | None = None,
    persons: Mapping[str, str] = PERSONS,
    secrets: Mapping[str, str] = SECRETS,
    skew: Span = 0,
    standins: list[StandIn] | None = None,
) -> tuple[Finding, ...]:
    """What is found at a stand-in after it was broken."""

    def reveal(reference: str) -> str:
        if reference not in secrets:
            raise ConfigError([Problem(reference, 1, 1, "is not set", "secret_unset")])
        return secrets[reference]

    async def main(clock: VirtualClock) -> tuple[Finding, ...]:
        standin = StandIn(clock)
        ticking = asyncio.create_task(standin.run())
        break_(standin, clock.now())
        patient = Patient(config(**{"groups": {"mill": MILL}, **(changes or {})}), persons, reveal)
        found = await visit(patient, standin.transport, _Skewed(clock, skew), lambda _done, _of: None)
        ticking.cancel()
        assert [chat for person in ("fitter.a", "lead.a", "stranger") for chat in standin.shown(person)] == []
        if standins is not None:
            standins.append(standin)
        return found

    return run_virtually(main, START)


def asking(found: tuple[Finding, ...]) -> list[tuple[Check, str, Reason]]:
    """What is neither fine nor only not looked at."""
    return [(each.check, each.subject, each.reason) for each in found if each.verdict in (Verdict.MEND, Verdict.UNREACHABLE)]


def test_a_plant_that_is_set_up_rightly_has_nothing_to_mend() -> None:
    found = visited()
    assert asking(found) == []
    assert state_of(found) is State.FINE
    checks = {each.check for each in found if each.verdict is Verdict.FINE}
    assert checks == {
        Check.SECRET,
        Check.HOST,
        Check.CLOCK,
        Check.CREDENTIALS,
        Check.STREAM,
        Check.SCOPE,
        Check.TEMPLATE,
        Check.GROUP,
        Check.PERSON,
    }


def test_no_call_of_a_visit_has_an_effect() -> None:
    standins: list[StandIn] = []
    visited(standins=standins)
    assert {str(entry.effect) for entry in standins[0].cloud.ledger} <= HARMLESS
    assert not standins[0].connections


def without_scope(scope: str) -> Break:
    def break_(standin: StandIn, _now: int) -> None:
        standin.cloud.admission.missing_scopes = frozenset({scope})

    return break_


@pytest.mark.parametrize("scope", ["qyapi_robot_sendmsg", "Card.Instance.Write", "Premium.Ding.Write", "qyapi_get_member"])
def test_a_permission_that_is_missing_is_told_by_name(scope: str) -> None:
    assert asking(visited(without_scope(scope))) == [(Check.SCOPE, scope, Reason.MISSING)]


def test_a_permission_that_alarms_do_not_need_is_only_told() -> None:
    found = visited(without_scope("Todo.Todo.Write"))
    assert asking(found) == []
    assert [each.reason for each in found if each.subject == "Todo.Todo.Write"] == [Reason.MISSING_UNUSED]


def test_whether_the_robot_is_in_a_group_is_not_known_without_the_permission_to_look() -> None:
    found = visited(without_scope("qyapi_chat_manage"))
    assert asking(found) == []
    assert [each.reason for each in found if each.check is Check.GROUP] == [Reason.MEMBERS_HIDDEN]


def group_with(**changes: Any) -> Break:
    def break_(standin: StandIn, _now: int) -> None:
        directory = standin.cloud.directory
        directory.put(replace(directory.groups[0], **changes))

    return break_


def hook_with(**changes: Any) -> Break:
    def break_(standin: StandIn, now: int) -> None:
        hook = standin.cloud.directory.groups[0].webhook
        assert hook is not None
        group_with(webhook=replace(hook, **changes))(standin, now)

    return break_


def fails(call: CallName, status: int, code: str | int) -> Break:
    def break_(standin: StandIn, now: int) -> None:
        standin.cloud.ask_fault(Fault(FaultKind.FAIL, call, 9, status, str(code), "said so"), now)

    return break_


PERSON_AWAY = fails(CallName.USER_GET, 200, 50002)
HIDDEN = [(Check.PERSON, name, Reason.PERSON_HIDDEN) for name in PERSONS]
UNPUBLISHED = fails(CallName.CARD_CREATE, 400, "param.templateUnpublished")
CARD = "andon-alarm-card.schema"

WRONG: list[tuple[str, Break, dict[str, Any], list[tuple[Check, str, Reason]]]] = [
    ("robot not in group", group_with(robot_is_member=False), {}, [(Check.GROUP, "mill", Reason.ROBOT_IS_NOT_IN)]),
    ("group gone", group_with(disbanded=True), {}, [(Check.WEBHOOK, "mill", Reason.GROUP_GONE)]),
    ("template", nothing, {"card_template_id": "other.schema"}, [(Check.TEMPLATE, "other.schema", Reason.TEMPLATE_UNKNOWN)]),
    ("not published", UNPUBLISHED, {}, [(Check.TEMPLATE, CARD, Reason.TEMPLATE_UNPUBLISHED)]),
    ("webhook token", hook_with(token="another"), {}, [(Check.WEBHOOK, "mill", Reason.WEBHOOK_UNKNOWN)]),
    ("webhook off", hook_with(enabled=False), {}, [(Check.WEBHOOK, "mill", Reason.WEBHOOK_OFF)]),
    ("outside the visible range", PERSON_AWAY, {}, HIDDEN),
]


@pytest.mark.parametrize(("case", "break_", "changes", "wrong"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_found(
    case: str, break_: Break, changes: dict[str, Any], wrong: list[tuple[Check, str, Reason]]
) -> None:
    assert asking(visited(break_, changes=changes)) == wrong


def test_a_group_that_nobody_has_is_told() -> None:
    found = visited(changes={"groups": {"mill": {"conversation_id": "cidOther=="}}})
    assert asking(found) == [(Check.GROUP, "mill", Reason.GROUP_UNKNOWN)]


def test_a_robot_code_that_is_wrong_is_told_once_for_all_that_the_robot_does() -> None:
    wrong = {(check, reason) for check, _subject, reason in asking(visited(changes={"robot_code": "dingother"}))}
    assert wrong == {(Check.SCOPE, Reason.ROBOT_UNKNOWN), (Check.GROUP, Reason.ROBOT_IS_NOT_IN)}


def test_who_is_not_in_the_organisation_is_named() -> None:
    assert asking(visited(persons={"fitter": "fitter.a", "ghost": "nobody.a"})) == [
        (Check.PERSON, "ghost", Reason.PERSON_UNKNOWN)
    ]


def test_wrong_credentials_are_told_and_nothing_behind_them_is_asked() -> None:
    standins: list[StandIn] = []
    found = visited(secrets={**SECRETS, "${env:APP_SECRET}": "an-older-secret"}, standins=standins)
    assert asking(found) == [(Check.CREDENTIALS, "dingmill", Reason.CREDENTIALS_WRONG)]
    assert found[-1].reason is Reason.SKIPPED
    assert not any("robot" in entry.name or "card" in entry.name for entry in standins[0].cloud.ledger)


def test_a_secret_that_is_not_set_is_told_by_its_reference_alone() -> None:
    found = visited(secrets={name: value for name, value in SECRETS.items() if "APP" not in name})
    assert asking(found) == [(Check.SECRET, "${env:APP_SECRET}", Reason.UNSET)]


def test_no_secret_is_in_what_is_found() -> None:
    def echo(standin: StandIn, now: int) -> None:
        fault = Fault(FaultKind.FAIL, CallName.WEBHOOK_SEND, 9, 200, "400101", "hook-token-1 and SECmill are unknown")
        standin.cloud.ask_fault(fault, now)

    shown = text_of(visited(echo), "en") + str(document_of(visited(echo), "zh"))
    assert "are unknown" in shown
    assert not any(secret in shown for secret in SECRETS.values())


CLOCKS = [(0, Reason.CLOCK_RIGHT), (5 * MINUTE, Reason.CLOCK_OFF), (-5 * MINUTE, Reason.CLOCK_OFF)]
CLOCKS += [(2 * HOUR, Reason.CLOCK_WRONG), (-3 * HOUR, Reason.CLOCK_WRONG)]


@pytest.mark.parametrize(("skew", "reason"), CLOCKS)
def test_the_clock_is_compared_with_dingtalks(skew: Span, reason: Reason) -> None:
    (clock,) = [each for each in visited(skew=skew) if each.check is Check.CLOCK]
    assert clock.reason is reason
    assert clock.arguments is not None
    assert abs(float(clock.arguments["seconds"]) - skew / 1_000_000) <= 1.5


def test_where_no_way_leads_to_dingtalk_that_is_all_that_is_said() -> None:
    found = visited(lambda standin, now: standin.cloud.cut(now, None))
    assert [reason for _check, _subject, reason in asking(found)] == [Reason.NO_WAY, Reason.NO_WAY]
    assert state_of(found) is State.UNREACHABLE
    assert found[-1].reason is Reason.SKIPPED


def test_a_spent_quota_is_one_finding() -> None:
    found = visited(lambda standin, now: standin.cloud.spend_quota(now, api_calls=True, pushes=False))
    assert asking(found) == [(Check.QUOTA, "", Reason.QUOTA_SPENT)]


def test_a_call_that_was_throttled_is_made_once_more() -> None:
    def throttled(standin: StandIn, now: int) -> None:
        code = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
        standin.cloud.ask_fault(Fault(FaultKind.FAIL, CallName.CARD_UPDATE, 1, 403, code, "slowly"), now)

    (card,) = [each for each in visited(throttled) if each.subject == "Card.Instance.Write"]
    assert card.reason is Reason.GRANTED


def test_without_a_card_template_its_permission_is_not_asked_for() -> None:
    found = visited(changes={"card_template_id": None})
    assert asking(found) == []
    assert [each.reason for each in found if each.check is Check.TEMPLATE] == [Reason.NO_TEMPLATE]
    assert not any(each.subject == "Card.Instance.Write" for each in found)


def test_what_no_call_tells_is_said_to_be_so() -> None:
    found = visited(changes={"calls": ["app", "sms", "phone"], "group_template_id": "andon-incident-group"})
    untold = {each.check: each.reason for each in found if each.verdict is Verdict.UNCHECKED}
    assert untold[Check.BALANCE] is Reason.BALANCE_UNTOLD
    assert untold[Check.SCENE_GROUP] is Reason.SCENE_GROUP_UNTOLD
    assert untold[Check.QUOTA] is Reason.QUOTA_UNTOLD
    assert untold[Check.WEBHOOK] is Reason.WEBHOOK_KNOWN


def test_with_callbacks_no_stream_is_asked_for_and_their_secrets_are_looked_at() -> None:
    callbacks = {"url": "https://andon.example", "card_secret": "${env:CARD_SECRET}"}
    standins: list[StandIn] = []
    found = visited(changes={"callbacks": callbacks}, standins=standins)
    assert asking(found) == [(Check.SECRET, "${env:CARD_SECRET}", Reason.UNSET)]
    assert [each.reason for each in found if each.check is Check.CALLBACKS] == [Reason.CALLBACKS_UNTOLD]
    assert "ticket issued" not in {str(entry.effect) for entry in standins[0].cloud.ledger}


def everything() -> dict[str, Any]:
    """A configuration that needs every permission that there is a call for."""
    return {**PLANT, "agent_id": 1_000_001, "shifts": {"operator": "lead.a"}, "groups": {"mill": MILL}}


def test_a_plant_with_everything_is_looked_at_without_a_question_left() -> None:
    standins: list[StandIn] = []
    found = visited(changes=everything(), standins=standins)
    assert asking(found) == []
    assert not [each for each in found if each.reason in (Reason.UNCLEAR, Reason.BUSY)]
    assert {str(entry.effect) for entry in standins[0].cloud.ledger} <= HARMLESS


@pytest.mark.parametrize("need", needs(config(**everything())), ids=lambda need: str(need.scope))
def test_each_permission_of_such_a_plant_is_missed_by_name(need: Need) -> None:
    found = visited(without_scope(str(need.scope)), changes=everything())
    told = {each.subject: each.reason for each in found if each.check is Check.SCOPE}
    assert told[str(need.scope)] is (Reason.MISSING_UNUSED if need.is_optional else Reason.MISSING)
    assert [name for name, reason in told.items() if reason is not Reason.GRANTED] == [str(need.scope)]


def test_an_agent_id_of_another_app_is_told() -> None:
    assert asking(visited(changes={"agent_id": 7})) == [(Check.AGENT, "7", Reason.AGENT_UNKNOWN)]


REFUSED_ALL = ["Forbidden.AccessDenied.AccessTokenPermissionDenied", "Forbidden.AccessDenied.IpNotInWhiteList", "authFailed"]
REFUSED_ALL += ["Forbidden.AccessDenied.ApiCountLimitForOrg", "system.busy", "InvalidAuthentication", "something.new"]


@pytest.mark.parametrize(
    "call", ["*", CallName.ACCESS_TOKEN, CallName.GATEWAY_OPEN, CallName.CARD_CREATE, CallName.GROUP_ROBOTS]
)
@pytest.mark.parametrize("code", REFUSED_ALL)
def test_whatever_a_call_is_refused_for_can_be_said(code: str, call: str) -> None:
    found = visited(lambda standin, now: standin.cloud.ask_fault(Fault(FaultKind.FAIL, call, 99, 403, code, "no"), now))
    for language in ("zh", "en"):
        assert text_of(found, language)
        assert document_of(found, language)["findings"]


OLD_REFUSALS = ["60011", "60020", "90020", "-1", "310000", "999"]


@pytest.mark.parametrize("call", [CallName.WEBHOOK_SEND, CallName.USER_GET])
@pytest.mark.parametrize("code", OLD_REFUSALS)
def test_whatever_an_old_call_is_refused_for_can_be_said(code: str, call: CallName) -> None:
    found = visited(lambda standin, now: standin.cloud.ask_fault(Fault(FaultKind.FAIL, call, 99, 200, code, "no"), now))
    for language in ("zh", "en"):
        assert text_of(found, language)
