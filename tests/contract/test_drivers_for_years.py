"""Losses and returns of a driver's connection, on virtual time: nothing is kept of them. A hundred in the default run, ten
thousand of them in `./dev soak`."""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack, aclosing

import pytest

from edge.model.moment import SECOND, from_iso
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.contract.drivers.life import Stage
from tests.contract.test_drivers_contract import MEMORY

START = from_iso("2026-05-04T08:00:00Z")
#: After so many, what is kept for a while has been filled: windows of rates, caches of the interpreter.
FIRST = 20
#: Objects more: less than one of each reconnection.
GROWTH_MAX = 50
WITH_A_CONNECTION = [name for name in MEMORY if name != "replay"]


#: Longer than the back-off of the first failures, so that each loss is one of a connection that stood; births are asked for
#: only so often.
UP = {"sparkplug": 12 * SECOND}
#: Long enough that the loss is noticed; a gateway is lost by its silence.
DOWN = {"pulse": 3 * SECOND}


async def reconnected(stage: Stage, clock: VirtualClock, times: int) -> None:
    for _ in range(times):
        await stage.lose()
        await clock.sleep_until(clock.now() + DOWN.get(stage.name, SECOND))
        await stage.mend()
        await clock.sleep_until(clock.now() + UP.get(stage.name, 2 * SECOND))


@pytest.mark.parametrize("name", WITH_A_CONNECTION)
def test_a_hundred_reconnections_leave_nothing_behind(name: str) -> None:
    leave_nothing_behind(name, 100)


@pytest.mark.soak
@pytest.mark.parametrize("name", WITH_A_CONNECTION)
def test_ten_thousand_reconnections_leave_nothing_behind(name: str) -> None:
    leave_nothing_behind(name, 10_000)


def leave_nothing_behind(name: str, times: int) -> None:
    async def main(clock: VirtualClock) -> tuple[int, int, int]:
        said = 0

        async def read(number: int) -> None:
            nonlocal said
            async with aclosing(stage.rig.drivers[number].batches()) as batches:  # type: ignore[type-var]  # generators
                async for batch in batches:
                    for ticket in batch.tickets:
                        ticket()
                    said += sum(row.tag.endswith("_A.session") for row in stage.rig.rows(batch))

        async with AsyncExitStack() as stack:
            stage = await stack.enter_async_context(MEMORY[name](clock))
            reading = {asyncio.create_task(read(number)) for number in range(len(stage.rig.drivers))}
            await reconnected(stage, clock, FIRST)
            gc.collect()
            before, tasks = len(gc.get_objects()), len(asyncio.all_tasks())
            await reconnected(stage, clock, times - FIRST)
            gc.collect()
            grown = len(gc.get_objects()) - before
            more = len(asyncio.all_tasks()) - tasks
            for task in reading:
                task.cancel()
            await asyncio.wait(reading)
            return said, grown, more

    said, grown, more = run_virtually(main, START)
    assert said >= 2 * times, "each was noticed"
    assert more == 0
    assert grown < GROWTH_MAX
