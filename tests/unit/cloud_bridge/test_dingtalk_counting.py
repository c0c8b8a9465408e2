"""What DingTalk counts of a call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloud_bridge.dingtalk.counting import FREE, ONE_CALL, PUSHED, cost_of, cost_of_intent, is_counted, spent_kind
from cloud_bridge.dingtalk.endpoints import CARD_CREATE, DING_APP, DING_PAID, USER_GET, Endpoint, Request
from cloud_bridge.dingtalk.ways import way_of
from edge.model.act import Call, CallMedium, CloseOrder
from edge.model.intent import Intent, Purpose
from edge.model.quota import Cost, Kind
from edge.ports import HttpReply
from tests.unit.cloud_bridge.harness import TO_BOARD, TO_MILL, config, intent

TO_TWO = {"receiverUserIdList": ["chen", "li"]}


@pytest.mark.parametrize(
    ("endpoint", "body", "cost"),
    [
        (CARD_CREATE, {}, {Kind.API: 1}),
        (USER_GET, {}, {}),
        (DING_APP, {"remindType": 1, **TO_TWO}, {Kind.API: 1}),
        (DING_PAID, {"remindType": 2, **TO_TWO}, {Kind.API: 1, Kind.SMS: 2}),
        (DING_PAID, {"remindType": 3, **TO_TWO}, {Kind.API: 1, Kind.CALL: 2}),
    ],
)
def test_a_call_uses_one_and_what_it_rings(endpoint: Endpoint, body: dict[str, Any], cost: Cost) -> None:
    assert cost_of(Request(endpoint, body)) == cost


@pytest.mark.parametrize(
    ("intent", "cost"),
    [
        (intent(), {Kind.API: 1}),
        (intent(Purpose.STATE), {Kind.API: 1}),
        (intent(Purpose.RETURNED), {Kind.API: 1}),
        (intent(address=TO_BOARD), {Kind.PUSH: 1}),
        (intent(Purpose.STATE, address=TO_BOARD), {}),
        (intent(Purpose.RETURNED, address=TO_MILL), {Kind.PUSH: 1}),
        (intent(address={"group": "nowhere"}, recipient="group:nowhere"), {}),
        (replace(intent(), act=Call(CallMedium.APP)), {Kind.API: 1}),
        (replace(intent(), act=Call(CallMedium.SMS)), {Kind.API: 1, Kind.SMS: 1}),
        (replace(intent(), act=Call(CallMedium.PHONE)), {Kind.API: 1, Kind.CALL: 1}),
        (replace(intent(), act=CloseOrder("o1")), {Kind.API: 1}),
    ],
)
def test_what_an_intent_will_cost_goes_by_its_way_and_act(intent: Intent, cost: Cost) -> None:
    assert cost_of_intent(intent, way_of(intent, config())) == cost


@pytest.mark.parametrize(
    ("status", "body", "counted"),
    [
        (200, {"errcode": 0}, True),
        (200, {"processQueryKey": "k"}, True),
        (504, None, True),
        (400, {"code": "param.error"}, True),
        (200, {"errcode": "130101"}, False),
        (200, {"errcode": 88, "sub_code": "90018"}, False),
        (403, {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"}, False),
        (403, {"code": "Forbidden.AccessDenied.ApiCountLimitForOrg"}, False),
        (200, {"status": 1111, "wait": 5, "source": "x5", "punish": "deny"}, False),
    ],
)
def test_what_was_throttled_does_not_count_and_every_other_answer_does(status: int, body: Any, counted: bool) -> None:
    assert is_counted(HttpReply(status, body, {})) == counted


@pytest.mark.parametrize(
    ("body", "cost", "kind"),
    [
        ({"errcode": 90020}, PUSHED, Kind.PUSH),
        ({"errcode": 90020}, ONE_CALL, Kind.API),
        ({"code": "Forbidden.AccessDenied.ApiCountLimitForOrg"}, {Kind.API: 1, Kind.SMS: 1}, Kind.API),
        ({"code": "ding.serverquota.insufficient"}, {Kind.API: 1, Kind.SMS: 1}, Kind.SMS),
        ({"code": "ding.serverquota.insufficient"}, {Kind.API: 1, Kind.CALL: 2}, Kind.CALL),
        ({"code": "ding.serverquota.insufficient"}, FREE, None),
        ({"errcode": 0}, ONE_CALL, None),
    ],
)
def test_an_answer_says_what_is_spent(body: Any, cost: Cost, kind: Kind | None) -> None:
    assert spent_kind(HttpReply(400, body, {}), cost) is kind
