"""A connection to an MQTT broker, and how it is reached."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from edge.model.moment import Moment


class MqttMessage(NamedTuple):
    """One publication as it came. retained: the broker kept it for us, it may be old. A tuple, because there may be tens of
    thousands a second."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    received_time: Moment


@dataclass(frozen=True, slots=True)
class MqttTls:
    """ca, cert, key: paths of PEM files; ca None: what this machine trusts. server_name: in the certificate; None: host."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class MqttWill:
    """What we publish about ourselves, retained: online once connected, offline when we leave; when we are gone without a word,
    the broker does it for us."""

    topic: str
    online: bytes
    offline: bytes
    qos: int


@dataclass(frozen=True, slots=True)
class MqttAccess:
    """As whom, and how, a broker is reached. version: "3.1.1" or "5". session_s: how long the broker keeps our subscriptions
    and what comes meanwhile when we are away; 0: not at all. In 3.1.1 nobody can say how long: the broker's limit counts.
    payload_bytes_max: of a longer payload one byte more than this is passed on, for who reads it to refuse it."""

    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    version: str = "3.1.1"
    keepalive_s: int = 5
    tls: MqttTls | None = None
    will: MqttWill | None = None
    session_s: int = 0
    payload_bytes_max: int = 64 * 1024


class MqttLink(Protocol):
    """One connection to a broker."""

    def messages(self, filters: Sequence[tuple[str, int]]) -> AsyncGenerator[Sequence[MqttMessage], None]:
        """Connect, subscribe to (topic filter, QoS) pairs and yield what has arrived, at least one message a time, never
        waiting to fill a batch; what has piled up comes in slices, between which the event loop has a turn. The first yield is
        empty: it says that the subscriptions stand. Ends by raising DeviceUnreachable when the connection is lost,
        DeviceRefused when the broker will not have us or a filter."""

    def ticket(self) -> Callable[[], None] | None:
        """For the messages of the last yield: calling it, in the order of the yields, tells the broker that they have arrived
        for good (QoS 1 and 2). None: it waits for no word of them. Those for which nobody took a ticket are told when the next
        are asked for. A ticket of a connection that is over does nothing: a kept session delivers its messages again."""

    async def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> None:
        """Over the connection that `messages` holds. Returns when the broker has it, with QoS 0 when it has left us. It is sent
        once and never again. Raises ConnectionLost: nothing was sent; any other DeviceUnreachable: it may have been done;
        DeviceRefused: the broker (MQTT 5) said no."""
