"""A gateway in a process of its own, so that it can be killed: `python -m tests.e2e.mqtt_gateway_process PLANT DATA SESSION`.

Beside its log it prints the kinds of alarm events: those on disk, then `begun`; each as it is committed; and `up` when the tag
SESSION says that its device is heard."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from drivers.links import SocketLinks
from edge.config.load import load
from edge.model.event import JournalRow, Stream
from edge.model.moment import SECOND
from edge.runtime.clock import SteadyClock
from edge.runtime.gateway import Gateway
from edge.runtime.offload import WriterThread
from edge.runtime.outside import Outside
from edge.store.store import open_store
from tests.bench.flood import NoTransport, real_history


async def main(folder: Path, data: Path, session: str) -> None:
    plant = load(folder, DRIVERS, CHANNELS).plant
    assert plant is not None
    clock, writer, threads = SteadyClock(), WriterThread("store"), ExitStack()
    store = await writer.run(lambda: open_store(data, site=plant.site, agent=plant.agent, now=clock.now()))
    tell(store.read_after(0, 1000))
    print("begun", flush=True)
    outside = Outside(
        clock=clock,
        offload=writer,
        store=store,
        history=real_history(plant, clock, threads),
        links=SocketLinks(clock),
        transport=NoTransport(),  # type: ignore[arg-type] # no channel is opened
        drivers=DRIVERS,
        channels={},
        secret=str,
        drift=lambda: 0,
    )
    gateway = Gateway(plant, outside)
    following = gateway.pipeline.follow()
    await gateway.start()
    while (shown := gateway.tag(session)) is None or shown.value != 1.0:
        await clock.sleep_until(clock.now() + SECOND // 50)
    print("up", flush=True)
    while True:
        tell([await following.get()])


def tell(rows: Sequence[JournalRow]) -> None:
    for row in rows:
        if row.event.stream is Stream.ALARM:
            print(row.event.kind, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
