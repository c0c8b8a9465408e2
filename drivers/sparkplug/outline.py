"""The topics that a device is heard at, and the metrics that are wanted of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.outline import Outline
from drivers.sparkplug.config import SparkplugConnection, SparkplugPoint
from drivers.sparkplug.node import Kind
from drivers.sparkplug.plan import QOS, Node
from edge.model.tag import Device

COLUMNS = ("topic", "qos", "tags")


def outline(devices: Sequence[Device]) -> Sequence[Outline]:
    """The function named in `drivers/catalog.py`."""
    return [
        _outline(device, device.connection)
        for device in devices
        if isinstance(device.connection, SparkplugConnection) and any(tag.point is not None for tag in device.tags)
    ]


def _outline(device: Device, connection: SparkplugConnection) -> Outline:
    wanted = tuple(f"{tag.key} {tag.point.metric}" for tag in device.tags if isinstance(tag.point, SparkplugPoint))
    birth, data = (Kind.NBIRTH, Kind.NDATA) if connection.device is None else (Kind.DBIRTH, Kind.DDATA)
    node = Node.of(connection)
    return Outline(
        device=device.name,
        driver=device.driver,
        connection=f"{connection.host}:{connection.port}",
        figures={"topics": 2, "tags": len(wanted)},
        columns=COLUMNS,
        rows=tuple((node.topic(kind, connection.device), QOS, wanted) for kind in (birth, data)),
    )
