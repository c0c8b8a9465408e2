"""Delivery: one task a channel that empties the outbox.

Theory of operation. The loop claims what is due, as many at once as there are free hands, and gives each claim to a task of
its own: `channel.deliver`, then `retry.after`, then `outbox.settle`. The claim is a commit, made just before the attempt: an
attempt that a crash cuts short is known as such at the next start. The outbox never hands out two intents of one thread, so
attempts may run side by side and still nothing overtakes.

    outbox.claim ─▶ channel.deliver ─▶ retry.after ─▶ outbox.settle ─▶ settled()      (the receipt waits in the inbox)

Between claims the loop waits for whichever comes first: `wake` (transaction B wrote intents), an attempt that ended, or the
next retry that is due. A disk that refuses stops claiming, not the loop; an outcome that could not be written is written later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial

import structlog

from cloud_bridge.base import Channel
from cloud_bridge.delivery.retry import GIVE_UP_AFTER, Done, Reason, RetryAt, after, delay
from cloud_bridge.delivery.waiting import before
from cloud_bridge.quota.gathering import Gathering
from cloud_bridge.quota.planner import SAID, Decision, Elsewhere, Fold, Hold, Send, always_send
from edge.model.errors import StoreError
from edge.model.intent import Claim, Delivered, Intent, Outcome, Refused, Retry, Unknown
from edge.model.moment import SECOND, Moment, Span
from edge.ports import Clock, Offload, Outbox

log = structlog.get_logger()

#: Attempts under way at once. Enough that one silent address does not hold up the others, few enough for a small machine.
HANDS = 8
#: An outbox that says "due now" but gives nothing is asked again after this long and not sooner.
ASK_AGAIN_AFTER: Span = 1 * SECOND
#: One busy answer is no failure of the channel; nothing accepted for this long is.
FAILING_AFTER: Span = 10 * SECOND
#: What `drain` allows attempts under way; a stop by systemd allows more (reliability F41).
DRAIN_WITHIN: Span = 10 * SECOND


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
        self._news = asyncio.Event()
        self._attempts: set[asyncio.Task[None]] = set()
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
            for attempt in self._attempts:
                attempt.cancel()
            await asyncio.gather(*self._attempts, return_exceptions=True)

    async def drain(self) -> None:
        """Claim nothing more, and return when the attempts under way have ended or 10 s have passed."""
        self._draining = True
        if self._attempts:
            with suppress(TimeoutError):
                await before(self._clock.now() + DRAIN_WITHIN, self._clock, asyncio.wait(set(self._attempts)))

    async def _claim_and_start(self) -> Moment | None:
        """Start an attempt for each claim there are hands for. When to ask again; None: only on news."""
        while (free := HANDS - len(self._attempts)) > 0 and not self._draining:
            now = self._clock.now()
            claims = await self._offload.run(self._outbox.claim, now, self._channel.name, free)
            for claim in claims:
                decision = self._plan(claim.intent)
                if isinstance(decision, Fold):
                    decision = self._gathering.after_last(claim.intent, decision)
                if isinstance(decision, Fold) and decision.until <= now:
                    self._gathering.put(claim)
                else:
                    self._start(claim.intent.key, partial(self._deliver_and_settle, claim, decision))
            if not claims and self._gathering:
                for together in self._gathering.batches():
                    self._start(f"digest for {together[0].intent.recipient}", partial(self._tell_together, together))
            elif not claims:
                due = await self._offload.run(self._outbox.next_due, self._channel.name)
                # What is due now but was not given waits for an elder of its thread that is under way.
                return now + ASK_AGAIN_AFTER if due is not None and due <= now else due
        return None

    def _start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        attempt = asyncio.create_task(self._attempt(name, work), name=f"deliver {name}")
        self._attempts.add(attempt)
        attempt.add_done_callback(self._ended)

    async def _wait(self, due: Moment | None) -> None:
        if due is None:
            await self._news.wait()
            return
        with suppress(TimeoutError):
            await before(due, self._clock, self._news.wait())

    def _ended(self, attempt: asyncio.Task[None]) -> None:
        self._attempts.discard(attempt)
        self._news.set()

    async def _attempt(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception:  # the rim of this task: the intents stay claimed, and the next boot repeats them
            log.exception("attempt failed", task=f"deliver {name}", channel=self._channel.name)

    async def _deliver_and_settle(self, claim: Claim, decision: Decision) -> None:
        if not isinstance(decision, Send):
            await self._put_off(claim, decision)
        elif self._gathering.is_without_card(claim.intent):
            await self._end(claim, Delivered("told in a digest, which is no card of its own"))
        else:
            await self._end(claim, await self._tried(claim))

    async def _tell_together(self, claims: Sequence[Claim]) -> None:
        digest = self._gathering.digest(claims, self._clock.now())
        outcome = await self._tried(digest)
        self._gathering.told(claims, digest, outcome, self._clock.now())
        for claim in claims:
            await self._end(claim, outcome)

    async def _tried(self, claim: Claim) -> Outcome:
        try:
            return await self._channel.deliver(claim)
        except Exception as error:  # a mistake in a channel is an outcome that nobody knows
            log.exception("channel failed", task=f"deliver {claim.intent.key}", channel=self._channel.name)
            return Unknown(f"the channel failed with {type(error).__name__}")

    async def _end(self, claim: Claim, outcome: Outcome) -> None:
        now = self._clock.now()
        decision = after(outcome, claim, keyed=self._channel.is_keyed(claim.intent), now=now)
        self._tell_of_change(decision, now)
        if isinstance(decision, RetryAt):
            await self._settle(claim, outcome, now, decision.moment)
        else:
            await self._settle(claim, outcome, now, None)
            self._settled()

    async def _put_off(self, claim: Claim, decision: Fold | Hold | Elsewhere) -> None:
        """No attempt now, to save what the cloud counts: by another way, or later."""
        now, said = self._clock.now(), SAID[decision.reason]
        if isinstance(decision, Elsewhere):
            await self._settle(claim, Refused(said), now, None)
            self._settled()
        elif now - claim.intent.created_at > GIVE_UP_AFTER:
            await self._settle(claim, Retry(0.0, said), now, None)
            self._settled()
        else:
            await self._settle(claim, Retry(0.0, said), now, decision.until)

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

    async def _settle(self, claim: Claim, outcome: Outcome, now: Moment, retry_at: Moment | None) -> None:
        """Write the outcome, however long the disk refuses: forgotten, it would be told again."""
        refusals = 0
        while True:
            try:
                await self._offload.run(self._outbox.settle, claim, outcome, now, retry_at)
                return
            except StoreError as error:
                refusals += 1
                log.error("outcome cannot be written", intent=claim.intent.key, reason=str(error))
                await self._clock.sleep_until(self._clock.now() + delay(refusals, claim.intent.key))
