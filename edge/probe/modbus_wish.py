"""What a person asked `andon probe modbus` for, read from the words of the command line. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from drivers.modbus.access import BAUD, TLS_PORT, Frames
from drivers.modbus.address import Address, NotAnAddress, parse_address
from drivers.modbus.config import ModbusConnection
from drivers.modbus.layout import PointType
from edge.probe.target import Target, parse_target
from edge.texts import render

DEFAULT_PORT = 502
#: As many as the widest number takes, and a byte of bits.
COUNT_OF_REGISTERS, COUNT_OF_BITS = 4, 8
#: A request of them with one below and one above stays within what every device takes.
COUNT_MAX = 60
UNIT_MAX = 255
#: 0 speaks to all units of a serial line at once, 248 and more are reserved (Modbus over serial line V1.02, 2.2).
UNIT_MAX_OF_LINE = 247
_PORT = re.compile(r"/dev/\S{1,200}|COM[0-9]{1,3}")


@dataclass(frozen=True, slots=True)
class Way:
    """What was said of the way there. line: baud, parity, stop_bits, echo, as far as they were said; for serial ports. is_rtu:
    RTU frames over TCP. tls: ca, cert, key, server_name, empty where nothing was said; None: no TLS."""

    line: Mapping[str, Any] | None = None
    is_rtu: bool = False
    tls: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """connection: as a device of a plant would have it. kind: what the person says the registers are; None: shown as
    everything. units: to scan instead; None: no scan. expected: what the display of the machine shows. is_measured: to measure
    instead."""

    target: Target
    connection: ModbusConnection
    unit: int
    address: Address
    count: int
    kind: PointType | None
    units: tuple[int, ...] | None
    expected: float | None = None
    is_measured: bool = False


class NotAWish(ValueError):
    """Says why by a sentence of `edge/texts`."""

    def __init__(self, key: str, arguments: Mapping[str, object]) -> None:
        super().__init__(key)
        self.key = key
        self.arguments = arguments

    def render(self, language: str) -> str:
        return render(self.key, self.arguments, language)


def wish_of(
    where: str,
    *,
    unit: int,
    address: str,
    count: int | None,
    kind: str,
    units: str | None,
    way: Way | None = None,
    expected: float | None = None,
    is_measured: bool = False,
) -> Wish:
    """where: HOST[:PORT], or the path of a serial port. kind: empty for none. Raises NotAWish."""
    try:
        first = parse_address(address)
    except NotAnAddress as error:
        raise NotAWish(error.key, {"name": "--address", "given": f'"{address}"', **error.arguments}) from None
    if kind and kind not in list(PointType):
        raise NotAWish("probe.modbus.no_type", {"given": kind, "known": ", ".join(PointType)})
    if expected == 0:
        raise NotAWish("probe.modbus.no_expected", {})
    said = PointType(kind) if kind else None
    target, connection = _way_there(where.strip(), way or Way(), unit)
    on_a_line = connection.access.transport.startswith("rtu")
    least, most = (1, UNIT_MAX_OF_LINE) if on_a_line else (0, UNIT_MAX)
    if not least <= unit <= most:
        raise NotAWish("probe.modbus.no_unit_of_line", {"given": unit, "most": most})
    scanned = None if units is None else parse_units(units, least, most)
    return Wish(target, connection, unit, first, count or _count(first, said), said, scanned, expected, is_measured)


def parse_units(text: str, least: int = 0, most: int = UNIT_MAX) -> tuple[int, ...]:
    """`1-16,255` as numbers, each once. Raises NotAWish."""
    units: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        numbers = (first, last if dash else first)
        if not all(each.isascii() and each.isdecimal() and least <= int(each) <= most for each in numbers):
            raise NotAWish("probe.modbus.no_units", {"given": text, "least": least, "most": most})
        units += range(int(numbers[0]), int(numbers[1]) + 1)
    if not units:
        raise NotAWish("probe.modbus.no_units", {"given": text, "least": least, "most": most})
    return tuple(dict.fromkeys(units))


def _way_there(where: str, way: Way, unit: int) -> tuple[Target, ModbusConnection]:
    is_port = _PORT.fullmatch(where) is not None
    if (is_port and (way.is_rtu or way.tls is not None)) or (not is_port and way.line) or (way.is_rtu and way.tls is not None):
        raise NotAWish("probe.modbus.no_such_way", {})
    if way.line and way.line.get("baud", BAUD[0]) not in BAUD:
        raise NotAWish("probe.modbus.no_baud", {"given": way.line["baud"], "known": ", ".join(map(str, BAUD))})
    if way.tls is not None and bool(way.tls["cert"]) != bool(way.tls["key"]):
        raise NotAWish("probe.mqtt.no_key", {})
    # A unit id that no plant may have can be asked all the same.
    given: dict[str, Any] = {"unit_id": unit} if unit <= UNIT_MAX_OF_LINE or unit == UNIT_MAX else {}
    try:
        if is_port:
            target = Target(where, 0)
            given["serial"] = {"path": where, **(way.line or {})}
        else:
            target = parse_target(where, DEFAULT_PORT if way.tls is None else TLS_PORT)
            given |= {"host": target.host, "port": target.port, **_over_tcp(way)}
        return target, ModbusConnection.model_validate(given)
    except (ValueError, ValidationError):
        raise NotAWish("probe.no_target", {"given": where}) from None


def _over_tcp(way: Way) -> dict[str, Any]:
    if way.is_rtu:
        return {"frames": Frames.RTU}
    if way.tls is None:
        return {}
    said = {name: given for name, given in way.tls.items() if given}
    return {"tls": {**said, **({"key": f"${{file:{said['key']}}}"} if "key" in said else {})}}


def _count(first: Address, kind: PointType | None) -> int:
    if first.table.holds_bits:
        return COUNT_OF_BITS
    return (kind.width if kind is not None else 0) or COUNT_OF_REGISTERS
