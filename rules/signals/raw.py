"""The comparison inside a signal that counts how often something is so: its raw predicate, as that of a rule, without delays.

| side | becomes true | becomes false |
|---|---|---|
| high | v >= limit | v < limit - deadband |
| low | v <= limit | v > limit + deadband |
| equal | v = limit | v ≠ limit |

Bad samples leave it as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from rules.columns import Bools, Floats, Indices


class Side(StrEnum):
    HIGH = "high"
    LOW = "low"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True)
class Raw:
    """limit, deadband (>= 0; none for equal): in the tag's unit. ValueError for another deadband."""

    side: Side
    limit: float
    deadband: float = 0.0

    def __post_init__(self) -> None:
        if not self.deadband >= 0.0:
            raise ValueError(f"a deadband must be at least 0, is {self.deadband}")
        if self.side is Side.EQUAL and self.deadband != 0.0:
            raise ValueError("what is compared for equality has no deadband")


class RawColumns:
    """holds: by place, whether it is so by the newest good sample; False before the first.

    A comparison for equality is one between two limits; one with a single side has an infinite other one."""

    def __init__(self, raws: Sequence[Raw]) -> None:
        limits = [(raw.side, raw.limit, raw.deadband) for raw in raws]
        low, high = -np.inf, np.inf
        self._enter_above = np.array([low if side is Side.LOW else limit for side, limit, _ in limits])
        self._enter_below = np.array([high if side is Side.HIGH else limit for side, limit, _ in limits])
        self._leave_below = np.array([low if side is Side.LOW else limit - deadband for side, limit, deadband in limits])
        self._leave_above = np.array([high if side is Side.HIGH else limit + deadband for side, limit, deadband in limits])
        self.holds: Bools = np.zeros(len(raws), dtype=np.bool_)

    def take(self, places: Indices, value: Floats, good: Bools) -> tuple[Bools, Bools]:
        """Before, and now."""
        before = self.holds[places]
        enters = (value >= self._enter_above[places]) & (value <= self._enter_below[places])
        stays = (value >= self._leave_below[places]) & (value <= self._leave_above[places])
        now = np.where(good, enters | (before & stays), before)
        self.holds[places] = now
        return before, now
