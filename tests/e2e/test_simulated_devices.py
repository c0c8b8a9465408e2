"""The simulators as processes: a real mosquitto, real sockets, a foreign Modbus client, steered from outside."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import pytest
from pymodbus.client import AsyncModbusTcpClient

from simulators.devices.clock import TimeLapseClock
from simulators.devices.mqtt_publisher import MqttPublisher
from simulators.devices.plan import read_plan

DEADLINE_S = 15.0
# Debian puts the broker where the path of an ordinary user does not lead.
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
needs_mosquitto = pytest.mark.skipif(
    not MOSQUITTO or not shutil.which("mosquitto_pub"), reason="apt-get install mosquitto mosquitto-clients"
)
ROOT = Path(__file__).parents[2]
PLAN = """\
machines:
  CRM.ST3.MOTOR:
    modbus: {unit_id: 3}
    points:
      de_temp: {at: holding 0, type: int16, scale: 0.1, signal: {constant: 62}}
      running: {at: discrete 0, type: bool, signal: {constant: 1}}
  CRM.FUME_FAN:
    mqtt: {topic: crm/fume_fan/vib, every: 1s, value_path: v, time_path: ts}
    points:
      vib: {signal: {constant: 2.1}}
  CRM.COIL_CAR:
    mqtt: {topic: crm/coil_car, every: 1h, value_path: v, retain: true}
    points:
      position: {type: int32, signal: {constant: 4200}}
"""
BROKER_CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
log_dest stderr
"""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(*command: str | Path) -> AsyncIterator[Process]:
    """A process in a group of its own; what is left of the group at the end is killed."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=PIPE, stderr=PIPE, cwd=ROOT, start_new_session=True
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


async def next_line(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None
    async with asyncio.timeout(DEADLINE_S):
        return (await stream.readline()).decode()


async def ready(process: Process) -> dict[str, Any]:
    line = await next_line(process.stdout)
    if not line and process.stderr is not None:
        pytest.fail((await process.stderr.read()).decode())
    announced = json.loads(line)
    assert isinstance(announced, dict)
    return announced


async def exit_code_after(process: Process, number: signal.Signals) -> int:
    process.send_signal(number)
    async with asyncio.timeout(DEADLINE_S):
        return await process.wait()


@asynccontextmanager
async def mosquitto(port: int, folder: Path) -> AsyncIterator[Process]:
    config = folder / "mosquitto.conf"
    config.write_text(BROKER_CONFIG.format(port=port))
    async with running(MOSQUITTO or "mosquitto", "-c", config) as broker:
        while "running" not in (line := await next_line(broker.stderr)):
            assert line, "mosquitto did not start"
        yield broker


@asynccontextmanager
async def devices(folder: Path, *options: str | Path) -> AsyncIterator[tuple[Process, dict[str, Any]]]:
    plan = folder / "plan.yaml"
    plan.write_text(PLAN)
    module = (sys.executable, "-m", "simulators.devices", "--plan", plan, "--modbus-port", "0")
    async with running(*module, *options) as process:
        yield process, await ready(process)


async def received(port: int, count: int, topic_filter: str = "crm/#") -> list[aiomqtt.Message]:
    """The next messages a subscriber of its own gets."""
    async with asyncio.timeout(DEADLINE_S), aiomqtt.Client("127.0.0.1", port) as subscriber:
        await subscriber.subscribe(topic_filter)
        messages = []
        async for message in subscriber.messages:
            messages.append(message)
            if len(messages) == count:
                break
        return messages


@needs_mosquitto
async def test_a_publisher_publishes_at_its_period_and_comes_back_after_the_broker_did(tmp_path):
    port = free_port()
    clock = TimeLapseClock(rate=20.0)
    line = read_plan(PLAN, "plan.yaml", clock.now())
    async with AsyncExitStack() as first_life:
        broker = await first_life.enter_async_context(mosquitto(port, tmp_path))
        publisher = MqttPublisher(line, clock, "127.0.0.1", port, "publisher")
        publishing = asyncio.create_task(publisher.run())
        try:
            messages = await received(port, 4, "crm/fume_fan/vib")
            stamps = [datetime.fromisoformat(json.loads(message.payload)["ts"]) for message in messages]
            assert [stamp - stamps[0] for stamp in stamps] == [timedelta(seconds=n) for n in range(4)]
            assert all(json.loads(message.payload)["v"] == 2.1 and not message.retain for message in messages)
            [car] = await received(port, 1, "crm/coil_car")
            assert (json.loads(car.payload), car.retain) == ({"v": 4200}, True)

            broker.kill()
            await broker.wait()
            async with mosquitto(port, tmp_path):
                fan, car = await received(port, 1, "crm/fume_fan/vib"), await received(port, 1, "crm/coil_car")
                assert json.loads(fan[0].payload)["v"] == 2.1
                assert (json.loads(car[0].payload), car[0].retain) == ({"v": 4200}, True), "the new broker got it again"
                assert publisher.connected
        finally:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)


@needs_mosquitto
async def test_a_publisher_starts_before_its_broker(tmp_path):
    port = free_port()
    clock = TimeLapseClock(rate=20.0)
    publisher = MqttPublisher(read_plan(PLAN, "plan.yaml", clock.now()), clock, "127.0.0.1", port, "publisher")
    publishing = asyncio.create_task(publisher.run())
    try:
        async with mosquitto(port, tmp_path):
            assert len(await received(port, 2)) == 2
    finally:
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)


@needs_mosquitto
@pytest.mark.parametrize("broker_is_gone_first", [False, True])
async def test_a_publisher_stops_even_if_its_broker_dies_at_the_same_moment(tmp_path, broker_is_gone_first):
    clock, port = TimeLapseClock(rate=20.0), free_port()
    publisher = MqttPublisher(read_plan(PLAN, "plan.yaml", clock.now()), clock, "127.0.0.1", port, "publisher")
    async with mosquitto(port, tmp_path) as broker:
        publishing = asyncio.create_task(publisher.run())
        await received(port, 1)
        broker.kill()
        if broker_is_gone_first:
            await broker.wait()
        publishing.cancel()
        await asyncio.wait([publishing], timeout=DEADLINE_S)
        assert publishing.cancelled()


@needs_mosquitto
async def test_the_devices_process_is_steered_through_its_control_port(tmp_path):
    broker_port = free_port()
    async with (
        mosquitto(broker_port, tmp_path),
        devices(tmp_path, "--mqtt", f"127.0.0.1:{broker_port}", "--rate", "20") as (process, announced),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{announced['control_port']}", timeout=DEADLINE_S) as control,
    ):
        motor = AsyncModbusTcpClient("127.0.0.1", port=announced["modbus_port"], timeout=DEADLINE_S, retries=0)
        assert await motor.connect()

        async def de_temp() -> int:
            return (await motor.read_holding_registers(0, count=1, device_id=3)).registers[0]

        assert await de_temp() == 620
        assert (await control.get("/state")).json()["machines"]["CRM.ST3.MOTOR"]["points"]["de_temp"] == {
            "value": 62.0,
            "changed_at": None,
        }

        wall = TimeLapseClock()
        asked_at = wall.now()
        was_set = (await control.post("/set", json={"point": "CRM.ST3.MOTOR.de_temp", "value": 86})).json()
        assert asked_at - 1000 <= was_set["changed_at"] <= wall.now() + 1000
        assert was_set["value"] == 86.0
        assert await de_temp() == 860
        epoch = announced["epoch"]
        assert was_set["simulated_at"] - epoch == pytest.approx(20 * (was_set["changed_at"] - epoch), abs=20)
        state = (await control.get("/state")).json()
        assert state["machines"]["CRM.ST3.MOTOR"]["points"]["de_temp"]["changed_at"] == was_set["changed_at"]
        assert was_set["changed_at"] <= state["wall_now"]

        await control.post("/ramp", json={"point": "CRM.ST3.MOTOR.de_temp", "to": 40, "over": "2s"})
        async with asyncio.timeout(DEADLINE_S):
            while (reached := await de_temp()) != 400:
                assert 400 < reached <= 860
        await control.post("/release", json={"point": "CRM.ST3.MOTOR.de_temp"})
        assert await de_temp() == 620

        await control.post("/set", json={"point": "CRM.FUME_FAN.vib", "value": 7.25})
        async with asyncio.timeout(DEADLINE_S):
            while json.loads((await received(broker_port, 1, "crm/fume_fan/vib"))[0].payload)["v"] != 7.25:
                continue

        failed = (await control.post("/fail", json={"machine": "CRM.ST3.MOTOR"})).json()
        assert failed["reachable"] is False
        faults = {"faults": [{"kind": "exception", "code": 6}]}
        assert (await control.post("/faults", json=faults)).json()["faults"] == 1
        await control.post("/mend", json={"machine": "CRM.ST3.MOTOR"})
        assert (await motor.read_holding_registers(0, count=1, device_id=3)).exception_code == 6
        await control.post("/faults", json={"faults": []})
        assert await de_temp() == 620
        motor.close()

        assert await exit_code_after(process, signal.SIGTERM) == 0


async def test_a_taken_port_is_said_and_the_next_free_one_is_used(tmp_path):
    with closing(socket.socket()) as occupant:
        occupant.bind(("127.0.0.1", 0))
        occupant.listen()
        taken = occupant.getsockname()[1]
        for module in (
            ("simulators.broker", "--port", str(taken)),
            ("simulators.devices", "--plan", tmp_path / "plan.yaml", "--modbus-port", str(taken), "--mqtt", "127.0.0.1:9"),
        ):
            (tmp_path / "plan.yaml").write_text(PLAN)
            async with running(sys.executable, "-m", *module) as process:
                announced = await ready(process)
                port = announced.get("port") or announced["modbus_port"]
                assert taken < port <= taken + 100
                assert f"port {taken} is taken, using {port} instead" in await next_line(process.stderr)
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()


@needs_mosquitto
async def test_the_broker_carries_and_keeps_messages_and_stops_cleanly():
    async with running(sys.executable, "-m", "simulators.broker", "--port", "0") as broker:
        port = (await ready(broker))["port"]
        said = ("mosquitto_pub", "-p", str(port), "-q", "1", "-r", "-t", "crm/emergency_stop", "-m", "0")
        async with running(*said) as speaker:
            assert await speaker.wait() == 0
        [kept] = await received(port, 1)
        assert (str(kept.topic), kept.payload, kept.retain) == ("crm/emergency_stop", b"0", True)
        assert await exit_code_after(broker, signal.SIGINT) == 0


@pytest.mark.parametrize("module", ["simulators.broker --port 0", "simulators.devices --plan {plan} --modbus-port 0 --mqtt :9"])
async def test_a_simulator_dies_with_its_parent(tmp_path, module):
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    child = [sys.executable, "-m", *module.format(plan=plan).replace(" :9", " 127.0.0.1:9").split(), "--parent"]
    parent_code = f"import subprocess; subprocess.Popen({child!r}).wait()"
    async with running(sys.executable, "-c", parent_code) as parent:
        await ready(parent)
        parent.kill()
        assert parent.stdout is not None
        async with asyncio.timeout(DEADLINE_S):
            # The pipe was inherited: it ends when the last of the two is gone.
            assert await parent.stdout.read() == b""


async def test_a_plan_with_mistakes_is_refused_with_all_of_them(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.replace("int16", "int61").replace("every: 1s", "every: 1"))
    async with running(sys.executable, "-m", "simulators.devices", "--plan", plan) as process:
        said, code = (await process.communicate())[1].decode(), process.returncode
    assert code == 2
    assert [line.removeprefix(str(plan)).split(": ")[0] for line in said.splitlines()] == [":5:38", ":8:44"]


async def test_a_plan_with_mqtt_machines_asks_for_a_broker(tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    async with running(sys.executable, "-m", "simulators.devices", "--plan", plan) as process:
        said = (await process.communicate())[1].decode()
    assert (process.returncode, "--mqtt HOST:PORT" in said) == (2, True)
