"""The live clock: wall time at boot plus monotonic time elapsed, optionally in time-lapse.

The only file, with `virtual.py`, that asks the operating system what time it is.
"""

from __future__ import annotations

import asyncio
import time

from edge.model.moment import MILLISECOND, Moment, Span


class SteadyClock:
    """Steady UTC from this boot on. A step of the wall clock moves nothing here: it is recorded by whoever watches `drift`, and
    the next boot starts from the new wall time.

    rate: how many seconds of plant time pass in a second of wall time; 1 but for the demo's time-lapse. epoch: when that
    began, on the wall; None: now. Processes that are given the same rate and epoch agree about the time.
    """

    def __init__(self, rate: float = 1.0, epoch: Moment | None = None) -> None:
        self.rate = rate
        wall = time.time_ns() // 1_000  # noqa: TID251 - this is the clock
        self._boot = wall if epoch is None else epoch + round(rate * (wall - epoch))
        self._started_ns = time.monotonic_ns()  # noqa: TID251 - this is the clock

    def now(self) -> Moment:
        elapsed_ns = time.monotonic_ns() - self._started_ns  # noqa: TID251 - this is the clock
        return self._boot + int(elapsed_ns * self.rate) // 1_000

    def wall(self) -> Moment:
        return time.time_ns() // 1_000  # noqa: TID251 - this is the clock

    async def sleep_until(self, moment: Moment) -> None:
        # A sleep may end a little early by the loop's own clock; the millisecond keeps callers from spinning.
        while (left := moment - self.now()) > 0:  # noqa: ASYNC110 - time is what it waits for
            await asyncio.sleep(max(left, MILLISECOND) / self.rate / 1_000_000)  # noqa: TID251 - this is the clock

    def drift(self) -> Span:
        """How far the wall clock is from where it should be by the steady clock; without meaning in time-lapse."""
        elapsed_us = (time.monotonic_ns() - self._started_ns) // 1_000  # noqa: TID251 - this is the clock
        return self.wall() - (self._boot + elapsed_us)
