"""The seams of the pipeline, on the whole gateway in memory: a crash between its two transactions, a store that refuses one of
them, a restart within a delay or a shelf, and one message that is asked twice at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from edge.config.plant import Plant
from edge.crash import SimulatedCrash, hooked
from edge.model.command import Acknowledge, Comment, ForceValue, InboxBody, InboxRow, Shelve
from edge.model.errors import StoreError
from edge.model.event import Event, JournalRow, Stream
from edge.model.moment import MINUTE, SECOND, from_iso, to_iso
from edge.ports import EngineCommit, ResponseCommit
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.memory_cloud import Told
from edge.scenario.stage import Stage
from edge.store.database import open_database
from edge.store.store import SqliteStore
from tests.simulation.play import load_plant

START = from_iso("2026-05-04T08:00:00+08:00")
#: No delay: raised with the sample that shows it.
OVEN, OVEN_TEMP = "OVEN.1/too_hot", "OVEN.1.zone_temp"
PRESS, PRESS_PRESSURE = "PRESS.1/pressure_low", "PRESS.1.pressure"
#: Raised after 20 s.
WARM, WARM_TEMP = "PRESS.2/oil_warm", "PRESS.2.oil_temp"
#: A device is asked every 3 s, over a connection that has to stand first.
SEEN_WITHIN = 4 * SECOND
URGENT = ["group:line", "person:ann", "person:ben"]


class RefusingStore(SqliteStore):
    """The real store, whose disk refuses the calls named in `refused`, for as long as they stand there."""

    refused: frozenset[str] = frozenset()

    def commit_engine(self, commit: EngineCommit, *, synced: bool = True) -> list[JournalRow]:
        self._may("commit_engine")
        return super().commit_engine(commit, synced=synced)

    def commit_response(self, commit: ResponseCommit) -> list[JournalRow]:
        self._may("commit_response")
        return super().commit_response(commit)

    def unconsumed(self) -> list[InboxRow]:
        self._may("unconsumed")
        return super().unconsumed()

    def _may(self, call: str) -> None:
        if call in self.refused:
            raise StoreError("the disk is full")


class Play:
    def __init__(self, plant: Plant, clock: VirtualClock) -> None:
        self.clock = clock
        self.store = RefusingStore(open_database(None), site=plant.site, agent=plant.agent, now=clock.now())
        self.stage = Stage(plant, clock, store=self.store)

    async def seconds(self, seconds: float) -> None:
        await self.clock.sleep_until(self.clock.now() + int(seconds * SECOND))

    def set(self, tag: str, value: float) -> None:
        self.stage.devices.set(tag, value)

    def rows(self, *kinds: str) -> list[JournalRow]:
        """Of alarms, in order."""
        rows = self.stage.store.read_after(0, 10_000)
        return [row for row in rows if row.event.stream is Stream.ALARM and row.event.kind in kinds]

    def happened(self) -> list[tuple[str, str]]:
        return [(row.event.kind, row.event.subject) for row in self.rows("raised", "returned")]

    def cards(self, words: str = "") -> list[Told]:
        return [told for told in self.stage.cloud.told() if told.form == "card" and words in told.text]

    async def answer(self, message_id: str, body: InboxBody) -> Event | None:
        row = InboxRow("api", message_id, "fitter", body, self.clock.now())
        async with asyncio.timeout(30):
            return await self.stage.gateway.answer(row)


@pytest.fixture(scope="module")
def plant() -> Plant:
    return load_plant()


def play(plant: Plant, story: Callable[[Play], Awaitable[None]]) -> None:
    async def main(clock: VirtualClock) -> None:
        each = Play(plant, clock)
        await each.stage.open()
        await each.seconds(10)
        try:
            await story(each)
        finally:
            await each.stage.close()

    run_virtually(main, START)


def is_oven(text: str) -> bool:
    """Order is promised for each alarm, not between alarms: the more urgent one may overtake."""
    return "10 bar" not in text


def recipients(cards: Sequence[Told]) -> list[str]:
    return sorted(card.recipient for card in cards)


def test_an_alarm_committed_just_before_a_crash_is_told_once_by_the_next_boot(plant: Plant) -> None:
    def crash_between_the_transactions(point: str) -> None:
        if point == "after_engine_commit":
            raise SimulatedCrash(point)

    async def story(play: Play) -> None:
        with hooked(crash_between_the_transactions):
            play.set(OVEN_TEMP, 700)
            await play.seconds(10)
        assert play.stage.life.died_at == "after_engine_commit"
        assert play.happened() == [("raised", OVEN)]
        assert play.cards() == []

        await play.stage.kill_gateway()
        assert await play.stage.start_gateway()
        await play.seconds(20)
        assert recipients(play.cards()) == URGENT
        assert play.happened() == [("raised", OVEN)]

    play(plant, story)


def test_what_the_disk_refused_of_the_engine_is_told_once_when_it_takes_rows_again(plant: Plant) -> None:
    async def story(play: Play) -> None:
        play.store.refused = frozenset({"commit_engine"})
        play.set(OVEN_TEMP, 700)
        await play.seconds(5)
        play.set(PRESS_PRESSURE, 10)
        await play.seconds(5)
        play.set(OVEN_TEMP, 600)
        await play.seconds(5)
        assert play.stage.gateway.ready() != ()
        assert play.happened() == []
        assert play.stage.cloud.told() == []

        play.store.refused = frozenset()
        await play.seconds(20)
        assert play.stage.gateway.ready() == ()
        assert play.happened() == [("raised", OVEN), ("raised", PRESS), ("returned", OVEN)]
        for recipient in URGENT:
            told = [card.text for card in play.cards() if card.recipient == recipient]
            assert sorted(is_oven(text) for text in told) == [False, True], told

    play(plant, story)


def test_what_the_disk_refused_of_the_response_is_told_once_when_it_takes_rows_again(plant: Plant) -> None:
    async def story(play: Play) -> None:
        play.store.refused = frozenset({"commit_response"})
        play.set(OVEN_TEMP, 700)
        await play.seconds(5)
        play.set(PRESS_PRESSURE, 10)
        await play.seconds(5)
        assert play.happened() == [("raised", OVEN), ("raised", PRESS)]
        assert play.stage.cloud.told() == []

        play.store.refused = frozenset()
        await play.seconds(20)
        assert play.happened() == [("raised", OVEN), ("raised", PRESS)]
        for recipient in URGENT:
            told = [card.text for card in play.cards() if card.recipient == recipient]
            assert sorted(is_oven(text) for text in told) == [False, True], told

    play(plant, story)


def test_while_the_disk_refuses_the_engine_nothing_is_written_on_the_strength_of_what_was_before(
    plant: Plant,
) -> None:
    """An alarm that a forced value raised is over with it; as long as that is not committed, the response does not know, and
    would find an alarm that stands while its tag is not forced any more."""

    async def story(play: Play) -> None:
        forced = await play.answer("force", ForceValue("PRESS.2.torque", 150.0, 20 * SECOND, "trying the lamp"))
        assert forced is not None and forced.kind == "forced"
        await play.seconds(10)
        assert ("raised", "PRESS.2/torque_high") in play.happened()
        play.store.refused = frozenset({"commit_engine", "commit_response"})
        await play.seconds(60)
        play.store.refused = frozenset()
        await play.seconds(60)
        assert ("returned", "PRESS.2/torque_high") in play.happened()
        writes = [row.event for row in play.stage.store.read_after(0, 10_000) if row.event.stream is Stream.WRITE]
        assert [event.kind for event in writes if event.subject == "PRESS.2.lamp"] == ["held_back"]

    play(plant, story)


def test_a_command_whose_row_cannot_be_read_back_is_answered_when_it_can(plant: Plant) -> None:
    async def story(play: Play) -> None:
        play.store.refused = frozenset({"unconsumed"})
        asked = asyncio.create_task(play.answer("m1", Comment(OVEN, "looked")))
        await play.seconds(5)
        assert not asked.done()
        play.set(OVEN_TEMP, 700)
        await play.seconds(5)
        assert not asked.done()

        play.store.refused = frozenset()
        event = await asked
        assert event is not None
        assert (event.kind, event.data["text"]) == ("commented", "looked")
        assert len(play.rows("commented")) == 1
        await play.seconds(10)
        assert play.happened() == [("raised", OVEN)], "the pipeline goes on"
        assert recipients(play.cards()) == URGENT

    play(plant, story)


def test_a_delay_goes_on_after_an_outage_where_it_stood(plant: Plant) -> None:
    async def story(play: Play) -> None:
        await play.clock.sleep_until(START + 45 * SECOND)
        play.set(WARM_TEMP, 75)
        # The store last hears at 60 s that we live: 12 to 15 s of the 20 s are over by then.
        await play.clock.sleep_until(START + 61 * SECOND)
        assert play.happened() == []
        await play.stage.kill_gateway()
        await play.seconds(60)
        assert await play.stage.start_gateway()
        restarted = play.clock.now()
        await play.seconds(30)
        assert play.happened() == [("raised", WARM)]
        after = play.rows("raised")[0].recorded_at - restarted
        assert 4 * SECOND < after < 12 * SECOND

    play(plant, story)


def test_a_shelf_ends_at_the_same_instant_whether_or_not_the_gateway_was_down_meanwhile(plant: Plant) -> None:
    async def story(play: Play) -> None:
        shelved_at = play.clock.now()
        event = await play.answer("m1", Shelve(WARM, 2 * MINUTE, "maintenance"))
        assert event is not None
        assert event.kind == "shelved"
        until = shelved_at + 2 * MINUTE
        assert abs(from_iso(event.data["until"]) - until) < SECOND, to_iso(until)
        await play.seconds(30)
        await play.stage.kill_gateway()
        await play.seconds(40)
        assert await play.stage.start_gateway()
        await play.seconds(45)
        assert play.rows("unshelved") == []
        await play.seconds(20)
        (ended,) = play.rows("unshelved")
        assert ended.event.data["cause"] == "expired"
        assert to_iso(ended.event.time) == event.data["until"]
        assert abs(ended.recorded_at - until) < SECOND

    play(plant, story)


def test_of_one_message_asked_twice_at_once_one_gets_the_event_and_neither_waits_for_ever(plant: Plant) -> None:
    async def story(play: Play) -> None:
        play.set(OVEN_TEMP, 700)
        await play.clock.sleep_until(play.clock.now() + SEEN_WITHIN)
        command = Acknowledge(OVEN, 1)
        answers = await asyncio.gather(play.answer("m1", command), play.answer("m1", command))
        assert [None if answer is None else answer.kind for answer in answers] == ["acknowledged", None]
        assert len(play.rows("acknowledged", "rejected")) == 1
        assert await play.answer("m1", command) is None

    play(plant, story)
