"""Settling: how attempts ended is written, together where they end together, however long the disk refuses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import structlog

from cloud_bridge.delivery.retry import delay
from edge.model.errors import StoreError
from edge.model.intent import Settlement
from edge.model.moment import Moment
from edge.ports import Clock, Offload, Outbox

log = structlog.get_logger()


async def settle(
    outbox: Outbox, settlements: Sequence[Settlement], now: Moment, offload: Offload, clock: Clock, *, synced: bool
) -> None:
    """Returns when it is written: forgotten, it would be told again."""
    refusals, first = 0, settlements[0].claim.intent.key
    while True:
        try:
            await offload.run(partial(outbox.settle_all, settlements, now, synced=synced))
            return
        except StoreError as error:
            refusals += 1
            log.error("outcome cannot be written", intent=first, reason=str(error))
            await clock.sleep_until(clock.now() + delay(refusals, first))
