"""Two gateways that say that they live: to a place in memory, and by HTTP to a port of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from drivers.base import ConnectionLost
from drivers.links import SocketLinks
from drivers.memory import MemoryLinks
from drivers.pulse.memory import MemoryPulsePlace
from edge.model.moment import SECOND
from edge.model.pulse import PATH, Pulse, seal
from edge.ports import Clock, Links
from tests.contract.drivers.life import FIRST
from tests.contract.drivers.relayed import Unrelayed
from tests.driver_rig import Rig, device
from tests.modbus_server import free_port

SECRET = "sixteen characters"
Send = Callable[[str], Awaitable[None]]


class Pulsing(Unrelayed):
    name, is_polled, unfit, answers_writes = "pulse", True, None, True

    def __init__(self, clock: Clock, links: Links, send: Send, port: int, silent_after_s: int) -> None:
        self._clock, self._send, self._every = clock, send, silent_after_s * SECOND // 4
        self._living = {"A", "B"}
        self._x = FIRST
        self._sequence = 0
        where: Mapping[str, Any] = {
            "host": "127.0.0.1",
            "port": port,
            "silent_after": f"{silent_after_s}s",
            "secret": "${env:SECRET}",
        }
        self.rig = Rig(
            [
                device("pulse", f"pulse_{each}", {"x": {}, "y": {}}, {**where, "gateway": f"mill.{each}", "secret": "${env:S}"})
                for each in "AB"
            ],
            clock,
            links,
            secret=lambda _: SECRET,
        )

    async def beat(self) -> None:
        """For ever."""
        while True:
            await self._beat_once()
            await self._clock.sleep_until(self._clock.now() + self._every)

    async def _beat_once(self) -> None:
        for each in sorted(self._living):
            self._sequence += 1
            figures = {"x": self._x if each == "A" else FIRST, "y": FIRST}
            await self._send(seal(Pulse(f"mill.{each}", 1, self._sequence, figures=figures), SECRET))

    async def show(self, value: float) -> None:
        self._x = value
        await self._beat_once()

    async def lose(self) -> None:
        self._living.clear()

    async def lose_one(self) -> None:
        self._living.discard("A")

    async def mend(self) -> None:
        self._living |= {"A", "B"}

    async def taken(self) -> Sequence[float]:
        return []


@asynccontextmanager
async def _beating(stage: Pulsing) -> AsyncIterator[Pulsing]:
    beating = asyncio.create_task(stage.beat())
    try:
        yield stage
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


@asynccontextmanager
async def in_memory(clock: Clock) -> AsyncIterator[Pulsing]:
    place = MemoryPulsePlace()

    async def send(text: str) -> None:
        with suppress(ConnectionLost):
            place.give(text)

    links = MemoryLinks(clock, modbus={}, mqtt={}, pulses={("127.0.0.1", 8490): place})
    async with _beating(Pulsing(clock, links, send, 8490, 2)) as stage:
        yield stage


@asynccontextmanager
async def over_sockets(clock: Clock) -> AsyncIterator[Pulsing]:
    port = free_port()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

        async def send(text: str) -> None:
            with suppress(httpx.HTTPError):
                await client.post(PATH, json={"pulse": text})

        async with _beating(Pulsing(clock, SocketLinks(clock), send, port, 20)) as stage:
            yield stage
