"""A PLC's own word for who came first in a first-out group: a tag with a number, or one bit, for each member.

A PLC sees in a scan of milliseconds what a gateway reads once a second, so its word goes before source times. It counts while
it is good, names one member, and took its value within a stated time of when the first alarm of the group began: words are
often latched until the next reset, and what one has shown since yesterday is about yesterday. That a bad sample came between
changes nothing about when it took its value.

Not here: who is first without it, and what follows from it (first_out.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from edge.model.moment import Moment
from rules.definition import FirstOutWord

#: Words of which only the highest bit is set, where they are read as signed numbers.
_UNSIGNED = {-(1 << bit): 1 << bit for bit in (15, 31)}


class Undecided(StrEnum):
    """Why a word does not say who came first."""

    SILENT = "silent"
    """Nothing good has come of it yet."""
    BAD = "bad"
    """What came last is bad."""
    NOBODY = "nobody"
    """It is 0, and that stands for no member."""
    SEVERAL = "several"
    """More than one bit is set."""
    UNKNOWN = "unknown"
    """It says what stands for no member."""
    OLD = "old"
    """It took its value too long before the first alarm, or too long after it."""
    NOT_RAISED = "not_raised"
    """The member that it names is not in alarm."""


class Word:
    """What came of it. members: the rows of the rules by what the word says for them. value: the newest good one; since:
    the source time at which it became that."""

    def __init__(self, definition: FirstOutWord, members: Mapping[int, int]) -> None:
        self.definition = definition
        self._members = members
        self._value: float | None = None
        self._since: Moment = 0
        self._good = False

    def hear(self, value: float | None, time: Moment) -> None:
        """value: None for a bad one."""
        self._good = value is not None
        if value is not None and value != self._value:
            self._value, self._since = value, time

    def names(self, first_at: Moment) -> int | Undecided:
        """The row that it says came first, in a group whose first alarm was raised at a time."""
        if self._value is None:
            return Undecided.SILENT
        if not self._good:
            return Undecided.BAD
        number = _number(self._value, bits=self.definition.bits)
        if isinstance(number, Undecided):
            return number
        row = self._members.get(number)
        if row is None:
            return Undecided.NOBODY if self._value == 0 else Undecided.UNKNOWN
        return row if abs(self._since - first_at) <= self.definition.within else Undecided.OLD

    def record(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"value": self._value, "since": self._since, "good": self._good}

    def restore(self, record: Mapping[str, Any]) -> None:
        self._value, self._since, self._good = record["value"], record["since"], record["good"]


def _number(value: float, *, bits: bool) -> int | Undecided:
    """What a value says: itself, or the number of its bit."""
    if not value.is_integer():
        return Undecided.UNKNOWN
    number = int(value)
    if not bits:
        return number
    number = _UNSIGNED.get(number, number)
    if number == 0:
        return Undecided.NOBODY
    if number < 0 or number & (number - 1):
        return Undecided.SEVERAL
    return number.bit_length() - 1
