"""HTTP callbacks in the place of Stream mode, for plants that publish an endpoint (dingtalk-api 3.6, 6.5, 6.6, 14).

    POST .../api/v1/callbacks/dingtalk/card    a press: answered with what changes on the card; registered by us at the start
    POST .../api/v1/callbacks/dingtalk/robot   a message to the robot: answered with silence, the reply follows in the chat
    POST .../api/v1/callbacks/dingtalk/event   an event: answered with `success`, sealed

What is not signed by DingTalk within the last minutes is refused with 403, and a log that says why. What is believed goes the
way of a push of Stream mode (`inbound.py`). A request that is sent again bears the same name in the inbox, so it enters once.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from cloud_bridge.base import ChannelOpening, Take
from cloud_bridge.callback import Callback, CallbackReply
from cloud_bridge.delivery.retry import delay
from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.config import CallbacksConfig, DingTalkConfig
from cloud_bridge.dingtalk.endpoints import CARD_CALLBACK, Request
from cloud_bridge.dingtalk.envelope import Unfit, check_card, check_robot, open_event, seal_answer, seal_of
from cloud_bridge.dingtalk.frames import EVENT_TAKEN, CardCallback, Code, OrgEvent, RobotMessage, read_object
from cloud_bridge.dingtalk.gap import Gap
from cloud_bridge.dingtalk.inbound import Answer, Inbound
from cloud_bridge.dingtalk.verdicts import Accepted
from edge.model.errors import ConfigError
from edge.model.moment import MILLISECOND, Moment, Span

log = structlog.get_logger()

#: Under the API's address; what stands behind it is the kind.
PATH = "/api/v1/callbacks/dingtalk"
#: A little less than the shortest time that DingTalk's pages say it waits: 2,500 ms, or 1,500 (dingtalk-api 14).
EVENT_ANSWERED_WITHIN: Span = 1_300 * MILLISECOND
_REFUSED = CallbackReply(403, {"error": "not_believed"})
_LATER = CallbackReply(500, {"error": "later"})


class Callbacks:
    def __init__(
        self, opening: ChannelOpening, config: DingTalkConfig, own: CallbacksConfig, calls: Calls, inbound: Inbound
    ) -> None:
        self._clock = opening.clock
        self._secret = opening.secret
        self._config = config
        self._own = own
        self._calls = calls
        self._inbound = inbound
        self._gap = Gap(opening.clock, opening.heard_until)
        self._take: Take | None = None
        self.down_since: Moment | None = opening.clock.now()
        self._kinds: Mapping[str, Callable[[Callback, Take], Any]] = {
            "card": self._card,
            "robot": self._robot,
            "event": self._event,
        }

    async def run(self, take: Take) -> None:
        """Register where presses go, and take what comes from now on. A gap is that of a restart: of any other DingTalk, which
        calls us, says nothing."""
        self._take = take
        tries = 0
        while (problem := await self._register()) is not None:
            log.warning("presses on cards do not arrive: the callback is not registered", channel="dingtalk", reason=problem)
            tries += 1
            await self._pause(tries)
        self.down_since = None
        tries = 1
        while not await self._gap.tell(take):
            await self._pause(tries)
            tries += 1

    async def _pause(self, tries: int) -> None:
        await self._clock.sleep_until(self._clock.now() + delay(tries, f"callback/{self._clock.now()}"))

    async def answer(self, callback: Callback) -> CallbackReply | None:
        """None: there is no such kind."""
        work = self._kinds.get(callback.kind)
        if work is None:
            return None
        if self._take is None:
            return _LATER
        try:
            reply: CallbackReply = await work(callback, self._take)
        except ConfigError as error:
            log.error("a callback cannot be checked", channel="dingtalk", reason=str(error))
            return _LATER
        except ImportError:
            log.error("events over HTTP need the package cryptography: pip install andon[callbacks]", channel="dingtalk")
            return _LATER
        return reply

    async def _register(self) -> str | None:
        """What is in the way; None: registered."""
        try:
            secret = self._secret(self._own.card_secret)
        except ConfigError as error:
            return str(error)
        body = {
            "callbackRouteKey": self._own.route_key,
            "callbackUrl": f"{self._own.url}{PATH}/card",
            "apiSecret": secret,
            "forceUpdate": True,
        }
        answer = await self._calls.make(Request(CARD_CALLBACK, body))
        return None if isinstance(answer, Accepted) else answer.reason.replace(secret, "***")

    # --- kinds ----------------------------------------------------------------------------------------------------

    async def _card(self, callback: Callback, take: Take) -> CallbackReply:
        unfit = check_card(callback.headers, self._secret(self._own.card_secret), self._clock.wall())
        data = _object(callback.body)
        if unfit is not None or data is None:
            return _refuse(callback, unfit or Unfit.UNREADABLE)
        stamp = callback.headers["x-ddpaas-signature-timestamp"]
        answer = await self._inbound.hear(CardCallback(_name("card", stamp, callback.body), data), take)
        return _reply(answer, lambda text: (read_object(text) or {}).get("response", {}))

    async def _robot(self, callback: Callback, take: Take) -> CallbackReply:
        unfit = check_robot(callback.headers, self._secret(self._config.client_secret), self._clock.wall())
        data = _object(callback.body)
        if unfit is not None or data is None:
            return _refuse(callback, unfit or Unfit.UNREADABLE)
        name = _name("robot", callback.headers["timestamp"], callback.body)
        return _reply(await self._inbound.hear(RobotMessage(name, data), take), lambda _text: {"msgtype": "empty"})

    async def _event(self, callback: Callback, take: Take) -> CallbackReply:
        own = self._own
        if own.event_token is None or own.event_key is None:
            return _refuse(callback, Unfit.UNSIGNED)
        seal = seal_of(self._secret(own.event_token), self._secret(own.event_key), self._config.client_id)
        if seal is None:
            log.error("dingtalk.callbacks.event_key is no EncodingAESKey: 43 letters and digits", channel="dingtalk")
            return _LATER
        encrypted = str((_object(callback.body) or {}).get("encrypt", ""))
        message = open_event(callback.query, encrypted, seal, self._clock.wall())
        if isinstance(message, Unfit):
            return _refuse(callback, message)
        data = read_object(message)
        if data is None:
            return _refuse(callback, Unfit.UNREADABLE)
        name = str(data.get("eventId") or _name("event", callback.query.get("timestamp", ""), callback.body))
        event = OrgEvent(name, name, str(data.get("EventType", "")), data)
        answer = await self._inbound.hear(event, take, within=EVENT_ANSWERED_WITHIN)
        if answer is None or answer.data != EVENT_TAKEN:
            return _LATER
        stamp = str(self._clock.wall() // 1_000)
        return CallbackReply(200, seal_answer("success", seal, timestamp=stamp, nonce=name[:16], head=os.urandom(16)))


def _reply(answer: Answer | None, body: Callable[[str], Any]) -> CallbackReply:
    if answer is None or answer.code is Code.FAILED:
        return _LATER
    return CallbackReply(
        200 if answer.code is Code.OK else int(answer.code), body(answer.data) if answer.code is Code.OK else {}
    )


def _refuse(callback: Callback, unfit: Unfit) -> CallbackReply:
    log.warning("a callback is not believed", channel="dingtalk", kind=callback.kind, reason=str(unfit))
    return _REFUSED


def _object(body: bytes) -> Mapping[str, Any] | None:
    return read_object(body.decode("utf-8", "replace"))


def _name(kind: str, stamp: str, body: bytes) -> str:
    """The same for a request that is sent again, whoever sends it."""
    return f"http-{kind}-{hashlib.sha256(stamp.encode() + b'/' + body).hexdigest()[:32]}"
