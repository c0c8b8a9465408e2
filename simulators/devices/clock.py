"""The time of simulated devices: as fast as the wall's, or N times faster. The one file here that reads a clock.

Simulated now = epoch + rate x (wall now - epoch). Processes on one machine that are given the same epoch and rate agree
about simulated time without talking to each other.
"""

# ruff: noqa: TID251  # the simulators import nothing of edge: this is the clock that they wait through

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What servers and publishers need of time. All in microseconds, UTC since 1970."""

    def now(self) -> int:
        """The simulated moment."""

    def wall_of(self, moment: int) -> int:
        """The moment on the wall at which simulated time says `moment`."""

    async def sleep(self, wall_us: int) -> None:
        """Let wall time pass."""

    async def sleep_until(self, moment: int) -> None:
        """Wait until the simulated `moment`; at once if it is past."""


class TimeLapseClock:
    """Simulated time that runs `rate` times as fast as the wall since `epoch` (None: since now).

    The wall is read once and then followed by the monotonic clock, so a step of the system's time moves nothing here.
    """

    def __init__(self, rate: float = 1.0, epoch: int | None = None) -> None:
        if not 0 < rate <= 1000:
            raise ValueError(f"rate must be more than 0 and at most 1000, is {rate:g}")
        self._wall_at_start = time.time_ns() // 1000
        self._monotonic_at_start = time.monotonic_ns() // 1000
        self.rate = rate
        self.epoch = self._wall_at_start if epoch is None else epoch

    def wall_now(self) -> int:
        return self._wall_at_start + time.monotonic_ns() // 1000 - self._monotonic_at_start

    def now(self) -> int:
        return self.epoch + round(self.rate * (self.wall_now() - self.epoch))

    def wall_of(self, moment: int) -> int:
        return self.epoch + round((moment - self.epoch) / self.rate)

    async def sleep(self, wall_us: int) -> None:
        await asyncio.sleep(wall_us / 1e6)

    async def sleep_until(self, moment: int) -> None:
        while (remaining_us := moment - self.now()) > 0:
            await self.sleep(round(remaining_us / self.rate) + 1)
