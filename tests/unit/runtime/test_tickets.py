"""Tickets of a batch: called when all that came of its samples is durable, in order, and never while the disk refuses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from edge.config.plant import Plant
from edge.model.errors import StoreError
from edge.model.event import JournalRow, Stream
from edge.model.moment import MILLISECOND, SECOND, from_iso
from edge.model.sample import Batch, Quality, Sample
from edge.ports import EngineCommit, ResponseCommit
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from edge.store.database import open_database
from edge.store.store import SqliteStore
from tests.simulation.play import load_plant

START = from_iso("2026-05-04T08:00:00+08:00")
#: Raised with the sample that shows it; and only 20 s later.
OVEN_TEMP, WARM, WARM_TEMP = "OVEN.1.zone_temp", "PRESS.2/oil_warm", "PRESS.2.oil_temp"


class CountingStore(SqliteStore):
    """The real store; its disk refuses while `is_full`, or the second of two commits alone."""

    is_full = False
    is_full_for_the_response = False
    commits = 0

    def commit_engine(self, commit: EngineCommit, *, synced: bool = True) -> list[JournalRow]:
        if self.is_full:
            raise StoreError("the disk is full")
        self.commits += 1
        return super().commit_engine(commit, synced=synced)

    def commit_response(self, commit: ResponseCommit) -> list[JournalRow]:
        if self.is_full_for_the_response:
            raise StoreError("the disk is full")
        return super().commit_response(commit)


class Play:
    def __init__(self, plant: Plant, clock: VirtualClock) -> None:
        self.clock = clock
        self.store = CountingStore(open_database(None), site=plant.site, agent=plant.agent, now=clock.now())
        self.stage = Stage(plant, clock, store=self.store)
        self.called: list[tuple[str, int, int]] = []

    async def offer(self, name: str, tag: str, value: float) -> None:
        """With a ticket that notes its name, and how many commits and raised alarms the store has by then."""
        now, slot = self.clock.now(), self.stage.gateway.slots[tag]

        def ticket() -> None:
            rows = self.store.read_after(0, 10_000)
            raised = sum(row.event.stream is Stream.ALARM and row.event.kind == "raised" for row in rows)
            self.called.append((name, self.store.commits, raised))

        batch = Batch.of([Sample(slot, value, Quality.GOOD, now, now)])
        await self.stage.gateway.pipeline.offer(replace(batch, tickets=(ticket,)))

    async def pass_ms(self, milliseconds: int) -> None:
        await self.clock.sleep_until(self.clock.now() + milliseconds * MILLISECOND)


@pytest.fixture(scope="module")
def plant() -> Plant:
    return load_plant()


def play(plant: Plant, story: Callable[[Play], Awaitable[None]]) -> None:
    async def main(clock: VirtualClock) -> None:
        each = Play(plant, clock)
        await each.stage.open()
        await clock.sleep_until(clock.now() + 10 * SECOND)
        try:
            await story(each)
        finally:
            await each.stage.close()

    run_virtually(main, START)


def test_samples_of_which_nothing_comes_are_told_without_a_commit(plant: Plant) -> None:
    async def story(play: Play) -> None:
        before = play.store.commits
        await play.offer("quiet", OVEN_TEMP, 600.0)
        await play.pass_ms(1)
        assert play.called == [("quiet", before, 0)]

    play(plant, story)


def test_an_alarm_is_in_the_journal_before_who_sent_its_sample_hears_of_it(plant: Plant) -> None:
    async def story(play: Play) -> None:
        before = play.store.commits
        await play.offer("alarm", OVEN_TEMP, 700.0)
        await play.pass_ms(1)
        assert play.called == [("alarm", before + 1, 1)]

    play(plant, story)


def test_the_beginning_of_a_delay_is_durable_at_once_where_somebody_waits_for_it(plant: Plant) -> None:
    async def story(play: Play) -> None:
        before = play.store.commits
        await play.offer("delay", WARM_TEMP, 75.0)
        await play.pass_ms(1)
        assert play.called == [("delay", before + 1, 0)]
        assert WARM in play.store.recover().engine

    play(plant, story)


def test_nobody_hears_anything_while_the_disk_refuses_and_then_all_in_order(plant: Plant) -> None:
    async def story(play: Play) -> None:
        play.store.is_full = True
        await play.offer("first", OVEN_TEMP, 700.0)
        await play.pass_ms(1500)
        await play.offer("second", OVEN_TEMP, 600.0)
        await play.pass_ms(1500)
        assert play.called == []
        play.store.is_full = False
        before = play.store.commits
        await play.pass_ms(1500)
        assert [name for name, _, _ in play.called] == ["first", "second"]
        assert all(commits > before and raised == 1 for _, commits, raised in play.called)

    play(plant, story)


def test_nobody_hears_of_an_alarm_that_is_committed_but_not_synced(plant: Plant) -> None:
    async def story(play: Play) -> None:
        play.store.is_full_for_the_response = True
        followed = play.stage.gateway.pipeline.follow()
        await play.offer("alarm", OVEN_TEMP, 700.0)
        await play.pass_ms(1500)
        assert "raised" in {row.event.kind for row in play.store.read_after(0, 10_000)}
        assert (play.called, followed.empty()) == ([], True)
        play.store.is_full_for_the_response = False
        await play.pass_ms(1500)
        assert [(name, raised) for name, _, raised in play.called] == [("alarm", 1)]
        assert followed.get_nowait().event.kind == "raised"

    play(plant, story)


def test_a_joined_batch_has_the_tickets_of_all_in_order_and_a_part_has_none() -> None:
    def one() -> None: ...
    def two() -> None: ...

    sample = Batch.of([Sample(0, 1.0, Quality.GOOD, 0, 0)])
    joined = Batch.join([replace(sample, tickets=(one,)), sample, replace(sample, tickets=(two,))])
    assert joined.tickets == (one, two)
    assert joined.cut(0, 2).tickets == ()
