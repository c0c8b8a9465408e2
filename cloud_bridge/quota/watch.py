"""Watches the forecasts, and tells the log in time that a quota will not last: once a day for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from cloud_bridge.quota.statement import Statement
from edge.model.moment import HOUR, Span, to_iso
from edge.ports import Clock
from edge.response.calendar import day_at

log = structlog.get_logger()

LOOK_EVERY: Span = 1 * HOUR


async def watch_quotas(statements: Callable[[], Sequence[Statement]], time_zone: str, clock: Clock) -> None:
    """For ever."""
    warned: set[tuple[str, str]] = set()
    day = ""
    while True:
        now = clock.now()
        if day != day_at(now, time_zone):
            day = day_at(now, time_zone)
            warned.clear()
        for each in statements():
            if each.ends is not None and (each.channel, each.kind) not in warned:
                warned.add((each.channel, each.kind))
                log.warning(
                    "at the pace of the last days the month's quota ends early",
                    channel=each.channel,
                    kind=str(each.kind),
                    used=each.spent,
                    of=each.limit,
                    a_day=round(each.a_day),
                    ends=to_iso(each.ends),
                )
        await clock.sleep_until(now + LOOK_EVERY)
