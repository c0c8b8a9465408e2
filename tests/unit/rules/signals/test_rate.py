"""Rate of change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from edge.model.moment import MINUTE, SECOND
from rules.signals.rate import Rate, RateBank, Side
from tests.unit.rules.naive.rate import NaiveRate
from tests.unit.rules.signals.over_time import NOTHING, OneSignal, Step, walk, walks


def rate(over: int = 10 * SECOND, **other: Any) -> OneSignal:
    return OneSignal(RateBank, Rate("B1.temp", over, **other))


def test_the_first_sample_is_no_rate() -> None:
    assert rate().hear(70.0, at=0) is None


def test_a_pair_is_complete_after_exactly_its_time_and_not_before() -> None:
    signal = rate()
    signal.hear(70.0, at=0)
    assert signal.hear(90.0, at=10 * SECOND - 1) == NOTHING
    assert signal.hear(71.0, at=10 * SECOND) == 6.0
    assert signal.facts == {"change": 1.0, "seconds": 10.0}


def test_the_next_pair_begins_where_the_last_one_ended() -> None:
    signal = rate()
    assert signal.hear_all([70.0, 71.0, 71.0, 68.0], every=10 * SECOND) == [None, 6.0, 0.0, 18.0]


def test_it_is_divided_by_the_time_between_the_sources_however_long_that_is() -> None:
    signal = rate(per=SECOND)
    signal.hear(0.0, at=0)
    assert signal.hear(30.0, at=15 * SECOND) == 2.0


@pytest.mark.parametrize(
    ("side", "rising", "falling"), [(Side.UP, 6.0, -12.0), (Side.DOWN, -6.0, 12.0), (Side.BOTH, 6.0, 12.0)]
)
def test_the_side_says_what_is_positive(side: Side, rising: float, falling: float) -> None:
    assert rate(side=side).hear_all([70.0, 71.0, 69.0], every=10 * SECOND) == [None, rising, falling]


def test_samples_of_one_instant_are_no_pair_and_lose_no_change() -> None:
    signal = rate(over=1, per=1)
    assert signal.hear(1.0, at=5) is None
    assert signal.hear(4.0, at=5) == NOTHING
    assert signal.hear(5.0, at=7) == 2.0


def test_a_bad_sample_is_not_bridged() -> None:
    signal = rate()
    signal.hear_all([70.0, 71.0], every=10 * SECOND)
    assert signal.hear(None, at=15 * SECOND) is None
    assert signal.facts == {"change": None, "seconds": None}
    assert signal.hear(95.0, at=20 * SECOND) is None
    assert signal.hear(96.0, at=30 * SECOND) == 6.0


def test_a_gap_is_not_bridged() -> None:
    signal = rate()
    signal.hear_all([70.0, 71.0], every=10 * SECOND)
    assert signal.hear(95.0, at=20 * SECOND, gap=True) is None
    assert signal.hear(96.0, at=30 * SECOND) == 6.0


def test_what_would_overflow_is_the_greatest_number() -> None:
    signal = rate(over=1, per=MINUTE, side=Side.UP)
    signal.hear(-1.7e308, at=0)
    assert signal.hear(1.7e308, at=1) == pytest.approx(1.797e308, rel=1e-3)


def test_an_open_pair_outlives_a_restart() -> None:
    signal = rate()
    signal.hear_all([70.0, 71.0], every=10 * SECOND)
    signal.restart()
    assert signal.facts == {"change": 1.0, "seconds": 10.0}
    assert signal.hear(72.0, at=20 * SECOND) == 6.0


def test_who_has_heard_nothing_good_remembers_nothing() -> None:
    signal = rate()
    signal.hear(None, at=0)
    assert signal.bank.memory(0) is None


@pytest.mark.parametrize("wrong", [{"since": -1}, {"before": None}, {"elapsed": 0.5}, {"change": float("inf")}])
def test_what_another_version_remembered_is_left_alone(wrong: dict[str, Any]) -> None:
    signal = rate()
    signal.recall({"since": 0, "before": 1.0, "elapsed": 5, "change": 1.0, **wrong})
    assert signal.bank.memory(0) is None


@pytest.mark.parametrize(("over", "per"), [(0, 1), (-1, 1), (1, 0)])
def test_a_rate_without_time_is_refused(over: int, per: int) -> None:
    with pytest.raises(ValueError, match="B1"):
        Rate("B1.temp", over, per)


SIGNALS = [Rate("A", 1, 1, Side.UP), Rate("B", 3, 7, Side.BOTH), Rate("C", 5, 60, Side.DOWN), Rate("D", 4, 1)]


@settings(max_examples=200)
@given(walks(len(SIGNALS), (None, 0.0, 1.0, 2.5, -3.0, 80.1, 0.1)))
def test_the_bank_says_what_a_pair_by_hand_says(path: list[Step]) -> None:
    walk(RateBank, NaiveRate, SIGNALS, path)
