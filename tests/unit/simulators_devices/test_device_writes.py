"""Simulated devices take writes, by their own reading of the specification."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.devices.encoding import FLOAT_FORMAT, INTEGER_RANGES, Part, ValueType, WordOrder, from_registers, to_registers
from simulators.devices.machine import SimulatedMachine
from simulators.devices.mbap import Request, response_frame
from simulators.devices.modbus_unit import ExceptionCode, Gaps, ModbusUnit
from simulators.devices.point import ModbusAddress, Point, Table
from simulators.signals import Constant


def point(name: str, table: Table, address: int, kind: ValueType, part: Part = Part()) -> Point:  # noqa: B008 - frozen
    return Point(name, ModbusAddress(table, address), kind, Constant(0.0), part=part)


def machine() -> SimulatedMachine:
    points = [
        point("lamp", Table.COIL, 3, ValueType.BOOL),
        point("siren", Table.COIL, 4, ValueType.BOOL),
        point("speed", Table.HOLDING, 10, ValueType.INT16),
        point("level", Table.HOLDING, 11, ValueType.FLOAT32),
        point("request", Table.HOLDING, 20, ValueType.BOOL, Part(bit=3)),
        point("other", Table.HOLDING, 20, ValueType.BOOL, Part(bit=4)),
    ]
    return SimulatedMachine("M", points, ModbusUnit(1, points, Gaps.ZERO))


@pytest.mark.parametrize(
    ("function", "address", "data", "name", "value"),
    [
        (5, 3, b"\xff\x00", "lamp", 1.0),
        (15, 3, b"\x00\x02\x01\x02", "siren", 1.0),
        (6, 10, b"\xff\xfe", "speed", -2.0),
        (16, 11, struct.pack(">HBf", 2, 4, 1.5), "level", 1.5),
        (22, 20, struct.pack(">HH", 0xFFFF & ~8, 8), "request", 1.0),
    ],
)
def test_each_function_holds_its_point_at_what_was_written(
    function: int, address: int, data: bytes, name: str, value: float
) -> None:
    device = machine()
    assert isinstance(device.write(1, function, address, data, 0), bytes)
    assert device.value(name, 1) == value
    assert device.value("other", 1) == 0.0


def test_what_makes_no_sense_or_is_not_there_is_refused_and_changes_nothing() -> None:
    device = machine()
    assert device.write(1, 5, 3, b"\x12\x34", 0) is ExceptionCode.ILLEGAL_DATA_VALUE
    assert device.write(1, 16, 10, b"\x00\x02\x04\x00", 0) is ExceptionCode.ILLEGAL_DATA_VALUE
    assert device.write(1, 6, 99, b"\x00\x01", 0) is ExceptionCode.ILLEGAL_DATA_ADDRESS
    assert device.write(1, 7, 3, b"", 0) is ExceptionCode.ILLEGAL_FUNCTION
    assert [device.value(name, 1) for name in device.points] == [0.0] * 6


def test_a_machine_that_cannot_be_reached_takes_nothing() -> None:
    device = machine()
    device.unreachable(True, 0)
    assert device.write(1, 5, 3, b"\xff\x00", 1) is None
    assert device.value("lamp", 2) == 0.0


def test_the_answer_to_a_write_is_its_echo_without_a_byte_count() -> None:
    request = Request(7, 1, 16, struct.pack(">HHBHH", 11, 2, 4, 1, 2))
    answer = machine().write(1, 16, *request.written(), 0)
    assert isinstance(answer, bytes)
    assert response_frame(request, answer, 7) == struct.pack(">HHHBBHH", 7, 0, 6, 1, 16, 11, 2)


@given(st.sampled_from(sorted(INTEGER_RANGES, key=str)), st.sampled_from(WordOrder), st.data())
def test_integers_come_back_from_their_registers(kind: ValueType, order: WordOrder, data: st.DataObject) -> None:
    value = data.draw(st.integers(*INTEGER_RANGES[kind]))
    four, eight = len(order.value) == 4, kind in (ValueType.INT64, ValueType.UINT64)
    order = order if four or eight else WordOrder.ABCD
    back = from_registers(to_registers(float(value), kind, word_order=order), kind, word_order=order)
    assert back == min(int(float(value)), INTEGER_RANGES[kind][1])


@given(st.sampled_from(sorted(FLOAT_FORMAT, key=str)), st.sampled_from([each for each in WordOrder if len(each.value) == 4]))
def test_floats_come_back_from_their_registers(kind: ValueType, order: WordOrder) -> None:
    assert from_registers(to_registers(-12.625, kind, word_order=order), kind, word_order=order) == -12.625
