"""The tests of Nelson and of Western Electric: for each the shortest sequence that fails it alone, and one that just passes."""

from __future__ import annotations

import pytest

from rules.signals.baseline import Stated
from rules.signals.runs import NELSON, WESTERN_ELECTRIC, Runs, RunsBank, RunTests
from tests.unit.rules.signals.chart_walk import OneChart

STANDARD = Stated(0.0, 1.0)


def values(points: list[float], tests: RunTests = NELSON, baseline: Stated = STANDARD) -> list[float | None]:
    return OneChart(RunsBank([Runs(tag="x", baseline=baseline, tests=tests)])).hear_all(*points)


def failures(points: list[float], of: RunTests = NELSON) -> set[tuple[int, int]]:
    """(Point counted from 1, number of the test), each test asked alone."""
    return {
        (point, number)
        for number in of.numbers
        for point, value in enumerate(values(points, RunTests((number,), of.one_side)), 1)
        if value != 0.0
    }


FAILS = {
    "1 beyond 3 sigma": (1, [3.001]),
    "1 beyond 3 sigma below": (1, [-3.001]),
    "2 nine in a row above": (2, [0.5] * 9),
    "2 nine in a row below": (2, [-0.5] * 9),
    "3 six rise": (3, [-0.5, -0.3, -0.1, 0.1, 0.3, 0.5]),
    "3 six fall": (3, [0.5, 0.3, 0.1, -0.1, -0.3, -0.5]),
    "4 fourteen alternate": (4, [0.5, -0.5] * 7),
    "5 two of three beyond 2 sigma": (5, [2.001, 0.0, 2.001]),
    "5 two of three below": (5, [-2.001, 0.0, -2.001]),
    "5 the first two": (5, [2.001, 2.001]),
    "6 four of five beyond 1 sigma": (6, [1.001, 1.001, 0.0, 1.001, 1.001]),
    "6 four of five below": (6, [-1.001, -1.001, 0.0, -1.001, -1.001]),
    "6 the first four": (6, [1.5, 1.001, 1.001, 1.001]),
    "7 fifteen within 1 sigma": (7, [1.0, 1.0, -1.0, 0.0, 0.5] * 3),
    "8 eight beyond 1 sigma on both sides": (8, [1.001, 1.5, 1.5, -1.5, -1.001, -1.5, 1.5, 1.001]),
}

PASSES = {
    "1 at 3 sigma": [3.0],
    "1 at 3 sigma below": [-3.0],
    "2 the ninth at the mean": [0.5] * 8 + [0.0],
    "2 the fifth at the mean": [0.5] * 4 + [0.0] + [0.5] * 8,
    "2 the ninth on the other side": [-0.5] * 8 + [0.5],
    "3 a tie in the trend": [-0.5, -0.3, -0.1, -0.1, 0.1, 0.3, 0.5],
    "3 the sixth equal to the fifth": [-0.5, -0.3, -0.1, 0.1, 0.3, 0.3],
    "3 five": [-0.5, -0.3, -0.1, 0.1, 0.3],
    "4 the fourteenth equal to the thirteenth": [0.5, -0.5] * 6 + [0.5, 0.5],
    "4 the fourteenth goes on in the same direction": [0.5, -0.5] * 6 + [0.5, 0.6],
    "5 the third at 2 sigma": [2.001, 0.0, 2.0],
    "5 on two sides": [2.001, 0.0, -2.001],
    "5 two of four": [2.001, 0.0, 0.0, 2.001],
    "6 the fifth at 1 sigma": [1.001, 1.001, 0.0, 1.001, 1.0],
    "6 on two sides": [1.001, 1.001, 0.0, 1.001, -1.001],
    "6 four of six": [1.001, 1.001, 0.0, 0.0, 1.001, 1.001],
    "7 the fifteenth beyond 1 sigma": [1.0, 1.0, -1.0, 0.0, 0.5] * 2 + [1.0, 1.0, -1.0, 0.0, 1.001],
    "8 the eighth at 1 sigma": [1.001, 1.5, 1.5, -1.5, -1.001, -1.5, 1.5, 1.0],
}


@pytest.mark.parametrize(("number", "points"), FAILS.values(), ids=FAILS)
def test_only_its_last_point_fails_only_this_test(number: int, points: list[float]) -> None:
    assert failures(points) == {(len(points), number)}
    assert values(points) == [0.0] * (len(points) - 1) + [number]


@pytest.mark.parametrize("points", PASSES.values(), ids=PASSES)
def test_what_just_passes_fails_no_test(points: list[float]) -> None:
    assert failures(points) == set()
    assert values(points) == [0.0] * len(points)


@pytest.mark.parametrize(
    ("number", "points"), [case for name, case in FAILS.items() if name[0] in "156"], ids=[n for n in FAILS if n[0] in "156"]
)
def test_western_electric_has_tests_1_5_and_6_of_nelson(number: int, points: list[float]) -> None:
    assert failures(points, WESTERN_ELECTRIC) == {(len(points), number)}


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_western_electric_has_eight_in_a_row_on_one_side(side: float) -> None:
    assert values([0.5 * side] * 8, WESTERN_ELECTRIC) == [0.0] * 7 + [2.0]
    assert values([0.5 * side] * 7 + [0.0], WESTERN_ELECTRIC) == [0.0] * 8


def test_western_electric_knows_no_trend_no_turns_and_no_strips() -> None:
    others = [points for name, (_, points) in FAILS.items() if name[0] in "3478"]
    assert [failures(points, WESTERN_ELECTRIC) for points in others] == [set()] * len(others)


def test_of_several_the_lowest_number_is_the_value() -> None:
    assert values([3.5, 3.5]) == [1.0, 1.0]
    assert failures([3.5, 3.5]) == {(1, 1), (2, 1), (2, 5)}
    assert values([3.5, 3.5], RunTests((5, 6))) == [0.0, 5.0]


def test_a_point_that_is_not_beyond_fails_none_of_the_tests_for_some_of_several() -> None:
    assert values([2.001, 2.001, 1.5]) == [0.0, 5.0, 0.0]
    assert values([1.5, 1.5, 1.5, 1.5, 0.0]) == [0.0, 0.0, 0.0, 6.0, 0.0]


def test_test_8_needs_points_on_both_sides_among_the_last_eight() -> None:
    eight = RunTests((8,))
    assert values([1.5] * 9, eight) == [0.0] * 9
    assert values([-1.5] + [1.5] * 8, eight) == [0.0] * 7 + [8.0, 0.0]
    assert values([1.5] + [-1.5] * 8, eight) == [0.0] * 7 + [8.0, 0.0]


def test_runs_that_go_on_go_on_to_fail() -> None:
    assert values([0.5] * 11)[8:] == [2.0, 2.0, 2.0]
    assert values([0.1 * n for n in range(-4, 4)], RunTests((3,)))[5:] == [3.0, 3.0, 3.0]


def test_limits_are_the_numbers_that_a_chart_shows() -> None:
    """10.3 - 10.0 is a little more than 3 x 0.1 in floats, and yet 10.3 is the limit."""
    tenth = Stated(10.0, 0.1)
    assert values([10.3, 9.7, 10.3], RunTests((1,)), tenth) == [0.0] * 3
    assert values([10.300000000000002], RunTests((1,)), tenth) == [1.0]


def test_facts_say_how_long_the_runs_of_the_newest_point_are() -> None:
    chart = OneChart(RunsBank([Runs(tag="x", baseline=Stated(10.0, 2.0))]))
    chart.hear_all(11.0, 12.5, 13.0, 14.0)
    assert chart.bank.facts(0) == {
        "baseline": "stated",
        "mean": 10.0,
        "sigma": 2.0,
        "learned": None,
        "to_learn": None,
        "point": 14.0,
        "deviation": 2.0,
        "test": 0.0,
        "above": 4,
        "below": 0,
        "rising": 4,
        "falling": 1,
        "alternating": 2,
        "within": 0,
        "beyond": 3,
    }
    chart.hear_all(9.0, 10.0)
    facts = chart.bank.facts(0)
    assert [facts[name] for name in ("above", "below", "rising", "falling", "alternating", "within")] == [0, 0, 2, 1, 4, 2]
    chart.hear(10.0)
    assert chart.bank.facts(0)["alternating"] == 1


@pytest.mark.parametrize("numbers", [(), (0,), (9,), (2, 1), (1, 1)])
def test_tests_are_numbers_from_1_to_8_ascending(numbers: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="tests are numbers from 1 to 8, ascending"):
        RunTests(numbers)


@pytest.mark.parametrize("one_side", [6, 10])
def test_seven_to_nine_in_a_row_are_a_run(one_side: int) -> None:
    with pytest.raises(ValueError, match="7 to 9 points in a row on one side"):
        RunTests((2,), one_side)
