"""One poll of the API for all open pages of one log-in: what is, how fresh it is, and who wants to know.

Theory of operation: a feed runs while somebody listens. It asks for alarms twice a second and for tags and the site once a
second, and tells every listener after each round. When the API does not answer, the last snapshot stays and says since when;
the feed goes on asking. When the log-in has ended, it says so once and stops. A listener that fails is dropped and logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from edge.client.client import ApiRefusal, ApiUnreachable, Client

log = logging.getLogger(__name__)

EVERY_S = 0.5
#: Tags and site are asked for in every second round.
SLOW_ROUNDS = 2

_LOGGED_OUT = 401


class Line(StrEnum):
    """How the API is."""

    OPENING = "opening"
    UP = "up"
    LOST = "lost"
    ENDED = "ended"
    """The log-in is over: its account was changed, it was idle too long, or the agent forgot it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the API said last. lost_since: `HH:MM:SS` by this machine's clock in the plant's time
    zone, None while the line is up."""

    line: Line = Line.OPENING
    lost_since: str | None = None
    site: Mapping[str, Any] | None = None
    alarms: Sequence[Mapping[str, Any]] = ()
    tags: Sequence[Mapping[str, Any]] = ()


Listener = Callable[[Snapshot], None]


class Feed:
    def __init__(self, api: str, token: str) -> None:
        self._client = Client(api, token=token)
        self._listeners: list[Listener] = []
        self._poke = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.snapshot = Snapshot()

    @property
    def is_over(self) -> bool:
        return self.snapshot.line is Line.ENDED

    def listen(self, listener: Listener) -> None:
        """Call `listener` with each snapshot from now on."""
        self._listeners.append(listener)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="feed")

    def leave(self, listener: Listener) -> None:
        """Whoever leaves last stops the poll."""
        with suppress(ValueError):
            self._listeners.remove(listener)
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    def poke(self) -> None:
        """Ask again now: somebody has just changed something."""
        self._poke.set()

    async def close(self) -> None:
        self._listeners.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._client.close()

    async def _run(self) -> None:
        number = 0
        while not self.is_over:
            self._poke.clear()
            self.snapshot = await self._ask(slow=number % SLOW_ROUNDS == 0)
            number += 1
            self._tell()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poke.wait(), EVERY_S)

    async def _ask(self, *, slow: bool) -> Snapshot:
        known = self.snapshot
        try:
            fresh = Snapshot(Line.UP, None, known.site, await self._client.alarms(), known.tags)
            if slow or known.line is not Line.UP:
                fresh = replace(fresh, site=await self._client.site(), tags=await self._client.tags())
            return fresh
        except ApiUnreachable:
            return self._lost()
        except ApiRefusal as refusal:
            return replace(known, line=Line.ENDED) if refusal.status == _LOGGED_OUT else self._lost()

    def _lost(self) -> Snapshot:
        known = self.snapshot
        zone = None if known.site is None else ZoneInfo(known.site["time_zone"])
        since = known.lost_since or f"{datetime.now(zone):%H:%M:%S}"  # noqa: TID251 - the clock on the reader's wall
        return replace(known, line=Line.LOST, lost_since=since)

    def _tell(self) -> None:
        for listener in list(self._listeners):
            try:
                listener(self.snapshot)
            except Exception:  # a page that fails must not take the others' feed with it
                log.exception("a page failed and is no longer kept up to date")
                self._listeners.remove(listener)
