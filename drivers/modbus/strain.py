"""How much of a link's time the scan groups of its devices take, as far as can be told beforehand. Pure.

A poll takes what its requests cost (`cost.py`) and the pauses after them. What takes longer than its period even if nothing
else were asked, at the least that the link can cost, is impossible and refused. What leaves a connection less than a fifth of
its time is a warning: answers that take longer than usual, retries and writes need room, too. Devices on one serial port that
want its characters differently cannot be: a port has one setting. Not here: how well it turns out when it runs (`ScanRate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from drivers.base import Strain
from drivers.modbus.access import Serial
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.modbus.cost import least_cost_of
from drivers.modbus.plan import Limits, Read, plan_reads
from drivers.modbus.scan import groups_of, limits_of
from edge.config.text.finding import Phrase
from edge.config.text.values import format_span
from edge.model.moment import MILLISECOND, SECOND, Span
from edge.model.tag import Device

BUSY_FROM = 0.8


@dataclass(frozen=True, slots=True)
class ScanLoad:
    """What a scan group is going to ask. took: of the link's time by one poll, microseconds; least: it is never quicker. tag:
    the key of the first that has its own period; empty: the group has that of the device."""

    device: str
    every: Span
    tags: int
    reads: tuple[Read, ...]
    took: float
    least: float
    tag: str

    @property
    def share(self) -> float:
        """Of the link's time; 1 is all of it."""
        return self.took / self.every


def scan_loads(device: Device) -> list[ScanLoad]:
    """Of a Modbus device, the shortest period first."""
    connection = device.connection
    if not isinstance(connection, ModbusConnection):
        return []
    named = [(tag.key, tag.point) for tag in device.tags if isinstance(tag.point, ModbusPoint)]
    points = [point for _, point in named]
    usual = limits_of(connection)
    least = replace(usual, cost=least_cost_of(connection))
    loads = []
    for every, positions in groups_of(points, connection).items():
        reads = plan_reads(points, positions, usual)
        quickest = plan_reads(points, positions, least)
        own = next((named[position][0] for position in positions if points[position].every is not None), "")
        loads.append(
            ScanLoad(
                device.name,
                every,
                len(positions),
                reads,
                _took(reads, usual, connection),
                _took(quickest, least, connection),
                own,
            )
        )
    return loads


def strains(devices: Sequence[Device]) -> list[Strain]:
    """The function named in `drivers/catalog.py`."""
    of_link: dict[tuple[str, int], list[tuple[ScanLoad, str]]] = {}
    found = _at_odds(devices)
    for device in devices:
        connection = device.connection
        if not isinstance(connection, ModbusConnection):
            continue
        for load in scan_loads(device):
            of_link.setdefault(connection.place, []).append((load, connection.where))
            if load.least > load.every:
                arguments = {"requests": len(load.reads), "took": _shown(load.least), "every": format_span(load.every)}
                found.append(Strain(load.device, load.tag, Phrase("drivers.modbus.scan_impossible", arguments), refused=True))
    for loads in of_link.values():
        share = sum(load.share for load, _ in loads)
        if share > BUSY_FROM and all(load.least <= load.every for load, _ in loads):
            worst, where = max(loads, key=lambda each: each[0].share)
            found.append(Strain(worst.device, worst.tag, busy(where, share), refused=False))
    return found


def busy(where: str, share: float) -> Phrase:
    """That a connection has hardly any time left, or none."""
    return Phrase("drivers.modbus.link_busy", {"where": where, "percent": f"{100 * share:.0f}"})


def _at_odds(devices: Sequence[Device]) -> list[Strain]:
    """Devices that set a serial port otherwise than the first on it."""
    first: dict[str, tuple[str, Serial]] = {}
    found = []
    for device in devices:
        serial = device.connection.serial if isinstance(device.connection, ModbusConnection) else None
        if serial is None:
            continue
        other, set_so = first.setdefault(serial.path, (device.name, serial))
        if serial != set_so:
            arguments = {"path": serial.path, "given": serial.shown, "device": other, "other": set_so.shown}
            found.append(
                Strain(device.name, "", Phrase("drivers.modbus.serial_at_odds", arguments), refused=True, key="serial")
            )
    return found


def _took(reads: Sequence[Read], limits: Limits, connection: ModbusConnection) -> float:
    """Several in flight share the way there and back; a serial line is one way for all."""
    if connection.pause:
        return limits.cost_of(reads) + len(reads) * connection.pause
    access = connection.access
    return limits.cost_of(reads) / (1 if access.transport.startswith("rtu") else min(access.max_in_flight, max(len(reads), 1)))


def _shown(microseconds: float) -> str:
    return f"{microseconds / SECOND:.2g} s" if microseconds >= SECOND / 10 else f"{microseconds / MILLISECOND:.2g} ms"
