"""What the cloud counts, over the API and the command line."""

from __future__ import annotations

from cloud_bridge.quota.account import Account, Limits
from cloud_bridge.quota.statement import statements
from edge.model.quota import Kind, Usage
from tests.api_gateway import T0, SmallGateway, Visitor

ACCOUNT = Account(Limits(), "Asia/Shanghai").counted([Usage(Kind.API, "2026-05-04", 1_300), Usage(Kind.SMS, "2026-05-04", 2)])


async def test_each_kind_is_told_with_what_is_left_and_until_when_it_lasts(admin: Visitor, gateway: SmallGateway) -> None:
    gateway.statements = statements("dingtalk", ACCOUNT, T0)
    told = (await admin.get("quota")).json()
    assert told["now"] == "2026-05-04T00:00:00.000000Z"
    api, push, sms, call = told["quotas"]
    assert api == {
        "channel": "dingtalk",
        "kind": "api",
        "per": "month",
        "used": 1_300,
        "limit": 5_000,
        "left": 3_700,
        "reserved": 500,
        "a_day": 1_300.0,
        "ends": "2026-05-06T20:18:27.692307Z",
        "refused_until": None,
    }
    assert (push["used"], push["ends"]) == (0, None)
    assert (sms["per"], sms["used"], sms["left"]) == ("day", 2, 48)
    assert (call["kind"], call["used"]) == ("call", 0)


async def test_a_plant_whose_channels_count_nothing_has_no_rows(admin: Visitor) -> None:
    assert (await admin.get("quota")).json()["quotas"] == []


async def test_who_has_not_logged_in_learns_nothing(stranger: Visitor) -> None:
    assert (await stranger.get("quota")).status_code == 401
