"""Limits that we keep ourselves, so that DingTalk need not enforce them: its answer to haste is a block. Pure."""

from __future__ import annotations

from collections import deque

from edge.model.moment import Moment, Span


class RateWindow:
    """At most `calls_max` calls in any stretch of `span`. It forgets with the process: a restart may find a block once."""

    def __init__(self, calls_max: int, span: Span) -> None:
        self._calls_max = calls_max
        self._span = span
        self._taken: deque[Moment] = deque()
        self._blocked_until: Moment = 0

    def take(self, now: Moment) -> Span:
        """0: the call may go now, and is counted. Else how long to wait before asking again; nothing is counted."""
        if now < self._blocked_until:
            return self._blocked_until - now
        while self._taken and self._taken[0] <= now - self._span:
            self._taken.popleft()
        if len(self._taken) >= self._calls_max:
            return self._taken[0] + self._span - now
        self._taken.append(now)
        return 0

    def block(self, until: Moment) -> None:
        """The other side refuses until then."""
        self._blocked_until = max(self._blocked_until, until)
