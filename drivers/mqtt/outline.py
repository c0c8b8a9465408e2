"""The subscriptions of a device, and the tags that each topic feeds. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.mqtt.config import MqttConnection, MqttPoint
from drivers.mqtt.plan import plan_subscriptions
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
    named = [(tag.key, tag.point) for tag in device.tags if isinstance(tag.point, MqttPoint)]
    points = [point for _, point in named]
    filters = plan_subscriptions([(connection, points)]).filters
    fed = {topic: tuple(f"{key} {point.type}" for key, point in named if point.topic == topic) for topic, _ in filters}
    return Outline(
        device=device.name,
        driver=device.driver,
        connection=f"{connection.host}:{connection.port}",
        figures={"subscriptions": len(filters), "tags": len(points)},
        columns=COLUMNS,
        rows=tuple((topic, qos, fed[topic]) for topic, qos in filters),
    )
