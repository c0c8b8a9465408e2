"""A deadline on the gateway's clock."""

from __future__ import annotations

import asyncio

import pytest

from cloud_bridge.delivery.waiting import before
from edge.model.moment import SECOND
from edge.runtime.virtual import VirtualClock
from tests.unit.cloud_bridge.harness import virtually


def test_work_that_ends_in_time_gives_its_result_and_leaves_nothing_behind() -> None:
    async def story(clock: VirtualClock) -> None:
        async def work() -> str:
            await clock.sleep_until(clock.now() + SECOND)
            return "done"

        began = clock.now()
        assert await before(began + 60 * SECOND, clock, work()) == "done"
        assert clock.now() == began + SECOND
        await clock.sleep_until(clock.now() + 1)
        assert len(asyncio.all_tasks()) == 1

    virtually(story)


def test_work_that_takes_too_long_is_cancelled() -> None:
    async def story(clock: VirtualClock) -> None:
        cancelled = asyncio.Event()

        async def work() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        with pytest.raises(TimeoutError):
            await before(clock.now() + SECOND, clock, work())
        await cancelled.wait()

    virtually(story)


def test_the_error_of_the_work_is_the_callers() -> None:
    async def story(clock: VirtualClock) -> None:
        async def work() -> None:
            raise ValueError("no good")

        with pytest.raises(ValueError, match="no good"):
            await before(clock.now() + SECOND, clock, work())

    virtually(story)
