"""A place for pulses without a socket: who has it hands them in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from drivers.base import ConnectionLost
from edge.model.pulse import Unfit
from edge.ports import Judge


class MemoryPulsePlace:
    """What stands at an address. is_free: whether it can be opened."""

    def __init__(self) -> None:
        self.is_free = True
        self._judge: Judge | None = None

    def give(self, text: str) -> Unfit | None:
        """As a gateway would send it. Raises ConnectionLost while nobody listens."""
        if self._judge is None:
            raise ConnectionLost("nobody listens")
        return self._judge(text)

    async def serve(self, judge: Judge, opened: Callable[[], None]) -> None:
        if not self.is_free:
            raise ConnectionLost("the port is taken")
        self._judge = judge
        opened()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._judge = None


class MemoryPulseLink:
    """Behaves as `SocketPulseLink` does."""

    def __init__(self, place: MemoryPulsePlace) -> None:
        self._place = place

    async def listen(self, judge: Judge, opened: Callable[[], None]) -> None:
        await self._place.serve(judge, opened)
