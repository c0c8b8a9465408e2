"""The requests that a CPU will get. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.outline import Cell, Outline
from drivers.s7.config import S7Connection, S7Point
from drivers.s7.plan import plan_reads
from edge.model.moment import SECOND
from edge.model.tag import Device

COLUMNS = ("area", "bytes", "read", "tags")


def outline(devices: Sequence[Device]) -> Sequence[Outline]:
    """The function named in `drivers/catalog.py`."""
    return [
        _outline(device, device.connection)
        for device in devices
        if isinstance(device.connection, S7Connection) and any(tag.point is not None for tag in device.tags)
    ]


def _outline(device: Device, connection: S7Connection) -> Outline:
    named = [(tag.key, tag.point) for tag in device.tags if isinstance(tag.point, S7Point)]
    points = [point for _, point in named]
    reads = plan_reads(points, range(len(points)), bytes_max=connection.max_bytes)
    # Whether the CPU runs is one request more.
    requests = len(reads) + connection.watch_cpu
    rows: list[tuple[Cell, ...]] = []
    for read in reads:
        tags = tuple(f"{named[at][0]} {points[at].address} {points[at].kind}" for at in read.points)
        area = f"{read.area}{read.block}" if read.block else str(read.area)
        rows.append((area, f"{read.start}-{read.start + read.count - 1}", read.count, tags))
    return Outline(
        device=device.name,
        driver=device.driver,
        connection=f"{connection.host}:{connection.port} rack {connection.rack} slot {connection.slot}",
        figures={
            "every_s": connection.every / SECOND,
            "requests": requests,
            "requests_per_s": round(requests * SECOND / connection.every, 3),
            "tags": len(points),
        },
        columns=COLUMNS,
        rows=tuple(rows),
    )
