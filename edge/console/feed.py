"""One poll of the API for all open pages of all who are logged in: what has changed, how fresh it is, and who wants to know.

Theory of operation: the feed runs while somebody listens. Twice a second it asks for what has changed, with the token of one
of those who listen (all of them may see the same), once a second for the site, and every few seconds it asks with each other
token whether that log-in still stands. Every listener is told after each round. When the API does not answer, the mirror stays
as it is and the line says since when; the feed goes on asking. Whose log-in has ended is told so, once. A listener that fails
is dropped and logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from edge.client.client import ApiRefusal, ApiUnreachable, Client
from edge.console.mirror import Change, Form, Mirror

log = logging.getLogger(__name__)

EVERY_S = 0.5
#: The site is asked for in every second round, the log-ins of the others in every tenth.
SITE_ROUNDS = 2
LOG_IN_ROUNDS = 10
#: Tags that are asked for at once when the feed begins.
TAGS_A_PART = 1_000

_LOGGED_OUT = 401


class Line(StrEnum):
    """How the API is."""

    OPENING = "opening"
    UP = "up"
    LOST = "lost"
    ENDED = "ended"
    """The log-in is over: its account was changed, it was idle too long, or the agent forgot it."""


@dataclass(frozen=True, slots=True)
class News:
    """A round. lost_since: `HH:MM:SS` by this machine's clock in the plant's time zone, None while the line is up."""

    line: Line
    change: Change
    lost_since: str | None = None


Listener = Callable[[News], None]


class Feed:
    """every_s: seconds from one round to the next."""

    def __init__(self, api: str, every_s: float = EVERY_S) -> None:
        self._client = Client(api)
        self._every_s = every_s
        self._listeners: dict[str, list[Listener]] = {}
        self._ended: set[str] = set()
        self._poke = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._cursor = ""
        self._round = 0
        self.mirror = Mirror()
        self.site: Mapping[str, Any] | None = None
        self.floods: Sequence[Mapping[str, Any]] = ()
        self.channels_down: Sequence[Mapping[str, Any]] = ()
        self.services_hanging: Sequence[Mapping[str, Any]] = ()
        self.cut_off = False
        self.horn = ""
        self.forced: Sequence[Mapping[str, Any]] = ()
        self.hang_tags: Sequence[Mapping[str, Any]] = ()
        self.line = Line.OPENING
        self.lost_since: str | None = None

    def is_over(self, token: str) -> bool:
        return token in self._ended

    def forget(self, token: str) -> None:
        """Somebody logged out: whoever still listens for them is told, and it will not come again."""
        self._end(token)
        self._ended.discard(token)

    def now(self) -> News:
        """What a page has to draw that knows nothing yet."""
        return News(self.line, self.mirror.everything(), self.lost_since)

    def listen(self, token: str, listener: Listener) -> None:
        """Tell `listener` all news from now on, as long as this log-in stands."""
        self._listeners.setdefault(token, []).append(listener)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="feed")

    def leave(self, token: str, listener: Listener) -> None:
        """Whoever leaves last stops the poll."""
        with suppress(KeyError, ValueError):
            self._listeners[token].remove(listener)
        if not self._listeners.get(token):
            self._listeners.pop(token, None)
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

    # --- a round ---------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while self._listeners:
            self._poke.clear()
            try:
                await self._ask()
            except ApiUnreachable:
                self._lose()
            except ApiRefusal as refusal:
                if refusal.status == _LOGGED_OUT:
                    self._end(self._client.token or "")
                    continue  # the next one's log-in may stand
                self._lose()
            self._round += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poke.wait(), self._every_s)
        self._task = None

    async def _ask(self) -> None:
        self._client.token = next(iter(self._listeners))
        came_back = self.line is not Line.UP
        if self.site is None or came_back or self._round % SITE_ROUNDS == 0:
            self.site = await self._client.site()
        more = True
        while more:
            answer = await self._client.live(self._cursor)
            if answer["full"]:
                self.mirror.begin(await self._all_tags())
            hung = self.mirror.hang(answer["hang_tags"])
            change = hung | self.mirror.take(answer["alarms"], answer["gone"], answer["tags"], answer["derived"])
            self.floods, self.channels_down = answer["floods"], answer["channels_down"]
            self.services_hanging = answer["services_hanging"]
            self.cut_off, self.horn = answer["cut_off"], answer["horn"]
            self.forced, self.hang_tags = answer["forced"], answer["hang_tags"]
            self._cursor, more = answer["cursor"], answer["more"]
            self.line, self.lost_since = Line.UP, None
            self._tell(self.mirror.everything() if answer["full"] else change)
        if self._round % LOG_IN_ROUNDS == 0:
            await self._ask_for_log_ins()

    async def _all_tags(self) -> list[Form]:
        tags: list[Form] = []
        while len(part := await self._client.tags(len(tags), TAGS_A_PART)) == TAGS_A_PART:
            tags += part
        return [*tags, *part]

    async def _ask_for_log_ins(self) -> None:
        """Asking also keeps them from becoming idle while a page is open."""
        for token in list(self._listeners)[1:]:
            self._client.token = token
            try:
                await self._client.me()
            except ApiRefusal as refusal:
                if refusal.status == _LOGGED_OUT:
                    self._end(token)

    # --- what listeners are told -----------------------------------------------------------------------------------

    def _lose(self) -> None:
        zone = None if self.site is None else ZoneInfo(self.site["time_zone"])
        self.line = Line.LOST
        self.lost_since = self.lost_since or f"{datetime.now(zone):%H:%M:%S}"  # noqa: TID251 - the clock on the reader's wall
        self._tell(Change())

    def _end(self, token: str) -> None:
        self._ended.add(token)
        for listener in self._listeners.pop(token, []):
            self._tell_one(listener, News(Line.ENDED, Change()))

    def _tell(self, change: Change) -> None:
        news = News(self.line, change, self.lost_since)
        for token, listeners in list(self._listeners.items()):
            for listener in list(listeners):
                if not self._tell_one(listener, news):
                    self.leave(token, listener)

    def _tell_one(self, listener: Listener, news: News) -> bool:
        try:
            listener(news)
        except Exception:  # a page that fails must not take the others' feed with it
            log.exception("a page failed and is no longer kept up to date")
            return False
        return True
