"""What reading Modbus TCP devices costs. By hand: `./dev bench modbus`.

Simulated devices in another process (`modbus_plant.py`) on the second core, all of ours on the first: link, driver, image and
an engine with a limit a tag. As in an agent, the engine takes in one step what has come meanwhile. Counted is what that was.
Beside it pymodbus alone, one client a device, that reads the same blocks on the same core and throws the registers away.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from time import perf_counter, process_time
from typing import Any

import structlog
from pymodbus.client import AsyncModbusTcpClient

from drivers.base import Driver, Opening
from drivers.links import SocketLinks
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.modbus.driver import open_drivers
from edge.model.alarm import Priority
from edge.model.sample import Batch
from edge.model.tag import SESSION, Device, Tag, tag_name
from edge.runtime.clock import SteadyClock
from edge.runtime.heap import settle_heap
from edge.runtime.image import Image
from rules.definition import Kind, Rule
from rules.engine import Engine
from rules.layout import build_layout
from tests.bench.figure import Figure, table
from tests.bench.modbus_plant import SILENT_FROM

OUR_CPU, THEIR_CPU = 0, 1
DEVICES, FLOATS = 10, 992  # 16 requests of 124 registers each
REGISTERS_A_REQUEST = 124
SECONDS = 4.0
RATE_GOAL = 150_000

SLOW_DEVICES, SLOW_FLOATS, DEAD = 50, 50, 5
SLOW_SECONDS = 8.0


@dataclass
class Counted:
    """What the engine was given. at: by slot of a device's first tag, when; seconds are those of the loop."""

    samples: int = 0
    at: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))


@contextmanager
def plant(ports: int) -> Iterator[list[int]]:
    command = [sys.executable, "-m", "tests.bench.modbus_plant", str(ports), str(THEIR_CPU if _can_pin() else -1)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield [int(port) for port in process.stdout.readline().split()]
    finally:
        process.kill()
        process.communicate()


@contextmanager
def pinned() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    if _can_pin():
        os.sched_setaffinity(0, {OUR_CPU})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _can_pin() -> bool:
    return {OUR_CPU, THEIR_CPU} <= os.sched_getaffinity(0)


def device(number: int, floats: int, connection: Mapping[str, Any]) -> Device:
    name = f"D{number}"
    point = [ModbusPoint.model_validate({"address": f"holding {2 * at}", "type": "float32"}) for at in range(floats)]
    tags = [Tag(tag_name(name, f"t{at}"), name, f"t{at}", "", {}, None, point[at]) for at in range(floats)]
    session = Tag(tag_name(name, SESSION), name, SESSION, "", {})
    connected = ModbusConnection.model_validate({"host": "127.0.0.1", **connection})
    return Device(name, "bench", "modbus", "A", {}, connected, (*tags, session))


def rule(tag: Tag) -> Rule:
    return Rule(
        id=f"{tag.device}/{tag.key}",
        key=tag.key,
        device=tag.device,
        device_type="bench",
        area="A",
        kind=Kind.HIGH,
        tag=tag.name,
        priority=Priority.LOW,
        words={},
        limit=100.0,
        deadband=2.0,
    )


async def through_the_engine(devices: Sequence[Device], seconds: float) -> tuple[Counted, float, float]:
    """What was counted, after a second of running in; and seconds of wall and of processor that it took."""
    clock = SteadyClock()
    tags = [tag for each in devices for tag in each.tags]
    layout = build_layout(1, tags, [rule(tag) for tag in tags if tag.point is not None])
    engine, image = Engine(layout, clock.now()), Image(layout.slots)
    opening = Opening(devices, layout.slots, clock, SocketLinks(clock), str)
    counted = Counted()
    loop = asyncio.get_running_loop()
    firsts = {layout.slots[each.tags[0].name] for each in devices if _is_alive(each)}
    came: list[Batch] = []
    something = asyncio.Event()

    async def take(driver: Driver) -> None:
        async for batch in driver.batches():
            for slot in firsts.intersection(batch.slot[:2].tolist()):
                counted.at[slot].append(loop.time())
            came.append(batch)
            something.set()

    async def crank() -> None:
        while await something.wait():
            something.clear()
            batch = Batch.join(came)
            came.clear()
            engine.step(clock.now(), batch, ())
            image.update(batch)
            counted.samples += len(batch)

    settle_heap()
    tasks = [asyncio.create_task(take(driver)) for driver in open_drivers(opening)] + [asyncio.create_task(crank())]
    await asyncio.wait(tasks, timeout=1.0)
    counted.samples = 0
    counted.at.clear()
    wall, spent = perf_counter(), process_time()
    await asyncio.wait(tasks, timeout=seconds)
    wall, spent = perf_counter() - wall, process_time() - spent
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return counted, wall, spent


def _is_alive(each: Device) -> bool:
    return isinstance(each.connection, ModbusConnection) and each.connection.unit_id < SILENT_FROM


async def pymodbus_alone(ports: Sequence[int], seconds: float) -> float:
    """Processor milliseconds for the registers of 1,000 float32."""
    clients = [AsyncModbusTcpClient("127.0.0.1", port=port) for port in ports]
    reads, ends = 0, perf_counter() + seconds

    async def ask(client: AsyncModbusTcpClient) -> None:
        nonlocal reads
        while perf_counter() < ends:
            for block in range(2 * FLOATS // REGISTERS_A_REQUEST):
                await client.read_holding_registers(block * REGISTERS_A_REQUEST, count=REGISTERS_A_REQUEST)
                reads += REGISTERS_A_REQUEST // 2

    for client in clients:
        await client.connect()
    spent = process_time()
    await asyncio.gather(*(ask(client) for client in clients))
    spent = process_time() - spent
    for client in clients:
        client.close()
    return spent / reads * 1e6


async def pymodbus_at_leisure(ports: Sequence[int], registers: int, seconds: int) -> float:
    """As `pymodbus_alone`, each device read once a second, the devices spread over it. Most of it is what it costs a processor
    that has slept to do anything."""
    clients = [AsyncModbusTcpClient("127.0.0.1", port=port) for port in ports]
    for client in clients:
        await client.connect()
    loop = asyncio.get_running_loop()
    begin = loop.time()

    async def ask(number: int, client: AsyncModbusTcpClient) -> None:
        for second in range(seconds):
            await asyncio.sleep(begin + second + number / len(clients) - loop.time())  # noqa: TID251 - what others do alone
            await client.read_holding_registers(0, count=registers)

    spent = process_time()
    await asyncio.gather(*(ask(number, client) for number, client in enumerate(clients)))
    spent = process_time() - spent
    for client in clients:
        client.close()
    return spent / (len(clients) * seconds * registers // 2) * 1e6


def as_fast_as_it_goes(in_flight: int) -> list[Figure]:
    with plant(DEVICES) as ports, pinned():
        settings = {"every": "10ms", "max_registers": REGISTERS_A_REQUEST, "max_in_flight": in_flight}
        devices = [device(number, FLOATS, {"port": port, **settings}) for number, port in enumerate(ports)]
        counted, wall, spent = asyncio.run(through_the_engine(devices, SECONDS))
        alone = asyncio.run(pymodbus_alone(ports, SECONDS / 2))
    what = f"{DEVICES} devices x {FLOATS} float32, {in_flight} in flight"
    rate = counted.samples / wall
    reached = f"{rate:,.0f} tag-reads a second at the engine"
    per_thousand = 1e6 / counted.samples
    return [
        Figure(f"{what}, elapsed", wall * per_thousand, "ms a 1,000", beside_what=reached, goal=1e6 / RATE_GOAL),
        Figure(f"{what}, processor", spent * per_thousand, "ms a 1,000", alone, "pymodbus alone, same blocks", ratio_goal=2.0),
    ]


def at_leisure() -> list[Figure]:
    """50 devices at 1 Hz, all alive."""
    with plant(SLOW_DEVICES) as ports, pinned():
        devices = [device(number, SLOW_FLOATS, {"port": port, "every": "1s"}) for number, port in enumerate(ports)]
        counted, _, spent = asyncio.run(through_the_engine(devices, SLOW_SECONDS / 2))
        alone = asyncio.run(pymodbus_at_leisure(ports, 2 * SLOW_FLOATS, int(SLOW_SECONDS / 2)))
    what = f"{SLOW_DEVICES} devices x {2 * SLOW_FLOATS} registers at 1 Hz, processor"
    ours = spent * 1e6 / counted.samples
    return [Figure(what, ours, "ms a 1,000", alone, "pymodbus alone, same blocks and times", ratio_goal=2.0)]


def some_are_dead() -> list[Figure]:
    """50 devices at 1 Hz, each at its own address, 5 of them connected and silent."""
    with plant(SLOW_DEVICES) as ports, pinned():
        units = [255 if number % (SLOW_DEVICES // DEAD) == 0 else 1 for number in range(SLOW_DEVICES)]
        devices = [
            device(number, SLOW_FLOATS, {"port": port, "unit_id": unit, "every": "1s"})
            for number, (port, unit) in enumerate(zip(ports, units, strict=True))
        ]
        counted, _, spent = asyncio.run(through_the_engine(devices, SLOW_SECONDS))
    jitter = sorted(abs(b - a - 1.0) * 1000 for times in counted.at.values() for a, b in pairwise(times))
    what = f"{SLOW_DEVICES} devices x {2 * SLOW_FLOATS} registers at 1 Hz, {DEAD} dead"
    healthy = f"{len(counted.at)} devices alive, {len(jitter)} periods"
    return [
        Figure(f"{what}, worst jitter", jitter[-1], "ms", beside_what=healthy, least=median(jitter), goal=100.0),
        Figure(f"{what}, processor", spent * 1e6 / counted.samples, "ms a 1,000"),
    ]


def run() -> list[Figure]:
    with ExitStack() as quiet:
        before = structlog.get_config()
        quiet.callback(lambda: structlog.configure(**before))
        structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
        return [*as_fast_as_it_goes(1), *as_fast_as_it_goes(8), *at_leisure(), *some_are_dead()]


if __name__ == "__main__":
    print(table("Modbus", run()))
