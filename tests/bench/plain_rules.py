"""A limit with deadband and delays as anybody would write it first: an object a rule, and a loop over all of them.

It does what the engine's rules do in a scan in which little happens, and no more: a bad, late or infinite sample changes
nothing; the deadband holds; the delays count source time. It knows no lost connections, no records and no events.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite


class PlainRule:
    """high, with deadband, on-delay and off-delay; times in microseconds."""

    __slots__ = ("active", "deadband", "limit", "newest", "off_delay", "on_delay", "raw", "since")

    def __init__(self, limit: float, deadband: float, on_delay: int, off_delay: int) -> None:
        self.limit = limit
        self.deadband = deadband
        self.on_delay = on_delay
        self.off_delay = off_delay
        self.newest = 0
        self.raw = False
        self.active = False
        self.since = 0

    def take(self, value: float, quality: int, time: int) -> bool:
        """Whether it became active or inactive. quality: 0 is good."""
        if quality or time <= self.newest or not isfinite(value):
            return False
        self.newest = time
        raw = value >= self.limit or (self.raw and value >= self.limit - self.deadband)
        if raw != self.raw:
            self.raw = raw
            self.since = time
        if raw == self.active:
            return False
        if time - self.since >= (self.on_delay if raw else self.off_delay):
            self.active = raw
            return True
        return False


def scan(rules: Sequence[PlainRule], values: Sequence[float], qualities: Sequence[int], times: Sequence[int]) -> int:
    """How many rules changed."""
    changed = 0
    for rule, value, quality, time in zip(rules, values, qualities, times, strict=True):
        changed += rule.take(value, quality, time)
    return changed
