"""Stream mode: the way back from the phones, over a web socket that we open; no port is open on our side.

Theory of operation. A ticket is fetched, a connection opened with it, frames are received for ever. What a frame asks for is
committed to the inbox, then answered (`inbound.py`): whoever sees the answer can rely on it. The answer to a press changes
nothing on the card; the card is updated when the press has been worked.

    connect ─▶ receive ─▶ ping: answered   push: taken, then answered   disconnect: next connection first, then this one closed
       ▲          │
       └─ wait ◀──┴─ lost │ silent for `SILENCE_MAX` (an open socket through which nothing comes any more)
                  └─ `RENEW_EVERY` old: the next connection first. One that still pings may yet deliver nothing

Every wait is bounded; should one not be all the same, the watchdog sees that no frame and no try to connect has come for
`STUCK_AFTER`, and begins anew. After a gap of more than `GAP_MIN` the inbox hears of it (HeardAgain): presses in it are lost on
DingTalk's side, the phone shows so, and the response draws all open cards again.

The official client is not used: it swallows cancellation, opens its connection by a call that blocks the loop, and is reported
to fall silent after idle minutes (dingtalk-stream 0.24.3). Connections of one app share the pushes between them at random: each
gateway needs an app of its own.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from urllib.parse import quote

import structlog

from cloud_bridge.base import ChannelOpening, Take
from cloud_bridge.delivery.retry import delay
from cloud_bridge.delivery.waiting import before
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.frames import (
    SUBSCRIPTIONS,
    CardCallback,
    Code,
    Disconnect,
    Malformed,
    OrgEvent,
    Ping,
    RobotMessage,
    Unhandled,
    read_frame,
    write_answer,
)
from cloud_bridge.dingtalk.inbound import Answer, Inbound
from cloud_bridge.dingtalk.verdicts import Accepted
from edge.model.command import HeardAgain, InboxRow
from edge.model.errors import StoreError
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, Span
from edge.ports import FrameSocket, NoReply

log = structlog.get_logger()

#: DingTalk pings about once a minute; sockets that stay open and deliver nothing are reported (dingtalk-api 7.5).
SILENCE_MAX: Span = 3 * MINUTE
#: A connection that stood this long was a good one: the next is tried without a longer and longer wait.
STEADY_AFTER: Span = 30 * SECOND
#: Opening one more connection costs one call.
RENEW_EVERY: Span = 6 * HOUR
#: Far longer than the longest silence, wait or answer.
STUCK_AFTER: Span = 5 * MINUTE
WATCH_EVERY: Span = 15 * SECOND
#: Shorter gaps are those of a reconnection: too short for somebody to have pressed and looked away.
GAP_MIN: Span = 10 * SECOND
#: A socket that takes or ends nothing within this is lost.
SOCKET_WITHIN: Span = 5 * SECOND


class _End(Enum):
    """Why a connection is over."""

    ANNOUNCED = "announced"
    RENEWED = "renewed"
    SILENT = "silent"
    LOST = "lost"

    @property
    def is_gap(self) -> bool:
        """Whether presses may be lost between this connection and the next."""
        return self in (_End.SILENT, _End.LOST)


class Stream:
    def __init__(self, opening: ChannelOpening, config: DingTalkConfig, calls: Calls, inbound: Inbound) -> None:
        self._opening = opening
        self._config = config
        self._calls = calls
        self._inbound = inbound
        self._clock = opening.clock
        self.down_since: Moment | None = None
        #: Since when presses are lost for which no card was drawn again yet.
        self._gap_since: Moment | None = opening.heard_until
        self._stirred_at: Moment = self._clock.now()

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
        present: FrameSocket | None = None
        tries = 0
        try:
            while True:
                if tries:
                    seed = f"{self._config.client_id}/{self._clock.now()}"
                    await self._clock.sleep_until(self._clock.now() + delay(tries, seed))
                tries += 1
                following = await self._connect()
                if following is None:
                    continue
                # Only now: until the next one stands, the one before may still be good for something.
                if present is not None:
                    await self._close(present)
                present = following
                opened_at = self._clock.now()
                await self._tell_gap(take)
                end = await self._serve(present, take)
                if self._clock.now() - opened_at >= STEADY_AFTER:
                    tries = 1 if end.is_gap else 0
                if end.is_gap:
                    self._tell_down(f"connection {end.value}", self._stirred_at)
        finally:
            if present is not None:
                await self._close(present)

    async def _connect(self) -> FrameSocket | None:
        """A new connection by a new ticket; None when there is none to be had now."""
        if self.down_since is not None:
            self._stirred_at = self._clock.now()
        try:
            socket = await self._open()
        except NoReply as no_reply:
            self._tell_down(str(no_reply), self._clock.now())
            return None
        except Exception as error:  # the rim of this task: a mistake here must not end the way back
            log.exception("stream failed", task="listen dingtalk")
            self._tell_down(type(error).__name__, self._clock.now())
            return None
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

    async def _close(self, socket: FrameSocket) -> None:
        try:
            await before(self._clock.now() + SOCKET_WITHIN, self._clock, socket.close())
        except (TimeoutError, NoReply):
            log.info("a connection did not end in order", channel="dingtalk")

    def _tell_down(self, reason: str, since: Moment) -> None:
        """One line when the way back is lost and one when it stands again, however many tries lie between."""
        if self.down_since is None:
            log.warning("presses on cards do not arrive, connecting again", channel="dingtalk", reason=reason)
            self.down_since = self._clock.now()
        self._gap_since = since if self._gap_since is None else self._gap_since

    async def _tell_gap(self, take: Take) -> None:
        """Once a gap; tried again with the next frame when the disk refuses."""
        since, now = self._gap_since, self._clock.now()
        if since is None:
            return
        if now - since >= GAP_MIN:
            try:
                await take(InboxRow("dingtalk", f"heard-again-{now}", "system", HeardAgain("dingtalk", since), now))
            except StoreError as error:
                log.error("a gap is not on record yet", channel="dingtalk", reason=str(error))
                return
        self._gap_since = None

    async def _serve(self, socket: FrameSocket, take: Take) -> _End:
        renew_at = self._clock.now() + RENEW_EVERY
        while True:
            silent_at = self._stirred_at + SILENCE_MAX
            try:
                text = await before(min(silent_at, renew_at), self._clock, socket.receive())
            except TimeoutError:
                return _End.RENEWED if renew_at <= silent_at else _End.SILENT
            except NoReply:
                return _End.LOST
            self._stirred_at = self._clock.now()
            await self._tell_gap(take)
            frame = read_frame(text)
            answer: Answer | None
            match frame:
                case Disconnect():
                    return _End.ANNOUNCED
                case Ping(message_id, data):
                    answer = Answer(Code.OK, data)
                case CardCallback(message_id) | RobotMessage(message_id) | OrgEvent(message_id):
                    answer = await self._inbound.hear(frame, take)
                case Unhandled(message_id):
                    answer = Answer(Code.NO_HANDLER)
                case Malformed(message_id):
                    answer = Answer(Code.MALFORMED)
            if not message_id or answer is None:
                continue
            try:
                reply = socket.send(write_answer(message_id, answer.code, answer.data))
                await before(self._clock.now() + SOCKET_WITHIN, self._clock, reply)
            except (TimeoutError, NoReply):
                return _End.LOST
