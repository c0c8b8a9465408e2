"""The plant of the stories, and the two stages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.plant import Plant
from tests.stories.memory_stage import play_in_memory
from tests.stories.socket_stage import play_on_sockets
from tests.stories.stage import StoryStage

MILL = Path(__file__).parents[2] / "simulators" / "plants" / "cold_rolling_mill"

Play = Callable[[Callable[[StoryStage], Awaitable[None]]], None]


@pytest.fixture(scope="session")
def mill() -> Plant:
    loaded = load(MILL, DRIVERS, CHANNELS)
    assert loaded.plant is not None, loaded.problems
    return loaded.plant


@pytest.fixture(params=["in memory", "on sockets"])
def play(request: pytest.FixtureRequest, mill: Plant, tmp_path: Path) -> Play:
    """Plays a story to its end, on one stage and then on the other."""
    if request.param == "in memory":
        return lambda story: play_in_memory(mill, story)
    return lambda story: play_on_sockets(mill, tmp_path, story)
