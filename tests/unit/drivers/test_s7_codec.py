"""Bytes of an S7 CPU into values, and back into the same bytes."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.s7.codec import Decoder, DoesNotFit, encode
from drivers.s7.config import S7Point
from drivers.s7.layout import BIG_ENDIAN, PointType
from drivers.s7.plan import plan_reads

WHOLE = [kind for kind, form in BIG_ENDIAN.items() if form.kind in "iu" and form.itemsize < 8]


def point(address: str, kind: str | None = None, **given: Any) -> S7Point:
    wanted = {"address": address, **({"type": kind} if kind else {}), **given}
    return S7Point.model_validate_json(json.dumps(wanted), strict=True)


def read(data: bytes, *points: S7Point) -> list[float | str | None]:
    """What the points are by the bytes of one read that begins at byte 0; None for what is no value."""
    (one,) = plan_reads(points, range(len(points)), bytes_max=942)
    assert one.start == 0
    decoded = Decoder(one, points).decode(data[: one.count])
    shown: list[float | str | None] = [None] * len(points)
    for place, position in enumerate(one.points):
        raw = float(decoded.raw[place])
        shown[position] = decoded.text.get(place, None if math.isnan(raw) else raw)
    return shown


def test_neighbours_of_every_type_are_read_from_one_answer() -> None:
    data = struct.pack(">fhIBxq", 12.5, -300, 4_000_000_000, 0b0000_1001, -5) + b"\x05\x03abc\x00\x00"
    points = [
        point("DB1.DBD0", "float32"),
        point("DB1.DBW4", "int16"),
        point("DB1.DBD6", "uint32"),
        point("DB1.DBX10.0"),
        point("DB1.DBX10.1"),
        point("DB1.DBX10.3"),
        point("DB1.12", "int64"),
        point("DB1.20", "string", length=5),
    ]
    assert read(data, *points) == [12.5, -300, 4_000_000_000, 1, 0, 1, -5, "abc"]


def test_a_text_that_says_more_than_was_declared_is_none() -> None:
    assert read(b"\x05\x09abcdefghi", point("DB1.0", "string", length=5)) == [None]


def test_texts_in_chinese_come_in_the_encodings_of_plc_programs() -> None:
    gbk = "冷轧".encode("gbk")
    assert read(bytes([8, len(gbk)]) + gbk.ljust(8, b"\0"), point("DB1.0", "string", length=8, encoding="gbk")) == ["冷轧"]
    assert read(struct.pack(">HH", 4, 2) + "冷轧".encode("utf-16-be") + bytes(4), point("DB1.0", "wstring", length=4)) == [
        "冷轧"
    ]
    assert read(bytes([8, len(gbk)]) + gbk.ljust(8, b"\0"), point("DB1.0", "string", length=8)) == [None]


def test_a_float_that_is_no_number_is_given_as_it_is() -> None:
    (one,) = plan_reads([point("DB1.DBD0", "float32")], [0], bytes_max=222)
    assert math.isinf(Decoder(one, [point("DB1.DBD0", "float32")]).decode(struct.pack(">f", math.inf)).raw[0])


@given(st.data(), st.sampled_from(WHOLE))
def test_whole_numbers_that_fit_come_back_and_others_are_refused(data: st.DataObject, kind: PointType) -> None:
    bits = 8 * BIG_ENDIAN[kind].itemsize
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if kind.startswith("int") else (0, (1 << bits) - 1)
    number = data.draw(st.integers(low - 2, high + 2))
    at = point("DB1.0", str(kind))
    if low <= number <= high:
        assert read(encode(float(number), at), at) == [number]
    else:
        with pytest.raises(DoesNotFit):
            encode(float(number), at)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_real_comes_back(number: float) -> None:
    assert read(encode(number, point("DB1.DBD0", "float32")), point("DB1.DBD0", "float32")) == [number]
    assert read(encode(number, point("DB1.0", "float64")), point("DB1.0", "float64")) == [number]


@given(st.text(max_size=12), st.sampled_from(["utf-8", "gbk", "latin-1", "wstring"]))
def test_a_text_comes_back_or_is_refused(text: str, encoding: str) -> None:
    wide = encoding == "wstring"
    at = point("DB1.0", "wstring", length=10) if wide else point("DB1.0", "string", length=10, encoding=encoding)
    try:
        data = encode(text, at)
    except DoesNotFit:
        return
    assert len(data) == at.width
    plain = text.rstrip("\0 ")
    assert read(data, at) == [plain if plain.isprintable() else None]


@pytest.mark.parametrize(
    ("address", "kind", "value"),
    [
        ("DB1.DBD0", "float32", 1e39),
        ("DB1.DBD0", "float32", math.nan),
        ("DB1.DBW0", "int16", 0.5),
        ("DB1.DBW0", "int16", math.inf),
        ("DB1.DBX0.0", None, 2.0),
        ("DB1.DBW0", "int16", "5"),
    ],
)
def test_what_its_place_cannot_hold_is_refused(address: str, kind: str | None, value: float | str) -> None:
    with pytest.raises(DoesNotFit):
        encode(value, point(address, kind))


@given(st.binary(min_size=24, max_size=24))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    text, wide = point("DB1.0", "string", length=20), point("DB1.2", "wstring", length=9)
    shown = read(data, text, wide, point("DB1.DBD20", "float32"))
    assert all(each is None or isinstance(each, float) or each.isprintable() for each in shown)
