"""What the same registers are in each type and order, and which of it looks like a measurement. Pure.

They are decoded by the driver's own codec, so that what is shown here is what the gateway will read. Plausible is a hint for a
person who knows what the display of the machine shows; it decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from drivers.modbus.address import Address
from drivers.modbus.codec import Decoder
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.modbus.layout import PointType, WordOrder
from drivers.modbus.plan import Read

#: The types one cannot tell apart by looking at registers one by one, narrow before wide, in the order of the table's columns.
WIDE = (
    PointType.INT32,
    PointType.UINT32,
    PointType.FLOAT32,
    PointType.INT64,
    PointType.UINT64,
    PointType.FLOAT64,
)
FLOATS = (PointType.FLOAT32, PointType.FLOAT64)
#: Most things that are measured, in the unit in which people speak of them.
LEAST, MOST = 1e-3, 1e7
#: A typical reading; what is a decade further from it looks less like one by 1. So does an order that few devices use.
TYPICAL = 30.0
UNUSUAL_ORDER = 1.0
#: Any register is an int16; that two or four of them together are a usual number happens seldom by chance.
SINGLE = 0.5


#: What a count is commonly worth, in tags that are integers; floats may be of a unit a thousand times larger or smaller.
SCALES = (Decimal(1), Decimal("0.1"), Decimal("0.01"), Decimal("0.001"), Decimal(10), Decimal(100))
SCALES_OF_FLOATS = (Decimal(1), Decimal("0.001"), Decimal(1000))
#: A display and a register that were read seconds apart differ by less.
NEAR = 0.02


@dataclass(frozen=True, slots=True)
class Reading:
    """Registers from `address` on, read in one way. order: None where the type has none."""

    address: Address
    kind: PointType
    order: WordOrder | None
    value: float

    @property
    def is_plausible(self) -> bool:
        return is_plausible(self.kind, self.value)

    @property
    def oddness(self) -> float:
        """Of a plausible one: how far it is from what one expects, from 0."""
        unusual = 0.0 if self.order in (None, WordOrder.ABCD, WordOrder.ABCDEFGH) else UNUSUAL_ORDER
        return abs(math.log10(abs(self.value) / TYPICAL)) + unusual + (SINGLE if self.kind.width == 1 else 0.0)

    @property
    def shown(self) -> str:
        """As a person writes it; a float32 has seven digits."""
        if self.kind not in FLOATS and math.isfinite(self.value):
            return str(int(self.value))
        return f"{self.value:.7g}" if self.kind is PointType.FLOAT32 else f"{self.value:.12g}"


@dataclass(frozen=True, slots=True)
class Match:
    """A reading that is what was expected, once it is scaled."""

    reading: Reading
    scale: Decimal

    @property
    def value(self) -> float:
        return self.reading.value * float(self.scale)

    @property
    def shown(self) -> str:
        return f"{self.value:.7g}"


def is_plausible(kind: PointType, value: float) -> bool:
    """Whether it might be measured: a magnitude of 0.001 to 10 million. Zero says nothing; an integer whose low 16 bits are all
    zero is more likely a small one whose words are the other way round."""
    if not math.isfinite(value) or not LEAST <= abs(value) <= MOST:
        return False
    return kind in FLOATS or kind.width == 1 or int(value) % 0x10000 != 0


def readings_from(first: Address, registers: Sequence[int], kinds: Iterable[PointType] = WIDE) -> list[Reading]:
    """Every reading of registers that begins with the first of them and needs no more than there are."""
    kept = [(kind, order) for kind in kinds if 0 < kind.width <= len(registers) for order in kind.orders or (None,)]
    if not kept:
        return []
    points = [ModbusPoint.model_validate({"address": str(first), "type": kind, "word_order": order}) for kind, order in kept]
    count = max(point.width for point in points)
    read = Read(first.table, first.number, count, tuple(range(len(points))))
    data = b"".join(register.to_bytes(2, "big") for register in registers[:count])
    values = Decoder(read, points, ModbusConnection(host="probe")).decode(data).raw.tolist()
    return [Reading(first, kind, order, value) for (kind, order), value in zip(kept, values, strict=True)]


def likely(
    registers: Mapping[int, int], first: Address, kinds: Iterable[PointType] = (PointType.INT16, *WIDE)
) -> list[Reading]:
    """The plausible readings of what stands at `first`, the least odd one first."""
    readings = readings_from(first, run_from(registers, first.number), kinds)
    return sorted((each for each in readings if each.is_plausible), key=lambda each: each.oddness)


def matches(registers: Mapping[int, int], at: Address, expected: float) -> list[Match]:
    """All that is near `expected`, which is not 0: from every register there is, in every type and order. The likeliest first:
    an order that devices use, what rounds to it, the simplest scale, where it was asked for, the nearest."""
    found = [
        each for number in registers for each in _matches_at(replace(at, number=number), run_from(registers, number), expected)
    ]
    return sorted(found, key=lambda each: _unlikeliness(each, at, expected))


def _matches_at(first: Address, run: Sequence[int], expected: float) -> Iterator[Match]:
    seen: set[tuple[int, WordOrder | None, float]] = set()
    for reading in readings_from(first, run, (PointType.INT16, PointType.UINT16, *WIDE)):
        # What is the same signed and unsigned is told once.
        same = (reading.kind.width, reading.order, reading.value)
        if not math.isfinite(reading.value) or (reading.kind not in FLOATS and same in seen):
            continue
        seen.add(same)
        for scale in SCALES_OF_FLOATS if reading.kind in FLOATS else SCALES:
            if abs(reading.value * float(scale) - expected) <= NEAR * abs(expected):
                yield Match(reading, scale)


def _unlikeliness(match: Match, at: Address, expected: float) -> tuple[bool, bool, int, bool, float]:
    reading = match.reading
    unusual = reading.order not in (None, WordOrder.ABCD, WordOrder.ABCDEFGH, WordOrder.CDAB)
    scaled = abs(match.scale.adjusted()) + (reading.kind.width // 4)
    off = abs(match.value - expected)
    # 229 on a display may be 229.4: what rounds to it is as good as what is it.
    rounding = 10.0 ** int(Decimal(f"{expected:.9g}").as_tuple().exponent) / 2
    return unusual, off > rounding, scaled, reading.address.number != at.number, off


def run_from(registers: Mapping[int, int], number: int) -> list[int]:
    """The registers that are known from a number on, without a gap."""
    run: list[int] = []
    while number in registers:
        run.append(registers[number])
        number += 1
    return run
