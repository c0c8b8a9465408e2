"""The meter: counted before it leaves, never too little after a kill, and given back by a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.quota.account import Limits
from cloud_bridge.quota.meter import BLOCK, QuotaMeter
from edge.model.errors import StoreError
from edge.model.moment import HOUR, MINUTE, from_iso
from edge.model.quota import Cost, Kind, Usage
from edge.runtime.offload import Inline
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.store.store import SqliteStore, open_store

START = from_iso("2026-05-04T23:30:00+08:00")
TODAY = "2026-05-04"
CALL = {Kind.API: 1}


@dataclass
class Disk:
    """The book of a store, whose disk may refuse. writes: how often it was written."""

    store: SqliteStore = field(default_factory=lambda: open_store(None, site="mill", agent="line-1", now=START))
    refuses: bool = False
    writes: int = 0

    def count_usage(self, channel: str, usages: Sequence[Usage]) -> None:
        if self.refuses:
            raise StoreError("the disk is full")
        self.writes += 1
        self.store.count_usage(channel, usages)

    def usage_since(self, channel: str, day: str) -> list[Usage]:
        return self.store.usage_since(channel, day)


def at_the_meter(story: Callable[[Disk, VirtualClock, Callable[[], Awaitable[QuotaMeter]]], Awaitable[None]]) -> None:
    """The story gets a disk, a clock, and a way to boot: a meter as the next start finds it."""

    async def main(clock: VirtualClock) -> None:
        disk = Disk()

        async def boot() -> QuotaMeter:
            meter = QuotaMeter("dingtalk", Limits(), "Asia/Shanghai", disk, Inline(), clock)
            await meter.load()
            return meter

        try:
            await story(disk, clock, boot)
        finally:
            disk.store.close()

    run_virtually(main, START)


def spent(meter: QuotaMeter, clock: VirtualClock, kind: Kind = Kind.API) -> int:
    return meter.account.spent(kind, clock.now())


def test_what_was_used_is_found_again_after_a_stop_exactly() -> None:
    async def story(disk: Disk, clock: VirtualClock, boot: Callable[[], Awaitable[QuotaMeter]]) -> None:
        meter = await boot()
        for _ in range(23):
            await meter.using(CALL)
        await meter.using({Kind.API: 1, Kind.SMS: 2})
        await meter.close()
        again = await boot()
        assert (spent(again, clock), spent(again, clock, Kind.SMS)) == (24, 2)

    at_the_meter(story)


@given(st.lists(st.sampled_from([CALL, {Kind.PUSH: 1}, {Kind.API: 1, Kind.SMS: 3}, {Kind.API: 1, Kind.CALL: 1}]), max_size=40))
def test_a_kill_at_any_call_leaves_figures_that_are_never_too_low_and_by_less_than_a_block_too_high(costs: list[Cost]) -> None:
    async def story(disk: Disk, clock: VirtualClock, boot: Callable[[], Awaitable[QuotaMeter]]) -> None:
        meter = await boot()
        for cost in costs:
            await meter.using(cost)
            killed = await boot()
            for kind in (Kind.API, Kind.PUSH):
                assert 0 <= spent(killed, clock, kind) - spent(meter, clock, kind) < BLOCK
            for kind in (Kind.SMS, Kind.CALL):
                assert spent(killed, clock, kind) == spent(meter, clock, kind)

    at_the_meter(story)


def test_ten_calls_cost_one_commit() -> None:
    async def story(disk: Disk, clock: VirtualClock, boot: Callable[[], Awaitable[QuotaMeter]]) -> None:
        meter = await boot()
        await asyncio.gather(*(meter.using(CALL) for _ in range(3 * BLOCK)))
        assert disk.writes == 3

    at_the_meter(story)


def test_what_the_cloud_does_not_count_is_given_back() -> None:
    async def story(disk: Disk, clock: VirtualClock, boot: Callable[[], Awaitable[QuotaMeter]]) -> None:
        meter = await boot()
        for _ in range(3):
            await meter.using(CALL)
        meter.unused(CALL)
        assert spent(meter, clock) == 2
        await meter.close()
        assert spent(await boot(), clock) == 2

    at_the_meter(story)


def test_each_day_is_counted_for_itself() -> None:
    async def story(disk: Disk, clock: VirtualClock, boot: Callable[[], Awaitable[QuotaMeter]]) -> None:
        meter = await boot()
        await meter.using({Kind.API: 1, Kind.SMS: 1})
        await clock.sleep_until(START + HOUR)
        for _ in range(2):
            await meter.using({Kind.API: 1, Kind.SMS: 1})
        assert (spent(meter, clock), spent(meter, clock, Kind.SMS)) == (3, 2)
        await meter.close()
        api = [each for each in disk.usage_since("dingtalk", TODAY) if each.kind is Kind.API]
        assert api == [Usage(Kind.API, TODAY, 1), Usage(Kind.API, "2026-05-05", 2)]

    at_the_meter(story)


def test_a_disk_that_refuses_holds_up_no_call_and_is_told_later(capsys: pytest.CaptureFixture[str]) -> None:
    async def story(disk: Disk, clock: VirtualClock, boot: Callable[[], Awaitable[QuotaMeter]]) -> None:
        meter = await boot()
        disk.refuses = True
        for _ in range(15):
            await meter.using(CALL)
        assert spent(meter, clock) == 15
        disk.refuses = False
        await meter.using(CALL)
        await meter.close()
        assert spent(await boot(), clock) == 16

    at_the_meter(story)
    assert capsys.readouterr().out.count("cannot be written") == 1


def test_what_was_let_go_is_under_way_until_it_is_used_or_never_was() -> None:
    async def story(disk: Disk, clock: VirtualClock, boot: Callable[[], Awaitable[QuotaMeter]]) -> None:
        meter = await boot()
        meter.let_go({Kind.API: 1, Kind.SMS: 2})
        meter.let_go(CALL)
        await meter.using(CALL)
        assert meter.under_way == {Kind.API: 1, Kind.SMS: 2}
        await clock.sleep_until(clock.now() + 2 * MINUTE)
        assert not any(meter.under_way.values())

    at_the_meter(story)


def test_a_refusal_is_known_until_the_cloud_accepts_again() -> None:
    async def story(disk: Disk, clock: VirtualClock, boot: Callable[[], Awaitable[QuotaMeter]]) -> None:
        meter = await boot()
        meter.refused(Kind.CALL)
        meter.accepted(CALL)
        assert meter.account.refusal_ends(Kind.CALL, clock.now() + MINUTE) is not None
        meter.accepted({Kind.API: 1, Kind.CALL: 1})
        assert meter.account.refusal_ends(Kind.CALL, clock.now() + MINUTE) is None

    at_the_meter(story)
