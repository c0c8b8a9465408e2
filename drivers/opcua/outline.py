"""The nodes that a device's server will be asked for, and how often. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.opcua.config import Mode, OpcUaConnection, OpcUaPoint
from drivers.outline import Cell, Outline
from edge.model.moment import SECOND
from edge.model.tag import Device

COLUMNS = ("node", "how", "tags")


def outline(devices: Sequence[Device]) -> Sequence[Outline]:
    """The function named in `drivers/catalog.py`."""
    return [
        _outline(device, device.connection)
        for device in devices
        if isinstance(device.connection, OpcUaConnection) and any(tag.point is not None for tag in device.tags)
    ]


def _outline(device: Device, connection: OpcUaConnection) -> Outline:
    rows: dict[tuple[str, str], list[str]] = {}
    for tag in device.tags:
        if isinstance(tag.point, OpcUaPoint):
            rows.setdefault((_node(tag.point), _how(tag.point, connection)), []).append(f"{tag.key} {_what(tag.point)}")
    cells: list[tuple[Cell, ...]] = [(node, how, tuple(keys)) for (node, how), keys in rows.items()]
    return Outline(
        device=device.name,
        driver=device.driver,
        connection=connection.url,
        figures={"every_s": connection.every / SECOND, "nodes": len(rows), "tags": sum(map(len, rows.values()))},
        columns=COLUMNS,
        rows=tuple(cells),
    )


def _node(point: OpcUaPoint) -> str:
    return point.alarm if point.alarm is not None else str(point.node or point.path)


def _how(point: OpcUaPoint, connection: OpcUaConnection) -> str:
    if point.alarm is not None:
        return "events"
    return "subscribe" if connection.mode is Mode.SUBSCRIBE else "read"


def _what(point: OpcUaPoint) -> str:
    return str(point.part if point.alarm is not None else point.type)
