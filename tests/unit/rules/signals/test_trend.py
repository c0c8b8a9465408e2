"""Trend to limit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from edge.model.moment import MINUTE, SECOND
from rules.signals.trend import HORIZON, Side, Trend, TrendBank
from tests.unit.rules.naive.trend import NaiveTrend
from tests.unit.rules.signals.over_time import Answer, OneSignal, Step, walk, walks


def trend(side: Side = Side.HIGH, limit: float = 100.0, **other: Any) -> OneSignal:
    parameters = {"span": 10 * MINUTE, "min_samples": 5, "coverage": 0.0, **other}
    return OneSignal(TrendBank, Trend(tag="T1.level", side=side, limit=limit, **parameters))


def minutes(signal: OneSignal, *values: float) -> Answer:
    return signal.hear_all(values, every=MINUTE)[-1]


def test_it_is_the_seconds_until_the_limit_is_reached_at_the_present_slope() -> None:
    signal = trend()
    assert minutes(signal, 50.0, 51.0, 52.0, 53.0, 54.0) == 46 * 60.0
    assert signal.facts == {"slope": pytest.approx(1 / 60), "fit": 1.0, "samples": 5, "coverage": 0.4}


def test_a_fit_that_is_just_as_good_as_it_must_be_is_good_enough() -> None:
    assert minutes(trend(min_fit=1.0), 50.0, 51.0, 52.0, 53.0, 54.0) == 46 * 60.0


def test_a_limit_below_is_reached_by_falling() -> None:
    assert minutes(trend(Side.LOW, 0.0), 50.0, 48.0, 46.0, 44.0, 42.0) == 21 * 60.0


def test_noise_is_levelled_out_and_told_as_the_quality_of_the_fit() -> None:
    signal = trend(limit=10.0)
    said = minutes(signal, 0.0, 2.0, 1.0, 3.0, 4.0)
    assert said == pytest.approx((10.0 - 3.8) / 0.9 * 60.0)
    assert signal.facts["fit"] == pytest.approx(0.81)


@pytest.mark.parametrize(
    "values",
    [
        (54.0, 53.0, 52.0, 51.0, 50.0),
        (50.0, 50.0, 50.0, 50.0, 50.0),
        (50.0, 53.0, 49.0, 53.0, 50.5),
        (50.0, 50.000001, 50.000002, 50.000003, 50.000004),
    ],
)
def test_away_from_the_limit_level_scattered_or_very_slow_nothing_is_in_sight(values: tuple[float, ...]) -> None:
    assert minutes(trend(), *values) == HORIZON


def test_a_line_at_the_limit_or_beyond_it_has_no_time_left_whatever_its_slope() -> None:
    assert minutes(trend(limit=54.0), 50.0, 51.0, 52.0, 53.0, 54.0) == 0.0
    assert minutes(trend(limit=45.0), 54.0, 53.0, 52.0, 51.0, 50.0) == 0.0
    assert minutes(trend(limit=80.1), 80.1, 80.1, 80.1, 80.1, 80.1) == 0.0


def test_only_the_samples_of_the_span_count() -> None:
    signal = trend(span=5 * MINUTE)
    assert minutes(signal, 9.0, 9.0, 50.0, 51.0, 52.0, 53.0, 54.0) == 46 * 60.0
    assert signal.facts["samples"] == 5


def test_with_too_few_samples_it_is_not_evaluable() -> None:
    assert minutes(trend(), 50.0, 51.0, 52.0, 53.0) is None


def test_with_too_little_coverage_it_is_not_evaluable() -> None:
    signal = trend(coverage=0.5)
    assert minutes(signal, 50.0, 51.0, 52.0, 53.0, 54.0) is None
    assert signal.hear(55.0, at=5 * MINUTE) == pytest.approx(45 * 60.0)


def test_samples_of_one_instant_make_no_line() -> None:
    signal = trend(min_samples=3)
    assert signal.hear_all([50.0, 51.0, 52.0], every=0) == [None, None, None]
    assert signal.facts == {"slope": None, "fit": None, "samples": 3, "coverage": 0.0}


def test_values_that_overflow_make_no_line() -> None:
    assert minutes(trend(), -1.7e308, 1.7e308, -1.7e308, 1.7e308, 0.0) is None


def test_a_bad_sample_is_not_evaluable_and_the_line_goes_on_behind_it() -> None:
    signal = trend(min_samples=4)
    signal.hear_all([50.0, 51.0, 52.0, None], every=MINUTE)
    assert signal.hear(54.0, at=4 * MINUTE) == pytest.approx(46 * 60.0)
    assert signal.facts["coverage"] == 0.2


def test_a_full_ring_covers_as_far_back_as_it_reaches() -> None:
    signal = trend(coverage=0.6, capacity=8)
    assert signal.hear_all([float(second) for second in range(601)], every=SECOND)[-1] is None
    assert signal.facts["coverage"] == 7 / 600


def test_points_outlive_a_restart() -> None:
    signal = trend()
    assert signal.bank.memory(0) is None
    signal.hear(50.0, at=0)
    signal.restart()
    signal.hear_all([51.0, 52.0, 53.0], every=MINUTE, start=MINUTE)
    signal.restart()
    assert signal.hear(54.0, at=4 * MINUTE) == pytest.approx(46 * 60.0)


KNOWN: dict[str, Any] = {
    "slope": 1.0,
    "fit": 0.5,
    "count": 0,
    "covered": 0,
    "begun": 0,
    "until": 6,
    "broken": False,
    "gaps": [],
}
KNOWN |= {"times": [], "before": False, "lost": None, "values": [], "apart": []}


@pytest.mark.parametrize(
    "wrong", [{"slope": "1"}, {"fit": None}, {"count": -1}, {"covered": 1.5}, {"gaps": None}, {"times": None}]
)
def test_what_another_version_remembered_is_left_alone(wrong: dict[str, Any]) -> None:
    signal = trend()
    signal.recall(KNOWN)
    assert signal.facts["fit"] == 0.5
    signal.recall({**KNOWN, **wrong})
    assert signal.bank.memory(0) is None
    assert signal.facts["fit"] is None


@pytest.mark.parametrize(
    "wrong", [{"span": 0}, {"min_samples": 2}, {"min_samples": 257}, {"min_fit": 1.1}, {"coverage": -1.0}, {"capacity": 9}]
)
def test_parameters_outside_their_ranges_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="T1"):
        trend(**wrong)


SIGNALS = [
    Trend(tag="A", side=Side.HIGH, limit=5.0, span=20, min_samples=3, min_fit=0.3, capacity=8),
    Trend(tag="B", side=Side.LOW, limit=-1.0, span=12, min_samples=4, min_fit=0.0, coverage=0.2, capacity=16),
    Trend(tag="C", side=Side.HIGH, limit=2.0, span=40, min_samples=5, min_fit=0.8, capacity=32),
]


@settings(max_examples=150)
@given(walks(len(SIGNALS), (None, 0.0, 1.0, 1.0, 1.5, 2.0, 3.0, 0.1, -2.3)))
def test_the_bank_says_what_a_line_by_hand_says(path: list[Step]) -> None:
    walk(TrendBank, NaiveTrend, SIGNALS, path)
