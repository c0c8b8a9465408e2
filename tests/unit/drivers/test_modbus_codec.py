"""Registers and bits become the values that a device meant."""

from __future__ import annotations

import json
import math
import struct
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.codec import Decoded, Decoder
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.modbus.plan import Limits, plan_reads
from edge.model.sample import value_of_text

#: Written out by hand, not taken from the driver: which types there are, how `struct` packs them, and the orders by their size.
STRUCT = {
    "int8": ">b",
    "uint8": ">B",
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "int64": ">q",
    "uint64": ">Q",
    "float32": ">f",
    "float64": ">d",
}
ORDERS = {
    4: ("ABCD", "CDAB", "BADC", "DCBA"),
    8: ("ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA", "CDABGHEF", "DCBAHGFE"),
}


def point(address: str, kind: str | None = None, **more: object) -> ModbusPoint:
    given = {"address": address, **({"type": kind} if kind else {}), **more}
    return ModbusPoint.model_validate_json(json.dumps(given), strict=True)


def sent_in(order: str, big_endian: bytes) -> bytes:
    """What goes over the wire: first the byte that the order names first."""
    return bytes(big_endian[sorted(order).index(letter)] for letter in order)


def decoded(points: list[ModbusPoint], data: bytes, word_order: str = "ABCD") -> Decoded:
    connection = ModbusConnection.model_validate({"host": "plc", "word_order": word_order})
    (read,) = plan_reads(points, range(len(points)), Limits(registers_max=125, bits_max=2000))
    return Decoder(read, points, connection).decode(data)


def decode(points: list[ModbusPoint], data: bytes) -> list[float]:
    return decoded(points, data).raw.tolist()


def value_of(kind: str) -> st.SearchStrategy[float]:
    if kind.startswith("float"):
        return st.floats(width=int(kind[5:]), allow_nan=False, allow_infinity=False)  # type: ignore[call-overload]  # 32 or 64
    bits = 8 * struct.calcsize(STRUCT[kind])
    return st.integers(0, 2**bits - 1) if kind[0] == "u" else st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@st.composite
def laid_down(draw: st.DrawFn) -> tuple[str, dict[str, object], float, bytes]:
    """A type, what its tag says beside it, a value, and the bytes of its registers."""
    kind = draw(st.sampled_from(list(STRUCT)))
    value = draw(value_of(kind))
    big_endian = struct.pack(STRUCT[kind], value)
    if len(big_endian) == 1:
        half, other = draw(st.sampled_from([None, "low", "high"])), draw(st.binary(min_size=1, max_size=1))
        registers = big_endian + other if half == "high" else other + big_endian
        return kind, {} if half is None else {"byte": half}, value, registers
    if len(big_endian) == 2:
        return kind, {}, value, big_endian
    order = draw(st.sampled_from(ORDERS[len(big_endian)]))
    return kind, {"word_order": order}, value, sent_in(order, big_endian)


@given(st.lists(laid_down(), min_size=1, max_size=30), st.integers(0, 60_000))
def test_every_type_in_every_order_comes_back_as_it_was_sent(
    sent: list[tuple[str, dict[str, object], float, bytes]], first: int
) -> None:
    points, data = [], b""
    for kind, more, _, registers in sent:
        points.append(point(f"holding {first + len(data) // 2}", kind, **more))
        data += registers
    # Beyond 2**53 a float64 has not enough digits for every integer: the nearest it has is what is asked for.
    assert decode(points, data) == [float(value) for _, _, value, _ in sent]


@given(st.sampled_from(["int32", "uint32", "float32", "int64", "uint64", "float64"]), st.data())
def test_the_order_of_the_connection_counts_where_the_tag_says_none(kind: str, data: st.DataObject) -> None:
    value = data.draw(value_of(kind))
    big_endian = struct.pack(STRUCT[kind], value)
    of_device = {"ABCD": "ABCDEFGH", "CDAB": "GHEFCDAB", "BADC": "BADCFEHG", "DCBA": "HGFEDCBA"}
    for order, order_of_8 in of_device.items():
        registers = sent_in(order if len(big_endian) == 4 else order_of_8, big_endian)
        assert decoded([point("holding 0", kind)], registers, order).raw.tolist() == [float(value)]
    own = ORDERS[len(big_endian)][0]
    assert decoded([point("holding 0", kind, word_order=own)], big_endian, "DCBA").raw.tolist() == [float(value)]


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


@given(st.integers(0, 0xFFFF))
def test_the_bits_of_a_register_are_bools_from_the_least_significant(register: int) -> None:
    points = [point("holding 7", "bool", bit=bit) for bit in range(16)]
    assert decode(points, struct.pack(">H", register)) == [float(digit) for digit in reversed(f"{register:016b}")]


@given(st.integers(0, 9999), st.integers(0, 99_999_999), st.sampled_from(ORDERS[4]))
def test_binary_coded_decimals_are_the_digits_one_sees_in_hexadecimal(short: int, long: int, order: str) -> None:
    points = [point("holding 0", "bcd16"), point("holding 1", "bcd32", word_order=order)]
    assert decode(points, bytes.fromhex(f"{short:04}") + sent_in(order, bytes.fromhex(f"{long:08}"))) == [short, long]


@given(st.integers(0, 0xFFFF))
def test_a_digit_above_9_is_no_number(register: int) -> None:
    (value,) = decode([point("holding 0", "bcd16")], struct.pack(">H", register))
    digits = f"{register:04x}"
    assert value == float(digits) if digits.isdecimal() else math.isnan(value)


printable = st.text(st.characters(codec="utf-8").filter(str.isprintable), max_size=30).map(str.rstrip)


@given(printable, st.binary(max_size=12).map(lambda data: bytes(b" \0"[byte % 2] for byte in data)), st.booleans())
def test_a_text_comes_without_what_fills_it_up(text: str, filling: bytes, low_first: bool) -> None:
    sent = (text.encode() + filling)[:120] or b"\0"
    even = sent + b"\0" * (len(sent) % 2)
    registers = b"".join(even[at : at + 2][::-1] for at in range(0, len(even), 2)) if low_first else even
    order = {"byte_order": "low_first"} if low_first else {}
    came = decoded([point("input 3", "string", length=len(sent), **order)], registers)
    assert came.text == {0: text}
    assert came.raw.tolist() == [value_of_text(text)]


@pytest.mark.parametrize("data", [b"AB\x01C", b"A\0B\0", b"\xff\xfeAB", "冷轧".encode()[:5] + b" "])
def test_bytes_that_cannot_be_printed_are_no_text(data: bytes) -> None:
    came = decoded([point("holding 0", "string", length=len(data))], data)
    assert came.text == {}
    assert math.isnan(came.raw[0])


def test_a_string_of_an_odd_length_leaves_the_rest_of_its_last_register_alone() -> None:
    assert decoded([point("holding 0", "string", length=3)], b"COIL").text == {0: "COI"}
    assert decoded([point("holding 0", "string", length=3, byte_order="low_first")], b"OCLI").text == {0: "COI"}


def test_overlapping_points_read_the_same_registers_each_in_its_own_way() -> None:
    points = [point("holding 0", "uint16"), point("holding 0", "int32"), point("holding 1", "int16")]
    assert decode(points, bytes.fromhex("0001fffe")) == [1.0, 131070.0, -2.0]


@given(st.sampled_from(["int16", "uint16", "int32", "float32", "int64", "float64"]), st.integers(1, 30), st.randoms())
def test_values_of_one_type_in_a_row_are_those_that_were_sent(kind: str, many: int, random: Random) -> None:
    """Also where they stand in another order in the file, and where something nobody names stands before them."""
    size = struct.calcsize(STRUCT[kind])
    sent = [float(random.randrange(100)) for _ in range(many)]
    numbers = list(range(many))
    random.shuffle(numbers)
    points = [point(f"holding {7 + number * size // 2}", kind) for number in numbers]
    wire = b"".join(struct.pack(STRUCT[kind], value if "float" in kind else int(value)) for value in sent)
    assert decoded(points, wire).raw.tolist() == sent
    (read,) = plan_reads(points, range(many), Limits(registers_max=125, bits_max=2000))
    assert [points[position].address.number for position in read.points] == sorted(each.address.number for each in points)
