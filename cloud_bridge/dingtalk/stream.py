"""Stream mode: the way back from the phones, over a web socket that we open; no port is open on our side.

Theory of operation. A ticket is fetched, a connection opened with it, and served for ever (`connection.py`). What a frame asks
for is committed to the inbox, then answered (`inbound.py`): whoever sees the answer can rely on it. The answer to a press
changes nothing on the card; the card is updated when the press has been worked.

    connect ─▶ served ─┬─ lost, or silent: a gap, wait and connect
       ▲               ├─ DingTalk asks it to go: connect at once
       │               └─ `RENEW_EVERY` old, for one that still pings may yet deliver nothing: connect at once
       └───────────────┘ it is served until the next one stands, however long that takes, and only then let go

Every wait is bounded; should one not be all the same, the watchdog sees that no frame and no try to connect has come for
`STUCK_AFTER`, and begins anew. Of a gap the inbox hears with the first stir of the next connection (`gap.py`).

The official client is not used: it swallows cancellation, opens its connection by a call that blocks the loop, and is reported
to fall silent after idle minutes (dingtalk-stream 0.24.3). Connections of one app share the pushes between them at random: each
gateway needs an app of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from urllib.parse import quote

import structlog

from cloud_bridge.base import ChannelOpening, Take
from cloud_bridge.delivery.retry import delay
from cloud_bridge.delivery.waiting import before
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.connection import Connection, End
from cloud_bridge.dingtalk.frames import SUBSCRIPTIONS
from cloud_bridge.dingtalk.gap import Gap
from cloud_bridge.dingtalk.inbound import Inbound
from cloud_bridge.dingtalk.verdicts import Accepted
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, Span
from edge.ports import FrameSocket, NoReply

log = structlog.get_logger()

#: A connection that stood this long was a good one: the next is tried without a longer and longer wait.
STEADY_AFTER: Span = 30 * SECOND
#: Opening one more connection costs one call.
RENEW_EVERY: Span = 6 * HOUR
#: Far longer than the longest silence, wait or answer.
STUCK_AFTER: Span = 5 * MINUTE
WATCH_EVERY: Span = 15 * SECOND


class Stream:
    def __init__(self, opening: ChannelOpening, config: DingTalkConfig, calls: Calls, inbound: Inbound) -> None:
        self._opening = opening
        self._config = config
        self._calls = calls
        self._inbound = inbound
        self._clock = opening.clock
        self.down_since: Moment | None = None
        self._gap = Gap(opening.clock, opening.heard_until)
        self._stirred_at: Moment = self._clock.now()
        #: Connections after which others stand already.
        self._leaving: set[asyncio.Task[None]] = set()

    async def run(self, take: Take) -> None:
        """Connect, receive, reconnect, for ever; watched."""
        while True:
            self._stirred_at = self._clock.now()
            working = asyncio.ensure_future(self._work(take))
            try:
                await self._watch(working)
                stuck = not working.done()
            finally:
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
            failed = None if working.cancelled() else working.exception()
            log.error(
                "the way back was stuck, it begins anew" if stuck else "the way back failed, it begins anew", exc_info=failed
            )
            self._tell_down("stuck" if stuck else "failed", self._stirred_at)
            await self._clock.sleep_until(self._clock.now() + WATCH_EVERY)

    async def _watch(self, working: asyncio.Future[None]) -> None:
        """Returns when it has ended, or nothing has stirred for too long."""
        while not working.done() and self._clock.now() - self._stirred_at < STUCK_AFTER:
            looking = asyncio.ensure_future(self._clock.sleep_until(self._clock.now() + WATCH_EVERY))
            try:
                await asyncio.wait({working, looking}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                looking.cancel()

    async def _work(self, take: Take) -> None:
        present: Connection | None = None
        tries = 0
        try:
            while True:
                if tries:
                    await self._pause(tries, present)
                tries += 1
                socket = await self._connect(present)
                if socket is None:
                    continue
                if present is not None:
                    self._let_go(present)
                present = Connection(socket, self._clock, self._inbound, take, lambda: self._stir(take))
                end = await self._end_of(present)
                if self._clock.now() - present.opened_at >= STEADY_AFTER:
                    tries = 1 if end.is_gap else 0
                if end.is_gap:
                    self._tell_down(f"connection {end.value}", present.heard_at)
        finally:
            for leaving in self._leaving:
                leaving.cancel()
            await asyncio.gather(*self._leaving, return_exceptions=True)
            if present is not None:
                await present.close()

    async def _end_of(self, present: Connection) -> End:
        try:
            return await before(present.opened_at + RENEW_EVERY, self._clock, present.until_over())
        except TimeoutError:
            return End.RENEWED

    async def _pause(self, tries: int, present: Connection | None) -> None:
        """The back-off; cut short when the connection ends that has delivered so far."""
        until = self._clock.now() + delay(tries, f"{self._config.client_id}/{self._clock.now()}")
        if present is None or not present.delivers:
            await self._clock.sleep_until(until)
            return
        with suppress(TimeoutError):
            await before(until, self._clock, present.until_over())

    def _let_go(self, connection: Connection) -> None:
        """Behind our back: it may take some seconds, and what still comes through it is taken."""
        task = asyncio.ensure_future(connection.close())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _stir(self, take: Take) -> None:
        self._stirred_at = self._clock.now()
        await self._gap.tell(take)

    async def _connect(self, present: Connection | None) -> FrameSocket | None:
        """A socket by a new ticket; None when there is none to be had now. present: what delivers until then."""
        if present is not None and present.has_ended:
            self._tell_down("the connection ended", present.heard_at)
        if self.down_since is not None:
            self._stirred_at = self._clock.now()
        try:
            socket = await self._open()
        except NoReply as no_reply:
            self._tell_unopened(str(no_reply), present)
            return None
        except Exception as error:  # the rim of this task: a mistake here must not end the way back
            log.exception("stream failed", task="listen dingtalk")
            self._tell_unopened(type(error).__name__, present)
            return None
        if present is not None and present.has_ended:
            self._tell_down("the connection ended", present.heard_at)
        if self.down_since is not None:
            log.warning("presses on cards arrive again", channel="dingtalk")
        self.down_since = None
        self._stirred_at = self._clock.now()
        return socket

    async def _open(self) -> FrameSocket:
        answer = await self._calls.open_stream(SUBSCRIPTIONS)
        if not isinstance(answer, Accepted):
            raise NoReply(answer.reason, sent=False)
        endpoint, ticket = answer.body.get("endpoint"), answer.body.get("ticket")
        if not isinstance(endpoint, str) or not isinstance(ticket, str):
            raise NoReply("the answer holds no endpoint and ticket", sent=False)
        if not self._config.may_talk_to(endpoint):
            raise NoReply("the endpoint is not encrypted and its host not in plain_http_hosts", sent=False)
        return await self._opening.transport.connect(f"{endpoint}?ticket={quote(ticket, safe='')}")

    def _tell_unopened(self, reason: str, present: Connection | None) -> None:
        """While another connection delivers, nothing is lost yet."""
        if present is None or not present.delivers:
            self._tell_down(reason, self._clock.now())

    def _tell_down(self, reason: str, since: Moment) -> None:
        """One line when the way back is lost and one when it stands again, however many tries lie between."""
        if self.down_since is None:
            log.warning("presses on cards do not arrive, connecting again", channel="dingtalk", reason=reason)
            self.down_since = self._clock.now()
        self._gap.begin(since)
