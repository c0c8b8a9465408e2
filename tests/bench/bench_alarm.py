"""From an MQTT message over a limit to the request that arrives at a signed webhook, over real sockets and a real disk.

By hand: `python -m tests.bench.bench_alarm`. Publisher, broker and receiver are processes of their own; the gateway is this
one, whole: link, driver, engine, committed journal, response, committed outbox, claim, webhook. Beside it runs a bare loop of
aiomqtt and aiohttp that posts each message and keeps nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import aiomqtt
import orjson
import structlog

from cloud_bridge.carriers import SocketCarriers
from cloud_bridge.catalog import CHANNELS
from cloud_bridge.webhook.config import EndpointConfig, WebhookConfig
from drivers.catalog import DRIVERS
from drivers.links import SocketLinks
from drivers.mqtt.config import MqttConnection, MqttPoint
from edge.config.plant import Plant
from edge.config.text.values import SecretRef
from edge.model.alarm import Priority
from edge.model.moment import MILLISECOND
from edge.model.person import Directory, Group
from edge.model.tag import SESSION, Device, Tag, tag_name
from edge.response.policy import Route
from edge.runtime.clock import SteadyClock
from edge.runtime.gateway import Gateway
from edge.runtime.heap import release_heap, settle_heap
from edge.runtime.offload import WriterThread
from edge.runtime.outside import Outside
from edge.store.store import open_store
from rules.definition import Kind, Rule
from tests.bench.figure import Figure, table
from tests.bench.flood import NoTransport, flood_plant, real_history
from tests.mosquitto import MOSQUITTO, mosquitto

#: The steady run: so many alarms a second for so long. The burst: so many alarms as fast as the broker takes their messages.
RATE, SECONDS, BURST = 100, 10, 10_000
NORMAL, OVER = "50.5", "95.5"
P50_GOAL_MS, P99_GOAL_MS, BURST_GOAL = 5.0, 20.0, 2_000
DEADLINE_S = 60.0
BROKER = "allow_anonymous true\nmax_queued_messages 0\nmax_queued_bytes 0\nset_tcp_nodelay true"


@dataclass(frozen=True, slots=True)
class Latency:
    """In ms, message to request. cpu: processor time of the process in between, an alarm."""

    p50: float
    p99: float
    most: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Burst:
    """to_outbox, to_receiver: alarms a second, from the first message to the last alarm there. most: events in one request.
    cpu: processor time of the process until all was delivered, in ms an alarm."""

    to_outbox: float
    to_receiver: float
    requests: int
    most: int
    cpu: float


# --- the other processes ------------------------------------------------------------------------------------------------


@asynccontextmanager
async def receiving() -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.alarm_receiver", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield int(await process.stdout.readline())
    finally:
        process.kill()
        await process.wait()


async def publish(port: int, first: int, count: int, rate: int, value: str) -> list[int]:
    """The moments at which the messages left."""
    arguments = map(str, (port, first, count, rate, value))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.alarm_publisher", *arguments, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    left: list[int] = json.loads(told)
    return left


async def arrivals(session: aiohttp.ClientSession, port: int, wanted: int) -> list[tuple[int, list[str]]]:
    """(moment, alarms) of each request, when as many raises have arrived."""
    clock = SteadyClock()
    async with asyncio.timeout(DEADLINE_S):
        while True:
            async with session.get(f"http://127.0.0.1:{port}/count") as answer:
                if int(await answer.text()) >= wanted:
                    break
            await clock.sleep_until(clock.now() + 50 * MILLISECOND)
    async with session.get(f"http://127.0.0.1:{port}/arrivals") as answer:
        return [(at, [alarm for alarm, kind in events if kind == "raised"]) for at, events in await answer.json()]


def latency(left: Sequence[int], arrived: Sequence[tuple[int, Sequence[str]]], spent: float) -> Latency:
    """Of each message to the request with its alarm. spent: processor seconds of all of them."""
    took = [(at - left[_number(alarm)]) / 1e6 for at, alarms in arrived for alarm in alarms]
    assert len(took) == len(left), f"{len(took)} of {len(left)} alarms arrived"
    cuts = statistics.quantiles(took, n=100)
    return Latency(cuts[49], cuts[98], max(took), 1_000 * spent / len(took))


def _number(alarm: str) -> int:
    return int(alarm.removeprefix("BENCH/").removesuffix("_high"))


# --- a bare loop --------------------------------------------------------------------------------------------------------


async def bare(broker: int, receiver: int, session: aiohttp.ClientSession) -> Latency:
    """Each message over the limit is posted; nothing is kept, and nothing is known of it afterwards."""
    url = f"http://127.0.0.1:{receiver}/andon"

    async def post(topic: str) -> None:
        body = {"events": [{"alarm": f"BENCH/{topic.removeprefix('bench/')}_high", "event": "raised"}]}
        async with session.post(url, data=orjson.dumps(body)) as answer:
            await answer.read()

    async def loop() -> None:
        async with aiomqtt.Client("127.0.0.1", broker, identifier="bare") as client:
            await client.subscribe("bench/#")
            ready.set()
            async for message in client.messages:
                if json.loads(bytes(message.payload))["v"] > 80:
                    posting.add(asyncio.create_task(post(str(message.topic))))

    posting: set[asyncio.Task[None]] = set()
    ready = asyncio.Event()
    looping = asyncio.create_task(loop())
    await ready.wait()
    begun = time.process_time()
    left = await publish(broker, 0, RATE * SECONDS, RATE, OVER)
    arrived = await arrivals(session, receiver, len(left))
    spent = time.process_time() - begun
    looping.cancel()
    await asyncio.gather(looping, *posting, return_exceptions=True)
    return latency(left, arrived, spent)


# --- the gateway --------------------------------------------------------------------------------------------------------


async def ours(folder: Path, broker: int, receiver: int, session: aiohttp.ClientSession) -> tuple[Latency, Burst]:
    clock, writer = SteadyClock(), WriterThread("store")
    steady, tags = RATE * SECONDS, RATE * SECONDS + BURST
    plant = alarm_plant(folder, broker, receiver, tags)
    store = await writer.run(lambda: open_store(plant.data_folder, site="bench", agent="bench", now=clock.now()))
    async with AsyncExitStack() as stack:
        stack.callback(writer.close)
        stack.push_async_callback(writer.run, store.close)
        threads = stack.enter_context(ExitStack())
        history = real_history(plant, clock, threads)
        stack.push_async_callback(history.close)
        outside = Outside(
            clock=clock,
            offload=writer,
            store=store,
            history=history,
            links=SocketLinks(clock),
            transport=NoTransport(),  # type: ignore[arg-type] # no channel asks for it
            carriers=SocketCarriers(),
            drivers=DRIVERS,
            channels=CHANNELS,
            secret=lambda _reference: "bench-secret",
            drift=lambda: 0,
        )
        gateway = Gateway(plant, outside)
        settle_heap()
        stack.callback(release_heap)
        stack.push_async_callback(gateway.stop)
        await gateway.start()
        async with asyncio.timeout(DEADLINE_S):
            while (shown := gateway.tag("BENCH.session")) is None or shown.value != 1.0:
                await clock.sleep_until(clock.now() + 10 * MILLISECOND)
        await publish(broker, 0, tags, 0, NORMAL)
        begun = time.process_time()
        left = await publish(broker, 0, steady, RATE, OVER)
        arrived = await arrivals(session, receiver, steady)
        steadily = latency(left, arrived, time.process_time() - begun)
        counting = asyncio.create_task(asyncio.to_thread(outbox_holds, plant.data_folder, steady + BURST))
        begun = time.process_time()
        left = await publish(broker, steady, BURST, 0, OVER)
        in_outbox = await counting
        arrived = await arrivals(session, receiver, BURST)
        at_once = Burst(
            to_outbox=BURST / ((in_outbox - left[0]) / 1e9),
            to_receiver=BURST / ((max(at for at, _ in arrived) - left[0]) / 1e9),
            requests=len(arrived),
            most=max(len(alarms) for _, alarms in arrived),
            cpu=1_000 * (time.process_time() - begun) / BURST,
        )
        return steadily, at_once


def outbox_holds(data_folder: Path, wanted: int) -> int:
    """The moment at which so many intents are committed, as another reader of the database sees it: each is a raise."""
    [file] = data_folder.glob("*.db")
    reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    deadline = time.monotonic_ns() + int(DEADLINE_S * 1e9)  # noqa: TID251 - the clock that the publisher reads too
    while reader.execute("SELECT max(sequence) FROM outbox").fetchone()[0] < wanted:
        assert time.monotonic_ns() < deadline, "the outbox did not fill"  # noqa: TID251 - as above
        time.sleep(0.005)
    reader.close()
    return time.monotonic_ns()  # noqa: TID251 - as above


def alarm_plant(folder: Path, broker: int, receiver: int, count: int) -> Plant:
    """So many tags of one topic each, a limit on each, and one system that is told of all by webhook."""
    connection = MqttConnection(host="127.0.0.1", port=broker, client_id="ours", qos=0)
    tags, rules = [], []
    for number in range(count):
        point = MqttPoint.model_validate({"topic": f"bench/{number}", "path": "v"})
        tags.append(Tag(tag_name("BENCH", str(number)), "BENCH", str(number), "°C", {}, point=point))
        rules.append(
            Rule(
                id=f"BENCH/{number}_high",
                key=f"{number}_high",
                device="BENCH",
                device_type="bench",
                area="flood",
                kind=Kind.HIGH,
                tag=tags[-1].name,
                priority=Priority.HIGH,
                words={"en": "too hot"},
                limit=80.0,
            )
        )
    session = Tag(tag_name("BENCH", SESSION), "BENCH", SESSION, "", {})
    devices = {"BENCH": Device("BENCH", "bench", "mqtt", "flood", {"en": "bench"}, connection, (*tags, session))}
    endpoint = EndpointConfig(url=f"http://127.0.0.1:{receiver}/andon", secret=SecretRef("${env:BENCH}"))
    allow = (ip_network("127.0.0.0/8"),)
    webhook = WebhookConfig.model_construct(endpoints={"mes": endpoint}, allow=allow, plain_http_hosts=("127.0.0.1",))
    addresses: Mapping[str, Mapping[str, str]] = {"webhook": {"endpoint": "mes"}}
    plant = flood_plant(folder)
    policy = replace(
        plant.policy,
        devices=devices,
        rules={rule.id: rule for rule in rules},
        directory=Directory({}, {}, {"mes": Group("mes", "MES", "en", addresses)}),
        routes=(Route("all", ("group:mes",)),),
        channel="webhook",
        channels=("webhook",),
    )
    return replace(plant, devices=devices, rules=tuple(rules), policy=policy, channels={"webhook": webhook})


# --- the table ----------------------------------------------------------------------------------------------------------


def run() -> list[Figure]:
    """Nothing where mosquitto is not installed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if MOSQUITTO is None:
        return []
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as name:
        async with (
            mosquitto(Path(name), BROKER, keeps=False) as broker,
            receiving() as receiver,
            aiohttp.ClientSession() as session,
        ):
            beside = await bare(broker.port, receiver, session)
            steadily, burst = await ours(Path(name), broker.port, receiver, session)
    of, what = f"alarm, message to signed webhook at {RATE}/s", "MQTT to POST alone, no store"
    return [
        Figure(f"{of}: p50", steadily.p50, "ms", beside.p50, what, goal=P50_GOAL_MS),
        Figure(f"{of}: p99", steadily.p99, "ms", beside.p99, what, goal=P99_GOAL_MS),
        Figure(f"{of}: longest", steadily.most, "ms", beside.most, what),
        Figure(f"{of}: processor an alarm", steadily.cpu, "ms", beside.cpu, what),
        Figure(f"alarm, {BURST:,} at once: to the outbox, goal at least {BURST_GOAL:,}", burst.to_outbox, "alarms/s"),
        Figure(f"alarm, {BURST:,} at once: to the receiver", burst.to_receiver, "alarms/s"),
        Figure(f"alarm, {BURST:,} at once: processor an alarm, until delivered", burst.cpu, "ms"),
        Figure(f"alarm, {BURST:,} at once: requests, up to {burst.most} events each", burst.requests, "requests"),
    ]


if __name__ == "__main__":
    print(table("Alarms", run()))
