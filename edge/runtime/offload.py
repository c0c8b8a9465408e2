"""Where blocking work goes: one thread live, inline on virtual time."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class WriterThread:
    """One thread, so that calls run one at a time and in order, and SQLite has one writer and one checkpointer.

    niceness: 0 to 19; how much it stands back when the processor is busy."""

    def __init__(self, name: str, *, niceness: int = 0) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name, initializer=_stand_back, initargs=(niceness,))

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)

    def close(self) -> None:
        """Waits for the work under way."""
        self._executor.shutdown(wait=True)


def _stand_back(niceness: int) -> None:
    """On Linux a thread has a niceness of its own, under the number by which the system knows it."""
    if niceness:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


class Inline:
    """Runs the work where it is asked for. It still gives way once, as a thread would, so that orders of events that can
    happen live can happen in a scenario too."""

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        result = work(*arguments)
        await asyncio.sleep(0)  # noqa: TID251 - gives way, waits for no time
        return result

    def close(self) -> None:
        """Nothing to wait for."""
