"""A broker and its link in memory, for scenarios and tests: matches topic filters, retains, keeps last wills and sessions, can
be cut."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial

from drivers.base import ConnectionLost
from drivers.mqtt.topic import matches
from edge.model.errors import DeviceUnreachable
from edge.ports import Clock, MqttAccess, MqttMessage

#: Messages that a session keeps while its client is away (mosquitto: max_queued_messages).
KEPT_MAX = 1_000


class MemoryMqttBroker:
    """Delivers at once, in order, with the lower of both QoS, once for each connection.

    `cut` ends all connections to it, and publishes their last wills; devices go on publishing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._retained: dict[str, tuple[bytes, int]] = {}
        self._connections: list[_Connection] = []
        #: Sessions whose client is away, by client id.
        self._kept: dict[str, _Connection] = {}
        self._is_cut = False
        #: Devices that take commands: what to call with the payload, by topic.
        self.takes: dict[str, Callable[[bytes], None]] = {}

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """An empty retained payload forgets what was retained (MQTT 3.1.1, 3.3.1.3)."""
        if retain and payload:
            self._retained[topic] = (payload, qos)
        elif retain:
            self._retained.pop(topic, None)
        for connection in self._connections:
            connection.offer(topic, payload, qos, retained=False)
        for session in self._kept.values():
            session.keep(topic, payload, qos)
        if topic in self.takes:
            self.takes[topic](payload)

    def cut(self) -> None:
        self._is_cut = True
        ended, self._connections = self._connections, []
        for connection in ended:
            connection.end()
            self._keep(connection)
        for connection in ended:
            if connection.will is not None:
                self.publish(connection.will.topic, connection.will.offline, qos=connection.will.qos, retain=True)

    def mend(self) -> None:
        self._is_cut = False

    def connect(self, filters: Sequence[tuple[str, int]], access: MqttAccess) -> _Connection:
        if self._is_cut:
            raise DeviceUnreachable("broker: no connection")
        will = access.will
        connection = _Connection(filters, access, self._clock)
        kept = self._kept.pop(access.client_id, None)
        if kept is not None and access.session_s:
            connection.resume(kept)
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
            connection.end()
            self._keep(connection)

    def _keep(self, connection: _Connection) -> None:
        if connection.access.session_s:
            self._kept[connection.access.client_id] = connection


class MemoryMqttLink:
    """Behaves as `SocketMqttLink` does. Whoever comes is let in, with whatever name, version and certificate."""

    def __init__(self, broker: MemoryMqttBroker, access: MqttAccess) -> None:
        self._broker, self._access = broker, access
        self._connection: _Connection | None = None
        self._ticket: Callable[[], None] | None = None

    async def messages(self, filters: Sequence[tuple[str, int]]) -> AsyncGenerator[Sequence[MqttMessage], None]:
        connection = self._connection = self._broker.connect(filters, self._access)
        try:
            yield ()
            while True:
                taken = await connection.take()
                owed = sum(message.qos > 0 for message in taken)
                self._ticket = partial(connection.acknowledge, owed) if owed else None
                yield taken
                if self._ticket is not None:
                    self._ticket()
        finally:
            self._connection = self._ticket = None
            self._broker.disconnect(connection)

    def ticket(self) -> Callable[[], None] | None:
        taken, self._ticket = self._ticket, None
        return taken

    async def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> None:
        if self._connection is None:
            raise ConnectionLost("broker: no connection")
        self._broker.publish(topic, payload, qos=qos, retain=retain)


class _Connection:
    """What waits for one subscriber, and what is to be said when it is gone."""

    def __init__(self, filters: Sequence[tuple[str, int]], access: MqttAccess, clock: Clock) -> None:
        self.access, self.will = access, access.will
        self._filters, self._clock = filters, clock
        self._unacknowledged: deque[MqttMessage] = deque()
        self._waiting: list[MqttMessage] = []
        self._ended = False
        self._news = asyncio.Event()

    def offer(self, topic: str, payload: bytes, qos: int, *, retained: bool) -> None:
        granted = [granted for topic_filter, granted in self._filters if matches(topic_filter, topic)]
        if granted:
            taken = payload[: self.access.payload_bytes_max + 1]
            message = MqttMessage(topic, taken, min(qos, max(granted)), retained, self._clock.now())
            self._waiting.append(message)
            self._news.set()

    def keep(self, topic: str, payload: bytes, qos: int) -> None:
        """While the client is away: of QoS 0 nothing is kept, and of the rest as much as mosquitto keeps."""
        if qos and len(self._waiting) < KEPT_MAX:
            self.offer(topic, payload, qos, retained=False)

    def resume(self, kept: _Connection) -> None:
        """Take over what the last connection of this session left."""
        left = [*kept._unacknowledged, *kept._waiting]
        self._waiting = [message._replace(received_time=self._clock.now()) for message in left if message.qos]
        if self._waiting:
            self._news.set()

    def acknowledge(self, count: int) -> None:
        """The first of those that wait for it."""
        for _ in range(0 if self._ended else count):
            self._unacknowledged.popleft()

    def end(self) -> None:
        self._ended = True
        self._news.set()

    async def take(self) -> Sequence[MqttMessage]:
        """What has come, at least one message; raises DeviceUnreachable once all is taken and the connection has ended."""
        await self._news.wait()
        if self._waiting:
            taken, self._waiting = self._waiting, []
            self._unacknowledged += [message for message in taken if message.qos]
            if not self._ended:
                self._news.clear()
            return taken
        raise DeviceUnreachable("broker: connection lost")
