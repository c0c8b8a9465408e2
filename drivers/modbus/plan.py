"""Points of a device into few reads. Pure.

Only points that touch or overlap share a read: a register that no tag names is never asked for, because some devices refuse
a whole read for one address that they do not have. Not here: what to do about a refusal (`poll.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drivers.modbus.address import Address, Notation, Table
from drivers.modbus.config import ModbusPoint


@dataclass(frozen=True, slots=True)
class Read:
    """One request. count: registers, or bits of a table of bits. points: which of the device's points it answers, as positions
    in the device's list, by address. notation: the way the device's addresses are written, for messages."""

    table: Table
    address: int
    count: int
    points: tuple[int, ...]
    notation: Notation = Notation.PROTOCOL

    @property
    def last(self) -> int:
        return self.address + self.count - 1

    def __str__(self) -> str:
        return span(self.table, self.address, self.last, self.notation)


def span(table: Table, first: int, last: int, notation: Notation) -> str:
    """Addresses as people write them: `holding 0 to 3`, `40001 to 40004`."""
    begin, end = (Address(table, number, notation) for number in (first, last))
    return str(begin) if first == last else f"{begin} to {str(end).removeprefix(f'{table} ')}"


def plan_reads(
    points: Sequence[ModbusPoint], positions: Iterable[int], *, registers_max: int, bits_max: int
) -> tuple[Read, ...]:
    """The reads that answer the points at `positions`, each exactly once, by table and address.

    registers_max: 2 to 125, and no less than the widest point; bits_max: 1 to 2000. One pass over the sorted points: a point
    joins the open read when it begins no later than that ends and the read stays within its limit.
    """
    ordered = sorted(positions, key=lambda at: (points[at].address, points[at].width, at))
    reads: list[Read] = []
    for position in ordered:
        point = points[position]
        table, start = point.address.table, point.address.number
        end = start + point.width
        count_max = bits_max if table.holds_bits else registers_max
        if reads:
            last = reads[-1]
            last_end = last.address + last.count
            joined_count = max(end, last_end) - last.address
            if table is last.table and start <= last_end and joined_count <= count_max:
                reads[-1] = Read(table, last.address, joined_count, (*last.points, position), last.notation)
                continue
        reads.append(Read(table, start, end - start, (position,), point.address.notation))
    return tuple(reads)


def split(read: Read, points: Sequence[ModbusPoint], *, registers_max: int, bits_max: int) -> tuple[Read, ...]:
    """The reads of either half of a read's points, to find out which of them a device refuses."""
    middle = len(read.points) // 2
    halves = (read.points[:middle], read.points[middle:])
    return tuple(part for half in halves for part in plan_reads(points, half, registers_max=registers_max, bits_max=bits_max))
