"""Which topics to subscribe to, and which tags each of them feeds. Pure.

Theory of operation. Topics that several devices have by one template are asked for together, by a filter. A broker may deliver
a message once for each filter that matches it, so no two filters ever match the same topic: of two that would, the one for
more topics stays, and the topics of the other are asked for one by one.

Gateways of one group (`share`) divide the messages among them; what tells of presence, each of them must hear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from drivers.mqtt.config import Availability, MqttConnection, MqttPoint
from drivers.mqtt.topic import filter_of, matches, name_in, overlap, topic_for


@dataclass(frozen=True, slots=True)
class Listener:
    """A device that listens. points: of its tags, in their order."""

    name: str
    connection: MqttConnection
    points: Sequence[MqttPoint]

    def topic_of(self, template: str) -> str:
        return topic_for(template, self.connection.topic_device or self.name)


@dataclass(frozen=True, slots=True)
class Feed:
    """A tag that a topic feeds. device: number of the device; position: of the tag among the device's."""

    device: int
    position: int
    point: MqttPoint


@dataclass(frozen=True, slots=True)
class Watch:
    """A device whose presence a topic tells."""

    device: int
    words: Availability


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """filters: (topic filter, QoS), no two of which match the same topic; those of presence first: most brokers hand out what
    they retained in this order, and sorted otherwise; with `$share/group/` before where a group divides it. feeds, watches: by
    topic, devices and tags in their own order. templates: those of the filters with a wildcard.
    """

    filters: tuple[tuple[str, int], ...]
    feeds: Mapping[str, tuple[Feed, ...]]
    watches: Mapping[str, tuple[Watch, ...]]
    templates: tuple[str, ...]

    def unknown_name(self, topic: str) -> str | None:
        """The name in a topic that came by a wildcard and that no device has; None: it is a topic of some device."""
        if topic in self.feeds or topic in self.watches:
            return None
        return next((name for template in self.templates if (name := name_in(template, topic)) is not None), None)


def plan_subscriptions(devices: Sequence[Listener]) -> Subscriptions:
    """The subscriptions of all devices that share a connection. A topic of two devices is asked for with the higher QoS."""
    feeds: dict[str, list[Feed]] = defaultdict(list)
    watches: dict[str, list[Watch]] = defaultdict(list)
    qos: dict[str, int] = {}
    of_template: dict[str, set[str]] = defaultdict(set)
    for number, device in enumerate(devices):
        availability = device.connection.availability
        for position, point in enumerate(device.points):
            feeds[device.topic_of(point.topic)].append(Feed(number, position, point))
        if availability is not None:
            watches[device.topic_of(availability.topic)].append(Watch(number, availability))
        for template, wanted in _wanted(device):
            topic = device.topic_of(template)
            qos[topic] = max(wanted, qos.get(topic, 0))
            if device.connection.wildcards:
                of_template[template].add(topic)
    chosen = _wildcards(of_template)
    filters = dict.fromkeys(chosen.values(), 0)
    of_presence = set()
    for topic, wanted in qos.items():
        covering = next((each for each in chosen.values() if matches(each, topic)), topic)
        filters[covering] = max(wanted, filters.get(covering, 0))
        if topic in watches:
            of_presence.add(covering)
    group = devices[0].connection.share if devices else ""
    in_order = sorted(filters, key=lambda each: (each not in of_presence, each))
    return Subscriptions(
        filters=tuple(
            (f"$share/{group}/{each}" if group and each not in of_presence else each, filters[each]) for each in in_order
        ),
        feeds={topic: tuple(fed) for topic, fed in feeds.items()},
        watches={topic: tuple(watching) for topic, watching in watches.items()},
        templates=tuple(chosen),
    )


def _wanted(device: Listener) -> Iterator[tuple[str, int]]:
    """Templates of a device, each with the QoS for it."""
    connection = device.connection
    for point in device.points:
        yield point.topic, connection.qos if point.qos is None else point.qos
    if connection.availability is not None:
        yield connection.availability.topic, connection.qos


def _wildcards(of_template: Mapping[str, set[str]]) -> dict[str, str]:
    """Template to filter, for those that save subscriptions and are apart from each other."""
    chosen: dict[str, str] = {}
    for template in sorted(of_template, key=lambda each: (-len(of_template[each]), each)):
        topic_filter = filter_of(template)
        if topic_filter is None or len(of_template[template]) < 2:
            continue
        if not any(overlap(topic_filter, other) for other in chosen.values()):
            chosen[template] = topic_filter
    return chosen
