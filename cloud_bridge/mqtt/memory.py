"""A broker without sockets: it keeps what is published. For scenarios on virtual time and for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from edge.ports import MqttAccess, NoReply


class MemoryBroker:
    """published: (topic, payload) in order. retained: the last one of each topic that was published so."""

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes]] = []
        self.retained: dict[str, bytes] = {}
        self._is_up = True
        self._turned = asyncio.Event()

    def take_down(self) -> None:
        """Nobody can connect, and who is connected is not any more; wills are published."""
        self._turn(is_up=False)

    def bring_up(self) -> None:
        self._turn(is_up=True)

    @property
    def is_up(self) -> bool:
        return self._is_up

    async def turned(self) -> None:
        """Returns when it goes up or down next."""
        await self._turned.wait()

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        self.published.append((topic, payload))
        if retain:
            self.retained[topic] = payload

    def _turn(self, *, is_up: bool) -> None:
        self._is_up = is_up
        turned, self._turned = self._turned, asyncio.Event()
        turned.set()


class MemoryPublisher:
    """Implements `edge.ports.Publisher`."""

    def __init__(self, broker: MemoryBroker, access: MqttAccess) -> None:
        self._broker, self._access = broker, access
        self._is_connected = False

    async def stay(self, connected: Callable[[], None]) -> None:
        if not self._broker.is_up:
            raise NoReply("no broker", sent=False)
        will = self._access.will
        self._is_connected = True
        try:
            if will is not None:
                self._broker.publish(will.topic, will.online, retain=True)
            connected()
            while self._broker.is_up:
                await self._broker.turned()
            raise NoReply("the broker is gone", sent=False)
        finally:
            self._is_connected = False
            if will is not None:
                self._broker.publish(will.topic, will.offline, retain=True)

    async def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        if not self._is_connected:
            raise NoReply("no connection", sent=False)
        self._broker.publish(topic, payload, retain=retain)
