"""A cancellation that meets an answer.

Up to Python 3.11 `asyncio.wait_for` gives back what it waited for, and forgets that its task was asked to end in the same turn
of the event loop (https://github.com/python/cpython/issues/86296). The libraries below the drivers use it: a driver would poll
on, and whoever asked it to end would wait for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def heeding(answer: Awaitable[T]) -> T:
    """What a library answers or raises; CancelledError if this task was asked to end meanwhile. Not for farewells, which are
    said while a task ends."""
    task = asyncio.current_task()
    try:
        return await answer
    finally:
        if task is not None and task.cancelling():
            raise asyncio.CancelledError
