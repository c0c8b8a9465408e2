"""Addresses of an S7 CPU as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.s7.address import Area, NotAnAddress, Size, parse_address


@pytest.mark.parametrize(
    ("written", "area", "block", "byte", "bit", "size"),
    [
        ("DB10.DBX4.2", Area.DATA_BLOCK, 10, 4, 2, Size.BIT),
        ("db10.dbw4", Area.DATA_BLOCK, 10, 4, None, Size.WORD),
        ("%DB1.DBD0", Area.DATA_BLOCK, 1, 0, None, Size.DOUBLE),
        ("DB10.4", Area.DATA_BLOCK, 10, 4, None, None),
        ("DB10.4.7", Area.DATA_BLOCK, 10, 4, 7, Size.BIT),
        ("M20.1", Area.MEMORY, 0, 20, 1, Size.BIT),
        ("MW 20", Area.MEMORY, 0, 20, None, Size.WORD),
        ("E0.4", Area.INPUT, 0, 0, 4, Size.BIT),
        ("IB65535", Area.INPUT, 0, 65535, None, Size.BYTE),
        ("AD8", Area.OUTPUT, 0, 8, None, Size.DOUBLE),
        ("Q1.0", Area.OUTPUT, 0, 1, 0, Size.BIT),
    ],
)
def test_it_is_read_in_both_mnemonics(
    written: str, area: Area, block: int, byte: int, bit: int | None, size: Size | None
) -> None:
    read = parse_address(written)
    assert (read.area, read.block, read.byte, read.bit, read.size) == (area, block, byte, bit, size)
    assert str(read) == written


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("DB0.DBX0.0", "block_range"),
        ("DB65536.0", "block_range"),
        ("DB1.DBX0", "bit_missing"),
        ("DB1.DBW0.1", "bit_of_no_bit"),
        ("M0.8", "bit_range"),
        ("M3", "size_missing"),
        ("MW65536", "byte_range"),
        ("DB1.DBX99999999999.0", "address_form"),
        ("T5", "address_form"),
        ("DB1", "address_form"),
        ("", "address_form"),
        ("MW１", "address_form"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_reason(written: str, why: str) -> None:
    with pytest.raises(NotAnAddress) as refused:
        parse_address(written)
    assert refused.value.key == f"drivers.s7.{why}"


@given(st.text(alphabet="DBXWMIEQA0123456789.% ", max_size=14))
def test_nothing_else_comes_of_any_text(written: str) -> None:
    try:
        read = parse_address(written)
    except NotAnAddress:
        return
    assert 0 <= read.byte <= 65535
    assert (read.bit is not None) == (read.size is Size.BIT)
    assert (read.block > 0) == (read.area is Area.DATA_BLOCK)
