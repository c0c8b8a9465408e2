"""Samples at 20,000 a second through the whole road: from the driver's batch to the rows on disk, without a missed event.

By hand: `python -m tests.bench.bench_road`. Beside it, a bare reader of the same stream that only compares each value with its
limit: no delays, no states, no disk.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import time
from pathlib import Path

import structlog

from tests.bench.figure import Figure, table
from tests.bench.flood import HIGH, TAGS, flood, flood_batches
from tests.bench.mqtt_flood import SocketFigures, bare_reader, our_reader
from tests.mosquitto import MOSQUITTO, mosquitto

SECONDS = 60


def bare_share(seconds: int) -> float:
    """The share of a core that it takes to look at the same samples once."""
    batches = flood_batches(seconds, 0)
    spent = time.process_time()
    above = sum(int((batch.value > HIGH - 15).sum()) for batch in batches)
    assert above > 0
    return (time.process_time() - spent) / seconds


def run(seconds: int = SECONDS) -> list[Figure]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    bare, figures = 100 * bare_share(10), []
    for size in (TAGS, 100):
        with tempfile.TemporaryDirectory() as folder:
            seen = asyncio.run(flood(Path(folder), seconds, batch_size=size))
        of = f"road, batches of {size:,}"
        figures += [
            Figure(
                f"{of}: CPU at {seen.samples / seconds:,.0f} samples/s", 100 * seen.share, "% of a core", bare, "bare reader"
            ),
            Figure(f"{of}: events found", seen.expected - seen.missing, "events", seen.expected, "planned"),
            Figure(f"{of}: events too many", seen.surplus, "events"),
            Figure(f"{of}: event loop held, at most", seen.lag_max_ms, "ms"),
        ]
    return [*figures, *over_sockets(min(seconds, 20))]


def over_sockets(seconds: int) -> list[Figure]:
    """The same rate from mosquitto; nothing where mosquitto is not installed."""
    if MOSQUITTO is None:
        return []

    async def both() -> tuple[SocketFigures, SocketFigures]:
        with tempfile.TemporaryDirectory() as folder:
            async with mosquitto(Path(folder)) as broker:
                return await bare_reader(broker.port, seconds), await our_reader(broker.port, Path(folder), seconds)

    bare, ours = asyncio.run(both())
    of = "road over mosquitto"
    rate = f"{ours.samples / seconds:,.0f} samples/s"
    return [
        Figure(f"{of}: at {rate}", 100 * ours.share, "% of a core", 100 * bare.share, "aiomqtt and json.loads alone"),
        Figure(f"{of}: samples", ours.samples, "samples", bare.samples, "the bare reader got"),
        Figure(f"{of}: events found", ours.expected - ours.missing, "events", ours.expected, "planned"),
    ]


if __name__ == "__main__":
    print(table("The whole road", run()))
