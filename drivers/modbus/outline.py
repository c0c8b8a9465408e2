"""The requests that a device will get, with protocol addresses and those of manuals side by side. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.modbus.address import Notation
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.modbus.layout import ByteOfRegister, PointType
from drivers.modbus.plan import Read, plan_reads, span
from drivers.modbus.scan import limits_of
from drivers.outline import Cell, Outline
from edge.model.moment import SECOND
from edge.model.tag import Device

COLUMNS = ("function", "table", "protocol", "digits", "registers", "left_out", "tags")


def outline(devices: Sequence[Device]) -> Sequence[Outline]:
    """The function named in `drivers/catalog.py`. left_out: registers that no tag names, before a request."""
    return [
        _outline(device, device.connection)
        for device in devices
        if isinstance(device.connection, ModbusConnection) and any(tag.point is not None for tag in device.tags)
    ]


def _outline(device: Device, connection: ModbusConnection) -> Outline:
    named = [(tag.key, tag.point) for tag in device.tags if isinstance(tag.point, ModbusPoint)]
    points = [point for _, point in named]
    reads = plan_reads(points, range(len(points)), limits_of(connection))
    rows: list[tuple[Cell, ...]] = []
    for number, read in enumerate(reads):
        tags = tuple(_described(*named[position], connection) for position in read.points)
        rows.append((*_registers(read), _left_out(reads[number - 1] if number else None, read), tags))
    return Outline(
        device=device.name,
        driver=device.driver,
        connection=f"{connection.where} unit {connection.unit_id}",
        figures={
            "every_s": connection.every / SECOND,
            "requests": len(reads),
            "requests_per_s": round(len(reads) * SECOND / connection.every, 3),
            "registers": sum(read.count for read in reads),
            "tags": len(points),
        },
        columns=COLUMNS,
        rows=tuple(rows),
    )


def _registers(read: Read) -> tuple[Cell, ...]:
    digits = span(read.table, read.address, read.last, Notation.FIVE_DIGITS)
    protocol = f"{read.address}" if read.count == 1 else f"{read.address}-{read.last}"
    return (read.table.function, str(read.table), protocol, digits.replace(" to ", "-"), read.count)


def _left_out(before: Read | None, read: Read) -> int:
    return read.address - before.last - 1 if before is not None and before.table is read.table else 0


def _described(key: str, point: ModbusPoint, connection: ModbusConnection) -> str:
    """`steam_flow 30011 float32 CDAB`: a tag, in the notation of its device."""
    words = [key, str(point.address), str(point.kind)]
    if point.kind.orders:
        words.append(str(point.order_on(connection)))
    if point.bit is not None:
        words.append(f"bit {point.bit}")
    if point.kind in (PointType.INT8, PointType.UINT8):
        words.append(str(point.byte or ByteOfRegister.LOW))
    if point.length is not None:
        words.append(str(point.length))
    return " ".join(words)
