"""The sockets of the DingTalk channel: HTTPS by httpx, web sockets by websockets. The only file here that knows either.

Proxies are taken from the environment (HTTPS_PROXY, NO_PROXY), as plants have them; this machine itself is always reached
directly. Redirects are not followed: no call of DingTalk's answers with one, and a portal that does must not get our tokens.
"""

from __future__ import annotations

import asyncio
import json as json_codec
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import websockets
from websockets.asyncio.client import ClientConnection

from cloud_bridge.dingtalk.config import is_loopback
from edge.model.errors import AndonError
from edge.ports import FrameSocket, HttpReply, NoReply

#: Answers to our calls are some hundred bytes; a ban page or a portal's page may be large and is of no use.
ANSWER_BYTES_MAX = 256_000
FRAME_BYTES_MAX = 1_000_000
#: A peer that is gone is noticed after two of these; DingTalk's own clients use 60 s (dingtalk-api 7.5).
PING_EVERY_S = 20.0
CLOSE_TIMEOUT_S = 2.0
#: What a person wrote, or an environment holds, and is no address.
NO_ADDRESS = "its address cannot be used"
DIRECT = {"all://127.0.0.1": None, "all://localhost": None, "all://[::1]": None}


class HttpTransport:
    """Implements `edge.ports.Transport`. Raises AndonError when the environment names a proxy that cannot be used."""

    def __init__(self) -> None:
        # Both libraries log whole addresses, and ours hold webhook tokens, signatures and tickets.
        for library in ("httpx", "httpcore", "websockets"):
            logging.getLogger(library).setLevel(logging.WARNING)
        try:
            self._client = httpx.AsyncClient(follow_redirects=False, mounts=DIRECT)
        except (ImportError, ValueError) as error:
            raise AndonError(f"the proxy of the environment (HTTPS_PROXY, ALL_PROXY) cannot be used: {error}") from error

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
        if self._client.is_closed:
            raise NoReply("the transport is closed", sent=False)
        content = None if json is None else encode_json(json)
        all_headers = dict(headers or {}) | ({} if content is None else {"content-type": "application/json"})
        was_sent = False

        async def trace(name: str, _info: Mapping[str, Any]) -> None:
            nonlocal was_sent
            was_sent = was_sent or name.endswith("send_request_headers.started")

        request = self._client.build_request(
            method,
            _address(url),
            params=query,
            headers=all_headers,
            content=content,
            timeout=timeout_s,
            extensions={"trace": trace},
        )
        try:
            async with asyncio.timeout(timeout_s):
                response = await self._client.send(request, stream=True)
                try:
                    return HttpReply(response.status_code, await _read_json(response), _lower_case(response.headers))
                finally:
                    await response.aclose()
        except TimeoutError:
            raise NoReply(f"no answer within {timeout_s:g} s", sent=was_sent) from None
        except httpx.ProxyError as error:
            raise NoReply(f"the proxy did not let us through: {error}", sent=False) from None
        except UnicodeError:
            # What no name server is asked for: an empty label, or one that is too long.
            raise NoReply(NO_ADDRESS, sent=False) from None
        except httpx.HTTPError as error:
            # Never the text of the error when the request left: it may quote what we sent.
            detail = type(error).__name__ if was_sent else f"{type(error).__name__}: {error}"
            raise NoReply(f"no answer: {detail}", sent=was_sent) from None

    async def connect(self, url: str, *, timeout_s: float = 10.0) -> FrameSocket:
        if self._client.is_closed:
            raise NoReply("the transport is closed", sent=False)
        try:
            connection = await websockets.connect(
                url,
                proxy=None if is_loopback(urlsplit(url).hostname or "") else True,
                open_timeout=timeout_s,
                ping_interval=PING_EVERY_S,
                ping_timeout=PING_EVERY_S,
                close_timeout=CLOSE_TIMEOUT_S,
                max_size=FRAME_BYTES_MAX,
            )
        except TimeoutError:
            raise NoReply(f"no web socket within {timeout_s:g} s", sent=False) from None
        except ValueError:
            raise NoReply(NO_ADDRESS, sent=False) from None
        except (OSError, websockets.WebSocketException, ImportError) as error:
            # The address holds the ticket, and some texts of this library quote the address.
            raise NoReply(f"no web socket: {type(error).__name__}", sent=False) from None
        return _WebSocket(connection)

    async def close(self) -> None:
        await self._client.aclose()


class _WebSocket:
    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def receive(self) -> str:
        try:
            frame = await self._connection.recv()
        except websockets.ConnectionClosed as closed:
            raise NoReply(f"web socket closed: {closed}", sent=False) from None
        return frame if isinstance(frame, str) else frame.decode("utf-8", "replace")

    async def send(self, text: str) -> None:
        try:
            await self._connection.send(text)
        except websockets.ConnectionClosed as closed:
            raise NoReply(f"web socket closed: {closed}", sent=True) from None

    async def close(self) -> None:
        await self._connection.close()


def _address(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
        # Its host is read from Punycode only when it is asked for.
        if address.host:
            return address
    except (httpx.InvalidURL, ValueError):
        # The text of the error may quote the address, which may be a secret.
        pass
    raise NoReply(NO_ADDRESS, sent=False)


def encode_json(value: Any) -> bytes:
    """The one way JSON leaves this channel, over sockets and in memory."""
    return json_codec.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


async def _read_json(response: httpx.Response) -> Any:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            break
    return decode_json(bytes(body))


def decode_json(body: bytes) -> Any:
    """None for what is no JSON, or too long to be an answer to us."""
    if len(body) > ANSWER_BYTES_MAX:
        return None
    try:
        return json_codec.loads(body)
    except (ValueError, RecursionError):
        return None


def _lower_case(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
