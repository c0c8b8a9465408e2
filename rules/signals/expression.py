"""Expression: the value of an expression (`rules/expression/`) over several tags; conditions are 1 or 0.

Evaluable as far as the expression's logic goes: not when an input that decides is not good, or has never been heard, and not
where it has no finite value. An input that went bad is unknown until its next good sample; gaps of good ones do not matter, as
only the newest values count. It says something with every sample it hears, at the time of that sample.

Facts: the newest value of each name, by the name as it is written; None for unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.moment import NEVER
from rules.columns import Indices, Moments
from rules.expression import Expression
from rules.expression.evaluate import ExpressionColumns
from rules.signals.base import Heard, Said
from rules.signals.newest import NewestValues


@dataclass(frozen=True, slots=True)
class ExpressionSignal:
    """reads: the tag that each of the expression's names stands for, in the order of `expression.names`; two names may mean the
    same tag."""

    expression: Expression
    reads: tuple[str, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.reads))


class ExpressionBank:
    """Expressions of equal shape are worked out together."""

    def __init__(self, signals: Sequence[ExpressionSignal]) -> None:
        self._signals = signals
        self._newest = NewestValues([len(signal.inputs) for signal in signals])
        cells = [self._newest.cells(place, signal.inputs, signal.reads) for place, signal in enumerate(signals)]
        self._columns = ExpressionColumns([signal.expression for signal in signals], cells)
        self.due: Moments = np.full(len(signals), NEVER, dtype=np.int64)

    def hear(self, heard: Heard) -> Said:
        self._newest.take(heard)
        value, known = self._columns.evaluate(heard.places, self._newest.value)
        return Said(np.arange(len(heard.places)), value, known)

    def wake(self, places: Indices, now: Moments) -> Said:
        """Never has anything to say by itself."""
        return Said(np.empty(0, dtype=np.intp), np.empty(0), np.empty(0, dtype=np.bool_))

    def memory(self, place: int) -> Mapping[str, Any] | None:
        return self._newest.memory(place)

    def recall(self, place: int, memory: Mapping[str, Any]) -> None:
        self._newest.recall(place, memory)

    def facts(self, place: int) -> Mapping[str, float | str | None]:
        signal = self._signals[place]
        newest = dict(zip(signal.inputs, self._newest.of(place), strict=True))
        return {name: newest[tag] for name, tag in zip(signal.expression.names, signal.reads, strict=True)}
