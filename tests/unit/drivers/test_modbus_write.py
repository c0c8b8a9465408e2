"""What is written reads back as what was meant, whatever its type, order, byte or bit; what does not fit is refused."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.codec import Decoder, Unfit, encode
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.modbus.plan import Read
from drivers.modbus.write import BitsOfRegister, WriteRequest, plan_write

ORDERS_OF = {4: ("ABCD", "CDAB", "BADC", "DCBA"), 8: ("ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA", "CDABGHEF", "DCBAHGFE")}
WHOLE = {"int16": (-(2**15), 2**15 - 1), "uint16": (0, 2**16 - 1), "int32": (-(2**31), 2**31 - 1), "uint32": (0, 2**32 - 1)}
WIDE = {"int64": (-(2**53), 2**53), "uint64": (0, 2**53), "bcd16": (0, 9999), "bcd32": (0, 99_999_999)}
BYTES = {"int8": (-128, 127), "uint8": (0, 255)}


def connection(**more: object) -> ModbusConnection:
    return ModbusConnection.model_validate_json(json.dumps({"host": "plc", **more}), strict=True)


def point(address: str, kind: str | None = None, **more: object) -> ModbusPoint:
    given = {"address": address, **({"type": kind} if kind else {}), **more}
    return ModbusPoint.model_validate_json(json.dumps(given), strict=True)


def read_again(one: ModbusPoint, registers: bytes) -> float | str:
    read = Read(one.address.table, one.address.number, one.width, (0,))
    decoded = Decoder(read, [one], connection()).decode(registers)
    return decoded.text.get(0, "") if one.is_text else float(decoded.raw[0])


@st.composite
def whole_points(draw: st.DrawFn) -> tuple[ModbusPoint, float]:
    """A point that fills its registers, and a number that it can hold."""
    kind = draw(st.sampled_from([*WHOLE, *WIDE, "float32", "float64"]))
    size = {"16": 2, "32": 4, "64": 8}[kind[-2:]]
    order = {"word_order": draw(st.sampled_from(ORDERS_OF[size]))} if size > 2 else {}
    if kind.startswith("float"):
        number = draw(st.floats(width=int(kind[5:]), allow_nan=False, allow_infinity=False))  # type: ignore[arg-type]  # 32 or 64
    else:
        number = float(draw(st.integers(*{**WHOLE, **WIDE}[kind])))
    return point("holding 7", kind, **order), number


@given(whole_points())
def test_a_number_that_is_written_reads_back_as_itself(case: tuple[ModbusPoint, float]) -> None:
    one, number = case
    registers = encode(one, connection(), number)
    assert isinstance(registers, bytes) and len(registers) == 2 * one.width
    assert read_again(one, registers) == number


@given(st.sampled_from(["high_first", "low_first", "high_only", "low_only"]), st.text(max_size=12))
def test_a_text_reads_back_as_itself_or_is_refused(order: str, text: str) -> None:
    one = point("holding 0", "string", length=12, byte_order=order)
    assert one.width == (12 if order.endswith("only") else 6)
    registers = encode(one, connection(), text)
    if isinstance(registers, Unfit):
        assert len(text.encode()) > 12 or not text.isprintable() or text.endswith(" "), registers
    else:
        assert read_again(one, registers) == text


@pytest.mark.parametrize(
    ("order", "registers"),
    [("high_first", b"AB\x43\x00"), ("low_first", b"BA\x00C"), ("high_only", b"A\0B\0C\0"), ("low_only", b"\0A\0B\0C")],
)
def test_the_four_layouts_of_a_text(order: str, registers: bytes) -> None:
    one = point("holding 0", "string", length=3, byte_order=order)
    assert encode(one, connection(), "ABC") == registers
    noise = bytes(byte or (0xEE if order.endswith("only") else 0) for byte in registers)
    assert read_again(one, noise) == "ABC", "what stands beside the characters is not of the text"


@pytest.mark.parametrize(
    ("kind", "raw", "reason"),
    [
        ("int16", 32768.0, Unfit.OUT_OF_RANGE),
        ("uint16", -1.0, Unfit.OUT_OF_RANGE),
        ("uint32", 2.0**32, Unfit.OUT_OF_RANGE),
        ("int64", 2.0**63, Unfit.OUT_OF_RANGE),
        ("bcd16", 10000.0, Unfit.OUT_OF_RANGE),
        ("float32", 1e39, Unfit.OUT_OF_RANGE),
        ("int16", 0.5, Unfit.NOT_WHOLE),
        ("int16", math.nan, Unfit.NOT_A_NUMBER),
        ("float64", math.inf, Unfit.NOT_A_NUMBER),
        ("float64", "12", Unfit.NOT_A_NUMBER),
        ("bool", 2.0, Unfit.OUT_OF_RANGE),
    ],
)
def test_what_a_register_cannot_hold_is_refused_with_the_reason(kind: str, raw: float | str, reason: Unfit) -> None:
    assert plan_write(point("holding 0", kind), connection(), raw) is reason


@given(st.integers(0, 0xFFFF), st.integers(0, 15), st.booleans(), st.sampled_from(["read_first", "mask"]))
def test_a_bit_is_written_and_its_neighbours_are_left(before: int, bit: int, value: bool, by: str) -> None:
    planned = plan_write(point("holding 3", "bool", bit=bit), connection(bit_write=by), float(value))
    assert isinstance(planned, BitsOfRegister)
    after = before & ~(1 << bit) | value << bit
    assert planned.into(before.to_bytes(2, "big")) == WriteRequest(6, 3, after.to_bytes(2, "big"))
    assert _masked(before, planned) == after


@given(st.integers(0, 0xFFFF), st.sampled_from(["high", "low"]), st.sampled_from([*BYTES]), st.data())
def test_half_a_register_is_written_and_the_other_half_is_left(before: int, half: str, kind: str, data: st.DataObject) -> None:
    number = data.draw(st.integers(*BYTES[kind]))
    one = point("holding 3", kind, byte=half)
    planned = plan_write(one, connection(), float(number))
    assert isinstance(planned, BitsOfRegister)
    after = _masked(before, planned)
    kept = 0x00FF if half == "high" else 0xFF00
    assert after & kept == before & kept
    assert read_again(one, after.to_bytes(2, "big")) == number
    assert planned.into(before.to_bytes(2, "big")).data == after.to_bytes(2, "big")


def _masked(before: int, planned: BitsOfRegister) -> int:
    """What function 22 makes of a register (application protocol V1.1b3, 6.16)."""
    request = planned.masked()
    assert (request.function, request.address) == (22, 3)
    and_mask, or_mask = int.from_bytes(request.data[:2], "big"), int.from_bytes(request.data[2:], "big")
    return (before & and_mask) | (or_mask & ~and_mask & 0xFFFF)


@pytest.mark.parametrize(
    ("one", "function", "raw", "request_"),
    [
        (point("coil 9"), "single", 1.0, WriteRequest(5, 9, b"\xff\0")),
        (point("coil 9"), "single", 0.0, WriteRequest(5, 9, b"\0\0")),
        (point("coil 9"), "multiple", 1.0, WriteRequest(15, 9, b"\0\1\1\1")),
        (point("holding 9", "uint16"), "single", 258.0, WriteRequest(6, 9, b"\1\2")),
        (point("holding 9", "uint16"), "multiple", 258.0, WriteRequest(16, 9, b"\0\1\2\1\2")),
        (point("holding 9", "uint32"), "single", 258.0, WriteRequest(16, 9, b"\0\2\4\0\0\1\2")),
    ],
)
def test_the_function_follows_from_the_point_and_the_device(
    one: ModbusPoint, function: str, raw: float, request_: WriteRequest
) -> None:
    assert plan_write(one, connection(write_function=function), raw) == request_


@pytest.mark.parametrize("address", ["input 0", "discrete 0"])
def test_tables_that_only_read_say_so(address: str) -> None:
    one = point(address, "int16" if address.startswith("input") else None)
    assert one.not_writable is not None and one.not_writable.key == "drivers.modbus.not_writable"
    assert point("holding 0", "int16").not_writable is None
