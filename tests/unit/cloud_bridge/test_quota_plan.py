"""The plan that delivery asks: what leaves together passes no limit, and who has another way is known."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from cloud_bridge.quota.account import Limits
from cloud_bridge.quota.config import QuotaConfig
from cloud_bridge.quota.plan import has_other_way
from cloud_bridge.quota.planner import Decision, Elsewhere, Hold, Reason, Send, always_send
from cloud_bridge.quota.quotas import Quotas
from edge.model.act import Call, CallMedium
from edge.model.alarm import Priority
from edge.model.intent import Intent, Purpose
from edge.model.moment import MINUTE
from edge.model.quota import Cost, Kind
from edge.response.policy import Policy
from edge.runtime.offload import Inline
from edge.runtime.virtual import VirtualClock
from edge.store.store import open_store
from tests.unit.cloud_bridge.harness import START, TO_MILL, intent, message, virtually
from tests.unit.cloud_bridge.quota_bench import policy_with
from tests.unit.cloud_bridge.scripted_channel import ScriptedChannel

CRITICAL = message(priority=Priority.CRITICAL)


class Counting(ScriptedChannel):
    """A channel whose cloud counts: one call an intent, and one telephone call where it is that."""

    def cost(self, wanted: Intent) -> Cost:
        return {Kind.API: 1, Kind.CALL: 1} if isinstance(wanted.act, Call) else {Kind.API: 1}


def at_the_quotas(story: Callable[[VirtualClock, Quotas], Awaitable[None]], policy: Policy | None = None) -> None:
    async def main(clock: VirtualClock) -> None:
        store = open_store(None, site="crm", agent="line-1", now=START)
        await story(clock, Quotas(policy or policy_with(), store, Inline(), clock))
        store.close()

    virtually(main)


def test_attempts_that_are_let_go_together_do_not_pass_the_cap() -> None:
    async def story(clock: VirtualClock, quotas: Quotas) -> None:
        meter = await quotas.open("dingtalk", QuotaConfig(calls_a_day=2))
        plan = quotas.plan(Counting(clock))
        calls = [replace(intent(message=CRITICAL, alarm=f"CRM.GAS{n}/leak"), act=Call(CallMedium.PHONE)) for n in range(4)]
        told: list[Decision] = [plan(each) for each in calls[:3]]
        assert told == [Send(), Send(), Elsewhere(Reason.CAP_OF_THE_DAY)]
        for _ in range(2):
            await meter.using({Kind.API: 1, Kind.CALL: 1})
        assert plan(calls[3]) == Elsewhere(Reason.CAP_OF_THE_DAY)

    at_the_quotas(story)


def test_an_attempt_that_used_nothing_makes_room_again() -> None:
    async def story(clock: VirtualClock, quotas: Quotas) -> None:
        await quotas.open("dingtalk", QuotaConfig(calls_a_day=1))
        plan = quotas.plan(Counting(clock))
        call = replace(intent(message=CRITICAL), act=Call(CallMedium.PHONE))
        assert [plan(call), plan(call)] == [Send(), Elsewhere(Reason.CAP_OF_THE_DAY)]
        await clock.sleep_until(START + 2 * MINUTE)
        assert plan(call) == Send()

    at_the_quotas(story)


RAISED, REMINDER = intent(message=CRITICAL), intent(Purpose.REMINDER, message=CRITICAL)
HIGH = intent(message=message(priority=Priority.HIGH))
BY_APPRISE = replace(RAISED, channel="apprise")


@pytest.mark.parametrize(
    ("wanted", "policy", "has"),
    [
        (RAISED, policy_with("apprise"), True),
        (RAISED, policy_with(), False),
        (RAISED, policy_with("apprise", configured=()), False),
        (intent(message=CRITICAL, address=TO_MILL), policy_with("apprise"), False),
        (HIGH, policy_with("apprise"), False),
        (REMINDER, policy_with("apprise"), False),
        (BY_APPRISE, policy_with("apprise"), False),
        (BY_APPRISE, policy_with("apprise", "sms"), True),
    ],
)
def test_another_way_is_one_that_the_response_takes(wanted: Intent, policy: Policy, has: bool) -> None:
    assert has_other_way(policy, wanted) == has


def test_who_has_another_way_is_told_by_it() -> None:
    async def story(clock: VirtualClock, quotas: Quotas) -> None:
        meter = await quotas.open("dingtalk", QuotaConfig())
        meter.refused(Kind.API)
        plan = quotas.plan(Counting(clock))
        assert plan(RAISED) == Elsewhere(Reason.QUOTA_SPENT)
        assert isinstance(plan(REMINDER), Hold)

    at_the_quotas(story, policy_with("apprise"))


def test_a_channel_whose_cloud_counts_nothing_is_never_asked_and_has_no_rows() -> None:
    async def story(clock: VirtualClock, quotas: Quotas) -> None:
        await quotas.open("webhook", None)
        assert quotas.plan(ScriptedChannel(clock)) is always_send
        assert (quotas.statements(), dict(quotas.metrics())) == ([], {})

    at_the_quotas(story)


def test_metrics_name_channel_kind_and_period_and_an_end_only_where_one_is_foreseen() -> None:
    async def story(clock: VirtualClock, quotas: Quotas) -> None:
        meter = await quotas.open("dingtalk", QuotaConfig(api=100))
        await meter.using({Kind.API: 50, Kind.SMS: 1})
        figures = quotas.metrics()
        month = '{channel="dingtalk",kind="api",per="month"}'
        assert (figures[f"andon_quota_used{month}"], figures[f"andon_quota_limit{month}"]) == (50, 100)
        assert figures[f"andon_quota_ends_seconds{month}"] == (START + 24 * 60 * MINUTE) / 1_000_000
        assert figures['andon_quota_limit{channel="dingtalk",kind="sms",per="day"}'] == Limits().sms_a_day
        assert [name for name in figures if "_ends_" in name] == [f"andon_quota_ends_seconds{month}"]

    at_the_quotas(story)
