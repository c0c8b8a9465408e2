"""Two agents on real sockets: one is killed with `kill -9`, and the phone of the other one's people rings."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cloud_bridge.dingtalk.config import DingTalkConfig
from edge.demo.processes import Part, end, free_port, start
from edge.scenario.plant_organisation import organisation_file
from tests.stories.test_a_gateway_is_watched import RULES, TYPE
from tests.unit.config.folders import plant_of

SECRET = "sixteen characters"
SILENT_AFTER_S = 4
WATCHED = """\
site: mill
agent: edge1
areas: {{hall: {{zh: 车间, en: hall}}}}
api: {{port: {api}}}
alive: {{every: 1s, gateways: {{gatehouse: {{url: "http://127.0.0.1:{pulses}", secret: "${{env:ANDON_PULSE_SECRET}}"}}}}}}
"""
GATEHOUSE = "site: mill\nagent: gatehouse\nareas: {pump_house: {zh: 泵房, en: pump house}}\n"
CLOUD = """\
dingtalk:
  client_id: dinggatehouse
  client_secret: ${env:ANDON_DINGTALK_SECRET}
  card_template_id: andon-alarm-card.schema
"""


@pytest.fixture
def me() -> list[str]:
    return ["--parent", str(os.getpid())]


def watched_folder(into: Path, api: int, pulses: int) -> Path:
    into.mkdir()
    (into / "gateway.yaml").write_text(WATCHED.format(api=api, pulses=pulses), encoding="utf-8")
    return into


def watching_folder(into: Path, pulses: int) -> Path:
    connection = f'{{gateway: mill.edge1, port: {pulses}, host: 127.0.0.1, silent_after: {SILENT_AFTER_S}s, secret: "${{env:'
    device = TYPE.replace('{gateway: mill.edge1, secret: "${env:', connection)
    people = "persons:\n  lead: {name: 班长 / Lead, language: en, role: engineer, dingtalk: {user_id: lead}}\n"
    files = {
        "gateway": GATEHOUSE,
        "people": people,
        "cloud": CLOUD,
        "response": "routes: {all: {to: [person:lead]}}\n",
        "devices/gateways": device,
        "rules/gateways": RULES,
    }
    for name, content in files.items():
        path = into / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return into


async def eventually(what: str, look: Callable[[], Awaitable[Any]], within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            while not await look():  # noqa: ASYNC110 - nobody says when a phone shows something else
                await asyncio.sleep(0.1)  # noqa: TID251
    except TimeoutError:
        raise AssertionError(f"not within {within_s:g} s: {what}") from None


async def test_a_killed_gateway_is_a_card_on_the_phone_and_one_that_is_back_too(tmp_path: Path, me: list[str]) -> None:
    base = 41_000 + os.getpid() % 10_000
    cloud, phones, api, pulses, other = (free_port(base + 50 * number) for number in range(5))
    plant = plant_of(watching_folder(tmp_path / "gatehouse", pulses))
    config = plant.channels["dingtalk"]
    assert isinstance(config, DingTalkConfig)
    environment = {use.ref.kept_in[1]: f"test-{use.ref.kept_in[1].lower()}" for use in plant.secrets}
    environment["ANDON_PULSE_SECRET"] = SECRET
    (tmp_path / "organisation.json").write_text(organisation_file(plant, environment)[0], encoding="utf-8")
    standin = ["-m", "simulators.dingtalk", "--port", str(cloud), "--control-port", str(phones), *me]
    edge = ["-m", "edge.cli", "run", str(watched_folder(tmp_path / "edge1", other, pulses)), "--json", "--no-console", *me]
    gatehouse = ["-m", "edge.cli", "run", str(plant.folder), "--json", "--no-console", *me]
    for old, new in (
        (f"{plant.api.host}:{plant.api.port}", f"127.0.0.1:{api}"),
        *((base, f"http://127.0.0.1:{cloud}") for base in (config.api_base, config.oapi_base)),
    ):
        gatehouse += ["--redirect", f"{old}={new}"]
    parts: list[Part] = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{phones}", trust_env=False) as http:

        async def cards() -> list[str]:
            phone = (await http.get("/standin/phone", params={"user_id": "lead"})).json()
            messages = [message for chat in phone["chats"] for message in chat["messages"]]
            return [
                card["params"]["state"]
                for each in messages
                if (card := each["card"]) and "gateway is gone" in str(card["params"])
            ]

        async def pulses_heard() -> bool:
            told = (await http.get(f"http://127.0.0.1:{api}/metrics")).text
            return 'andon_driver_pulses_total{device="EDGE_1"}' in told

        try:
            standin += ["--organisation", str(tmp_path / "organisation.json")]
            parts += await asyncio.gather(start("standin", standin, tmp_path), start("edge1", edge, tmp_path, environment))
            watched = parts[-1]
            parts += [await start("gatehouse", gatehouse, tmp_path, environment)]
            await eventually("a pulse is heard", pulses_heard, 20)
            assert await cards() == []
            watched.process.kill()
            await eventually("the card", cards, SILENT_AFTER_S + 15)
            assert await cards() == ["unacknowledged"]
            parts.append(await start("edge1", edge, tmp_path, environment))

            async def returned() -> bool:
                return await cards() == ["returned_unacknowledged"]

            await eventually("the card says that it is back", returned, 20)
        finally:
            await end(parts)
