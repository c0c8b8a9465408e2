"""High: true from value >= limit, false again below limit - deadband."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rules.columns import Bools, Floats, Indices
from rules.definition import Rule


class HighBank:
    """Enters at the limit itself, leaves strictly below the band."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._limit = np.fromiter((rule.limit or 0.0 for rule in rules), dtype=np.float64, count=len(rules))
        self._release = self._limit - np.fromiter((rule.deadband for rule in rules), dtype=np.float64, count=len(rules))

    def evaluate(self, places: Indices, value: Floats, raw: Bools) -> Bools:
        entered: Bools = value >= self._limit[places]
        held: Bools = raw & (value >= self._release[places])
        return entered | held

    def turned(self, places: Indices | slice, value: Floats, raw: Bools) -> Indices:
        differs = np.flatnonzero((value >= self._limit[places]) != raw)
        if len(differs) == 0:
            return differs
        held = raw[differs] & (value[differs] >= self._release[places][differs])
        return differs[~held]

    def worse(self, peak: Floats, value: Floats) -> Floats:
        return np.fmax(peak, value)
