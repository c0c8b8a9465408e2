"""One life of a gateway on the stage, which can end as a killed process ends: in the middle of anything.

Theory of operation. All that a gateway makes durable goes through its `Offload`; a `Life` is one that can be over. What it does
then is what a dead process does: nothing. A call that is under way never returns, a later one never runs, so neither the line
after a crash point nor a `finally` of a cancelled task reaches the store. What was on the wire may still arrive.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from edge.crash import SimulatedCrash

T = TypeVar("T")


class Life:
    """An `Offload` that runs work inline until the life is over. ended: called once, when it ends."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self.over = asyncio.Event()
        self.died_at: str | None = None
        self.died_of: tuple[Callable[..., object], tuple[object, ...]] | None = None

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        if not self.over.is_set():
            try:
                result = work(*arguments)
            except SimulatedCrash as crash:
                self.died_at, self.died_of = str(crash), (work, arguments)
                self.end()
            else:
                # Gives way once, as a thread would; a kill may come between the commit and whoever waits for it.
                await asyncio.sleep(0)  # noqa: TID251 - waits for no time
                if not self.over.is_set():
                    return result
        await asyncio.Event().wait()
        raise AssertionError("a dead process goes on")

    def end(self) -> None:
        """Kill it now."""
        if not self.over.is_set():
            self.over.set()
            self._ended()
