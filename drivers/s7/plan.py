"""Points of a CPU into the fewest reads. Pure.

Over Ethernet a request costs a round trip and a CPU cycle, a byte next to nothing, so holes are read over: the fewest windows
of `bytes_max` that cover the points. Going through the points by address and opening a window at the first that is not covered
gives the fewest, because no window could begin later and still cover that point. Whatever a window reads inside of a data
block stands there, up to the block's end; and no window ends behind the last point it was opened for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drivers.s7.address import Area
from drivers.s7.config import S7Point


@dataclass(frozen=True, slots=True)
class Read:
    """One request. start, count: bytes. points: which of the device's points it answers, as positions in the device's list."""

    area: Area
    block: int
    start: int
    count: int
    points: tuple[int, ...]

    def __str__(self) -> str:
        place = f"DB{self.block} bytes" if self.area is Area.DATA_BLOCK else f"{self.area} bytes"
        return f"{place} {self.start} to {self.start + self.count - 1}"


def plan_reads(points: Sequence[S7Point], positions: Iterable[int], *, bytes_max: int) -> tuple[Read, ...]:
    """The reads that answer the points at `positions`, each exactly once, by area, block and byte. bytes_max: no less than the
    widest of them."""

    def by_place(at: int) -> tuple[str, int, int, int, int]:
        address = points[at].address
        return address.area, address.block, address.byte, points[at].width, at

    reads: list[Read] = []
    for position in sorted(positions, key=by_place):
        point = points[position]
        address = point.address
        end = address.byte + point.width
        if reads:
            open_ = reads[-1]
            same = (open_.area, open_.block) == (address.area, address.block)
            count = max(end - open_.start, open_.count)
            if same and count <= bytes_max:
                reads[-1] = Read(open_.area, open_.block, open_.start, count, (*open_.points, position))
                continue
        reads.append(Read(address.area, address.block, address.byte, point.width, (position,)))
    return tuple(reads)


def halves(read: Read, points: Sequence[S7Point], *, bytes_max: int) -> tuple[Read, ...]:
    """The reads of either half of a read's points, to find out which of them a CPU refuses."""
    middle = len(read.points) // 2
    parts = (read.points[:middle], read.points[middle:])
    return tuple(each for part in parts for each in plan_reads(points, part, bytes_max=bytes_max))
