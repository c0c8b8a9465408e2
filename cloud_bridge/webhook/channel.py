"""The webhook channel: claims become signed requests, up to 100 events each, and an answer their outcomes.

Keyed: a request carries a key that follows from its events, and each event its own id, so that a receiver knows a repeat for
one however events are put together the next time. What an answer means says `answers`, where it may go `guard`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from cloud_bridge.base import Channel, ChannelOpening, Take
from cloud_bridge.webhook.answers import MENDING_AFTER_S, Halve, judge_answer
from cloud_bridge.webhook.config import EVENTS_MAX, EndpointConfig, WebhookConfig
from cloud_bridge.webhook.payloads import body_of
from cloud_bridge.webhook.signature import key_of, request_id, signed_headers
from edge.model.act import Act, Tell
from edge.model.errors import ConfigError
from edge.model.intent import Claim, Intent, Outcome, Refused, Retry, Unknown
from edge.model.moment import SECOND, Moment
from edge.ports import Barred, NoReply

CONTENT_TYPE = "application/json; charset=utf-8"
#: Says that one of the events at least may have arrived before; in no body, which is the same for the same key.
POSSIBLE_REPEAT = "Andon-Possible-Repeat"
#: An attempt begins no request after this long; one more may take as long as its endpoint's time-out.
DELIVERED_WITHIN = 10 * SECOND


def open_channel(opening: ChannelOpening) -> Channel:
    """The factory named in `cloud_bridge/catalog.py`."""
    return WebhookChannel(opening)


class WebhookChannel:
    """Also a `BatchChannel`."""

    name = "webhook"
    batch_max = EVENTS_MAX
    #: Nothing comes back by a webhook.
    unheard_since: Moment | None = None

    def __init__(self, opening: ChannelOpening) -> None:
        if not isinstance(opening.config, WebhookConfig):
            raise TypeError(f"the webhook channel wants a WebhookConfig, not a {type(opening.config).__name__}")
        self._config = opening.config
        self._clock = opening.clock
        self._secret = opening.secret
        self._site, self._agent = opening.site, opening.agent
        self._poster = opening.carriers.poster(opening.config.allow)

    def is_keyed(self, intent: Intent) -> bool:
        return True

    def can(self, act: type[Act]) -> bool:
        return act is Tell

    def batch_of(self, intent: Intent) -> str:
        return str(intent.address.get("endpoint", ""))

    async def deliver(self, claim: Claim) -> Outcome:
        return (await self.deliver_many([claim]))[0]

    async def deliver_many(self, claims: Sequence[Claim]) -> Sequence[Outcome]:
        endpoint = self._config.endpoints.get(self.batch_of(claims[0].intent))
        if endpoint is None:
            sentence = (
                f"{claims[0].intent.recipient} has no endpoint that cloud.yaml knows: mend people.yaml or webhook.endpoints"
            )
            return [Refused(sentence)] * len(claims)
        able = [claim for claim in claims if self.can(type(claim.intent.act))]
        until = self._clock.now() + DELIVERED_WITHIN
        told: dict[str, Outcome] = {}
        for start in range(0, len(able), endpoint.batch):
            sent = able[start : start + endpoint.batch]
            outcomes = await self._send(endpoint, sent, until)
            told.update(zip((claim.intent.key for claim in sent), outcomes, strict=True))
        return [told.get(claim.intent.key) or _refuse_act(claim) for claim in claims]

    async def listen(self, take: Take) -> None:
        """Nothing comes back: acknowledging is for the API."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        await self._poster.close()

    async def _send(self, endpoint: EndpointConfig, claims: Sequence[Claim], until: Moment) -> list[Outcome]:
        """One request, or more where the receiver refuses several events for one of them. until: begin none after this."""
        if self._clock.now() >= until:
            return [Retry(0.0, "the receiver took too long for those before it")] * len(claims)
        answer = await self._post(endpoint, claims)
        if not isinstance(answer, Halve):
            return [answer] * len(claims)
        if len(claims) == 1:
            return [answer.otherwise]
        middle = len(claims) // 2
        first = await self._send(endpoint, claims[:middle], until)
        return first + await self._send(endpoint, claims[middle:], until)

    async def _post(self, endpoint: EndpointConfig, claims: Sequence[Claim]) -> Outcome | Halve:
        try:
            url = endpoint.url if endpoint.url_from is None else self._secret(endpoint.url_from)
            key = None if endpoint.secret is None else key_of(self._secret(endpoint.secret))
        except (ConfigError, ValueError) as error:
            return Retry(MENDING_AFTER_S, str(error))
        if url is None or (endpoint.url_from is not None and self._config.problem_with(url) is not None):
            return Retry(MENDING_AFTER_S, f"{endpoint.url_from} holds no address that may be posted to: see webhook.allow")
        body = body_of([claim.intent for claim in claims], site=self._site, agent=self._agent)
        headers = signed_headers(key, request_id([claim.intent.key for claim in claims]), self._clock.wall(), body)
        headers |= {"Content-Type": CONTENT_TYPE, "User-Agent": "Andon"}
        if any(claim.after_unknown for claim in claims):
            headers[POSSIBLE_REPEAT] = "true"
        try:
            reply = await self._poster.post(url, headers=headers, body=body, timeout_s=endpoint.timeout / SECOND)
        except Barred as error:
            return Retry(MENDING_AFTER_S, str(error))
        except NoReply as error:
            return Unknown(str(error)) if error.sent else Retry(0.0, str(error))
        return judge_answer(reply.status, reply.headers, self._clock.wall())


def _refuse_act(claim: Claim) -> Outcome:
    return Refused(f"the webhook channel cannot do this act: {type(claim.intent.act).__name__}")
