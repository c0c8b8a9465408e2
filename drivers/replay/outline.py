"""The columns that are played, and the tags that each feeds. Pure: no file is opened."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.outline import Outline
from drivers.replay.config import ReplayConnection, ReplayPoint
from edge.model.tag import Device

COLUMNS = ("column", "tags")


def outline(devices: Sequence[Device]) -> Sequence[Outline]:
    """The function named in `drivers/catalog.py`."""
    return [
        _outline(device, device.connection)
        for device in devices
        if isinstance(device.connection, ReplayConnection) and any(tag.point is not None for tag in device.tags)
    ]


def _outline(device: Device, connection: ReplayConnection) -> Outline:
    fed: dict[str, list[str]] = {}
    for tag in device.tags:
        if isinstance(tag.point, ReplayPoint):
            fed.setdefault(tag.point.column, []).append(f"{tag.key} {tag.point.type}")
    return Outline(
        device=device.name,
        driver=device.driver,
        connection=connection.file,
        figures={"columns": len(fed), "tags": sum(map(len, fed.values()))},
        columns=COLUMNS,
        rows=tuple((column, tuple(keys)) for column, keys in fed.items()),
    )
