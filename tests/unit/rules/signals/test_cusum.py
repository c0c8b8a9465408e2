"""CUSUM: exact at the decision interval, in sigmas or in the tag's unit, with the runs that say when a shift began."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rules.signals.baseline import Learned, Stated
from rules.signals.cusum import Cusum, CusumBank
from rules.signals.limit_multiple import OUTSIDE
from tests.unit.rules.signals.chart_walk import OneChart, moved


def bank(**parameters: Any) -> CusumBank:
    return CusumBank([Cusum(**{"tag": "x", "baseline": Stated(10.0, 2.0), **parameters})])


def cusum(**parameters: Any) -> OneChart:
    return OneChart(bank(**parameters))


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_sum_at_the_decision_interval_is_1_and_not_outside(side: float) -> None:
    assert cusum(slack=0.5, decision_interval=5.0).hear_all(10 + 7 * side, 10 + 5 * side) == [0.6, 1.0]


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_the_next_number_above_the_decision_interval_is_outside(side: float) -> None:
    chart = cusum(slack=0.0, decision_interval=5.0, baseline=Stated(0.0, 1.0))
    assert chart.hear(math.nextafter(5.0, 6.0) * side) == OUTSIDE


def test_sigmas_and_the_unit_of_the_tag_are_two_ways_to_say_one_chart() -> None:
    points = (11.5, 14.0, 8.0, 12.5, 13.0, 5.0)
    in_unit = cusum(slack=1.0, decision_interval=10.0, in_sigmas=False, baseline=Stated(10.0))
    assert cusum(slack=0.5, decision_interval=5.0).hear_all(*points) == in_unit.hear_all(*points)


def test_a_baseline_learned_for_a_chart_in_the_unit_gives_its_mean() -> None:
    chart = cusum(slack=1.0, decision_interval=10.0, in_sigmas=False, baseline=Learned(20))
    chart.hear_all(*range(20))
    assert chart.hear(9.5 + 1.0 + 10.0) == 1.0


def test_facts_say_both_sums_how_long_they_last_and_where_the_mean_is_now() -> None:
    chart = cusum(slack=0.5, decision_interval=5.0)
    chart.hear_all(9.0, 14.0, 15.0)
    assert chart.bank.facts(0) == {
        "baseline": "stated",
        "mean": 10.0,
        "sigma": 2.0,
        "learned": None,
        "to_learn": None,
        "high_sum": 7.0,
        "low_sum": 0.0,
        "high_run": 2,
        "low_run": 0,
        "slack": 1.0,
        "decision_interval": 10.0,
        "shifted_mean": 14.5,
    }


def test_a_shift_down_is_told_from_the_low_sum_and_no_shift_is_none() -> None:
    chart = cusum(slack=0.5, decision_interval=5.0)
    chart.hear(10.0)
    assert chart.bank.facts(0)["shifted_mean"] is None
    chart.hear_all(7.0, 6.0)
    assert [chart.bank.facts(0)[name] for name in ("low_sum", "low_run", "shifted_mean")] == [5.0, 2, 6.5]


def test_a_person_resets_the_sums_and_keeps_the_baseline() -> None:
    used, new = cusum(), cusum()
    used.hear_all(18.0, 18.0, 18.0)
    assert isinstance(used.bank, CusumBank)
    used.bank.reset(0)
    assert [used.bank.facts(0)[name] for name in ("high_sum", "high_run", "mean")] == [0.0, 0, 10.0]
    assert used.hear_all(11.0, 12.0) == new.hear_all(11.0, 12.0)


def test_between_points_a_sum_that_was_reset_is_0() -> None:
    chart = cusum(every=60_000_000)
    chart.hear(18.0, source=0)
    assert isinstance(chart.bank, CusumBank)
    chart.bank.reset(0)
    assert chart.hear(18.0, source=1) == 0.0


def test_sums_come_back_by_themselves() -> None:
    chart = cusum(slack=0.5, decision_interval=5.0)
    assert chart.hear_all(22.0, 10.0, 10.0) == [1.1, 1.0, 0.9]


def test_a_sum_of_what_no_sensor_measures_can_still_be_remembered_and_reset() -> None:
    chart = cusum()
    chart.hear_all(1.7e308, 1.7e308, -1.7e308)
    again = moved(chart.bank, bank(), 1)
    assert again.facts(0) == chart.bank.facts(0)
    assert isinstance(again, CusumBank)
    again.reset(0)
    assert OneChart(again).hear(11.0, source=9_000_000) == cusum().hear(11.0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"slack": -0.1}, "x: the slack of a CUSUM must be 0 to 1000, is -0.1"),
        ({"slack": 1000.1}, "x: the slack of a CUSUM must be 0 to 1000, is 1000.1"),
        ({"decision_interval": 0.0}, "x: the decision interval must be above 0, up to 1000, is 0.0"),
        ({"decision_interval": math.nan}, "x: the decision interval must be above 0, up to 1000, is nan"),
        (
            {"decision_interval": 2e100, "in_sigmas": False},
            r"x: the decision interval must be above 0, up to 1e\+100, is 2e\+100",
        ),
    ],
)
def test_parameters_outside_their_range_are_refused(parameters: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cusum(**parameters)
