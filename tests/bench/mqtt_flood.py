"""The same flood over real sockets: mosquitto, four mosquitto_pub, and one reader: ours, or a bare one that only parses.

A message is fifty values of one device, a hundred messages a second a device, four devices: 20,000 samples a second. Every half
second another tag of a device is above its limit for half a second, so each planned excursion must be raised and return.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import aiomqtt

from drivers.catalog import DRIVERS
from drivers.links import SocketLinks
from drivers.mqtt.config import MqttConnection, MqttPoint
from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.event import Stream
from edge.model.moment import SECOND
from edge.model.tag import SESSION, Device, Tag, tag_name
from edge.runtime.clock import SteadyClock
from edge.runtime.gateway import Gateway
from edge.runtime.offload import WriterThread
from edge.runtime.outside import Outside
from edge.store.store import open_store
from rules.definition import Kind, Rule
from tests.bench.flood import HIGH, NORMAL, NoTransport, flood_plant, real_history

DEVICES, VALUES, MESSAGES_A_SECOND = 4, 50, 100
#: Messages that a tag stays up: half a second.
UP_FOR = MESSAGES_A_SECOND // 2
SETTLES_WITHIN_S = 20.0

#: Lines at their pace, in a process of its own: what it costs to make them is nobody's figure here.
_PACER = """
import sys, time
lines = sys.stdin.read().splitlines()
start = time.monotonic()
for number, line in enumerate(lines):
    left = start + number / {rate} - time.monotonic()
    if left > 0:
        time.sleep(left)
    print(line, flush=True)
"""


@dataclass(frozen=True, slots=True)
class SocketFigures:
    """share: of one core, of the reader alone."""

    share: float
    samples: int
    expected: int
    missing: int


def payloads(seconds: int) -> list[str]:
    """What one device says, in order."""
    lines = []
    for number in range(seconds * MESSAGES_A_SECOND):
        values = [NORMAL + number % 7] * VALUES
        # The last half second is normal again, so that everything that was raised returns.
        if number < seconds * MESSAGES_A_SECOND - UP_FOR:
            values[number // UP_FOR % VALUES] = HIGH
        lines.append(json.dumps({"n": number, "v": values}, separators=(",", ":")))
    return lines


async def publish(port: int, seconds: int) -> None:
    """All devices, each over a connection of its own; returns when the broker has everything."""
    pacer = _PACER.format(rate=MESSAGES_A_SECOND)
    text = "\n".join(payloads(seconds)).encode()

    async def one(device: int) -> None:
        pub = f"exec mosquitto_pub -h 127.0.0.1 -p {port} -q 1 -l -t flood/{device}"
        process: Process = await asyncio.create_subprocess_exec(
            "sh", "-c", f'"$0" -c "$1" | {pub}', sys.executable, pacer, stdin=PIPE, stdout=DEVNULL
        )
        await process.communicate(text)
        assert process.returncode == 0

    await asyncio.gather(*(one(device) for device in range(DEVICES)))


async def bare_reader(port: int, seconds: int) -> SocketFigures:
    """aiomqtt and the JSON of the standard library, nothing else."""
    samples, above = 0, 0
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("flood/#", qos=1)
        publishing = asyncio.create_task(publish(port, seconds))
        spent, begun = time.process_time(), time.perf_counter()
        async for message in client.messages:
            document = json.loads(message.payload)
            samples += len(document["v"])
            above += max(document["v"]) > HIGH - 1
            if samples == DEVICES * VALUES * MESSAGES_A_SECOND * seconds:
                break
        share = (time.process_time() - spent) / (time.perf_counter() - begun)
        await publishing
    return SocketFigures(share, samples, 0, 0)


async def our_reader(port: int, folder: Path, seconds: int) -> SocketFigures:
    """The gateway: driver on a real link, engine, response, store on disk."""
    plant, clock, writer = _plant(folder, port), SteadyClock(), WriterThread("store")
    store = await writer.run(lambda: open_store(folder / "data", site="bench", agent="bench", now=clock.now()))
    threads = ExitStack()
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
        await _until(clock, lambda: all(_is_up(gateway, device) for device in plant.devices))
        known, spent, begun = gateway.image.samples_total, time.process_time(), time.perf_counter()
        await publish(port, seconds)
        wanted = DEVICES * VALUES * MESSAGES_A_SECOND * seconds
        with suppress(TimeoutError):
            await _until(clock, lambda: gateway.image.samples_total - known >= wanted)
        share = (time.process_time() - spent) / (time.perf_counter() - begun)
        samples = gateway.image.samples_total - known
        await clock.sleep_until(clock.now() + SECOND)
    finally:
        await gateway.stop()
        await history.close()
        threads.close()
    found: Counter[tuple[str, str]] = Counter()
    for row in store.read_after(0, 10_000_000):
        if row.event.stream is Stream.ALARM:
            found[row.event.kind, row.event.subject] += 1
    store.close()
    writer.close()
    planned = _planned(seconds)
    return SocketFigures(share, samples, planned.total(), (planned - found).total())


def _planned(seconds: int) -> Counter[tuple[str, str]]:
    ups: Counter[tuple[str, str]] = Counter()
    for number in range(0, seconds * MESSAGES_A_SECOND - UP_FOR, UP_FOR):
        for device in range(DEVICES):
            for kind in ("raised", "returned"):
                ups[kind, f"MQTT.{device}/{number // UP_FOR % VALUES}_high"] += 1
    return ups


def _plant(folder: Path, port: int) -> Plant:
    devices: dict[str, Device] = {}
    rules = []
    connection = MqttConnection(host="127.0.0.1", port=port, client_id="flood")
    for number in range(DEVICES):
        name = f"MQTT.{number}"
        tags = []
        for place in range(VALUES):
            point = MqttPoint.model_validate({"topic": f"flood/{number}", "path": f"v[{place}]"})
            tags.append(Tag(tag_name(name, str(place)), name, str(place), "", {}, point=point))
            rules.append(
                Rule(
                    id=f"{name}/{place}_high",
                    key=f"{place}_high",
                    device=name,
                    device_type="flood",
                    area="flood",
                    kind=Kind.HIGH,
                    tag=tags[-1].name,
                    priority=Priority.JOURNAL,
                    words={"en": "high"},
                    limit=80.0,
                    ack_required=False,
                )
            )
        session = Tag(tag_name(name, SESSION), name, SESSION, "", {})
        devices[name] = Device(name, "flood", "mqtt", "flood", {"en": name}, connection, (*tags, session))
    policy = replace(flood_plant(folder).policy, devices=devices, rules={rule.id: rule for rule in rules})
    return replace(flood_plant(folder), devices=devices, rules=tuple(rules), policy=policy)


def _is_up(gateway: Gateway, device: str) -> bool:
    session = gateway.tag(tag_name(device, SESSION))
    return session is not None and session.value == 1.0


async def _until(clock: SteadyClock, holds: Callable[[], bool]) -> None:
    """Raises TimeoutError when it does not come to hold."""
    async with asyncio.timeout(SETTLES_WITHIN_S):
        while not holds():
            await clock.sleep_until(clock.now() + SECOND // 20)
