"""The account as people, tags and the log read it."""

from __future__ import annotations

import asyncio

import pytest

from cloud_bridge.quota.account import Account, Limits
from cloud_bridge.quota.statement import QuotaHealth, health_of, statements
from cloud_bridge.quota.watch import watch_quotas
from edge.model.moment import HOUR, from_iso
from edge.model.quota import Kind, Usage
from edge.runtime.virtual import VirtualClock, run_virtually

ZONE = "Asia/Shanghai"
NOW = from_iso("2026-06-10T12:00:00+08:00")
TODAY = "2026-06-10"
EMPTY = Account(Limits(api=1_000, pushes=500, sms_a_day=5, calls_a_day=0), ZONE)


def used(*usages: Usage) -> Account:
    return EMPTY.counted(usages)


def test_a_statement_names_what_is_spent_left_and_reserved() -> None:
    api, push, sms, call = statements("dingtalk", used(Usage(Kind.API, TODAY, 40), Usage(Kind.SMS, TODAY, 2)), NOW)
    assert (api.spent, api.left, api.limit, api.reserved, api.a_day, api.ends) == (40, 960, 1_000, 100, 40.0, None)
    assert (push.spent, push.left, push.monthly) == (0, 500, True)
    assert (sms.spent, sms.left, sms.monthly) == (2, 3, False)
    assert (call.spent, call.left) == (0, 0)


@pytest.mark.parametrize(
    ("account", "health"),
    [
        (EMPTY, QuotaHealth(100.0, lasts=True, balance=True)),
        (used(Usage(Kind.API, "2026-06-01", 250), Usage(Kind.PUSH, "2026-06-01", 250)), QuotaHealth(50.0, True, True)),
        (used(Usage(Kind.API, TODAY, 250)), QuotaHealth(75.0, lasts=False, balance=True)),
        (used(Usage(Kind.SMS, TODAY, 5)), QuotaHealth(100.0, lasts=True, balance=False)),
        (EMPTY.refused(Kind.CALL, NOW), QuotaHealth(100.0, lasts=True, balance=False)),
        (EMPTY.refused(Kind.API, NOW), QuotaHealth(0.0, lasts=False, balance=True)),
    ],
)
def test_tags_say_how_it_is_with_the_worst(account: Account, health: QuotaHealth) -> None:
    assert health_of(statements("dingtalk", account, NOW)) == health


def test_where_no_cloud_counts_nobody_can_tell() -> None:
    assert health_of([]) is None


def test_a_quota_that_ends_early_is_told_once_a_day(capsys: pytest.CaptureFixture[str]) -> None:
    async def main(clock: VirtualClock) -> None:
        account = used(Usage(Kind.API, TODAY, 250))
        watching = asyncio.create_task(watch_quotas(lambda: statements("dingtalk", account, clock.now()), ZONE, clock))
        await clock.sleep_until(NOW + 30 * HOUR)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    run_virtually(main, NOW)
    told = capsys.readouterr().out
    assert told.count("ends early") == 2
    assert told.count("2026-06-13T04:00") == 1
