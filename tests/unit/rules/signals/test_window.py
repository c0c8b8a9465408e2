"""Windowed aggregates over a window that slides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from edge.model.moment import SECOND
from rules.signals.aggregate import Aggregate, column_sums
from rules.signals.window import Window, WindowBank
from tests.unit.rules.naive.window import NaiveWindow, total
from tests.unit.rules.signals.over_time import Answer, OneSignal, Step, never_due, tell, walk, walks


def window(aggregate: Aggregate, span: int = 10, *, coverage: float = 0.0, **other: Any) -> OneSignal:
    return OneSignal(WindowBank, Window(tag="B1.temp", aggregate=aggregate, span=span, coverage=coverage, **other))


def of(aggregate: Aggregate, values: Sequence[float], **other: Any) -> Answer:
    """Of samples that are all in the window."""
    return window(aggregate, 1_000, **other).hear_all(values, every=1)[-1]


@pytest.mark.parametrize(
    ("aggregate", "values", "expected"),
    [
        (Aggregate.MEAN, [4.0, 5.0, 9.0], 6.0),
        (Aggregate.MIN, [4.0, -5.0, 9.0], -5.0),
        (Aggregate.MAX, [4.0, -5.0, 3.0], 4.0),
        (Aggregate.SUM, [4.0, 5.0, 9.0], 18.0),
        (Aggregate.COUNT, [4.0, 5.0, 9.0], 3.0),
        (Aggregate.STDDEV, [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], (32.0 / 7.0) ** 0.5),
        (Aggregate.STDDEV, [2.0], None),
        (Aggregate.PERCENTILE, [3.0], 3.0),
        (Aggregate.TIME_WEIGHTED, [3.0], None),
        (Aggregate.TIME_WEIGHTED, [3.0, 6.0, 100.0], 4.5),
    ],
)
def test_aggregates(aggregate: Aggregate, values: Sequence[float], expected: float | None) -> None:
    assert of(aggregate, values) == expected


@pytest.mark.parametrize(
    ("percent", "expected"), [(0.0, 15.0), (25.0, 20.0), (40.0, 29.0), (50.0, 35.0), (90.0, 46.0), (100.0, 50.0)]
)
def test_percentiles_are_those_of_spreadsheets(percent: float, expected: float) -> None:
    assert of(Aggregate.PERCENTILE, [50.0, 20.0, 15.0, 40.0, 35.0], percent=percent) == expected


@pytest.mark.parametrize(
    "aggregate", [Aggregate.MEAN, Aggregate.MIN, Aggregate.MAX, Aggregate.PERCENTILE, Aggregate.TIME_WEIGHTED]
)
def test_a_tag_that_stands_still_has_the_mean_that_it_shows_to_the_last_digit(aggregate: Aggregate) -> None:
    assert of(aggregate, [80.1] * 10, percent=33.0) == 80.1
    assert of(Aggregate.STDDEV, [80.1] * 10) == 0.0


def test_a_sample_that_is_exactly_as_old_as_the_window_is_not_in_it() -> None:
    signal = window(Aggregate.MAX)
    assert signal.hear_all([9.0, 1.0, 2.0], every=5) == [9.0, 9.0, 2.0]
    assert signal.facts["samples"] == 2


def test_by_time_a_sample_holds_until_the_next_one_and_at_the_beginning_of_the_window() -> None:
    signal = window(Aggregate.TIME_WEIGHTED)
    signal.hear_all([0.0, 10.0], every=8)
    assert signal.hear(50.0, at=12) == pytest.approx((6 * 0.0 + 4 * 10.0) / 10)


def test_by_time_gaps_do_not_count() -> None:
    signal = window(Aggregate.TIME_WEIGHTED)
    signal.hear_all([0.0, 10.0], every=2)
    assert signal.hear(30.0, at=8, gap=True) == 0.0
    assert signal.hear(0.0, at=10) == pytest.approx((2 * 0.0 + 2 * 30.0) / 4)
    assert signal.facts == {"samples": 3, "coverage": 0.4}


@pytest.mark.parametrize("aggregate", list(Aggregate))
def test_with_less_coverage_than_is_needed_it_is_not_evaluable(aggregate: Aggregate) -> None:
    said = window(aggregate, coverage=0.6).hear_all([1.0] * 8, every=1)
    assert said[:6] == [None] * 6
    assert None not in said[6:]


def test_lost_data_is_not_evaluable_and_leaves_what_is_in_the_window() -> None:
    signal = window(Aggregate.MEAN, coverage=0.6)
    signal.hear_all([4.0] * 11, every=1)
    assert signal.hear(None, at=11) is None
    assert signal.hear(13.0, at=12) == 5.0
    assert signal.facts == {"samples": 9, "coverage": 0.8}


def test_a_window_that_is_longer_than_its_ring_is_covered_as_far_back_as_that_reaches() -> None:
    signal = window(Aggregate.SUM, 16, coverage=0.5, capacity=8)
    assert signal.hear_all([1.0] * 20, every=1)[-1] is None
    assert signal.facts == {"samples": 8, "coverage": 7 / 16}
    assert signal.hear_all([1.0] * 20, every=2, start=20)[-1] == 8.0


@pytest.mark.parametrize(("span", "coverage"), [(8, 1.0), (9, 7 / 9)])
def test_a_single_sample_that_is_lost_makes_the_window_shorter(span: int, coverage: float) -> None:
    signal = window(Aggregate.SUM, span, capacity=8)
    signal.hear_all([1.0] * 20, every=1)
    assert signal.facts == {"samples": 8, "coverage": coverage}


def test_a_count_falls_by_itself_for_tags_that_report_what_changes() -> None:
    signal = window(Aggregate.COUNT)
    assert signal.hear_all([1.0, 1.0, 1.0], every=3) == [1.0, 2.0, 3.0]
    assert [signal.due, signal.wake(), signal.due, signal.wake(), signal.due] == [10, 2.0, 13, 1.0, 16]
    assert signal.wake() == 0.0
    assert never_due(signal)


def test_a_count_becomes_known_by_itself_when_enough_is_covered() -> None:
    signal = window(Aggregate.COUNT, coverage=0.6)
    assert signal.hear(1.0, at=100) is None
    assert signal.due == 106
    assert signal.wake() == 1.0


def test_a_count_waits_for_nothing_while_its_tag_is_bad() -> None:
    signal = window(Aggregate.COUNT)
    signal.hear_all([1.0, None], every=1)
    assert never_due(signal)


@pytest.mark.parametrize("aggregate", list(Aggregate))
def test_what_would_overflow_is_the_greatest_number(aggregate: Aggregate) -> None:
    huge = 1.7e308
    said = window(aggregate, 1_000).hear_all([huge, -huge, huge, huge, -huge, -huge, huge], every=1)
    assert all(value is None or abs(float(value)) <= 1.8e308 for value in said)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("columns", [0, 1, 2, 50])
def test_sums_are_taken_from_the_first_to_the_last_however_the_samples_lie_in_memory(order: Any, columns: int) -> None:
    rows = [[(-1.0) ** row * 10.0 ** (row % 17) / (column + 3) for column in range(columns)] for row in range(200)]
    expected = [total([row[column] for row in rows]) for column in range(columns)]
    assert column_sums(np.array(rows, order=order)).tolist() == expected


def test_many_windows_in_one_call_say_what_each_would_say_alone() -> None:
    signals = [
        Window(tag=f"T{number}", aggregate=list(Aggregate)[number % 8], span=span, coverage=0.0, capacity=256)
        for number, span in enumerate([3, 30, 60] * 100)
    ]
    together = WindowBank(signals)
    alone = [OneSignal(WindowBank, signal) for signal in signals[:8]]
    for time in range(70):
        values = [0.1 * ((time * place) % 17) for place in range(len(signals))]
        said = tell(together, [(place, values[place], time, False) for place in range(len(signals))])
        assert said[: len(alone)] == [each.hear(values[place], at=time) for place, each in enumerate(alone)]
    assert together.facts(2)["samples"] == 60


def test_samples_outlive_a_restart() -> None:
    signal = window(Aggregate.MEAN)
    assert signal.bank.memory(0) is None
    signal.hear_all([4.0, 5.0, 6.0], every=1)
    signal.restart()
    assert signal.hear(9.0, at=3) == 6.0


KNOWN = {
    "count": 2,
    "covered": 5,
    "due": 105,
    "begun": 0,
    "until": 6,
    "broken": False,
    "gaps": [],
    "times": [4, 5, 6],
    "before": True,
    "lost": 3,
    "values": [1.0, 2.0, 3.0],
    "apart": [1],
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": None},
        {"covered": -1},
        {"due": None},
        {"begun": None},
        {"values": [1.0, 2.0]},
        {"values": [1.0, 2.0, float("inf")]},
        {"values": 5},
        {"apart": [512]},
        {"times": [6, 5, 4]},
    ],
)
def test_what_another_version_remembered_is_left_alone(wrong: dict[str, Any]) -> None:
    signal = window(Aggregate.COUNT)
    signal.recall(KNOWN)
    assert signal.facts == {"samples": 2, "coverage": 0.5}
    assert signal.due == 105
    signal.recall({**KNOWN, **wrong})
    assert signal.bank.memory(0) is None
    assert never_due(signal)
    assert signal.hear(1.0, at=200) == 1.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"span": 0},
        {"span": 32 * 86_400 * SECOND},
        {"percent": 100.1},
        {"coverage": -0.1},
        {"capacity": 4},
        {"capacity": 100},
        {"capacity": 8192},
    ],
)
def test_parameters_outside_their_ranges_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="B1"):
        window(Aggregate.MEAN, **wrong)


def _signal(aggregate: Aggregate, span: int, capacity: int, coverage: float, percent: float = 50.0) -> Window:
    return Window(tag="A", aggregate=aggregate, span=span, capacity=capacity, coverage=coverage, percent=percent)


SIGNALS = [
    _signal(Aggregate.MEAN, 10, 8, 0.6),
    _signal(Aggregate.MIN, 7, 16, 0.3),
    _signal(Aggregate.MAX, 12, 8, 1.0),
    _signal(Aggregate.SUM, 5, 8, 0.0),
    _signal(Aggregate.COUNT, 25, 8, 0.9),
    _signal(Aggregate.STDDEV, 30, 64, 0.6),
    _signal(Aggregate.PERCENTILE, 20, 16, 0.5, 90.0),
    _signal(Aggregate.TIME_WEIGHTED, 20, 8, 0.6),
]
VALUES = (None, 0.0, 1.0, 1.0, 2.5, 0.1, 80.1, -2.3)


@settings(max_examples=100)
@given(walks(len(SIGNALS), VALUES))
def test_the_bank_says_what_a_list_of_samples_says(path: list[Step]) -> None:
    walk(WindowBank, NaiveWindow, SIGNALS, path)


@settings(max_examples=60)
@given(walks(2, VALUES))
def test_a_count_and_a_mean_by_time_follow_the_samples_closely(path: list[Step]) -> None:
    walk(WindowBank, NaiveWindow, [SIGNALS[4], SIGNALS[7]], path)
