"""The signal of an expression: newest values in, a number or a condition out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from edge.model.moment import NEVER
from rules.expression import Expression, Yields, compile_expression
from rules.signals.expression import ExpressionBank, ExpressionSignal
from tests.unit.rules.expression.strategies import KEYS, texts, values
from tests.unit.rules.naive.expression import NaiveExpression
from tests.unit.rules.signals.several_inputs import Sample, play, samples, say

PLANT = ("M1.a", "M1.b", "L1.c", "L-2.d")


def signal(text: str, *reads: str, wanted: Yields = Yields.EITHER) -> ExpressionSignal:
    expression = compile_expression(text, wanted)
    assert isinstance(expression, Expression), expression
    return ExpressionSignal(expression, reads)


HOTTER = signal("de_temp > ambient + 40", "M1.de_temp", "HALL.ambient")


def test_it_speaks_as_soon_as_it_knows_enough_and_falls_silent_with_an_input() -> None:
    bank = ExpressionBank([HOTTER])
    assert say(bank, 0, 80.0) is None
    assert say(bank, 1, 30.0) == 1.0
    assert say(bank, 1, 45.0) == 0.0
    assert say(bank, 1, None) is None
    assert say(bank, 0, 200.0) is None
    assert say(bank, 1, 45.0, gap=True) == 1.0
    assert bank.facts(0) == {"de_temp": 200.0, "ambient": 45.0}


def test_what_does_not_matter_need_not_be_known() -> None:
    bank = ExpressionBank([signal("stopped or speed < 5", "L1.stopped", "L1.speed")])
    assert say(bank, 0, 1.0) == 1.0
    assert say(bank, 1, None) == 1.0
    assert say(bank, 0, 0.0) is None
    assert bank.facts(0) == {"stopped": 0.0, "speed": None}


def test_a_number_is_the_value_of_the_signal() -> None:
    assert say(ExpressionBank([signal("de_temp - 20", "M1.de_temp")]), 0, 61.5) == 41.5


def test_two_names_of_one_tag_are_one_input() -> None:
    twice = signal("de_temp + M1.de_temp", "M1.de_temp", "M1.de_temp")
    assert twice.inputs == ("M1.de_temp",)
    assert say(ExpressionBank([twice]), 0, 4.0) == 8.0


def test_it_never_speaks_by_itself() -> None:
    bank = ExpressionBank([HOTTER])
    assert bank.due.tolist() == [NEVER]
    assert len(bank.wake(np.array([0]), np.array([5])).position) == 0


def test_a_signal_that_has_heard_nothing_remembers_nothing() -> None:
    assert ExpressionBank([HOTTER]).memory(0) is None


@pytest.mark.parametrize(
    "memory",
    [{}, {"newest": 5}, {"newest": [1.0]}, {"newest": ["80", 1.0]}, {"newest": [80.0, float("inf")]}, {"newest": [10**400, 1]}],
)
def test_what_another_version_remembered_is_left_alone(memory: dict[str, Any]) -> None:
    bank = ExpressionBank([HOTTER])
    say(bank, 0, 80.0)
    bank.recall(0, memory)
    assert bank.facts(0) == {"de_temp": 80.0, "ambient": None}


def test_equal_signals_are_one_and_their_records_know_them_again() -> None:
    again = signal("de_temp > ambient + 40", "M1.de_temp", "HALL.ambient")
    assert again == HOTTER
    assert {again: 1}[HOTTER] == 1
    assert repr(again) == repr(HOTTER)
    assert again != signal("de_temp > ambient + 41", "M1.de_temp", "HALL.ambient")


@settings(max_examples=200)
@given(st.lists(texts, min_size=2, max_size=3), samples(2, 4, values))
def test_the_bank_says_what_a_walk_through_the_tree_says(written: list[str], story: list[Sample]) -> None:
    signals = [
        ExpressionSignal(each, tuple(PLANT[KEYS.index(name)] for name in each.names))
        for text in written
        if isinstance(each := compile_expression(text), Expression)
    ]
    assume(len(signals) > 1)  # a text may read no tag at all
    fitting = [sample for sample in story if sample.input < len(signals[sample.place].inputs)]
    play(ExpressionBank, NaiveExpression, signals, fitting)
