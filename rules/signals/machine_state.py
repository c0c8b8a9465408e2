"""States: which state a line is in, worked out of tags by expressions; the value is the number of the state.

It is that of the first state whose expression is true, else of `otherwise`; without an `otherwise`, a line that is in none of
its states is not evaluable. So is one where the expression of an earlier state is unknown: it could be that one. What is later
and unknown does not matter.

Expressions of equal shape are worked out together, of all lines. An input that went bad is unknown until its next good sample;
gaps do not matter, as only the newest values count.

Facts: state, the name of the present one; undecided, the first state that nobody knows whether it is in. None for none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import NEVER
from rules.columns import Bools, Indices, Moments
from rules.expression.evaluate import ExpressionColumns
from rules.signals.base import Heard, Said
from rules.signals.expression import ExpressionSignal
from rules.signals.newest import NewestValues


@dataclass(frozen=True, slots=True)
class States:
    """The states of a line, in the order in which they are tried. states: name and condition of each, names distinct.
    otherwise: the name of the state when it is none of them."""

    line: str
    states: tuple[tuple[str, ExpressionSignal], ...]
    otherwise: str | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag for _, condition in self.states for tag in condition.reads))

    @property
    def names(self) -> tuple[str, ...]:
        """Of all states, by number."""
        named = tuple(name for name, _ in self.states)
        return named if self.otherwise is None else (*named, self.otherwise)


class StatesBank:
    """The conditions of all lines behind each other. first: by place, the number of its first; one more at the end."""

    def __init__(self, signals: Sequence[States]) -> None:
        self._signals = signals
        self._newest = NewestValues([len(signal.inputs) for signal in signals])
        conditions = [(place, condition) for place, signal in enumerate(signals) for _, condition in signal.states]
        inputs = [signal.inputs for signal in signals]
        cells = [self._newest.cells(place, inputs[place], condition.reads) for place, condition in conditions]
        self._columns = ExpressionColumns([condition.expression for _, condition in conditions], cells)
        self._count: Indices = np.array([len(signal.states) for signal in signals], dtype=np.intp)
        self._first: Indices = np.concatenate(([0], np.cumsum(self._count)))
        self._has_otherwise = np.array([signal.otherwise is not None for signal in signals])
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        self._newest.take(heard)
        number, decided = self._states(heard.places)
        return Said(np.arange(len(heard.places)), np.where(decided, number, 0).astype(np.float64), decided)

    def wake(self, places: Indices, now: Moments) -> Said:
        """Never has anything to say by itself."""
        return Said(np.empty(0, dtype=np.intp), np.empty(0), np.empty(0, dtype=np.bool_))

    def memory(self, place: int) -> Mapping[str, Any] | None:
        return self._newest.memory(place)

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        self._newest.recall(place, memory)

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        number, decided = self._states(np.array([place]))
        names = self._signals[place].names
        stopped_at = names[int(number[0])] if number[0] < len(names) else None
        return {"state": stopped_at if decided[0] else None, "undecided": None if decided[0] else stopped_at}

    def _states(self, places: Indices) -> tuple[Indices, Bools]:
        """By place, the first state that is not certainly another one, or the number of states; and whether that is known."""
        count = self._count[places]
        row = np.repeat(np.arange(len(places)), count)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        value, known = self._columns.evaluate(self._first[places][row] + nth, self._newest.value)
        width = int(count.max(initial=0))
        # One column more, which is always open: where all are certainly others, that is the first.
        open_states = np.zeros((len(places), width + 1), dtype=np.bool_)
        open_states[row, nth] = (value != 0.0) | ~known
        open_states[np.arange(len(places)), count] = True
        number = open_states.argmax(axis=1)
        decided = self._has_otherwise[places].copy()
        tried = np.flatnonzero(number < count)
        decided[tried] = known[(np.cumsum(count) - count)[tried] + number[tried]]
        return number, decided
