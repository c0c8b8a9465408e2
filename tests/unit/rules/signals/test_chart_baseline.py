"""The baseline of control charts: learned once, frozen, and not used when it says nothing."""

from __future__ import annotations

import json
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.signals.baseline import Learned, Stated
from rules.signals.runs import Runs, RunsBank
from tests.unit.rules.signals.chart_walk import OneChart


def learning(points: int = 20) -> OneChart:
    return OneChart(RunsBank([Runs(tag="x", baseline=Learned(points))]))


def standing(*points: float) -> object:
    chart = learning()
    chart.hear_all(*points)
    return chart.bank.facts(0)["baseline"]


@settings(max_examples=30)
@given(st.lists(st.integers(-1_000, 1_000), min_size=20, max_size=20, unique=True).map(lambda n: [each / 8 for each in n]))
def test_mean_and_sigma_are_those_of_the_first_points(points: list[float]) -> None:
    chart = learning()
    chart.hear_all(*points)
    facts = chart.bank.facts(0)
    assert facts["baseline"] == "learned"
    assert facts["mean"] == pytest.approx(statistics.mean(points), rel=1e-12, abs=1e-12)
    assert facts["sigma"] == pytest.approx(statistics.stdev(points), rel=1e-12)


def test_it_is_learning_up_to_its_last_point_and_tells_how_far() -> None:
    chart = learning(points=21)
    chart.hear_all(*range(20))
    assert chart.bank.facts(0) == {"baseline": "learning", "mean": None, "sigma": None, "learned": 20, "to_learn": 21}
    chart.hear(20.0)
    assert chart.bank.facts(0)["baseline"] == "learned"


def test_bad_samples_teach_nothing() -> None:
    chart = learning()
    for value in range(19):
        chart.hear(value)
        chart.hear(None)
    assert chart.bank.facts(0)["learned"] == 19


def test_what_comes_later_does_not_move_it() -> None:
    chart = learning()
    chart.hear_all(*range(20))
    before = {name: chart.bank.facts(0)[name] for name in ("mean", "sigma", "learned")}
    chart.hear_all(*[100.0] * 50)
    assert {name: chart.bank.facts(0)[name] for name in before} == before


def test_points_that_are_all_equal_have_no_sigma() -> None:
    assert standing(*[7.5] * 20) == "no_variation"


@pytest.mark.parametrize(
    ("useless", "why"),
    [([7.5] * 20, "no_variation"), ([1.0, 2.0] * 10, "too_few_values"), ([1e200 * n for n in range(20)], "out_of_range")],
)
def test_points_that_say_nothing_are_set_aside_and_it_learns_from_the_next(useless: list[float], why: str) -> None:
    chart = learning()
    chart.hear_all(*useless, *useless, *range(19))
    assert chart.bank.facts(0) == {"baseline": why, "mean": None, "sigma": None, "learned": 19, "to_learn": 20}
    chart.hear(19.0)
    facts = chart.bank.facts(0)
    assert (facts["baseline"], facts["mean"], facts["learned"]) == ("learned", 9.5, 20)
    assert facts["sigma"] == pytest.approx(statistics.stdev(range(20)))


def test_what_was_set_aside_stays_so_over_a_restart() -> None:
    chart = learning()
    chart.hear_all(*[7.5] * 20)
    memory = chart.bank.memory(0)
    assert memory is not None
    again = learning()
    again.bank.recall(0, json.loads(json.dumps(memory)))
    assert again.bank.facts(0) == chart.bank.facts(0)
    assert again.bank.facts(0)["baseline"] == "no_variation"


def test_four_different_values_are_too_few_and_five_are_enough() -> None:
    assert standing(*[1.0, 2.0, 3.0, 4.0] * 5) == "too_few_values"
    assert standing(*[1.0, 2.0, 3.0, 4.0] * 4, 1.0, 2.0, 3.0, 5.0) == "learned"


def test_learned_anew_it_counts_different_values_anew() -> None:
    chart = learning()
    chart.hear_all(*range(20))
    chart.bank.rebaseline(0)
    chart.hear_all(*[1.0, 2.0, 3.0, 4.0] * 5)
    assert chart.bank.facts(0)["baseline"] == "too_few_values"


def test_zero_and_minus_zero_are_one_value() -> None:
    assert standing(*[0.0, -0.0] * 10) == "no_variation"


@pytest.mark.parametrize("scale", [1e-200, 1e101, 1e200, 8e306])
def test_what_no_sensor_measures_is_out_of_range(scale: float) -> None:
    assert standing(*[scale * n for n in (*range(-10, 0), *range(1, 11))]) == "out_of_range"


@pytest.mark.parametrize("points", [19, 10_001])
def test_it_is_learned_from_20_to_10000_points(points: int) -> None:
    with pytest.raises(ValueError, match="a baseline is learned from 20 to 10000 points, not from"):
        Learned(points)


@pytest.mark.parametrize("sigma", [0.0, -1.0, float("nan"), float("inf"), 1e-101])
def test_a_sigma_is_above_0_and_finite(sigma: float) -> None:
    with pytest.raises(ValueError, match="sigma must be 1e-100 to 1e100, is"):
        Stated(10.0, sigma)


@pytest.mark.parametrize("mean", [float("nan"), float("-inf"), 1.1e100])
def test_a_mean_is_finite(mean: float) -> None:
    with pytest.raises(ValueError, match="the mean must be -1e100 to 1e100, is"):
        Stated(mean, 1.0)
