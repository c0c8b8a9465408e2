"""F15 to F19 of delivery: the outbox, a lane and the DingTalk channel against a stand-in that fails, on virtual time.

F15   the cloud is down, refuses connections, answers 5xx
F16   too fast: a robot is blocked while the others go on; HTTP 200 with an error in it
F17   the token expired or was revoked; our clock is wrong; the credentials are
F18   accepted, and then no answer
F19   one recipient is gone, and the others are not
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from structlog.testing import capture_logs

from cloud_bridge.delivery import Delivery
from edge.model.intent import Intent, Purpose
from edge.model.moment import HOUR, SECOND
from simulators.dingtalk.faults import Fault, FaultKind
from tests.unit.cloud_bridge.harness import (
    TO_BOARD,
    TO_CHAT,
    TO_CHEN,
    TO_MILL,
    Bench,
    Outbox,
    channel_towards,
    intent,
    on_bench,
)
from tests.unit.cloud_bridge.intents import config

CARD, ROBOT, WEBHOOK = "v1.0/card/instances/createAndDeliver", "v1.0/robot/oToMessages/batchSend", "robot/send"
TOKEN = "v1.0/oauth2/accessToken"
BREAKER = 'andon_delivery_breaker{channel="dingtalk"}'
CLOSED = 0.0
TO_DOCK = {"group": "dock"}
#: Two robots, of which one has a group that also has cards.
GROUPS = {
    "mill": {"conversation_id": "cidMill==", "webhook": {"token": "${env:HOOK_TOKEN}", "secret": "${env:HOOK_SECRET}"}},
    "chat": {"conversation_id": "cidMill=="},
    "board": {"webhook": {"token": "${env:HOOK_TOKEN}", "secret": "${env:HOOK_SECRET}"}},
    "dock": {"webhook": {"token": "${env:DOCK_TOKEN}", "secret": "${env:HOOK_SECRET}"}},
}

Story = Callable[[Bench, Outbox, Delivery], Awaitable[None]]


def over_the_cloud(story: Story, *, skew: int = 0, **behaviour: str) -> list[str]:
    """What the log said."""

    async def main(bench: Bench) -> None:
        outbox = Outbox(bench.clock)
        channel = channel_towards(bench.standin, bench.clock, {}, bench.unreadable, set(), config=config(groups=GROUPS))
        delivery = outbox.delivery(bench.channel if skew else channel)
        running = asyncio.create_task(delivery.run())
        await story(bench, outbox, delivery)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with capture_logs() as logs:
        on_bench(main, skew=skew, **behaviour)
    return [str(entry["event"]) for entry in logs]


def write(outbox: Outbox, delivery: Delivery, *intents: Intent) -> None:
    outbox.write(*intents)
    delivery.wake()


def fault(bench: Bench, kind: FaultKind, call: str, times: int = 1, **more: object) -> None:
    bench.standin.cloud.ask_fault(Fault(kind, call, times, **more), bench.clock.now())


def ends(outbox: Outbox) -> dict[str, str]:
    return {receipt.intent: receipt.outcome for receipt in outbox.receipts}


def alarms(count: int, **given: object) -> Sequence[Intent]:
    return [intent(alarm=f"m/a{number}", **given) for number in range(count)]


# --- F15 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("down", ["refuses connections", "answers 503"])
def test_f15_a_cloud_that_is_down_is_asked_with_one_intent_now_and_then_and_told_everything_when_it_is_back(down: str) -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        if down == "answers 503":
            fault(bench, FaultKind.FAIL, "*", 1_000, status=503, code="ServiceUnavailable")
        else:
            bench.standin.cloud.cut(bench.clock.now())
        write(outbox, delivery, *alarms(40), *alarms(40, address=TO_BOARD))
        await bench.wait(120)
        assert delivery.figures()[BREAKER] != CLOSED
        assert delivery.is_failing
        tried = len(outbox.store.deliveries(1_000))
        await bench.wait(600)
        assert len(outbox.store.deliveries(1_000)) - tried < 25, "one at a time, half a minute apart"
        bench.standin.cloud.faults.clear()
        bench.standin.cloud.mend(bench.clock.now())
        mended = bench.clock.now()
        await bench.until(lambda: len(outbox.receipts) == 80, seconds=600)
        assert set(ends(outbox).values()) == {"delivered"}
        cards = [m for m in bench.standin.shown("fitter.a") if m.card]
        assert len(cards) == 40
        assert min(m.time_us for m in cards) - mended < 75 * SECOND
        assert delivery.figures()[BREAKER] == CLOSED and not delivery.is_failing

    assert over_the_cloud(story) == ["channel fails, attempts are repeated", "channel works again"]


# --- F16 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["130101", "410100", "660026"])
def test_f16_a_robot_that_is_blocked_rests_for_ten_minutes_while_the_other_robot_and_all_cards_go_on(code: str) -> None:
    """HTTP 200 with the error in its body."""

    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        fault(bench, FaultKind.FAIL, WEBHOOK, code=code, status=200)
        write(outbox, delivery, intent(alarm="m/first", address=TO_BOARD))
        await bench.until(lambda: bench.standin.effects(WEBHOOK))
        blocked = bench.clock.now()
        write(outbox, delivery, *alarms(5, address=TO_BOARD), *alarms(5, address=TO_DOCK), *alarms(5))
        await bench.until(lambda: len(outbox.receipts) == 10)
        assert bench.clock.now() - blocked < 10 * SECOND
        await bench.wait(585)
        assert len(bench.standin.effects(WEBHOOK)) == 6, "nothing is sent to a robot that is blocked"
        await bench.until(lambda: len(outbox.receipts) == 16, seconds=60)
        assert set(ends(outbox).values()) == {"delivered"}

    over_the_cloud(story)


def test_f16_a_robot_is_never_sent_more_than_it_may_so_it_is_never_blocked() -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        write(outbox, delivery, *alarms(60, address=TO_BOARD))
        await bench.until(lambda: len(outbox.receipts) == 60, seconds=600)
        sent = [entry for entry in bench.standin.cloud.ledger if entry.name == WEBHOOK]
        assert [entry.code for entry in sent] == [""] * 60
        assert len(outbox.store.deliveries(1_000)) == 60, "what had to wait cost no attempt"

    over_the_cloud(story)


@pytest.mark.parametrize("code", ["Forbidden.AccessDenied.QpsLimitForApi", "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"])
def test_f16_too_many_calls_a_second_are_made_again_and_open_no_circuit(code: str) -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        fault(bench, FaultKind.FAIL, CARD, 12, status=403, code=code)
        write(outbox, delivery, *alarms(12))
        await bench.until(lambda: len(outbox.receipts) == 12, seconds=30)
        assert set(ends(outbox).values()) == {"delivered"}
        assert delivery.figures()[BREAKER] == CLOSED

    over_the_cloud(story)


# --- F17 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_f17_a_token_that_is_no_good_any_more_is_fetched_once_for_all_attempts_under_way(how: str) -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        write(outbox, delivery, intent(alarm="m/first"))
        await bench.until(lambda: outbox.receipts)
        if how == "revoked":
            bench.standin.cloud.expire_token(bench.clock.now())
        else:
            await bench.wait(2 * 3_600 + 1)
        before = len(bench.standin.effects(TOKEN))
        write(outbox, delivery, *alarms(4, created_at=bench.clock.now()))
        await bench.until(lambda: len(outbox.receipts) == 5, seconds=30)
        assert len(bench.standin.effects(TOKEN)) == before + 1
        assert all(attempt.attempt == 1 for attempt in outbox.store.deliveries(100)), "no attempt was lost by it"

    over_the_cloud(story)


@pytest.mark.parametrize("skew", [-3 * HOUR, 3 * HOUR])
def test_f17_a_clock_that_is_hours_wrong_signs_by_the_time_of_the_server(skew: int) -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        write(outbox, delivery, intent(address=TO_BOARD))
        await bench.until(lambda: outbox.receipts)
        assert set(ends(outbox).values()) == {"delivered"}

    over_the_cloud(story, skew=skew)


def test_f17_wrong_credentials_say_so_and_everything_is_told_when_they_are_mended() -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        fault(bench, FaultKind.FAIL, TOKEN, 1_000, status=400, code="invalidClientIdOrSecret")
        write(outbox, delivery, *alarms(20))
        await bench.wait(300)
        assert delivery.is_failing
        assert "client_id or client_secret is not the app's" in outbox.store.deliveries(1)[0].detail
        bench.standin.cloud.faults.clear()
        await bench.until(lambda: len(outbox.receipts) == 20, seconds=300)
        assert set(ends(outbox).values()) == {"delivered"}

    assert "channel fails, attempts are repeated" in over_the_cloud(story)


# --- F18 --------------------------------------------------------------------------------------------------------------

AMBIGUOUS = (FaultKind.NEVER_ANSWER, FaultKind.CLOSE, FaultKind.HALF, FaultKind.BACKEND_TIMEOUT)


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_f18_a_card_that_was_accepted_without_an_answer_is_shown_once(kind: FaultKind) -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        fault(bench, kind, CARD)
        write(outbox, delivery, intent())
        await bench.until(lambda: outbox.receipts)
        assert [m.card.out_track_id for m in bench.standin.shown("fitter.a") if m.card] == [intent().card]
        assert (outbox.receipts[0].outcome, outbox.receipts[0].possible_repeat) == ("delivered", True)

    over_the_cloud(story)


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_f18_a_message_that_was_accepted_without_an_answer_is_repeated_once_with_a_mark(kind: FaultKind) -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        fault(bench, kind, ROBOT, 5)
        write(outbox, delivery, intent(Purpose.RETURNED))
        await bench.until(lambda: outbox.receipts)
        assert ["可能重复" in m.text for m in bench.standin.shown("fitter.a")] == [False, True]
        assert outbox.receipts[0].outcome == "unknown"

    over_the_cloud(story)


# --- F19 --------------------------------------------------------------------------------------------------------------


def test_f19_who_has_left_is_refused_alone_and_the_others_are_told() -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        gone, there = intent(address={"user_id": "left.long.ago"}, recipient="person:gone"), intent(address=TO_CHEN)
        write(outbox, delivery, gone, there, intent(address=TO_MILL))
        await bench.until(lambda: len(outbox.receipts) == 3)
        assert ends(outbox)[gone.key] == "refused"
        assert sorted(ends(outbox).values()) == ["delivered", "delivered", "refused"]
        assert delivery.figures()[BREAKER] == CLOSED

    over_the_cloud(story)


def test_f19_a_group_that_was_dissolved_is_refused_set_aside_and_told_by_a_replay_when_it_is_mended() -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        fault(bench, FaultKind.FAIL, CARD, status=400, code="group.disbanded")
        raised = intent(address=TO_CHAT)
        write(outbox, delivery, raised, intent())
        await bench.until(lambda: len(outbox.receipts) == 2)
        (refused,) = [receipt for receipt in outbox.receipts if receipt.outcome == "refused"]
        assert "the group was dissolved" in refused.detail
        outbox.replay(refused.intent)
        delivery.wake()
        await bench.until(lambda: len(outbox.receipts) == 3)
        assert outbox.receipts[-1].outcome == "delivered"

    over_the_cloud(story)


def test_f19_a_message_that_was_taken_for_nobody_is_refused() -> None:
    """The call answers HTTP 200 with the only receiver in `invalidStaffIdList`."""

    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        write(outbox, delivery, intent(Purpose.RETURNED, address={"user_id": "left.long.ago"}, recipient="person:gone"))
        await bench.until(lambda: outbox.receipts)
        assert "names nobody in the organisation" in outbox.receipts[0].detail

    over_the_cloud(story)


@pytest.mark.parametrize("repeated_out_track_id", ["ignored", "undelivered", "refused"])
def test_f19_a_card_that_was_made_and_reached_nobody_is_shown_once_it_can_be(repeated_out_track_id: str) -> None:
    """The call answers `success: true`, and only its `deliverResults` say that nobody sees the card."""

    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        bench.standin.cloud.card_calls.undelivered = {"fitter.a": "system busy"}
        write(outbox, delivery, intent())
        await bench.wait(5)
        assert outbox.receipts == []
        bench.standin.cloud.card_calls.undelivered = {}
        await bench.until(lambda: outbox.receipts)
        assert ends(outbox) == {intent().key: "delivered"}
        assert [m.card.out_track_id for m in bench.standin.shown("fitter.a")] == [intent().card]

    over_the_cloud(story, repeated_out_track_id=repeated_out_track_id)
