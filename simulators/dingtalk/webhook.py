"""The custom group robot: `robot/send`, and `robot/sendBySession` for answers to a message (reference 2).

HTTP 200 always; success and failure are told by `errcode`. A robot's security modes, its 20 messages a minute and the
10 minutes of block after exceeding them are checked here.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.dingtalk.behaviour import Behaviour
from simulators.dingtalk.calls import Call, Done, Handler, mapping_of, parse_object, text_of, texts_of
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.ledger import PUSHES, Effect
from simulators.dingtalk.limits import Quota, WebhookRate
from simulators.dingtalk.messages import read_webhook_message
from simulators.dingtalk.organisation import Group, Webhook
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.timeline import Kind, Timeline
from simulators.dingtalk.wire import SECOND_US, Chance, OldFamilyError, new_id

BODY_BYTES_MAX = 20_000
CLOCK_WINDOW_MS = 3_600_000
MENTIONS_MAX = 50
SESSION_LIFE_US = 5_400 * SECOND_US
REMEMBERED_MAX = 10_000

SUCCESS: Mapping[str, Any] = {"errcode": 0, "errmsg": "ok"}


def sign(timestamp: str, secret: str) -> str:
    """The signature of a webhook call, before percent-encoding: key and message both carry the secret."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


@dataclass(frozen=True, slots=True)
class Session:
    """A reply address, valid for one conversation and 90 minutes."""

    conversation_id: str
    expires_us: int


class WebhookRobots:
    """All webhook robots of the organisation. shown_uuids: until when each (token, msgUuid) is a repeat."""

    def __init__(self, directory: Directory, timeline: Timeline, pushes: Quota, chance: Chance) -> None:
        self._directory = directory
        self._behaviour = directory.behaviour
        self._timeline = timeline
        self._pushes = pushes
        self._chance = chance
        self._rates: dict[str, WebhookRate] = {}
        self.shown_uuids: dict[tuple[str, str], int] = {}
        self._sessions: dict[str, Session] = {}

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.WEBHOOK_SEND: self.send,
            CallName.SESSION_SEND: self.send_by_session,
        }

    def send(self, call: Call) -> Done:
        """`POST robot/send?access_token=...[&timestamp=...&sign=...]`."""
        group, webhook = self._robot(call)
        body = _body(call)
        kind, content = read_webhook_message(body)
        if not self._directory.admits(webhook.addresses):
            raise _insecure(f"ip {self._directory.source_address} not in whitelist", self._behaviour)
        _check_security(webhook, call, _all_text(content), self._behaviour)
        self._check_limits(webhook.token, call.now_us)
        uuid = text_of(body, "msgUuid")
        if uuid and self._is_repeat((webhook.token, uuid), call.now_us):
            return Done(SUCCESS, Effect.DUPLICATE_IGNORED, uuid, cost={PUSHES: 1})
        mentions, notes = _mentions(body, kind, content, group.members, self._directory)
        message_id = new_id(self._chance)
        self._timeline.show(
            call.now_us,
            group.conversation_id,
            kind,
            content,
            message_id=message_id,
            sender_name=webhook.name,
            mentions=mentions,
        )
        return Done(SUCCESS, Effect.MESSAGE_SHOWN, uuid or message_id, notes, {PUSHES: 1})

    def send_by_session(self, call: Call) -> Done:
        """`POST robot/sendBySession?session=...`: an answer in the conversation the message came from; no signature."""
        session = self._sessions.get(call.request.query.get("session", ""))
        if session is None or call.now_us >= session.expires_us:
            raise OldFamilyError(300001, "session 不存在")
        message_id, notes = self._reply(session.conversation_id, _body(call), call.now_us)
        return Done(SUCCESS, Effect.MESSAGE_SHOWN, message_id, notes)

    def show_reply(self, conversation_id: str, body: Mapping[str, Any], now_us: int) -> None:
        """The message with which the app answered a callback; one that cannot be read is not shown."""
        with contextlib.suppress(OldFamilyError):
            self._reply(conversation_id, body, now_us)

    def _reply(self, conversation_id: str, body: Mapping[str, Any], now_us: int) -> tuple[str, tuple[str, ...]]:
        kind, content = read_webhook_message(body)
        conversation = self._timeline.conversation(conversation_id)
        members = conversation.members if conversation else ()
        mentions, notes = _mentions(body, kind, content, members, self._directory)
        message_id = new_id(self._chance)
        name = self._directory.app.name
        self._timeline.show(now_us, conversation_id, kind, content, message_id=message_id, sender_name=name, mentions=mentions)
        return message_id, notes

    def open_session(self, conversation_id: str, now_us: int) -> tuple[str, int]:
        """A session key for a conversation, and when it expires (microseconds)."""
        key = new_id(self._chance)
        self._sessions[key] = Session(conversation_id, now_us + SESSION_LIFE_US)
        _forget_oldest(self._sessions)
        return key, now_us + SESSION_LIFE_US

    def _robot(self, call: Call) -> tuple[Group, Webhook]:
        token = call.request.query.get("access_token", "")
        if not token:
            raise OldFamilyError(40035, "缺少参数 access_token")
        group = self._directory.group_of_webhook(token)
        if group is None or group.webhook is None:
            raise OldFamilyError(self._behaviour.webhook_unknown_token_code, "token is not exist")
        if group.disbanded:
            raise OldFamilyError(400013, "群已被解散")
        if not group.webhook.enabled:
            raise OldFamilyError(400102, "机器人已停用")
        return group, group.webhook

    def _check_limits(self, token: str, now_us: int) -> None:
        rate = self._rates.setdefault(token, WebhookRate.of(self._behaviour))
        if not rate.admit(now_us):
            per_minute = self._behaviour.webhook_per_minute
            raise OldFamilyError(
                self._behaviour.webhook_too_fast_code,
                f"send too fast, exceed {per_minute} times per minute",
            )
        if not self._pushes.take(now_us):
            raise OldFamilyError(self._behaviour.webhook_quota_code, "本月 Webhook 推送额度已用完")

    def _is_repeat(self, key: tuple[str, str], now_us: int) -> bool:
        until_us = self.shown_uuids.get(key, 0)
        if now_us < until_us:
            return True
        self.shown_uuids.pop(key, None)
        self.shown_uuids[key] = now_us + int(self._behaviour.msg_uuid_remembered_s * SECOND_US)
        _forget_oldest(self.shown_uuids)
        return False


def _forget_oldest(remembered: dict[Any, Any]) -> None:
    while len(remembered) > REMEMBERED_MAX:
        del remembered[next(iter(remembered))]


def _body(call: Call) -> Mapping[str, Any]:
    if len(call.request.body) > BODY_BYTES_MAX:
        raise OldFamilyError(460101, f"message body is longer than {BODY_BYTES_MAX} bytes")
    body = parse_object(call.request.body)
    if body is None:
        raise OldFamilyError(40035, "缺少参数 json")
    return body


def _check_security(webhook: Webhook, call: Call, text: str, behaviour: Behaviour) -> None:
    """Each mode that is set on the robot must pass."""
    if webhook.keywords and not any(keyword in text for keyword in webhook.keywords):
        raise _insecure("keywords not in content", behaviour)
    if not webhook.secret:
        return
    timestamp = call.request.query.get("timestamp", "")
    now_ms = call.now_us // 1000
    if not re.fullmatch(r"[0-9]{1,16}", timestamp) or abs(int(timestamp) - now_ms) > CLOCK_WINDOW_MS:
        raise _insecure("invalid timestamp", behaviour)
    if not hmac.compare_digest(call.request.query.get("sign", "").encode(), sign(timestamp, webhook.secret).encode()):
        raise _insecure("sign not match", behaviour)


def _insecure(phrase: str, behaviour: Behaviour) -> OldFamilyError:
    """Two generations of wording exist; a client must look at the code first."""
    if behaviour.webhook_security_wording == "described":
        phrase = f"description:{phrase};solution:请检查机器人的安全设置;link:https://open.dingtalk.com/document/"
    return OldFamilyError(310000, phrase)


def _all_text(content: Mapping[str, Any]) -> str:
    parts = [str(content.get("title", "")), str(content.get("text", ""))]
    parts.extend(str(link["title"]) for link in content.get("links", ()))
    return "\n".join(parts)


def _mentions(
    body: Mapping[str, Any],
    kind: Kind,
    content: Mapping[str, Any],
    members: tuple[str, ...],
    directory: Directory,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who is highlighted, and a note for each mention that has no effect."""
    at = mapping_of(body, "at")
    if not at:
        return (), ()
    if kind in (Kind.LINK, Kind.FEED_CARD):
        return (), (f"at: a {kind} message cannot mention anybody",)
    if at.get("isAtAll") is True:
        return members, ()
    mentioned: list[str] = []
    notes: list[str] = []
    by_mobile = {person.mobile: person.user_id for person in directory.persons if person.mobile}
    wanted = [(user_id, user_id) for user_id in texts_of(at, "atUserIds")]
    wanted += [(mobile, by_mobile.get(mobile, "")) for mobile in texts_of(at, "atMobiles")]
    if len(wanted) > MENTIONS_MAX:
        notes.append(f"at: {len(wanted)} mentions, only {MENTIONS_MAX} count")
    for written, user_id in wanted[:MENTIONS_MAX]:
        if user_id not in members:
            notes.append(f"at: {written} is not in the conversation")
        elif f"@{written}" not in content["text"]:
            notes.append(f"at: the text does not contain @{written}, nobody is highlighted")
        else:
            mentioned.append(user_id)
    return tuple(dict.fromkeys(mentioned)), tuple(notes)
