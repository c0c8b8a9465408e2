"""The transport without sockets: calls go to a function, web sockets are queues. For scenarios on virtual time and for tests.

Who answers is handed in as plain callables, so that this package knows no simulator.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cloud_bridge.dingtalk.transport import decode_json, encode_json
from edge.ports import FrameSocket, HttpReply, NoReply


@dataclass(frozen=True, slots=True)
class WireRequest:
    """One call as it would be on the wire. headers: names in lower case. timeout_s: how long the caller waits."""

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float


@dataclass(frozen=True, slots=True)
class WireReply:
    status: int
    body: bytes
    headers: Mapping[str, str]


#: Answers a call. Raises NoReply for a call that gets no answer: sent=False when it never arrived.
Handle = Callable[[WireRequest], Awaitable[WireReply]]


class Peer(Protocol):
    """The other end of a web socket, as `MemorySocket` uses it."""

    def receive(self, text: str) -> None:
        """A frame from us."""

    def close(self) -> None:
        """We closed. Closing twice is nothing."""


#: Opens a web socket: given the address and our end's `MemorySocket`, gives its peer. Raises NoReply(sent=False).
OpenSocket = Callable[[str, "MemorySocket"], Peer]


class MemoryTransport:
    """Implements `edge.ports.Transport`."""

    def __init__(self, handle: Handle, open_socket: OpenSocket) -> None:
        self._handle = handle
        self._open_socket = open_socket
        self._is_closed = False

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
        if self._is_closed:
            raise NoReply("the transport is closed", sent=False)
        all_headers = {name.lower(): value for name, value in (headers or {}).items()}
        body = b""
        if json is not None:
            body = encode_json(json)
            all_headers["content-type"] = "application/json"
        request = WireRequest(method, url, dict(query or {}), all_headers, body, timeout_s)
        try:
            async with asyncio.timeout(timeout_s):
                reply = await self._handle(request)
        except TimeoutError:
            raise NoReply(f"no answer within {timeout_s:g} s", sent=True) from None
        return HttpReply(reply.status, decode_json(reply.body), {name.lower(): text for name, text in reply.headers.items()})

    async def connect(self, url: str, *, timeout_s: float = 10.0) -> FrameSocket:
        if self._is_closed:
            raise NoReply("the transport is closed", sent=False)
        socket = MemorySocket()
        socket.peer = self._open_socket(url, socket)
        return socket

    async def close(self) -> None:
        self._is_closed = True


class MemorySocket:
    """Our end. The peer puts frames in with `push` and ends with `end`. What it sent before we closed is still received."""

    def __init__(self) -> None:
        self.peer: Peer | None = None
        self._frames: asyncio.Queue[str | None] = asyncio.Queue()
        self._is_over = False

    def push(self, text: str) -> None:
        self._frames.put_nowait(text)

    def end(self) -> None:
        """The peer closed: frames pushed before are still received."""
        self._frames.put_nowait(None)

    async def receive(self) -> str:
        if self._is_over and self._frames.empty():
            raise NoReply("web socket closed", sent=False)
        frame = await self._frames.get()
        if frame is None:
            self._is_over = True
            raise NoReply("web socket closed", sent=False)
        return frame

    async def send(self, text: str) -> None:
        if self._is_over or self.peer is None:
            raise NoReply("web socket closed", sent=True)
        self.peer.receive(text)

    async def close(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._frames.put_nowait(None)
            if self.peer is not None:
                self.peer.close()
