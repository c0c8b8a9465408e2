"""A digest whose attempt failed is made again as it was: nobody hears of its alarms twice without a mark, or hours late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.alarm import Priority
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.model.quota import Kind
from simulators.dingtalk.faults import Fault, FaultKind
from tests.unit.cloud_bridge.intents import TO_BOARD, intent, message
from tests.unit.cloud_bridge.quota_bench import QuotaBench, at_the_quota
from tests.unit.cloud_bridge.test_quota_digest import SHORT, low, lows

CREATE_CARD = "v1.0/card/instances/createAndDeliver"
WEBHOOK = "robot/send"
CRITICAL = message(priority=Priority.CRITICAL)
AT_ONCE = 2 * MINUTE
#: The cloud lets nobody in for ten minutes (dingtalk-api 0.5).
AFTER_A_BAN = 15 * MINUTE


async def until_tried(bench: QuotaBench, call: str) -> None:
    while not any(entry.name == call for entry in bench.standin.cloud.ledger):
        await bench.pass_time(MINUTE)


@pytest.mark.parametrize("kind", FaultKind)
def test_a_card_of_a_digest_is_made_once_whatever_became_of_the_first_attempt(kind: FaultKind) -> None:
    async def story(bench: QuotaBench) -> None:
        bench.pretend(600)
        bench.write(*lows(30))
        bench.standin.cloud.ask_fault(Fault(kind, CREATE_CARD, delay_us=60 * SECOND), bench.clock.now())
        await until_tried(bench, CREATE_CARD)
        await bench.pass_time(AT_ONCE if kind is not FaultKind.BAN else AFTER_A_BAN)
        assert bench.outbox.store.outbox_counts() == {"delivered": 30}
        (digest,) = bench.standin.shown("fitter.a")
        assert "30" in digest.card.params["headline"]

    at_the_quota(story, SHORT)


@pytest.mark.parametrize("kind", FaultKind)
def test_a_message_of_a_digest_comes_twice_only_with_a_mark(kind: FaultKind) -> None:
    async def story(bench: QuotaBench) -> None:
        bench.pretend(2_000, Kind.PUSH)
        bench.write(*(replace(low(n), address=TO_BOARD, recipient="group:board") for n in range(30)))
        bench.standin.cloud.ask_fault(Fault(kind, WEBHOOK, delay_us=60 * SECOND), bench.clock.now())
        await until_tried(bench, WEBHOOK)
        await bench.pass_time(AT_ONCE if kind is not FaultKind.BAN else AFTER_A_BAN)
        assert bench.outbox.store.outbox_counts() == {"delivered": 30}
        texts = [message.text for message in bench.standin.shown("lead.a")]
        assert len(texts) == (1 if kind in (FaultKind.FAIL, FaultKind.BAN) else 2)
        assert all("30 条" in text for text in texts)
        assert ["可能重复" in text for text in texts] == [False, True][: len(texts)]

    at_the_quota(story, msg_uuid_remembered_s=0.0)


def test_a_digest_that_is_repeated_is_known_for_the_same_one_where_the_cloud_remembers() -> None:
    async def story(bench: QuotaBench) -> None:
        bench.pretend(2_000, Kind.PUSH)
        bench.write(*(replace(low(n), address=TO_BOARD, recipient="group:board") for n in range(30)))
        bench.standin.cloud.ask_fault(Fault(FaultKind.CLOSE, WEBHOOK), bench.clock.now())
        await until_tried(bench, WEBHOOK)
        await bench.pass_time(AT_ONCE)
        assert bench.standin.effects(WEBHOOK) == ["message shown", "duplicate ignored"]

    at_the_quota(story)


def test_what_came_up_meanwhile_is_not_in_the_repeat_and_follows_in_the_next_window() -> None:
    async def story(bench: QuotaBench) -> None:
        bench.pretend(600)
        bench.write(*lows(3))
        bench.standin.cloud.ask_fault(Fault(FaultKind.CLOSE, CREATE_CARD), bench.clock.now())
        await until_tried(bench, CREATE_CARD)
        bench.write(*lows(30)[3:])
        await bench.pass_time(AT_ONCE)
        assert bench.outbox.store.outbox_counts() == {"delivered": 3, "waiting": 27}
        await bench.pass_time(4 * HOUR)
        assert bench.outbox.store.outbox_counts() == {"delivered": 30}
        (digest,) = bench.standin.shown("fitter.a")
        assert "30" in digest.card.params["headline"]

    at_the_quota(story, SHORT)


def test_a_robot_that_is_blocked_for_a_digest_tells_what_is_critical_first_when_it_may() -> None:
    async def story(bench: QuotaBench) -> None:
        bench.pretend(2_000, Kind.PUSH)
        bench.write(*(replace(low(n), address=TO_BOARD, recipient="group:board") for n in range(5)))
        bench.standin.cloud.ask_fault(Fault(FaultKind.FAIL, WEBHOOK, status=200, code="130101"), bench.clock.now())
        await until_tried(bench, WEBHOOK)
        urgent = intent(alarm="CRM.GAS/leak", message=CRITICAL, address=TO_BOARD, created_at=bench.clock.now())
        bench.write(replace(urgent, recipient="group:board"))
        await bench.pass_time(AFTER_A_BAN)
        ends = {receipt.intent: receipt.at for receipt in bench.outbox.receipts if receipt.outcome == "delivered"}
        assert len(ends) == 6
        assert min(ends, key=lambda key: ends[key]) == urgent.key
        assert bench.standin.effects(WEBHOOK) == ["refused", "message shown", "message shown"]

    at_the_quota(story)
