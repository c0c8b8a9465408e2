"""One schedule through the real lane: `Delivery` with its tasks and batches, over the outbox in SQLite, on virtual time.

What `play.py` has as a clock in the hand and a model happens here as it does in a gateway; in return what is wanted is made up,
and not by the response. The agent dies by the end of its task, wherever that stands. A seed is a schedule.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from cloud_bridge.base import Take
from cloud_bridge.delivery import Delivery
from cloud_bridge.pace import Pace
from edge.model.act import TELL, Act, Call, CallMedium
from edge.model.alarm import Priority
from edge.model.intent import Claim, Crashed, Intent, Outcome, Purpose
from edge.model.moment import HOUR, MINUTE, SECOND, Moment
from edge.ports import ResponseCommit
from edge.runtime.offload import Inline
from edge.runtime.virtual import VirtualClock
from edge.store.overview import TellingFilter
from edge.store.store import SqliteStore, open_store
from tests.simulation.schedules.cloud import Attempt, Cloud
from tests.simulation.schedules.lane import CHANNEL, ROBOT
from tests.store_rows import AGENT, SITE, intent

RECIPIENTS = ("person:li", "person:ann", "group:mill")
ALARMS = ("bearing_hot", "oil_low", "tripped")
FOLLOWS = (Purpose.STATE, Purpose.STATE, Purpose.REMINDER, Purpose.RETURNED)
QUIET_WITHIN = 6 * HOUR
ASIDE = ("refused", "quarantined", "unknown")


@dataclass
class ChanceChannel:
    """What becomes of an attempt says the cloud. under_way: threads, of which no two attempts may be at a time."""

    cloud: Cloud
    clock: VirtualClock
    name: str = CHANNEL
    unheard_since: Moment | None = None
    under_way: set[str] = field(default_factory=set)
    overtaken: list[str] = field(default_factory=list)

    def is_keyed(self, _intent: Intent) -> bool:
        return self.cloud.keyed

    def can(self, _act: type[Act]) -> bool:
        return True

    async def deliver(self, claim: Claim) -> Outcome:
        return (await self.attempt([claim]))[0]

    async def attempt(self, claims: Sequence[Claim]) -> Sequence[Outcome]:
        """All end when the last of them does, and crash together."""
        threads = {claim.intent.thread for claim in claims}
        self.overtaken += threads & self.under_way
        self.under_way |= threads
        attempts = [self.cloud.take(claim, self.clock.now()) for claim in claims]
        try:
            await self.clock.sleep_until(max(each.ends for each in attempts))
        except asyncio.CancelledError:  # the agent dies
            self._cut_short(attempts)
            raise
        finally:
            self.under_way -= threads
        if any(isinstance(each.ending, Crashed) for each in attempts):
            self._cut_short(attempts)
            raise LookupError("a bug")
        return [each.ending for each in attempts if not isinstance(each.ending, Crashed)]

    def _cut_short(self, attempts: Sequence[Attempt]) -> None:
        for each in attempts:
            self.cloud.cut_short(each.claim)

    async def listen(self, take: Take) -> None:
        """Nothing comes back."""

    async def close(self) -> None:
        """Holds nothing."""


class PacedChance(ChanceChannel):
    """Everybody's messages are sent by one robot."""

    def pace(self, _intent: Intent) -> Pace:
        return ROBOT


class BatchChance(ChanceChannel):
    """An endpoint for each recipient."""

    batch_max = 3

    def batch_of(self, intent: Intent) -> str:
        return intent.recipient

    async def deliver_many(self, claims: Sequence[Claim]) -> Sequence[Outcome]:
        return await self.attempt(claims)


@dataclass
class LiveSchedule:
    """wanted: all intents by key, in their order. ended: how each ended."""

    seed: int
    clock: VirtualClock
    wanted: dict[str, Intent] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    deaths: int = 0

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        kind = self.chance.choice((ChanceChannel, PacedChance, BatchChance, BatchChance))
        keyed = kind is BatchChance or self.chance.random() < 0.4
        self.cloud = Cloud(self.chance, keyed, trouble=self.chance.choice((0.0, 0.2, 0.4)))
        self.channel = kind(self.cloud, self.clock)
        self.store: SqliteStore = open_store(None, site=SITE, agent=AGENT, now=self.clock.now())

    async def play(self) -> None:
        self._boot()
        for _ in range(self.chance.randint(5, 25)):
            await self._pass_time(int(self.chance.choice((0.0, 0.01, 0.3, 2.0, 20.0)) * SECOND))
            does = (self._raise, self._follow, self._call, self._withdraw, self._cut, self._poison, self._die, self._replay)
            await self.chance.choices(does, (10, 10, 1, 1, 2, 1, 2, 2))[0]()
        self.cloud.trouble, self.cloud.down_until = 0.0, self.clock.now()
        self.cloud.poison.clear()
        until = self.clock.now() + QUIET_WITHIN
        while self._open() and self.clock.now() < until:
            await self._pass_time(MINUTE)
        await self._stop()
        self.ended = {each.intent: each.state for each in self.store.tellings(TellingFilter(), 1_000)}
        self.store.close()

    # --- what happens ---------------------------------------------------------------------------------------------

    async def _raise(self) -> None:
        """Some alarms at once, each to some of the recipients."""
        priority = self.chance.choice((Priority.CRITICAL, Priority.HIGH, Priority.LOW))
        alarms, told = (self.chance.sample(each, self.chance.randint(1, 3)) for each in (ALARMS, RECIPIENTS))
        self._want(*(self._new(Purpose.RAISED, alarm, who, priority) for who in told for alarm in alarms))

    async def _follow(self) -> None:
        for about in self._any():
            self._want(self._new(self.chance.choice(FOLLOWS), about.alarm, about.recipient, about.priority))

    async def _call(self) -> None:
        for about in self._any():
            call = self._new(Purpose.CALL, about.alarm, about.recipient, about.priority)
            self._want(replace(call, act=Call(CallMedium.PHONE)))

    async def _withdraw(self) -> None:
        self._commit(withdrawn=[about.key for about in self._any()])

    async def _cut(self) -> None:
        self.cloud.down_until = self.clock.now() + self.chance.choice((5 * SECOND, 2 * MINUTE, 20 * MINUTE))

    async def _poison(self) -> None:
        """Of what is wanted now, one crashes the channel each time."""
        await self._raise()
        self.cloud.poison.add(list(self.wanted)[-1])

    async def _replay(self) -> None:
        aside = [each.intent for state in ASIDE for each in self.store.tellings(TellingFilter(state=state), 100)]
        self._commit(replayed=self.chance.sample(aside, min(len(aside), 2)))

    async def _die(self) -> None:
        await self._stop()
        self.deaths += 1
        await self.clock.sleep_until(self.clock.now() + int(self.chance.choice((1.0, 300.0)) * SECOND))
        self.store = self.store.reopened(self.clock.now())
        self._boot()

    # --- the gateway ----------------------------------------------------------------------------------------------

    def _boot(self) -> None:
        self.delivery = Delivery(self.channel, self.store, Inline(), self.clock, lambda: None)
        self._running = asyncio.create_task(self.delivery.run())

    async def _stop(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def _pass_time(self, span: int) -> None:
        await self.clock.sleep_until(self.clock.now() + span)

    def _any(self) -> Iterator[Intent]:
        if self.wanted:
            yield self.chance.choice(list(self.wanted.values()))

    def _new(self, purpose: Purpose, alarm: str, who: str, priority: Priority) -> Intent:
        thread = f"{alarm}|{who}"
        new = intent(f"{len(self.wanted)}/{thread}/{purpose}", purpose, thread=thread, card=thread, priority=priority)
        now = self.clock.now()
        made = replace(new, alarm=alarm, recipient=who, created_at=now, wanted_at=now, act=TELL)
        self.wanted[made.key] = made
        return made

    def _want(self, *intents: Intent) -> None:
        self.wanted |= {each.key: each for each in intents}
        self._commit(intents)

    def _commit(self, intents: Sequence[Intent] = (), withdrawn: Sequence[str] = (), replayed: Sequence[str] = ()) -> None:
        self.store.commit_response(ResponseCommit(self.clock.now(), 0, [], intents, withdrawn, {}, [], replayed=replayed))
        self.delivery.wake()

    def _open(self) -> int:
        counts = self.store.outbox_counts()
        return counts.get("waiting", 0) + counts.get("claimed", 0)
