"""Points of a device into the reads that cost its link least. Pure.

Theory of operation. A read costs so much for itself and so much for each register (`cost.py`), so it may pay to read registers
that no tag names rather than to begin anew. What is wanted is the cheapest way to cut the points into reads within the device's
limits, such that no read covers a register that is to be left alone.

1. Reads of a cheapest way do not contain each other (joined, they would cost less), so each answers points that are neighbours
   by address. Points that lie within another go with it for nothing and drop out; the rest are *stations*, whose beginnings and
   ends both ascend.
2. best(i), the cost of the first i stations, is the least over j of best(j) + request + register * (end of i - begin of j + 1):
   the end depends on i alone and the rest on j alone. The j that are allowed (limit, registers left alone) are a window that
   only moves forward, so a queue of candidates that only get dearer gives each least in constant time: O(n) after sorting.

Cost is compared in whole nanoseconds, then the number of reads decides, then the last read is the shortest: the same points
give the same plan everywhere. Not here: what to do about a refusal (`poll.py`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drivers.modbus.address import Address, Block, Notation, Table
from drivers.modbus.config import ModbusPoint
from drivers.modbus.cost import TYPICAL_TCP, LinkCost


@dataclass(frozen=True, slots=True)
class Read:
    """One request. count: registers, or bits of a table of bits. points: which of the device's points it answers, as positions
    in the device's list, by address. notation: the way the device's addresses are written, for messages. gaps: what it covers
    that none of its points names, as (first, last), by address."""

    table: Table
    address: int
    count: int
    points: tuple[int, ...]
    notation: Notation = Notation.PROTOCOL
    gaps: tuple[tuple[int, int], ...] = ()

    @property
    def last(self) -> int:
        return self.address + self.count - 1

    @property
    def spare(self) -> int:
        """Registers, or bits, that are read for nothing."""
        return sum(last - first + 1 for first, last in self.gaps)

    def __str__(self) -> str:
        return span(self.table, self.address, self.last, self.notation)


@dataclass(frozen=True, slots=True)
class Limits:
    """What reads of a device keep to. registers_max: 2 to 125, and no less than the widest point; bits_max: 1 to 2000.
    bridges: whether registers that no point names may be read. avoid: those that are not, beside; a point's own always are."""

    registers_max: int
    bits_max: int
    cost: LinkCost = TYPICAL_TCP
    bridges: bool = True
    avoid: tuple[Block, ...] = ()

    @property
    def may_spare(self) -> bool:
        """Whether any register may be read for nothing."""
        return self.bridges and not self.avoid

    def count_max(self, table: Table) -> int:
        return self.bits_max if table.holds_bits else self.registers_max

    def cost_of(self, reads: Iterable[Read]) -> float:
        """Microseconds of the link's time."""
        return sum(self.cost.of(read.count, of_bits=read.table.holds_bits) for read in reads)


def span(table: Table, first: int, last: int, notation: Notation) -> str:
    """Addresses as people write them: `holding 0 to 3`, `40001 to 40004`."""
    begin, end = (Address(table, number, notation) for number in (first, last))
    return str(begin) if first == last else f"{begin} to {str(end).removeprefix(f'{table} ')}"


def plan_reads(points: Sequence[ModbusPoint], positions: Iterable[int], limits: Limits) -> tuple[Read, ...]:
    """The cheapest reads that answer the points at `positions`, each exactly once, by table and address."""
    of_table: dict[Table, list[tuple[int, int, int]]] = {}
    for position in positions:
        point = points[position]
        start = point.address.number
        of_table.setdefault(point.address.table, []).append((start, start + point.width, position))
    reads: list[Read] = []
    for table, spans in sorted(of_table.items()):
        spans.sort()
        reads += _reads_of_table(table, spans, limits, points[spans[0][2]].address.notation)
    return tuple(reads)


def split(read: Read, points: Sequence[ModbusPoint], limits: Limits) -> tuple[Read, ...]:
    """Two or more smaller reads for the same points, to find out what a device refuses of it: cut at its middle gap; one
    without gaps is cut in halves of points."""
    if read.gaps:
        at, _ = read.gaps[len(read.gaps) // 2]
        halves = tuple(
            tuple(position for position in read.points if (points[position].address.number < at) is before)
            for before in (True, False)
        )
    else:
        middle = len(read.points) // 2
        halves = (read.points[:middle], read.points[middle:])
    return tuple(part for half in halves for part in plan_reads(points, half, limits))


def _reads_of_table(table: Table, spans: Sequence[tuple[int, int, int]], limits: Limits, notation: Notation) -> list[Read]:
    """spans: (begin, end, position) of each point, sorted; an end is the address behind the last."""
    starts, ends = _stations(spans)
    avoided = _avoided(table, starts, ends, limits)
    reads: list[Read] = []
    at = 0
    for first, last in _cuts(starts, ends, avoided, limits, table):
        answered = []
        while at < len(spans) and spans[at][1] <= ends[last]:
            answered.append(spans[at][2])
            at += 1
        gaps = tuple((ends[k], starts[k + 1] - 1) for k in range(first, last) if starts[k + 1] > ends[k])
        reads.append(Read(table, starts[first], ends[last] - starts[first], tuple(answered), notation, gaps))
    return reads


def _stations(spans: Sequence[tuple[int, int, int]]) -> tuple[list[int], list[int]]:
    """Beginnings and ends, both strictly ascending, of the points that lie within no other."""
    starts: list[int] = []
    ends: list[int] = []
    for start, end, _ in spans:
        if starts and end <= ends[-1]:
            continue
        if starts and start == starts[-1]:
            ends[-1] = end
            continue
        starts.append(start)
        ends.append(end)
    return starts, ends


def _avoided(table: Table, starts: Sequence[int], ends: Sequence[int], limits: Limits) -> list[int]:
    """For each station, the first that a read which ends with it may begin with, as far as registers are to be left alone."""
    blocks = _merged(each for each in limits.avoid if each.table is table)
    firsts = [first for first, _ in blocks]
    found, allowed = [], 0
    for k, start in enumerate(starts):
        if k and start > ends[k - 1]:
            behind = bisect_left(firsts, start)
            if not limits.bridges or (behind and blocks[behind - 1][1] >= ends[k - 1]):
                allowed = k
        found.append(allowed)
    return found


def _merged(blocks: Iterable[Block]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for block in sorted(blocks):
        if merged and block.first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], block.last))
        else:
            merged.append((block.first, block.last))
    return merged


def _cuts(
    starts: Sequence[int], ends: Sequence[int], avoided: Sequence[int], limits: Limits, table: Table
) -> list[tuple[int, int]]:
    """The cheapest reads as (first station, last station)."""
    cost = limits.cost
    per_request = round(1000 * cost.per_request_us)
    per_word = round(1000 * (cost.per_bit_us if table.holds_bits else cost.per_register_us))
    count_max = limits.count_max(table)
    best, reads, begins = [0], [0], [0]
    #: Stations that the read which ends with the next may begin with: (cost less its beginning, reads, station), ascending.
    candidates: deque[tuple[int, int, int]] = deque()
    for k, (start, end) in enumerate(zip(starts, ends, strict=True)):
        ours = (best[k] - per_word * start, reads[k])
        while candidates and candidates[-1][:2] >= ours:
            candidates.pop()
        candidates.append((*ours, k))
        while candidates[0][2] < avoided[k] or starts[candidates[0][2]] < end - count_max:
            candidates.popleft()
        before, requests, begin = candidates[0]
        best.append(before + per_request + per_word * end)
        reads.append(requests + 1)
        begins.append(begin)
    cuts = []
    last = len(starts)
    while last:
        cuts.append((begins[last], last - 1))
        last = begins[last]
    return cuts[::-1]
