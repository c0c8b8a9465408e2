"""20,000 samples a second through driver, engine, response and store on disk: every planned event is found.

The full minute, with figures: `./dev bench road`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.bench.flood import flood
from tests.bench.mqtt_flood import our_reader
from tests.mosquitto import mosquitto


def test_no_event_is_missed_at_20000_samples_a_second(tmp_path: Path) -> None:
    figures = asyncio.run(flood(tmp_path, 4, batch_size=100))
    assert figures.samples >= 4 * 20_000
    assert figures.expected == 80
    assert (figures.missing, figures.surplus) == (0, 0)
    # A loaded machine holds the loop too: the bounds are those of a road that keeps up at all.
    assert figures.share < 0.8, "a core is not enough"
    assert figures.lag_max_ms < 2_000
    assert figures.behind_ms < 2_000


async def test_no_event_is_missed_at_20000_samples_a_second_from_a_real_broker(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker:
        figures = await our_reader(broker.port, tmp_path, 3)
    assert figures.samples == 3 * 20_000
    assert figures.expected == 40
    assert figures.missing == 0
