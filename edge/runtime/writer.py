"""The writer: the one task that changes anything at a device. It empties the outbox of deeds; what they are is decided before.

Theory of operation. A deed is claimed by a commit made just before the attempt, and ended by a commit behind it, which also
puts the receipt into the inbox:

    claim (commit) ─▶ still in time, still granted? ─▶ driver.write, once ─▶ does the tag show it? ─▶ settle (commit)

    what happens                                   the deed ends as
    its time is over before anything left us       expired
    the driver had no connection                   tried again, while there is time; nothing has left us
    the device said no                             failed
    the device said yes, the tag shows the value   done (or there is nothing to read back)
    the device said yes, the tag shows another     different
    the device said yes, the tag shows nothing     unknown
    no answer in time, or the driver failed        unknown
    a crash between claim and settle               unknown, at the next start: nothing is sent again

So at most one request that changes anything leaves us for each write, whatever happens. Looking what became of an unknown write
changes nothing and may be repeated. Behind one connection one deed at a time is claimed and sent, the next when the device has
answered: what waits can still be taken back. Whether tags show their values is looked at side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import structlog

from drivers.base import Driver, TakesAcknowledgements, WriteAnswer, WriteEnd
from edge.crash import crash_point
from edge.model.deed import DEVICES, Deed, DeedClaim, DeedEnd, DeedKind, DeedOutcome, Value, is_same
from edge.model.errors import StoreError
from edge.model.moment import MILLISECOND, SECOND, Moment, Span
from edge.ports import Clock, DeedOutbox, Offload
from edge.runtime.waiting import wait_until

log = structlog.get_logger()

#: Attempts under way at once, each at another point. Most of them look whether a value is shown.
HANDS = 32
#: What could not be sent is tried again after this long, while it is in time.
AGAIN_AFTER: Span = 1 * SECOND
#: A tag is looked at so often until it shows what was written.
LOOK_EVERY: Span = 250 * MILLISECOND
#: A look that takes longer tells nothing. Longer than the time-outs of links, which end it before.
LOOK_WITHIN: Span = 30 * SECOND
#: Of an unknown write: not called different before the device has had this long; asked again so often while nobody can tell.
SETTLES_WITHIN: Span = 2 * SECOND
ASK_AGAIN_AFTER: Span = 5 * SECOND
#: A disk that refused is asked again after this long.
STORE_AGAIN_AFTER: Span = 1 * SECOND
#: What a stop allows writes that are waiting or under way.
DRAIN_WITHIN: Span = 5 * SECOND

_Answer = TypeVar("_Answer")

_END_OF_ANSWER: Mapping[WriteEnd, DeedEnd] = {
    WriteEnd.DONE: DeedEnd.DONE,
    WriteEnd.REFUSED: DeedEnd.FAILED,
    WriteEnd.UNKNOWN: DeedEnd.UNKNOWN,
}
_NO_ANSWER = WriteAnswer(WriteEnd.UNKNOWN, "no answer in time")
#: What is tried again has not ended; were its time over, this is how.
_NOT_YET = DeedOutcome(DeedEnd.EXPIRED)


class Writer:
    """is_granted: whether a tag may be written with a value today. settled: called after each receipt is in the inbox."""

    def __init__(
        self,
        drivers: Sequence[Driver],
        is_granted: Callable[[str, Value], bool],
        outbox: DeedOutbox,
        offload: Offload,
        clock: Clock,
        settled: Callable[[], None],
    ) -> None:
        self._driver_of = {device: driver for driver in drivers for device in driver.rates()}
        self._beside = {device: frozenset(driver.rates()) for driver in drivers for device in driver.rates()}
        self._is_granted = is_granted
        self._outbox = outbox
        self._offload = offload
        self._clock = clock
        self._settled = settled
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._attempts: set[asyncio.Task[None]] = set()
        #: By the key of a deed that is being sent: the devices behind its connection.
        self._holds: dict[str, Collection[str]] = {}

    def wake(self) -> None:
        """Deeds were written or withdrawn."""
        self._idle.clear()
        self._news.set()

    async def run(self) -> None:
        """For ever. Cancelling it cuts attempts under way short."""
        try:
            while True:
                self._news.clear()
                try:
                    due = await self._claim_and_start()
                except StoreError as error:
                    log.error("writes cannot be claimed", reason=str(error))
                    due = self._clock.now() + STORE_AGAIN_AFTER
                await wait_until(self._news, self._clock, due)
        finally:
            for attempt in self._attempts:
                attempt.cancel()
            await asyncio.gather(*self._attempts, return_exceptions=True)

    async def drain(self) -> None:
        """Return when nothing is under way and nothing is due, or 5 s have passed."""
        self.wake()
        await wait_until(self._idle, self._clock, self._clock.now() + DRAIN_WITHIN)

    async def _claim_and_start(self) -> Moment | None:
        while len(self._attempts) < HANDS:
            now = self._clock.now()
            busy = frozenset().union(*self._holds.values())
            claims = await self._offload.run(self._outbox.claim_deeds, now, 1, busy)
            for claim in claims:
                self._start(claim)
            if not claims:
                due = await self._offload.run(self._outbox.next_due, DEVICES)
                if not self._attempts and not self._news.is_set() and (due is None or due > now):
                    self._idle.set()
                # What is due now but was not given waits for an elder of its point or another of its connection.
                return now + AGAIN_AFTER if due is not None and due <= now else due
        return None

    def _start(self, claim: DeedClaim) -> None:
        deed = claim.deed
        if deed.kind is not DeedKind.READ_BACK:
            self._holds[deed.key] = self._beside.get(_device_of(deed), ())
        attempt = asyncio.create_task(self._attempt(claim), name=f"write {deed.write}")
        self._attempts.add(attempt)
        attempt.add_done_callback(self._attempts.discard)
        attempt.add_done_callback(lambda _: self._let_next(deed))

    def _let_next(self, deed: Deed) -> None:
        self._holds.pop(deed.key, None)
        self._news.set()

    async def _attempt(self, claim: DeedClaim) -> None:
        try:
            outcome, retry_at = await self._carry_out(claim)
        except Exception as error:  # the rim: a mistake of ours is an outcome that nobody knows
            log.exception("write failed", write=claim.deed.write)
            outcome, retry_at = DeedOutcome(DeedEnd.UNKNOWN, f"the driver failed with {type(error).__name__}"), None
        while True:
            try:
                await self._offload.run(self._outbox.settle_deed, claim, outcome, self._clock.now(), retry_at)
                break
            except StoreError as error:
                log.error("what became of a write cannot be written down", write=claim.deed.write, reason=str(error))
                await self._clock.sleep_until(self._clock.now() + STORE_AGAIN_AFTER)
        if retry_at is None:
            self._settled()

    async def _carry_out(self, claim: DeedClaim) -> tuple[DeedOutcome, Moment | None]:
        """How it ended; with a moment: it has not, and is tried again then."""
        deed, now = claim.deed, self._clock.now()
        driver = self._driver_of.get(_device_of(deed))
        if deed.kind is DeedKind.READ_BACK:
            return await self._look_once(deed, driver)
        if claim.after_unknown:
            return DeedOutcome(DeedEnd.UNKNOWN, "cut short by a stop of the gateway"), None
        if deed.kind is DeedKind.ACKNOWLEDGE:
            return await self._pass_on(deed, driver, now)
        if driver is None or deed.value is None or not self._is_granted(deed.tag, deed.value):
            return DeedOutcome(DeedEnd.FAILED, "there is no grant for this point any more"), None
        if now > deed.valid_until:
            return DeedOutcome(DeedEnd.EXPIRED, "its time was over"), None
        return await self._send(driver, deed, deed.value, now)

    async def _send(self, driver: Driver, deed: Deed, value: Value, now: Moment) -> tuple[DeedOutcome, Moment | None]:
        answer = await self._write_once(driver, deed, value)
        self._let_next(deed)
        if answer.end is WriteEnd.NOT_SENT:
            again = self._clock.now() + AGAIN_AFTER
            return DeedOutcome(DeedEnd.EXPIRED, answer.detail), again if again < deed.valid_until else None
        if answer.end is WriteEnd.DONE and deed.read_back_within is not None:
            return await self._read_back(driver, deed, value, deed.read_back_within, now), None
        return DeedOutcome(_END_OF_ANSWER[answer.end], answer.detail, sent_at=now), None

    async def _pass_on(self, deed: Deed, driver: Driver | None, now: Moment) -> tuple[DeedOutcome, Moment | None]:
        """An acknowledgement; it needs no grant, because it moves nothing."""
        if not isinstance(driver, TakesAcknowledgements):
            return DeedOutcome(DeedEnd.FAILED, "the device takes no acknowledgements"), None
        if now > deed.valid_until:
            return DeedOutcome(DeedEnd.EXPIRED, "its time was over"), None
        passing_on = driver.acknowledge(deed.tag, deed.comment)
        answer = await self._at_most_until(deed.valid_until, passing_on, otherwise=_NO_ANSWER)
        if answer.end is WriteEnd.NOT_SENT:
            again = self._clock.now() + AGAIN_AFTER
            return DeedOutcome(DeedEnd.EXPIRED, answer.detail), again if again < deed.valid_until else None
        return DeedOutcome(_END_OF_ANSWER[answer.end], answer.detail, sent_at=now), None

    async def _write_once(self, driver: Driver, deed: Deed, value: Value) -> WriteAnswer:
        crash_point("before_write")
        answer = await self._at_most_until(deed.valid_until, driver.write(deed.tag, value), otherwise=_NO_ANSWER)
        crash_point("after_write")
        return answer

    async def _at_most_until(self, moment: Moment, asked: Coroutine[Any, Any, _Answer], otherwise: _Answer) -> _Answer:
        """A driver that has not answered by then is cut off, so that nothing leaves it later."""
        task = asyncio.ensure_future(asked)
        timer = asyncio.ensure_future(self._clock.sleep_until(moment))
        try:
            await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
            answer = task.result() if task.done() else otherwise
        finally:
            task.cancel()
            timer.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        return answer

    async def _read_back(self, driver: Driver, deed: Deed, value: Value, within: Span, sent_at: Moment) -> DeedOutcome:
        until = self._clock.now() + within
        while True:
            shown = await self._shown_by(driver, deed.tag)
            if shown is not None and is_same(value, shown, deed.tolerance):
                return DeedOutcome(DeedEnd.DONE, "", sent_at, shown)
            if self._clock.now() >= until:
                break
            await self._clock.sleep_until(min(until, self._clock.now() + LOOK_EVERY))
        if shown is None:
            return DeedOutcome(DeedEnd.UNKNOWN, "the device said yes, and its point cannot be read", sent_at)
        return DeedOutcome(DeedEnd.DIFFERENT, "the device said yes, and shows another value", sent_at, shown)

    async def _shown_by(self, driver: Driver, tag: str) -> Value | None:
        """What it shows, None when nobody can tell, or not in time."""
        return await self._at_most_until(self._clock.now() + LOOK_WITHIN, driver.read_back(tag), otherwise=None)

    async def _look_once(self, deed: Deed, driver: Driver | None) -> tuple[DeedOutcome, Moment | None]:
        """What became of an unknown write."""
        shown = await self._shown_by(driver, deed.tag) if driver is not None else None
        now = self._clock.now()
        if shown is not None and deed.value is not None:
            if is_same(deed.value, shown, deed.tolerance):
                return DeedOutcome(DeedEnd.DONE, "", None, shown), None
            if now >= deed.created_at + SETTLES_WITHIN:
                return DeedOutcome(DeedEnd.DIFFERENT, "", None, shown), None
            return _NOT_YET, now + LOOK_EVERY
        if now + ASK_AGAIN_AFTER < deed.valid_until and driver is not None:
            return _NOT_YET, now + ASK_AGAIN_AFTER
        return DeedOutcome(DeedEnd.EXPIRED, "the point could not be read"), None


def _device_of(deed: Deed) -> str:
    return deed.tag.rpartition(".")[0]
