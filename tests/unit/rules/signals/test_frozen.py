"""Frozen values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from edge.model.moment import SECOND
from rules.signals.frozen import Frozen, FrozenBank
from tests.unit.rules.naive.frozen import NaiveFrozen
from tests.unit.rules.signals.over_time import OneSignal, Step, walk, walks


def frozen(band: float = 0.5) -> OneSignal:
    return OneSignal(FrozenBank, Frozen("T1.level", band))


def test_it_counts_the_seconds_since_the_value_was_first_seen() -> None:
    assert frozen().hear_all([5.0, 5.2, 4.9, 5.0], every=10 * SECOND) == [0.0, 10.0, 20.0, 30.0]


def test_the_edge_of_the_band_is_inside_and_beyond_it_is_a_new_anchor() -> None:
    signal = frozen()
    assert signal.hear_all([5.0, 5.5, 4.5], every=SECOND) == [0.0, 1.0, 2.0]
    assert signal.hear(5.51, at=3 * SECOND) == 0.0
    assert signal.facts == {"anchor": 5.51}


def test_a_slow_drift_leaves_the_band_for_the_anchor_does_not_follow() -> None:
    assert frozen().hear_all([5.0, 5.25, 5.5, 5.75, 6.0], every=SECOND) == [0.0, 1.0, 2.0, 0.0, 1.0]


def test_without_a_band_only_equal_values_are_frozen() -> None:
    assert frozen(band=0.0).hear_all([5.0, 5.0, 5.000001], every=SECOND) == [0.0, 1.0, 0.0]


def test_a_bad_sample_is_not_evaluable_and_its_time_does_not_count() -> None:
    signal = frozen()
    signal.hear_all([5.0, 5.0, None], every=10 * SECOND)
    assert signal.hear(None, at=30 * SECOND) is None
    assert signal.hear_all([5.0, 5.0, 5.0], every=8 * SECOND, start=40 * SECOND) == [10.0, 10.0, 16.0]


def test_lost_data_is_no_return_to_normal_and_a_value_that_has_moved_meanwhile_is() -> None:
    signal = frozen()
    signal.hear_all([5.0, 5.0], every=600 * SECOND)
    assert signal.hear(5.1, at=900 * SECOND, gap=True) == 600.0
    assert signal.hear(7.0, at=990 * SECOND, gap=True) == 0.0


def test_two_values_very_far_apart_are_apart() -> None:
    assert frozen().hear_all([-1.7e308, 1.7e308], every=SECOND) == [0.0, 0.0]


def test_it_goes_on_counting_after_a_restart() -> None:
    signal = frozen()
    assert signal.bank.memory(0) is None
    assert signal.facts == {"anchor": None}
    signal.hear(5.0, at=0)
    signal.restart()
    assert signal.hear(5.0, at=7 * SECOND) == 7.0


@pytest.mark.parametrize("wrong", [{"anchor": "5"}, {"since": 1.5}, {"longest": -1}])
def test_what_another_version_remembered_is_left_alone(wrong: dict[str, Any]) -> None:
    signal = frozen()
    signal.recall({"anchor": 5.0, "since": None, "longest": 0, **wrong})
    assert signal.facts == {"anchor": None}


@pytest.mark.parametrize("band", [-0.1, float("nan")])
def test_a_band_below_0_is_refused(band: float) -> None:
    with pytest.raises(ValueError, match="T1"):
        Frozen("T1.level", band)


SIGNALS = [Frozen("A"), Frozen("B", 1.0), Frozen("C", 0.3), Frozen("D", 1.5)]


@settings(max_examples=200)
@given(walks(len(SIGNALS), (None, 0.0, 0.0, 0.3, 1.0, 1.3, 2.0)))
def test_the_bank_says_what_an_observer_says(path: list[Step]) -> None:
    walk(FrozenBank, NaiveFrozen, SIGNALS, path)
