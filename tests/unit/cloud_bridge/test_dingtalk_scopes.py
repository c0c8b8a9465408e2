"""The table of calls, and which permissions a configuration needs."""

from __future__ import annotations

from typing import Any

import pytest

from cloud_bridge.dingtalk import endpoints
from cloud_bridge.dingtalk.endpoints import ENDPOINTS, Endpoint, Host, Repeat, Request, Scope
from cloud_bridge.dingtalk.scopes import calls_under, needs
from edge.texts import render
from tests.unit.cloud_bridge.intents import config
from tests.unit.cloud_bridge.scripted import PLANT


def test_all_calls_are_in_the_table_under_names_of_their_own() -> None:
    assert set(ENDPOINTS) == {value for value in vars(endpoints).values() if isinstance(value, Endpoint)}
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS)


def test_what_rings_and_costs_is_never_repeated_and_what_has_no_key_is_known() -> None:
    assert [each.name for each in ENDPOINTS if each.repeat is Repeat.NEVER] == ["ding sms or phone"]
    assert {each.name for each in ENDPOINTS if each.repeat is Repeat.LOOK_FIRST} == {"conference create", "approval start"}


def test_contact_calls_are_not_counted_and_attendance_is() -> None:
    free = {each.name for each in ENDPOINTS if not each.counted}
    assert free == {"user get", "user by mobile", "user by code", "users of a department", "sub-departments"}
    assert all(each.host is Host.OAPI for each in ENDPOINTS if not each.counted)


def test_a_part_of_a_path_cannot_lead_to_another_call() -> None:
    request = Request(endpoints.TODO_BY_SOURCE, None, {"union": "u/../x", "source": "工单?a=b#c"})
    assert request.path == "/v1.0/todo/users/u%2F..%2Fx/tasks/sources/%E5%B7%A5%E5%8D%95%3Fa%3Db%23c"


NEEDS: list[tuple[str, dict[str, Any], Scope, bool]] = [
    ("cards", {}, Scope.CARD, True),
    ("no work notices", {}, Scope.BASE, False),
    ("work notices", {"agent_id": 7}, Scope.BASE, True),
    ("people are rung", {}, Scope.DING, True),
    ("nobody is rung", {"calls": []}, Scope.DING, False),
    ("no groups", {}, Scope.GROUP, False),
    ("groups", {"group_template_id": "t"}, Scope.GROUP, True),
    ("tables", {"tables": PLANT["tables"]}, Scope.TABLE, True),
    ("documents", {"documents": PLANT["documents"]}, Scope.WIKI_CONTENT, True),
    ("approvals", {"approvals": PLANT["approvals"]}, Scope.APPROVAL_READ, True),
    ("shifts", {"shifts": {"operator": "lead.a"}}, Scope.SHIFTS, True),
]


@pytest.mark.parametrize(("case", "changes", "scope", "is_needed"), NEEDS, ids=[row[0] for row in NEEDS])
def test_only_what_is_configured_needs_a_permission(case: str, changes: dict[str, Any], scope: Scope, is_needed: bool) -> None:
    assert (scope in {need.scope for need in needs(config(**changes))}) is is_needed


def test_what_alarms_need_comes_first_and_is_named_once() -> None:
    wanted = needs(config(**PLANT))
    assert [need.is_optional for need in wanted] == sorted(need.is_optional for need in wanted)
    assert len({need.scope for need in wanted}) == len(wanted)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_permission_has_a_reason_and_a_call(language: str) -> None:
    for scope in Scope:
        if scope is not Scope.NONE:
            assert render(f"dingtalk.scope.{scope.name.lower()}", {}, language)
            assert calls_under(scope)
