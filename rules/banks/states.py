"""States: conditions on whole numbers, which floats hold exactly, so they are compared exactly and know no deadband.

Equal: the value is the one that is the alarm. Not equal: it is not the normal one. In a set: it is one of several. A bit: that
bit of the number is set, of a negative one as in two's complement; of one that is no whole number, none is. A limit that is not
said is 0: a session that is lost, an expression that is not false.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from rules.columns import Bools, Floats, Indices
from rules.definition import Rule

#: Whole numbers up to here are exact in a float.
_EXACT = 2.0**53


class StateBank(ABC):
    """States have no order: the one that raised the alarm stays its peak."""

    @abstractmethod
    def holds(self, places: Indices | slice, value: Floats) -> Bools:
        """Whether the values are the condition, whatever was before."""

    def evaluate(self, places: Indices, value: Floats, raw: Bools) -> Bools:
        return self.holds(places, value)

    def turned(self, places: Indices | slice, value: Floats, raw: Bools) -> Indices:
        return np.flatnonzero(self.holds(places, value) != raw)

    def worse(self, peak: Floats, value: Floats) -> Floats:
        return np.where(np.isnan(peak), value, peak)


class EqualBank(StateBank):
    def __init__(self, rules: Sequence[Rule]) -> None:
        self._alarm_value = np.array([rule.limit or 0.0 for rule in rules], dtype=np.float64)

    def holds(self, places: Indices | slice, value: Floats) -> Bools:
        equal: Bools = value == self._alarm_value[places]
        return equal


class NotEqualBank(StateBank):
    def __init__(self, rules: Sequence[Rule]) -> None:
        self._normal = np.array([rule.limit or 0.0 for rule in rules], dtype=np.float64)

    def holds(self, places: Indices | slice, value: Floats) -> Bools:
        other: Bools = value != self._normal[places]
        return other


class InSetBank(StateBank):
    """Sets as one table, a row a rule, filled up with NaN, which equals nothing."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._values = np.full((len(rules), max(len(rule.values) for rule in rules)), np.nan)
        for place, rule in enumerate(rules):
            self._values[place, : len(rule.values)] = rule.values

    def holds(self, places: Indices | slice, value: Floats) -> Bools:
        among: Bools = (self._values[places] == value[:, np.newaxis]).any(axis=1)
        return among


class BitBank(StateBank):
    def __init__(self, rules: Sequence[Rule]) -> None:
        self._mask = np.array([1 << int(rule.limit or 0) for rule in rules], dtype=np.int64)

    def holds(self, places: Indices | slice, value: Floats) -> Bools:
        whole = (np.abs(value) <= _EXACT) & (value == np.floor(value))
        number = np.where(whole, value, 0.0).astype(np.int64)
        is_set: Bools = (number & self._mask[places]) != 0
        return is_set
