"""A gateway small enough for tests of the API: the real engine, the real store in memory, a clock that is set by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from cloud_bridge.callback import Callback, CallbackReply
from cloud_bridge.catalog import CHANNELS
from cloud_bridge.log_in import NoLogIn
from cloud_bridge.quota.statement import Statement
from drivers.base import Driver
from drivers.catalog import DRIVERS
from edge.api.app import create_app
from edge.api.passwords import Passwords
from edge.config.load import load
from edge.config.plant import Plant
from edge.history.history import SampleHistory
from edge.history.memory_shelf import MemoryShelf
from edge.model.command import DeedReceipt, InboxRow, Receipt, SampleCommand
from edge.model.deed import DeedEnd, DeedKind
from edge.model.event import Event, JournalRow, Stream
from edge.model.intent import Ending, Intent
from edge.model.moment import SECOND, Moment, from_iso
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.model.trend import Trend, TrendQuestion
from edge.performance.pages import Asked, Pages, pages_of
from edge.ports import EngineCommit, ResponseCommit
from edge.response.flood import Flood
from edge.response.hang_tags import HangTag
from edge.response.point import Point
from edge.response.response import Response
from edge.runtime.image import Image
from edge.runtime.offload import Inline
from edge.store.accounts import end_sessions
from edge.store.store import SqliteStore, open_store
from rules.engine import Engine
from rules.entering import Entered
from rules.forcing import Forced
from rules.intake import INTAKE, Intake
from rules.layout import build_layout
from rules.maintenance import Window
from rules.stages import Set
from rules.view import AlarmView

MILL = Path(__file__).parents[1] / "simulators" / "plants" / "cold_rolling_mill"
T0 = from_iso("2026-05-04T08:00:00+08:00")
CODE = "first-start-code"
PASSWORD = "correct horse battery"
BEARING = "CRM.ST3.MOTOR/de_temp_high"
BEARING_TAG = "CRM.ST3.MOTOR.de_temp"
PUMPS = "CRM.AGC.HYDRAULICS/pump_trip"
PUMPS_TAG = "CRM.AGC.HYDRAULICS.pump_trip"

T = TypeVar("T")


def load_mill() -> Plant:
    plant = load(MILL, DRIVERS, CHANNELS).plant
    assert plant is not None
    return plant


class HandClock:
    def __init__(self) -> None:
        self.moment: Moment = T0

    def now(self) -> Moment:
        return self.moment

    async def sleep_until(self, moment: Moment) -> None:
        self.moment = max(self.moment, moment)


class SmallGateway:
    """What `edge.api` asks of a gateway. Call it from one thread."""

    def __init__(self, plant: Plant, *, rate: float = 1.0, follower_rows_max: int = 100) -> None:
        self.plant = plant
        self.rate = rate
        self.clock = HandClock()
        self.store = open_store(None, site=plant.site, agent=plant.agent, now=T0)
        tags = [tag for device in plant.devices.values() for tag in device.tags]
        layout = build_layout(1, tags, plant.rules, plant.lines, plant.suppressors, plant.first_out_words)
        self._slots = layout.slots
        self._engine = Engine(layout, T0, plant.stage)
        self._image = Image(layout.slots, {tag.name: tag.stale_after for tag in tags})
        self._intake = Intake(layout, T0, self._image.latest)
        self._engine.watch_forced(self._intake.forced_at)
        self._history = SampleHistory(MemoryShelf(), self.clock, writing=Inline(), reading=Inline())
        self._history.begin(layout.slots, tags)
        self._followers: set[asyncio.Queue[JournalRow]] = set()
        self._follower_rows_max = follower_rows_max
        self.reasons: Sequence[str] = ()
        self.figures: Mapping[str, float] = {}
        self.opened: Sequence[Driver] = ()
        self._response = Response(plant.policy, plant.agent, self.store.journal_head().genesis[:8])
        self._responded_to = 0
        self.mute = False
        self.left: set[str] = set()
        self.callbacks: list[Callback] = []
        self.read: dict[tuple[str, str], bool] = {}
        self.codes: dict[str, str | NoLogIn] = {}
        self.ask_person: Callable[[str, str], Awaitable[str | NoLogIn | None]] = self._look_up
        self.down: dict[str, Moment] = {}
        self.hanging: dict[tuple[str, str], Moment] = {}
        self.statements: Sequence[Statement] = ()
        self._refusal: str | None = None
        self._deeds: dict[str, str] = {}

    # --- what the test does ---------------------------------------------------------------------------------------

    def sample(self, tag: str, value: float, quality: Quality = Quality.GOOD) -> None:
        self.samples({tag: value}, quality)

    def samples(self, values: Mapping[str, float], quality: Quality = Quality.GOOD, mark: Mark = Mark.NONE) -> None:
        """One sample of each of these tags, all of this moment."""
        now = self.clock.now()
        batch = Batch.of([Sample(self._slots[tag], value, quality, now, now, mark) for tag, value in values.items()])
        self._step(batch)

    def pass_time(self, seconds: float) -> None:
        self.clock.moment += round(seconds * SECOND)
        self._step(Batch.empty())

    def hold(self, tag: str, value: float, seconds: int) -> None:
        """Fresh samples all the time: a stale one pauses every delay."""
        for _ in range(seconds):
            self.sample(tag, value)
            self.clock.moment += SECOND
        self.sample(tag, value)

    def raise_bearing(self, value: float = 86.0) -> None:
        """On-delay: 30 s."""
        self.hold(BEARING_TAG, value, 31)

    def raise_pumps(self) -> None:
        self.sample(PUMPS_TAG, 1.0)

    def tell(self, outcome: Ending, *, after_s: float = 0.0) -> int:
        """The response decides who is told of all that happened; then the channel takes, in this time, what is due, and every
        attempt ends so. How many there were."""
        self.decide()
        now = self.clock.now()
        claims = self.store.claim(now, self.plant.policy.channel, 1_000)
        self.clock.moment += round(after_s * SECOND)
        for claim in claims:
            self.store.settle(claim, outcome, self.clock.now(), None)
        return len(claims)

    def decide(self) -> None:
        """The response decides who is told, and the channel takes nothing."""
        rows = self.store.read_after(self._responded_to, 10_000)
        receipts = [row for row in self.store.unconsumed() if isinstance(row.body, Receipt)]
        now = self.clock.now()
        step = self._response.step(now, rows, receipts, self._image.latest)
        self._responded_to = rows[-1].sequence if rows else self._responded_to
        self.store.commit_response(
            ResponseCommit(now, self._responded_to, step.events, step.intents, step.withdrawn, step.records, step.consumed)
        )

    def end_write(self, write: str, end: DeedEnd, shown: float | None = None) -> None:
        """What became of a write at its device."""
        now = self.clock.now()
        receipt = DeedReceipt(self._deeds[write], end, "", now, now, shown)
        stored = self.store.put([InboxRow("system", f"receipt-{write}", "system", receipt, now)])[0]
        assert stored is not None
        self._step_response([stored])

    def refuse_with(self, reason: str) -> None:
        """The next command is rejected for this reason, whatever it is."""
        self._refusal = reason

    def rename(self, device: str, words: Mapping[str, str]) -> None:
        renamed = replace(self.plant.devices[device], words=words)
        self.plant = replace(self.plant, devices={**self.plant.devices, device: renamed})

    def end_sessions(self, account: str) -> None:
        end_sessions(self.store, account)

    def _step(self, batch: Batch, commands: Sequence[InboxRow] = ()) -> list[JournalRow]:
        now = self.clock.now()
        taken = self._intake.take(now, batch, [row for row in commands if isinstance(row.body, SampleCommand)])
        self._image.update(taken.batch)
        self._history.append(taken.batch)
        step = self._engine.step(now, taken.batch, [row for row in commands if not isinstance(row.body, SampleCommand)])
        changed = step.changed if taken.record is None else {**step.changed, INTAKE: taken.record}
        consumed = (*taken.consumed, *step.consumed)
        rows = self.store.commit_engine(EngineCommit(now, (*taken.events, *step.events), changed, consumed))
        for row in rows:
            for follower in list(self._followers):
                try:
                    follower.put_nowait(row)
                except asyncio.QueueFull:
                    self._followers.discard(follower)
        return rows

    # --- GatewayFace ----------------------------------------------------------------------------------------------

    def alarms(self) -> Sequence[AlarmView]:
        return self._engine.views()

    def standing(self) -> Sequence[AlarmView]:
        return self._engine.standing()

    def alarm(self, alarm_id: str) -> AlarmView | None:
        return self._engine.view(alarm_id) if alarm_id in self._engine.layout.rows else None

    def moved_alarms(self, turn: int, limit: int) -> tuple[Sequence[AlarmView], int]:
        return self._engine.moved_since(turn, limit)

    def moved_tags(self, turn: int, then: Moment) -> tuple[Sequence[str], int]:
        return self._image.moved_since(turn, then, self.clock.now()), self._image.turn

    def tag(self, name: str) -> Sample | None:
        return self._image.latest(name)

    async def trend(self, question: TrendQuestion) -> Trend:
        return await self._history.trend(question)

    async def answer(self, row: InboxRow) -> Event | None:
        stored = self.store.put([row])[0]
        if stored is None:
            return None
        if self._refusal is not None:
            reason, self._refusal = self._refusal, None
            return Event(Stream.ALARM, "rejected", "", self.clock.now(), {"reason": reason}, (row.source, row.message_id))
        if self.mute:
            await asyncio.get_running_loop().create_future()
        if not stored.for_engine:
            return self._respond([stored], (row.source, row.message_id))
        rows = self._step(Batch.empty(), [stored])
        return next(done.event for done in rows if done.event.command == (row.source, row.message_id))

    def _respond(self, inbox: Sequence[InboxRow], command: tuple[str, str]) -> Event:
        """What the response answers by itself."""
        return next(row.event for row in self._step_response(inbox) if row.event.command == command)

    def _step_response(self, inbox: Sequence[InboxRow]) -> list[JournalRow]:
        step = self._response.step(self.clock.now(), (), inbox, self._image.latest)
        commit = ResponseCommit(
            now=self.clock.now(),
            cursor=0,
            events=step.events,
            intents=step.intents,
            withdrawn=step.withdrawn,
            records=step.records,
            consumed=step.consumed,
            deeds=step.deeds,
            replayed=step.replayed,
        )
        self._deeds.update({deed.write: deed.key for deed in step.deeds if deed.kind is DeedKind.WRITE})
        return self.store.commit_response(commit)

    def points(self) -> Mapping[str, Point]:
        return self._response.points()

    def stages(self) -> Mapping[str, Set]:
        return self._engine.stages()

    def windows(self) -> Sequence[Window]:
        return self._engine.windows()

    def hang_tags(self) -> Sequence[HangTag]:
        return self._response.hang_tags()

    def leavers(self) -> Collection[str]:
        return self.left

    async def called_back(self, channel: str, callback: Callback) -> CallbackReply | None:
        self.callbacks.append(callback)
        return CallbackReply(200, {"kind": callback.kind}) if channel == "dingtalk" else None

    async def was_read(self, intent: Intent, receipt: str) -> bool | None:
        return self.read.get((intent.recipient, str(intent.purpose)))

    async def person_of_code(self, channel: str, code: str) -> str | NoLogIn | None:
        return await self.ask_person(channel, code)

    async def _look_up(self, channel: str, code: str) -> str | NoLogIn | None:
        return self.codes.get(code, NoLogIn.UNKNOWN_CODE) if channel == "dingtalk" else None

    def forced(self) -> Sequence[Forced]:
        return self._intake.forced()

    def entered(self) -> Mapping[str, Entered]:
        return self._intake.entered()

    def channels_down(self) -> Mapping[str, Moment]:
        return self.down

    def services_hanging(self) -> Mapping[tuple[str, str], Moment]:
        return self.hanging

    def quotas(self) -> Sequence[Statement]:
        return self.statements

    def floods(self) -> Mapping[str, Flood]:
        return self._response.floods()

    def left_open(self, window: Window) -> Mapping[str, Sequence[str]]:
        return self._engine.left_open(window, self.clock.now())

    def follow(self) -> asyncio.Queue[JournalRow]:
        queue: asyncio.Queue[JournalRow] = asyncio.Queue(self._follower_rows_max)
        self._followers.add(queue)
        return queue

    def unfollow(self, queue: asyncio.Queue[JournalRow]) -> None:
        self._followers.discard(queue)

    @property
    def followed(self) -> int:
        return len(self._followers)

    async def journal(self, after: int, limit: int) -> list[JournalRow]:
        return self.store.read_after(after, limit)

    async def performance(self, name: str, ask: Callable[[], Asked]) -> Pages:
        return pages_of(self.store.database.connection, ask())

    async def run_in_store(self, work: Callable[[SqliteStore], T]) -> T:
        return work(self.store)

    def drivers(self) -> Sequence[Driver]:
        return self.opened

    def ready(self) -> Sequence[str]:
        return self.reasons

    def metrics(self) -> Mapping[str, float]:
        return self.figures


class Visitor:
    """A client of the API in this process, without a socket."""

    def __init__(self, app: FastAPI, token: str | None = None, language: str = "en") -> None:
        headers = {"Accept-Language": language} | ({"Authorization": f"Bearer {token}"} if token else {})
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://andon", headers=headers)
        self.token = token

    async def get(self, path: str, **more: object) -> httpx.Response:
        return await self.http.get(f"/api/v1/{path}", **more)  # type: ignore[arg-type]  # handed on as it is

    async def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        return await self.http.post(f"/api/v1/{path}", json=body, headers=headers)

    async def patch(self, path: str, body: object) -> httpx.Response:
        return await self.http.patch(f"/api/v1/{path}", json=body)

    async def delete(self, path: str) -> httpx.Response:
        return await self.http.delete(f"/api/v1/{path}")


#: Argon2 at its cheapest: most tests are not about how long a guess takes.
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def app_of(gateway: SmallGateway) -> FastAPI:
    return create_app(gateway, setup_code=CODE, passwords=CHEAP)


async def log_in(app: FastAPI, name: str, password: str = PASSWORD, language: str = "en") -> Visitor:
    answer = await Visitor(app).post("sessions", {"name": name, "password": password})
    assert answer.status_code == 201, answer.text
    return Visitor(app, answer.json()["token"], language)


async def first_admin(app: FastAPI) -> Visitor:
    answer = await Visitor(app).post("setup", {"code": CODE, "name": "admin", "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return await log_in(app, "admin")


async def with_role(app: FastAPI, admin: Visitor, role: str, name: str | None = None, person: str | None = None) -> Visitor:
    body = {"name": name or role, "password": PASSWORD, "role": role, "person": person}
    answer = await admin.post("users", body)
    assert answer.status_code == 201, answer.text
    return await log_in(app, name or role)
