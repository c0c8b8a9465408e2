"""Which request a fault befalls depends on the seed and the number of the request, and on nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.faults import (
    CloseAfter,
    Delay,
    ExceptionAnswer,
    Fault,
    FaultPlan,
    HalfFrame,
    Refuse,
    Silent,
    Treatment,
    WrongTransaction,
)

any_faults = st.lists(
    st.sampled_from(
        [
            Silent(unit=3, share=0.5),
            Delay(by_us=1000, share=0.3),
            ExceptionAnswer(code=6, unit=1),
            WrongTransaction(share=0.9),
            HalfFrame(share=0.1),
            CloseAfter(sent_bytes=5, share=0.2),
            Refuse(),
        ]
    ),
    max_size=5,
).map(tuple)


@given(any_faults, st.integers(0, 2**32), st.integers(0, 255), st.lists(st.integers(0, 10_000), min_size=1, max_size=20))
def test_a_run_can_be_repeated_from_its_seed(faults, seed, unit, requests):
    once = [FaultPlan(faults, seed).treatment(unit, nth) for nth in requests]
    again = [FaultPlan(faults, seed).treatment(unit, nth) for nth in reversed(requests)]
    assert once == again[::-1]


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_fault_befalls_its_share_of_the_requests(share):
    plan = FaultPlan((Silent(share=share),), seed=7)
    befallen = sum(plan.treatment(1, nth).silent for nth in range(4000))
    assert befallen == pytest.approx(4000 * share, abs=150 if 0 < share < 1 else 0)


def test_another_seed_befalls_other_requests():
    befallen = [[FaultPlan((Silent(share=0.5),), seed).treatment(1, nth).silent for nth in range(64)] for seed in range(10)]
    assert len({tuple(run) for run in befallen}) == 10


def test_a_fault_of_one_unit_leaves_the_others_alone():
    plan = FaultPlan((Silent(unit=3),))
    assert plan.treatment(3, 1).silent
    assert plan.treatment(4, 1) == Treatment()


def test_faults_add_up():
    plan = FaultPlan((Delay(by_us=1000), Delay(by_us=500), HalfFrame()))
    assert plan.treatment(1, 1) == Treatment(delay_us=1500, half=True)


@pytest.mark.parametrize(
    "nonsense",
    [
        lambda: Fault(share=1.1),
        lambda: Delay(by_us=-1),
        lambda: ExceptionAnswer(code=0),
        lambda: CloseAfter(sent_bytes=-1),
        lambda: Delay(by_us=1, share=-0.1),
    ],
)
def test_impossible_faults_cannot_be_made(nonsense):
    with pytest.raises(ValueError):
        nonsense()
