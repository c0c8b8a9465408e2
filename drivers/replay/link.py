"""A recording read in a thread of its own: the only file of this driver that knows threads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from drivers.replay.reading import Recording
from edge.ports import Record, RecordingSource


class ThreadRecordingLink:
    """One thread at a time reads it; what is cancelled meanwhile reads to its end and is then closed."""

    def __init__(self, source: RecordingSource) -> None:
        self._source = source
        self._open: Recording | None = None

    async def rewind(self) -> Sequence[str]:
        await self.close()
        self._open = await asyncio.to_thread(Recording, self._source)
        return self._open.columns

    async def read(self) -> Sequence[Record]:
        return () if self._open is None else await asyncio.shield(asyncio.to_thread(self._open.read))

    async def close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            await asyncio.to_thread(opened.close)
