"""Points become the reads that cost least: each covered exactly, within limits, and nothing read that is to be left alone."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.modbus.address import Address, Block, Table
from drivers.modbus.config import ModbusPoint
from drivers.modbus.cost import TYPICAL_TCP, LinkCost, serial_cost
from drivers.modbus.layout import PointType
from drivers.modbus.plan import Limits, Read, plan_reads, split
from edge.ports import SerialLine


def point(table: str, number: int, kind: str | None = None, **more: object) -> ModbusPoint:
    given = {"address": f"{table} {number}", **({} if kind is None else {"type": kind}), **more}
    return ModbusPoint.model_validate_json(json.dumps(given), strict=True)


tables = st.sampled_from(["holding", "input"])
numbers = st.builds(point, tables, st.integers(0, 60), st.sampled_from([kind for kind in PointType if kind.width]))
strings = st.builds(point, tables, st.integers(0, 60), st.just("string"), length=st.integers(1, 20))
registers = st.one_of(numbers, strings)
bits = st.builds(point, st.sampled_from(["coil", "discrete"]), st.integers(0, 60))
devices = st.lists(st.one_of(registers, bits), min_size=1, max_size=60)
limits = st.tuples(st.integers(10, 125), st.integers(1, 2000) | st.integers(1, 8))


costs = st.one_of(
    st.sampled_from([TYPICAL_TCP, serial_cost(SerialLine(9600)), serial_cost(SerialLine(115_200))]),
    st.builds(
        lambda request, register: LinkCost(request / 10, register / 10, register / 160), st.integers(0, 400), st.integers(0, 40)
    ),
)
avoided = st.lists(
    st.builds(
        lambda table, first, more: Block(table, first, first + more),
        st.sampled_from(Table),
        st.integers(0, 80),
        st.integers(0, 6),
    ),
    max_size=4,
)
#: As plain numbers, which are quicker to make than points: where one begins and how many registers it takes.
few = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([1, 1, 2, 4])), min_size=1, max_size=6)
many = st.lists(st.tuples(st.integers(0, 900), st.sampled_from([1, 1, 1, 2, 4])), min_size=1, max_size=80)
KIND = {1: PointType.INT16, 2: PointType.FLOAT32, 4: PointType.FLOAT64}


def plan(points: list[ModbusPoint], registers_max: int = 125, bits_max: int = 2000, **more: object) -> tuple[Read, ...]:
    """Without bridging, where nothing else is said."""
    limits = Limits(registers_max, bits_max, **{"bridges": False, **more})  # type: ignore[arg-type]  # as the caller says
    return plan_reads(points, range(len(points)), limits)


def holding(spans: Sequence[tuple[int, int]]) -> list[ModbusPoint]:
    return [ModbusPoint.model_construct(address=Address(Table.HOLDING, start), type=KIND[width]) for start, width in spans]


def partitions(items: list[int]) -> Iterator[list[list[int]]]:
    """Every way to put some things into groups."""
    if not items:
        yield []
        return
    first, *rest = items
    for groups in partitions(rest):
        yield [[first], *groups]
        for k, group in enumerate(groups):
            yield [*groups[:k], [first, *group], *groups[k + 1 :]]


def with_a_fixed_gap(spans: Sequence[tuple[int, int]], gap: int, count_max: int) -> list[tuple[int, int]]:
    """What other gateways do: one pass, and what is no farther than `gap` joins the open request."""
    reads: list[tuple[int, int]] = []
    for start, width in sorted(spans):
        end = start + width
        if reads and start - reads[-1][1] <= gap and max(end, reads[-1][1]) - reads[-1][0] <= count_max:
            reads[-1] = (reads[-1][0], max(end, reads[-1][1]))
        else:
            reads.append((start, end))
    return reads


def cells(of: ModbusPoint) -> set[tuple[Table, int]]:
    return {(of.address.table, of.address.number + word) for word in range(of.width)}


def asked(read: Read) -> set[tuple[Table, int]]:
    return {(read.table, read.address + word) for word in range(read.count)}


@given(devices, limits, costs, avoided)
def test_every_point_is_answered_by_exactly_one_read_that_contains_it(
    points: list[ModbusPoint], limit: tuple[int, int], cost: LinkCost, avoid: list[Block]
) -> None:
    reads = plan(points, *limit, cost=cost, avoid=tuple(avoid), bridges=True)
    assert sorted(position for read in reads for position in read.points) == list(range(len(points)))
    for read in reads:
        for position in read.points:
            assert cells(points[position]) <= asked(read)


@given(devices, limits, costs)
def test_no_read_asks_for_more_than_the_device_takes(points: list[ModbusPoint], limit: tuple[int, int], cost: LinkCost) -> None:
    for read in plan(points, *limit, cost=cost, bridges=True):
        assert 1 <= read.count <= (limit[1] if read.table.holds_bits else limit[0])


@given(devices, limits)
def test_without_bridging_no_register_is_asked_for_that_no_tag_names(points: list[ModbusPoint], limit: tuple[int, int]) -> None:
    for read in plan(points, *limit):
        assert asked(read) == set().union(*(cells(points[position]) for position in read.points))


@given(devices, limits, costs, avoided)
def test_what_a_read_covers_beside_its_points_are_its_gaps_and_none_is_to_be_left_alone(
    points: list[ModbusPoint], limit: tuple[int, int], cost: LinkCost, avoid: list[Block]
) -> None:
    left_alone = {(each.table, number) for each in avoid for number in range(each.first, each.last + 1)}
    for read in plan(points, *limit, cost=cost, avoid=tuple(avoid), bridges=True):
        beside = asked(read) - set().union(*(cells(points[position]) for position in read.points))
        assert beside == {(read.table, number) for first, last in read.gaps for number in range(first, last + 1)}
        assert len(beside) == read.spare
        assert not beside & left_alone


@settings(max_examples=300)
@given(few, st.sampled_from([4, 8, 125]), costs, avoided)
def test_no_way_of_all_ways_to_group_the_points_costs_less(
    spans: list[tuple[int, int]], count_max: int, cost: LinkCost, avoid: list[Block]
) -> None:
    per_request, per_register = round(1000 * cost.per_request_us), round(1000 * cost.per_register_us)
    left_alone = {number for each in avoid if each.table is Table.HOLDING for number in range(each.first, each.last + 1)}
    left_alone -= {number for start, width in spans for number in range(start, start + width)}

    def cost_of(group: list[int]) -> int | None:
        begin, end = min(spans[at][0] for at in group), max(sum(spans[at]) for at in group)
        if end - begin > count_max or left_alone & set(range(begin, end)):
            return None
        return per_request + per_register * (end - begin)

    ways = [[cost_of(group) for group in groups] for groups in partitions(list(range(len(spans))))]
    least = min(sum(each for each in way if each is not None) for way in ways if None not in way)
    reads = plan(holding(spans), count_max, cost=cost, avoid=tuple(avoid), bridges=True)
    assert sum(per_request + per_register * read.count for read in reads) == least


@given(many, st.sampled_from([16, 60, 125]), costs, st.integers(0, 130))
def test_no_fixed_gap_costs_less(spans: list[tuple[int, int]], count_max: int, cost: LinkCost, gap: int) -> None:
    reads = plan(holding(spans), count_max, cost=cost, bridges=True)
    ours = sum(round(1000 * cost.of(read.count, of_bits=False)) for read in reads)
    theirs = sum(round(1000 * cost.of(end - start, of_bits=False)) for start, end in with_a_fixed_gap(spans, gap, count_max))
    assert ours <= theirs + 2 * len(spans), "but for the roundings"


@given(many, costs, st.randoms(use_true_random=False))
def test_the_order_of_the_tags_in_the_file_changes_nothing(
    spans: list[tuple[int, int]], cost: LinkCost, chance: random.Random
) -> None:
    shuffled = spans.copy()
    chance.shuffle(shuffled)
    ours, theirs = (
        [(read.address, read.count, read.gaps) for read in plan(holding(each), cost=cost, bridges=True)]
        for each in (spans, shuffled)
    )
    assert ours == theirs


@given(devices)
def test_without_a_limit_in_the_way_reads_that_touch_are_one(points: list[ModbusPoint]) -> None:
    reads = plan(points)
    ends = {(read.table, read.address + read.count) for read in reads}
    assert not ends & {(read.table, read.address) for read in reads}
    assert reads == tuple(sorted(reads, key=lambda read: (read.table, read.address)))


@given(devices, limits, st.booleans())
def test_splitting_loses_no_point_and_comes_to_an_end(points: list[ModbusPoint], limit: tuple[int, int], bridges: bool) -> None:
    registers_max, bits_max = limit
    waiting, leaves = list(plan(points, *limit, bridges=bridges)), []
    while waiting:
        read = waiting.pop()
        if len(read.points) == 1:
            leaves.append(read.points[0])
            continue
        parts = split(read, points, Limits(registers_max, bits_max, bridges=bridges))
        assert sorted(position for part in parts for position in part.points) == sorted(read.points)
        assert all(len(part.points) < len(read.points) for part in parts)
        waiting += parts
    assert sorted(leaves) == list(range(len(points)))


def test_a_thousand_floats_in_a_row_are_seventeen_reads() -> None:
    reads = plan([point("holding", 2 * number, PointType.FLOAT32) for number in range(1000)])
    assert len(reads) == 17
    assert {read.count for read in reads[:-1]} == {124}, "a float is never cut in two"


def test_a_register_of_many_tags_is_asked_for_once() -> None:
    bits = [point("holding", 4, "bool", bit=bit) for bit in range(16)]
    halves = [point("holding", 4, "uint8", byte=half) for half in ("high", "low")]
    (read,) = plan([*bits, *halves, point("holding", 4, "uint16")])
    assert (str(read), read.count, len(read.points)) == ("holding 4", 1, 19)


def test_the_longest_string_is_one_read() -> None:
    (read,) = plan([point("input", 100, "string", length=119)])
    assert (read.address, read.count) == (100, 60)


def test_a_read_speaks_in_the_notation_of_its_device() -> None:
    for first, second, spoken in (
        ("holding 0", "holding 1", "holding 0 to 1"),
        ("input 0x0A", "input 0x0B", "input 0x0A to 0x0B"),
        ("30001", "30002", "30001 to 30002"),
        ("400001", "400002", "400001 to 400002"),
        ("4x0009", "4x0010", "4x0009 to 4x0010"),
    ):
        points = [ModbusPoint.model_validate({"address": each, "type": PointType.INT16}) for each in (first, second)]
        assert [str(read) for read in plan(points)] == [spoken]


def test_two_hundred_registers_on_every_fourth_are_seven_reads() -> None:
    reads = plan([point("holding", 4 * number, "int16") for number in range(200)], bridges=True)
    assert len(reads) == 7
    assert sum(read.spare for read in reads) == sum(read.count for read in reads) - 200


def test_160_status_bits_of_10_words_are_one_read() -> None:
    (read,) = plan([point("holding", word, "bool", bit=bit) for word in range(10) for bit in range(16)], bridges=True)
    assert (read.count, len(read.points)) == (10, 160)


#: Where other gateways were measured on the same scattered registers, at the same cost: 10.3 s without bridging, 12.7 s with a
#: gap of 50, 15.6 s with as much as fits. 33 ms a request and 2.29 ms a register at 9600 baud; 2 ms a request on a network.
@pytest.mark.parametrize(("cost", "seconds"), [(serial_cost(SerialLine(9600)), 8.7), (LinkCost(2000, 0, 0), 0.13)])
def test_300_scattered_registers_are_read_as_quickly_as_can_be(cost: LinkCost, seconds: float) -> None:
    chance = random.Random(7)
    numbers = sorted(chance.sample(range(10_000), 300))
    points = [point("holding", number, "int16") for number in numbers]
    limits = Limits(125, 2000, cost)
    took = limits.cost_of(plan_reads(points, range(300), limits)) / 1e6
    assert took == pytest.approx(seconds, rel=0.05)
    for gap in (0, 14, 50, 125):
        other = with_a_fixed_gap([(number, 1) for number in numbers], gap, 125)
        assert took <= sum(cost.of(end - start, of_bits=False) for start, end in other) / 1e6


def test_fourteen_registers_are_worth_a_request_at_9600_baud_and_a_fifteenth_is_not() -> None:
    for hole, reads in ((14, 1), (15, 2)):
        points = [point("holding", 0, "int16"), point("holding", 1 + hole, "int16")]
        assert len(plan(points, cost=serial_cost(SerialLine(9600)), bridges=True)) == reads


def test_a_hole_of_one_register_begins_a_new_read_where_gaps_are_never_read() -> None:
    points = [point("holding", number, "int16") for number in (0, 1, 3)]
    assert [str(read) for read in plan(points)] == ["holding 0 to 1", "holding 3"]
