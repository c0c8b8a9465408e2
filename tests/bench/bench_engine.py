"""How many samples a second the engine takes. By hand: `./dev bench samples`.

Three loads, each with four rules a tag (high, low, discrete, stale): nothing happens; noise crosses the limits now and then,
within the delays; and half of all samples are of one single tag. Beside it: the same values compared with four limits in bare
NumPy, without states, delays and times. Time is that of the process, so that a busy machine gives the same figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time

import numpy as np

from edge.model.alarm import Priority
from edge.model.moment import MILLISECOND, SECOND, Moment
from edge.model.sample import Batch
from edge.model.tag import Tag
from rules.definition import Kind, Rule
from rules.engine import Engine
from rules.layout import build_layout
from tests.bench.figure import Figure, table

TAGS = 2_000
RATE = 20_000
SECONDS = 5
START: Moment = 1_777_881_600_000_000


def build_engine() -> Engine:
    tags = [Tag(f"D{i}.v", f"D{i}", "v", "°C", {}, stale_after=10 * SECOND) for i in range(TAGS)]
    rules = []
    for tag in tags:
        for kind, limit in ((Kind.HIGH, 80.0), (Kind.LOW, 20.0), (Kind.DISCRETE, -1.0), (Kind.STALE, None)):
            rules.append(
                Rule(
                    id=f"{tag.device}/{kind}",
                    key=str(kind),
                    device=tag.device,
                    device_type="bench",
                    area="A",
                    kind=kind,
                    tag=tag.name,
                    priority=Priority.LOW,
                    words={},
                    limit=limit,
                    deadband=2.0,
                    stale_after=10 * SECOND if kind is Kind.STALE else None,
                    on_delay=5 * SECOND,
                )
            )
    return Engine(build_layout(1, tags, rules), START)


def batches(size: int, spread: float, fast_share: float = 0.0) -> Iterator[tuple[Moment, Batch]]:
    """size: samples a batch. spread: of the values around 50. fast_share: how many of them are of one single tag."""
    random = np.random.default_rng(1)
    now = START
    slot = np.resize(np.arange(TAGS, dtype=np.int32), size)
    slot[: int(size * fast_share)] = 0
    span = size * SECOND // RATE
    for _ in range(RATE * SECONDS // size):
        times = now + np.linspace(0, span - MILLISECOND, size).astype(np.int64)
        now += span
        value = random.normal(50.0, spread, size)
        yield now, Batch(slot, value, np.zeros(size, np.uint8), times, times, np.zeros(size, np.uint8))


def measure(what: str, size: int, spread: float, fast_share: float = 0.0) -> Figure:
    engine, spent, bare = build_engine(), 0.0, 0.0
    for now, batch in batches(size, spread, fast_share):
        started = process_time()
        engine.step(now, batch, ())
        spent += process_time() - started
        started = process_time()
        _ = (batch.value >= 80.0, batch.value <= 20.0, batch.value == -1.0, now - batch.source_time > 10 * SECOND)
        bare += process_time() - started
    per_million = 1_000_000 / (RATE * SECONDS)
    what = f"engine, {what}, batches of {size:,}"
    return Figure(what, spent * per_million, "s a million", bare * per_million, "four bare comparisons")


def run() -> list[Figure]:
    figures = [measure("quiet", size, spread=5.0) for size in (1_000, 2_000, 5_000)]
    figures.append(measure("noise over the limits", 2_000, spread=10.0))
    figures.append(measure("half of one tag", 2_000, spread=5.0, fast_share=0.5))
    return figures


if __name__ == "__main__":
    print(table("The engine", run()))
