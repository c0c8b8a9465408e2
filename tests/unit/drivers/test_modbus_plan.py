"""Points become few reads: each covered exactly, within limits, and nothing read that no tag names."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.address import Table
from drivers.modbus.config import ModbusPoint
from drivers.modbus.layout import PointType
from drivers.modbus.plan import Read, plan_reads, split


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


def plan(points: list[ModbusPoint], registers_max: int = 125, bits_max: int = 2000) -> tuple[Read, ...]:
    return plan_reads(points, range(len(points)), registers_max=registers_max, bits_max=bits_max)


def cells(of: ModbusPoint) -> set[tuple[Table, int]]:
    return {(of.address.table, of.address.number + word) for word in range(of.width)}


def asked(read: Read) -> set[tuple[Table, int]]:
    return {(read.table, read.address + word) for word in range(read.count)}


@given(devices, limits)
def test_every_point_is_answered_by_exactly_one_read_that_contains_it(
    points: list[ModbusPoint], limit: tuple[int, int]
) -> None:
    reads = plan(points, *limit)
    assert sorted(position for read in reads for position in read.points) == list(range(len(points)))
    for read in reads:
        for position in read.points:
            assert cells(points[position]) <= asked(read)


@given(devices, limits)
def test_no_read_asks_for_more_than_the_device_takes(points: list[ModbusPoint], limit: tuple[int, int]) -> None:
    for read in plan(points, *limit):
        assert 1 <= read.count <= (limit[1] if read.table.holds_bits else limit[0])


@given(devices, limits)
def test_no_register_is_asked_for_that_no_tag_names(points: list[ModbusPoint], limit: tuple[int, int]) -> None:
    for read in plan(points, *limit):
        assert asked(read) == set().union(*(cells(points[position]) for position in read.points))


@given(devices)
def test_without_a_limit_in_the_way_reads_that_touch_are_one(points: list[ModbusPoint]) -> None:
    reads = plan(points)
    ends = {(read.table, read.address + read.count) for read in reads}
    assert not ends & {(read.table, read.address) for read in reads}
    assert reads == tuple(sorted(reads, key=lambda read: (read.table, read.address)))


@given(devices, limits)
def test_splitting_loses_no_point_and_comes_to_an_end(points: list[ModbusPoint], limit: tuple[int, int]) -> None:
    registers_max, bits_max = limit
    waiting, leaves = list(plan(points, *limit)), []
    while waiting:
        read = waiting.pop()
        if len(read.points) == 1:
            leaves.append(read.points[0])
            continue
        parts = split(read, points, registers_max=registers_max, bits_max=bits_max)
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


def test_a_hole_of_one_register_begins_a_new_read() -> None:
    points = [point("holding", number, "int16") for number in (0, 1, 3)]
    assert [str(read) for read in plan(points)] == ["holding 0 to 1", "holding 3"]
