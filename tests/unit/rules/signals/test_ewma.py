"""EWMA: exact at its limits, settled or settling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.banks.high import HighBank
from rules.signals.baseline import Stated
from rules.signals.ewma import Ewma, EwmaBank
from rules.signals.limit_multiple import OUTSIDE
from tests.unit.rules.plant import rule
from tests.unit.rules.signals.chart_walk import OneChart


def ewma(**parameters: Any) -> OneChart:
    return OneChart(EwmaBank([Ewma(**{"tag": "x", "baseline": Stated(10.0, 1.0), **parameters})]))


def test_an_average_at_its_limit_is_1_and_not_outside() -> None:
    assert ewma(weight=1.0).hear_all(13.0, 7.0, 10.0) == [1.0, 1.0, 0.0]


def test_the_next_number_beyond_the_limit_is_outside() -> None:
    for next_beyond in (math.nextafter(13.0, 14.0), math.nextafter(7.0, 6.0)):
        multiple = ewma(weight=1.0).hear(next_beyond)
        assert multiple is not None
        assert OUTSIDE <= multiple < 1.0 + 1e-15


@given(st.floats(-100, 100), st.floats(0.001, 100), st.integers(-3, 3), st.sampled_from([1, -1]))
def test_a_multiple_is_above_1_where_the_average_is_beyond_the_limit_and_nowhere_else(
    mean: float, sigma: float, steps: int, side: int
) -> None:
    limit = mean + side * 3.0 * sigma
    value = limit
    for _ in range(abs(steps)):
        value = math.nextafter(value, math.copysign(math.inf, steps))
    multiple = ewma(baseline=Stated(mean, sigma), weight=1.0).hear(value)
    assert multiple is not None
    assert (multiple >= OUTSIDE) is ((value - limit) * side > 0)


@pytest.mark.parametrize(("value", "raw"), [(13.0, False), (math.nextafter(13.0, 14.0), True)])
def test_a_rule_high_outside_enters_strictly_beyond_the_limit_and_leaves_at_it(value: float, raw: bool) -> None:
    multiple = ewma(weight=1.0).hear(value)
    bank = HighBank([rule(limit=OUTSIDE, deadband=0.0)])
    for before in (False, True):
        assert bank.evaluate(np.array([0]), np.array([multiple]), np.array([before])).tolist() == [raw]


def test_limits_of_the_first_points_are_narrower_unless_settled() -> None:
    settling, settled = ewma(weight=0.1, width=2.7), ewma(weight=0.1, width=2.7, settled=True)
    first, wide = settling.hear(10.5), settled.hear(10.5)
    assert first is not None
    assert wide is not None
    assert first == pytest.approx(0.5 / 2.7)
    assert wide == pytest.approx(0.05 / (2.7 * math.sqrt(0.1 / 1.9)))


def test_limits_settle_by_the_formula() -> None:
    chart = ewma(weight=0.25)
    for points in range(1, 60):
        chart.hear(10.0)
        bracket = 1 - 0.75 ** (2 * points)
        assert chart.bank.facts(0)["upper_limit"] == pytest.approx(10 + 3 * math.sqrt(0.25 / 1.75 * bracket), rel=1e-14)


def test_facts_say_average_limits_and_points() -> None:
    chart = ewma(weight=1.0)
    chart.hear_all(11.0, 12.0)
    assert chart.bank.facts(0) == {
        "baseline": "stated",
        "mean": 10.0,
        "sigma": 1.0,
        "learned": None,
        "to_learn": None,
        "ewma": 12.0,
        "lower_limit": 7.0,
        "upper_limit": 13.0,
        "points": 2,
    }


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"weight": 0.0009}, "x: the weight of an EWMA must be 0.001 to 1, is 0.0009"),
        ({"weight": 1.1}, "x: the weight of an EWMA must be 0.001 to 1, is 1.1"),
        ({"width": 0.0}, "x: the width of an EWMA must be 0.1 to 10.0 sigmas, is 0.0"),
        ({"width": math.nan}, "x: the width of an EWMA must be 0.1 to 10.0 sigmas, is nan"),
    ],
)
def test_parameters_outside_their_range_are_refused(parameters: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ewma(**parameters)
