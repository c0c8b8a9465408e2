"""Signals of one tag over time: told by hand, and walks of whole banks beside their naive twins, which must say the same.

A walk comes from a seed: what Hypothesis draws itself is too short to fill windows. Time goes on in single microseconds, so
that samples and windows meet each other's edges often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import numpy as np
import orjson
from hypothesis import strategies as st

from edge.model.moment import NEVER
from rules.signals.base import Heard, Said, SignalBank

NOTHING = "nothing"
Answer = float | str | None
Values = Sequence[float | None]
Sample = tuple[int, float | None, int, bool]
"""Place, value (None: bad), source time, gap."""


class Twin(Protocol):
    @property
    def due(self) -> int: ...

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> Answer: ...  # noqa: A002 - the word of `Heard`

    def wake(self, now: int) -> Answer: ...


BankOf = Callable[[Sequence[Any]], SignalBank]
TwinOf = Callable[[Any], Twin]


class OneSignal:
    """A bank of one place."""

    def __init__(self, bank_of: BankOf, signal: Any) -> None:
        self._bank_of = bank_of
        self._signal = signal
        self.bank = bank_of([signal])

    @property
    def due(self) -> int:
        return int(self.bank.due[0])

    @property
    def facts(self) -> dict[str, float | str | None]:
        return dict(self.bank.facts(0))

    def hear(self, value: float | None, *, at: int, gap: bool = False) -> Answer:
        return tell(self.bank, [(0, value, at, gap)])[0]

    def hear_all(self, values: Iterable[float | None], *, every: int, start: int = 0) -> list[Answer]:
        return [self.hear(value, at=start + every * number) for number, value in enumerate(values)]

    def wake(self) -> Answer:
        """Let time go on to its due."""
        return waken(self.bank, [0])[0]

    def restart(self) -> None:
        self.bank = restarted(self._bank_of, self.bank, [self._signal])

    def recall(self, memory: dict[str, Any]) -> None:
        """Begin anew with what some version may have remembered."""
        self.bank = self._bank_of([self._signal])
        self.bank.recall(0, memory)


def tell(bank: SignalBank, samples: Sequence[Sample]) -> list[Answer]:
    """One call, distinct in places."""
    heard = Heard(
        places=np.array([place for place, _, _, _ in samples], dtype=np.intp),
        input=np.zeros(len(samples), dtype=np.intp),
        value=np.array([np.nan if value is None else value for _, value, _, _ in samples], dtype=np.float64),
        good=np.array([value is not None for _, value, _, _ in samples], dtype=np.bool_),
        source=np.array([source for _, _, source, _ in samples], dtype=np.int64),
        arrival=np.array([source for _, _, source, _ in samples], dtype=np.int64),
        gap=np.array([gap for _, _, _, gap in samples], dtype=np.bool_),
    )
    return _answers(bank.hear(heard), len(samples))


def waken(bank: SignalBank, places: Sequence[int]) -> list[Answer]:
    """Each at its due, which must be later afterwards."""
    before = bank.due[list(places)]
    said = _answers(bank.wake(np.array(places, dtype=np.intp), before), len(places))
    assert (bank.due[list(places)] > before).all()
    return said


def _answers(said: Said, count: int) -> list[Answer]:
    assert np.isfinite(said.value).all()
    assert not np.signbit(said.value[said.value == 0.0]).any()
    assert (np.diff(said.position) > 0).all()
    answers: list[Answer] = [NOTHING] * count
    for position, value, known in zip(said.position.tolist(), said.value.tolist(), said.known.tolist(), strict=True):
        answers[position] = value if known else None
    return answers


def restarted(bank_of: BankOf, bank: SignalBank, signals: Sequence[Any]) -> SignalBank:
    """Another bank that goes on with what this one remembers, out of a file."""
    other = bank_of(signals)
    for place in range(len(signals)):
        memory = bank.memory(place)
        if memory is not None:
            other.recall(place, orjson.loads(orjson.dumps(memory)))
        assert dict(other.facts(place)) == dict(bank.facts(place))
    assert other.due.tolist() == bank.due.tolist()
    return other


@dataclass(frozen=True, slots=True)
class Step:
    """ahead: since the sample before. waits: dues that pass until then are waited for. cut: a new call begins."""

    place: int
    value: float | None
    ahead: int
    gap: bool
    waits: bool
    cut: bool
    restart: bool


def walks(places: int, values: Values, ahead: Sequence[int] = (0, 1, 1, 1, 2, 3, 9)) -> st.SearchStrategy[list[Step]]:
    return st.builds(
        lambda seed, length: _walk(Random(seed), length, places, values, ahead), st.integers(0, 2**32), st.integers(1, 40)
    )


def _walk(dice: Random, length: int, places: int, values: Values, ahead: Sequence[int]) -> list[Step]:
    favourite = dice.randrange(places)
    return [
        Step(
            place=favourite if dice.random() < 0.5 else dice.randrange(places),
            value=dice.choice(values),
            ahead=dice.choice(ahead),
            gap=dice.random() < 0.06,
            waits=dice.random() < 0.8,
            cut=dice.random() < 0.2,
            restart=dice.random() < 0.05,
        )
        for _ in range(length)
    ]


def walk(bank_of: BankOf, twin_of: TwinOf, signals: Sequence[Any], path: Sequence[Step]) -> None:
    """The bank, in whatever calls and restarts, says what its twins say sample by sample."""
    bank, twins = bank_of(signals), [twin_of(signal) for signal in signals]
    call: list[Sample] = []
    expected: list[Answer] = []
    good = [False] * len(signals)
    now = 0
    for step in path:
        now += step.ahead
        wakes = step.waits and any(trusted and twin.due < now for trusted, twin in zip(good, twins, strict=True))
        if step.cut or step.restart or wakes or step.place in {place for place, _, _, _ in call}:
            assert tell(bank, call) == expected
            call, expected = [], []
            assert bank.due.tolist() == [twin.due for twin in twins]
        if step.restart:
            bank = restarted(bank_of, bank, signals)
        while wakes:
            passed = [place for place, twin in enumerate(twins) if good[place] and twin.due < now]
            assert waken(bank, passed) == [twins[place].wake(twins[place].due) for place in passed]
            assert bank.due.tolist() == [twin.due for twin in twins]
            wakes = any(trusted and twin.due < now for trusted, twin in zip(good, twins, strict=True))
        call.append((step.place, step.value, now, step.gap))
        expected.append(twins[step.place].hear(0, step.value, now, now, step.gap))
        good[step.place] = step.value is not None
    assert tell(bank, call) == expected
    assert bank.due.tolist() == [twin.due for twin in twins]


def never_due(signal: OneSignal) -> bool:
    return signal.due == NEVER
