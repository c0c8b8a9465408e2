"""Ways out beside the one to the collaboration cloud: to an HTTP receiver of the plant's own, to an MQTT broker, and to the
services that apprise knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol

from edge.ports.cloud import HttpReply, NoReply
from edge.ports.mqtt import MqttAccess

Network = IPv4Network | IPv6Network


class Barred(Exception):
    """The receiver's name leads to an address that we may not send to: nothing was sent."""


class Poster(Protocol):
    """Posts to addresses that a configuration names, and to no others that a name may be made to lead to."""

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float) -> HttpReply:
        """The answer, whatever its status; its body is not read. No redirect is followed. Raises NoReply, and Barred."""

    async def close(self) -> None: ...


class Publisher(Protocol):
    """One connection to a broker, on which we only publish."""

    async def stay(self, connected: Callable[[], None]) -> None:
        """Connect, call `connected`, and stay. Never returns; raises NoReply when there is no connection, or no more."""

    async def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """With QoS 1, over the connection that `stay` holds; returns when the broker has it. Raises NoReply."""


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """What a service takes. title_max, body_max: characters, or bytes where it counts those. title_max 0: it has no titles."""

    title_max: int
    body_max: int


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """service: its name, to be shown. accepted: False: it was not accepted, or nobody knows."""

    service: str
    accepted: bool


#: A title and a body within what a service takes.
Fit = Callable[[ServiceLimits], tuple[str, str]]


class Notifier(Protocol):
    """One service of those that apprise knows; its address holds its credentials."""

    async def notify(self, url: str, fit: Fit) -> ServiceAnswer | None:
        """Send plain text. None: this is no address of a service. Raises NoReply; sent=False where it surely did not arrive."""

    @property
    def hangs(self) -> bool:
        """Whether an attempt has not come back in time: until it does, nothing is sent."""


class Carriers(Protocol):
    """Opens them: over sockets live, in memory in scenarios."""

    def poster(self, allowed: tuple[Network, ...]) -> Poster:
        """allowed: networks that may be sent to though they are not public."""

    def publisher(self, host: str, port: int, access: MqttAccess) -> Publisher: ...

    def notifier(self) -> Notifier:
        """Of one service."""


class _NoCarriers:
    """Of a gateway that is given none: nothing leaves by them."""

    def poster(self, allowed: tuple[Network, ...]) -> Poster:
        raise NoReply("there is no way out by HTTP", sent=False)

    def publisher(self, host: str, port: int, access: MqttAccess) -> Publisher:
        raise NoReply("there is no way out by MQTT", sent=False)

    def notifier(self) -> Notifier:
        raise NoReply("there is no way out by apprise", sent=False)


NO_CARRIERS: Carriers = _NoCarriers()
