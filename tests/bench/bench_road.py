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
    return figures


if __name__ == "__main__":
    print(table("The whole road", run()))
