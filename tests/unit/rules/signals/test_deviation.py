"""Deviation from a set point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.moment import NEVER
from rules.signals.deviation import Deviation, DeviationBank, Side
from tests.unit.rules.naive.deviation import NaiveDeviation
from tests.unit.rules.signals.several_inputs import Sample, play, samples, say

VALUES = st.one_of(st.none(), st.sampled_from((0.0, 50.0, 1e308, -1e308)), st.floats(-100, 100))
SIGNALS = [
    *(Deviation("F1.temp", "F1.set_point", side) for side in Side),
    *(Deviation("F1.temp", 50.0, side) for side in (Side.ABOVE, Side.BOTH, Side.SIGNED)),
]


@pytest.mark.parametrize(
    ("side", "above", "below"),
    [(Side.ABOVE, 3.0, 0.0), (Side.BELOW, 0.0, 3.0), (Side.BOTH, 3.0, 3.0), (Side.SIGNED, 3.0, -3.0)],
)
def test_each_side_counts_its_own_direction(side: Side, above: float, below: float) -> None:
    bank = DeviationBank([Deviation("F1.temp", 50.0, side)])
    assert say(bank, 0, 53.0) == above
    assert say(bank, 0, 47.0) == below
    assert say(bank, 0, 50.0) == 0.0


def test_a_set_point_that_moves_is_news() -> None:
    bank = DeviationBank([Deviation("F1.temp", "F1.set_point")])
    assert say(bank, 0, 53.0) is None
    assert say(bank, 1, 50.0) == 3.0
    assert say(bank, 1, 60.0) == 7.0
    assert bank.facts(0) == {"value": 53.0, "set_point": 60.0}


def test_both_of_its_inputs_are_known_after_a_restart() -> None:
    signals = [Deviation("F1.temp", "F1.set_point")]
    before, after = DeviationBank(signals), DeviationBank(signals)
    say(before, 0, 53.0)
    say(before, 1, 50.0)
    memory = before.memory(0)
    assert memory is not None
    after.recall(0, memory)
    assert say(after, 1, 60.0) == 7.0


def test_without_a_good_set_point_it_is_not_evaluable() -> None:
    bank = DeviationBank([Deviation("F1.temp", "F1.set_point")])
    say(bank, 0, 53.0)
    say(bank, 1, 50.0)
    assert say(bank, 1, None) is None
    assert say(bank, 0, 80.0) is None
    assert say(bank, 1, 50.0, gap=True) == 30.0
    assert say(bank, 0, None) is None


def test_a_constant_set_point_is_always_known() -> None:
    signal = Deviation("F1.temp", 50.0)
    assert signal.inputs == ("F1.temp",)
    assert DeviationBank([signal]).facts(0) == {"value": None, "set_point": 50.0}


def test_it_never_speaks_by_itself() -> None:
    bank = DeviationBank([Deviation("F1.temp", 50.0)])
    assert bank.due.tolist() == [NEVER]
    assert len(bank.wake(np.array([0]), np.array([5])).position) == 0


@settings(max_examples=200)
@given(samples(len(SIGNALS), 2, VALUES))
def test_the_bank_says_what_two_numbers_say(story: list[Sample]) -> None:
    play(
        DeviationBank, NaiveDeviation, SIGNALS, [sample for sample in story if sample.input < len(SIGNALS[sample.place].inputs)]
    )
