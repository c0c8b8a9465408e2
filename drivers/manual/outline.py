"""What is to be entered for each device, and how often. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.manual.config import ManualPoint
from drivers.outline import Outline
from edge.config.text.values import format_span
from edge.model.tag import Device

COLUMNS = ("tag", "due_every", "plausible")


def outline(devices: Sequence[Device]) -> Sequence[Outline]:
    """The function named in `drivers/catalog.py`."""
    return [_outline(device) for device in devices]


def _outline(device: Device) -> Outline:
    points = [(tag.key, tag.unit, tag.point) for tag in device.tags if isinstance(tag.point, ManualPoint)]
    return Outline(
        device=device.name,
        driver=device.driver,
        connection="-",
        figures={"tags": len(points)},
        columns=COLUMNS,
        rows=tuple((key, _every(point), _plausible(point, unit)) for key, unit, point in points),
    )


def _every(point: ManualPoint) -> str:
    return "-" if point.every is None else format_span(point.every)


def _plausible(point: ManualPoint, unit: str) -> str:
    if point.between is None:
        return point.type
    low, high = point.between
    return f"{low:g} … {high:g} {unit}".rstrip()
