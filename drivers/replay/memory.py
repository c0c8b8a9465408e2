"""A recording read in place, without a thread: on virtual time nothing comes from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.replay.reading import Recording
from edge.ports import Record, RecordingSource


class InlineRecordingLink:
    """Behaves as `ThreadRecordingLink` does."""

    def __init__(self, source: RecordingSource) -> None:
        self._source = source
        self._open: Recording | None = None

    async def rewind(self) -> Sequence[str]:
        await self.close()
        self._open = Recording(self._source)
        return self._open.columns

    async def read(self) -> Sequence[Record]:
        return () if self._open is None else self._open.read()

    async def close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened.close()
