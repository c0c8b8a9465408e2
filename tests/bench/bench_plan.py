"""What it takes to plan the requests for 10,000 tags of a device, and what the plan saves. By hand: `./dev bench plan`.

Beside ours: one pass that joins what is no farther than a fixed gap, as other gateways do; for the saving, with the gap of 0 to
125 that turns out best for these tags. Time is that of the process, the median of several. Pure: no device, no socket.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from statistics import median
from time import process_time

from drivers.modbus.address import Address, Table
from drivers.modbus.config import ModbusPoint
from drivers.modbus.cost import TYPICAL_TCP, LinkCost, serial_cost
from drivers.modbus.layout import PointType
from drivers.modbus.plan import Limits, Read, plan_reads
from edge.model.moment import SECOND
from edge.ports import SerialLine
from tests.bench.figure import Figure

TAGS = 10_000
TIMES = 7
GOAL_S = 0.25


def points_of(step: int) -> list[ModbusPoint]:
    """One tag on about every `step`th register, as a file may have them: in any order."""
    chance = random.Random(step)
    starts = chance.sample(range(TAGS * step), TAGS)
    return [ModbusPoint.model_construct(address=Address(Table.HOLDING, start), type=PointType.INT16) for start in starts]


def with_a_fixed_gap(points: Sequence[ModbusPoint], gap: int, limits: Limits) -> list[Read]:
    reads: list[Read] = []
    for position in sorted(range(len(points)), key=lambda at: points[at].address):
        start = points[position].address.number
        last = reads[-1] if reads else None
        if last is not None and start - last.last - 1 <= gap and start - last.address < limits.registers_max:
            reads[-1] = Read(last.table, last.address, start - last.address + 1, (*last.points, position))
        else:
            reads.append(Read(Table.HOLDING, start, 1, (position,)))
    return reads


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Median and least."""
    took = []
    for _ in range(TIMES):
        begun = process_time()
        work()
        took.append(process_time() - begun)
    return median(took), min(took)


def run() -> list[Figure]:
    points = points_of(5)
    limits = Limits(125, 2000, TYPICAL_TCP)
    ours, least = _seconds(lambda: plan_reads(points, range(TAGS), limits))
    one_pass, _ = _seconds(lambda: with_a_fixed_gap(points, 50, limits))
    planned = Figure(f"plan the requests for {TAGS:,} tags", ours, "s", one_pass, "a fixed gap of 50", least, GOAL_S)
    return [planned, _saving("9600 baud", serial_cost(SerialLine(9600))), _saving("a network", TYPICAL_TCP)]


def _saving(link: str, cost: LinkCost) -> Figure:
    points, limits = points_of(5), Limits(125, 2000, cost)
    ours = limits.cost_of(plan_reads(points, range(TAGS), limits))
    best = min(limits.cost_of(with_a_fixed_gap(points, gap, limits)) for gap in range(0, 126, 5))
    return Figure(
        f"a poll of them over {link}, predicted", ours / SECOND, "s", best / SECOND, "the best fixed gap", ratio_goal=1.0
    )
