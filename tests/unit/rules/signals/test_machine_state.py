"""Which state a line is in."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.moment import NEVER
from rules.expression import Expression, Yields, compile_expression
from rules.signals.expression import ExpressionSignal
from rules.signals.machine_state import States, StatesBank
from tests.unit.rules.naive.machine_state import NaiveStates
from tests.unit.rules.signals.several_inputs import Sample, play, samples, say


def condition(text: str) -> ExpressionSignal:
    expression = compile_expression(text, Yields.CONDITION)
    assert isinstance(expression, Expression), expression
    return ExpressionSignal(expression, tuple(f"CRM.{name}" for name in expression.names))


ROLLING = States(
    "CRM",
    (
        ("stopped", condition("speed < 1")),
        ("threading", condition("jog or speed < 60")),
        ("tail_out", condition("rest < 20 and speed < 200")),
    ),
    otherwise="rolling",
)
SPEED, JOG, REST = 0, 1, 2
OPEN = States("CRM", (("low", condition("speed < 10")), ("high", condition("speed > 20"))))
SIMPLE = States("CRM", (("runs", condition("jog")),), otherwise="stands")


def test_it_is_in_the_first_state_that_is_true() -> None:
    bank = StatesBank([ROLLING])
    assert ROLLING.inputs == ("CRM.speed", "CRM.jog", "CRM.rest")
    assert ROLLING.names == ("stopped", "threading", "tail_out", "rolling")
    say(bank, JOG, 0.0)
    say(bank, REST, 10.0)
    assert [say(bank, SPEED, speed) for speed in (0.0, 59.0, 100.0, 200.0)] == [0.0, 1.0, 2.0, 3.0]
    assert bank.facts(0) == {"state": "rolling", "undecided": None}


def test_an_earlier_state_that_is_unknown_leaves_it_open() -> None:
    bank = StatesBank([ROLLING])
    assert say(bank, REST, 10.0) is None
    assert bank.facts(0) == {"state": None, "undecided": "stopped"}
    assert say(bank, SPEED, 100.0) is None
    assert bank.facts(0) == {"state": None, "undecided": "threading"}


def test_a_later_state_that_is_unknown_does_not_matter() -> None:
    bank = StatesBank([ROLLING])
    assert say(bank, SPEED, 0.0) == 0.0
    assert say(bank, SPEED, 30.0) == 1.0
    assert say(bank, SPEED, None) is None


def test_none_of_the_states_is_the_one_otherwise_or_not_evaluable() -> None:
    assert say(StatesBank([SIMPLE]), 0, 0.0) == 1.0
    bank = StatesBank([OPEN])
    assert [say(bank, 0, speed) for speed in (5.0, 15.0, 25.0)] == [0.0, None, 1.0]
    say(bank, 0, 15.0)
    assert bank.facts(0) == {"state": None, "undecided": None}


def test_it_never_speaks_by_itself() -> None:
    bank = StatesBank([SIMPLE])
    assert bank.due.tolist() == [NEVER]
    assert len(bank.wake(np.array([0]), np.array([5])).position) == 0


@settings(max_examples=200)
@given(samples(4, 3, st.sampled_from((None, 0.0, 1.0, 5.0, 30.0, 100.0))))
def test_the_bank_says_what_trying_one_after_the_other_says(story: list[Sample]) -> None:
    lines = [ROLLING, OPEN, SIMPLE, ROLLING]
    play(StatesBank, NaiveStates, lines, [sample for sample in story if sample.input < len(lines[sample.place].inputs)])
