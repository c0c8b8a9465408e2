"""Command against feedback."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.moment import NEVER
from rules.signals.mismatch import Mismatch, MismatchBank
from tests.unit.rules.naive.mismatch import NaiveMismatch
from tests.unit.rules.signals.several_inputs import Answer, Sample, play, restarted, samples, say, waken

FEEDBACK, COMMAND = 0, 1
VALVE = Mismatch("V1.open", "V1.is_open", within=10)
STATES = Mismatch("V1.order", "V1.position", within=4, expected=((0.0, 2.0), (1.0, 1.0)))
ANALOG = Mismatch("V1.set_point", "V1.opening", within=7, tolerance=1.0)


def opened_at_100() -> MismatchBank:
    """The valve is ordered to open at 100, and is still closed."""
    bank = MismatchBank([VALVE])
    assert say(bank, COMMAND, 0.0, at=90) is None
    assert say(bank, FEEDBACK, 0.0, at=90) == 0.0
    assert say(bank, COMMAND, 1.0, at=100) == 0.0
    return bank


def due(bank: MismatchBank) -> int:
    return int(bank.due[0])


def wake(bank: MismatchBank) -> Answer:
    return waken(bank, 0)


def test_it_is_one_after_exactly_the_time_that_is_allowed() -> None:
    bank = opened_at_100()
    assert due(bank) == 110
    assert say(bank, FEEDBACK, 0.0, at=109) == 0.0
    assert due(bank) == 110
    assert wake(bank) == 1.0
    assert due(bank) == NEVER
    assert say(bank, FEEDBACK, 0.0, at=111) == 1.0


def test_a_feedback_in_time_is_no_mismatch() -> None:
    bank = opened_at_100()
    assert say(bank, FEEDBACK, 1.0, at=109) == 0.0
    assert due(bank) == NEVER


def test_a_match_ends_it_at_once() -> None:
    bank = opened_at_100()
    wake(bank)
    assert say(bank, FEEDBACK, 1.0, at=130) == 0.0
    assert due(bank) == NEVER


def test_a_feedback_that_leaves_later_counts_from_then() -> None:
    bank = opened_at_100()
    say(bank, FEEDBACK, 1.0, at=105)
    assert say(bank, FEEDBACK, 0.0, at=200) == 0.0
    assert due(bank) == 210


def test_a_new_command_starts_the_time_anew_and_a_repeated_one_does_not() -> None:
    bank = opened_at_100()
    say(bank, COMMAND, 1.0, at=105)
    assert due(bank) == 110
    say(bank, COMMAND, 2.0, at=106)
    assert due(bank) == 116
    assert wake(bank) == 1.0
    assert say(bank, COMMAND, 3.0, at=120) == 0.0
    assert due(bank) == 130


def test_another_command_that_expects_the_same_starts_the_time_anew_too() -> None:
    bank = MismatchBank([Mismatch("V1.order", "V1.position", within=10, expected=((1.0, 5.0), (2.0, 5.0)))])
    say(bank, FEEDBACK, 0.0, at=0)
    say(bank, COMMAND, 1.0, at=1)
    say(bank, COMMAND, 2.0, at=6)
    assert due(bank) == 16


def test_the_table_says_what_a_command_wants_to_see_and_what_is_not_in_it_wants_nothing() -> None:
    bank = MismatchBank([STATES])
    say(bank, FEEDBACK, 0.0, at=0)
    say(bank, COMMAND, 0.0, at=1)
    assert due(bank) == 5
    assert bank.facts(0) == {"command": 0.0, "feedback": 0.0, "expected": 2.0, "since": 1.0}
    assert say(bank, FEEDBACK, 2.0, at=2) == 0.0
    assert due(bank) == NEVER
    assert say(bank, COMMAND, 7.0, at=3) == 0.0
    assert due(bank) == NEVER
    assert bank.facts(0) == {"command": 7.0, "feedback": 2.0, "expected": None, "since": None}


def test_within_the_tolerance_is_equal() -> None:
    bank = MismatchBank([ANALOG])
    say(bank, COMMAND, 50.0, at=0)
    say(bank, FEEDBACK, 51.0, at=1)
    assert due(bank) == NEVER
    say(bank, FEEDBACK, 51.001, at=2)
    assert due(bank) == 9


@pytest.mark.parametrize("which", [FEEDBACK, COMMAND])
def test_a_bad_input_is_not_evaluable_and_the_time_begins_again_behind_it(which: int) -> None:
    bank = opened_at_100()
    assert say(bank, which, None, at=105) is None
    assert due(bank) == NEVER
    assert say(bank, which, float(which), at=107, gap=True) == 0.0
    assert due(bank) == 117


def test_a_gap_proves_nothing_so_the_time_begins_again_behind_it() -> None:
    bank = opened_at_100()
    assert say(bank, FEEDBACK, 0.0, at=108, gap=True) == 0.0
    assert due(bank) == 118


@pytest.mark.parametrize("which", [FEEDBACK, COMMAND])
def test_lost_data_is_no_return_to_normal(which: int) -> None:
    bank = opened_at_100()
    wake(bank)
    assert say(bank, which, None, at=120) is None
    assert say(bank, which, float(which), at=500, gap=True) == 1.0


def test_behind_lost_data_another_command_counts_anew() -> None:
    bank = opened_at_100()
    wake(bank)
    say(bank, COMMAND, None, at=120)
    assert say(bank, COMMAND, 5.0, at=500, gap=True) == 0.0
    assert due(bank) == 510


def test_what_nobody_could_wait_for_is_waited_for_later() -> None:
    bank = opened_at_100()
    assert say(bank, COMMAND, 1.0, at=150) == 0.0
    assert due(bank) == 110
    assert wake(bank) == 1.0


def test_it_goes_on_counting_after_a_restart() -> None:
    assert due(restarted(MismatchBank, opened_at_100(), [VALVE])) == 110
    assert MismatchBank([VALVE]).memory(0) is None


@pytest.mark.parametrize(
    "wrong", [{"obeyed": "1"}, {"since": 1.5}, {"mismatched": None}, {"newest": [1.0]}, {"since": 1 << 80}]
)
def test_what_another_version_remembered_is_left_alone(wrong: dict[str, Any]) -> None:
    bank = MismatchBank([VALVE])
    bank.recall(0, {**(opened_at_100().memory(0) or {}), **wrong})
    assert bank.facts(0) == {"command": None, "feedback": None, "expected": None, "since": None}
    assert due(bank) == NEVER


@settings(max_examples=400)
@given(samples(4, 2, st.sampled_from((None, 0.0, 0.0, 1.0, 1.0, 2.0, 2.5))))
def test_the_bank_says_what_a_watcher_says(story: list[Sample]) -> None:
    play(MismatchBank, NaiveMismatch, [VALVE, STATES, ANALOG, VALVE], story)
