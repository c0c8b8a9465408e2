"""A cloud of chance: what becomes of each attempt, and what was seen on phones."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from edge.model.intent import Claim, Crashed, Delivered, Ending, Intent, Refused, Retry, Scope, Unknown
from edge.model.moment import SECOND, Moment, Span


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody's phone showed it, as the `attempt`-th try of it."""

    key: str
    attempt: int
    marked: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """What will come of an attempt, when it ends."""

    claim: Claim
    began: Moment
    ends: Moment
    ending: Ending


@dataclass
class Cloud:
    """keyed: it knows a repeat for one. trouble: the share of attempts that fail in one way or another. down_until: nothing
    gets through before. poison: keys that crash the channel each time."""

    chance: Random
    keyed: bool
    trouble: float
    down_until: Moment = 0
    poison: set[str] = field(default_factory=set)
    seen: list[Seen] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    faults: dict[str, int] = field(default_factory=dict)

    def take(self, claim: Claim, now: Moment) -> Attempt:
        """An attempt begins. What arrives has arrived now: only the answer takes its time."""
        ending = self._ending(claim.intent, now)
        if isinstance(ending, Delivered) or (isinstance(ending, Unknown | Crashed) and self.chance.random() < 0.5):
            self._show(claim)
        if isinstance(ending, Unknown | Crashed):
            self.cut_short(claim)
        return Attempt(claim, now, now + self._takes(ending), ending)

    def cut_short(self, claim: Claim) -> None:
        """Whether it arrived nobody at the gateway knows."""
        self.faults[claim.intent.key] = self.faults.get(claim.intent.key, 0) + 1

    def _show(self, claim: Claim) -> None:
        key = claim.intent.key
        if not (self.keyed and key in self.known):
            self.seen.append(Seen(key, claim.attempt, claim.after_unknown))
        self.known.add(key)

    def _ending(self, intent: Intent, now: Moment) -> Ending:
        if intent.key in self.poison:
            return Crashed("a bug")
        if now < self.down_until:
            return self.chance.choice((Retry(0.0, "no route", Scope.CHANNEL), Unknown("no answer", Scope.CHANNEL)))
        if self.chance.random() >= self.trouble:
            return Delivered("r")
        failures = (Refused("gone"), Retry(0.0, "busy"), Retry(60.0, "slow down"), Unknown("no answer"), Crashed("a bug"))
        return self.chance.choices(failures, (1, 3, 1, 4, 1))[0]

    def _takes(self, ending: Ending) -> Span:
        if isinstance(ending, Unknown):
            return self.chance.choice((6, 30)) * SECOND
        return int(self.chance.choice((0.05, 0.2, 1.0, 5.0)) * SECOND)
