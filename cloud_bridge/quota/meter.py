"""The meter of a channel: keeps its account, and what is used durable before it is used.

Theory of operation. A commit for each call would double the work of the disk, so a block of calls is written as used *before*
the first of them leaves, and the next block when they are used up. A stop writes back what is left of the block; a kill cannot,
so the figures are then too high by less than a block for each kind, and never too low. What is bought by the piece (SMS, calls)
has blocks of one.

    using ─▶ (block used up: count_usage commits the next) ─▶ the call leaves ─▶ accepted | refused | unused

While the disk refuses, calls go on and are counted in memory; the next block holds them too. A kill in that time forgets them:
this is the one way to count too little, and bounded by what was told while the disk refused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import date, timedelta

import structlog

from cloud_bridge.quota.account import MONTHLY, Account, Limits
from edge.model.errors import StoreError
from edge.model.moment import SECOND, Moment, Span
from edge.model.quota import Cost, Kind, Usage
from edge.ports import Clock, Offload, UsageBook
from edge.response.calendar import day_at

log = structlog.get_logger()

#: Calls that are written as used at once. A kill costs less than this of a month's quota; a commit serves as many calls.
BLOCK = 10
#: An attempt that has used nothing for this long will use nothing: no channel takes longer for one.
UNDER_WAY_MAX: Span = 60 * SECOND
#: Days of use that are kept in memory: this month's, and the last seven where they are of the month before.
DAYS_KEPT = 40


class QuotaMeter:
    """Implements `cloud_bridge.base.Meter`. `load` comes first, `close` last."""

    def __init__(self, channel: str, limits: Limits, time_zone: str, book: UsageBook, offload: Offload, clock: Clock) -> None:
        self.channel = channel
        self.account = Account(limits, time_zone)
        self._book = book
        self._offload = offload
        self._clock = clock
        #: What is written as used and not used yet; negative while the disk refuses.
        self._ahead: dict[tuple[Kind, str], int] = {}
        #: When each use was let go, by kind, eldest first.
        self._under_way: dict[Kind, deque[Moment]] = {}
        self._writing = asyncio.Lock()
        self._is_refused = False

    async def load(self) -> None:
        """What earlier boots used. Raises StoreError."""
        oldest = self._oldest_day()
        used = await self._offload.run(self._book.usage_since, self.channel, oldest)
        self.account = self.account.counted(used)

    def let_go(self, cost: Cost) -> None:
        """An attempt begins that will use this, if it gets so far: attempts that are let go together must not pass a limit."""
        for kind, count in cost.items():
            self._under_way.setdefault(kind, deque()).extend([self._clock.now()] * count)

    @property
    def under_way(self) -> Cost:
        """What was let go and not used yet."""
        expired = self._clock.now() - UNDER_WAY_MAX
        for moments in self._under_way.values():
            while moments and moments[0] < expired:
                moments.popleft()
        return {kind: len(moments) for kind, moments in self._under_way.items()}

    async def using(self, cost: Cost) -> None:
        if not cost:
            return
        for kind, count in cost.items():
            moments = self._under_way.get(kind, deque())
            for _ in range(min(count, len(moments))):
                moments.popleft()
        async with self._writing:
            today = self._today()
            self._count(cost, today, 1)
            wanted = [self._block(kind) for kind, count in cost.items() if count and self._ahead[kind, today] < 0]
            if wanted:
                await self._write([*self._of_past_days(today), *wanted])

    def unused(self, cost: Cost) -> None:
        self._count(cost, self._today(), -1)

    def accepted(self, cost: Cost) -> None:
        for kind, count in cost.items():
            if count and kind in self.account.refused_at:
                log.warning("the cloud takes what it refused as spent", channel=self.channel, kind=str(kind))
                self.account = self.account.accepted(kind)

    def refused(self, kind: Kind) -> None:
        if kind not in self.account.refused_at:
            log.error("spent, says the cloud", channel=self.channel, kind=str(kind))
        self.account = self.account.refused(kind, self._clock.now())

    async def close(self) -> None:
        """Write back what is left of the blocks."""
        async with self._writing:
            left = [Usage(kind, day, -count) for (kind, day), count in self._ahead.items() if count]
            if left:
                await self._write(left)

    def _count(self, cost: Cost, day: str, sign: int) -> None:
        usages = [Usage(kind, day, sign * count) for kind, count in cost.items() if count]
        self.account = self.account.counted(usages)
        for each in usages:
            key = (each.kind, day)
            self._ahead[key] = self._ahead.get(key, 0) - each.count

    def _block(self, kind: Kind) -> Usage:
        """The next block, with what was used without one."""
        today = self._today()
        missing = -self._ahead[kind, today]
        return Usage(kind, today, missing if kind not in MONTHLY else missing + BLOCK - 1)

    def _of_past_days(self, today: str) -> list[Usage]:
        """What is left of the blocks of days that are over goes back with the next write."""
        return [Usage(kind, day, -left) for (kind, day), left in self._ahead.items() if day != today and left]

    async def _write(self, usages: list[Usage]) -> None:
        try:
            await self._offload.run(self._book.count_usage, self.channel, usages)
        except StoreError as error:
            if not self._is_refused:
                log.error("what is used of the quota cannot be written", channel=self.channel, reason=str(error))
            self._is_refused = True
            return
        self._is_refused = False
        for each in usages:
            key = (each.kind, each.day)
            self._ahead[key] = self._ahead.get(key, 0) + each.count
        today, oldest = self._today(), self._oldest_day()
        self._ahead = {key: left for key, left in self._ahead.items() if left or key[1] == today}
        self.account = self.account.since(oldest)

    def _today(self) -> str:
        return day_at(self._clock.now(), self.account.time_zone)

    def _oldest_day(self) -> str:
        return (date.fromisoformat(self._today()) - timedelta(days=DAYS_KEPT)).isoformat()
