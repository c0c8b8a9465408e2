"""Stale: true when no good sample came for `stale_after`, false with the next one.

It cannot wait for the sample that is missing, so it gives moments to wake at instead of answers. All its times are
steady time: what it observes is the arrival at our door, whatever the device's clock says. A retained (initial) sample
is no news and does not feed it; neither does one of uncertain quality.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rules.columns import Indices, Moments
from rules.definition import Rule


class StaleBank:
    """How long each rule waits."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._stale_after = np.array([rule.stale_after for rule in rules], dtype=np.int64)

    def silent_from(self, places: Indices, arrival: Moments) -> Moments:
        """When the tag will have been silent too long, counted from its last good sample's arrival."""
        due: Moments = arrival + self._stale_after[places]
        return due
