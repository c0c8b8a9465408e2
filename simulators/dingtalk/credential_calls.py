"""Calls that carry the app's secret: the three ways to a token, and opening a stream connection (reference 1, 7.1)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from simulators.dingtalk.calls import Call, Done, Handler, text_of
from simulators.dingtalk.frames import Topic
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import App
from simulators.dingtalk.routes import CallName
from simulators.dingtalk.tickets import TicketDesk
from simulators.dingtalk.tokens import LIFE_S, TokenDesk
from simulators.dingtalk.wire import NewFamilyError, OldFamilyError


class CredentialCalls:
    """stream_url: where a ticket is to be used; told to the app as `endpoint`."""

    def __init__(self, app: App, tokens: TokenDesk, tickets: TicketDesk, stream_url: str) -> None:
        self._app = app
        self._tokens = tokens
        self._tickets = tickets
        self._stream_url = stream_url

    def calls(self) -> Mapping[CallName, Handler]:
        return {
            CallName.GETTOKEN: self.gettoken,
            CallName.ACCESS_TOKEN: self.access_token,
            CallName.CORP_TOKEN: self.corp_token,
            CallName.GATEWAY_OPEN: self.open_stream,
        }

    def gettoken(self, call: Call) -> Done:
        """`GET gettoken?appkey=&appsecret=`: the body is not looked at, by whichever method it comes."""
        query = call.request.query
        if not query.get("appkey"):
            raise OldFamilyError(40035, "缺少参数 corpid or appkey")
        if not query.get("appsecret"):
            raise OldFamilyError(40035, "缺少参数 corpsecret or appsecret")
        if not self._is_app(query["appkey"], query["appsecret"]):
            raise OldFamilyError(40096, "不合法的appkey或appsecret")
        token = self._tokens.issue(call.now_us)
        answer = {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": LIFE_S}
        return Done(answer, Effect.TOKEN_ISSUED)

    def access_token(self, call: Call) -> Done:
        """`POST v1.0/oauth2/accessToken`."""
        if not self._is_app(text_of(call.body, "appKey"), text_of(call.body, "appSecret")):
            raise NewFamilyError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        return Done({"accessToken": self._tokens.issue(call.now_us), "expireIn": LIFE_S}, Effect.TOKEN_ISSUED)

    def corp_token(self, call: Call) -> Done:
        """`POST v1.0/oauth2/{corpId}/token`."""
        if call.parts["corpId"] != self._app.corp_id:
            raise NewFamilyError(500, "unknownError", "未知错误")
        if text_of(call.body, "grant_type") != "client_credentials":
            raise NewFamilyError(400, "unsupported.grant.type", "不支持的 grant_type")
        if text_of(call.body, "client_id") != self._app.client_id:
            raise NewFamilyError(400, "invalid.client", "无效的 client_id")
        if not self._is_app(self._app.client_id, text_of(call.body, "client_secret")):
            raise NewFamilyError(401, "unauthorized.client", "client_secret 不正确")
        return Done({"access_token": self._tokens.issue(call.now_us), "expires_in": LIFE_S}, Effect.TOKEN_ISSUED)

    def open_stream(self, call: Call) -> Done:
        """`POST v1.0/gateway/connections/open`: no token; the ticket is for one connection within 90 s."""
        if not self._is_app(text_of(call.body, "clientId"), text_of(call.body, "clientSecret")):
            raise NewFamilyError(401, "authFailed", "鉴权失败")
        raw = call.body.get("subscriptions")
        subscriptions = [item for item in raw if isinstance(item, Mapping)] if isinstance(raw, list) else []
        wanted = [(text_of(item, "type"), text_of(item, "topic")) for item in subscriptions]
        # The only topic of events is `*`: which events, the app's console decides.
        topics = frozenset(topic for kind, topic in wanted if (kind == "EVENT") == (topic == Topic.EVENT))
        ticket = self._tickets.issue(topics, call.now_us)
        notes = () if topics else ("no topic subscribed that there is: nothing will arrive",)
        return Done({"endpoint": self._stream_url, "ticket": ticket}, Effect.TICKET_ISSUED, notes=notes)

    def _is_app(self, client_id: str, secret: str) -> bool:
        return client_id == self._app.client_id and hmac.compare_digest(secret.encode(), self._app.client_secret.encode())
