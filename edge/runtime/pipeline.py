"""The pipeline: samples and inbox rows go in, committed events and intents come out.

Theory of operation. One task turns the crank. A turn takes what has arrived since the last one through the intake, where people
enter and force values, lets the engine step once, and makes the result durable in transaction A; then it lets the response step
on the rows that A wrote, and makes that durable in transaction B; then it tells those who wait: the answers of commands, the
followers of the journal, the bridge, who sent the samples.

    samples, commands ─▶ intake.take ─▶ engine.step ─▶ A ─▶ response.step ─▶ B ─▶ answers, followers, bridge
                                             ▲                    ▲
                                   (memory ahead of disk)      receipts

The history is handed the same samples after the step, and takes them without waiting.

The engine is stepped exactly once for each input. When the disk refuses A, what the step gave stays here, in order, and goes
with the next try; nobody is told meanwhile. A change of engine state without an event (a condition began, its delay runs) may
wait `RAW_EDGE_WITHIN` for company before it is committed. What signals over time and counts remember changes with every sample:
it is committed once in `REMEMBER_EVERY`, a few signals at a time, and that much of a window a crash can cost.

A batch may carry tickets: somebody keeps what it was made of until he hears that it is safe. They are called when nothing that
came of it is undurable any more: at once where nothing came of it, and otherwise a change without an event does not wait for
company. While the disk refuses, nobody is called, and who sent the samples stops sending.

One sync a turn: where B follows at once, A is committed without a sync of its own, and B's makes both safe from power cuts.
Until then nobody is told of what A wrote; while the disk refuses B, nobody is.

While the disk refuses A, the response waits: it would hold what it knows of alarms, which is older, against values of now.

A crash between A and B loses nothing: the next boot reads the journal from the response's cursor and steps the response on the
same rows again, which gives the same intents under the same keys.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from edge.model.command import ClockStepped, InboxRow, SampleCommand
from edge.model.errors import StoreError
from edge.model.event import Event, JournalRow, Stream
from edge.model.moment import MILLISECOND, MINUTE, SECOND, Moment
from edge.model.sample import Batch
from edge.ports import Clock, EngineCommit, HistoryWriter, Offload, ResponseCommit, Store
from edge.response.flood import Flood
from edge.response.point import Point
from edge.response.response import Response
from edge.runtime.image import Image
from edge.runtime.waiting import wait_until
from rules.engine import Engine
from rules.intake import INTAKE, Intake

log = structlog.get_logger()

#: How long a change of state without an event may wait to become durable; the design allows 1 s.
RAW_EDGE_WITHIN = 500 * MILLISECOND
#: Windows, counts and trends are made durable once in this long; so many signals at a time, so far apart.
REMEMBER_EVERY = 1 * MINUTE
REMEMBER_AT_ONCE = 100
REMEMBER_APART = 50 * MILLISECOND
#: How long the receipt of a telling may wait for others.
RECEIPTS_WITHIN = 100 * MILLISECOND
#: A disk that refused is tried again after this long.
RETRY_AFTER = 1 * SECOND
#: Samples that may wait here; readers of devices wait beyond that.
SAMPLES_MAX = 200_000
#: Journal rows that the response takes at a time: what the first of them wants told leaves while it decides on the next, and
#: all else that goes on in this process has its turn in between.
ROWS_AT_ONCE = 200
#: Rows a follower of the journal may lag behind before it is dropped (it then reads from the journal).
FOLLOWER_ROWS_MAX = 10_000


def _nothing() -> None:
    """For who does not want to be called."""


def _as_it_is(batch: Batch) -> Batch:
    return batch


def _nobody_waits() -> None:
    """Of a pipeline whose deeds nobody carries out."""


class Pipeline:
    """The one writer of engine, response and image. `agent` names us in system events. derive: puts the samples of derived
    tags among those they follow from. counted: what those remember, by the key of its record; nothing when it is no news.
    failing: the channels that do not deliver just now."""

    def __init__(
        self,
        *,
        agent: str,
        intake: Intake,
        engine: Engine,
        response: Response,
        image: Image,
        history: HistoryWriter,
        store: Store,
        offload: Offload,
        clock: Clock,
        intents_written: Callable[[], None],
        deeds_written: Callable[[], None] = _nobody_waits,
        derive: Callable[[Batch], Batch] = _as_it_is,
        counted: Callable[[], Mapping[str, Mapping[str, Any]]] = dict,
        failing: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._agent = agent
        self._intake = intake
        self._engine = engine
        self._response = response
        self._image = image
        self._history = history
        self._store = store
        self._offload = offload
        self._clock = clock
        self._intents_written, self._deeds_written = intents_written, deeds_written
        self._receipts = asyncio.Event()
        self._derive = derive
        self._counted = counted
        self._failing = failing

        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._batches: deque[Batch] = deque()
        self._samples_waiting = 0
        self._inbox_news = False
        self._inbox_cursor = 0
        self._answers: dict[tuple[str, str], asyncio.Future[Event]] = {}
        self._followers: set[asyncio.Queue[JournalRow]] = set()

        self._events: list[Event] = []
        self._changed: dict[str, Mapping[str, Any] | None] = {}
        self._consumed: list[int] = []
        self._tickets: list[Callable[[], None]] = []
        self._undurable_since: Moment | None = None
        self._retry_at: Moment | None = None
        self._remember_due = clock.now() + REMEMBER_EVERY
        self._remember_from = 0
        self._all_remembered: asyncio.Event | None = None
        self._intake_due: Moment | None = None
        self._engine_due: Moment | None = None
        self._response_due: Moment | None = None
        self._rows: list[JournalRow] = []
        self._unheard: list[JournalRow] = []
        self._heard: list[InboxRow] = []
        self._cursor = 0
        self._queued_response: ResponseCommit | None = None
        self.turns_total = 0
        self.store_refused_since: Moment | None = None

    # --- what goes in ---------------------------------------------------------------------------------------------

    async def offer(self, batch: Batch) -> None:
        """Queue samples; waits while too many wait already."""
        while self._samples_waiting >= SAMPLES_MAX:
            self._room.clear()
            await self._room.wait()
        self._batches.append(batch)
        self._samples_waiting += len(batch)
        self._work.set()

    async def take(self, row: InboxRow) -> bool:
        """Commit a row to the inbox. False: it was in already. Raises StoreError: it was not taken."""
        stored = (await self._offload.run(self._store.put, [row]))[0]
        if stored is None:
            return False
        self.inbox_has_news()
        return True

    async def answer(self, row: InboxRow, committed: Callable[[], None] = _nothing) -> Event | None:
        """Take a command and wait for the event that ends it; None when this very message was taken before. committed: called
        in between, when it is in the inbox."""
        key = (row.source, row.message_id)
        if key in self._answers:
            return None  # it is being taken right now: whoever came first gets the answer
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._answers[key] = future
        try:
            if not await self.take(row):
                return None
            committed()
            return await future
        finally:
            del self._answers[key]

    def inbox_has_news(self) -> None:
        """Somebody committed rows to the inbox: `take` here, or the bridge when it settled an attempt."""
        self._inbox_news = True
        self._work.set()

    def receipts_have_news(self) -> None:
        """The bridge settled attempts at telling: nobody waits for that, so it is read with what comes soon after."""
        self._receipts.set()

    async def gather_receipts(self) -> None:
        """For ever. Each receipt by itself would be a turn with a commit, which an alarm that comes then had to wait for."""
        while True:
            await self._receipts.wait()
            await self._clock.sleep_until(self._clock.now() + RECEIPTS_WITHIN)
            self._receipts.clear()
            self.inbox_has_news()

    def floods(self) -> Mapping[str, Flood]:
        return self._response.floods()

    def points(self) -> Mapping[str, Point]:
        return self._response.points()

    def follow(self) -> asyncio.Queue[JournalRow]:
        """A queue of every journal row from now on; end with `unfollow`. A follower too slow for it is dropped."""
        queue: asyncio.Queue[JournalRow] = asyncio.Queue(FOLLOWER_ROWS_MAX)
        self._followers.add(queue)
        return queue

    def unfollow(self, queue: asyncio.Queue[JournalRow]) -> None:
        self._followers.discard(queue)

    # --- the crank ------------------------------------------------------------------------------------------------

    async def start(self, outage: int | None) -> None:
        """Take up what the last boot left: unanswered inbox rows, and journal rows the response has not seen."""
        recovered = await self._offload.run(self._store.recover)
        self._cursor = recovered.cursor
        while rows := await self._offload.run(self._store.read_after, self._cursor, ROWS_AT_ONCE):
            await self._respond(rows)
        started = {"epoch": self._store.epoch, "outage": None if outage is None else outage / SECOND}
        self._events.append(Event(Stream.SYSTEM, "started", self._agent, self._clock.now(), started))
        self.inbox_has_news()

    async def run(self) -> None:
        """Turn the crank for ever."""
        while True:
            await wait_until(self._work, self._clock, self._next_due())
            self._work.clear()
            await self.turn()

    async def remember_all(self) -> None:
        """Before a stop: the next turn commits what all signals remember. Returns when it has, or the disk has refused."""
        self._all_remembered = asyncio.Event()
        self._work.set()
        await self._all_remembered.wait()

    async def turn(self) -> None:
        asked, self._all_remembered = self._all_remembered, None
        inbox = await self._read_inbox()
        now = self._clock.now()
        receipts = self._step_engine(now, inbox)
        if asked is not None:
            self._remember_from = 0
        if asked is not None or self._remember_due <= now:
            self._remember(now, len(self._engine.layout.signals) + 1 if asked is not None else REMEMBER_AT_ONCE)
        if self._must_commit(now) or (asked is not None and self._undurable_since is not None):
            await self._commit_engine(now)
        if asked is not None:
            asked.set()
        self._heard.extend(receipts)
        response_is_due = self._response_due is not None and self._response_due <= now
        retry_is_due = self._queued_response is not None and (self._retry_at is None or self._retry_at <= now)
        if (self._rows or self._heard or response_is_due or retry_is_due) and not self._events:
            rows, self._rows = self._rows, []
            heard, self._heard = self._heard, []
            await self._respond(rows[:ROWS_AT_ONCE], heard)
            for start in range(ROWS_AT_ONCE, len(rows), ROWS_AT_ONCE):
                await self._respond(rows[start : start + ROWS_AT_ONCE])
        if self._tickets and self._undurable_since is None and not self._unheard:
            self._call_tickets()
        self.turns_total += 1

    async def _read_inbox(self) -> list[InboxRow]:
        """Rows committed since the last turn. They come from the store and from nowhere else, so none enters twice."""
        if not self._inbox_news:
            return []
        try:
            unconsumed = await self._offload.run(self._store.unconsumed)
        except StoreError as error:
            self._refused(self._clock.now(), error)
            return []
        self._inbox_news = False
        rows = [row for row in unconsumed if row.sequence > self._inbox_cursor]
        if rows:
            self._inbox_cursor = rows[-1].sequence
        return rows

    def _step_engine(self, now: Moment, inbox: Sequence[InboxRow]) -> list[InboxRow]:
        """Step once on all that waits; gives back the inbox rows that are not the engine's."""
        batch = Batch.join(list(self._batches))
        self._batches.clear()
        self._tickets += batch.tickets
        self._samples_waiting = 0
        self._room.set()
        taken = self._intake.take(now, batch, [row for row in inbox if isinstance(row.body, SampleCommand)])
        batch = self._derive(taken.batch)
        self._events.extend(taken.events)
        self._consumed.extend(taken.consumed)
        if taken.record is not None:
            self._changed[INTAKE] = taken.record
        self._intake_due = taken.next_due
        commands = [row for row in inbox if row.for_engine and not isinstance(row.body, SampleCommand)]
        step = self._engine.step(now, batch, commands)
        self._image.update(batch)
        if len(batch):
            self._history.append(batch)
        self._engine_due = step.next_due
        self._events.extend(step.events)
        self._changed.update(step.changed)
        self._consumed.extend(step.consumed)
        for row in inbox:
            if isinstance(row.body, ClockStepped):
                stepped = {"by": row.body.by / SECOND}
                self._events.append(
                    Event(Stream.SYSTEM, "clock_stepped", self._agent, now, stepped, (row.source, row.message_id))
                )
                self._consumed.append(row.sequence)
        if self._undurable_since is None and (self._events or self._changed or self._consumed):
            self._undurable_since = now
        return [row for row in inbox if not row.for_engine and not isinstance(row.body, ClockStepped)]

    def _remember(self, now: Moment, at_once: int) -> None:
        """Take what some more signals remember into the next commit: never before the events that it belongs to."""
        counted = self._counted() if self._remember_from == 0 else {}
        records, following = self._engine.remember(self._remember_from, at_once)
        records = {**records, **counted}
        self._changed.update(records)
        self._remember_from = following or 0
        self._remember_due = now + (REMEMBER_EVERY if following is None else REMEMBER_APART)
        if records and self._undurable_since is None:
            self._undurable_since = now

    def _must_commit(self, now: Moment) -> bool:
        if self._undurable_since is None or (self._retry_at is not None and now < self._retry_at):
            return False
        in_haste = bool(self._events or self._consumed or self._tickets)
        return in_haste or now >= self._undurable_since + RAW_EDGE_WITHIN

    async def _commit_engine(self, now: Moment) -> None:
        commit = EngineCommit(now, tuple(self._events), dict(self._changed), tuple(self._consumed))
        try:
            # Of events the response is told in this very turn, and its commit syncs.
            rows = await self._offload.run(partial(self._store.commit_engine, commit, synced=not commit.events))
        except StoreError as error:
            self._refused(now, error)
            return
        self._accepted(now)
        del self._events[: len(commit.events)]
        del self._consumed[: len(commit.consumed)]
        for rule in commit.changed:
            del self._changed[rule]
        self._undurable_since = None
        self._rows.extend(rows)
        self._unheard.extend(rows)

    async def _respond(self, rows: Sequence[JournalRow], receipts: Sequence[InboxRow] = ()) -> None:
        now = self._clock.now()
        step = self._response.step(
            now,
            rows,
            receipts,
            self._image.latest,
            peaks=self._engine.peak,
            failing=self._failing(),
            trails=lambda tag: self._image.trail(tag, now),
        )
        self._response_due = step.next_due
        self._cursor = max([self._cursor, *(row.sequence for row in rows)])
        commit = ResponseCommit(
            now=now,
            cursor=self._cursor,
            events=step.events,
            intents=step.intents,
            withdrawn=step.withdrawn,
            records=step.records,
            consumed=step.consumed,
            deeds=step.deeds,
            replayed=step.replayed,
        )
        if self._queued_response is not None:
            commit = _after(self._queued_response, commit)
        try:
            own = await self._offload.run(self._store.commit_response, commit)
        except StoreError as error:
            self._queued_response = commit
            self._refused(now, error)
            return
        self._queued_response = None
        self._accepted(now)
        unheard, self._unheard = self._unheard, []
        self._publish([*unheard, *own])
        if commit.intents or commit.withdrawn or commit.replayed:
            self._intents_written()
        if commit.deeds or commit.withdrawn:
            self._deeds_written()

    # --- who waits ------------------------------------------------------------------------------------------------

    def _call_tickets(self) -> None:
        tickets, self._tickets = self._tickets, []
        for ticket in tickets:
            ticket()

    def _publish(self, rows: Sequence[JournalRow]) -> None:
        for row in rows:
            if row.event.command is not None:
                future = self._answers.get(row.event.command)
                if future is not None and not future.done():
                    future.set_result(row.event)
            for follower in list(self._followers):
                try:
                    follower.put_nowait(row)
                except asyncio.QueueFull:
                    self._followers.discard(follower)

    def _next_due(self) -> Moment:
        flush = None
        if self._undurable_since is not None:
            flush = self._retry_at if self._retry_at is not None else self._undurable_since + RAW_EDGE_WITHIN
        retry = self._retry_at if self._queued_response is not None or self._inbox_news else None
        response = None if self._events else self._response_due
        dues = [due for due in (self._intake_due, self._engine_due, response, flush, retry) if due is not None]
        return min([self._remember_due, *dues])

    def _refused(self, now: Moment, error: StoreError) -> None:
        self._retry_at = now + RETRY_AFTER
        if self.store_refused_since is None:
            self.store_refused_since = now
            log.error("the store refuses; events are kept in memory, nobody is told until it takes them", reason=str(error))

    def _accepted(self, now: Moment) -> None:
        self._retry_at = None
        if self.store_refused_since is not None:
            log.warning("the store takes rows again", after_s=(now - self.store_refused_since) / SECOND)
            self.store_refused_since = None


def _after(first: ResponseCommit, second: ResponseCommit) -> ResponseCommit:
    """One commit that has the effect of both in turn."""
    return ResponseCommit(
        now=second.now,
        cursor=second.cursor,
        events=(*first.events, *second.events),
        intents=(*first.intents, *second.intents),
        withdrawn=(*first.withdrawn, *second.withdrawn),
        records={**first.records, **second.records},
        consumed=(*first.consumed, *second.consumed),
        deeds=(*first.deeds, *second.deeds),
        replayed=(*first.replayed, *second.replayed),
    )
