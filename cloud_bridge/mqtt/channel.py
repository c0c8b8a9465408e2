"""The MQTT channel: an intent becomes an event on its subscriber's topic, and the retained state of its alarm.

QoS 1: the broker has it, or we do not know and publish again under the same id. So an event may come twice, and its `id` says
so; the state is only set once more. `listen` holds the connection, because nothing else comes back by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import structlog

from cloud_bridge.base import Channel, ChannelOpening, Take
from cloud_bridge.mqtt.config import MqttConfig
from cloud_bridge.mqtt.payloads import Publication, presence, publications
from cloud_bridge.mqtt.standing import Standing
from edge.model.act import Act, Tell
from edge.model.errors import ConfigError
from edge.model.intent import Claim, Delivered, Intent, Outcome, Refused, Retry, Scope, Unknown
from edge.model.moment import SECOND, Moment, Span
from edge.ports import NoReply, Publisher

log = structlog.get_logger()

#: Without a connection: tried again after this long, doubling.
BACK_OFF_MIN: Span = SECOND // 2
BACK_OFF_MAX: Span = 10 * SECOND
#: So many claims are published at a time before their answers are awaited.
EVENTS_MAX = 100


def open_channel(opening: ChannelOpening) -> Channel:
    """The factory named in `cloud_bridge/catalog.py`."""
    return MqttChannel(opening)


class MqttChannel:
    """Also a `BatchChannel`."""

    name = "mqtt"
    batch_max = EVENTS_MAX

    def __init__(self, opening: ChannelOpening) -> None:
        if not isinstance(opening.config, MqttConfig):
            raise TypeError(f"the MQTT channel wants an MqttConfig, not a {type(opening.config).__name__}")
        self._config = opening.config
        self._clock = opening.clock
        self._secret = opening.secret
        self._carriers = opening.carriers
        self._site, self._agent = opening.site, opening.agent
        self._standing = Standing(opening.is_over)
        self._publisher: Publisher | None = None
        self._is_told = False
        self.unheard_since: Moment | None = opening.clock.now()

    def is_keyed(self, intent: Intent) -> bool:
        return True

    def can(self, act: type[Act]) -> bool:
        return act is Tell

    def batch_of(self, intent: Intent) -> str:
        return ""

    async def deliver(self, claim: Claim) -> Outcome:
        if not self.can(type(claim.intent.act)):
            return Refused(f"the MQTT channel cannot do this act: {type(claim.intent.act).__name__}")
        if "topic" not in claim.intent.address:
            return Refused(f"{claim.intent.recipient} has no topic: mend people.yaml")
        if self._publisher is None:
            return Retry(0.0, "no connection to the broker", Scope.CHANNEL)
        sent = False
        try:
            for each in self._publications(claim):
                await self._publisher.publish(each.topic, each.payload, retain=each.retain)
                sent = True
        except NoReply as error:
            return Unknown(str(error), Scope.CHANNEL) if error.sent or sent else Retry(0.0, str(error), Scope.CHANNEL)
        return Delivered(claim.intent.key)

    async def deliver_many(self, claims: Sequence[Claim]) -> Sequence[Outcome]:
        return await asyncio.gather(*map(self.deliver, claims))

    async def listen(self, take: Take) -> None:
        back_off = BACK_OFF_MIN
        while True:
            began = self._clock.now()
            try:
                await self._stay()
            except (NoReply, ConfigError) as error:
                self._lost(str(error))
            # A connection that stood for a while is tried again at once.
            back_off = BACK_OFF_MIN if self._clock.now() - began > BACK_OFF_MAX else min(2 * back_off, BACK_OFF_MAX)
            await self._clock.sleep_until(self._clock.now() + back_off)

    async def close(self) -> None:
        """The connection is `listen`'s, and ends with it."""

    async def _stay(self) -> None:
        will = presence(self._config.prefix, self._site, self._agent)
        access = self._config.access(f"andon-{self._site}-{self._agent}", self._secret, will)
        publisher = self._carriers.publisher(*self._config.broker, access)
        try:
            await publisher.stay(lambda: self._connected(publisher))
        finally:
            self._publisher = None

    def _publications(self, claim: Claim) -> Iterator[Publication]:
        return publications(claim, self._standing, prefix=self._config.prefix, site=self._site, agent=self._agent)

    def _connected(self, publisher: Publisher) -> None:
        self._publisher, self.unheard_since = publisher, None
        if self._is_told:
            log.warning("broker is back", channel=self.name)
            self._is_told = False

    def _lost(self, reason: str) -> None:
        if self.unheard_since is None:
            self.unheard_since = self._clock.now()
        if not self._is_told:
            log.warning("no connection to the broker, tried again", channel=self.name, reason=reason)
            self._is_told = True
