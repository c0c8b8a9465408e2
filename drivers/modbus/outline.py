"""The requests that a device will get, with protocol addresses and those of manuals side by side. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.modbus.address import Notation
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.modbus.layout import ByteOfRegister, PointType
from drivers.modbus.plan import Read, span
from drivers.modbus.strain import BUSY_FROM, ScanLoad, busy, scan_loads, strains
from drivers.outline import Cell, Outline
from edge.config.text.finding import Phrase
from edge.config.text.values import format_span
from edge.model.moment import SECOND
from edge.model.tag import Device

COLUMNS = ("every", "function", "table", "protocol", "digits", "registers", "unnamed", "left_out", "tags")


def outline(devices: Sequence[Device]) -> Sequence[Outline]:
    """The function named in `drivers/catalog.py`. unnamed: registers that a request reads for nothing; left_out: those between
    it and the one before. link_percent: of the connection's time, with all its devices."""
    loads = {device.name: scan_loads(device) for device in devices}
    shares: dict[tuple[str, int], float] = {}
    refused: dict[str, list[Phrase]] = {}
    for device in devices:
        if isinstance(device.connection, ModbusConnection):
            place = device.connection.place
            shares[place] = shares.get(place, 0.0) + sum(load.share for load in loads[device.name])
    for strain in strains(devices):
        if strain.refused:
            refused.setdefault(strain.device, []).append(strain.phrase)
    found = []
    for device in devices:
        connection = device.connection
        if isinstance(connection, ModbusConnection) and loads[device.name]:
            share = shares[connection.place]
            warnings = [*refused.get(device.name, []), *([busy(connection.where, share)] if share > BUSY_FROM else [])]
            found.append(_outline(device, connection, loads[device.name], share, warnings))
    return found


def _outline(
    device: Device, connection: ModbusConnection, loads: Sequence[ScanLoad], share: float, warnings: Sequence[Phrase]
) -> Outline:
    named = [(tag.key, tag.point) for tag in device.tags if isinstance(tag.point, ModbusPoint)]
    rows: list[tuple[Cell, ...]] = []
    for load in loads:
        for number, read in enumerate(load.reads):
            tags = tuple(_described(*named[position], connection) for position in read.points)
            left_out = _left_out(load.reads[number - 1] if number else None, read)
            rows.append((format_span(load.every), *_registers(read), read.spare, left_out, tags))
    return Outline(
        device=device.name,
        driver=device.driver,
        connection=f"{connection.where} unit {connection.unit_id}",
        figures={
            "every_s": loads[0].every / SECOND,
            "requests": sum(len(load.reads) for load in loads),
            "requests_per_s": round(sum(len(load.reads) * SECOND / load.every for load in loads), 3),
            "registers": sum(read.count for load in loads for read in load.reads),
            "unnamed": sum(read.spare for load in loads for read in load.reads),
            "tags": len(named),
            "link_percent": _percent(share),
        },
        columns=COLUMNS,
        rows=tuple(rows),
        scans=tuple(
            {
                "every_s": load.every / SECOND,
                "requests": len(load.reads),
                "tags": load.tags,
                "cycle_s": float(f"{load.took / SECOND:.2g}"),
                "busy_percent": _percent(load.share),
            }
            for load in loads
        ),
        warnings=tuple(warnings),
    )


def _percent(share: float) -> float:
    return float(f"{100 * share:.2g}")


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
