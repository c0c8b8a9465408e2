"""What is to come from each gateway that is watched, and where. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.outline import Outline
from drivers.pulse.config import PulseConnection, PulsePoint
from edge.config.text.values import format_span
from edge.model.tag import Device

COLUMNS = ("tag", "figure")


def outline(devices: Sequence[Device]) -> Sequence[Outline]:
    """The function named in `drivers/catalog.py`."""
    return [_outline(device, device.connection) for device in devices if isinstance(device.connection, PulseConnection)]


def _outline(device: Device, connection: PulseConnection) -> Outline:
    points = [(tag.key, tag.point) for tag in device.tags if isinstance(tag.point, PulsePoint)]
    return Outline(
        device=device.name,
        driver=device.driver,
        connection=f"{connection.gateway} > {connection.host}:{connection.port}, {format_span(connection.silent_after)}",
        figures={"tags": len(points)},
        columns=COLUMNS,
        rows=tuple((key, point.figure or key) for key, point in points),
    )
