"""A channel that ends attempts as a test told it, on virtual time, and keeps what it was asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cloud_bridge.base import Take
from cloud_bridge.pace import Pace
from edge.model.act import Act, Tell
from edge.model.intent import Claim, Delivered, Intent, Outcome, Retry, Scope
from edge.model.moment import SECOND, Moment, Span
from edge.runtime.virtual import VirtualClock

NO_NETWORK = Retry(0.0, "no route to the cloud", Scope.CHANNEL)


@dataclass
class ScriptedChannel:
    """outcomes: by intent key, in turn; delivered when there are none left. takes: how long, by recipient. always: how attempts
    at a recipient end. down_until: nothing gets through the network before."""

    clock: VirtualClock
    keyed: bool = True
    takes_s: float = 0.1
    name: str = "dingtalk"
    outcomes: dict[str, list[Outcome | Exception]] = field(default_factory=dict)
    takes: dict[str, Span] = field(default_factory=dict)
    always: dict[str, Outcome | Exception] = field(default_factory=dict)
    down_until: Moment = 0
    unheard_since: Moment | None = None
    attempts: list[tuple[str, bool]] = field(default_factory=list)
    told: dict[str, Moment] = field(default_factory=dict)
    under_way: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    most_of_one: int = 0

    def is_keyed(self, _intent: Intent) -> bool:
        return self.keyed

    def can(self, act: type[Act]) -> bool:
        return act is Tell

    async def deliver(self, claim: Claim) -> Outcome:
        intent = claim.intent
        assert not self.under_way[intent.thread], "two of one thread at a time"
        self.under_way += Counter((intent.thread, intent.recipient))
        self.most_at_once = max(self.most_at_once, self.under_way.total() // 2)
        self.most_of_one = max(self.most_of_one, self.under_way[intent.recipient])
        self.attempts.append((intent.key, claim.after_unknown))
        try:
            await self.clock.sleep_until(self.clock.now() + self.takes.get(intent.recipient, int(self.takes_s * SECOND)))
        finally:
            self.under_way -= Counter((intent.thread, intent.recipient))
        outcome = self._outcome(intent)
        if isinstance(outcome, Exception):
            raise outcome
        if isinstance(outcome, Delivered):
            self.told[intent.key] = self.clock.now()
        return outcome

    def _outcome(self, intent: Intent) -> Outcome | Exception:
        if self.clock.now() < self.down_until:
            return NO_NETWORK
        if script := self.outcomes.get(intent.key):
            return script.pop(0)
        return self.always.get(intent.recipient, Delivered("done"))

    async def listen(self, take: Take) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        return

    @property
    def order(self) -> list[str]:
        return [key for key, _ in self.attempts]


@dataclass
class PacedScript(ScriptedChannel):
    """paces: by recipient."""

    paces: Mapping[str, Pace] = field(default_factory=dict)

    def pace(self, intent: Intent) -> Pace | None:
        return self.paces.get(intent.recipient)


@dataclass
class BatchScript(ScriptedChannel):
    """An endpoint a recipient, three claims at once."""

    batches: list[tuple[str, ...]] = field(default_factory=list)

    @property
    def batch_max(self) -> int:
        return 3

    def batch_of(self, intent: Intent) -> str:
        return intent.recipient

    async def deliver_many(self, claims: Sequence[Claim]) -> Sequence[Outcome]:
        self.batches.append(tuple(claim.intent.key for claim in claims))
        return await asyncio.gather(*(self.deliver(claim) for claim in claims))
