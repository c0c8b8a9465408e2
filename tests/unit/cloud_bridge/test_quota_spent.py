"""The cloud says that the quota is spent: critical alarms find a way, the others wait for each other. Over the stand-in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cloud_bridge.quota.account import REFUSAL_STANDS, Limits
from cloud_bridge.quota.planner import SAID, Reason
from edge.model.act import Call, CallMedium
from edge.model.alarm import Priority
from edge.model.intent import Intent, Purpose
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.model.quota import Kind
from tests.unit.cloud_bridge.harness import START, TO_BOARD, intent, message
from tests.unit.cloud_bridge.quota_bench import QuotaBench, at_the_quota

CRITICAL = message(priority=Priority.CRITICAL)
LOW = message(priority=Priority.LOW)


def critical(number: int = 0, **more: object) -> Intent:
    return replace(intent(message=CRITICAL, alarm=f"CRM.GAS{number}/leak"), **more)


def spend(bench: QuotaBench, *, spent: bool = True) -> None:
    bench.standin.cloud.spend_quota(bench.clock.now(), api_calls=spent, pushes=spent)


def test_a_critical_alarm_goes_to_the_other_channel_within_two_seconds_of_the_first_refusal() -> None:
    async def story(bench: QuotaBench) -> None:
        spend(bench)
        bench.write(critical())
        await bench.pass_time(3 * SECOND)
        (receipt,) = bench.outbox.receipts
        assert (receipt.outcome, receipt.detail) == ("refused", SAID[Reason.QUOTA_SPENT])

    at_the_quota(story, others=("apprise",))


def test_a_channel_that_does_not_deliver_is_no_other_way() -> None:
    async def story(bench: QuotaBench) -> None:
        bench.pretend(Limits().api)
        bench.write(critical())
        await bench.pass_time(3 * SECOND)
        assert bench.outbox.store.outbox_counts() == {"delivered": 1}
        assert len(bench.standin.shown("fitter.a")) == 1

    at_the_quota(story, others=("apprise",), failing={"apprise"})


def test_of_two_other_channels_one_that_delivers_is_enough() -> None:
    async def story(bench: QuotaBench) -> None:
        bench.pretend(Limits().api)
        bench.write(critical())
        await bench.pass_time(3 * SECOND)
        assert [receipt.outcome for receipt in bench.outbox.receipts] == ["refused"]

    at_the_quota(story, others=("apprise", "webhook"), failing={"apprise"})


def test_without_another_channel_it_is_tried_every_five_minutes_until_it_is_told() -> None:
    async def story(bench: QuotaBench) -> None:
        spend(bench)
        bench.write(critical())
        await bench.pass_time(31 * MINUTE)
        refused = [entry for entry in bench.standin.cloud.ledger if entry.code.endswith("ApiCountLimitForOrg")]
        assert 6 <= len(refused) <= 8
        spend(bench, spent=False)
        await bench.pass_time(6 * MINUTE)
        assert len(bench.standin.shown("fitter.a")) == 1

    at_the_quota(story)


def test_one_refusal_spares_the_other_calls_and_what_waited_comes_as_one_digest() -> None:
    async def story(bench: QuotaBench) -> None:
        spend(bench)
        bench.write(*(intent(message=LOW, alarm=f"CRM.PUMP{n}/leak", created_at=START + n) for n in range(20)))
        await bench.pass_time(30 * MINUTE)
        refused = [entry for entry in bench.standin.cloud.ledger if entry.code.endswith("ApiCountLimitForOrg")]
        assert 1 <= len(refused) <= 8, "those that were under way together"
        spend(bench, spent=False)
        await bench.pass_time(REFUSAL_STANDS)
        assert bench.outbox.store.outbox_counts() == {"delivered": 20}

    at_the_quota(story)


def test_refused_calls_are_not_counted_as_used() -> None:
    async def story(bench: QuotaBench) -> None:
        spend(bench)
        bench.write(critical(), intent(address=TO_BOARD, alarm="CRM.PUMP/leak"))
        await bench.pass_time(1 * MINUTE)
        assert (bench.used(Kind.API), bench.used(Kind.PUSH)) == (0, 0)

    at_the_quota(story)


def test_when_the_months_calls_are_spent_webhooks_still_go() -> None:
    async def story(bench: QuotaBench) -> None:
        bench.standin.cloud.spend_quota(bench.clock.now(), api_calls=True, pushes=False)
        bench.write(critical(1), critical(2, address=TO_BOARD, recipient="group:board"))
        await bench.pass_time(10 * SECOND)
        assert bench.outbox.store.outbox_counts() == {"waiting": 1, "delivered": 1}

    at_the_quota(story)


def test_a_push_without_its_content_says_that_the_months_pushes_are_spent() -> None:
    async def story(bench: QuotaBench) -> None:
        bench.standin.cloud.spend_quota(bench.clock.now(), api_calls=False, pushes=True)
        await bench.pass_time(1 * SECOND)
        bench.standin.cloud.say("fitter.a", "", "list", bench.clock.now())
        await bench.pass_time(1 * SECOND)
        assert bench.meter.account.refusal_ends(Kind.PUSH, bench.clock.now()) is not None

    at_the_quota(story, listens=True)


@pytest.mark.parametrize(("medium", "kind", "cap"), [(CallMedium.SMS, Kind.SMS, 2), (CallMedium.PHONE, Kind.CALL, 1)])
def test_above_the_cap_of_the_day_the_next_step_is_taken_at_once(medium: CallMedium, kind: Kind, cap: int) -> None:
    async def story(bench: QuotaBench) -> None:
        bench.write(*(critical(n, act=Call(medium), created_at=START + n, purpose=Purpose.REMINDER) for n in range(cap + 1)))
        await bench.pass_time(10 * SECOND)
        details = sorted(receipt.detail for receipt in bench.outbox.receipts if receipt.outcome == "refused")
        assert details == [SAID[Reason.CAP_OF_THE_DAY]]
        assert bench.used(kind) == cap
        await bench.pass_time(24 * HOUR)
        assert bench.used(kind) == 0

    at_the_quota(story, Limits(sms_a_day=2, calls_a_day=1))
