"""Posting without sockets: a request goes to a function. For scenarios on virtual time and for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cloud_bridge.webhook.guard import first_barred
from edge.ports import Barred, HttpReply, Network, NoReply


@dataclass(frozen=True, slots=True)
class Posted:
    """A request as it would be on the wire. headers: names in lower case."""

    url: str
    headers: Mapping[str, str]
    body: bytes


#: Answers a request with a status and headers. Raises NoReply for one that gets no answer.
Receive = Callable[[Posted], Awaitable[HttpReply]]


async def accept(_posted: Posted) -> HttpReply:
    """A receiver that takes everything."""
    return HttpReply(204, None, {})


class MemoryPoster:
    """Implements `edge.ports.Poster`. names: what names lead to; those that are not in it are public."""

    def __init__(
        self, receive: Receive = accept, allowed: tuple[Network, ...] = (), names: Mapping[str, list[str]] | None = None
    ) -> None:
        self._receive = receive
        self._allowed = allowed
        self._names = names or {}
        self._is_closed = False

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float) -> HttpReply:
        if self._is_closed:
            raise NoReply("the transport is closed", sent=False)
        host = urlsplit(url).hostname or ""
        if (barred := first_barred(self._names.get(host, ()), self._allowed)) is not None:
            raise Barred(f"{host} leads to {barred[0]}, which is {barred[1]}")
        try:
            async with asyncio.timeout(timeout_s):
                return await self._receive(Posted(url, {name.lower(): text for name, text in headers.items()}, body))
        except TimeoutError:
            raise NoReply(f"no answer within {timeout_s:g} s", sent=True) from None

    async def close(self) -> None:
        self._is_closed = True
