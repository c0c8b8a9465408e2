"""A Modbus server that says whatever a script tells it to, byte by byte. It knows no Modbus of its own."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing

HEADER_BYTES = 6
#: In place of bytes to send: close the connection.
CLOSE = None

#: A request to what is sent for it, piece by piece, each in a segment of its own.
Script = Callable[[bytes], Sequence[bytes | None]]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer(request: bytes, data: bytes) -> bytes:
    """The proper answer to a read."""
    transaction, unit, function = request[:2], request[6], request[7]
    return transaction + struct.pack(">HHBBB", 0, 3 + len(data), unit, function, len(data)) + data


def repeated(request: bytes, length: int = 5) -> bytes:
    """The proper answer to a write: the first bytes of its PDU."""
    return request[:4] + struct.pack(">HB", 1 + length, request[6]) + request[7 : 7 + length]


def exception(request: bytes, code: int) -> bytes:
    return request[:2] + struct.pack(">HHBBB", 0, 3, request[6], request[7] | 0x80, code)


class ScriptedServer:
    """connections: how many were accepted so far; requests: all that came, as bytes."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.port = 0
        self.connections = 0
        self.requests: list[bytes] = []
        self._served: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, port: int = 0) -> None:
        self._listener = await asyncio.start_server(self._accept, "127.0.0.1", port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._listener is not None:
            self._listener.close()
        for task in list(self._served):
            task.cancel()
        if self._served:
            await asyncio.wait(self._served)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._served.add(task)
        task.add_done_callback(self._served.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                header = await reader.readexactly(HEADER_BYTES)
                request = header + await reader.readexactly(int.from_bytes(header[4:6], "big"))
                self.requests.append(request)
                for piece in self.script(request):
                    if piece is CLOSE:
                        return
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)  # noqa: TID251 - lets the piece leave as a segment of its own
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def serving(script: Script, port: int = 0) -> AsyncIterator[ScriptedServer]:
    server = ScriptedServer(script)
    await server.start(port)
    try:
        yield server
    finally:
        await server.stop()
