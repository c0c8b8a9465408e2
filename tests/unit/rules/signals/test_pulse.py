"""Events that a device raises itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from rules.signals.pulse import Pulse, PulseBank
from tests.unit.rules.naive.pulse import NaivePulse
from tests.unit.rules.signals.over_time import OneSignal, Step, never_due, walk, walks


def pulse(hold: int = 10) -> OneSignal:
    return OneSignal(PulseBank, Pulse("R1.event", hold))


def test_an_event_holds_for_its_time_and_ends_by_itself() -> None:
    signal = pulse()
    assert signal.hear(17.0, at=100) == 1.0
    assert signal.facts == {"event": 17.0, "until": 110.0}
    assert signal.due == 110
    assert signal.wake() == 0.0
    assert never_due(signal)
    assert signal.facts == {"event": None, "until": None}


def test_a_0_before_its_time_is_over_does_not_end_it() -> None:
    signal = pulse()
    signal.hear(1.0, at=100)
    assert signal.hear(0.0, at=109) == 1.0
    assert signal.due == 110


def test_the_same_number_read_again_is_one_event() -> None:
    signal = pulse()
    signal.hear(1.0, at=100)
    assert signal.hear(1.0, at=109) == 1.0
    assert signal.due == 119


@pytest.mark.parametrize("between", [(), (0.0,), (4.0, 0.0)])
def test_another_number_within_the_time_is_an_event_of_its_own(between: tuple[float, ...]) -> None:
    signal = pulse()
    signal.hear(3.0, at=100)
    for value in between:
        signal.hear(value, at=102)
    assert signal.hear(5.0, at=104) == 0.0
    assert signal.due == 105
    assert signal.wake() == 1.0
    assert (signal.facts["event"], signal.due) == (5.0, 115)


def test_the_same_number_after_a_0_is_an_event_of_its_own() -> None:
    signal = pulse()
    signal.hear(3.0, at=100)
    signal.hear(0.0, at=101)
    assert (signal.hear(3.0, at=102), signal.wake()) == (0.0, 1.0)


def test_lost_data_is_not_evaluable_and_nothing_ends_behind_it() -> None:
    signal = pulse()
    signal.hear(1.0, at=100)
    assert signal.hear(None, at=105) is None
    assert never_due(signal)


def test_a_0_after_lost_data_says_whether_the_time_is_over() -> None:
    early, late = pulse(), pulse()
    for signal in (early, late):
        signal.hear(1.0, at=100)
        signal.hear(None, at=105)
    assert (early.hear(0.0, at=109), early.due) == (1.0, 110)
    assert late.hear(0.0, at=110) == 0.0
    assert never_due(late)


def test_an_event_outlives_a_restart() -> None:
    signal = pulse()
    assert signal.bank.memory(0) is None
    signal.hear(3.0, at=100)
    signal.restart()
    assert signal.due == 110
    assert signal.hear(3.0, at=101) == 1.0


@pytest.mark.parametrize("wrong", [{"event": None}, {"until": "now"}, {"begins": "soon"}, {"zero": 1}, {"broken": None}])
def test_what_another_version_remembered_is_left_alone(wrong: dict[str, Any]) -> None:
    signal = pulse()
    signal.recall({"event": 1.0, "until": 5, "begins": None, "zero": False, "broken": False, **wrong})
    assert never_due(signal)


def test_an_event_that_is_not_held_is_refused() -> None:
    with pytest.raises(ValueError, match="R1"):
        Pulse("R1.event", 0)


SIGNALS = [Pulse("A", 1), Pulse("B", 3), Pulse("C", 7)]


@settings(max_examples=200)
@given(walks(len(SIGNALS), (None, 0.0, 1.0, -1.0, 3.0)))
def test_the_bank_says_what_a_clock_says(path: list[Step]) -> None:
    walk(PulseBank, NaivePulse, SIGNALS, path)
