"""Paces: so many messages of one robot in so long a time, of which some are kept for critical alarms. Pure.

The cloud's answer to haste is a block of minutes, so we stay below its limits ourselves. A window forgets with the process: a
restart may find a block once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from edge.model.alarm import Priority
from edge.model.moment import Moment, Span


@dataclass(frozen=True, slots=True)
class Pace:
    """At most `at_most` in any stretch of `per`. name: whose: equal names count together. kept: how many of them only critical
    alarms may use."""

    name: str
    at_most: int
    per: Span
    kept: int = 0

    def allowed(self, urgency: Priority) -> int:
        return self.at_most if urgency is Priority.CRITICAL else self.at_most - self.kept


class PaceWindow:
    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._taken: deque[Moment] = deque()
        self._blocked_until: Moment = 0

    def take(self, now: Moment) -> None:
        """One leaves."""
        self._taken.append(now)

    def try_take(self, now: Moment) -> Span:
        """0: one leaves, whatever it is for. Otherwise how long until there is room; nothing leaves."""
        wait = self.opens(Priority.CRITICAL, now) - now
        if not wait:
            self.take(now)
        return wait

    def is_blocked(self, now: Moment) -> bool:
        """Whether it is the other side that makes it wait."""
        return now < self._blocked_until

    def block(self, until: Moment) -> None:
        """The other side refuses until then."""
        self._blocked_until = max(self._blocked_until, until)

    def room(self, urgency: Priority, now: Moment) -> int:
        """How many may leave now."""
        self._forget(now)
        return 0 if self.is_blocked(now) else max(0, self.pace.allowed(urgency) - len(self._taken))

    def opens(self, urgency: Priority, now: Moment) -> Moment:
        """When there is room for one: now, or later."""
        self._forget(now)
        too_many = len(self._taken) - self.pace.allowed(urgency)
        free_at = self._taken[too_many] + self.pace.per if too_many >= 0 else now
        return max(now, free_at, self._blocked_until)

    def _forget(self, now: Moment) -> None:
        while self._taken and self._taken[0] <= now - self.pace.per:
            self._taken.popleft()
