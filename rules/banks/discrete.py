"""Discrete: true while the value equals the alarm value (a bit, a mode, a state number)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rules.columns import Bools, Floats, Indices
from rules.definition import Rule


class DiscreteBank:
    """Compares exactly and knows no deadband: states are whole numbers, which floats hold exactly."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._alarm_value = np.array([rule.limit for rule in rules], dtype=np.float64)

    def evaluate(self, places: Indices, value: Floats, raw: Bools) -> Bools:
        equal: Bools = value == self._alarm_value[places]
        return equal

    def worse(self, peak: Floats, value: Floats) -> Floats:
        """States have no order: the one that raised the alarm stays."""
        return np.where(np.isnan(peak), value, peak)
