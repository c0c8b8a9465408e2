"""Stands between a driver and the server it talks to: cuts the connection, or lets nothing through while it stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress


class Relay:
    """behind: the server's port here. port: where it is found instead. open: connections that stand. on_answer: what is to be
    done once the server's next bytes have gone on."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self.port = 0
        self.open = 0
        self.on_answer: Callable[[], Awaitable[None]] | None = None
        self._listening: asyncio.Server | None = None
        self._passes = asyncio.Event()
        self._passes.set()
        self._ends: list[asyncio.StreamWriter] = []

    async def cut(self) -> None:
        """Ends all connections, and takes no further one."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        self.break_off()

    def break_off(self) -> None:
        """Ends all connections. The next goes through."""
        self._passes.set()
        for end in self._ends:
            end.close()
        self._ends.clear()

    def hang(self) -> None:
        """Nothing comes through in either direction."""
        self._passes.clear()

    async def mend(self) -> None:
        """What hung ends as well: a server that is back has mostly lost its connections."""
        if not self._passes.is_set():
            self.break_off()
        if self._listening is None:
            self._listening = await asyncio.start_server(self._join, "127.0.0.1", self.port)
            self.port = self._listening.sockets[0].getsockname()[1]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Relay]:
        await self.mend()
        try:
            yield self
        finally:
            await self.cut()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._behind)
        except OSError:
            writer.close()
            return
        self._ends += [writer, back]
        self.open += 1
        await asyncio.gather(self._carry(reader, back), self._carry(there, writer, is_answer=True))
        self.open -= 1

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_answer: bool = False) -> None:
        with suppress(ConnectionError):
            while data := await source.read(65536):
                await self._passes.wait()
                sink.write(data)
                if is_answer and self.on_answer is not None:
                    await self.on_answer()
        sink.close()
