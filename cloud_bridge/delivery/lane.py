"""Delivery: one lane a channel, and nothing that lanes share but the outbox: a dead or slow channel holds back no other.

Theory of operation. The loop looks into the outbox for what may leave now, claims it, and gives each claim to a hand, a task of
its own, or a batch of claims where the channel takes several at once. The claim is a commit, made just before the attempt: an
attempt that a crash cuts short is known as such at the next start. The outbox never hands out two intents of one thread, so
attempts may run side by side and still nothing overtakes.

    outbox.claim ─▶ retry.forgone ─▶ plan ─▶ attempt ─▶ retry.after ─▶ settle ─▶ settled()    (the receipt waits in the inbox)
         ▲                                      │
     admission: may this leave now? ◀── breaker, pace, who is slow

Between claims the loop waits for whichever comes first: `wake` (transaction B wrote intents), an attempt that ended, the next
retry that is due, the end of an opening of the breaker, or room in a pace. A disk that refuses stops claiming, not the loop; an
ending that could not be written is written later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial

import structlog

from cloud_bridge.base import BatchChannel, Channel, PacedChannel
from cloud_bridge.delivery.admission import HANDS, SLOW, Gate, Look
from cloud_bridge.delivery.attempt import attempt
from cloud_bridge.delivery.breaker import Breaker, State
from cloud_bridge.delivery.deadline import deadline
from cloud_bridge.delivery.retry import Done, Reason, RetryAt, after, delay, forgone
from cloud_bridge.delivery.settling import settle
from cloud_bridge.delivery.waiting import before
from cloud_bridge.pace import Pace
from cloud_bridge.quota.gathering import Gathering
from cloud_bridge.quota.planner import SAID, Decision, Elsewhere, Fold, Hold, Send, always_send
from cloud_bridge.services import ServiceChannel
from edge.model.errors import StoreError
from edge.model.intent import NO_CARD, Claim, Crashed, Delivered, Ending, Intent, Refused, Retry, Settlement
from edge.model.moment import SECOND, Moment, Span
from edge.ports import Clock, Offload, Outbox

log = structlog.get_logger()

#: One busy answer is no failure of the channel; nothing accepted for this long is.
FAILING_AFTER: Span = 10 * SECOND
#: What `drain` allows attempts under way; a stop by systemd allows more (reliability F41).
DRAIN_WITHIN: Span = 10 * SECOND

_BREAKER_FIGURE = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}


class Delivery:
    """settled: called after each receipt is in the inbox. plan: asked just before an attempt whether it is to be made.
    gathering: what it folds waits there for its digest."""

    def __init__(
        self,
        channel: Channel,
        outbox: Outbox,
        offload: Offload,
        clock: Clock,
        settled: Callable[[], None],
        plan: Callable[[Intent], Decision] = always_send,
        gathering: Gathering | None = None,
    ) -> None:
        self._plan = plan
        self._gathering = gathering or Gathering("UTC")
        self._channel = channel
        self._outbox = outbox
        self._offload = offload
        self._clock = clock
        self._settled = settled
        self._many = channel.batch_max if isinstance(channel, BatchChannel) else 1
        self._synced = not isinstance(channel, BatchChannel)
        self._paced = channel if isinstance(channel, PacedChannel) else None
        self._gate = Gate(self._many)
        self._breaker = Breaker.new(clock.now())
        self._news = asyncio.Event()
        #: Attempts under way, and when they began.
        self._hands: dict[asyncio.Task[None], Moment] = {}
        self._probing: asyncio.Task[None] | None = None
        self._draining = False
        self._failing_since: Moment | None = None
        self._told_failing = False

    @property
    def channel(self) -> str:
        return self._channel.name

    @property
    def is_failing(self) -> bool:
        return self.failing_since is not None

    @property
    def failing_since(self) -> Moment | None:
        """Since when it has tried and nothing was accepted, or its way back is lost: then nothing would be. None: it is not, or
        not for long enough to say so."""
        now = self._clock.now()
        lost = (self._failing_since, self._channel.unheard_since)
        return min((since for since in lost if since is not None and now - since >= FAILING_AFTER), default=None)

    def hanging(self) -> Mapping[str, Moment]:
        """As of `ServiceChannel`; of other channels none."""
        return self._channel.hanging() if isinstance(self._channel, ServiceChannel) else {}

    def figures(self) -> Mapping[str, float]:
        """Gauges and counters by name, for /metrics. The breaker: 0 closed, 1 half-open, 2 open."""
        of = f'channel="{self._channel.name}"'
        return {
            f"andon_delivery_breaker{{{of}}}": _BREAKER_FIGURE[self._breaker.state],
            f"andon_delivery_hands_busy{{{of}}}": len(self._hands),
            f"andon_delivery_recipients_troubled{{{of}}}": self._gate.troubled,
            f"andon_delivery_failing{{{of}}}": float(self.is_failing),
            **{f'andon_delivery_service_hangs{{{of},service="{name}"}}': 1.0 for name in self.hanging()},
        }

    def wake(self) -> None:
        """Intents were written or withdrawn."""
        self._news.set()

    async def run(self) -> None:
        """For ever. Cancelling it cuts attempts under way short; `drain` first lets them end."""
        try:
            refusals = 0
            while True:
                self._news.clear()
                try:
                    due = await self._claim_and_start()
                    refusals = 0
                except StoreError as error:
                    refusals += 1
                    log.error("outbox cannot be read", channel=self._channel.name, reason=str(error))
                    due = self._clock.now() + delay(refusals, self._channel.name)
                except Exception:  # the rim of this task: a mistake here must not end all telling
                    refusals += 1
                    log.exception("delivery failed", task=f"delivery {self._channel.name}")
                    due = self._clock.now() + delay(refusals, self._channel.name)
                await self._wait(due)
        finally:
            for hand in self._hands:
                hand.cancel()
            await asyncio.gather(*self._hands, return_exceptions=True)

    async def drain(self) -> None:
        """Claim nothing more, and return when the attempts under way have ended or 10 s have passed."""
        self._draining = True
        if self._hands:
            with suppress(TimeoutError):
                await before(self._clock.now() + DRAIN_WITHIN, self._clock, asyncio.wait(set(self._hands)))

    # --- what leaves ----------------------------------------------------------------------------------------------

    async def _claim_and_start(self) -> Moment | None:
        """Start an attempt for each claim there are hands for. When to look again; None: only on news."""
        while (free := self._free_hands()) > 0:
            now = self._clock.now()
            claims, due, until = await self._look(now, free)
            self._start_all(claims, now)
            if len(claims) == free * self._many or (claims and self._gathering):
                continue  # there may be more
            if self._gathering:
                for together in self._gathering.batches():
                    self._start(f"digest for {together[0].intent.recipient}", partial(self._tell_together, together))
            else:
                if claims:
                    due = await self._offload.run(self._outbox.next_due, self._channel.name, now)
                return min((moment for moment in (due, until) if moment is not None), default=None)
        if self._breaker.state is State.OPEN:
            return self._breaker.until
        return min((began + SLOW for began in self._holding(self._clock.now())), default=None)

    async def _look(self, now: Moment, free: int) -> tuple[list[Claim], Moment | None, Moment | None]:
        """What leaves; when nothing does, the next retry that is due; and when more may, whatever else happens."""
        probing = self._breaker.state is State.HALF_OPEN
        claims: list[Claim] = []
        due: Moment | None = None
        for look in self._gate.looks_for_a_probe(now) if probing else (self._gate.look(now, free),):
            asked = (now, self._channel.name, 1 if probing else free * self._many, look, self._breaker.back_since)
            claims, due = await self._offload.run(self._claim, *asked)
            if claims:
                break
        if probing and claims:
            self._gate.probes(claims[0].intent)
        return claims, due, look.until

    def _claim(
        self, now: Moment, channel: str, limit: int, look: Look, back_since: Moment | None
    ) -> tuple[list[Claim], Moment | None]:
        """In the store's thread: claims, or else the next retry that is due. Mostly an attempt has ended and nothing waits, so
        both are asked in one go."""
        claims = self._outbox.claim(now, channel, limit, look, back_since, synced=self._synced)
        return claims, None if claims else self._outbox.next_due(channel, now)

    def _free_hands(self) -> int:
        now = self._clock.now()
        self._breaker = self._breaker.looked_at(now)
        if self._draining or self._breaker.state is State.OPEN:
            return 0
        if self._breaker.state is State.HALF_OPEN:
            return 0 if self._probing in self._hands else 1
        return max(0, HANDS - len(self._holding(now)))

    def _holding(self, now: Moment) -> list[Moment]:
        """When the attempts began that do not only wait."""
        return [began for began in self._hands.values() if now - began < SLOW]

    def _start_all(self, claims: Sequence[Claim], now: Moment) -> None:
        to_try = []
        for claim in claims:
            self._gate.began(claim.intent, self._pace(claim.intent), now)
            if (ending := forgone(claim, now)) is not None:
                self._start(claim.intent.key, partial(self._write_off, claim, ending))
                continue
            decision = self._plan(claim.intent)
            if isinstance(decision, Fold):
                decision = self._gathering.after_last(claim.intent, decision)
            if isinstance(decision, Fold) and decision.until <= now:
                self._gathering.put(claim)
                self._gate.ended(claim.intent)
            elif not isinstance(decision, Send):
                self._start(claim.intent.key, partial(self._put_off, claim, decision))
            elif self._gathering.is_without_card(claim.intent):
                self._start(claim.intent.key, partial(self._write_off, claim, Delivered(NO_CARD)))
            else:
                to_try.append(claim)
        for claim in to_try:
            self._gate.sent(self._pace(claim.intent), now)
        for batch in self._batches(to_try):
            self._start(batch[0].intent.key, partial(self._try, batch))

    def _batches(self, claims: Sequence[Claim]) -> Iterator[Sequence[Claim]]:
        """What goes to the channel as one attempt. What was in one that crashed goes alone: one of them was the cause, and the
        others are not to be set aside with it."""
        if not isinstance(self._channel, BatchChannel):
            yield from ([claim] for claim in claims)
            return
        together: dict[str, list[Claim]] = {}
        for claim in claims:
            if claim.crashes:
                yield [claim]
            else:
                together.setdefault(self._channel.batch_of(claim.intent), []).append(claim)
        for batch in together.values():
            yield from (batch[start : start + self._many] for start in range(0, len(batch), self._many))

    def _pace(self, intent: Intent) -> Pace | None:
        return self._paced.pace(intent) if self._paced is not None else None

    def _start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        hand = asyncio.create_task(self._rim(name, work), name=f"deliver {name}")
        self._hands[hand] = self._clock.now()
        if self._breaker.state is State.HALF_OPEN:
            self._probing = hand
        hand.add_done_callback(self._ended)

    async def _rim(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:  # the rim of this task: the intents stay claimed, and the next boot repeats them
            log.exception("attempt failed", task=f"deliver {name}", channel=self._channel.name)

    def _ended(self, hand: asyncio.Task[None]) -> None:
        del self._hands[hand]
        self._news.set()

    async def _wait(self, due: Moment | None) -> None:
        if due is None:
            await self._news.wait()
            return
        with suppress(TimeoutError):
            await before(due, self._clock, self._news.wait())

    # --- attempts -------------------------------------------------------------------------------------------------

    async def _try(self, claims: Sequence[Claim]) -> None:
        try:
            endings = await self._attempt(claims)
            await self._end(claims, endings)
        finally:
            for claim in claims:
                self._gate.ended(claim.intent)

    async def _tell_together(self, claims: Sequence[Claim]) -> None:
        """What becomes of the digest becomes of all that are in it, and at the same moment: they are tried again together."""
        digest = self._gathering.digest(claims, self._clock.now())
        self._gate.sent(self._pace(digest.intent), self._clock.now())
        [ending] = await self._attempt([digest])
        now = self._clock.now()
        decision = self._after(ending, digest, now)
        self._gathering.told(claims, digest, ending, now, again=isinstance(decision, RetryAt))
        await self._settle([_settlement(claim, ending, decision) for claim in claims], now)

    async def _attempt(self, claims: Sequence[Claim]) -> Sequence[Ending]:
        began = self._clock.now()
        endings = await attempt(self._channel, claims, self._clock)
        now = self._clock.now()
        for claim, ending in zip(claims, endings, strict=True):
            self._gate.heard(claim.intent, self._pace(claim.intent), ending, took=now - began, now=now)
        self._breaker = self._breaker.heard(endings, seed=claims[0].intent.key, began=began, now=now)
        if self._breaker.state is State.CLOSED:
            self._gate.came_back()
        return endings

    async def _end(self, claims: Sequence[Claim], endings: Sequence[Ending]) -> None:
        now = self._clock.now()
        ended = zip(claims, endings, strict=True)
        await self._settle([_settlement(claim, ending, self._after(ending, claim, now)) for claim, ending in ended], now)

    def _after(self, ending: Ending, claim: Claim, now: Moment) -> RetryAt | Done:
        decision = after(ending, claim, keyed=self._channel.is_keyed(claim.intent), now=now)
        self._tell_of_change(decision, now)
        return decision

    async def _put_off(self, claim: Claim, decision: Fold | Hold | Elsewhere) -> None:
        """No attempt now, to save what the cloud counts: by another way, or later."""
        said = SAID[decision.reason]
        if isinstance(decision, Elsewhere):
            await self._write_off(claim, Refused(said))
        elif decision.until > deadline(claim.intent):
            await self._write_off(claim, Retry(0.0, said))
        else:
            await self._write_off(claim, Retry(0.0, said), decision.until)

    async def _write_off(self, claim: Claim, ending: Ending, retry_at: Moment | None = None) -> None:
        """It ends so without an attempt."""
        try:
            await self._settle([Settlement(claim, ending, retry_at)], self._clock.now())
        finally:
            self._gate.ended(claim.intent)

    async def _settle(self, settlements: Sequence[Settlement], now: Moment) -> None:
        for each in settlements:
            if isinstance(each.ending, Crashed) and each.retry_at is None:
                log.error("set aside: see `andon deliveries`", intent=each.claim.intent.key, reason=each.ending.reason)
        await settle(self._outbox, settlements, now, self._offload, self._clock, synced=self._synced)
        if any(each.retry_at is None for each in settlements):
            self._settled()

    def _tell_of_change(self, decision: RetryAt | Done, now: Moment) -> None:
        """One line when nothing was accepted for a while and one when something is again, however many attempts lie between."""
        if decision.reason is Reason.ACCEPTED:
            if self._told_failing:
                log.warning("channel works again", channel=self._channel.name)
            self._failing_since, self._told_failing = None, False
        elif isinstance(decision, RetryAt):
            if self._failing_since is None:
                self._failing_since = now
            if now - self._failing_since >= FAILING_AFTER and not self._told_failing:
                log.warning("channel fails, attempts are repeated", channel=self._channel.name, detail=decision.detail)
                self._told_failing = True


def _settlement(claim: Claim, ending: Ending, decision: RetryAt | Done) -> Settlement:
    return Settlement(claim, ending, decision.moment if isinstance(decision, RetryAt) else None)
