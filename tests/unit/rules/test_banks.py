"""The raw predicates: exact at the limit and at the end of the deadband."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.banks.base import ValueBank
from rules.banks.high import HighBank
from rules.banks.low import LowBank
from rules.banks.stale import StaleBank
from rules.banks.states import BitBank, EqualBank, InSetBank, NotEqualBank
from rules.definition import Kind
from tests.unit.rules.plant import SESSION, rule, span


def evaluate(bank: ValueBank, value: float, *, raw: bool) -> bool:
    return bool(bank.evaluate(np.array([0]), np.array([value]), np.array([raw]))[0])


@pytest.mark.parametrize(
    ("value", "raw", "expected"),
    [
        (80.0, False, True),
        (79.999, False, False),
        (79.999, True, True),
        (77.0, True, True),
        (77.0, False, False),
        (76.999, True, False),
    ],
)
def test_high_enters_at_the_limit_and_leaves_strictly_below_the_band(value: float, raw: bool, expected: bool) -> None:
    assert evaluate(HighBank([rule(limit=80.0, deadband=3.0)]), value, raw=raw) is expected


@pytest.mark.parametrize(
    ("value", "raw", "expected"),
    [
        (20.0, False, True),
        (20.001, False, False),
        (20.001, True, True),
        (23.0, True, True),
        (23.0, False, False),
        (23.001, True, False),
    ],
)
def test_low_enters_at_the_limit_and_leaves_strictly_above_the_band(value: float, raw: bool, expected: bool) -> None:
    assert evaluate(LowBank([rule(kind=Kind.LOW, limit=20.0, deadband=3.0)]), value, raw=raw) is expected


@given(st.floats(-1000, 1000), st.floats(0, 100), st.floats(-1200, 1200), st.booleans())
def test_low_is_high_upside_down(limit: float, deadband: float, value: float, raw: bool) -> None:
    high = HighBank([rule(limit=limit, deadband=deadband)])
    low = LowBank([rule(kind=Kind.LOW, limit=-limit, deadband=deadband)])
    assert evaluate(high, value, raw=raw) == evaluate(low, -value, raw=raw)


def test_without_a_deadband_the_limit_alone_decides() -> None:
    bank = HighBank([rule(limit=80.0)])
    assert evaluate(bank, 80.0, raw=True)
    assert not evaluate(bank, 79.999, raw=True)


def test_equal_compares_exactly() -> None:
    bank = EqualBank([rule(kind=Kind.DISCRETE, limit=3.0)])
    assert evaluate(bank, 3.0, raw=False)
    assert not evaluate(bank, 2.0, raw=True)


def test_a_lost_session_is_zero() -> None:
    bank = EqualBank([rule(kind=Kind.COMM_LOSS, reads=SESSION)])
    assert evaluate(bank, 0.0, raw=False)
    assert not evaluate(bank, 1.0, raw=True)


def test_off_normal_is_whatever_is_not_normal() -> None:
    bank = NotEqualBank([rule(kind=Kind.DISCRETE, limit=2.0)])
    assert not evaluate(bank, 2.0, raw=True)
    assert evaluate(bank, 0.0, raw=False)
    assert evaluate(bank, 2.5, raw=False)


def test_sets_of_different_sizes_hold_what_they_name_and_nothing_else() -> None:
    three, one = rule(kind=Kind.DISCRETE), rule(kind=Kind.DISCRETE)
    bank = InSetBank([replace(three, values=(1.0, 4.0, 7.0)), replace(one, values=(4.0,))])
    places, value = np.array([0, 0, 0, 1, 1]), np.array([7.0, 4.0, 2.0, 4.0, 7.0])
    assert bank.evaluate(places, value, np.zeros(5, dtype=np.bool_)).tolist() == [True, True, False, True, False]


@pytest.mark.parametrize(
    ("value", "bit", "expected"),
    [
        (5.0, 0, True),
        (5.0, 1, False),
        (5.0, 2, True),
        (32768.0, 15, True),
        (float(2**52), 52, True),
        (-1.0, 0, True),
        (-32768.0, 15, True),
        (-32768.0, 14, False),
        (5.5, 0, False),
        (1e300, 0, False),
    ],
)
def test_a_bit_is_that_of_a_whole_number(value: float, bit: int, expected: bool) -> None:
    assert evaluate(BitBank([rule(kind=Kind.HIGH, limit=float(bit))]), value, raw=False) is expected


def test_silence_begins_after_stale_after_has_passed_since_the_arrival() -> None:
    bank = StaleBank([rule(kind=Kind.STALE, stale_after=5.0), rule(kind=Kind.STALE, stale_after=7.0)])
    silent_from = bank.silent_from(np.array([1, 0]), np.array([100, 200]))
    assert silent_from.tolist() == [100 + span(7.0), 200 + span(5.0)]


def test_each_rule_of_a_bank_has_its_own_limits() -> None:
    bank = HighBank([rule(limit=80.0), rule(limit=90.0)])
    raw = bank.evaluate(np.array([1, 0]), np.array([85.0, 85.0]), np.array([False, False]))
    assert raw.tolist() == [False, True]


def test_the_peak_of_high_is_the_highest_of_low_the_lowest_of_a_state_the_first() -> None:
    peak, value = np.array([85.0, np.nan]), np.array([90.0, 70.0])
    assert HighBank([rule()]).worse(peak, value).tolist() == [90.0, 70.0]
    assert LowBank([rule(kind=Kind.LOW)]).worse(peak, value).tolist() == [85.0, 70.0]
    assert EqualBank([rule(kind=Kind.DISCRETE)]).worse(peak, value).tolist() == [85.0, 70.0]
