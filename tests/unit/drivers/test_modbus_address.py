"""Addresses as people write them: one register, several ways, and no guess where two readers would read two things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.address import ADDRESS_MAX, Address, NotAnAddress, Notation, Table, parse_address

DIGIT = {Table.COIL: 0, Table.DISCRETE: 1, Table.INPUT: 3, Table.HOLDING: 4}
addresses = st.builds(Address, st.sampled_from(Table), st.integers(0, ADDRESS_MAX), st.sampled_from(Notation))


@pytest.mark.parametrize(
    ("written", "table", "number", "notation"),
    [
        ("holding 0", Table.HOLDING, 0, Notation.PROTOCOL),
        ("coil  65535", Table.COIL, 65535, Notation.PROTOCOL),
        ("holding 0x10", Table.HOLDING, 16, Notation.HEX),
        ("input 0XFFFF", Table.INPUT, 65535, Notation.HEX),
        ("40001", Table.HOLDING, 0, Notation.FIVE_DIGITS),
        ("49999", Table.HOLDING, 9998, Notation.FIVE_DIGITS),
        ("30010", Table.INPUT, 9, Notation.FIVE_DIGITS),
        ("10001", Table.DISCRETE, 0, Notation.FIVE_DIGITS),
        ("00001", Table.COIL, 0, Notation.FIVE_DIGITS),
        ("400001", Table.HOLDING, 0, Notation.SIX_DIGITS),
        ("465536", Table.HOLDING, 65535, Notation.SIX_DIGITS),
        ("100001", Table.DISCRETE, 0, Notation.SIX_DIGITS),
        ("000017", Table.COIL, 16, Notation.SIX_DIGITS),
        ("4x0001", Table.HOLDING, 0, Notation.FOUR_X),
        ("4X00001", Table.HOLDING, 0, Notation.FOUR_X),
        ("3x7", Table.INPUT, 6, Notation.FOUR_X),
        ("1x 0100", Table.DISCRETE, 99, Notation.FOUR_X),
        ("0x 0001", Table.COIL, 0, Notation.FOUR_X),
        (" 4x65536 ", Table.HOLDING, 65535, Notation.FOUR_X),
    ],
)
def test_each_way_of_writing_is_the_register_it_means(written: str, table: Table, number: int, notation: Notation) -> None:
    address = parse_address(written)
    assert (address.table, address.number, address.notation) == (table, number, notation)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("40000", "address_zero"),
        ("400000", "address_zero"),
        ("4x0000", "address_zero"),
        ("50001", "address_table"),
        ("20001", "address_table"),
        ("2x1", "address_table"),
        ("465537", "address_range"),
        ("4x65537", "address_range"),
        ("holding 65536", "address_range"),
        ("holding 0x10000", "address_range"),
        ("0x10", "address_ambiguous"),
        ("0x0001", "address_ambiguous"),
        ("0x1F", "address_ambiguous"),
        ("4001", "address_form"),
        ("4000001", "address_form"),
        ("holding", "address_form"),
        ("holding -1", "address_form"),
        ("holding 0x", "address_form"),
        ("holding 1F", "address_form"),
        ("%MW0", "address_form"),
        ("D100", "address_form"),
        ("４0001", "address_form"),
        ("", "address_form"),
    ],
)
def test_what_is_no_address_is_refused_with_its_reason(written: str, reason: str) -> None:
    with pytest.raises(NotAnAddress) as caught:
        parse_address(written)
    assert caught.value.key == f"drivers.modbus.{reason}"


@given(addresses)
def test_an_address_is_written_as_it_would_be_read(address: Address) -> None:
    read = parse_address(str(address))
    assert read == address
    beyond = address.notation is Notation.FIVE_DIGITS and address.number >= 9999
    assert read.notation is (Notation.SIX_DIGITS if beyond else address.notation)


@given(st.sampled_from(Table), st.integers(0, ADDRESS_MAX))
def test_all_ways_of_writing_are_one_address(table: Table, number: int) -> None:
    ways = [f"{table} {number}", f"{table} {number:#x}", f"{DIGIT[table]}{number + 1:05}", f"{DIGIT[table]}x {number + 1}"]
    if number < 9999:
        ways.append(f"{DIGIT[table]}{number + 1:04}")
    assert {parse_address(way) for way in ways} == {Address(table, number)}


@given(st.text(max_size=12) | st.from_regex(r"[0-9x ]{1,9}", fullmatch=True))
def test_whatever_is_written_is_an_address_or_refused_with_a_reason(written: str) -> None:
    try:
        address = parse_address(written)
    except NotAnAddress as error:
        assert error.key.startswith("drivers.modbus.address_")
    else:
        assert 0 <= address.number <= ADDRESS_MAX
