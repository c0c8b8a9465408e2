"""A broker and its link in memory, for scenarios and tests: matches topic filters, retains, keeps last wills, can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from drivers.mqtt.topic import matches
from edge.model.errors import DeviceUnreachable
from edge.ports import Clock, MqttAccess, MqttMessage, MqttWill


class MemoryMqttBroker:
    """Delivers at once, in order, with the lower of both QoS, once for each connection.

    `cut` ends all connections to it, and publishes their last wills; devices go on publishing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._retained: dict[str, tuple[bytes, int]] = {}
        self._connections: list[_Connection] = []
        self._is_cut = False

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """An empty retained payload forgets what was retained (MQTT 3.1.1, 3.3.1.3)."""
        if retain and payload:
            self._retained[topic] = (payload, qos)
        elif retain:
            self._retained.pop(topic, None)
        for connection in self._connections:
            connection.offer(topic, payload, qos, retained=False)

    def cut(self) -> None:
        self._is_cut = True
        ended, self._connections = self._connections, []
        for connection in ended:
            connection.end()
        for connection in ended:
            if connection.will is not None:
                self.publish(connection.will.topic, connection.will.offline, qos=connection.will.qos, retain=True)

    def mend(self) -> None:
        self._is_cut = False

    def connect(self, filters: Sequence[tuple[str, int]], will: MqttWill | None = None) -> _Connection:
        if self._is_cut:
            raise DeviceUnreachable("broker: no connection")
        connection = _Connection(filters, will, self._clock)
        self._connections.append(connection)
        for topic, (payload, qos) in self._retained.items():
            connection.offer(topic, payload, qos, retained=True)
        if will is not None:
            self.publish(will.topic, will.online, qos=will.qos, retain=True)
        return connection

    def disconnect(self, connection: _Connection) -> None:
        """In order: the will is not the broker's matter then, but the last thing that is published."""
        if connection in self._connections:
            if connection.will is not None:
                self.publish(connection.will.topic, connection.will.offline, qos=connection.will.qos, retain=True)
            self._connections.remove(connection)


class MemoryMqttLink:
    """Behaves as `SocketMqttLink` does. Whoever comes is let in, with whatever name, version and certificate."""

    def __init__(self, broker: MemoryMqttBroker, access: MqttAccess) -> None:
        self._broker, self._access = broker, access

    async def messages(self, filters: Sequence[tuple[str, int]]) -> AsyncGenerator[Sequence[MqttMessage], None]:
        connection = self._broker.connect(filters, self._access.will)
        try:
            yield ()
            while True:
                yield await connection.take()
        finally:
            self._broker.disconnect(connection)


class _Connection:
    """What waits for one subscriber, and what is to be said when it is gone."""

    def __init__(self, filters: Sequence[tuple[str, int]], will: MqttWill | None, clock: Clock) -> None:
        self.will = will
        self._filters, self._clock = filters, clock
        self._waiting: list[MqttMessage] = []
        self._ended = False
        self._news = asyncio.Event()

    def offer(self, topic: str, payload: bytes, qos: int, *, retained: bool) -> None:
        granted = [granted for topic_filter, granted in self._filters if matches(topic_filter, topic)]
        if granted:
            message = MqttMessage(topic, payload, min(qos, max(granted)), retained, self._clock.now())
            self._waiting.append(message)
            self._news.set()

    def end(self) -> None:
        self._ended = True
        self._news.set()

    async def take(self) -> Sequence[MqttMessage]:
        """What has come, at least one message; raises DeviceUnreachable once all is taken and the connection has ended."""
        await self._news.wait()
        if self._waiting:
            taken, self._waiting = self._waiting, []
            if not self._ended:
                self._news.clear()
            return taken
        raise DeviceUnreachable("broker: connection lost")
