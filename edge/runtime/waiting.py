"""Waiting for whichever comes first, an event or a moment."""

from __future__ import annotations

import asyncio

from edge.model.moment import Moment
from edge.ports import Clock


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
