"""HTTP callbacks, the alternative to stream mode: card actions, messages to the robot, events (reference 3.6, 6.6, 14).

card action   signed with the route's apiSecret; its answer, within 2 s, is applied to the card
message       signed with the app's secret; its answer may be a message, which is shown
event         encrypted and signed with the console's key and token; answered by an encrypted `success`, or sent again after
              10 s and 30 s, then in the failed list
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from simulators.dingtalk.calls import Call, Done, Handler, parse_object, text_of
from simulators.dingtalk.directory import Directory
from simulators.dingtalk.ledger import PUSHES, Effect
from simulators.dingtalk.organisation import EventCallback
from simulators.dingtalk.posts import Post, PostAnswer, Posts
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.wire import SECOND_US, Chance, NewFamilyError, encode, new_id

JSON_TYPE = {"content-type": "application/json; charset=utf-8"}
HTTP_OK = 200
ROUTES_MAX = 100


class HttpCallbacks:
    """routes: by callbackRouteKey, the url and its apiSecret. event_callback: where events go; None = not by HTTP."""

    def __init__(self, directory: Directory, posts: Posts, chance: Chance) -> None:
        self._directory = directory
        self._posts = posts
        self._chance = chance
        self.routes: dict[str, tuple[str, str]] = {}
        self.event_callback: EventCallback | None = directory.app.event_callback

    def calls(self) -> Mapping[CallName, Handler]:
        return {CallName.CALLBACK_REGISTER: self.register}

    def register(self, call: Call) -> Done:
        """`POST v1.0/card/callbacks/register`."""
        key, url = text_of(call.body, "callbackRouteKey"), text_of(call.body, "callbackUrl")
        if not key:
            raise NewFamilyError(400, "param.callbackRouteKeyEmpty", "callbackRouteKey 不能为空")
        if not url:
            raise NewFamilyError(400, "param.callbackUrlEmpty", "callbackUrl 不能为空")
        if key in self.routes and call.body.get("forceUpdate") is not True:
            raise NewFamilyError(500, "param.callbackRouteKeyExist", f"callbackRouteKey {key} 已存在")
        secret = text_of(call.body, "apiSecret") or new_id(self._chance)
        self.routes[key] = (url, secret)
        while len(self.routes) > ROUTES_MAX:
            del self.routes[next(iter(self.routes))]
        answer = {"success": True, "result": {"callbackUrl": url, "apiSecret": secret}}
        return Done(answer, Effect.TOKEN_ISSUED, key)

    def post_press(
        self,
        route_key: str,
        reference: str,
        data: Mapping[str, Any],
        on_answer: Callable[[Mapping[str, Any] | None, int], None],
        now_us: int,
    ) -> bool:
        """Post a card action; its answer comes as `on_answer`, None when there is none. False: no such route."""
        route = self.routes.get(route_key)
        if route is None:
            return False
        url, secret = route

        def make(at_us: int) -> tuple[Mapping[str, str], Mapping[str, str], bytes]:
            timestamp = str(at_us // 1_000)
            digest = hmac.new(secret.encode(), timestamp.encode(), hashlib.sha256).digest()
            signed = {
                "x-ddpaas-signature-timestamp": timestamp,
                "x-ddpaas-signature": base64.b64encode(digest).decode(),
            }
            return {}, JSON_TYPE | signed, encode(data)

        within_us = int(self._directory.behaviour.card_answer_within_s * SECOND_US)
        self._posts.add(
            Post(
                new_id(self._chance),
                "card callback",
                reference,
                url,
                make,
                within_us,
                (),
                _is_json,
                lambda answer, at_us: on_answer(parse_object(answer.body) if answer else None, at_us),
            ),
            now_us,
        )
        return True

    def post_message(
        self, reference: str, data: Mapping[str, Any], on_reply: Callable[[Mapping[str, Any], int], None], now_us: int
    ) -> None:
        """Post a message to the robot; `on_reply` gets a message that the app answers with."""
        app = self._directory.app

        def make(at_us: int) -> tuple[Mapping[str, str], Mapping[str, str], bytes]:
            timestamp = str(at_us // 1_000)
            digest = hmac.new(app.client_secret.encode(), f"{timestamp}\n{app.client_secret}".encode(), hashlib.sha256).digest()
            signed = {"timestamp": timestamp, "sign": base64.b64encode(digest).decode()}
            return {}, JSON_TYPE | signed, encode(data)

        def ended(answer: PostAnswer | None, at_us: int) -> None:
            reply = parse_object(answer.body) if answer else None
            if reply and text_of(reply, "msgtype") not in ("", "empty"):
                on_reply(reply, at_us)

        within_us = int(self._directory.behaviour.event_post_within_s * SECOND_US)
        post = Post(
            new_id(self._chance),
            "message callback",
            reference,
            app.message_url,
            make,
            within_us,
            (),
            _is_ok,
            ended,
            {PUSHES: 1},
        )
        self._posts.add(post, now_us)

    def post_event(
        self,
        event_type: str,
        event_id: str,
        data: Mapping[str, Any],
        on_failed: Callable[[], None],
        now_us: int,
        cost: Mapping[str, int],
    ) -> None:
        """Post an event to the callback address, which there is; on_failed: nobody ever acknowledged it."""
        # Only who has events posted needs the cryptography package (the extra `callbacks`).
        from simulators.dingtalk.event_posts import event_post

        callback, app, behaviour = self.event_callback, self._directory.app, self._directory.behaviour
        assert callback is not None
        fields = {
            "EventType": event_type,
            "EventTime": now_us // 1_000,
            "CorpId": app.corp_id,
            "BizId": event_id,
            "eventId": event_id,
            **data,
        }
        owner = app.corp_id if behaviour.callback_owner_key == "corp_id" else app.client_id
        within_us = int(behaviour.event_post_within_s * SECOND_US)
        self._posts.add(event_post(callback, owner, fields, within_us, on_failed, cost, self._chance), now_us)


def _is_ok(answer: PostAnswer) -> bool:
    return answer.status == HTTP_OK


def _is_json(answer: PostAnswer) -> bool:
    return _is_ok(answer) and parse_object(answer.body) is not None
