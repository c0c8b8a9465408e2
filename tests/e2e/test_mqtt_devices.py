"""The MQTT driver over real sockets: a real mosquitto, and mosquitto_pub in the place of devices."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import structlog

from drivers.links import SocketLinks
from drivers.mqtt.link import SLICE_BYTES, SLICE_MESSAGES, SocketMqttLink
from edge.model.errors import DeviceUnreachable
from edge.model.sample import Mark, Quality
from edge.model.tag import Device
from edge.ports import MqttAccess
from edge.runtime.clock import SteadyClock
from tests.driver_rig import Rig, Row, device, until
from tests.mosquitto import Mosquitto, mosquitto

GOOD, BAD = Quality.GOOD, Quality.BAD


def fan(broker: Mosquitto, **connection: Any) -> Device:
    tags = {
        "vib": {"topic": "crm/fan/vib", "path": "v", "time_path": "ts"},
        "count": {"topic": "crm/fan/count"},
        "running": {"topic": "crm/fan/running", "type": "bool"},
    }
    return device("mqtt", "FAN", tags, {"host": "127.0.0.1", "port": broker.port, **connection})


def rig(devices: Sequence[Device], secrets: dict[str, str] | None = None) -> Rig:
    clock = SteadyClock()
    return Rig(devices, clock, SocketLinks(clock), (secrets or {}).__getitem__)


def came(tag: str, times: int = 1, quality: Quality = GOOD) -> Callable[[Sequence[Row]], bool]:
    return lambda rows: sum(row.tag == tag and row.quality is quality for row in rows) >= times


def is_up(value: float) -> Callable[[Sequence[Row]], bool]:
    return lambda rows: any(row.tag == "FAN.session" and row.value == value for row in rows)


def values(rows: Sequence[Row], tag: str) -> list[float]:
    return [row.value for row in rows if row.tag == tag and row.quality is GOOD]


async def test_values_arrive_with_the_device_s_own_time(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker:
        tested = rig([fan(broker)])
        async with tested.batches() as arriving:
            await until(arriving, is_up(1.0))
            stamp = tested.clock.now() // 1000 - 1500
            await broker.publish("crm/fan/vib", f'{{"v":2.1,"ts":{stamp}}}')
            await broker.publish("crm/fan/running", "ON")
            rows = await until(arriving, came("FAN.running"))
    (vib,) = [row for row in rows if row.tag == "FAN.vib"]
    assert (vib.value, vib.quality, vib.source_time, vib.mark) == (2.1, GOOD, stamp * 1000, Mark.NONE)
    (running,) = [row for row in rows if row.tag == "FAN.running"]
    assert (running.value, running.source_time, running.mark) == (1.0, running.at, Mark.RECEIVED_TIME_USED)


async def test_quality_of_service_1_keeps_every_message_and_their_order(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker, rig([fan(broker)]).batches() as arriving:
        await until(arriving, is_up(1.0))
        await broker.publish_lines("crm/fan/count", [str(number) for number in range(500)], "-q", "1")
        rows = await until(arriving, came("FAN.count", 500))
    assert values(rows, "FAN.count") == [float(number) for number in range(500)]


async def test_after_a_restart_of_the_broker_it_is_subscribed_anew_and_retained_is_initial(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        async with mosquitto(tmp_path) as broker, rig([fan(broker)]).batches() as arriving:
            await until(arriving, is_up(1.0))
            await broker.publish("crm/fan/running", "on", "-r", "-q", "1")
            await until(arriving, came("FAN.running"))

            await broker.stop()
            rows = await until(arriving, came("FAN.running", quality=BAD))
            assert is_up(0.0)(rows)
            (lost,) = [row for row in rows if row.tag == "FAN.running"]
            assert (lost.value, lost.quality) == (1.0, BAD), "the last value is kept"

            await broker.start()
            rows = await until(arriving, came("FAN.running"))
            assert is_up(1.0)(rows)
            (retained,) = [row for row in rows if row.tag == "FAN.running"]
            assert retained.mark & Mark.INITIAL

            await broker.publish("crm/fan/running", "off", "-q", "1")
            (news,) = await until(arriving, came("FAN.running"))
            assert news.value == 0.0 and not news.mark & Mark.INITIAL
    assert [entry["event"] for entry in logs] == ["device is up", "device is lost", "device is back"]


@pytest.mark.parametrize(("status", "quality"), [("crm/a/status", BAD), ("crm/z/status", BAD), ("crm/a/status", GOOD)])
async def test_what_was_retained_of_a_device_counts_by_its_own_word_alone(
    status: str, quality: Quality, tmp_path: Path
) -> None:
    async with mosquitto(tmp_path) as broker:
        await broker.publish("crm/fan/count", "84", "-r")
        await broker.publish(status, "online" if quality is GOOD else "offline", "-r")
        async with rig([fan(broker, availability={"topic": status})]).batches() as arriving:
            rows = await until(arriving, lambda rows: any(row.mark & Mark.INITIAL for row in rows))
            await broker.publish("crm/fan/count", "85")
            rows += await until(arriving, came("FAN.count", quality=quality))
    assert {row.quality for row in rows if row.tag == "FAN.count"} == {quality}
    assert values(rows, "FAN.session") == ([1.0] if quality is GOOD else [1.0, 0.0])


async def test_garbage_among_good_payloads_never_becomes_a_value(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker:
        tested = rig([fan(broker)])
        async with tested.batches() as arriving:
            await until(arriving, is_up(1.0))
            await broker.publish("crm/fan/count", "1")
            for garbage in (b"NaN", b"1e999", b"9" * 5000, b"[" * 2000, b"", b"\xff\xfe", b"{", b"x" * 100_000):
                await broker.publish("crm/fan/count", garbage)
            await broker.publish("crm/fan/count", "2")
            rows = await until(arriving, came("FAN.count", 2))
    counted = [(row.value, row.quality) for row in rows if row.tag == "FAN.count"]
    assert counted == [(1.0, GOOD), *[(1.0, BAD)] * 8, (2.0, GOOD)]
    causes = {cause: times for (_, cause), times in tested.drivers[0].counters().items() if cause != "messages"}
    assert causes == {"not_finite": 3, "too_deep": 1, "empty": 1, "not_utf8": 1, "not_json": 1, "too_large": 1}


LOCKED = "allow_anonymous false\npassword_file {folder}/passwords"


async def hashed_password(folder: Path, user: str, password: str) -> None:
    process = await asyncio.create_subprocess_exec("mosquitto_passwd", "-b", "-c", folder / "passwords", user, password)
    assert await process.wait() == 0


async def test_a_broker_that_refuses_the_password_is_a_lost_device_that_says_why(tmp_path: Path) -> None:
    await hashed_password(tmp_path, "edge", "red-fish")
    async with mosquitto(tmp_path, LOCKED.format(folder=tmp_path)) as broker:
        locked = fan(broker, username="edge", password="${env:BROKER}")
        with structlog.testing.capture_logs() as logs:
            async with rig([locked], {"${env:BROKER}": "blue-fish"}).batches() as arriving:
                rows = await until(arriving, is_up(0.0))
            async with rig([locked], {"${env:BROKER}": "red-fish"}).batches() as arriving:
                await until(arriving, is_up(1.0))
    assert {row.quality for row in rows if row.tag != "FAN.session"} == {BAD}
    lost = logs[0]
    assert lost["event"] == "device is lost" and "username or password is wrong" in lost["reason"]
    assert "-fish" not in str(logs), "a password reaches no log"


@pytest.mark.parametrize("qos", [0, 1, 2])
async def test_every_quality_of_service_delivers(tmp_path: Path, qos: int) -> None:
    async with mosquitto(tmp_path) as broker, rig([fan(broker, qos=qos)]).batches() as arriving:
        await until(arriving, is_up(1.0))
        await broker.publish("crm/fan/count", "7", "-q", "2")
        assert values(await until(arriving, came("FAN.count")), "FAN.count") == [7.0]


async def test_a_gateway_that_falls_too_far_behind_connects_anew_rather_than_drop_unseen(tmp_path: Path) -> None:
    clock = SteadyClock()
    async with mosquitto(tmp_path, "allow_anonymous true\nmax_queued_bytes 0\nmax_queued_messages 0") as broker:
        link = SocketLinks(clock).mqtt("127.0.0.1", broker.port, MqttAccess("slow"))
        # With QoS 0: of what has to be acknowledged, the broker sends no more until it is.
        async with aclosing(link.messages([("crm/fan/count", 0)])) as arriving:
            await anext(arriving)
            # 300 payloads of 60 kB while nobody takes any: more than the 16 MB that may wait.
            await broker.publish_lines("crm/fan/count", ["1" * 60_000] * 300, "-q", "1")
            taken = 0
            with pytest.raises(DeviceUnreachable, match="more messages wait"):
                async with asyncio.timeout(20):
                    async for messages in arriving:
                        taken += len(messages)
    assert 200 < taken < 300


@pytest.mark.parametrize(("payload", "times", "qos"), [("1" * 50_000, 200, 0), ("1" * 50_000, 200, 1), ("1", 20_000, 0)])
async def test_what_has_piled_up_is_taken_in_slices_between_which_others_have_their_turn(
    payload: str, times: int, qos: int, tmp_path: Path
) -> None:
    clock, loop = SteadyClock(), asyncio.get_running_loop()
    turned: list[int] = []

    def turn() -> None:
        turned.append(taken)
        if taken < times:
            loop.call_soon(turn)

    async with mosquitto(tmp_path, "allow_anonymous true\nmax_queued_bytes 0\nmax_queued_messages 0", keeps=False) as broker:
        link = SocketLinks(clock).mqtt("127.0.0.1", broker.port, MqttAccess("slow"))
        async with aclosing(link.messages([("crm/fan/count", qos)])) as arriving:
            await anext(arriving)
            await broker.publish_lines("crm/fan/count", [payload] * times, "-q", str(qos))
            taken, ends = 0, []
            turn()
            async with asyncio.timeout(20):
                while taken < times:
                    messages = await anext(arriving)
                    assert len(messages) <= SLICE_MESSAGES
                    assert sum(len(message.payload) for message in messages[:-1]) < SLICE_BYTES
                    taken += len(messages)
                    ends.append(taken)
    assert taken == times
    assert set(ends[:-1]) <= set(turned), "a turn after each"


async def test_a_broker_that_refuses_a_topic_is_a_lost_device_that_names_the_topic() -> None:
    """mosquitto's files cannot refuse a subscription, so these bytes do: CONNACK, then SUBACK with return code 0x80."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _packet(reader)
            writer.write(b"\x20\x02\0\0")
            subscribe = await _packet(reader)
            writer.write(b"\x90\x03" + subscribe[:2] + b"\x80")
            await reader.read()
        finally:
            writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    tags = {"count": {"topic": "secret/count"}}
    denied = device("mqtt", "FAN", tags, {"host": "127.0.0.1", "port": port})
    with structlog.testing.capture_logs() as logs:
        async with rig([denied]).batches() as arriving:
            rows = await until(arriving, is_up(0.0))
    server.close()
    assert [row.quality for row in rows if row.tag == "FAN.count"] == [BAD]
    assert "refuses the subscription to secret/count" in logs[0]["reason"]


async def test_a_broker_that_never_answers_is_unreachable_and_no_socket_is_left_behind() -> None:
    ended: asyncio.Queue[bytes] = asyncio.Queue()

    async def be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.put(await reader.read())
        writer.close()

    server = await asyncio.start_server(be_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    link = SocketMqttLink("127.0.0.1", port, MqttAccess("edge"), clock=SteadyClock(), answer_timeout_s=0.2)
    async with asyncio.timeout(10):
        with pytest.raises(DeviceUnreachable):
            await anext(link.messages([("crm/fan", 1)]))
        await ended.get()
        cancelled = asyncio.ensure_future(anext(link.messages([("crm/fan", 1)])))
        await asyncio.wait({cancelled}, timeout=0.05)
        cancelled.cancel()
        await ended.get()
    server.close()


async def _packet(reader: asyncio.StreamReader) -> bytes:
    """The body of an MQTT packet shorter than 128 bytes."""
    head = await reader.readexactly(2)
    return await reader.readexactly(head[1])
