"""A lane without tasks: the decisions of `cloud_bridge.delivery` over the model of the outbox, moved by a clock in the hand."""

from __future__ import annotations

from cloud_bridge.delivery.admission import HANDS, Gate
from cloud_bridge.delivery.breaker import Breaker, State
from cloud_bridge.delivery.retry import RetryAt, after, forgone
from cloud_bridge.pace import Pace
from edge.model.intent import Claim, Ending
from edge.model.moment import MINUTE, Moment
from tests.outbox_model import OutboxModel
from tests.simulation.schedules.cloud import Attempt, Cloud

CHANNEL = "dingtalk"
#: Everybody's messages are sent by one robot of four a minute.
ROBOT = Pace("robot", 4, MINUTE, kept=1)


class Lane:
    """Begins anew with each boot. paced: whether the robot has a pace."""

    def __init__(self, outbox: OutboxModel, cloud: Cloud, now: Moment, *, paced: bool) -> None:
        self._outbox = outbox
        self._cloud = cloud
        self._pace = ROBOT if paced else None
        self._gate = Gate()
        self._breaker = Breaker.new(now)
        self.under_way: list[Attempt] = []
        self._again: Moment | None = None

    def look(self, now: Moment, *, claims_only: bool = False) -> list[Claim]:
        """Begin what may leave now. claims_only: the agent dies between the claims and the attempts."""
        self._breaker = self._breaker.looked_at(now)
        claims: list[Claim] = []
        if (free := self._free_hands()) > 0:
            probing = self._breaker.state is State.HALF_OPEN
            for look in self._gate.looks_for_a_probe(now) if probing else (self._gate.look(now, free),):
                self._again = look.until
                if claims := self._outbox.claim(now, CHANNEL, free, look, self._breaker.back_since):
                    break
            if probing and claims:
                self._gate.probes(claims[0].intent)
        for claim in claims if not claims_only else ():
            self._begin(claim, now)
        return claims

    def _begin(self, claim: Claim, now: Moment) -> None:
        if (ending := forgone(claim, now)) is not None:
            self._outbox.settle(claim, ending, now, None)
            return
        self._gate.began(claim.intent, self._pace, now)
        self._gate.sent(self._pace, now)
        self.under_way.append(self._cloud.take(claim, now))

    def end(self, now: Moment) -> None:
        """Settle what has ended by now, in that order."""
        for attempt in sorted(self.under_way, key=lambda each: each.ends):
            if attempt.ends <= now:
                self.under_way.remove(attempt)
                self._settle(attempt.claim, attempt.ending, attempt)

    def _settle(self, claim: Claim, ending: Ending, attempt: Attempt) -> None:
        now = attempt.ends
        self._gate.ended(claim.intent)
        self._gate.heard(claim.intent, self._pace, ending, took=now - attempt.began, now=now)
        self._breaker = self._breaker.heard([ending], seed=claim.intent.key, began=attempt.began, now=now)
        if self._breaker.state is State.CLOSED:
            self._gate.came_back()
        decision = after(ending, claim, keyed=self._cloud.keyed, now=now)
        self._outbox.settle(claim, ending, now, decision.moment if isinstance(decision, RetryAt) else None)

    def _free_hands(self) -> int:
        if self._breaker.state is State.OPEN:
            return 0
        if self._breaker.state is State.HALF_OPEN:
            return 0 if self.under_way else 1
        return HANDS - len(self.under_way)

    def next(self, now: Moment) -> Moment | None:
        """When something will happen by itself; None: nothing will."""
        waits = [self._outbox.next_due(CHANNEL, now), self._again, *(attempt.ends for attempt in self.under_way)]
        if self._breaker.state is State.OPEN:
            waits.append(self._breaker.until)
        return min((moment for moment in waits if moment is not None and moment > now), default=None)

    def is_quiet(self) -> bool:
        return not self.under_way and not any(row.open for row in self._outbox.rows)
