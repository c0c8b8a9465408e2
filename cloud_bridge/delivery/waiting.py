"""Waiting with a deadline on the gateway's own clock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from edge.model.moment import Moment
from edge.ports import Clock

T = TypeVar("T")


async def before(deadline: Moment, clock: Clock, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work` if it ends before `deadline`; else it is cancelled and TimeoutError raised."""
    task = asyncio.ensure_future(work)
    timer = asyncio.ensure_future(clock.sleep_until(deadline))
    try:
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        task.cancel()
        timer.cancel()
