"""Which topics to subscribe to, and which tags each of them feeds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from drivers.mqtt.config import MqttConnection, MqttPoint


@dataclass(frozen=True, slots=True)
class Feed:
    """A tag that a topic feeds. device: number of the device; position: of the tag among the device's."""

    device: int
    position: int
    point: MqttPoint


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """filters: (topic filter, QoS), each topic once, sorted. feeds: by topic, devices and tags in their own order."""

    filters: tuple[tuple[str, int], ...]
    feeds: Mapping[str, tuple[Feed, ...]]


def plan_subscriptions(devices: Iterable[tuple[MqttConnection, Sequence[MqttPoint]]]) -> Subscriptions:
    """The subscriptions of all devices that share a connection. A topic of two devices is asked for with the higher QoS."""
    feeds: dict[str, list[Feed]] = {}
    qos: dict[str, int] = {}
    for number, (connection, points) in enumerate(devices):
        for position, point in enumerate(points):
            feeds.setdefault(point.topic, []).append(Feed(number, position, point))
            qos[point.topic] = max(connection.qos, qos.get(point.topic, 0))
    return Subscriptions(tuple(sorted(qos.items())), {topic: tuple(fed) for topic, fed in feeds.items()})
