"""Charts under test: one told sample after sample, and whole banks beside their naive twins."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

from edge.model.moment import SECOND
from rules.signals.base import Heard
from rules.signals.baseline import Baseline, Learned, Stated
from rules.signals.control_chart import ControlChartBank
from tests.unit.rules.naive.control_chart import NaiveChart

Sample = tuple[float | None, int, bool]
"""Value (None: bad), source time in microseconds, gap."""


class OneChart:
    """A bank of one place, told a point a second."""

    def __init__(self, bank: ControlChartBank) -> None:
        self.bank = bank
        self._second = count(1)

    def hear(self, value: float | None, *, gap: bool = False, source: int | None = None) -> float | None:
        """The chart's value; None for not evaluable."""
        at = next(self._second) * SECOND if source is None else source
        return tell(self.bank, {0: (value, at, gap)})[0]

    def hear_all(self, *values: float) -> list[float | None]:
        return [self.hear(value) for value in values]


def tell(bank: ControlChartBank, samples: dict[int, Sample]) -> dict[int, float | None]:
    """One call; by place, what each chart says. Charts answer every sample."""
    heard = Heard(
        places=np.array(list(samples), dtype=np.intp),
        input=np.zeros(len(samples), dtype=np.intp),
        value=np.array([np.nan if value is None else value for value, _, _ in samples.values()]),
        good=np.array([value is not None for value, _, _ in samples.values()]),
        source=np.array([source for _, source, _ in samples.values()], dtype=np.int64),
        arrival=np.array([source for _, source, _ in samples.values()], dtype=np.int64),
        gap=np.array([gap for _, _, gap in samples.values()]),
    )
    said = bank.hear(heard)
    assert said.position.tolist() == list(range(len(samples)))
    values = zip(samples, said.value.tolist(), said.known.tolist(), strict=True)
    return {place: value if known else None for place, value, known in values}


def moved(bank: ControlChartBank, fresh: ControlChartBank, places: int) -> ControlChartBank:
    """The fresh bank, gone on where the other is, by way of JSON."""
    for place in range(places):
        memory = bank.memory(place)
        if memory is not None:
            fresh.recall(place, json.loads(json.dumps(memory, allow_nan=False)))
    return fresh


@dataclass(frozen=True, slots=True)
class Step:
    """cut: the sample begins a new call. act: what a person does to the chart before it, by the name of the method."""

    place: int
    value: float | None
    ahead: int
    gap: bool
    cut: bool
    restart: bool
    act: str | None


PLACES = 3
LENGTH = 300

BASELINES: st.SearchStrategy[Baseline] = st.sampled_from([Stated(10.0, 1.0), Stated(10.0, 1.0), Stated(-3.0, 0.1), Learned(20)])
EVERY = st.sampled_from([0, 0, SECOND, 3 * SECOND])


def steps(*acts: str) -> st.SearchStrategy[list[Step]]:
    """The beginnings of walks that seeds make: the lists that Hypothesis draws are too short for long runs."""
    return st.builds(lambda seed, length: _walk_of(Random(seed), acts)[:length], st.integers(0, 2**32), st.integers(1, LENGTH))


LEVELS = (6.5, 8.5, 9.5, 10.0, 10.5, 11.0, 11.5, 12.5, 13.5)


def _walk_of(dice: Random, acts: Sequence[str]) -> list[Step]:
    path: list[Step] = []
    while len(path) < LENGTH:
        place = dice.choice((0, 0, 0, 1, 1, 2))
        path += [
            Step(
                place=place if dice.random() < 0.97 else dice.randrange(PLACES),
                value=value,
                ahead=dice.choice((0, SECOND // 4, SECOND, SECOND, SECOND, SECOND, SECOND, 2 * SECOND)),
                gap=dice.random() < 0.01,
                cut=dice.random() < 0.3,
                restart=dice.random() < 0.03,
                act=dice.choice(acts) if acts and dice.random() < 0.01 else None,
            )
            for value in _stretch(dice)
        ]
    return path


def _stretch(dice: Random) -> list[float | None]:  # noqa: PLR0911 - a table of seven stretches
    """As processes have them, so that every test of runs fails now and then."""
    one, other, times = dice.choice(LEVELS), dice.choice(LEVELS), dice.randrange(1, 17)
    match dice.randrange(7):
        case 0:
            return [one] * times
        case 1:
            return [one + 0.3 * step for step in range(times // 2)]
        case 2:
            return [one - 0.3 * step for step in range(times // 2)]
        case 3:
            return [one, other] * times
        case 4:
            return [dice.choice((8.5, 11.5, 11.75)) for _ in range(times)]
        case 5:
            return [dice.uniform(9.0, 11.0) for _ in range(2 * times)]
    return [dice.choice((None, one, other, dice.uniform(-8e307, 8e307))) for _ in range(times % 4)]


def walk(
    signals: Sequence[Any],
    bank_of: Callable[[Sequence[Any]], ControlChartBank],
    naive_of: Callable[[Any], NaiveChart],
    path: Sequence[Step],
) -> None:
    """The bank, in whatever calls and restarts, says what its naive twins say sample by sample."""
    bank, naive = bank_of(signals), [naive_of(signal) for signal in signals]
    call: dict[int, Sample] = {}
    expected: dict[int, float | str | None] = {}
    source = 0
    for step in path:
        if step.place in call or step.cut or step.restart or step.act:
            if call:
                assert tell(bank, call) == expected
            call, expected = {}, {}
        if step.restart:
            bank = moved(bank, bank_of(signals), len(signals))
        if step.act:
            getattr(bank, step.act)(step.place)
            getattr(naive[step.place], step.act)(step.place)
        source += step.ahead
        call[step.place] = (step.value, source, step.gap)
        expected[step.place] = naive[step.place].hear(0, step.value, source, source, step.gap)
    if call:
        assert tell(bank, call) == expected
