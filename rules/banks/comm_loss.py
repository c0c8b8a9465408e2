"""Communication loss: true while the session tag of a device is 0.

Its driver writes that tag: 1 when the session is up, 0 when it is lost. A process alarm of the same device is another
alarm, and neither ever overwrites the other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rules.columns import Bools, Floats, Indices
from rules.definition import Rule


class CommLossBank:
    """Has no parameters: the rules are all alike."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Takes the rules as every bank does."""

    def evaluate(self, places: Indices, value: Floats, raw: Bools) -> Bools:
        lost: Bools = value == 0.0
        return lost

    def worse(self, peak: Floats, value: Floats) -> Floats:
        """There is only one way to be lost."""
        return np.where(np.isnan(peak), value, peak)
