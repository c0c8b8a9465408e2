"""Waiting: for whichever comes first, an event or a moment; and for tasks to end."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from edge.model.moment import Moment
from edge.ports import Clock

#: A task that cleans up is not disturbed before.
ASKED_AGAIN_AFTER_S = 5.0


async def wait_until(event: asyncio.Event, clock: Clock, moment: Moment | None) -> None:
    """Returns when `event` is set or `moment` has come (None: only the event). Leaves the event as it is."""
    if event.is_set():
        return
    if moment is None:
        await event.wait()
        return
    timer = asyncio.ensure_future(clock.sleep_until(moment))
    waiter = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({timer, waiter}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        timer.cancel()
        waiter.cancel()


async def end(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancels them, and returns when all have ended, whatever of. One that goes on is asked again: a library may lose what it
    was asked (`drivers/heeding.py`), and a gateway that is told to stop must."""
    left = set(tasks)
    while left:
        for task in tasks:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=ASKED_AGAIN_AFTER_S)
    await asyncio.gather(*tasks, return_exceptions=True)
