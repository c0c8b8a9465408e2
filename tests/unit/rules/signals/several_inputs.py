"""Samples of several inputs at random, played to a bank and to its naive twins, which must say the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import orjson
from hypothesis import strategies as st

from rules.signals.base import Heard, Said, SignalBank

NOTHING = "nothing"
Answer = float | str | None
BankType = Callable[[Sequence[Any]], SignalBank]


@dataclass(frozen=True, slots=True)
class Sample:
    """after: since the sample before. trusted: the signal's due was waited for before it came. restart: of everything, before
    it came. together: it is told in one call with the sample before, if that is of another place."""

    place: int
    input: int
    value: float | None
    after: int
    gap: bool
    trusted: bool = True
    restart: bool = False
    together: bool = False


class Twin(Protocol):
    @property
    def due(self) -> int: ...

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> Answer: ...  # noqa: A002 - the word of `Heard`

    def wake(self, now: int) -> Answer: ...


def samples(places: int, inputs: int, values: st.SearchStrategy[float | None]) -> st.SearchStrategy[list[Sample]]:
    rarely = st.sampled_from((False, False, False, False, True))
    return st.lists(
        st.builds(
            Sample,
            st.integers(0, places - 1),
            st.integers(0, inputs - 1),
            values,
            st.integers(0, 5),
            rarely,
            trusted=rarely.map(lambda each: not each),
            restart=rarely,
            together=st.booleans(),
        ),
        max_size=25,
    )


def play(bank_type: BankType, twin_type: Callable[[Any], Twin], signals: Sequence[Any], story: Sequence[Sample]) -> None:
    """Everything that the bank and the twins say, and their dues, are compared at once."""
    bank, twins, now = bank_type(signals), [twin_type(signal) for signal in signals], 1_000
    pending: list[tuple[Sample, int]] = []
    for sample in story:
        if pending and (not sample.together or sample.restart or sample.place in {each.place for each, _ in pending}):
            tell(bank, twins, pending)
            pending = []
        now += sample.after
        if sample.restart:
            bank = restarted(bank_type, bank, signals)
        if sample.trusted and bank.due[sample.place] <= now:
            wake(bank, twins, sample.place)
        pending.append((sample, now))
    tell(bank, twins, pending)


def tell(bank: SignalBank, twins: Sequence[Twin], told: Sequence[tuple[Sample, int]]) -> None:
    said = answers(bank.hear(heard(told)), len(told))
    assert said == [twins[sample.place].hear(sample.input, sample.value, at, at + 7, sample.gap) for sample, at in told]
    assert [int(bank.due[sample.place]) for sample, _ in told] == [twins[sample.place].due for sample, _ in told]


def wake(bank: SignalBank, twins: Sequence[Twin], place: int) -> None:
    due = int(bank.due[place])
    assert waken(bank, place) == twins[place].wake(due)
    assert due < bank.due[place] == twins[place].due


def say(bank: SignalBank, which: int, value: float | None, *, at: int = 0, gap: bool = False, place: int = 0) -> Answer:
    """What a signal answers to one sample."""
    return answers(bank.hear(heard([(Sample(place, which, value, 0, gap), at)])), 1)[0]


def waken(bank: SignalBank, place: int) -> Answer:
    """What a signal says at its due."""
    return answers(bank.wake(np.array([place]), bank.due[[place]]), 1)[0]


def heard(told: Sequence[tuple[Sample, int]]) -> Heard:
    return Heard(
        places=np.array([sample.place for sample, _ in told], dtype=np.intp),
        input=np.array([sample.input for sample, _ in told], dtype=np.intp),
        value=np.array([np.nan if sample.value is None else sample.value for sample, _ in told], dtype=np.float64),
        good=np.array([sample.value is not None for sample, _ in told], dtype=np.bool_),
        source=np.array([at for _, at in told], dtype=np.int64),
        arrival=np.array([at + 7 for _, at in told], dtype=np.int64),
        gap=np.array([sample.gap for sample, _ in told], dtype=np.bool_),
    )


def restarted(bank_type: BankType, bank: SignalBank, signals: Sequence[Any]) -> SignalBank:
    """Another bank that goes on with what this one remembers, out of a file."""
    other = bank_type(signals)
    for place in range(len(signals)):
        memory = bank.memory(place)
        if memory is not None:
            other.recall(place, orjson.loads(orjson.dumps(memory)))
    assert other.due.tolist() == bank.due.tolist()
    return other


def answers(said: Said, count: int) -> list[Answer]:
    spoken = dict(zip(said.position.tolist(), zip(said.value.tolist(), said.known.tolist(), strict=True), strict=True))
    return [NOTHING if at not in spoken else spoken[at][0] if spoken[at][1] else None for at in range(count)]
