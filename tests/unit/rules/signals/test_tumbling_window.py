"""Windowed aggregates in windows by the clock."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from rules.signals.aggregate import Aggregate
from rules.signals.tumbling_window import TumblingWindow, TumblingWindowBank
from tests.unit.rules.naive.window import NaiveTumblingWindow
from tests.unit.rules.signals.over_time import NOTHING, OneSignal, Step, never_due, walk, walks


def tumbling(aggregate: Aggregate, *, coverage: float = 0.6, **other: Any) -> OneSignal:
    signal = TumblingWindow(tag="E1.power", aggregate=aggregate, span=100, coverage=coverage, **other)
    return OneSignal(TumblingWindowBank, signal)


def test_a_window_is_told_when_it_closes_also_when_nothing_comes() -> None:
    signal = tumbling(Aggregate.MEAN)
    assert signal.hear_all([4.0, 8.0], every=40, start=10) == [NOTHING, NOTHING]
    assert signal.due == 100
    assert signal.wake() == 6.0
    assert signal.facts == {"samples": 2, "coverage": 0.9}
    assert signal.due == 200


def test_the_sample_at_the_end_of_a_window_is_in_the_next_one() -> None:
    signal = tumbling(Aggregate.SUM)
    signal.hear_all([1.0, 2.0], every=50)
    assert signal.hear(4.0, at=100) == 3.0
    assert signal.wake() == 4.0


def test_windows_begin_at_their_phase() -> None:
    signal = tumbling(Aggregate.MEAN, phase=30)
    signal.hear(1.0, at=29)
    assert signal.due == 30
    assert signal.hear(1.0, at=30) is None
    assert signal.due == 130


def test_by_time_what_held_before_the_window_holds_in_it_until_the_first_sample_and_the_last_until_its_end() -> None:
    signal = tumbling(Aggregate.TIME_WEIGHTED)
    signal.hear(10.0, at=90)
    signal.wake()
    signal.hear(20.0, at=160)
    assert signal.wake() == 14.0
    assert signal.wake() == 20.0
    assert signal.facts == {"samples": 0, "coverage": 1.0}


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [
        (Aggregate.COUNT, 0.0),
        (Aggregate.SUM, 0.0),
        (Aggregate.MEAN, None),
        (Aggregate.MIN, None),
        (Aggregate.MAX, None),
        (Aggregate.STDDEV, None),
        (Aggregate.PERCENTILE, None),
        (Aggregate.TIME_WEIGHTED, 7.0),
    ],
)
def test_a_window_without_samples_that_is_covered(aggregate: Aggregate, expected: float | None) -> None:
    signal = tumbling(aggregate)
    signal.hear(7.0, at=0)
    signal.wake()
    assert signal.wake() == expected


def test_a_window_that_was_covered_too_little_is_not_evaluable() -> None:
    signal = tumbling(Aggregate.MEAN)
    signal.hear(7.0, at=41)
    assert signal.wake() is None
    assert signal.facts == {"samples": 1, "coverage": 0.59}


def test_lost_data_is_not_evaluable_until_a_window_has_closed() -> None:
    signal = tumbling(Aggregate.MEAN)
    signal.hear_all([7.0, 7.0, None], every=10)
    assert never_due(signal)
    assert signal.hear(9.0, at=40) == NOTHING
    assert signal.wake() == pytest.approx(23.0 / 3.0)


def test_nobody_could_wait_for_the_end_so_the_next_sample_tells_the_window_just_before_its_own() -> None:
    signal = tumbling(Aggregate.COUNT)
    signal.hear_all([7.0] * 8, every=10)
    assert signal.hear(None, at=80) is None
    assert signal.hear(7.0, at=110) == 8.0
    assert signal.hear(7.0, at=350) == 0.0
    signal.hear(None, at=360)
    assert signal.hear(7.0, at=590) is None


def test_a_window_with_more_samples_than_its_ring_holds_is_covered_as_far_back_as_that_reaches() -> None:
    signal = tumbling(Aggregate.SUM, capacity=8)
    signal.hear_all([1.0] * 10, every=10)
    assert signal.wake() == 8.0
    assert signal.facts == {"samples": 8, "coverage": 0.8}


def test_samples_outlive_a_restart_also_while_the_tag_is_bad() -> None:
    signal = tumbling(Aggregate.MEAN)
    assert signal.bank.memory(0) is None
    signal.hear_all([4.0, 8.0], every=10)
    signal.restart()
    assert signal.due == 100
    signal.hear(None, at=20)
    signal.restart()
    assert never_due(signal)


def test_what_another_version_remembered_is_left_alone() -> None:
    known: dict[str, Any] = {"count": 0, "covered": 0, "begun": 0, "until": 6, "broken": False, "gaps": []}
    known |= {"times": [], "before": False, "lost": None, "values": [], "apart": [], "closes": 100}
    signal = tumbling(Aggregate.MEAN)
    signal.recall(known)
    assert signal.due == 100
    for wrong in ({"length": -1}, {"closes": None}, {"gaps": None}):
        signal.recall({**known, **wrong})
        assert signal.bank.memory(0) is None
        assert never_due(signal)


@pytest.mark.parametrize("wrong", [{"phase": 100}, {"phase": -1}, {"coverage": 2.0}])
def test_parameters_outside_their_ranges_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="E1"):
        tumbling(Aggregate.MEAN, **wrong)


def _signal(aggregate: Aggregate, span: int, capacity: int, coverage: float, phase: int) -> TumblingWindow:
    return TumblingWindow(tag="A", aggregate=aggregate, span=span, capacity=capacity, coverage=coverage, phase=phase)


SIGNALS = [
    _signal(Aggregate.MEAN, 10, 8, 0.6, 0),
    _signal(Aggregate.COUNT, 25, 8, 0.9, 7),
    _signal(Aggregate.STDDEV, 30, 64, 0.6, 3),
    _signal(Aggregate.PERCENTILE, 20, 16, 0.5, 0),
    _signal(Aggregate.TIME_WEIGHTED, 20, 8, 0.6, 5),
]


@settings(max_examples=150)
@given(walks(len(SIGNALS), (None, 0.0, 1.0, 1.0, 2.5, 0.1, 80.1, -2.3)))
def test_the_bank_says_what_a_list_of_samples_says(path: list[Step]) -> None:
    walk(TumblingWindowBank, NaiveTumblingWindow, SIGNALS, path)
