"""The app's access token: fetched once for all who need it, renewed before it ends, dropped when DingTalk rejects it.

A token lives 7200 s by the answer's own number; asking again within its life gives the same one and renews it, so two
processes of one app do not harm each other (dingtalk-api 1).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from edge.model.intent import Refused, Retry
from edge.model.moment import MINUTE, SECOND, Moment, Span
from edge.ports import Clock

#: Renewed this long before its end; half its life for a token that lives shorter than twice as long.
RENEW_BEFORE: Span = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Fetched:
    """life_s: as the answer says."""

    token: str
    life_s: float


Fetch = Callable[[], Coroutine[Any, Any, Fetched | Retry | Refused]]


class TokenCache:
    """fetch: one call for a token; it never raises for what the cloud does."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token: str | None = None
        self._renew_at: Moment = 0
        self._ends_at: Moment = 0
        self._fetching: asyncio.Task[Fetched | Retry | Refused] | None = None

    async def get(self) -> str | Retry | Refused:
        """A token, or why there is none now. All who ask while one is being fetched share that one call and its answer."""
        if self._token is not None and self._clock.now() < self._renew_at:
            return self._token
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._renew(), name="dingtalk token")
        # Shielded: one that is cancelled must not take the token from the others.
        answer = await asyncio.shield(self._fetching)
        if isinstance(answer, Fetched):
            return answer.token
        if self._token is not None and self._clock.now() < self._ends_at:
            return self._token
        return answer

    def drop(self, token: str) -> None:
        """DingTalk rejected this token. A newer one that somebody fetched meanwhile stays."""
        if self._token == token:
            self._token = None

    async def close(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    async def _renew(self) -> Fetched | Retry | Refused:
        try:
            answer = await self._fetch()
            if isinstance(answer, Fetched):
                life = int(answer.life_s * SECOND)
                now = self._clock.now()
                self._token = answer.token
                self._ends_at = now + life
                self._renew_at = now + life - min(RENEW_BEFORE, life // 2)
            return answer
        finally:
            self._fetching = None
