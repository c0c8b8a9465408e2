"""The stage: a whole gateway on virtual time, its devices and its cloud, ready to be played on.

Nothing here opens a socket, whatever secrets are set: links, transport, store and clock are all in memory.
"""

from __future__ import annotations

import asyncio

from cloud_bridge.catalog import CHANNELS
from cloud_bridge.memory_carriers import MemoryCarriers
from drivers.catalog import DRIVERS
from edge.config.plant import Plant
from edge.crash import SimulatedCrash
from edge.history.history import SampleHistory
from edge.history.memory_shelf import MemoryShelf
from edge.ports import Clock
from edge.runtime.gateway import Gateway
from edge.runtime.offload import Inline
from edge.runtime.outside import Outside
from edge.scenario.life import Life
from edge.scenario.memory_cloud import MemoryCloud
from edge.scenario.memory_devices import MemoryDevices
from edge.store.store import SqliteStore, open_store


def stand_in_secret(reference: str) -> str:
    """What a secret reference stands for on the stage: always the same, never the real one."""
    return f"stand-in for {reference}"


class Stage:
    """`open`, play, `close`. The world goes on while the gateway is down (`kill_gateway`, `start_gateway`)."""

    def __init__(self, plant: Plant, clock: Clock, *, store: SqliteStore | None = None, seed: int = 0) -> None:
        self.plant = plant
        self.clock = clock
        self.devices = MemoryDevices(plant, clock, stand_in_secret)
        self.carriers = MemoryCarriers()
        self.cloud = MemoryCloud(plant, clock, stand_in_secret, seed=seed)
        self.store = store or open_store(None, site=plant.site, agent=plant.agent, now=clock.now())
        self.life = Life(self._die)
        self.gateway = self._new_gateway()
        self._world: list[asyncio.Task[None]] = []

    def _new_gateway(self) -> Gateway:
        outside = Outside(
            clock=self.clock,
            offload=self.life,
            store=self.store,
            history=SampleHistory(MemoryShelf(), self.clock, writing=Inline(), reading=Inline()),
            links=self.devices.links,
            transport=self.cloud.new_transport(),
            carriers=self.carriers,
            drivers=DRIVERS,
            channels=CHANNELS,
            secret=stand_in_secret,
            drift=lambda: 0,
        )
        return Gateway(self.plant, outside)

    async def open(self) -> None:
        self._world = [
            asyncio.create_task(self.cloud.run(), name="cloud"),
            asyncio.create_task(self.devices.run(), name="devices"),
        ]
        await self.gateway.start()

    async def close(self) -> None:
        await self.gateway.stop()
        ended = [task for task in self._world if task.done()]
        for task in self._world:
            task.cancel()
        await asyncio.gather(*self._world, return_exceptions=True)
        self.store.close()
        for task in ended:
            task.result()  # the world must not end before the play does: what it died of is a mistake to mend

    async def kill_gateway(self) -> None:
        """End the gateway where it is, as `kill -9` does, unless it has died already; what was committed stays."""
        self.life.end()
        await self.gateway.stop()

    async def start_gateway(self, store: SqliteStore | None = None) -> bool:
        """The next boot: a new epoch over what was committed, or over another store. False: it died while it started, try
        again. Raises StoreError when the store refuses."""
        try:
            self.store = store or self.store.reopened(self.clock.now())
        except SimulatedCrash:
            return False
        self.life = Life(self._die)
        self.gateway = self._new_gateway()
        starting = asyncio.create_task(self.gateway.start(), name="start")
        over = asyncio.create_task(self.life.over.wait(), name="over")
        await asyncio.wait({starting, over}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if self.life.over.is_set():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await self.gateway.stop()
            return False
        starting.result()
        return True

    def _die(self) -> None:
        self.gateway.kill()
