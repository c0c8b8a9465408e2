"""Registers of the simulated devices against written-out bytes and against a decoder that nobody here wrote."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client.mixin import ModbusClientMixin

from simulators.devices.encoding import ValueType, WordOrder, misfit, to_registers

DECODED_AS = {
    ValueType.INT16: ModbusClientMixin.DATATYPE.INT16,
    ValueType.UINT16: ModbusClientMixin.DATATYPE.UINT16,
    ValueType.INT32: ModbusClientMixin.DATATYPE.INT32,
    ValueType.FLOAT32: ModbusClientMixin.DATATYPE.FLOAT32,
}
RAW = {
    ValueType.INT16: st.integers(-(2**15), 2**15 - 1),
    ValueType.UINT16: st.integers(0, 2**16 - 1),
    ValueType.INT32: st.integers(-(2**31), 2**31 - 1),
    ValueType.FLOAT32: st.floats(width=32, allow_nan=False, allow_infinity=False),
}


def swap_bytes(registers: tuple[int, ...]) -> list[int]:
    return [struct.unpack("<H", struct.pack(">H", register))[0] for register in registers]


@pytest.mark.parametrize(
    ("word_order", "registers"),
    [("ABCD", (0x1122, 0x3344)), ("CDAB", (0x3344, 0x1122)), ("BADC", (0x2211, 0x4433)), ("DCBA", (0x4433, 0x2211))],
)
def test_the_name_of_a_word_order_says_where_each_byte_goes(word_order, registers):
    assert to_registers(0x11223344, ValueType.INT32, word_order=WordOrder(word_order)) == registers


@given(st.sampled_from(list(DECODED_AS)).flatmap(lambda kind: st.tuples(st.just(kind), RAW[kind])), st.sampled_from(WordOrder))
def test_pymodbus_decodes_every_type_in_every_word_order(typed, word_order):
    value_type, raw = typed
    registers = to_registers(raw, value_type, word_order=word_order)
    in_words = swap_bytes(registers) if word_order.value in ("BADC", "DCBA") and len(registers) == 2 else list(registers)
    low_word_first = word_order.value in ("CDAB", "DCBA")
    decoded = ModbusClientMixin.convert_from_registers(
        in_words, DECODED_AS[value_type], word_order="little" if low_word_first else "big"
    )
    assert decoded == raw


def test_scale_is_the_value_of_one_count():
    assert to_registers(62.34, ValueType.INT16, scale=0.1) == (623,)
    assert to_registers(-0.3, ValueType.INT16, scale=0.1) == (0x10000 - 3,)


@pytest.mark.parametrize(
    ("value", "value_type", "registers"),
    [
        (1e9, ValueType.INT16, (0x7FFF,)),
        (-1e9, ValueType.INT16, (0x8000,)),
        (-5, ValueType.UINT16, (0,)),
        (1e300, ValueType.FLOAT32, (0x7F7F, 0xFFFF)),
        (math.inf, ValueType.FLOAT32, (0x7F80, 0x0000)),
    ],
)
def test_a_signal_that_runs_out_of_its_range_stays_at_the_end_of_it(value, value_type, registers):
    assert to_registers(value, value_type) == registers


def test_a_broken_float_sensor_shows_not_a_number():
    assert math.isnan(struct.unpack(">f", struct.pack(">HH", *to_registers(math.nan, ValueType.FLOAT32)))[0])


@pytest.mark.parametrize(
    ("value", "value_type", "fits"),
    [
        (3276.7, ValueType.INT16, True),
        (3276.8, ValueType.INT16, False),
        (math.nan, ValueType.INT16, False),
        (math.nan, ValueType.FLOAT32, True),
        (1e39, ValueType.FLOAT32, False),
        (2, ValueType.BOOL, False),
        (1, ValueType.BOOL, True),
    ],
)
def test_a_value_that_a_point_cannot_show_is_named(value, value_type, fits):
    assert (misfit(value, value_type, 0.1) is None) == fits
