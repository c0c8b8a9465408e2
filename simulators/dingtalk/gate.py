"""The way to the cloud: a TCP gate in front of the server that can be shut, as a firewall or a dead line would.

While it is shut nothing listens on the public address, so a client sees a refused connection and knows that its call was
not executed; the server itself, with phones and control API, stays reachable behind the gate. The gate copies bytes and
understands none of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Coroutine

from simulators.process import bind

CHUNK_BYTES = 65_536


class Gate:
    """Forwards what arrives at an address to a port of this machine, while it is open."""

    def __init__(self, listener: socket.socket, inner_port: int) -> None:
        """listener: listens on the public address; taken over by the gate."""
        self.host, self.port = listener.getsockname()[:2]
        self._listener: socket.socket | None = listener
        self._inner_port = inner_port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._outer_ends: dict[int, asyncio.StreamWriter] = {}
        """By the local port of the connection's inner end, which the server sees as its client's."""

    @property
    def is_open(self) -> bool:
        return self._server is not None

    async def open(self) -> None:
        """Listen. Opening an open gate is nothing. Raises OSError when somebody took the port while it was shut."""
        if self._server is not None:
            return
        listener = self._listener or bind(self.host, self.port)
        self._listener = None
        self._server = await asyncio.start_server(self._carry, sock=listener)

    async def shut(self) -> None:
        """Stop listening and break every connection at once. Shutting a shut gate is nothing."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def drop(self, inner_port: int) -> None:
        """Break the one connection whose inner end has this local port, without a word."""
        writer = self._outer_ends.get(inner_port)
        if writer is not None:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._server is None:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._inner_port)
            key = inner_writer.get_extra_info("sockname")[1]
            self._outer_ends[key] = writer
            try:
                await _until_one_ends(_copy(reader, inner_writer), _copy(inner_reader, writer))
            finally:
                del self._outer_ends[key]
                inner_writer.close()
            writer.close()
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._tasks.discard(task)


async def _until_one_ends(*copies: Coroutine[None, None, None]) -> None:
    tasks = [asyncio.ensure_future(copy) for copy in copies]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
