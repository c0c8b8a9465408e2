"""Delivery: what is in the outbox gets onto the phones, whatever happens between. The real store in memory, virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from cloud_bridge.delivery import HANDS, Delivery
from cloud_bridge.delivery.admission import HANDS_OF_ONE
from edge.model.alarm import Priority
from edge.model.command import Receipt
from edge.model.errors import StoreError
from edge.model.intent import Purpose, Retry, Unknown
from edge.model.moment import SECOND
from edge.runtime.offload import Inline
from edge.runtime.virtual import VirtualClock
from tests.unit.cloud_bridge.harness import (
    Bench,
    Outbox,
    intent,
    message,
    on_bench,
    virtually,
)
from tests.unit.cloud_bridge.scripted_channel import ScriptedChannel as Scripted


async def wait(clock: VirtualClock, seconds: float) -> None:
    await clock.sleep_until(clock.now() + int(seconds * SECOND))


async def until(clock: VirtualClock, condition: Callable[[], Any], seconds: float = 120) -> None:
    deadline = clock.now() + int(seconds * SECOND)
    while not condition():
        assert clock.now() < deadline, "the condition did not come to hold"
        await wait(clock, max(0.05, seconds / 1_000))


Story = Callable[[VirtualClock, Scripted, Outbox, Delivery], Awaitable[None]]


def told(story: Story, *, keyed: bool = True, takes_s: float = 0.1) -> None:
    async def main(clock: VirtualClock) -> None:
        channel, outbox = Scripted(clock, keyed=keyed, takes_s=takes_s), Outbox(clock)
        delivery = outbox.delivery(channel)
        running = asyncio.create_task(delivery.run())
        await story(clock, channel, outbox, delivery)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    virtually(main)


# --- the loop ---------------------------------------------------------------------------------------------------------


def test_an_intent_written_while_it_waits_leaves_as_soon_as_it_is_woken() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        await wait(clock, 100)
        outbox.write(intent(created_at=clock.now()))
        delivery.wake()
        await wait(clock, 0.01)
        assert channel.order == [intent().key]

    told(story)


def test_what_an_earlier_run_left_leaves_without_being_woken() -> None:
    async def main(clock: VirtualClock) -> None:
        channel, outbox = Scripted(clock), Outbox(clock)
        outbox.write(intent())
        running = asyncio.create_task(outbox.delivery(channel).run())
        await until(clock, lambda: outbox.receipts)
        running.cancel()

    virtually(main)


def test_a_receipt_is_in_the_inbox_before_the_pipeline_hears_of_it() -> None:
    async def main(clock: VirtualClock) -> None:
        outbox, heard = Outbox(clock), list[list[Receipt]]()
        outbox.write(intent())
        delivery = outbox.delivery(Scripted(clock), lambda: heard.append(outbox.receipts))
        running = asyncio.create_task(delivery.run())
        await until(clock, lambda: heard)
        ((receipt,),) = heard
        assert (receipt.intent, receipt.outcome, receipt.detail) == (intent().key, "delivered", "done")
        running.cancel()

    virtually(main)


def test_several_threads_leave_side_by_side_and_one_thread_in_its_order() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        first = [intent(alarm=f"m/a{number}") for number in range(30)]
        second = [intent(Purpose.RETURNED, alarm=f"m/a{number}", created_at=clock.now() + 1) for number in range(30)]
        outbox.write(*first, *second)
        delivery.wake()
        await until(clock, lambda: len(outbox.receipts) == 60)
        assert channel.most_at_once == HANDS_OF_ONE
        for raised, returned in zip(first, second, strict=True):
            assert channel.order.index(raised.key) < channel.order.index(returned.key)

    told(story)


def test_the_most_urgent_leaves_first() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        low = [intent(alarm=f"m/low{n}", message=message(priority=Priority.LOW)) for n in range(3 * HANDS)]
        critical = intent(alarm="m/critical", message=message(priority=Priority.CRITICAL))
        outbox.write(*low, critical)
        delivery.wake()
        await until(clock, lambda: len(outbox.receipts) == len(low) + 1)
        assert critical.key in channel.order[:HANDS]

    told(story)


def test_a_thread_that_fails_holds_back_nobody_else() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        stuck, behind, other = (
            intent(alarm="m/a"),
            intent(Purpose.STATE, alarm="m/a", created_at=clock.now() + 1),
            intent(alarm="m/b"),
        )
        channel.outcomes[stuck.key] = [Retry(0.0, "busy")] * 6
        outbox.write(stuck, behind, other)
        delivery.wake()
        await until(clock, lambda: len(outbox.receipts) == 3)
        assert [receipt.intent for receipt in outbox.receipts] == [other.key, stuck.key, behind.key]

    told(story)


def test_a_silent_outbox_costs_no_looking() -> None:
    async def main(clock: VirtualClock) -> None:
        outbox, looks = Outbox(clock), list[int]()

        class Counting(Inline):
            async def run(self, work: Any, *arguments: Any) -> Any:
                looks.append(clock.now())
                return await super().run(work, *arguments)

        delivery = Delivery(Scripted(clock), outbox.store, Counting(), clock, lambda: None)
        running = asyncio.create_task(delivery.run())
        await wait(clock, 24 * 3_600)
        assert len(looks) <= 2
        running.cancel()

    virtually(main)


# --- repeats ----------------------------------------------------------------------------------------------------------


def test_an_unkeyed_unknown_is_repeated_once_marked_and_then_on_record_as_unknown() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        channel.outcomes[intent().key] = [Unknown("no answer")] * 5
        outbox.write(intent())
        delivery.wake()
        await until(clock, lambda: outbox.receipts)
        assert [marked for _, marked in channel.attempts] == [False, True]
        assert (outbox.receipts[0].outcome, outbox.receipts[0].possible_repeat) == ("unknown", True)

    told(story, keyed=False)


def test_a_keyed_unknown_is_repeated_until_it_is_known() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        channel.outcomes[intent().key] = [Unknown("no answer")] * 5
        outbox.write(intent())
        delivery.wake()
        await until(clock, lambda: outbox.receipts)
        assert len(channel.attempts) == 6
        assert outbox.receipts[0].outcome == "delivered"

    told(story)


def test_a_mistake_in_a_channel_is_tried_again_and_stops_nothing() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        channel.outcomes[intent().key] = [RuntimeError("a mistake")]
        outbox.write(intent(), intent(alarm="m/b"))
        delivery.wake()
        await until(clock, lambda: len(outbox.receipts) == 2)
        assert {receipt.outcome for receipt in outbox.receipts} == {"delivered"}

    with capture_logs():
        told(story)


def test_an_intent_withdrawn_while_it_waits_for_its_retry_is_not_told() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        channel.outcomes[intent().key] = [Retry(30.0, "busy")]
        outbox.write(intent())
        delivery.wake()
        await until(clock, lambda: channel.attempts)
        await wait(clock, 5)
        outbox.write(withdrawn=(intent().key,))
        delivery.wake()
        await wait(clock, 300)
        assert len(channel.attempts) == 1

    told(story)


def test_a_channel_that_fails_for_an_hour_says_so_in_two_lines() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        channel.down_until = clock.now() + 3_600 * SECOND
        outbox.write(*(intent(alarm=f"m/a{number}") for number in range(5)))
        delivery.wake()
        await until(clock, lambda: len(outbox.receipts) == 5, seconds=5_000)
        assert len(channel.attempts) < 5 * 130

    with capture_logs() as logs:
        told(story)
    assert [entry["event"] for entry in logs] == ["channel fails, attempts are repeated", "channel works again"]


# --- the disk and the end ---------------------------------------------------------------------------------------------


class RefusingDisk(Inline):
    """Refuses as long as `refuses` names the method."""

    def __init__(self) -> None:
        self.refuses: set[str] = set()

    async def run(self, work: Any, *arguments: Any) -> Any:
        if getattr(work, "func", work).__name__ in self.refuses:
            raise StoreError("the disk refuses")
        return await super().run(work, *arguments)


@pytest.mark.parametrize("method", ["claim", "settle_all", "next_due"])
def test_a_disk_that_refuses_for_a_while_loses_and_repeats_nothing(method: str) -> None:
    async def main(clock: VirtualClock) -> None:
        outbox, disk, channel = Outbox(clock), RefusingDisk(), Scripted(clock)
        disk.refuses.add(method)
        outbox.write(intent(), intent(alarm="m/b"))
        running = asyncio.create_task(Delivery(channel, outbox.store, disk, clock, lambda: None).run())
        await wait(clock, 200)
        disk.refuses.clear()
        await until(clock, lambda: len(outbox.receipts) == 2)
        assert len(channel.attempts) == 2
        running.cancel()

    with capture_logs():
        virtually(main)


def test_draining_lets_attempts_under_way_end_and_begins_no_other() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        outbox.write(intent(alarm="m/a"))
        delivery.wake()
        await until(clock, lambda: channel.attempts)
        outbox.write(intent(alarm="m/b"))
        began = clock.now()
        await delivery.drain()
        assert [receipt.intent for receipt in outbox.receipts] == [intent(alarm="m/a").key]
        assert clock.now() - began < 5 * SECOND
        delivery.wake()
        await wait(clock, 60)
        assert channel.order == [intent(alarm="m/a").key]

    told(story, takes_s=4.0)


def test_draining_does_not_wait_for_ever() -> None:
    async def story(clock: VirtualClock, channel: Scripted, outbox: Outbox, delivery: Delivery) -> None:
        outbox.write(intent())
        delivery.wake()
        await until(clock, lambda: channel.attempts)
        began = clock.now()
        await delivery.drain()
        assert clock.now() - began == 10 * SECOND

    told(story, takes_s=25.0)


def test_an_attempt_that_a_stop_cuts_short_is_the_next_boots_marked_repeat() -> None:
    async def main(clock: VirtualClock) -> None:
        channel, outbox = Scripted(clock, keyed=False, takes_s=20), Outbox(clock)
        outbox.write(intent())
        running = asyncio.create_task(outbox.delivery(channel).run())
        await until(clock, lambda: channel.attempts)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        outbox.store = outbox.store.reopened(clock.now())
        channel.outcomes[intent().key] = [Unknown("no answer")]
        again = asyncio.create_task(outbox.delivery(channel).run())
        await until(clock, lambda: outbox.receipts)
        assert [marked for _, marked in channel.attempts] == [False, True]
        assert outbox.receipts[0].outcome == "unknown"
        again.cancel()

    virtually(main)


# --- against the stand-in ---------------------------------------------------------------------------------------------


def delivered(story: Callable[[Bench, Outbox, Delivery], Awaitable[None]]) -> None:
    async def main(bench: Bench) -> None:
        outbox = Outbox(bench.clock)
        delivery = outbox.delivery(bench.channel)
        running = asyncio.create_task(delivery.run())
        await story(bench, outbox, delivery)
        running.cancel()

    with capture_logs():
        on_bench(main)


def test_after_a_cut_of_ten_minutes_everything_arrives_in_order_and_marked_late() -> None:
    async def story(bench: Bench, outbox: Outbox, delivery: Delivery) -> None:
        bench.standin.cloud.cut(bench.clock.now())
        for occurrence in range(1, 6):
            now = bench.clock.now()
            states = {"address": {"user_id": "fitter.a"}, "occurrence": occurrence}
            outbox.write(intent(created_at=now, **states), intent(Purpose.RETURNED, created_at=now + 1, **states))
            delivery.wake()
            await bench.wait(110)
        await bench.wait(50)
        bench.standin.cloud.mend(bench.clock.now())
        mended_at = bench.clock.now()
        await bench.until(lambda: len(outbox.receipts) == 10, seconds=100)
        assert bench.clock.now() - mended_at < 75 * SECOND

        shown = bench.standin.shown("fitter.a")
        cards = [m.card.out_track_id for m in shown if m.card]
        assert cards == [intent(occurrence=occurrence).card for occurrence in range(1, 6)]
        assert [m.card is not None for m in shown] == [True, False] * 5
        assert all("迟到" in (m.card.params["footer"] if m.card else m.text) for m in shown)
        assert all(receipt.late_by > 45 * SECOND for receipt in outbox.receipts)
        assert not any("可能重复" in m.text for m in shown if m.card is None)

    delivered(story)
