"""All acts from the outbox on disk to the stand-in over real sockets: what one intent opened another closes."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import httpx
import pytest

from cloud_bridge.base import ChannelOpening
from cloud_bridge.dingtalk.channel import DingTalkChannel
from cloud_bridge.dingtalk.transport import HttpTransport
from edge.model.act import Act, Call, CallMedium, CloseConference, CloseGroup, CloseOrder
from edge.model.intent import Intent
from edge.model.moment import MINUTE
from edge.runtime.clock import SteadyClock
from edge.runtime.offload import WriterThread
from edge.store.store import open_store
from tests.e2e.test_dingtalk_channel import ROOT, Road
from tests.unit.cloud_bridge.acts_plant import APPROVAL, CONFERENCE, GROUP, ORDER, ORG, PLANT, REVIEW, ROW
from tests.unit.cloud_bridge.harness import DIRECTORY, SECRETS, config, intent


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The stand-in as a process; its ready line."""
    organisation = tmp_path / "organisation.json"
    organisation.write_text(json.dumps(ORG), encoding="utf-8")
    command = [sys.executable, "-m", "simulators.dingtalk", "--port", "0", "--organisation", str(organisation)]
    with Popen(command, stdout=PIPE, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@pytest.fixture
async def road(standin: dict[str, Any], tmp_path: Path) -> AsyncIterator[Road]:
    clock, writer, transport = SteadyClock(), WriterThread("store"), HttpTransport()
    store = await writer.run(lambda: open_store(tmp_path / "data", site="crm", agent="line-1", now=clock.now()))

    async def find_receipt(card: str) -> str | None:
        return await writer.run(partial(store.find_receipt, "dingtalk", card))

    async def find_card(card: str) -> tuple[str, int] | None:
        return await writer.run(store.find_card, card)

    url = standin["url"]
    channel = DingTalkChannel(
        ChannelOpening(
            config=config(**PLANT, api_base=url, oapi_base=url),
            directory=DIRECTORY,
            clock=clock,
            transport=transport,
            secret=SECRETS.__getitem__,
            find_card=find_card,
            shelve_for=30 * MINUTE,
            late_after=10 * MINUTE,
            find_receipt=find_receipt,
        )
    )
    made = Road(clock, store, writer, channel)
    delivering = asyncio.create_task(made.delivery.run())
    try:
        yield made
    finally:
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        await channel.close()
        await transport.close()
        await writer.run(store.close)
        writer.close()


async def test_what_one_intent_opened_another_closes(standin: dict[str, Any], road: Road) -> None:
    def act(name: str, wanted: Act, count: int) -> Intent:
        now = road.clock.now() + count
        return replace(intent(alarm=name, count=count, created_at=now), act=wanted)

    things: dict[str, list[Act]] = {
        "order": [ORDER, CloseOrder("WO-17")],
        "group": [GROUP, CloseGroup("INC-4", archive=False)],
        "conference": [CONFERENCE, CloseConference("INC-4")],
        "row": [ROW, replace(ROW, cells={"分钟": 13})],
        "review": [REVIEW, REVIEW],
        "approval": [APPROVAL],
        "call": [Call(CallMedium.APP)],
    }
    intents = [act(name, wanted, count) for name, acts in things.items() for count, wanted in enumerate(acts)]
    await road.tell(*intents)
    receipts = await road.told(len(intents))
    assert {receipt.intent: receipt.outcome for receipt in receipts} == {each.key: "delivered" for each in intents}
    async with httpx.AsyncClient(base_url=standin["control_url"], trust_env=False) as http:
        entries = (await http.get("/standin/ledger")).raise_for_status().json()["entries"]
    made = [entry["name"] for entry in entries if "/create" in entry["name"] or entry["name"].endswith("/tasks")]
    assert len(made) == len(set(made)), "each thing is made by one call"
    assert not [entry for entry in entries if entry.get("notes")], "nothing that DingTalk does not know"
