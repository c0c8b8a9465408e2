"""Small MQTT messages into the engine, counted there: a real mosquitto, a flood of it, and the gateway on one core.

By hand: `python -m tests.bench.bench_mqtt`. Broker and publisher keep to the first core, the reader to the last: a wake-up
across cores costs more than one on the same, so the pinning belongs to the figures. Every reader runs in this process, one
after the other: paho's bare callback, aiomqtt's bare iterator (both only count), and ours: link, driver, image, history on
disk, and a limit on each tag.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiomqtt
import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from drivers.catalog import DRIVERS
from drivers.links import SocketLinks
from drivers.mqtt.config import MqttConnection, MqttPoint
from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.moment import MILLISECOND
from edge.model.tag import SESSION, Device, Tag, tag_name
from edge.runtime.clock import SteadyClock
from edge.runtime.gateway import Gateway
from edge.runtime.offload import WriterThread
from edge.runtime.outside import Outside
from edge.store.store import open_store
from rules.definition import Kind, Rule
from tests.bench.figure import Figure, table
from tests.bench.flood import NoTransport, flood_plant, real_history
from tests.mosquitto import MOSQUITTO, mosquitto

#: Messages of each run, over so many topics; a payload is `{"v":61.5}`.
MESSAGES, TOPICS = 50_000, 50
GOAL = {0: 30_000, 1: 15_000}
DEADLINE_S = 60.0
#: A broker that drops nothing, and sends many of QoS 1 at once.
BROKER = "allow_anonymous true\nmax_queued_messages 0\nmax_queued_bytes 0\nmax_inflight_messages 1000\nset_tcp_nodelay true"

#: One connection that writes packets made beforehand, and reads what is said to them: a library would cost the core more than
#: the broker does. port, QoS, messages, topics.
_PUBLISHER = """
import socket, sys, threading
port, qos, messages, topics = map(int, sys.argv[1:])
packets = bytearray()
for number in range(messages):
    topic, payload = b"bench/%d" % (number % topics), b'{"v":%d.5}' % (number % 90)
    body = len(topic).to_bytes(2, "big") + topic + (number % 65535 + 1).to_bytes(2, "big") * (qos > 0) + payload
    packets += bytes([0x30 | qos << 1, len(body)]) + body
there = socket.create_connection(("127.0.0.1", port))
there.sendall(bytes.fromhex("100d00044d515454040200000001") + b"p")
assert there.recv(4)[3] == 0
def drain():
    left = 4 * messages * (qos > 0)
    while left > 0:
        left -= len(there.recv(65536))
draining = threading.Thread(target=drain)
draining.start()
there.sendall(packets)
draining.join()
there.sendall(bytes([0xe0, 0]))
"""


@dataclass(frozen=True, slots=True)
class Read:
    """per_second: between the first and the last that was counted. cpu_us: of this process, a message."""

    per_second: float
    cpu_us: float


class Count:
    """What one reader has counted so far."""

    def __init__(self, wanted: int) -> None:
        self._wanted, self._counted = wanted, 0
        self._begun = self._ended = (0.0, 0.0)

    def at(self, counted: int) -> bool:
        """True: that is all."""
        if counted and not self._counted:
            self._begun = time.perf_counter(), time.process_time()
        if counted >= self._wanted > self._counted:
            self._ended = time.perf_counter(), time.process_time()
        self._counted = counted
        return counted >= self._wanted

    def more(self) -> bool:
        return self.at(self._counted + 1)

    @property
    def read(self) -> Read:
        took, spent = (ended - begun for ended, begun in zip(self._ended, self._begun, strict=True))
        return Read(self._wanted / took, spent / self._wanted * 1e6)


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """This thread, and what it starts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[core]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


async def publish(port: int, qos: int) -> None:
    """All messages, as fast as the broker takes them; returns when it has them."""
    with pinned(0):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _PUBLISHER, str(port), str(qos), str(MESSAGES), str(TOPICS)
        )
    assert await process.wait() == 0


async def bare_callback(port: int, qos: int) -> Read:
    count, ended, ready = Count(MESSAGES), threading.Event(), threading.Event()
    library = paho.Client(CallbackAPIVersion.VERSION2, client_id="callback")
    library.on_message = lambda *_: ended.set() if count.more() else None
    library.on_connect = lambda *_: library.subscribe("bench/#", qos) and None
    library.on_subscribe = lambda *_: ready.set()
    library.connect("127.0.0.1", port)
    library.loop_start()
    await asyncio.to_thread(ready.wait, DEADLINE_S)
    await publish(port, qos)
    await asyncio.to_thread(ended.wait, DEADLINE_S)
    library.loop_stop()
    return count.read


async def bare_iterator(port: int, qos: int) -> Read:
    count = Count(MESSAGES)
    async with asyncio.timeout(DEADLINE_S), aiomqtt.Client("127.0.0.1", port, identifier="iterator") as client:
        await client.subscribe("bench/#", qos=qos)
        publishing = asyncio.create_task(publish(port, qos))
        async for _ in client.messages:
            if count.more():
                break
        await publishing
    return count.read


async def ours(port: int, qos: int) -> Read:
    """The whole gateway; counted are the samples that have passed its engine."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as threads:
        folder, clock, writer = Path(name), SteadyClock(), WriterThread("store")
        plant = _plant(folder, port, qos)
        store = await writer.run(lambda: open_store(folder / "data", site="bench", agent="bench", now=clock.now()))
        history = real_history(plant, clock, threads)
        outside = Outside(
            clock=clock,
            offload=writer,
            store=store,
            history=history,
            links=SocketLinks(clock),
            transport=NoTransport(),  # type: ignore[arg-type] # no channel is opened
            drivers=DRIVERS,
            channels={},
            secret=str,
            drift=lambda: 0,
        )
        gateway = Gateway(plant, outside)
        await gateway.start()
        try:
            async with asyncio.timeout(DEADLINE_S):
                while (shown := gateway.tag("BENCH.session")) is None or shown.value != 1.0:
                    await clock.sleep_until(clock.now() + 10 * MILLISECOND)
                known, count = gateway.image.samples_total, Count(MESSAGES)
                publishing = asyncio.create_task(publish(port, qos))
                while not count.at(gateway.image.samples_total - known):
                    await clock.sleep_until(clock.now() + MILLISECOND)
                await publishing
        finally:
            await gateway.stop()
            await history.close()
            store.close()
            writer.close()
        return count.read


def _plant(folder: Path, port: int, qos: int) -> Plant:
    connection = MqttConnection(host="127.0.0.1", port=port, client_id="ours", qos=qos, version="5")
    tags, rules = [], []
    for number in range(TOPICS):
        point = MqttPoint.model_validate({"topic": f"bench/{number}", "path": "v"})
        tags.append(Tag(tag_name("BENCH", str(number)), "BENCH", str(number), "", {}, point=point))
        rules.append(
            Rule(
                id=f"BENCH/{number}_high",
                key=f"{number}_high",
                device="BENCH",
                device_type="bench",
                area="flood",
                kind=Kind.HIGH,
                tag=tags[-1].name,
                priority=Priority.JOURNAL,
                words={"en": "high"},
                limit=95.0,
                ack_required=False,
            )
        )
    session = Tag(tag_name("BENCH", SESSION), "BENCH", SESSION, "", {})
    devices = {"BENCH": Device("BENCH", "bench", "mqtt", "flood", {"en": "bench"}, connection, (*tags, session))}
    plant = flood_plant(folder)
    policy = replace(plant.policy, devices=devices, rules={rule.id: rule for rule in rules})
    return replace(plant, devices=devices, rules=tuple(rules), policy=policy)


def run() -> list[Figure]:
    """Nothing where mosquitto is not installed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if MOSQUITTO is None:
        return []
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name, ExitStack() as pins:
        with pinned(0):
            broker = mosquitto(Path(name), BROKER, keeps=False)
            port = (await broker.__aenter__()).port
        pins.enter_context(pinned(-1))
        try:
            for qos, goal in GOAL.items():
                callback, iterator = await bare_callback(port, qos), await bare_iterator(port, qos)
                read = await ours(port, qos)
                of = f"MQTT, QoS {qos}: "
                for beside, what in ((callback, "paho's bare callback"), (iterator, "aiomqtt's bare iterator")):
                    at_engine = f"{of}at the engine, goal at least {goal:,}"
                    figures.append(Figure(at_engine, read.per_second, "messages/s", beside.per_second, what))
                    figures.append(Figure(f"{of}CPU a message", read.cpu_us, "us", beside.cpu_us, what))
        finally:
            await broker.__aexit__(None, None, None)
    return figures


if __name__ == "__main__":
    print(table("MQTT", run()))
