"""An alarm of an OPC UA server through a whole gateway over sockets, and its acknowledgement back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from drivers.links import SocketLinks
from edge.config.load import load
from edge.model.command import Acknowledge, InboxRow
from edge.runtime.clock import SteadyClock
from edge.runtime.gateway import Gateway
from edge.runtime.offload import WriterThread
from edge.runtime.outside import Outside
from edge.store.store import open_store
from tests.bench.flood import NoTransport, real_history
from tests.opcua_server import OpcUaServer

PLANT = {
    "gateway.yaml": "site: s\nagent: a\nareas:\n  hall: {zh: 车间, en: hall}\n",
    "devices/a.yaml": """\
types:
  oven:
    words: {{zh: 烘箱, en: oven}}
    driver: opcua
    tags:
      jam: {{alarm: Line/Jam, words: {{zh: 卡料, en: jam}}}}
devices:
  OVEN:
    type: oven
    area: hall
    words: {{zh: 烘箱, en: oven}}
    connection: {{url: "{url}", every: 50ms}}
""",
    "rules/a.yaml": """\
rules:
  jam: {for: oven, tag: jam, kind: high, limit: 1, priority: journal, words: {zh: 卡料, en: jam}}
""",
}


async def test_who_acknowledges_here_has_acknowledged_there_and_that_is_told_beside_the_alarm(
    opcua_line: OpcUaServer, tmp_path: Path
) -> None:
    """Through a whole gateway: driver, rules, store, response, writer."""
    for name, text in PLANT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.format(url=opcua_line.url) if "{{" in text else text, encoding="utf-8")
    before = len(await opcua_line.tell(ask="acknowledged"))
    async with gateway_of(tmp_path) as gateway, asyncio.timeout(20):
        told = gateway.pipeline.follow()
        await gateway.start()
        await opcua_line.tell(alarm="Jam", active=True, severity=400, message="卡料 jam")
        while (raised := (await told.get()).event).kind != "raised":
            pass
        command = Acknowledge("OVEN/jam", raised.data["occurrence"], "料阀已关")
        answer = await gateway.answer(InboxRow("api", "m1", "li", command, gateway.clock.now()))
        assert answer is not None and answer.kind == "acknowledged"
        while (passed := (await told.get()).event).kind != "passed_on":
            pass
    assert (passed.subject, passed.data["end"]) == ("OVEN/jam", "done")
    assert (await opcua_line.tell(ask="acknowledged"))[before:] == ["Jam: li: 料阀已关"]
    await opcua_line.tell(alarm="Jam", active=False, severity=400, message="ok")


@asynccontextmanager
async def gateway_of(folder: Path) -> AsyncIterator[Gateway]:
    """Not started. It is stopped and its store closed at the end."""
    plant = load(folder, DRIVERS, CHANNELS).plant
    assert plant is not None
    clock, writer, threads = SteadyClock(), WriterThread("store"), ExitStack()
    store = await writer.run(lambda: open_store(folder / "data", site=plant.site, agent=plant.agent, now=clock.now()))
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
    try:
        yield gateway
    finally:
        await gateway.stop()
        await writer.run(store.close)
        writer.close()
        threads.close()
