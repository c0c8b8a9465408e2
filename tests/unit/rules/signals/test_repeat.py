"""Repeat counts: in a window that slides, and in windows by the clock."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from rules.signals.raw import Raw, Side
from rules.signals.repeat import RING, Repeat, RepeatBank
from rules.signals.tumbling_repeat import TumblingRepeat, TumblingRepeatBank
from tests.unit.rules.naive.repeat import NaiveRepeat, NaiveTumblingRepeat
from tests.unit.rules.signals.over_time import OneSignal, Step, never_due, walk, walks

RUNS = Raw(Side.EQUAL, 1.0)


def starts(count: int = 3, within: int = 100, **other: Any) -> OneSignal:
    """How often a pump has started."""
    return OneSignal(RepeatBank, Repeat(tag="P1.runs", raw=RUNS, within=within, count=count, **other))


def tumbling(count: int = 3, within: int = 100, **other: Any) -> OneSignal:
    return OneSignal(TumblingRepeatBank, TumblingRepeat(tag="P1.runs", raw=RUNS, within=within, count=count, **other))


def started_at(signal: OneSignal, *times: int) -> list[Any]:
    """Each start is followed by a stop."""
    said = []
    for time in times:
        said.append(signal.hear(1.0, at=time))
        signal.hear(0.0, at=time + 1)
    return said


def test_it_counts_what_begins_and_not_what_goes_on() -> None:
    signal = starts(coverage=0.0)
    assert signal.hear_all([0.0, 1.0, 1.0, 1.0, 0.0, 1.0], every=1) == [0.0, 1.0, 1.0, 1.0, 1.0, 2.0]


def test_what_is_so_from_the_first_sample_on_has_begun() -> None:
    assert starts(coverage=0.0).hear(1.0, at=0) == 1.0


def test_a_beginning_leaves_the_window_when_it_is_exactly_as_old() -> None:
    signal = starts(coverage=0.0)
    started_at(signal, 10, 50)
    assert signal.due == 110
    assert signal.hear(0.0, at=109) == 2.0
    assert signal.hear(0.0, at=110) == 1.0


def test_it_falls_by_itself_when_nothing_comes() -> None:
    signal = starts(coverage=0.0)
    started_at(signal, 10, 50)
    assert signal.wake() == 1.0
    assert signal.due == 150
    assert signal.wake() == 0.0
    assert never_due(signal)


def test_many_beginnings_leave_at_once_after_a_silence() -> None:
    signal = starts(count=100, coverage=0.0)
    started_at(signal, *range(0, 60, 2))
    assert signal.hear(0.0, at=139) == 10.0
    assert signal.hear(0.0, at=5_000) == 0.0


def test_until_enough_is_covered_it_is_known_only_where_the_count_is_reached() -> None:
    signal = starts()
    assert started_at(signal, 0, 10, 20) == [None, None, 3.0]
    assert signal.due == 100
    assert starts().hear(0.0, at=0) is None


def test_it_becomes_known_by_itself_when_enough_is_covered() -> None:
    signal = starts()
    started_at(signal, 0)
    assert signal.due == 60
    assert signal.wake() == 1.0
    assert signal.due == 100
    assert signal.facts == {"beginnings": 1, "coverage": 0.6}


def test_a_gap_ends_no_alarm_for_it_may_have_begun_meanwhile() -> None:
    signal = starts()
    started_at(signal, 100, 110, 120)
    assert signal.hear(None, at=130) is None
    assert never_due(signal)
    assert signal.hear(0.0, at=215, gap=True) is None
    assert signal.due == 220
    assert signal.wake() is None
    assert signal.due == 275
    assert signal.wake() == 0.0


def test_what_is_so_behind_a_gap_and_was_not_before_it_has_begun_once() -> None:
    signal = starts(coverage=0.0)
    assert signal.hear(0.0, at=0) == 0.0
    assert signal.hear(1.0, at=50, gap=True) == 1.0
    assert signal.hear(None, at=60) is None
    assert signal.hear(1.0, at=70, gap=True) == 1.0


def test_beyond_what_can_be_remembered_it_counts_no_further() -> None:
    signal = starts(count=100, within=1_000)
    assert started_at(signal, *range(0, 400, 2))[-1] == RING
    assert signal.hear(0.0, at=398 + 1_000) == 0.0


def test_beginnings_outlive_a_restart() -> None:
    signal = starts(coverage=0.0)
    assert signal.bank.memory(0) is None
    started_at(signal, 10, 50)
    signal.hear(1.0, at=60)
    signal.restart()
    assert signal.due == 110
    assert signal.hear(1.0, at=110) == 2.0


@pytest.mark.parametrize(("gaps", "covered"), [(1, 90), (8, 8 * 90), (9, 9 * 90 - 90)])
def test_of_many_gaps_in_one_window_the_oldest_count_as_one(gaps: int, covered: int) -> None:
    signal = starts(within=10_000)
    signal.hear(0.0, at=0)
    for number in range(1, gaps + 1):
        signal.hear(0.0, at=100 * number - 10)
        signal.hear(0.0, at=100 * number, gap=True)
    assert signal.facts["coverage"] == covered / 10_000


def test_gaps_that_have_left_the_window_are_forgotten_first() -> None:
    signal = starts(within=100)
    for at in range(0, 1_000, 20):
        signal.hear(0.0, at=at, gap=at % 40 == 0)
    assert signal.facts["coverage"] == 0.6


KNOWN = {
    "holds": False,
    "covered": 5,
    "due": 105,
    "begun": 0,
    "until": 6,
    "broken": False,
    "gaps": [[2, 3]],
    "times": [5],
    "before": False,
    "lost": None,
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"holds": 0},
        {"covered": -1},
        {"due": None},
        {"begun": None},
        {"until": 1.0},
        {"broken": None},
        {"gaps": {}},
        {"gaps": [[1, 2]] * 9},
        {"gaps": [[1]]},
        {"gaps": [[1, "2"]]},
        {"times": [7, 6]},
        {"times": [None]},
        {"times": [], "before": True},
        {"before": 1},
        {"lost": "5"},
    ],
)
def test_what_another_version_remembered_is_left_alone(wrong: dict[str, Any]) -> None:
    signal = starts()
    signal.recall(KNOWN)
    assert signal.facts == {"beginnings": 1, "coverage": 0.05}
    signal.recall({**KNOWN, **wrong})
    assert signal.bank.memory(0) is None
    assert signal.facts == {"beginnings": 0, "coverage": 0.0}


def test_by_the_clock_the_greater_of_two_windows_counts() -> None:
    signal = tumbling(coverage=0.0)
    assert started_at(signal, 10, 20, 30) == [1.0, 2.0, 3.0]
    assert signal.due == 100
    assert signal.wake() == 3.0
    assert started_at(signal, 110) == [3.0]
    assert signal.facts == {"beginnings": 1, "before": 3}
    assert signal.due == 200
    assert signal.wake() == 1.0
    assert signal.wake() == 0.0
    assert never_due(signal)


def test_a_beginning_at_the_end_of_a_window_is_in_the_next_one() -> None:
    signal = tumbling(coverage=0.0)
    started_at(signal, 98)
    assert signal.hear(1.0, at=100) == 1.0
    assert signal.facts == {"beginnings": 1, "before": 1}


def test_windows_begin_at_their_phase() -> None:
    signal = tumbling(phase=30)
    signal.hear(0.0, at=10)
    assert signal.due == 30


def test_by_the_clock_it_is_known_when_a_whole_window_was_covered_or_the_count_is_reached() -> None:
    signal = tumbling()
    assert started_at(signal, 20, 30) == [None, None]
    assert signal.wake() == 2.0
    assert started_at(tumbling(), 20, 30, 40) == [None, None, 3.0]
    late = tumbling()
    started_at(late, 50)
    assert late.wake() is None


def test_nobody_could_wait_for_the_end_of_a_window_so_the_next_sample_tells_it() -> None:
    signal = tumbling(count=2)
    started_at(signal, 10, 20)
    assert signal.hear(None, at=90) is None
    assert never_due(signal)
    assert signal.hear(0.0, at=110, gap=True) == 2.0
    assert signal.hear(0.0, at=310) == 0.0


def test_windows_in_a_gap_are_not_known() -> None:
    signal = tumbling(count=2)
    started_at(signal, 10, 20)
    assert signal.hear(0.0, at=310, gap=True) is None
    assert signal.due == 400


def test_windows_outlive_a_restart() -> None:
    signal = tumbling()
    assert signal.bank.memory(0) is None
    started_at(signal, 0, 10)
    signal.restart()
    assert started_at(signal, 20) == [3.0]


@pytest.mark.parametrize("wrong", [{"holds": 0}, {"closes": -1}, {"present": None}, {"before": 0.5}, {"whole": 1}, {"gaps": 0}])
def test_the_windows_of_another_version_are_left_alone(wrong: dict[str, Any]) -> None:
    known: dict[str, Any] = {"holds": False, "closes": 100, "present": 1, "before": 2, "whole": True}
    known |= {"begun": 0, "until": 6, "broken": False, "gaps": []}
    signal = tumbling()
    signal.recall(known)
    assert signal.facts == {"beginnings": 1, "before": 2}
    signal.recall({**known, **wrong})
    assert signal.bank.memory(0) is None
    assert never_due(signal)


@pytest.mark.parametrize("wrong", [{"within": 0}, {"within": 1 << 60}, {"count": 0}, {"count": 101}, {"coverage": 1.1}])
def test_parameters_outside_their_ranges_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="P1"):
        starts(**wrong)


@pytest.mark.parametrize("phase", [-1, 100])
def test_a_phase_outside_the_window_is_refused(phase: int) -> None:
    with pytest.raises(ValueError, match="phase"):
        tumbling(phase=phase)


HIGH, LOW = Raw(Side.HIGH, 2.0), Raw(Side.LOW, 1.0, 0.5)
VALUES = (None, 0.0, 1.0, 1.0, 1.5, 2.0, 3.0)
SLIDING = [
    Repeat(tag="A", raw=HIGH, within=7, count=2),
    Repeat(tag="B", raw=RUNS, within=20, count=3, coverage=1.0),
    Repeat(tag="C", raw=LOW, within=12, count=4, coverage=0.0),
    Repeat(tag="D", raw=LOW, within=60, count=2, coverage=0.8),
]
TUMBLING = [
    TumblingRepeat(tag="A", raw=HIGH, within=7, count=2),
    TumblingRepeat(tag="B", raw=RUNS, within=20, count=3, coverage=1.0, phase=3),
    TumblingRepeat(tag="C", raw=LOW, within=12, count=4, coverage=0.0, phase=5),
]


@settings(max_examples=200)
@given(walks(len(SLIDING), VALUES))
def test_the_bank_says_what_a_list_of_beginnings_says(path: list[Step]) -> None:
    walk(RepeatBank, NaiveRepeat, SLIDING, path)


@settings(max_examples=200)
@given(walks(len(TUMBLING), VALUES))
def test_the_bank_says_what_a_list_for_each_window_says(path: list[Step]) -> None:
    walk(TumblingRepeatBank, NaiveTumblingRepeat, TUMBLING, path)
