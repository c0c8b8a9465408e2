"""A broker and its link in memory, for scenarios and tests: matches topic filters, retains, can be cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from edge.model.errors import DeviceUnreachable
from edge.ports import Clock, MqttMessage


def matches(topic_filter: str, topic: str) -> bool:
    """MQTT 3.1.1, 4.7: `+` is one level, `#` all that follow and the level above; neither begins a match of `$` topics."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for number, level in enumerate(wanted):
        if level == "#":
            return True
        if number >= len(levels) or level not in ("+", levels[number]):
            return False
    return len(wanted) == len(levels)


class MemoryMqttBroker:
    """Delivers at once, in order, with the lower of both QoS. `cut` ends all connections to it, not what devices publish."""

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
        for connection in self._connections:
            connection.end()
        self._connections.clear()

    def mend(self) -> None:
        self._is_cut = False

    def connect(self, filters: Sequence[tuple[str, int]]) -> _Connection:
        if self._is_cut:
            raise DeviceUnreachable("broker: no connection")
        connection = _Connection(filters, self._clock)
        self._connections.append(connection)
        for topic, (payload, qos) in self._retained.items():
            connection.offer(topic, payload, qos, retained=True)
        return connection

    def disconnect(self, connection: _Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)


class MemoryMqttLink:
    """Behaves as `SocketMqttLink` does."""

    def __init__(self, broker: MemoryMqttBroker) -> None:
        self._broker = broker

    async def messages(self, filters: Sequence[tuple[str, int]]) -> AsyncGenerator[Sequence[MqttMessage], None]:
        connection = self._broker.connect(filters)
        try:
            yield ()
            while True:
                yield await connection.take()
        finally:
            self._broker.disconnect(connection)


class _Connection:
    """What waits for one subscriber."""

    def __init__(self, filters: Sequence[tuple[str, int]], clock: Clock) -> None:
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
