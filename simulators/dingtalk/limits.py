"""Limits: calls a second, webhook messages a minute, and the monthly quotas (reference 0.5, 2.4).

Each counter is asked with `now_us` and remembers only what its window needs.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from simulators.dingtalk.behaviour import Behaviour
from simulators.dingtalk.wire import SECOND_US

#: How long an address that made too many calls is banned (reference 0.5).
BAN_US = 300 * SECOND_US

#: Quotas count natural months of the organisation's own time zone.
CHINA = timezone(timedelta(hours=8))


@dataclass(slots=True)
class Window:
    """At most `calls_max` within any `span_us`; a refused call is not counted."""

    calls_max: int
    span_us: int
    _times: deque[int] = field(default_factory=deque)

    def admit(self, now_us: int) -> bool:
        while self._times and self._times[0] <= now_us - self.span_us:
            self._times.popleft()
        if len(self._times) >= self.calls_max:
            return False
        self._times.append(now_us)
        return True


class CallRate:
    """Calls per second of each API, for one app."""

    def __init__(self, calls_per_second: int) -> None:
        self._calls_per_second = calls_per_second
        self._windows: dict[str, Window] = {}

    def admit(self, api: str, now_us: int) -> bool:
        window = self._windows.setdefault(api, Window(self._calls_per_second, SECOND_US))
        return window.admit(now_us)


@dataclass(slots=True)
class AddressRate:
    """All calls that come from one address: whoever makes too many is banned for minutes. window: None = no limit."""

    window: Window | None
    banned_until_us: int = 0

    @classmethod
    def of(cls, behaviour: Behaviour) -> AddressRate:
        most = behaviour.calls_in_20_s
        return cls(Window(most, 20 * SECOND_US) if most else None)

    def admit(self, now_us: int) -> bool:
        if now_us < self.banned_until_us:
            return False
        if self.window is None or self.window.admit(now_us):
            return True
        self.banned_until_us = now_us + BAN_US
        return False


@dataclass(slots=True)
class WebhookRate:
    """One webhook robot: a number a minute, and a block of minutes for who exceeds it."""

    window: Window
    block_us: int
    blocked_until_us: int = 0

    @classmethod
    def of(cls, behaviour: Behaviour) -> WebhookRate:
        return cls(Window(behaviour.webhook_per_minute, 60 * SECOND_US), int(behaviour.webhook_block_s * SECOND_US))

    def admit(self, now_us: int) -> bool:
        if now_us < self.blocked_until_us:
            return False
        if self.window.admit(now_us):
            return True
        self.blocked_until_us = now_us + self.block_us
        return False


@dataclass(slots=True)
class Balance:
    """What was bought beforehand and is used up: SMS, phone calls."""

    left: int

    def take(self, count: int) -> bool:
        """Use that many; False, and none used, when there are fewer."""
        if count > self.left:
            return False
        self.left -= count
        return True


@dataclass(slots=True)
class Quota:
    """A number of uses per natural month. limit: None = unlimited. exhausted: spent on request, until restored.
    month: the year and month that `used` counts."""

    limit: int | None
    used: int = 0
    exhausted: bool = False
    month: tuple[int, int] = (0, 0)

    def is_spent(self, now_us: int) -> bool:
        self._turn(now_us)
        return self.exhausted or (self.limit is not None and self.used >= self.limit)

    def take(self, now_us: int) -> bool:
        """Use one; False when none is left."""
        if self.is_spent(now_us):
            return False
        self.used += 1
        return True

    def _turn(self, now_us: int) -> None:
        moment = datetime.fromtimestamp(now_us // SECOND_US, UTC).astimezone(CHINA)
        if (moment.year, moment.month) != self.month:
            self.month = (moment.year, moment.month)
            self.used = 0
