"""Counters: their rate, and that they stand still."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from edge.model.moment import HOUR, MINUTE, SECOND
from rules.signals.counter import CounterRate, CounterRateBank, CounterStop, CounterStopBank
from tests.unit.rules.naive.counter import NaiveCounterRate, NaiveCounterStop
from tests.unit.rules.signals.over_time import NOTHING, OneSignal, Step, never_due, walk, walks


def pieces(over: int = MINUTE, **other: Any) -> OneSignal:
    return OneSignal(CounterRateBank, CounterRate("L1.pieces", over, **other))


def stop(after: int = 60 * SECOND, **other: Any) -> OneSignal:
    return OneSignal(CounterStopBank, CounterStop("L1.pieces", after, **other))


def counted(before: float, now: float, rolls_over_at: float | None = None) -> object:
    signal = pieces(over=1, per=1, rolls_over_at=rolls_over_at)
    return signal.hear_all([before, now], every=1)[1]


def test_a_rate_is_what_was_counted_per_unit_of_time() -> None:
    signal = pieces(per=HOUR)
    assert signal.hear_all([100.0, 101.0, 103.0, 103.0], every=30 * SECOND) == [None, NOTHING, 180.0, NOTHING]
    assert signal.facts == {"counted": 3.0, "seconds": 60.0}


@pytest.mark.parametrize(
    ("before", "now", "at", "expected"),
    [
        (65_530.0, 4.0, None, 10.0),
        (65_535.0, 0.0, None, 1.0),
        (4_294_967_290.0, 3.0, None, 9.0),
        (2.0**64 - 2048.0, 1024.0, None, 3072.0),
        (9_998.0, 1.0, 10_000.0, 3.0),
        (5_000.0, 0.0, 10_000.0, 5_000.0),
        (99_999.5, 0.25, 100_000.0, 0.75),
    ],
)
def test_a_counter_that_rolls_over_has_gone_on_counting(before: float, now: float, at: float | None, expected: float) -> None:
    assert counted(before, now, at) == expected


@pytest.mark.parametrize(
    ("before", "now", "at", "expected"),
    [
        (30_000.0, 7.0, None, 7.0),
        (61_440.0, 0.0, None, 4096.0),
        (61_439.0, 0.0, None, 0.0),
        (2.0**64, 5.0, None, 5.0),
        (4_999.0, 0.0, 10_000.0, 0.0),
        (12_000.0, 3.0, 10_000.0, 3.0),
        (9_999.0, -4.0, 10_000.0, 0.0),
    ],
)
def test_a_fall_that_is_no_plausible_roll_over_is_a_reset(before: float, now: float, at: float | None, expected: float) -> None:
    assert counted(before, now, at) == expected


def test_a_reset_within_a_pair_keeps_what_was_counted_before_it() -> None:
    assert pieces(per=MINUTE).hear_all([100.0, 130.0, 5.0], every=30 * SECOND) == [None, NOTHING, 35.0]


@pytest.mark.parametrize(("value", "gap"), [(None, False), (900.0, True)])
def test_a_rate_bridges_no_gap(value: float | None, gap: bool) -> None:
    signal = pieces(per=MINUTE)
    signal.hear_all([100.0, 110.0], every=MINUTE)
    assert signal.hear(value, at=2 * MINUTE, gap=gap) is None
    assert signal.facts == {"counted": None, "seconds": None}
    signal.hear(1000.0, at=3 * MINUTE, gap=True)
    assert signal.hear(1007.0, at=4 * MINUTE) == 7.0


def test_an_open_pair_outlives_a_restart() -> None:
    signal = pieces(per=MINUTE)
    assert signal.bank.memory(0) is None
    signal.hear_all([100.0, 110.0], every=30 * SECOND)
    signal.restart()
    assert signal.hear(111.0, at=60 * SECOND) == 11.0


def test_a_stop_is_told_after_exactly_its_time_also_when_nothing_comes() -> None:
    signal = stop()
    assert signal.hear_all([100.0, 101.0], every=SECOND) == [0.0, 0.0]
    assert signal.due == 61 * SECOND
    assert signal.wake() == 60.0
    assert never_due(signal)
    assert signal.hear(101.0, at=70 * SECOND) == 69.0
    assert signal.facts == {"count": 101.0}


def test_a_count_ends_the_stop_also_one_that_rolls_over_or_follows_a_reset() -> None:
    signal = stop()
    assert signal.hear_all([65_535.0, 65_535.0, 0.0, 2.0, 1.0], every=SECOND) == [0.0, 1.0, 0.0, 0.0, 0.0]


def test_a_reset_to_0_counts_nothing() -> None:
    signal = stop()
    assert signal.hear_all([500.0, 0.0, 0.0], every=SECOND) == [0.0, 1.0, 2.0]
    assert signal.due == 60 * SECOND


def test_time_that_proves_nothing_is_no_stop() -> None:
    signal = stop()
    signal.hear_all([100.0, 100.0], every=20 * SECOND)
    assert signal.hear(None, at=30 * SECOND) is None
    assert never_due(signal)
    assert signal.hear(100.0, at=500 * SECOND) == 20.0
    assert signal.due == 560 * SECOND


def test_lost_data_ends_no_stop_and_what_was_counted_meanwhile_does() -> None:
    signal = stop()
    signal.hear(100.0, at=0)
    signal.wake()
    assert signal.hear(100.0, at=300 * SECOND, gap=True) == 60.0
    assert signal.hear(101.0, at=600 * SECOND, gap=True) == 0.0


def test_a_stop_outlives_a_restart() -> None:
    signal = stop()
    assert signal.bank.memory(0) is None
    assert signal.facts == {"count": None}
    signal.hear(100.0, at=0)
    signal.restart()
    assert signal.due == 60 * SECOND


@pytest.mark.parametrize("wrong", [{"since": "0"}, {"newest": None}, {"open": float("nan")}, {"elapsed": -2}, {"counted": "1"}])
def test_the_rate_of_another_version_is_left_alone(wrong: dict[str, Any]) -> None:
    signal = pieces()
    signal.recall({"since": 0, "newest": 1.0, "open": 0.0, "elapsed": 0, "counted": 0.0, **wrong})
    assert signal.bank.memory(0) is None


@pytest.mark.parametrize("wrong", [{"newest": None}, {"since": 1 << 70}, {"longest": True - 2}])
def test_the_stop_of_another_version_is_left_alone(wrong: dict[str, Any]) -> None:
    signal = stop()
    signal.recall({"newest": 1.0, "since": 0, "longest": 0, **wrong})
    assert signal.bank.memory(0) is None
    assert never_due(signal)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (CounterRate, (0,)),
        (CounterRate, (1, 0)),
        (CounterRate, (1, 1, 0.0)),
        (CounterStop, (0,)),
        (CounterStop, (1, -5.0)),
    ],
)
def test_parameters_that_make_no_counter_are_refused(kind: Any, parameters: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="C1: a counter"):
        kind("C1", *parameters)


COUNTS = (None, 0.0, 1.0, 3.0, 3.0, 5.5, 9.0, 10.0, 65_530.0, 65_535.0, 2.0**32 - 1, 2.0**64, -1.0)
RATES = [CounterRate("A", 1, 1), CounterRate("B", 3, 7, 10.0), CounterRate("C", 6, 60, 65_536.0)]
STOPS = [CounterStop("A", 4), CounterStop("B", 7, 10.0), CounterStop("C", 1), CounterStop("D", 15)]


@settings(max_examples=200)
@given(walks(len(RATES), COUNTS))
def test_the_rates_are_those_counted_by_hand(path: list[Step]) -> None:
    walk(CounterRateBank, NaiveCounterRate, RATES, path)


@settings(max_examples=200)
@given(walks(len(STOPS), (*COUNTS, 3.0, 3.0, 3.0, 0.0)))
def test_the_stops_are_those_counted_by_hand(path: list[Step]) -> None:
    walk(CounterStopBank, NaiveCounterStop, STOPS, path)
