"""The control port: one HTTP request a connection, JSON in and out, on this machine only.

A few lines over asyncio and not a web framework, because a simulator starts in every demo and every end-to-end test, and
the framework's import alone takes longer than all else it does at start. Not here: what a request does (`control.py`).
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
from contextlib import suppress
from http import HTTPStatus

from simulators.devices.control import Control, Reply

HEAD_BYTES_MAX = 16_384
BODY_BYTES_MAX = 65_536
REQUEST_S_MAX = 5.0
REQUEST_LINE = re.compile(rb"([A-Z]+) (/[^ ?]*)(?:\?[^ ]*)? HTTP/1\.[01]")
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)

log = logging.getLogger(__name__)


class NotHttp(Exception):
    """What came is no request that this port reads; the text is the answer."""


async def start_control(control: Control, listening: socket.socket) -> asyncio.Server:
    """Answer requests on the socket until the returned server is closed."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The caller may leave at any moment, and then there is nobody to tell.
        with suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(REQUEST_S_MAX):
                try:
                    reply = await control.answer(*await _read_request(reader))
                except NotHttp as problem:
                    reply = Reply(400, {"error": str(problem)})
                writer.write(_response(reply))
                await writer.drain()
        writer.close()

    return await asyncio.start_server(converse, sock=listening, limit=HEAD_BYTES_MAX)


async def _read_request(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as problem:
        raise NotHttp(f"the head of a request has at most {HEAD_BYTES_MAX} bytes") from problem
    request_line = REQUEST_LINE.match(head)
    if request_line is None:
        raise NotHttp("this is no HTTP/1.1 request")
    length = CONTENT_LENGTH.search(head)
    body_bytes = int(length[1]) if length else 0
    if body_bytes > BODY_BYTES_MAX:
        raise NotHttp(f"a body has at most {BODY_BYTES_MAX} bytes")
    return request_line[1].decode(), request_line[2].decode("latin-1"), await reader.readexactly(body_bytes)


def _response(reply: Reply) -> bytes:
    body = json.dumps(reply.body, ensure_ascii=False).encode()
    head = (
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
