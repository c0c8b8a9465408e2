"""Registers of the simulated devices against written-out bytes and against a decoder that nobody here wrote."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client.mixin import ModbusClientMixin

from simulators.devices.encoding import ByteOfRegister, ByteOrder, Part, ValueType, WordOrder, misfit, to_registers

DATATYPE = ModbusClientMixin.DATATYPE
DECODED_AS = {
    ValueType.INT16: DATATYPE.INT16,
    ValueType.UINT16: DATATYPE.UINT16,
    ValueType.INT32: DATATYPE.INT32,
    ValueType.UINT32: DATATYPE.UINT32,
    ValueType.INT64: DATATYPE.INT64,
    ValueType.UINT64: DATATYPE.UINT64,
    ValueType.FLOAT32: DATATYPE.FLOAT32,
    ValueType.FLOAT64: DATATYPE.FLOAT64,
}
RAW = {
    ValueType.INT16: st.integers(-(2**15), 2**15 - 1),
    ValueType.UINT16: st.integers(0, 2**16 - 1),
    ValueType.INT32: st.integers(-(2**31), 2**31 - 1),
    ValueType.UINT32: st.integers(0, 2**32 - 1),
    # Values are floats, which have no more than 53 bits.
    ValueType.INT64: st.integers(-(2**53), 2**53),
    ValueType.UINT64: st.integers(0, 2**53),
    ValueType.FLOAT32: st.floats(width=32, allow_nan=False, allow_infinity=False),
    ValueType.FLOAT64: st.floats(allow_nan=False, allow_infinity=False),
}
ORDERS_OF_4 = ["ABCD", "CDAB", "BADC", "DCBA"]


def swap_bytes(registers: tuple[int, ...]) -> list[int]:
    return [struct.unpack("<H", struct.pack(">H", register))[0] for register in registers]


@pytest.mark.parametrize(
    ("word_order", "registers"),
    [
        ("ABCD", (0x1122, 0x3344)),
        ("CDAB", (0x3344, 0x1122)),
        ("BADC", (0x2211, 0x4433)),
        ("DCBA", (0x4433, 0x2211)),
    ],
)
def test_the_name_of_a_word_order_says_where_each_byte_goes(word_order, registers):
    assert to_registers(0x11223344, ValueType.INT32, word_order=WordOrder(word_order)) == registers
    assert to_registers(11223344, ValueType.BCD32, word_order=WordOrder(word_order)) == registers


@pytest.mark.parametrize(
    ("word_order", "registers"),
    [
        ("ABCDEFGH", (0x0011, 0x2233, 0x4455, 0x6600)),
        ("GHEFCDAB", (0x6600, 0x4455, 0x2233, 0x0011)),
        ("BADCFEHG", (0x1100, 0x3322, 0x5544, 0x0066)),
        ("HGFEDCBA", (0x0066, 0x5544, 0x3322, 0x1100)),
        ("CDABGHEF", (0x2233, 0x0011, 0x6600, 0x4455)),
        ("DCBAHGFE", (0x3322, 0x1100, 0x0066, 0x5544)),
        # What a device of these orders of four bytes does with eight.
        ("ABCD", (0x0011, 0x2233, 0x4455, 0x6600)),
        ("CDAB", (0x6600, 0x4455, 0x2233, 0x0011)),
        ("BADC", (0x1100, 0x3322, 0x5544, 0x0066)),
        ("DCBA", (0x0066, 0x5544, 0x3322, 0x1100)),
    ],
)
def test_the_name_of_an_order_of_eight_says_where_each_byte_goes(word_order, registers):
    # Exact as a float: 45 bits.
    assert to_registers(0x0011223344556600, ValueType.INT64, word_order=WordOrder(word_order)) == registers


@given(
    st.sampled_from(list(DECODED_AS)).flatmap(lambda kind: st.tuples(st.just(kind), RAW[kind])), st.sampled_from(ORDERS_OF_4)
)
def test_pymodbus_decodes_every_type_in_every_word_order(typed, word_order):
    value_type, raw = typed
    registers = to_registers(raw, value_type, word_order=WordOrder(word_order))
    in_words = swap_bytes(registers) if word_order in ("BADC", "DCBA") and len(registers) > 1 else list(registers)
    low_word_first = word_order in ("CDAB", "DCBA")
    decoded = ModbusClientMixin.convert_from_registers(
        in_words, DECODED_AS[value_type], word_order="little" if low_word_first else "big"
    )
    assert decoded == raw


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=16), st.integers(1, 16))
def test_pymodbus_reads_a_text_as_far_as_its_registers_reach(text, length):
    registers = list(to_registers(text, ValueType.STRING, part=Part(length=length)))
    assert len(registers) == (length + 1) // 2
    assert ModbusClientMixin.convert_from_registers(registers, DATATYPE.STRING) == text[:length]
    swapped = to_registers(text, ValueType.STRING, part=Part(length=length, byte_order=ByteOrder.LOW_FIRST))
    assert swap_bytes(swapped) == registers


@pytest.mark.parametrize(
    ("value", "value_type", "part", "registers"),
    [
        (1, ValueType.BOOL, Part(bit=5), (0x0020,)),
        (0, ValueType.BOOL, Part(bit=5), (0x0000,)),
        (-1, ValueType.INT8, Part(), (0x00FF,)),
        (-1, ValueType.INT8, Part(byte=ByteOfRegister.HIGH), (0xFF00,)),
        (300, ValueType.UINT8, Part(), (0x00FF,)),
        (1234, ValueType.BCD16, Part(), (0x1234,)),
        (-1, ValueType.BCD16, Part(), (0x0000,)),
        (10**9, ValueType.BCD32, Part(), (0x9999, 0x9999)),
    ],
)
def test_parts_of_registers_and_decimal_digits(value, value_type, part, registers):
    assert to_registers(value, value_type, part=part) == registers


def test_scale_is_the_value_of_one_count():
    assert to_registers(62.34, ValueType.INT16, scale=0.1) == (623,)
    assert to_registers(-0.3, ValueType.INT16, scale=0.1) == (0x10000 - 3,)


@pytest.mark.parametrize(
    ("value", "value_type", "registers"),
    [
        (1e9, ValueType.INT16, (0x7FFF,)),
        (-1e9, ValueType.INT16, (0x8000,)),
        (-5, ValueType.UINT16, (0,)),
        (1e300, ValueType.UINT64, (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF)),
        (-math.inf, ValueType.INT64, (0x8000, 0, 0, 0)),
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
