"""The gateway: all parts of one running agent, and its tasks.

The same class runs live and in a scenario; what differs is handed in as `Outside` by `edge.agent` and `edge.scenario`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TypeVar

import structlog

from cloud_bridge.callback import Callback, CallbackReply
from cloud_bridge.log_in import NoLogIn
from cloud_bridge.quota.statement import Statement, health_of
from drivers.base import Driver, DriverRow, Opening
from edge import texts
from edge.config.plant import Plant
from edge.model.command import ClockStepped, InboxRow, LeaveDevices
from edge.model.deed import Value
from edge.model.errors import StoreError
from edge.model.event import Event, JournalRow
from edge.model.intent import Intent
from edge.model.moment import HOUR, MINUTE, SECOND, Moment
from edge.model.sample import Sample
from edge.model.tag import SYSTEM
from edge.model.trend import Trend, TrendQuestion
from edge.performance.beside import ReportProcess
from edge.performance.pages import Asked, Pages, pages_of
from edge.response.device_answer import Known
from edge.response.flood import Flood
from edge.response.hang_tags import HangTag
from edge.response.judgement import is_allowed
from edge.response.point import Point, trouble_since
from edge.response.response import Response
from edge.runtime.acquisition import acquire
from edge.runtime.bridge import Bridge
from edge.runtime.driver_figures import driver_figures
from edge.runtime.health import Vitals, figures, tell_health
from edge.runtime.image import Image
from edge.runtime.outside import Outside, by_path
from edge.runtime.pipeline import Pipeline
from edge.runtime.signs_of_life import SignsOfLife
from edge.runtime.waiting import end
from edge.runtime.writer import Writer
from edge.store.store import SqliteStore
from rules.counting import COUNTS, CountedTags
from rules.derived import DerivedTags
from rules.engine import Engine
from rules.entering import Entered
from rules.forcing import Forced
from rules.intake import INTAKE, Intake
from rules.layout import build_layout
from rules.maintenance import Window
from rules.stages import Set
from rules.view import AlarmView

log = structlog.get_logger()

T = TypeVar("T")

#: The store learns that we still live once in this long, which bounds what a restart counts as outage.
TOUCH_EVERY = 1 * MINUTE
#: While a delay runs: what a restart takes for outage beyond the true one, that delay is late.
TOUCH_IN_DELAY_EVERY = 5 * SECOND
#: What was settled longer ago than this is forgotten, once an hour; the journal keeps what happened.
PRUNE_EVERY = 1 * HOUR
KEEP_SETTLED = 30 * 24 * HOUR
#: How long a stop waits for the disk to take what signals remember.
REMEMBER_WITHIN_S = 5.0
#: How long a stop waits for devices to be left as the grants say.
LEAVE_WITHIN_S = 8.0
#: The wall clock is compared with the steady one once in this long; a step of more than this is recorded.
CLOCK_CHECK_EVERY = 1 * SECOND
CLOCK_STEP_MIN = 2 * SECOND


class Gateway:
    """A plant's gateway. `start` builds and runs all tasks; `stop` ends them in reverse order.

    rate: how much faster than the wall its clock runs, for faces to show; the clock itself is in `outside`."""

    def __init__(self, plant: Plant, outside: Outside, *, rate: float = 1.0) -> None:
        self.plant = plant
        self.rate = rate
        self.clock = outside.clock
        self._outside = outside
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._drivers: list[Driver] = []
        self._writer: Writer | None = None
        self._signs: SignsOfLife | None = None
        self._clock_steps = 0

        tags = [tag for device in plant.devices.values() for tag in device.tags]
        layout = build_layout(1, tags, plant.rules, plant.lines, plant.suppressors, plant.first_out_words)
        self.slots: Mapping[str, int] = layout.slots
        self.engine = Engine(layout, self.clock.now(), plant.stage)
        self.response = Response(plant.policy, plant.agent, outside.store.journal_head().genesis[:8])
        self.image = Image(layout.slots, {tag.name: tag.stale_after for tag in tags})
        database = outside.store.database.path
        self._reports = None if database is None else ReportProcess(database.parent)
        self._history = outside.history
        self._history.begin(layout.slots, tags)
        self.intake = Intake(layout, self.clock.now(), self.image.latest)
        self.engine.watch_forced(self.intake.forced_at)
        self._counted, derived = CountedTags(layout.tags, layout.slots), DerivedTags(layout.tags, layout.slots)
        self.pipeline = Pipeline(
            agent=plant.agent,
            intake=self.intake,
            engine=self.engine,
            response=self.response,
            image=self.image,
            history=self._history,
            store=outside.store,
            offload=outside.offload,
            clock=self.clock,
            intents_written=self._wake_bridge,
            deeds_written=self._wake_writer,
            derive=lambda batch: derived.extend(self._counted.extend(batch)),
            counted=self._counted.remember,
            failing=self.channels_down,
        )
        self._bridge = Bridge(plant, outside, self.pipeline, self.response, self.alarm, self._known)

    # --- life -----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Restore what the last boot left, then start reading, deciding and telling."""
        outside = self._outside
        # Before the engine's time begins, because importing a driver takes some: silence counts from the restore below, and a
        # slow start must not pass for silent devices. What alarms are told in must be there when the first one is.
        texts.read("response", "signal", "marks")
        for name, driver in outside.drivers.items():
            self._open_drivers(name, driver)
        now = self.clock.now()
        recovered = await outside.offload.run(outside.store.recover)
        outage = None if recovered.saved_at is None else max(0, now - recovered.saved_at)
        records = dict(recovered.engine)
        self.intake.restore(records.pop(INTAKE, {}), now)
        self._counted.restore(records.pop(COUNTS, {}))
        entered = {tag: each.measured_at for tag, each in self.intake.entered().items()}
        self.engine.restore(records, now=now, outage=outage or 0, entered=entered)
        self.response.restore(recovered.records, now)
        await self.pipeline.start(outage)

        await self._bridge.open(recovered.saved_at)
        self._stack.push_async_callback(self._bridge.close)
        self._open_writer()
        self._spawn("pipeline", self.pipeline.run)
        self._spawn("receipts", self.pipeline.gather_receipts)
        for opened in self._drivers:
            self._spawn(opened.name, partial(acquire, opened, self.pipeline.offer, self.clock))
        for name, work in self._bridge.tasks():
            self._spawn(name, work)
        self._spawn("history", self._history.run)
        self._spawn("touch", self._touch)
        self._spawn("prune", self._prune)
        self._spawn("clock watch", self._watch_clock)
        if SYSTEM in self.plant.devices:
            device = self.plant.devices[SYSTEM]
            self._spawn("health", partial(tell_health, device, self._vitals(), self.slots, self.clock, self.pipeline.offer))
        self._say_alive()

    def _open_drivers(self, name: str, row: DriverRow) -> None:
        devices = [device.as_read for device in self.plant.devices.values() if device.driver == name]
        if devices:
            outside = self._outside
            factory = by_path(row.factory)
            self._drivers.extend(factory(Opening(devices, self.slots, self.clock, outside.links, outside.secret)))

    def _open_writer(self) -> None:
        """Also of a plant that grants nothing any more: what is left in the outbox must come to an end."""
        outside, grants = self._outside, self.plant.policy.grants.by_tag

        def is_granted(tag: str, value: Value) -> bool:
            return tag in grants and is_allowed(value, grants[tag])

        settled = self.pipeline.inbox_has_news
        self._writer = Writer(self._drivers, is_granted, outside.store, outside.offload, self.clock, settled)
        self._spawn("writer", self._writer.run)

    def _say_alive(self) -> None:
        """To all who are to notice when we are gone."""
        outside, vitals = self._outside, self._vitals()
        self._signs = SignsOfLife(
            self.plant,
            outside.store.epoch,
            lambda: figures(vitals, self.clock.now()),
            self._drivers,
            lambda device: any(each.device == device for each in self.hang_tags()),
            outside.transport,
            self.clock,
            outside.secret,
        )
        for name, work in self._signs.tasks():
            self._spawn(name, work)

    def _vitals(self) -> Vitals:
        return Vitals(
            waiting=lambda before: self.run_in_store(lambda store: store.waiting(before)),
            failing=self._bridge.failing,
            disk_free=lambda: self._outside.offload.run(self._outside.disk_free),
            journal_refused=lambda: self.pipeline.store_refused_since is not None,
            clock_steps=lambda: self._clock_steps,
            trouble=lambda since: trouble_since(self.points().values(), since),
            is_unanswered=self._is_unanswered,
            quotas=lambda: health_of(self.quotas()),
            foreign_presses=self.response.foreign_presses,
        )

    def _is_unanswered(self, alarm_id: str, occurrence: int) -> bool:
        view = self.alarm(alarm_id)
        return view is not None and view.facts.occurrence == occurrence and view.facts.active and not view.facts.acked

    def _spawn(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        async def rim() -> None:
            try:
                await work()
            except Exception:  # the rim of every task: it must not die unseen
                log.exception("task failed", task=name)
                raise

        self._tasks.append(asyncio.create_task(rim(), name=name))

    async def run(self) -> None:
        """Returns never; raises what a task died of."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def drain(self) -> None:
        """Let attempts under way end, so that a stop does not leave one whose outcome nobody knows, and let signals be
        remembered; at most 10 s."""
        leaving = asyncio.gather(self._say_farewell(), self._leave_devices(), self._bridge.drain())
        await asyncio.gather(self._remember_all(), leaving)
        await self._bridge.settle_accounts()

    async def _say_farewell(self) -> None:
        if self._signs is not None:
            await self._signs.say_farewell()

    async def _leave_devices(self) -> None:
        """What rules hold at points is left as their grants say."""
        if self._writer is None or not self.plant.policy.grants.of_rules:
            return
        row = InboxRow(SYSTEM, f"leave-{self._outside.store.epoch}", SYSTEM, LeaveDevices(), self.clock.now())
        with suppress(TimeoutError, StoreError):
            async with asyncio.timeout(LEAVE_WITHIN_S):
                await self.pipeline.answer(row)
                await self._writer.drain()

    async def _remember_all(self) -> None:
        """A pipeline that has died answers nobody."""
        with suppress(TimeoutError):
            async with asyncio.timeout(REMEMBER_WITHIN_S):
                await self.pipeline.remember_all()

    async def stop(self) -> None:
        """Cancel the tasks in reverse order, then close what they used."""
        await end(list(reversed(self._tasks)))
        await self._stack.aclose()
        await self._outside.transport.close()

    def kill(self) -> None:
        """Cut every task off where it stands, without waiting; `stop` still has to follow."""
        for task in reversed(self._tasks):
            task.cancel()

    # --- small tasks ----------------------------------------------------------------------------------------------

    async def _touch(self) -> None:
        touched = self.clock.now()
        while True:
            await self.clock.sleep_until(self.clock.now() + TOUCH_IN_DELAY_EVERY)
            if self.engine.counts_down or self.clock.now() >= touched + TOUCH_EVERY:
                with suppress(StoreError):  # the pipeline says so, and tries again
                    await self.run_in_store(lambda store: store.touch(self.clock.now()))
                    touched = self.clock.now()

    async def _prune(self) -> None:
        """Forget what was settled long ago, a batch at a time, so that the outbox and inbox do not grow for ever."""
        while True:
            await self.clock.sleep_until(self.clock.now() + PRUNE_EVERY)
            with suppress(StoreError):  # the pipeline says so; another time
                while await self.run_in_store(lambda store: store.prune(self.clock.now(), KEEP_SETTLED)):
                    pass

    async def _watch_clock(self) -> None:
        known = self._outside.drift()
        while True:
            await self.clock.sleep_until(self.clock.now() + CLOCK_CHECK_EVERY)
            drift = self._outside.drift()
            if abs(drift - known) > CLOCK_STEP_MIN:
                step = ClockStepped(drift - known)
                message_id = f"clock-{self._outside.store.epoch}-{self._clock_steps + 1}"
                with suppress(StoreError):  # `known` stays, so the step is recorded a second later
                    await self.pipeline.take(InboxRow("system", message_id, "system", step, self.clock.now()))
                    known = drift
                    self._clock_steps += 1

    def _wake_bridge(self) -> None:
        self._bridge.wake()

    def _wake_writer(self) -> None:
        if self._writer is not None:
            self._writer.wake()

    def _known(self) -> Known:
        now = self.clock.now()
        return Known(now, self.image.latest, lambda tag: self.image.trail(tag, now))

    # --- for the faces --------------------------------------------------------------------------------------------

    def alarms(self) -> Sequence[AlarmView]:
        return self.engine.views()

    def standing(self) -> Sequence[AlarmView]:
        return self.engine.standing()

    def alarm(self, alarm_id: str) -> AlarmView | None:
        return self.engine.view(alarm_id) if alarm_id in self.engine.layout.rows else None

    def moved_alarms(self, turn: int, limit: int) -> tuple[Sequence[AlarmView], int]:
        return self.engine.moved_since(turn, limit)

    def moved_tags(self, turn: int, then: Moment) -> tuple[Sequence[str], int]:
        return self.image.moved_since(turn, then, self.clock.now()), self.image.turn

    def tag(self, name: str) -> Sample | None:
        return self.image.latest(name)

    async def trend(self, question: TrendQuestion) -> Trend:
        return await self._history.trend(question)

    async def answer(self, row: InboxRow) -> Event | None:
        return await self.pipeline.answer(row)

    def stages(self) -> Mapping[str, Set]:
        return self.engine.stages()

    def windows(self) -> Sequence[Window]:
        return self.engine.windows()

    def left_open(self, window: Window) -> Mapping[str, Sequence[str]]:
        return self.engine.left_open(window, self.clock.now())

    def hang_tags(self) -> Sequence[HangTag]:
        return self.response.hang_tags()

    def leavers(self) -> Collection[str]:
        return self.response.leavers()

    async def called_back(self, channel: str, callback: Callback) -> CallbackReply | None:
        return await self._bridge.called_back(channel, callback)

    async def was_read(self, intent: Intent, receipt: str) -> bool | None:
        return await self._bridge.was_read(intent, receipt)

    async def person_of_code(self, channel: str, code: str) -> str | NoLogIn | None:
        return await self._bridge.person_of_code(channel, code)

    def forced(self) -> Sequence[Forced]:
        return self.intake.forced()

    def entered(self) -> Mapping[str, Entered]:
        return self.intake.entered()

    def quotas(self) -> Sequence[Statement]:
        return self._bridge.quotas()

    def floods(self) -> Mapping[str, Flood]:
        return self.pipeline.floods()

    def channels_down(self) -> Mapping[str, Moment]:
        return self._bridge.down()

    def services_hanging(self) -> Mapping[tuple[str, str], Moment]:
        return self._bridge.hanging()

    def points(self) -> Mapping[str, Point]:
        return self.pipeline.points()

    def follow(self) -> asyncio.Queue[JournalRow]:
        return self.pipeline.follow()

    def unfollow(self, queue: asyncio.Queue[JournalRow]) -> None:
        self.pipeline.unfollow(queue)

    async def journal(self, after: int, limit: int) -> list[JournalRow]:
        return await self.run_in_store(lambda store: store.read_after(after, limit))

    async def performance(self, name: str, ask: Callable[[], Asked]) -> Pages:
        if self._reports is None:
            return await self.run_in_store(lambda store: pages_of(store.database.connection, ask()))
        return await self._reports.pages(name, ask, self.clock.now())

    async def run_in_store(self, work: Callable[[SqliteStore], T]) -> T:
        return await self._outside.offload.run(work, self._outside.store)

    def drivers(self) -> Sequence[Driver]:
        return self._drivers

    def ready(self) -> Sequence[str]:
        """Why it is not ready; empty when it is."""
        if self.pipeline.store_refused_since is not None:
            return ("the store refuses to take rows",)
        return ()

    def metrics(self) -> Mapping[str, float]:
        """Gauges and counters by name, for /metrics."""
        return {
            "andon_samples_total": self.image.samples_total,
            "andon_samples_late_total": self.engine.late_total,
            "andon_turns_total": self.pipeline.turns_total,
            "andon_store_refusing": float(self.pipeline.store_refused_since is not None),
            "andon_hang_tags": len(self.hang_tags()),
            "andon_forced_tags": len(self.forced()),
            **{f'andon_writes_total{{end="{end}"}}': count for end, count in self.response.write_ends().items()},
            **self._history.figures(),
            **self._bridge.metrics(),
            **driver_figures(self._drivers),
        }
