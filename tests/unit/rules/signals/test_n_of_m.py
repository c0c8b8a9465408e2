"""n of m, and the comparison inside signals."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from rules.signals.n_of_m import NOfM, NOfMBank
from rules.signals.raw import Raw, Side
from tests.unit.rules.naive.n_of_m import NaiveNOfM
from tests.unit.rules.signals.over_time import OneSignal, Step, walk, walks

HOT = Raw(Side.HIGH, 80.0, deadband=3.0)
C, H = 70.0, 90.0


def n_of_m(n_on: int = 3, of: int = 5, n_off: int = 0, raw: Raw = HOT) -> OneSignal:
    return OneSignal(NOfMBank, NOfM("B1.temp", raw, n_on, of, n_off))


def test_it_says_how_many_of_the_last_samples_are_true() -> None:
    assert n_of_m().hear_all([C, C, C, C, H, H, H, C, C, C], every=1) == [None, None, 0.0, 0.0, 1.0, 2.0, 3.0, 3.0, 3.0, 2.0]


def test_before_all_have_come_it_is_known_where_the_missing_ones_make_no_difference() -> None:
    assert n_of_m().hear_all([H, H, H], every=1) == [None, None, 3.0]
    assert n_of_m().hear_all([C, H, C, C], every=1) == [None, None, None, 1.0]
    assert n_of_m(n_off=5).hear_all([C, C, C, C, C], every=1) == [None, None, None, None, 0.0]


@pytest.mark.parametrize(("n_off", "deadband"), [(0, 0.0), (3, 0.0), (4, 1.0), (5, 2.0)])
def test_the_deadband_of_its_rule_makes_it_end_with_n_off_false_ones(n_off: int, deadband: float) -> None:
    signal = NOfM("B1.temp", HOT, 3, 5, n_off)
    assert signal.deadband == deadband
    said = OneSignal(NOfMBank, signal).hear_all([H, H, H, C, C, C, C, C, C], every=1)
    ends = next(at for at, value in enumerate(said) if isinstance(value, float) and value < 3 - deadband)
    assert ends - 3 + 1 == (n_off or 3)


@pytest.mark.parametrize(("value", "gap"), [(None, False), (H, True)])
def test_what_interrupts_ends_the_run(value: float | None, gap: bool) -> None:
    signal = n_of_m()
    signal.hear_all([H, H, H], every=1)
    assert signal.hear(value, at=4, gap=gap) is None
    assert signal.hear(C, at=5) is None
    assert signal.hear_all([C, C], every=1, start=6) == [None, 0.0 if value is None else 1.0]


def test_the_facts_are_counts_of_samples() -> None:
    signal = n_of_m()
    signal.hear_all([H, C, H], every=1)
    assert signal.facts == {"true": 2, "false": 1}


def test_sixty_four_samples_are_remembered_over_a_restart() -> None:
    signal = n_of_m(64, 64)
    signal.hear_all([H] * 64, every=1)
    signal.restart()
    assert signal.hear(H, at=100) == 64.0
    assert signal.hear(C, at=101) == 63.0


def test_the_state_within_the_deadband_outlives_a_bad_sample_and_a_restart() -> None:
    signal = n_of_m(1, 1)
    assert signal.hear_all([81.0, None], every=1) == [1.0, None]
    signal.restart()
    assert signal.hear(78.0, at=5) == 1.0
    assert signal.hear(76.9, at=6) == 0.0
    assert signal.hear(78.0, at=7) == 0.0


@pytest.mark.parametrize(
    ("raw", "values", "expected"),
    [
        (Raw(Side.HIGH, 80.0, 3.0), [79.9, 80.0, 77.0, 76.9, 77.0], [0, 1, 1, 0, 0]),
        (Raw(Side.LOW, 10.0, 3.0), [10.1, 10.0, 13.0, 13.1, 13.0], [0, 1, 1, 0, 0]),
        (Raw(Side.EQUAL, 2.0), [1.0, 2.0, 2.5, 2.0, 3.0], [0, 1, 0, 1, 0]),
    ],
)
def test_the_comparison_enters_at_its_limit_and_leaves_beyond_the_deadband(
    raw: Raw, values: list[float], expected: list[int]
) -> None:
    assert n_of_m(1, 1, raw=raw).hear_all(values, every=1) == expected


def test_who_has_seen_nothing_remembers_nothing() -> None:
    assert n_of_m().bank.memory(0) is None


@pytest.mark.parametrize("wrong", [{"holds": 1}, {"seen": 6}, {"bits": 4}, {"bits": None}])
def test_what_another_version_remembered_is_left_alone(wrong: dict[str, Any]) -> None:
    signal = n_of_m()
    signal.recall({"holds": False, "seen": 2, "bits": 3, **wrong})
    assert signal.facts == {"true": 0, "false": 0}


@pytest.mark.parametrize(("n_on", "of", "n_off"), [(1, 0, 0), (1, 65, 0), (0, 5, 0), (6, 5, 0), (3, 5, 2), (3, 5, 6)])
def test_numbers_that_cannot_be_are_refused(n_on: int, of: int, n_off: int) -> None:
    with pytest.raises(ValueError, match="B1"):
        NOfM("B1.temp", HOT, n_on, of, n_off)


def test_a_deadband_that_cannot_be_is_refused() -> None:
    for side, deadband in ((Side.HIGH, -1.0), (Side.EQUAL, 1.0)):
        with pytest.raises(ValueError, match="deadband"):
            Raw(side, 1.0, deadband)


def test_what_is_just_entered_cannot_be_left_by_the_same_samples() -> None:
    for of in range(1, 9):
        for n_on in range(1, of + 1):
            least = NOfM("A", HOT, n_on, of).least_off
            assert [NOfM("A", HOT, n_on, of, n_off).deadband for n_off in range(least, of + 1)] == list(range(of + 1 - least))


SIGNALS = [
    NOfM("A", Raw(Side.HIGH, 2.0), 2, 3),
    NOfM("B", Raw(Side.LOW, 1.0, 0.5), 3, 5, 5),
    NOfM("C", Raw(Side.EQUAL, 1.0), 1, 1),
    NOfM("D", Raw(Side.HIGH, 1.5, 1.0), 6, 10, 8),
]


@settings(max_examples=200)
@given(walks(len(SIGNALS), (None, 0.0, 1.0, 1.0, 1.5, 2.0, 2.0, 3.0)))
def test_the_bank_says_what_a_list_of_samples_says(path: list[Step]) -> None:
    walk(NOfMBank, NaiveNOfM, SIGNALS, path)
