"""Ending tasks: all of them, also one that loses what it was asked."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from edge.model.moment import SECOND, from_iso
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.runtime.waiting import ASKED_AGAIN_AFTER_S, end

START = from_iso("2026-05-04T08:00:00Z")


@pytest.mark.parametrize("losses", range(4))
def test_a_task_that_loses_a_cancellation_is_asked_again(losses: int) -> None:
    async def main(clock: VirtualClock) -> float:
        async def loses() -> None:
            for _ in range(losses):
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
            await asyncio.Event().wait()

        tasks = [asyncio.create_task(loses()), asyncio.create_task(_ends())]
        await clock.sleep_until(clock.now() + SECOND)
        began = clock.now()
        await end(tasks)
        assert all(task.cancelled() for task in tasks)
        return (clock.now() - began) / SECOND

    assert run_virtually(main, START) == losses * ASKED_AGAIN_AFTER_S


def test_who_cleans_up_is_left_to_it() -> None:
    async def main(clock: VirtualClock) -> bool:
        is_clean = False

        async def cleans_up() -> None:
            nonlocal is_clean
            try:
                await asyncio.Event().wait()
            finally:
                await clock.sleep_until(clock.now() + 4 * SECOND)
                is_clean = True

        task = asyncio.create_task(cleans_up())
        await clock.sleep_until(clock.now() + SECOND)
        await end([task])
        return is_clean

    assert run_virtually(main, START)


def test_one_that_had_died_is_no_obstacle() -> None:
    async def main(clock: VirtualClock) -> bool:
        async def dies() -> None:
            raise RuntimeError("a mistake of ours")

        tasks = [asyncio.create_task(dies()), asyncio.create_task(_ends())]
        await clock.sleep_until(clock.now() + SECOND)
        await end(tasks)
        return all(task.done() for task in tasks)

    assert run_virtually(main, START)


def test_none_is_ended_at_once() -> None:
    async def main(clock: VirtualClock) -> None:
        await end([])

    run_virtually(main, START)


async def _ends() -> None:
    await asyncio.Event().wait()
