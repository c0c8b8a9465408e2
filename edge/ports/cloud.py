"""HTTP and web sockets of one channel to the collaboration cloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class HttpReply:
    """status: the HTTP status; body: parsed JSON, or None when it was no JSON; headers in lower case."""

    status: int
    body: Any
    headers: Mapping[str, str]


class NoReply(Exception):
    """No answer came. sent: the request may have reached the other side, so its effect is unknown."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class FrameSocket(Protocol):
    """A web socket of text frames."""

    async def receive(self) -> str:
        """The next frame; raises NoReply(sent=False) when the connection is over."""

    async def send(self, text: str) -> None: ...

    async def close(self) -> None: ...


class Transport(Protocol):
    """HTTP and web sockets of one channel."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        timeout_s: float = 10.0,
    ) -> HttpReply:
        """Raises NoReply."""

    async def connect(self, url: str, *, timeout_s: float = 10.0) -> FrameSocket:
        """Raises NoReply(sent=False)."""

    async def close(self) -> None: ...
