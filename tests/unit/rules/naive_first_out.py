"""A PLC's word for who came first, in the naive engine."""

from __future__ import annotations

from dataclasses import dataclass

from edge.model.moment import Moment
from rules.definition import FirstOutWord


@dataclass(frozen=True)
class WordSaid:
    """value: None for a bad one; time: of the device."""

    group: str
    value: float | None
    time: Moment


class NaiveWord:
    def __init__(self, definition: FirstOutWord) -> None:
        self.definition = definition
        self.good: list[tuple[float, Moment]] = []
        self.bad = False

    def hear(self, value: float | None, time: Moment) -> None:
        self.bad = value is None
        if value is not None and (not self.good or self.good[-1][0] != value):
            self.good.append((value, time))

    def says(self, first_at: Moment) -> str:
        """The id of the alarm that it names, or why it names none."""
        if not self.good:
            return "silent"
        if self.bad:
            return "bad"
        value, since = self.good[-1]
        if self.definition.bits and value.is_integer():
            bits = [bit for bit in range(64) if int(value) >> bit & 1]
            if not bits:
                return "nobody"
            if len(bits) > 1:
                return "several"
            value = float(bits[0])
        for number, alarm in self.definition.members.items():
            if number == value:
                return alarm if abs(since - first_at) <= self.definition.within else "old"
        return "nobody" if value == 0 and not self.definition.bits else "unknown"
