"""Virtual time: an event loop whose clock jumps to the next thing that is due instead of waiting for it.

Theory of operation. asyncio asks its selector to wait until the next timer is due. Our selector does not wait: it advances
the loop's own time by as much and returns at once. So a scenario of an hour runs as fast as its work takes, every task in it
sees one consistent time, and two runs of the same input interleave in the same way. Code under it needs no change and has no
branch: it waits through `Clock.sleep_until`, or with asyncio's own timeouts, and both count in virtual time.

Nothing under this loop may use a thread or a socket: their results would arrive in real time.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from edge.model.moment import Moment

T = TypeVar("T")


class NothingLeftToWaitFor(Exception):
    """Every task waits for an event that no task will ever set."""


class _JumpingSelector(selectors.SelectSelector):
    """Never waits; tells the loop how far to jump."""

    def __init__(self, jump: Callable[[float], None]) -> None:
        super().__init__()
        self._jump = jump

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise NothingLeftToWaitFor("every task waits for an event that none will set")
            self._jump(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time, starting at 0 s."""

    def __init__(self) -> None:
        self._virtual_s = 0.0
        super().__init__(_JumpingSelector(self._jump))

    def time(self) -> float:
        return self._virtual_s

    def _jump(self, seconds: float) -> None:
        self._virtual_s += max(seconds, 0.0)


class VirtualClock:
    """The `Clock` of a virtual loop."""

    def __init__(self, loop: VirtualLoop, start: Moment) -> None:
        self._loop = loop
        self._start = start

    def now(self) -> Moment:
        return self._start + round(self._loop.time() * 1_000_000)

    def wall(self) -> Moment:
        return self.now()

    async def sleep_until(self, moment: Moment) -> None:
        while (left := moment - self.now()) > 0:  # noqa: ASYNC110 - time is what it waits for
            await asyncio.sleep(left / 1_000_000)  # noqa: TID251 - this is the clock


def run_virtually(main: Callable[[VirtualClock], Coroutine[Any, Any, T]], start: Moment) -> T:
    """Run a coroutine function to its end on a fresh virtual loop whose clock starts at `start`; cancel what it leaves."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(main(VirtualClock(loop, start)))
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
