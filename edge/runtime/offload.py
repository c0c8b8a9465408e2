"""Where blocking work goes: one thread live, inline on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class WriterThread:
    """One thread, so that calls run one at a time and in order, and SQLite has one writer and one checkpointer."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    def close(self) -> None:
        """Waits for the work under way."""
        self._executor.shutdown(wait=True)


class Inline:
    """Runs the work where it is asked for. It still gives way once, as a thread would, so that orders of events that can
    happen live can happen in a scenario too."""

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        result = work(*arguments)
        await asyncio.sleep(0)  # noqa: TID251 - gives way, waits for no time
        return result

    def close(self) -> None:
        """Nothing to wait for."""
