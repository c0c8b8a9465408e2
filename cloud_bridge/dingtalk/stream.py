"""Stream mode: the way back from the phones, over a web socket that we open; no port is open on our side.

Theory of operation. A ticket is fetched, a connection opened with it, frames are received for ever. A press is first committed
to the inbox (`take`), then answered: whoever sees the answer can rely on it. The answer changes nothing on the card; the card
is updated when the press has been worked.

    connect ─▶ receive ─▶ ping: answered   press: take, then answered   disconnect: next connection first, then this one closed
       ▲          │
       └─ wait ◀──┴─ lost, or silent for `SILENCE_MAX` (an open socket through which nothing comes any more)

The official client is not used: it swallows cancellation, opens its connection by a call that blocks the loop, and is reported
to fall silent after idle minutes (dingtalk-stream 0.24.3).

While no connection stands, presses are lost on DingTalk's side, and the phone shows so. Connections of one app share the pushes
between them at random: each gateway needs an app of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    Ping,
    Unhandled,
    card_response,
    read_frame,
    write_answer,
)
from cloud_bridge.dingtalk.presses import command_of, is_emptied, read_press
from cloud_bridge.dingtalk.verdicts import Accepted
from cloud_bridge.marks import in_language
from edge.model.command import InboxRow
from edge.model.errors import NotPermitted, StoreError
from edge.model.moment import MINUTE, SECOND, Moment, Span
from edge.ports import FrameSocket, NoReply

log = structlog.get_logger()

#: DingTalk pings about once a minute; sockets that stay open and deliver nothing are reported (dingtalk-api 7.5).
SILENCE_MAX: Span = 3 * MINUTE
#: A connection that stood this long was a good one: the next is tried without a longer and longer wait.
STEADY_AFTER: Span = 30 * SECOND


class _End(Enum):
    """Why a connection is over."""

    ANNOUNCED = "announced"
    SILENT = "silent"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class _Answer:
    code: Code
    data: str = "{}"


class Stream:
    def __init__(self, opening: ChannelOpening, config: DingTalkConfig, calls: Calls) -> None:
        self._opening = opening
        self._config = config
        self._calls = calls
        self._clock = opening.clock
        self.down_since: Moment | None = None

    async def run(self, take: Take) -> None:
        """Connect, receive, reconnect, for ever."""
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
                    await present.close()
                present = following
                opened_at = self._clock.now()
                end = await self._serve(present, take)
                if self._clock.now() - opened_at >= STEADY_AFTER:
                    tries = 0 if end is _End.ANNOUNCED else 1
                if end is not _End.ANNOUNCED:
                    self._tell_down(f"connection {end.value}")
        finally:
            if present is not None:
                await present.close()

    async def _connect(self) -> FrameSocket | None:
        """A new connection by a new ticket; None when there is none to be had now."""
        try:
            socket = await self._open()
        except NoReply as no_reply:
            self._tell_down(str(no_reply))
            return None
        except Exception as error:  # the rim of this task: a mistake here must not end the way back
            log.exception("stream failed", task="listen dingtalk")
            self._tell_down(type(error).__name__)
            return None
        if self.down_since is not None:
            log.warning("presses on cards arrive again", channel="dingtalk")
        self.down_since = None
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

    def _tell_down(self, reason: str) -> None:
        """One line when the way back is lost and one when it stands again, however many tries lie between."""
        if self.down_since is None:
            log.warning("presses on cards do not arrive, connecting again", channel="dingtalk", reason=reason)
            self.down_since = self._clock.now()

    async def _serve(self, socket: FrameSocket, take: Take) -> _End:
        while True:
            try:
                text = await before(self._clock.now() + SILENCE_MAX, self._clock, socket.receive())
                match frame := read_frame(text):
                    case Disconnect():
                        return _End.ANNOUNCED
                    case Ping(message_id, data):
                        answer = _Answer(Code.OK, data)
                    case CardCallback(message_id):
                        answer = await self._worked(frame, take)
                    case Unhandled(message_id):
                        answer = _Answer(Code.NO_HANDLER)
                    case Malformed(message_id):
                        answer = _Answer(Code.MALFORMED)
                if message_id:
                    await socket.send(write_answer(message_id, answer.code, answer.data))
            except TimeoutError:
                return _End.SILENT
            except NoReply:
                return _End.LOST

    async def _worked(self, frame: CardCallback, take: Take) -> _Answer:
        try:
            return await self._take_press(frame, take, self._clock.now())
        except StoreError as error:
            log.error("press not taken", channel="dingtalk", reason=str(error))
        except Exception:  # the rim of a press: a mistake here must not end the way back
            log.exception("press failed", task="listen dingtalk")
        return _Answer(Code.FAILED)

    async def _take_press(self, frame: CardCallback, take: Take, now: Moment) -> _Answer:
        if is_emptied(frame.data):
            log.error("a press arrived without its content: the month's quota of pushes is spent", channel="dingtalk")
            return _Answer(Code.FAILED)
        press = read_press(frame.data)
        if press is None:
            return _Answer(Code.MALFORMED)
        person = self._opening.directory.person_at("dingtalk", "user_id", press.user_id)
        if person is None:
            # No row: a command needs a person who is responsible for it. Whoever pressed is told.
            log.warning("press by somebody who is not in people.yaml", channel="dingtalk", user_id=press.user_id)
            return _Answer(Code.OK, card_response(in_language("both", "dingtalk.press.unknown_person")))
        found = await self._opening.find_card(press.out_track_id)
        command = None if found is None else command_of(press, *found, self._opening.shelve_for)
        if command is None:
            log.warning("press on a card or button that is not ours", channel="dingtalk", card=press.out_track_id)
            return _Answer(Code.NO_HANDLER)
        try:
            await take(InboxRow("dingtalk", frame.message_id, person.id, command, now))
        except NotPermitted:
            return _Answer(Code.OK, card_response(in_language(person.language, "dingtalk.press.not_permitted")))
        return _Answer(Code.OK, card_response())
