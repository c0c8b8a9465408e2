"""A limit with deadband and delays as anybody would write it first: an object a rule, and a loop over all of them."""

from __future__ import annotations

from collections.abc import Sequence


class PlainRule:
    """high, with deadband, on-delay and off-delay; times in microseconds."""

    __slots__ = ("active", "deadband", "limit", "off_delay", "on_delay", "raw", "since")

    def __init__(self, limit: float, deadband: float, on_delay: int, off_delay: int) -> None:
        self.limit = limit
        self.deadband = deadband
        self.on_delay = on_delay
        self.off_delay = off_delay
        self.raw = False
        self.active = False
        self.since = 0

    def take(self, value: float, now: int) -> bool:
        """Whether it became active or inactive."""
        raw = value >= self.limit or (self.raw and value >= self.limit - self.deadband)
        if raw != self.raw:
            self.raw = raw
            self.since = now
        if raw == self.active:
            return False
        if now - self.since >= (self.on_delay if raw else self.off_delay):
            self.active = raw
            return True
        return False


def scan(rules: Sequence[PlainRule], values: Sequence[float], now: int) -> int:
    """How many rules changed."""
    changed = 0
    for rule, value in zip(rules, values, strict=True):
        changed += rule.take(value, now)
    return changed
