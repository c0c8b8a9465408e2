"""One schedule: alarms come, are acknowledged and go, while the cloud fails and the agent dies, and then quiet comes.

The decisions are the real ones, of the response and of delivery; the outbox is the model that is held against SQLite. A seed
is a schedule: run again, it is the same, sentence by sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from edge.model.act import Call, CallMedium
from edge.model.command import InboxRow, ReplayIntent
from edge.model.event import JournalRow
from edge.model.intent import Purpose
from edge.model.moment import HOUR, MINUTE, SECOND, Moment
from edge.model.person import Directory, Person
from edge.response.policy import Route
from tests.outbox_model import TOLD_OF, OutboxModel
from tests.simulation.schedules.cloud import Cloud
from tests.simulation.schedules.lane import Lane
from tests.unit.response.conftest import Shift, mill

PEOPLE = {name: Person(name, name, "zh", addresses={"dingtalk": {"user_id": name}}) for name in ("li", "ann")}
POLICY = mill(
    (Route("all", ("person:li", "person:ann"), repeat_every=5 * MINUTE, repeat_max=2),),
    directory=Directory(persons=PEOPLE, teams={}, groups={}),
)
ALARMS = ("bearing_hot", "oil_low", "tripped")
#: After its last step a schedule has this long to become quiet: the seven days after which nobody is told any more are never
#: needed.
QUIET_WITHIN = 6 * HOUR


@dataclass
class Alarm:
    """One alarm of the plant, as the engine would know it."""

    name: str
    occurrence: int = 0
    active: bool = False
    acknowledged: bool = True


@dataclass
class Schedule:
    """rows, cursor: the journal of alarms, and what of it the response has committed. receipts: that it has not heard yet."""

    seed: int
    chance: Random = field(init=False)
    outbox: OutboxModel = field(default_factory=OutboxModel)
    shift: Shift = field(default_factory=lambda: Shift(POLICY))
    alarms: tuple[Alarm, ...] = field(default_factory=lambda: tuple(Alarm(name) for name in ALARMS))
    deaths: int = 0
    _unheard: list[JournalRow] = field(default_factory=list)
    _receipted: set[tuple[str, int]] = field(default_factory=set)
    _calls: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.cloud = Cloud(self.chance, keyed=self.chance.random() < 0.5, trouble=self.chance.choice((0.0, 0.1, 0.4)))
        self._paced = self.chance.random() < 0.2
        self._boot()

    def play(self) -> None:
        for _ in range(self.chance.randint(3, 14)):
            self._pass_time(int(self.chance.choice((0.0, 0.1, 2.0, 20.0, 90.0)) * SECOND))
            self._step()
        self.cloud.trouble, self.cloud.down_until = 0.0, self.shift.now
        self.cloud.poison.clear()
        self._become_quiet()

    # --- what happens ---------------------------------------------------------------------------------------------

    def _step(self) -> None:
        step = self.chance.choices(
            (self._raise, self._acknowledge, self._clear, self._call, self._cut, self._poison, self._die, self._replay),
            (8, 4, 6, 1, 2, 1, 3, 1),
        )[0]
        step()
        self._look()

    def _raise(self) -> None:
        alarm = self.chance.choice(self.alarms)
        if not alarm.active:
            alarm.occurrence += 1
            alarm.active, alarm.acknowledged = True, False
            self._hear("raised", alarm)

    def _acknowledge(self) -> None:
        alarm = self.chance.choice(self.alarms)
        if alarm.occurrence and not alarm.acknowledged:
            alarm.acknowledged = True
            self._hear("acknowledged", alarm)

    def _clear(self) -> None:
        alarm = self.chance.choice(self.alarms)
        if alarm.active:
            alarm.active = False
            self._hear("returned", alarm, acknowledged=alarm.acknowledged)

    def _call(self) -> None:
        """Somebody who was told is rung."""
        told = [row.intent for row in self.outbox.rows if row.intent.purpose is Purpose.RAISED]
        if told:
            self._calls += 1
            about = self.chance.choice(told)
            self.outbox.add(
                [replace(about, key=f"{about.key}/call.{self._calls}", act=Call(CallMedium.PHONE), created_at=self.now)]
            )

    def _cut(self) -> None:
        self.cloud.down_until = self.now + self.chance.choice((5 * SECOND, 2 * MINUTE, 20 * MINUTE))

    def _poison(self) -> None:
        waiting = [row.intent.key for row in self.outbox.rows if row.open]
        if waiting:
            self.cloud.poison.add(self.chance.choice(waiting))

    def _replay(self) -> None:
        aside = [row for row in self.outbox.rows if row.state in ("refused", "quarantined", "unknown")]
        if aside:
            key = self.chance.choice(aside).intent.key
            self._respond([], [InboxRow("api", f"replay {self.chance.random()}", "ann", ReplayIntent(key), self.now)])

    def _die(self) -> None:
        """Between the claim and the attempt, in an attempt, or when none is under way; or before what was decided is kept."""
        self.deaths += 1
        if self.chance.random() < 0.3:
            for claim in self.lane.look(self.now, claims_only=True):
                self.cloud.cut_short(claim)
        for attempt in self.lane.under_way:
            self.cloud.cut_short(attempt.claim)
        self._pass(int(self.chance.choice((1.0, 300.0)) * SECOND))
        self.outbox.restart(self.now)
        self.shift.restart()
        self._boot()
        self._respond([])

    # --- the gateway ----------------------------------------------------------------------------------------------

    @property
    def now(self) -> Moment:
        return self.shift.now

    def _boot(self) -> None:
        self.lane = Lane(self.outbox, self.cloud, self.shift.now, paced=self._paced)

    def _hear(self, kind: str, alarm: Alarm, **data: object) -> None:
        self._unheard.append(self.shift.row(kind, alarm.name, occurrence=alarm.occurrence, **data))
        if self.chance.random() < 0.1:
            # It dies before transaction B: what was decided is decided once more.
            self.shift.full_step(self._unheard)
            self.shift.outbox.clear()
            self._die()
        else:
            self._respond(self._unheard)

    def _respond(self, rows: list[JournalRow], inbox: list[InboxRow] | None = None) -> None:
        """Transaction B, over and over until no receipt is left."""
        rows, self._unheard = list(self._unheard or rows), []
        heard = [*(inbox or []), *self._receipts()]
        while True:
            step = self.shift.full_step(rows, heard)
            self.outbox.add(step.intents)
            self.outbox.withdraw(step.withdrawn)
            self.outbox.replay(step.replayed, self.now)
            rows, heard = [], list(self._receipts())
            if not heard:
                return

    def _receipts(self) -> Iterator[InboxRow]:
        for row in self.outbox.rows:
            if row.state in TOLD_OF and (row.intent.key, len(row.attempts)) not in self._receipted:
                self._receipted.add((row.intent.key, len(row.attempts)))
                yield self.shift.receipt(row.intent, row.state)

    def _look(self) -> None:
        self._respond_if_due()
        while self.lane.look(self.now):
            self._respond_if_due()

    def _respond_if_due(self) -> None:
        is_due = self.shift.next_due is not None and self.shift.next_due <= self.now
        if is_due or (heard := list(self._receipts())):
            self._respond([], [] if is_due else heard)

    # --- time -----------------------------------------------------------------------------------------------------

    def _pass(self, span: int) -> None:
        self.shift.now += span

    def _pass_time(self, span: int) -> None:
        """All that happens by itself meanwhile."""
        until = self.now + span
        while (due := self._next()) is not None and due <= until:
            self._pass(max(0, due - self.now))
            self.lane.end(self.now)
            self._look()
        self._pass(until - self.now)
        self.lane.end(self.now)

    def _next(self) -> Moment | None:
        dues = [self.lane.next(self.now), self.shift.next_due]
        return min((due for due in dues if due is not None and due > self.now), default=None)

    def _become_quiet(self) -> None:
        for alarm in self.alarms:
            if alarm.active:
                alarm.active = False
                self._hear("returned", alarm, acknowledged=alarm.acknowledged)
        deadline = self.now + QUIET_WITHIN
        self._look()
        while not self.lane.is_quiet() and self.now < deadline:
            self._pass_time(MINUTE)
