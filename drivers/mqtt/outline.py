"""The topics that a device listens to, and the tags that each feeds. Pure.

Not here: which of them are asked for together by a wildcard (`plan.py`); that depends on the other devices of the connection.
"""

from __future__ import annotations

from collections.abc import Sequence

from drivers.mqtt.config import MqttConnection, MqttPoint
from drivers.mqtt.plan import Listener
from drivers.outline import Outline
from edge.model.tag import Device

COLUMNS = ("topic", "qos", "tags")


def outline(devices: Sequence[Device]) -> Sequence[Outline]:
    """The function named in `drivers/catalog.py`."""
    return [
        _outline(device, device.connection)
        for device in devices
        if isinstance(device.connection, MqttConnection) and any(tag.point is not None for tag in device.tags)
    ]


def _outline(device: Device, connection: MqttConnection) -> Outline:
    tags = [(tag.key, tag.point) for tag in device.tags if isinstance(tag.point, MqttPoint)]
    listener = Listener(device.name, connection, [point for _, point in tags])
    fed: dict[str, list[str]] = {}
    qos: dict[str, int] = {}
    for key, point in tags:
        topic = listener.topic_of(point.topic)
        fed.setdefault(topic, []).append(f"{key} {point.type}")
        qos[topic] = max(qos.get(topic, 0), connection.qos if point.qos is None else point.qos)
    if connection.availability is not None:
        fed.setdefault(listener.topic_of(connection.availability.topic), []).append("availability")
    return Outline(
        device=device.name,
        driver=device.driver,
        connection=f"{connection.host}:{connection.port}",
        figures={"topics": len(fed), "tags": len(tags)},
        columns=COLUMNS,
        rows=tuple((topic, qos.get(topic, connection.qos), tuple(keys)) for topic, keys in fed.items()),
    )
