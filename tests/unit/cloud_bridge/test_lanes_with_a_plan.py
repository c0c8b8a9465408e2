"""What a lane does with what the quota's plan says: digests keep the pace of their robot, and what waits for too long ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from structlog.testing import capture_logs

from cloud_bridge.delivery import Delivery
from cloud_bridge.delivery.deadline import GIVE_UP_AFTER
from cloud_bridge.delivery.lane import FAILING_AFTER
from cloud_bridge.pace import Pace
from cloud_bridge.quota.gathering import Gathering
from cloud_bridge.quota.planner import SAID, Decision, Fold, Hold, Reason, Send
from edge.model.alarm import Priority
from edge.model.intent import Intent, Message, Retry
from edge.model.moment import MINUTE, SECOND, Span
from edge.runtime.offload import Inline
from edge.runtime.virtual import VirtualClock
from tests.unit.cloud_bridge.harness import Outbox, virtually
from tests.unit.cloud_bridge.intents import intent, message
from tests.unit.cloud_bridge.scripted_channel import PacedScript

SOMEBODY = "person:somebody"
LOW, HIGH = message(priority=Priority.LOW), message(priority=Priority.HIGH)
#: Two messages a minute.
ROBOT = Pace("robot of the mill", 2, MINUTE)

Plan = Callable[[Intent], Decision]
Story = Callable[[VirtualClock, PacedScript, Outbox, Delivery], Awaitable[None]]


def planned(story: Story, plan: Plan) -> None:
    async def main(clock: VirtualClock) -> None:
        channel, outbox = PacedScript(clock, paces={SOMEBODY: ROBOT}), Outbox(clock)
        delivery = Delivery(channel, outbox.store, Inline(), clock, lambda: None, plan, Gathering("UTC"))
        running = asyncio.create_task(delivery.run())
        await story(clock, channel, outbox, delivery)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with capture_logs():
        virtually(main)


def fold_low(wanted: Intent) -> Decision:
    return Fold(0, Reason.BUDGET_SPENT) if wanted.priority is Priority.LOW else Send()


async def write(clock: VirtualClock, outbox: Outbox, delivery: Delivery, *intents: Intent) -> None:
    outbox.write(*intents)
    delivery.wake()
    await wait(clock, 2 * SECOND)


async def wait(clock: VirtualClock, span: Span) -> None:
    await clock.sleep_until(clock.now() + span)


def alarms(count: int, clock: VirtualClock, said: Message = HIGH) -> list[Intent]:
    now = clock.now()
    return [intent(alarm=f"m/{now}/{n}", recipient=SOMEBODY, created_at=now, message=said) for n in range(count)]


def test_a_digest_is_one_of_its_robots_messages() -> None:
    async def story(clock: VirtualClock, channel: PacedScript, outbox: Outbox, delivery: Delivery) -> None:
        await write(clock, outbox, delivery, *alarms(5, clock, LOW))
        assert len(channel.attempts) == 1
        await write(clock, outbox, delivery, *alarms(2, clock))
        assert len(channel.attempts) == 2
        await wait(clock, MINUTE)
        assert len(channel.attempts) == 3

    planned(story, fold_low)


def test_what_a_robot_answers_to_a_digest_holds_for_all_that_it_would_tell() -> None:
    async def story(clock: VirtualClock, channel: PacedScript, outbox: Outbox, delivery: Delivery) -> None:
        channel.always = {SOMEBODY: Retry(600.0, "130101: too fast")}
        await write(clock, outbox, delivery, *alarms(5, clock, LOW))
        channel.always = {}
        await write(clock, outbox, delivery, *alarms(2, clock))
        await wait(clock, 9 * MINUTE)
        assert len(channel.attempts) == 1
        await wait(clock, 3 * MINUTE)
        assert {receipt.outcome for receipt in outbox.receipts} == {"delivered"} and len(outbox.receipts) == 7

    planned(story, fold_low)


def test_what_is_put_off_until_nobody_needs_it_ends_at_once_with_the_reason() -> None:
    async def story(clock: VirtualClock, channel: PacedScript, outbox: Outbox, delivery: Delivery) -> None:
        await write(clock, outbox, delivery, *alarms(1, clock))
        (receipt,) = outbox.receipts
        assert (receipt.outcome, receipt.detail) == ("expired", SAID[Reason.QUOTA_SPENT])
        assert channel.attempts == []

    planned(story, lambda wanted: Hold(wanted.created_at + GIVE_UP_AFTER + 1, Reason.QUOTA_SPENT))


def test_a_channel_whose_way_back_is_lost_fails_though_all_is_delivered() -> None:
    async def story(clock: VirtualClock, channel: PacedScript, outbox: Outbox, delivery: Delivery) -> None:
        await write(clock, outbox, delivery, *alarms(1, clock))
        channel.unheard_since = lost = clock.now()
        assert delivery.failing_since is None
        await wait(clock, FAILING_AFTER)
        assert delivery.failing_since == lost
        channel.unheard_since = None
        assert delivery.failing_since is None

    planned(story, lambda _wanted: Send())
