"""What a person asked `andon probe modbus` for, read from the words of the command line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.modbus.address import Address, NotAnAddress, parse_address
from drivers.modbus.layout import PointType
from edge.probe.target import Target, parse_target
from edge.texts import render

DEFAULT_PORT = 502
#: As many as the widest number takes, and a byte of bits.
COUNT_OF_REGISTERS, COUNT_OF_BITS = 4, 8
#: A request of them with one below and one above stays within what every device takes.
COUNT_MAX = 60
UNIT_MAX = 255


@dataclass(frozen=True, slots=True)
class Wish:
    """kind: what the person says the registers are; None: shown as everything. units: to scan instead; None: no scan."""

    target: Target
    unit: int
    address: Address
    count: int
    kind: PointType | None
    units: tuple[int, ...] | None


class NotAWish(ValueError):
    """Says why by a sentence of `edge/texts`."""

    def __init__(self, key: str, arguments: Mapping[str, object]) -> None:
        super().__init__(key)
        self.key = key
        self.arguments = arguments

    def render(self, language: str) -> str:
        return render(self.key, self.arguments, language)


def wish_of(where: str, *, unit: int, address: str, count: int | None, kind: str, units: str | None) -> Wish:
    """kind: empty for none. Raises NotAWish."""
    try:
        first = parse_address(address)
    except NotAnAddress as error:
        raise NotAWish(error.key, {"name": "--address", "given": f'"{address}"', **error.arguments}) from None
    if kind and kind not in list(PointType):
        raise NotAWish("probe.modbus.no_type", {"given": kind, "known": ", ".join(PointType)})
    try:
        target = parse_target(where, DEFAULT_PORT)
    except ValueError:
        raise NotAWish("probe.no_target", {"given": where}) from None
    said = PointType(kind) if kind else None
    return Wish(target, unit, first, count or _count(first, said), said, None if units is None else parse_units(units))


def parse_units(text: str) -> tuple[int, ...]:
    """`1-16,255` as numbers, each once. Raises NotAWish."""
    units: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        numbers = (first, last if dash else first)
        if not all(each.isascii() and each.isdecimal() and int(each) <= UNIT_MAX for each in numbers):
            raise NotAWish("probe.modbus.no_units", {"given": text, "most": UNIT_MAX})
        units += range(int(numbers[0]), int(numbers[1]) + 1)
    if not units:
        raise NotAWish("probe.modbus.no_units", {"given": text, "most": UNIT_MAX})
    return tuple(dict.fromkeys(units))


def _count(first: Address, kind: PointType | None) -> int:
    if first.table.holds_bits:
        return COUNT_OF_BITS
    return (kind.width if kind is not None else 0) or COUNT_OF_REGISTERS
