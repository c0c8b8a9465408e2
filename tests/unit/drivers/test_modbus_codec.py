"""Registers and bits become the values that a device meant."""

from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.codec import Decoder
from drivers.modbus.config import ModbusPoint
from drivers.modbus.plan import plan_reads

#: How a device with that word order sends the bytes ABCD: written out by hand, not computed from the codec's table.
SENT = {"ABCD": "ABCD", "CDAB": "CDAB", "BADC": "BADC", "DCBA": "DCBA"}
STRUCT = {"bool": ">H", "int16": ">h", "uint16": ">H", "int32": ">i", "float32": ">f"}


def point(address: str, kind: str | None = None, **more: object) -> ModbusPoint:
    given = {"address": address, **({"type": kind} if kind else {}), **more}
    return ModbusPoint.model_validate_json(json.dumps(given), strict=True)


def on_the_wire(value: float, kind: str, word_order: str = "ABCD") -> bytes:
    big_endian = struct.pack(STRUCT[kind], value)
    if len(big_endian) == 2:
        return big_endian
    named = dict(zip("ABCD", big_endian, strict=True))
    return bytes(named[letter] for letter in SENT[word_order])


def decode(points: list[ModbusPoint], data: bytes) -> list[float]:
    (read,) = plan_reads(points, range(len(points)), registers_max=125, bits_max=2000)
    return Decoder(read, points).decode(data).tolist()


VALUES = st.one_of(
    st.tuples(st.just("int16"), st.integers(-(2**15), 2**15 - 1)),
    st.tuples(st.just("uint16"), st.integers(0, 2**16 - 1)),
    st.tuples(st.just("int32"), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just("float32"), st.floats(width=32, allow_nan=False, allow_infinity=False)),
)


@given(st.lists(st.tuples(VALUES, st.sampled_from(list(SENT))), min_size=1, max_size=40), st.integers(0, 60_000))
def test_every_type_in_every_word_order_comes_back_as_it_was_sent(
    sent: list[tuple[tuple[str, float], str]], first: int
) -> None:
    points, data = [], b""
    for (kind, value), word_order in sent:
        order = {"word_order": word_order} if kind in ("int32", "float32") else {}
        points.append(point(f"holding {first + len(data) // 2}", kind, **order))
        data += on_the_wire(value, kind, word_order)
    assert decode(points, data) == [value for (_, value), _ in sent]


@given(st.lists(st.booleans(), min_size=1, max_size=2000))
def test_bits_are_packed_lowest_first(bits: list[bool]) -> None:
    packed = bytearray((len(bits) + 7) // 8)
    for number, bit in enumerate(bits):
        packed[number // 8] |= bit << (number % 8)
    values = decode([point(f"coil {number}") for number in range(len(bits))], bytes(packed))
    assert values == [float(bit) for bit in bits]


def test_a_bool_in_a_register_is_true_for_everything_but_zero() -> None:
    points = [point(f"input {number}", "bool") for number in range(3)]
    assert decode(points, b"\x00\x00\x00\x01\x80\x00") == [0.0, 1.0, 1.0]


def test_the_word_orders_are_those_of_the_manuals() -> None:
    # 123456.78 as float32 is 47 F1 20 64.
    for word_order, data in (
        ("ABCD", "47f12064"),
        ("CDAB", "206447f1"),
        ("BADC", "f1476420"),
        ("DCBA", "6420f147"),
    ):
        (value,) = decode([point("holding 0", "float32", word_order=word_order)], bytes.fromhex(data))
        assert value == pytest.approx(123456.78, rel=1e-7), word_order


@pytest.mark.parametrize("number", [math.inf, -math.inf])
def test_an_infinite_float_comes_as_what_it_is(number: float) -> None:
    assert decode([point("holding 0", "float32"), point("holding 2", "int16")], struct.pack(">fh", number, 7)) == [number, 7.0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bits", ["7fc00000", "7fa00000"])
def test_quiet_and_signalling_nans_are_decoded_without_a_word(bits: str) -> None:
    (value,) = decode([point("holding 0", "float32")], bytes.fromhex(bits))
    assert math.isnan(value)


def test_overlapping_points_read_the_same_registers_each_in_its_own_way() -> None:
    points = [point("holding 0", "uint16"), point("holding 0", "int32"), point("holding 1", "int16")]
    assert decode(points, bytes.fromhex("0001fffe")) == [1.0, 131070.0, -2.0]
