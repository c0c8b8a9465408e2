"""50 Modbus devices of 100 registers once a second over sockets, five of which hang: the others keep their time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import AsyncExitStack, aclosing
from itertools import pairwise

from drivers.links import SocketLinks
from edge.model.moment import SECOND
from edge.model.sample import Batch, Quality
from edge.runtime.clock import SteadyClock
from tests.driver_rig import Rig, device
from tests.modbus_server import answer, serving

DEVICES, HANGING, REGISTERS = 50, 5, 100
PERIOD = SECOND
POLLS = 4


async def test_devices_that_hang_cost_the_others_less_than_a_tenth_of_a_period() -> None:
    """Each on a connection of its own. The few worst of a machine that does other things are not theirs."""
    clock = SteadyClock()
    data = bytes(2 * REGISTERS)

    def proper(request: bytes) -> list[bytes]:
        return [answer(request, data)]

    arrived: defaultdict[str, list[int]] = defaultdict(list)
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(serving(proper)) for _ in range(DEVICES)]
        for server in servers[:HANGING]:
            server.script = lambda request: []
        tags = {f"r{number}": {"address": f"holding {number}", "type": "uint16"} for number in range(REGISTERS)}
        near = {"host": "127.0.0.1", "every": "1s", "timeout": "300ms"}
        hall = [device("modbus", f"M{at}", tags, {**near, "port": server.port}) for at, server in enumerate(servers)]
        rig = Rig(hall, clock, SocketLinks(clock))
        names = dict(enumerate(rig._names))

        def take(batch: Batch) -> None:
            if len(batch) >= REGISTERS and batch.quality[-1] == Quality.GOOD:
                arrived[names[int(batch.slot[-1])]].append(int(batch.received_time[-1]))

        async def read(number: int) -> None:
            async with aclosing(rig.drivers[number].batches()) as batches:  # type: ignore[type-var]  # generators
                async for batch in batches:
                    take(batch)

        reading = {asyncio.create_task(read(number)) for number in range(DEVICES)}
        async with asyncio.timeout(15):
            while len(arrived) < DEVICES - HANGING or min(map(len, arrived.values())) < POLLS:
                await clock.sleep_until(clock.now() + SECOND // 20)
        for task in reading:
            task.cancel()
        await asyncio.wait(reading)
    late = sorted(abs(b - a - PERIOD) for times in arrived.values() for a, b in pairwise(times[1:]))
    assert len(arrived) == DEVICES - HANGING
    assert late[len(late) * 95 // 100] < PERIOD // 10
