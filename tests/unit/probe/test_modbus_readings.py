"""What registers may mean: shown as the gateway would read them, with a hint that is right for usual values."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.address import Address, Table
from drivers.modbus.layout import PointType, WordOrder
from edge.probe.readings import WIDE, is_plausible, likely, readings_from, run_from

AT = Address(Table.HOLDING, 10)
registers = st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=6)


def in_order(order: str, big_endian: bytes) -> dict[int, int]:
    """Registers from 10 on."""
    sent = bytes(big_endian[sorted(order).index(letter)] for letter in order)
    return {10 + at: word for at, (word,) in enumerate(struct.iter_unpack(">H", sent))}


def measurements(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, width=32).filter(bool)


@given(registers)
def test_every_type_that_fits_is_shown_in_each_of_its_orders(given: list[int]) -> None:
    shown = {(each.kind, each.order) for each in readings_from(AT, given)}
    assert shown == {(kind, order) for kind in WIDE if kind.width <= len(given) for order in kind.orders}


@given(registers)
def test_each_reading_is_a_text_for_people(given: list[int]) -> None:
    for each in readings_from(AT, given, [kind for kind in PointType if kind is not PointType.STRING]):
        shown = float(each.shown)
        assert shown == pytest.approx(each.value, rel=1e-6) or (math.isnan(shown) and math.isnan(each.value))


@given(measurements(1, 1000), st.sampled_from(PointType.FLOAT32.orders))
def test_a_usual_float_is_plausible_in_the_order_in_which_it_was_sent(value: float, order: WordOrder) -> None:
    found = likely(in_order(order, struct.pack(">f", value)), AT)
    assert (PointType.FLOAT32, order, value) in {(each.kind, each.order, each.value) for each in found}


@pytest.mark.parametrize(
    ("sent", "kind", "order"),
    [
        ({10: 0x4248, 11: 0x147B}, PointType.FLOAT32, "ABCD"),
        ({10: 0x147B, 11: 0x4248}, PointType.FLOAT32, "CDAB"),
        ({10: 0x4842, 11: 0x7B14}, PointType.FLOAT32, "BADC"),
        ({10: 623, 11: 624, 12: 0, 13: 0}, PointType.INT16, None),
        ({10: 0xFFF6, 11: 0}, PointType.INT16, None),
        ({10: 0, 11: 5243}, PointType.INT32, "ABCD"),
        ({10: 0x4049, 11: 0x0000, 12: 0, 13: 0}, PointType.FLOAT64, "ABCDEFGH"),
        ({10: 7}, PointType.INT16, None),
    ],
)
def test_the_first_guess_is_what_an_engineer_would_say(sent: dict[int, int], kind: PointType, order: str | None) -> None:
    first = likely(sent, AT)[0]
    assert (first.kind, first.order) == (kind, order)


def test_zeros_say_nothing() -> None:
    assert likely(dict.fromkeys(range(10, 14), 0), AT) == []


@pytest.mark.parametrize(
    ("kind", "value", "plausible"),
    [
        (PointType.FLOAT32, 50.02, True),
        (PointType.FLOAT32, -0.001, True),
        (PointType.FLOAT32, 1e-4, False),
        (PointType.FLOAT64, 1.1e7, False),
        (PointType.FLOAT32, math.nan, False),
        (PointType.FLOAT64, -math.inf, False),
        (PointType.INT32, 65536.0 * 9, False),
        (PointType.INT32, 65537.0, True),
        (PointType.INT16, -3.0, True),
        (PointType.INT16, 0.0, False),
    ],
)
def test_plausible_is_a_finite_number_of_usual_size(kind: PointType, value: float, plausible: bool) -> None:
    assert is_plausible(kind, value) is plausible


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 0xFFFF)), st.integers(0, 30))
def test_a_run_ends_at_the_first_register_that_is_not_known(known: dict[int, int], first: int) -> None:
    run = run_from(known, first)
    assert run == [known[first + at] for at in range(len(run))]
    assert first + len(run) not in known


@given(registers, st.data())
def test_guesses_come_least_odd_first(given: list[int], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(given) - 1))
    found = likely(dict(enumerate(given)), Address(Table.INPUT, first))
    assert [each.oddness for each in found] == sorted(each.oddness for each in found)
    assert all(each.is_plausible for each in found)
