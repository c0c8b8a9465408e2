"""Plays a script: the whole gateway on virtual time, over a store in memory that outlives its crashes.

Crashes and refusals of the disk come by the named crash points. A crash ends the gateway there and then (`edge.scenario.life`);
somebody starts it again after a while, as systemd would. The world does not wait: devices and cloud go on, people press.
After the script everything is mended, and time passes until nobody has to be told anything any more.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.plant import Plant
from edge.crash import SimulatedCrash, hooked
from edge.model.command import (
    EnterValue,
    ForceValue,
    Hang,
    InboxRow,
    PersonCommand,
    ReleaseValue,
    RemoveHangTag,
    WritePoint,
)
from edge.model.deed import DEVICES as DEVICES_CHANNEL
from edge.model.errors import StoreError
from edge.model.event import JournalRow
from edge.model.intent import Intent, decode_intent
from edge.model.moment import MINUTE, SECOND, Moment, from_iso
from edge.model.permission import Permission, may
from edge.ports import ResponseCommit
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.store import tables
from edge.store.canonical import decode
from edge.store.verify import BrokenRow
from simulators.dingtalk.faults import Fault
from simulators.dingtalk.phone import CardView
from simulators.dingtalk.presses import PersonError
from simulators.dingtalk.presses import Press as Touch
from tests.counting_links import CountingStage, Sent
from tests.simulation import script as steps
from tests.simulation.script import DEVICES, VALUES, Script
from tests.simulation.truth import GLANCE_EVERY, Truth
from tests.simulation.wire import Wire
from tests.simulation.witness import Call, Witness

PLANT = Path(__file__).parent / "plant"
START = from_iso("2026-05-04T08:00:00+08:00")
#: Quiet must come within this: three reminders, a robot blocked for ten minutes, a banned address, a night of back-offs.
QUIET_WITHIN = 90 * MINUTE
#: A force that is over is seen to be over within this.
FORCE_ENDS_WITHIN = 1 * SECOND
#: A start that fails (it crashed, or the disk refuses) is tried again after this.
START_AGAIN_AFTER = 3 * SECOND


@dataclass(frozen=True, slots=True)
class Told:
    """An intent of the outbox and how it ended. sequence: its place in the order in which things were decided. tried: when each
    attempt began."""

    sequence: int
    intent: Intent
    state: str
    attempts: int
    unknown_attempts: int
    detail: str
    tried: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A row of the inbox."""

    source: str
    message_id: str
    actor: str
    kind: str
    body: dict[str, Any]
    consumed: bool


@dataclass(slots=True)
class Record:
    """All that is known when a play is over. counted, accounted: what of the month's quota was used, by kind, as the cloud
    counts and as the gateway does."""

    script: Script
    plant: Plant
    journal: list[JournalRow] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    cards: dict[str, CardView] = field(default_factory=dict)
    touches: list[Touch] = field(default_factory=list)
    lost_commits: list[ResponseCommit] = field(default_factory=list)
    broken: BrokenRow | None = None
    truth: Truth = field(default_factory=Truth)
    calls: list[Call] = field(default_factory=list)
    wire: Wire = field(default_factory=lambda: Wire((), ()))
    lost_answers: int = 0
    sent: list[Sent] = field(default_factory=list)
    hanging: list[str] = field(default_factory=list)
    open_writes: list[str] = field(default_factory=list)
    overdue_forces: list[str] = field(default_factory=list)
    is_quiet: bool = False
    deaths: list[tuple[Moment, str]] = field(default_factory=list)
    failures_of_tasks: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    accounted: dict[str, int] = field(default_factory=dict)


def load_plant() -> Plant:
    loaded = load(PLANT, DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    return loaded.plant


def play(plant: Plant, script: Script, *, seed: int = 0) -> Record:
    """Play a script to its end. seed: of the cloud's own lots."""
    record = Record(script, plant)
    with _quiet_logs(record):
        run_virtually(lambda clock: _Play(plant, script, record, clock, seed).run(), START)
    return record


class _Play:
    def __init__(self, plant: Plant, script: Script, record: Record, clock: VirtualClock, seed: int) -> None:
        self._script = script
        self._record = record
        self._clock = clock
        self._stage = CountingStage(plant, clock, seed=seed)
        self._witness = Witness(self._stage.cloud.cloud)
        self._stage.cloud.cloud = self._witness
        record.calls = self._witness.calls
        self._armed: tuple[str, int] | None = None
        self._down_s = 1.0
        self._disk_refuses = False
        self._runs = True
        self._broker_cut = False
        self._gone: set[str] = set()
        self._later: list[asyncio.Task[None]] = []
        self._asked = 0

    async def run(self) -> None:
        with hooked(self._passed):
            await self._stage.open()
            keeper = asyncio.create_task(self._keep_running(), name="keeper")
            glancing = asyncio.create_task(self._glance_for_ever(), name="glances")
            try:
                await self._act()
                await self._mend_all()
                await self._until_quiet()
                for task in (keeper, glancing):
                    if task.done():
                        task.result()
                self._look()
            finally:
                for task in (keeper, glancing, *self._later):
                    task.cancel()
                await asyncio.gather(keeper, glancing, *self._later, return_exceptions=True)
                await self._stage.close()

    # --- crash points ---------------------------------------------------------------------------------------------

    def _passed(self, point: str) -> None:
        if self._disk_refuses and point.startswith("before_"):
            raise sqlite3.OperationalError("disk I/O error")
        if self._armed is not None and self._armed[0] == point:
            left = self._armed[1] - 1
            self._armed = (point, left) if left else None
            if not left:
                self._record.deaths.append((self._clock.now(), point))
                raise SimulatedCrash(point)

    async def _keep_running(self) -> None:
        """Start the gateway again whenever it has died."""
        while True:
            await self._stage.life.over.wait()
            self._runs = False
            self._glance()
            lost = self._stage.life.died_of
            if lost is not None and isinstance(lost[1][0] if lost[1] else None, ResponseCommit):
                self._record.lost_commits.append(lost[1][0])
            await self._stage.kill_gateway()
            await self._sleep(self._down_s)
            while not await self._try_to_start():
                await self._clock.sleep_until(self._clock.now() + START_AGAIN_AFTER)
            self._runs = True

    async def _try_to_start(self) -> bool:
        try:
            return await self._stage.start_gateway()
        except StoreError:
            return False

    # --- the script -----------------------------------------------------------------------------------------------

    async def _act(self) -> None:
        for timed in self._script:
            await self._clock.sleep_until(START + int(timed.at_s * SECOND))
            self._do(timed.step)
            self._glance()

    def _do(self, step: steps.Step) -> None:  # noqa: PLR0912 - one row a kind of step
        stage, cloud, now = self._stage, self._witness, self._clock.now()
        match step:
            case steps.Set(tag, value):
                stage.devices.set(tag, value)
            case steps.Fail(device, for_s):
                self._gone.add(device)
                stage.devices.fail(device)
                self._after(for_s, lambda: self._mend(device))
            case steps.CutBroker(for_s):
                self._broker_cut = True
                stage.devices.cut_brokers()
                self._after(for_s, self._mend_broker)
            case steps.CutCloud(for_s):
                stage.cloud.cut()
                self._after(for_s, stage.cloud.mend)
            case steps.CallFault(kind, call, times, status, code, delay_s):
                fault = Fault(kind, call, times, status, code, "fault on request", int(delay_s * SECOND))
                cloud.ask_fault(fault, now)
            case steps.ExpireToken():
                cloud.expire_token(now)
            case steps.DuplicatePresses(times):
                cloud.duplicate_next(now, times)
            case steps.AskToDisconnect():
                cloud.ask_to_disconnect(now)
            case steps.Zombie():
                cloud.turn_zombie(now)
            case steps.Press():
                self._press(step)
            case steps.Kill(down_s):
                if self._runs:
                    self._down_s = down_s
                    self._record.deaths.append((now, "killed"))
                    stage.life.end()
            case steps.CrashAt(point, passage, down_s):
                self._armed, self._down_s = (point, passage), down_s
                if point.endswith("open_commit") and self._runs:
                    self._record.deaths.append((now, "killed"))
                    stage.life.end()
            case steps.DiskRefuses(for_s):
                self._disk_refuses = True
                self._after(for_s, self._mend_disk)
            case steps.LoseAnswers(times):
                if stage.links is not None:
                    stage.links.swallow = times
            case _:
                self._ask(step)

    def _ask(self, step: steps.Step) -> None:
        """What somebody asks for at the console; whoever asks while the gateway is down asks in vain."""
        found = self._command(step)
        if found is None or not self._runs:
            return
        who, command = found
        self._asked += 1
        row = InboxRow("console", f"ask-{self._asked}", who, command, self._clock.now())
        self._later.append(asyncio.create_task(self._answered(row), name="asking"))

    async def _answered(self, row: InboxRow) -> None:
        with suppress(StoreError, SimulatedCrash):
            await self._stage.gateway.answer(row)

    def _command(self, step: steps.Step) -> tuple[str, PersonCommand] | None:
        roles = self._stage.plant.policy.directory.persons
        match step:
            case steps.Write(person, tag, value):
                return person, WritePoint(tag, value, "simulation", roles[person].role)
            case steps.HangTag(person, device):
                return person, Hang(device, "WO-1", "", "simulation")
            case steps.RemoveTag(person, device):
                hanging = [tag for tag in self._stage.gateway.hang_tags() if tag.device == device]
                in_charge = may(roles[person].role, Permission.MAINTAIN)
                return None if not hanging else (person, RemoveHangTag(hanging[0].name, "simulation", in_charge))
            case steps.Force(tag, value, for_s):
                return "ben", ForceValue(tag, value, int(for_s * SECOND), "simulation")
            case steps.Release(tag):
                return "ben", ReleaseValue(tag)
            case steps.Enter(person, value):
                return person, EnterValue("LAB.1.acid", value, self._clock.now())
        raise ValueError(f"no row for {step}")

    def _press(self, step: steps.Press) -> None:
        phone = self._witness.phone(step.user_id)
        cards = sorted(
            ((message.time_us, card) for chat in phone.chats for message in chat.messages if (card := message.card)),
            key=lambda each: (-each[0], each[1].out_track_id),
        )
        if not cards:
            return
        card = cards[min(int(step.card * len(cards)), len(cards) - 1)][1]
        button = card.button(step.action)
        if button is None and not step.stale:
            return
        choices = [choice.id for choice in button.choices] if button is not None else ["known_fault"]
        choice = choices[min(int(step.choice * len(choices)), len(choices) - 1)] if choices else None
        params = {} if choice is None or step.action != "shelve" else {"choice": choice}
        try:
            touch = self._witness.press(
                step.user_id, card.out_track_id, step.action, params, now_us=self._clock.now(), stale=step.stale
            )
        except PersonError:
            return
        self._record.touches.append(touch)

    # --- mending --------------------------------------------------------------------------------------------------

    def _after(self, seconds: float, work: Callable[[], None]) -> None:
        async def later() -> None:
            await self._sleep(seconds)
            work()
            self._glance()

        self._later.append(asyncio.create_task(later(), name="later"))

    def _mend(self, device: str) -> None:
        self._gone.discard(device)
        self._stage.devices.mend(device)

    def _mend_broker(self) -> None:
        self._broker_cut = False
        self._stage.devices.mend_brokers()

    def _mend_disk(self) -> None:
        self._disk_refuses = False

    async def _mend_all(self) -> None:
        for task in self._later:
            task.cancel()
        for device in DEVICES:
            self._mend(device)
        self._mend_broker()
        self._mend_disk()
        self._armed = None
        self._stage.cloud.mend()
        self._witness.faults.clear()
        self._witness.turn_zombie(self._clock.now(), zombie=False)
        for tag, values in VALUES.items():
            self._stage.devices.set(tag, values[0])

    async def _until_quiet(self) -> None:
        """Nothing waits in the outbox, and for two minutes nothing new has come."""
        deadline = self._clock.now() + QUIET_WITHIN
        quiet_since, known = self._clock.now(), -1
        while self._clock.now() < deadline:
            await self._sleep(10)
            if not self._runs:
                continue
            counts = self._stage.store.outbox_counts()
            waiting = counts.get("waiting", 0) + counts.get("claimed", 0)
            sequence = self._stage.store.journal_head().sequence
            if waiting or sequence != known:
                quiet_since, known = self._clock.now(), sequence
            elif self._clock.now() - quiet_since >= 4 * MINUTE:
                self._record.is_quiet = True
                return

    # --- looking --------------------------------------------------------------------------------------------------

    async def _glance_for_ever(self) -> None:
        while True:
            self._glance()
            await self._clock.sleep_until(self._clock.now() + GLANCE_EVERY)

    def _glance(self) -> None:
        """Also after each step: a door that opens for a tenth of a second may be seen by a poll, and so must be seen here."""
        values = {tag: self._stage.devices.value(tag) for tag in VALUES}
        up = {device: device not in self._gone for device in DEVICES}
        up["FAN.1"] = up["FAN.1"] and not self._broker_cut
        runs = self._runs and not self._disk_refuses and not self._stage.life.over.is_set()
        now = self._clock.now()
        self._record.truth.glance(now, values, up=up, gateway=runs)
        if runs:
            overdue = [each for each in self._stage.gateway.forced() if each.until < now - FORCE_ENDS_WITHIN]
            self._record.overdue_forces += [f"{each.tag} is forced at {now}, until {each.until}" for each in overdue]

    def _look(self) -> None:
        record, store = self._record, self._stage.store
        record.journal = store.read_after(0, 1_000_000)
        record.broken = store.verify()
        record.lost_answers = self._witness.lost_answers
        with store.database.reading() as connection:
            attempts: dict[str, list[Any]] = {}
            for row in connection.execute(select(tables.deliveries).order_by(tables.deliveries.c.sequence)):
                attempts.setdefault(row.intent, []).append(row)
            told = select(tables.outbox).where(tables.outbox.c.channel != DEVICES_CHANNEL)
            for row in connection.execute(told.order_by(tables.outbox.c.sequence)):
                tries = attempts.get(row.key, [])
                record.told.append(
                    Told(
                        sequence=row.sequence,
                        intent=decode_intent(decode(row.body)),
                        state=row.state,
                        attempts=len(tries),
                        unknown_attempts=sum(each.outcome in ("unknown", "crashed") for each in tries),
                        detail=tries[-1].detail if tries else "",
                        tried=tuple(each.started_at for each in tries),
                    )
                )
            for row in connection.execute(select(tables.inbox).order_by(tables.inbox.c.sequence)):
                record.taken.append(
                    Taken(row.source, row.message_id, row.actor, row.kind, decode(row.body), row.consumed_at is not None)
                )
        record.sent = [] if self._stage.links is None else self._stage.links.sent
        gateway = self._stage.gateway
        record.hanging = [tag.name for tag in gateway.hang_tags()]
        record.open_writes = [
            f"{tag}~{write.number} is {write.state}" for tag, point in gateway.points().items() for write in point.open
        ]
        record.counted = {"api": self._witness.api_calls.used, "push": self._witness.pushes.used}
        record.accounted = {str(each.kind): each.spent for each in gateway.quotas() if each.channel == "dingtalk"}
        record.wire = Wire([told.intent for told in record.told], record.calls)
        for person in self._stage.plant.policy.directory.persons.values():
            phone = self._witness.phone(person.addresses["dingtalk"]["user_id"])
            record.cards |= {card.out_track_id: card for chat in phone.chats for card in chat.cards}

    async def _sleep(self, seconds: float) -> None:
        await self._clock.sleep_until(self._clock.now() + int(seconds * SECOND))


class _quiet_logs:  # noqa: N801 - reads as a verb in a with statement
    """The gateway's log lines are thousands; kept are those of tasks that failed by a mistake of ours."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def __enter__(self) -> None:
        self._before = structlog.get_config()
        structlog.configure(processors=[self._take])

    def __exit__(self, *_: object) -> None:
        structlog.configure(**self._before)

    def _take(self, _logger: Any, method: str, event: dict[str, Any]) -> Any:
        if method in ("exception", "critical"):
            self._record.failures_of_tasks.append(f"{event}")
        raise structlog.DropEvent
