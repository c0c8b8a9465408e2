"""A mismatch again: what is seen, since when, and whether it has lasted."""

from __future__ import annotations

from edge.model.moment import NEVER
from rules.signals.mismatch import Mismatch

NOTHING = "nothing"


class NaiveMismatch:
    def __init__(self, signal: Mismatch) -> None:
        self._signal = signal
        self._newest: dict[str, float | None] = {signal.command: None, signal.feedback: None}
        self._last_command: float | None = None
        self._since: int | None = None
        self._lasted = False

    @property
    def due(self) -> int:
        return NEVER if self._since is None or self._lasted else self._since + self._signal.within

    def hear(self, input: int, value: float | None, source: int, arrival: int, gap: bool) -> float | str | None:  # noqa: A002 - the word of `Heard`
        self._newest[self._signal.inputs[input]] = value
        command, feedback = self._newest[self._signal.command], self._newest[self._signal.feedback]
        if command is not None and command != self._last_command:
            self._last_command = command
            self._since = None
            self._lasted = False
        if command is None or feedback is None:
            self._since = None
            return None
        if self._matches(command, feedback):
            self._since = None
            self._lasted = False
        elif self._since is None or gap:
            self._since = source
        return 1.0 if self._lasted else 0.0

    def wake(self, now: int) -> float | str | None:
        self._lasted = True
        return 1.0

    def _matches(self, command: float, feedback: float) -> bool:
        if self._signal.expected and command not in dict(self._signal.expected):
            return True
        expected = dict(self._signal.expected).get(command, command)
        return abs(feedback - expected) <= self._signal.tolerance
