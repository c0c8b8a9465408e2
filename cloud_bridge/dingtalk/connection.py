"""One connection of Stream mode: its frames are received, what they ask for is committed, then they are answered.

    frame        what is done
    ping         answered at once
    push         taken (`inbound.py`), then answered. Those of one person in their order; nobody waits for another, because
                 DingTalk counts its 2 s from when it sent the push
    disconnect   nothing more is delivered here, and DingTalk ends it in about 10 s: the next connection is wanted
    silence      of `SILENCE_MAX`: an open socket through which nothing comes any more is over

Not here: when the next connection is opened, and what a gap means (`stream.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from enum import Enum
from typing import Any

import structlog

from cloud_bridge.base import Take
from cloud_bridge.delivery.waiting import before
from cloud_bridge.dingtalk.frames import (
    CardCallback,
    Code,
    Disconnect,
    Malformed,
    OrgEvent,
    Ping,
    Pushed,
    RobotMessage,
    Unhandled,
    read_frame,
    sender_of,
    write_answer,
)
from cloud_bridge.dingtalk.inbound import Answer, Inbound
from edge.model.moment import MINUTE, SECOND, Moment, Span
from edge.ports import Clock, FrameSocket, NoReply

log = structlog.get_logger()

#: DingTalk pings about once a minute; sockets that stay open and deliver nothing are reported (dingtalk-api 7.5).
SILENCE_MAX: Span = 3 * MINUTE
#: A socket that takes or ends nothing within this is lost.
SOCKET_WITHIN: Span = 5 * SECOND
#: Pushes that are being taken at once; further ones wait on the wire.
PUSHES_MAX = 64


class End(Enum):
    """Why the next connection is wanted."""

    ANNOUNCED = "announced"
    RENEWED = "renewed"
    SILENT = "silent"
    LOST = "lost"

    @property
    def is_gap(self) -> bool:
        """Whether presses may be lost between this connection and the next."""
        return self in (End.SILENT, End.LOST)


class Connection:
    """Serves a socket from the moment it is made. on_stir: awaited before the first frame, and with each. opened_at, heard_at:
    since when, and when the last frame came."""

    def __init__(
        self, socket: FrameSocket, clock: Clock, inbound: Inbound, take: Take, on_stir: Callable[[], Awaitable[None]]
    ) -> None:
        self._socket = socket
        self._clock = clock
        self._inbound = inbound
        self._take = take
        self._on_stir = on_stir
        self.opened_at: Moment = clock.now()
        self.heard_at: Moment = self.opened_at
        self._leaving = asyncio.Event()
        self._answering: set[asyncio.Task[None]] = set()
        #: By person, what the last push of theirs is taken by.
        self._turns: dict[str, asyncio.Task[None]] = {}
        #: Done when an answer could not be sent.
        self._unsent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._serving = asyncio.ensure_future(self._serve())

    @property
    def has_ended(self) -> bool:
        return self._serving.done()

    @property
    def delivers(self) -> bool:
        """Whether pushes may still come through it, as far as is known."""
        return not self.has_ended and not self._leaving.is_set()

    async def until_over(self) -> End:
        """Returns when the next connection is wanted. Raises what went wrong on our side."""
        leaving = asyncio.ensure_future(self._leaving.wait())
        try:
            await asyncio.wait({self._serving, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
        return self._serving.result() if self._serving.done() else End.ANNOUNCED

    async def close(self) -> None:
        """What is being taken is still answered, and what was sent before the end still taken."""
        try:
            for step in (self._answered, self._socket.close, self._drained):
                await before(self._clock.now() + SOCKET_WITHIN, self._clock, step())
        except (TimeoutError, NoReply):
            log.info("a connection did not end in order", channel="dingtalk")
        finally:
            left = (self._serving, *self._answering)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _answered(self) -> None:
        if self._answering:
            await asyncio.wait(set(self._answering))

    async def _drained(self) -> None:
        await asyncio.wait({self._serving})
        while self._answering:
            await asyncio.wait(self._answering)

    async def _serve(self) -> End:
        await self._on_stir()
        while True:
            try:
                text = await before(self.heard_at + SILENCE_MAX, self._clock, self._receive())
            except TimeoutError:
                return End.SILENT
            except NoReply:
                return End.LOST
            self.heard_at = self._clock.now()
            await self._on_stir()
            match read_frame(text):
                case Disconnect():
                    self._leaving.set()
                case Ping(message_id, data):
                    self._begin(self._send(message_id, Answer(Code.OK, data)))
                case CardCallback() | RobotMessage() | OrgEvent() as pushed:
                    sender = sender_of(pushed)
                    self._turns[sender] = self._begin(self._hear(pushed, self._turns.get(sender)))
                case Unhandled(message_id):
                    self._begin(self._send(message_id, Answer(Code.NO_HANDLER)))
                case Malformed(message_id) if message_id:
                    self._begin(self._send(message_id, Answer(Code.MALFORMED)))
            while len(self._answering) >= PUSHES_MAX:
                await asyncio.wait(self._answering, return_when=asyncio.FIRST_COMPLETED)

    async def _receive(self) -> str:
        """The next frame. Raises NoReply when the connection is over, or takes no answers any more."""
        receiving = asyncio.ensure_future(self._socket.receive())
        try:
            waiting: set[asyncio.Future[Any]] = {receiving, self._unsent}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                return receiving.result()
            raise NoReply("it takes no answers", sent=True)
        finally:
            receiving.cancel()

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._answering.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        self._turns = {sender: last for sender, last in self._turns.items() if last is not task}

    async def _hear(self, pushed: Pushed, earlier: asyncio.Task[None] | None) -> None:
        """earlier: what the same person did just before."""
        if earlier is not None:
            await asyncio.wait({earlier})
        answer = await self._inbound.hear(pushed, self._take)
        if answer is not None:
            await self._send(pushed.message_id, answer)

    async def _send(self, message_id: str, answer: Answer) -> None:
        try:
            reply = self._socket.send(write_answer(message_id, answer.code, answer.data))
            await before(self._clock.now() + SOCKET_WITHIN, self._clock, reply)
        except (TimeoutError, NoReply):
            if not self._unsent.done():
                self._unsent.set_result(None)
