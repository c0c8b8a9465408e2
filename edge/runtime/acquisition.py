"""Acquisition: one task a driver, from its batches to the pipeline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from drivers.base import Driver
from edge.model.moment import SECOND
from edge.model.sample import Batch
from edge.ports import Clock

log = structlog.get_logger()

#: A driver never ends by itself; one that fails by a mistake of ours is started again after this long.
RESTART_AFTER = 5 * SECOND


async def acquire(driver: Driver, offer: Callable[[Batch], Awaitable[None]], clock: Clock) -> None:
    """Hand every batch on, for ever. `offer` waits while the pipeline is full, which in turn slows the reading down."""
    while True:
        try:
            async for batch in driver.batches():
                await offer(batch)
            log.error("driver ended", driver=driver.name)
        except Exception:  # the rim of this task: a mistake in one driver must not stop the others
            log.exception("driver failed", driver=driver.name)
        await clock.sleep_until(clock.now() + RESTART_AFTER)
