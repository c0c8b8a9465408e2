"""Commands over a real mosquitto: what leaves, what is read back, and what is said when it cannot leave."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from drivers.base import WriteEnd
from drivers.links import SocketLinks
from edge.runtime.clock import SteadyClock
from tests.driver_rig import Rig, device, until
from tests.mosquitto import mosquitto

TAGS: dict[str, dict[str, Any]] = {
    "speed": {
        "topic": "fan/state",
        "path": "speed",
        "scale": 0.1,
        "write": {"topic": "{device}/set", "payload": '{"v": {value}}'},
    },
    "count": {"topic": "fan/count"},
}


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_command_leaves_once_and_the_next_value_is_what_is_read_back(tmp_path: Path, version: str) -> None:
    async with mosquitto(tmp_path) as broker:
        fan = device("mqtt", "FAN", TAGS, {"host": "127.0.0.1", "port": broker.port, "version": version})
        rig = Rig([fan], SteadyClock(), SocketLinks(SteadyClock()))
        (driver,) = rig.drivers
        assert (await driver.write("FAN.speed", 50.0)).end is WriteEnd.NOT_SENT
        listener = await asyncio.create_subprocess_exec(
            *("mosquitto_sub", "-p", str(broker.port), "-t", "FAN/set", "-t", "$SYS/broker/version"),
            stdout=asyncio.subprocess.PIPE,
        )
        assert listener.stdout is not None
        await listener.stdout.readline()
        async with rig.batches() as arriving:
            await until(arriving, lambda rows: any(row.tag == "FAN.session" and row.value == 1.0 for row in rows))
            await broker.publish("fan/state", '{"speed": 300}')
            await until(arriving, lambda rows: any(row.tag == "FAN.speed" for row in rows))
            assert (await driver.write("FAN.speed", 50.0)).end is WriteEnd.DONE
            assert await listener.stdout.readline() == b'{"v": 500}\n'
            assert await driver.read_back("FAN.speed") is None, "what it said before is no answer"
            await broker.publish("fan/state", '{"speed": 500}')
            await until(arriving, lambda rows: any(row.tag == "FAN.speed" for row in rows))
            assert await driver.read_back("FAN.speed") == 50.0
            assert (await driver.write("FAN.count", 1.0)).end is WriteEnd.REFUSED
            assert (await driver.write("FAN.speed", float("nan"))).end is WriteEnd.REFUSED
        listener.kill()
        await listener.wait()
        assert await listener.stdout.read() == b""


async def test_a_broker_that_lets_us_publish_nothing_there_is_told_apart_in_mqtt_5(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic read fan/state\ntopic read fan/count\n")
    async with mosquitto(tmp_path, f"allow_anonymous true\nacl_file {tmp_path}/acl") as broker:
        fan = device("mqtt", "FAN", TAGS, {"host": "127.0.0.1", "port": broker.port, "version": "5"})
        rig = Rig([fan], SteadyClock(), SocketLinks(SteadyClock()))
        async with rig.batches() as arriving:
            await until(arriving, lambda rows: any(row.tag == "FAN.session" and row.value == 1.0 for row in rows))
            answer = await rig.drivers[0].write("FAN.speed", 50.0)
    assert answer.end is WriteEnd.REFUSED
    assert "not authorised" in answer.detail
