"""What one dead or slow part may cost the others: nothing. Channels, recipients, robots and poisonous intents side by side,
over the real store in memory and on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from cloud_bridge.delivery import HANDS, Delivery
from cloud_bridge.delivery.admission import HANDS_OF_ONE
from cloud_bridge.delivery.deadline import ATTEMPT_WITHIN
from cloud_bridge.delivery.retry import CRASHES_MAX
from cloud_bridge.pace import Pace
from edge.model.alarm import Priority
from edge.model.intent import Intent, Purpose, Refused, Retry, Unknown
from edge.model.moment import HOUR, MINUTE, SECOND, Span
from edge.runtime.virtual import VirtualClock
from tests.unit.cloud_bridge.harness import Outbox, intent, message, virtually
from tests.unit.cloud_bridge.scripted_channel import NO_NETWORK, BatchScript, PacedScript, ScriptedChannel

URGENT = message(priority=Priority.CRITICAL)
LOW = message(priority=Priority.LOW)
SOMEBODY, ANOTHER = "person:somebody", "person:another"

Story = Callable[[VirtualClock, Any, Outbox, Delivery], Awaitable[None]]


def told(story: Story, make: Callable[[VirtualClock], ScriptedChannel] = ScriptedChannel) -> list[dict[str, Any]]:
    async def main(clock: VirtualClock) -> None:
        channel, outbox = make(clock), Outbox(clock)
        delivery = outbox.delivery(channel)
        running = asyncio.create_task(delivery.run())
        await story(clock, channel, outbox, delivery)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with capture_logs() as logs:
        virtually(main)
    return logs


async def wait(clock: VirtualClock, span: Span) -> None:
    await clock.sleep_until(clock.now() + span)


async def until(clock: VirtualClock, condition: Callable[[], Any], span: Span = 2 * MINUTE) -> None:
    deadline = clock.now() + span
    while not condition():
        assert clock.now() < deadline, "the condition did not come to hold"
        await wait(clock, span // 500)


def many(count: int, recipient: str, name: str = "m/a", **given: Any) -> list[Intent]:
    return [intent(alarm=f"{name}{number}", recipient=recipient, **given) for number in range(count)]


def write(outbox: Outbox, delivery: Delivery, *intents: Intent) -> None:
    outbox.write(*intents)
    delivery.wake()


def ends(outbox: Outbox) -> dict[str, str]:
    return {receipt.intent: receipt.outcome for receipt in outbox.receipts}


# --- recipients -------------------------------------------------------------------------------------------------------


def test_of_a_recipient_only_half_of_the_hands_are_under_way() -> None:
    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        write(outbox, delivery, *many(40, SOMEBODY), *many(40, ANOTHER, "m/b"))
        await until(clock, lambda: len(outbox.receipts) == 80)
        assert (channel.most_of_one, channel.most_at_once) == (HANDS_OF_ONE, HANDS)

    told(story)


@pytest.mark.parametrize("dead", [1, 3, 40])
def test_addresses_that_never_answer_hold_up_nobody_else(dead: int) -> None:
    """However many there are, and though their alarms are more urgent and there are hundreds of them."""

    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        silent = [f"person:silent_{number}" for number in range(dead)]
        channel.takes = dict.fromkeys(silent, HOUR)
        for number, who in enumerate(silent):
            write(outbox, delivery, *many(20, who, f"m/s{number}_", message=URGENT))
        await wait(clock, 2 * ATTEMPT_WITHIN)
        alarms = many(20, SOMEBODY, created_at=clock.now())
        write(outbox, delivery, *alarms)
        began = clock.now()
        await until(clock, lambda: channel.told.keys() >= {each.key for each in alarms})
        assert clock.now() - began < 2 * SECOND
        await wait(clock, 2 * ATTEMPT_WITHIN)
        assert all(channel.under_way[who] <= 1 for who in silent)

    told(story)


def test_an_attempt_without_an_end_is_cut_off_and_known_as_unknown() -> None:
    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        channel.takes, channel.keyed = {SOMEBODY: HOUR}, False
        write(outbox, delivery, intent(recipient=SOMEBODY))
        await until(clock, lambda: outbox.receipts, 3 * ATTEMPT_WITHIN)
        assert [marked for _, marked in channel.attempts] == [False, True]
        assert ends(outbox) == {intent(recipient=SOMEBODY).key: "unknown"}

    told(story)


# --- the channel as a whole -------------------------------------------------------------------------------------------


def test_a_channel_that_is_down_is_tried_with_one_intent_at_a_time() -> None:
    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        channel.down_until = clock.now() + HOUR
        write(outbox, delivery, *(each for n in range(20) for each in many(10, f"person:p{n}", f"m/p{n}_")))
        await wait(clock, 10 * MINUTE)
        before, channel.most_at_once = len(channel.attempts), 0
        await wait(clock, 40 * MINUTE)
        assert channel.most_at_once == 1
        assert 40 <= len(channel.attempts) - before <= 80
        await until(clock, lambda: len(outbox.receipts) == 200, 15 * MINUTE)
        assert clock.now() - channel.down_until < 75 * SECOND

    told(story)


def test_who_was_the_probe_of_one_outage_is_the_first_of_the_next() -> None:
    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        channel.down_until = clock.now() + 5 * MINUTE
        write(outbox, delivery, *many(10, SOMEBODY, message=URGENT))
        await until(clock, lambda: len(outbox.receipts) == 10, 10 * MINUTE)
        channel.down_until = clock.now() + 5 * MINUTE
        write(outbox, delivery, *many(10, ANOTHER, "m/l", message=LOW, created_at=clock.now()))
        await until(clock, lambda: delivery.figures()['andon_delivery_breaker{channel="dingtalk"}'] == 2)
        write(outbox, delivery, *many(10, SOMEBODY, "m/u", message=URGENT, created_at=clock.now()))
        begun = len(channel.attempts)
        await until(clock, lambda: len(channel.attempts) > begun)
        assert "m/u" in channel.order[begun]

    told(story)


def test_an_intent_at_which_the_whole_cloud_seems_to_fail_keeps_no_other_waiting() -> None:
    """It is the most urgent, and the cloud answers it with an error of its own, each time."""

    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        channel.always = {SOMEBODY: NO_NETWORK}
        write(outbox, delivery, *many(20, SOMEBODY, message=URGENT))
        await wait(clock, 10 * MINUTE)
        alarms = many(20, ANOTHER, "m/b", created_at=clock.now())
        write(outbox, delivery, *alarms)
        began = clock.now()
        await until(clock, lambda: channel.told.keys() >= {each.key for each in alarms})
        assert clock.now() - began < 65 * SECOND, "one opening of the circuit"
        assert len(channel.attempts) < 120

    told(story)


def test_a_bad_address_opens_no_circuit() -> None:
    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        channel.always = {SOMEBODY: Retry(0.0, "flow control of one person"), ANOTHER: Unknown("their host hangs")}
        write(outbox, delivery, *many(30, SOMEBODY), *many(30, ANOTHER, "m/b"))
        await wait(clock, MINUTE)
        assert delivery.figures()['andon_delivery_breaker{channel="dingtalk"}'] == 0
        alarm = intent(alarm="m/c", created_at=clock.now())
        write(outbox, delivery, alarm)
        await until(clock, lambda: alarm.key in channel.told, 2 * SECOND)

    told(story)


def test_when_the_channel_is_back_what_is_new_goes_before_what_waited_and_the_urgent_before_both() -> None:
    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        channel.down_until = clock.now() + 10 * MINUTE
        channel.takes_s = 1.0
        backlog = many(200, SOMEBODY, created_at=clock.now())
        waited = many(4, ANOTHER, "m/urgent", message=URGENT, created_at=clock.now())
        write(outbox, delivery, *backlog, *waited)
        await until(clock, lambda: channel.told, 20 * MINUTE)
        await wait(clock, 6 * SECOND)
        new = many(8, ANOTHER, "m/new", created_at=clock.now())
        write(outbox, delivery, *new)
        began = clock.now()
        await until(clock, lambda: channel.told.keys() >= {each.key for each in new})
        assert clock.now() - began < 5 * SECOND
        assert len(channel.told) < 100
        back = min(channel.told.values())
        assert all(channel.told[each.key] - back < 6 * SECOND for each in waited)

    told(story)


def test_channels_share_nothing_but_the_outbox() -> None:
    async def main(clock: VirtualClock) -> None:
        outbox = Outbox(clock)
        dead, sound = ScriptedChannel(clock), ScriptedChannel(clock, name="webhook")
        dead.takes = {SOMEBODY: HOUR}
        lanes = [outbox.delivery(dead), outbox.delivery(sound)]
        running = [asyncio.create_task(lane.run()) for lane in lanes]
        alarms = many(50, SOMEBODY)
        by_webhook = [replace(each, channel="webhook", key=f"webhook/{each.key}") for each in alarms]
        outbox.write(*alarms, *by_webhook)
        for lane in lanes:
            lane.wake()
        await until(clock, lambda: len(sound.told) == 50, 5 * SECOND)
        assert not dead.told
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    with capture_logs():
        virtually(main)


# --- robots -----------------------------------------------------------------------------------------------------------

ROBOT = Pace("robot of the mill", 18, MINUTE, kept=3)


def test_a_robot_keeps_its_pace_and_what_is_critical_finds_room() -> None:
    async def story(clock: VirtualClock, channel: PacedScript, outbox: Outbox, delivery: Delivery) -> None:
        channel.paces = {SOMEBODY: ROBOT, ANOTHER: ROBOT}
        write(outbox, delivery, *many(30, SOMEBODY, message=LOW), *many(30, ANOTHER, "m/b", message=LOW))
        await wait(clock, 10 * SECOND)
        assert len(channel.told) == 15
        urgent = many(3, SOMEBODY, "m/u", message=URGENT, created_at=clock.now())
        write(outbox, delivery, *urgent)
        await until(clock, lambda: len(channel.told) == 18, SECOND)
        assert channel.told.keys() >= {each.key for each in urgent}
        await until(clock, lambda: len(channel.told) == 63, 10 * MINUTE)
        moments = sorted(channel.told.values())
        assert all(later - earlier >= MINUTE for earlier, later in zip(moments, moments[18:], strict=False))
        assert len(channel.attempts) == 63, "what has to wait costs no attempt"

    told(story, PacedScript)


def test_a_robot_that_is_blocked_waits_and_the_other_robots_go_on() -> None:
    async def story(clock: VirtualClock, channel: PacedScript, outbox: Outbox, delivery: Delivery) -> None:
        channel.paces = {SOMEBODY: ROBOT, ANOTHER: Pace("robot of the dock", 18, MINUTE)}
        first = intent(alarm="m/first", recipient=SOMEBODY)
        channel.outcomes[first.key] = [Retry(600.0, "130101: too fast")]
        write(outbox, delivery, first)
        await wait(clock, SECOND)
        write(outbox, delivery, *many(10, SOMEBODY, created_at=clock.now()), *many(10, ANOTHER, "m/b", created_at=clock.now()))
        await wait(clock, 9 * MINUTE)
        assert len(channel.told) == 10
        assert len(channel.attempts) == 11, "nothing more is sent to a robot that is blocked"
        await until(clock, lambda: len(channel.told) == 21, 2 * MINUTE)

    told(story, PacedScript)


# --- urgency within a thread ------------------------------------------------------------------------------------------


def test_what_is_critical_does_not_wait_because_an_elder_of_its_thread_is_not() -> None:
    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        channel.takes_s = 1.0
        others = many(100, SOMEBODY, message=message(priority=Priority.HIGH))
        raised = intent(alarm="m/x", message=LOW, recipient=SOMEBODY, created_at=clock.now() + 1)
        severer = intent(alarm="m/x", message=URGENT, recipient=SOMEBODY, occurrence=18, created_at=clock.now() + 2)
        write(outbox, delivery, *others, raised, severer)
        await until(clock, lambda: severer.key in channel.told, 5 * SECOND)
        assert channel.order.index(raised.key) < channel.order.index(severer.key)

    told(story)


# --- batches ----------------------------------------------------------------------------------------------------------


def test_claims_for_one_endpoint_leave_together_and_each_endpoint_by_itself() -> None:
    async def story(clock: VirtualClock, channel: BatchScript, outbox: Outbox, delivery: Delivery) -> None:
        write(outbox, delivery, *many(7, SOMEBODY), *many(2, ANOTHER, "m/b"))
        await until(clock, lambda: len(outbox.receipts) == 9)
        sizes = sorted(len(batch) for batch in channel.batches)
        assert sizes in ([2, 3, 3], [2, 3, 3, 1])
        assert all(len({"m/b" in key for key in batch}) == 1 for batch in channel.batches)

    told(story, BatchScript)


def test_a_hundred_endpoints_have_no_more_hands_than_one() -> None:
    async def story(clock: VirtualClock, channel: BatchScript, outbox: Outbox, delivery: Delivery) -> None:
        write(outbox, delivery, *(each for n in range(100) for each in many(2, f"person:p{n}", f"m/p{n}_")))
        await until(clock, lambda: len(outbox.receipts) == 200)
        assert channel.most_at_once <= 2 * HANDS

    told(story, BatchScript)


def test_what_crashes_a_batch_is_set_aside_alone() -> None:
    async def story(clock: VirtualClock, channel: BatchScript, outbox: Outbox, delivery: Delivery) -> None:
        poison, *others = many(3, SOMEBODY)
        channel.outcomes[poison.key] = [ZeroDivisionError("no such field")] * CRASHES_MAX
        write(outbox, delivery, poison, *others)
        await until(clock, lambda: len(outbox.receipts) == 3)
        assert ends(outbox) == {poison.key: "quarantined"} | {each.key: "delivered" for each in others}
        assert [len(batch) for batch in channel.batches] == [3]

    told(story, BatchScript)


def test_what_was_under_way_when_the_agent_went_down_leaves_alone() -> None:
    """All at once: one of them may have been the cause."""

    async def main(clock: VirtualClock) -> None:
        channel, outbox = BatchScript(clock), Outbox(clock)
        outbox.write(*many(3, SOMEBODY))
        assert len(outbox.store.claim(clock.now(), "dingtalk", 3)) == 3
        outbox.store = outbox.store.reopened(clock.now())
        running = asyncio.create_task(outbox.delivery(channel).run())
        await until(clock, lambda: len(channel.told) == 3)
        assert channel.batches == []
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with capture_logs():
        virtually(main)


# --- poison -----------------------------------------------------------------------------------------------------------


def test_an_intent_that_crashes_the_channel_is_set_aside_with_the_reason_and_its_thread_goes_on() -> None:
    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        poison, behind = intent(alarm="m/a"), intent(Purpose.RETURNED, alarm="m/a", created_at=clock.now() + 1)
        channel.outcomes[poison.key] = [ZeroDivisionError("no such field")] * CRASHES_MAX
        write(outbox, delivery, poison, behind, intent(alarm="m/b"))
        await until(clock, lambda: len(outbox.receipts) == 3)
        assert ends(outbox)[poison.key] == "quarantined"
        assert ends(outbox)[behind.key] == "delivered"
        assert channel.order.count(poison.key) == CRASHES_MAX
        assert outbox.receipts[-2].detail == "the channel failed with ZeroDivisionError"

    logs = told(story)
    assert [each["intent"] for each in logs if each["event"].startswith("set aside")] == [intent(alarm="m/a").key]


def test_an_intent_with_which_the_agent_went_down_again_and_again_is_not_tried_another_time() -> None:
    async def main(clock: VirtualClock) -> None:
        outbox = Outbox(clock)
        outbox.write(intent())
        for _ in range(CRASHES_MAX):
            assert len(outbox.store.claim(clock.now(), "dingtalk", 5)) == 1
            outbox.store = outbox.store.reopened(clock.now())
        channel = ScriptedChannel(clock)
        running = asyncio.create_task(outbox.delivery(channel).run())
        await until(clock, lambda: outbox.receipts)
        assert (channel.attempts, ends(outbox)) == ([], {intent().key: "quarantined"})
        running.cancel()

    with capture_logs():
        virtually(main)


def test_what_was_set_aside_is_tried_anew_when_a_person_says_so() -> None:
    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        channel.outcomes[intent().key] = [Refused("the group was dissolved")]
        write(outbox, delivery, intent())
        await until(clock, lambda: outbox.receipts)
        outbox.replay(intent().key)
        delivery.wake()
        await until(clock, lambda: len(outbox.receipts) == 2)
        assert [receipt.outcome for receipt in outbox.receipts] == ["refused", "delivered"]

    told(story)


def test_what_is_too_late_is_not_told_and_says_so() -> None:
    async def story(clock: VirtualClock, channel: ScriptedChannel, outbox: Outbox, delivery: Delivery) -> None:
        late = intent(Purpose.REMINDER, created_at=clock.now() - HOUR)
        write(outbox, delivery, late)
        await until(clock, lambda: outbox.receipts)
        assert (channel.attempts, ends(outbox)) == ([], {late.key: "expired"})

    told(story)
