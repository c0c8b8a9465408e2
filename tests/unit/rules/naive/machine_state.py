"""The states of a line again: try one condition after the other."""

from __future__ import annotations

from edge.model.moment import NEVER
from rules.signals.machine_state import States
from tests.unit.rules.naive.expression import evaluate

NOTHING = "nothing"


class NaiveStates:
    def __init__(self, signal: States) -> None:
        self._signal = signal
        self._newest: dict[str, float | None] = dict.fromkeys(signal.inputs)
        self.due = NEVER

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        self._newest[self._signal.inputs[input]] = value
        for number, (_, condition) in enumerate(self._signal.states):
            seen = {name: self._newest[tag] for name, tag in zip(condition.expression.names, condition.reads, strict=True)}
            truth = evaluate(condition.expression.text, seen)
            if truth is None:
                return None
            if truth != 0.0:
                return float(number)
        return None if self._signal.otherwise is None else float(len(self._signal.states))

    def wake(self, now: int) -> float | str | None:
        return NOTHING
