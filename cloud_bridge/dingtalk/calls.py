"""Calls of DingTalk's two hosts: the token, one replay after it was rejected, our own pace, and the judgement of the answer.

    api host     header `x-acs-dingtalk-access-token`, per app and API 20 calls a second
    oapi host    the token in the query, as many calls a second
                 webhooks: token and signature in the query, per robot 20 messages a minute

All calls of one attempt together stay under the 30 s that a channel may take.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeGuard

from cloud_bridge.base import UNMETERED, Meter
from cloud_bridge.dingtalk.config import DingTalkConfig, WebhookConfig
from cloud_bridge.dingtalk.counting import FREE, PUSHED, cost_of, is_counted, spent_kind
from cloud_bridge.dingtalk.endpoints import Endpoint, Host, Repeat, Request
from cloud_bridge.dingtalk.errors import judge, judge_silence, without
from cloud_bridge.dingtalk.signature import server_wall, webhook_query
from cloud_bridge.dingtalk.token import Fetched, TokenCache
from cloud_bridge.dingtalk.verdicts import (
    BLOCKED_AFTER_S,
    MEND_AFTER_S,
    Accepted,
    Answer,
    ClockRejected,
    Judgement,
    Nobody,
    ScopeDenied,
    TokenRejected,
    ended,
    scope_denied,
)
from cloud_bridge.dingtalk.ways import pace_of_hook
from cloud_bridge.pace import Pace, PaceWindow
from edge.model.errors import ConfigError
from edge.model.intent import Refused, Retry, Unknown
from edge.model.moment import SECOND, Moment
from edge.model.quota import Cost
from edge.ports import Clock, HttpReply, NoReply, Transport

#: DingTalk's own gateway gives up after about 3 s (dingtalk-api 0.4); an attempt makes at most four calls.
TIMEOUT_S = 6.0
#: A second of one API: two under DingTalk's limit, because its windows need not begin when ours do.
API_CALLS_MAX = 18

#: A secret that was there at the start and cannot be read now is being exchanged, or somebody must mend it.
UNREADABLE_AFTER_S = 30.0

#: Far longer than the 7200 s that a token lives (dingtalk-api 1); what answers with more does not know.
TOKEN_LIFE_MAX_S = 86_400.0

TOKEN_HEADER = "x-acs-dingtalk-access-token"


class Calls:
    """secret: reveals a reference, or raises ConfigError; called for each use, so that a renewed secret counts at once."""

    def __init__(
        self,
        config: DingTalkConfig,
        transport: Transport,
        clock: Clock,
        secret: Callable[[str], str],
        meter: Meter = UNMETERED,
    ) -> None:
        self._config = config
        self._meter = meter
        self._transport = transport
        self._clock = clock
        self._secret = secret
        self._tokens = TokenCache(self._fetch_token, clock)
        self._windows: dict[str, PaceWindow] = {}

    async def make(self, request: Request) -> Answer:
        """A call of `endpoints`, with the app's token."""
        endpoint = request.endpoint
        rejected = ""
        for _ in range(2):
            token = await self._tokens.get()
            if not isinstance(token, str):
                return token
            await self._keep_pace(endpoint)
            if endpoint.host is Host.API:
                url, query, headers = self._config.api_base + request.path, request.query, {TOKEN_HEADER: token}
            else:
                url, query, headers = self._config.oapi_base + request.path, {**request.query, "access_token": token}, {}
            cost = cost_of(request)
            judgement = await self._call(
                endpoint.method,
                url,
                request.body,
                query=query,
                headers=headers,
                cost=cost,
                host=endpoint.host,
                repeat=endpoint.repeat,
            )
            judgement = _without_secrets(judgement, token)
            if isinstance(judgement, ScopeDenied) and not judgement.scopes and endpoint.scope:
                # Old answers do not say which.
                judgement = scope_denied(judgement.reason, (str(endpoint.scope),))
            if not isinstance(judgement, TokenRejected):
                return _answer(judgement)
            rejected = judgement.reason
            self._tokens.drop(token)
        return Retry(0.0, f"the token is rejected though it was just fetched ({rejected})")

    async def read(self, request: Request) -> Accepted | Nobody | Retry | Refused:
        """A call that changes nothing: when its outcome is unknown it may simply be made again."""
        match answer := await self.make(request):
            case Accepted() | Nobody() | Retry() | Refused():
                return answer
            case Unknown(reason, reach):
                return Retry(0.0, reason, reach)
            case other:
                end = ended(other)
                return end if isinstance(end, Retry) else Refused(other.reason)

    async def webhook(self, hook: WebhookConfig, body: Mapping[str, Any]) -> Answer:
        """A message by a custom group robot. When the server finds our clock wrong, it is signed once more by the server's.

        Delivery keeps the robot's pace, in the order of urgency, as far as it knows which intents go by it; what it lets go
        before it knows is kept back here."""
        pace = pace_of_hook(hook)
        window = self._window(pace)
        if wait := window.try_take(self._clock.now()):
            is_blocked = window.is_blocked(self._clock.now())
            why = "DingTalk has blocked it" if is_blocked else f"{pace.at_most} messages a minute"
            return Retry(wait / SECOND, f"kept back by this webhook robot: {why}")
        judgement = await self._send_webhook(hook, body, self._clock.wall())
        if isinstance(judgement, ClockRejected) and (wall := server_wall(judgement.server_date)) is not None:
            judgement = await self._send_webhook(hook, body, wall)
        if isinstance(judgement, Retry) and judgement.after_s >= BLOCKED_AFTER_S:
            window.block(self._clock.now() + int(judgement.after_s * SECOND))
        return _answer(judgement)

    async def answer(self, session: str, body: Mapping[str, Any]) -> Answer:
        """A message in the chat that a message to the robot came from; needs no token (dingtalk-api 2.5)."""
        url = f"{self._config.oapi_base}/robot/sendBySession"
        judgement = await self._call("POST", url, body, query={"session": session}, cost=PUSHED, host=Host.OAPI)
        return _answer(_without_secrets(judgement, session))

    async def open_stream(self, topics: list[dict[str, str]]) -> Accepted | Retry | Refused:
        """An address and a ticket for Stream mode; needs no token. The ticket is good for one connection within 90 s."""
        try:
            secret = self._secret(self._config.client_secret)
        except ConfigError as error:
            return Retry(UNREADABLE_AFTER_S, str(error))
        body = {"clientId": self._config.client_id, "clientSecret": secret, "subscriptions": topics, "ua": "andon/1"}
        # Without this header XML may come back (dingtalk-api 7.1).
        headers = {"accept": "application/json"}
        judgement = await self._call("POST", f"{self._config.api_base}/v1.0/gateway/connections/open", body, headers=headers)
        return _harmless(judgement, secret)

    async def close(self) -> None:
        await self._tokens.close()

    async def _fetch_token(self) -> Fetched | Retry | Refused:
        try:
            secret = self._secret(self._config.client_secret)
        except ConfigError as error:
            return Retry(UNREADABLE_AFTER_S, str(error))
        body = {"appKey": self._config.client_id, "appSecret": secret}
        answer = _harmless(await self._call("POST", f"{self._config.api_base}/v1.0/oauth2/accessToken", body), secret)
        if not isinstance(answer, Accepted):
            return answer
        token, life_s = answer.body.get("accessToken"), answer.body.get("expireIn")
        if not _fits_header(token) or not isinstance(life_s, int | float) or not life_s > 0:
            return Retry(0.0, "the answer to the token call holds no token")
        return Fetched(token, min(life_s, TOKEN_LIFE_MAX_S))

    async def _send_webhook(self, hook: WebhookConfig, body: Mapping[str, Any], wall: Moment) -> Judgement:
        try:
            token = self._secret(hook.token)
            secret = None if hook.secret is None else self._secret(hook.secret)
        except ConfigError as error:
            return Retry(UNREADABLE_AFTER_S, str(error))
        query = webhook_query(token, secret, wall)
        url = f"{self._config.oapi_base}/robot/send"
        judgement = await self._call("POST", url, body, query=query, cost=PUSHED, host=Host.OAPI)
        return _without_secrets(judgement, token, secret or "", query.get("sign", ""))

    async def _call(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cost: Cost = FREE,
        host: Host = Host.API,
        repeat: Repeat = Repeat.SAME_STATE,
    ) -> Judgement:
        await self._meter.using(cost)
        try:
            reply = await self._transport.request(method, url, query=query, headers=headers, json=body, timeout_s=TIMEOUT_S)
        except NoReply as no_reply:
            if not no_reply.sent:
                self._meter.unused(cost)
            return judge_silence(no_reply)
        self._tell_meter(reply, cost)
        return judge(reply, self._clock.now(), repeat, host)

    def _tell_meter(self, reply: HttpReply, cost: Cost) -> None:
        spent = spent_kind(reply, cost)
        if spent is not None:
            self._meter.refused(spent)
        if spent is not None or not is_counted(reply):
            self._meter.unused(cost)
        else:
            self._meter.accepted(cost)

    async def _keep_pace(self, endpoint: Endpoint) -> None:
        window = self._window(Pace(f"{endpoint.method} {endpoint.path}", API_CALLS_MAX, SECOND))
        while wait := window.try_take(self._clock.now()):
            await self._clock.sleep_until(self._clock.now() + wait)

    def _window(self, pace: Pace) -> PaceWindow:
        return self._windows.setdefault(pace.name, PaceWindow(pace))


def _fits_header(token: object) -> TypeGuard[str]:
    return isinstance(token, str) and token != "" and token.isascii() and token.isprintable()


def _answer(judgement: Judgement) -> Answer:
    if isinstance(judgement, TokenRejected | ClockRejected):
        return Retry(MEND_AFTER_S, judgement.reason)
    return judgement


def _harmless(judgement: Judgement, secret: str) -> Accepted | Retry | Refused:
    """The answer to a call that has no effect on anybody's phone: when its outcome is unknown it is simply made again."""
    answer = _answer(_without_secrets(judgement, secret))
    if isinstance(answer, Accepted | Retry | Refused):
        return answer
    return Retry(0.0, answer.reason, answer.scope) if isinstance(answer, Unknown) else Retry(0.0, answer.reason)


def _without_secrets(judgement: Judgement, *secrets: str) -> Judgement:
    return judgement if isinstance(judgement, Accepted) else replace(judgement, reason=without(judgement.reason, secrets))
