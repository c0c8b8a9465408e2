"""The plant of the stories, and the two stages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edge.config.plant import Plant
from tests.plant_part import MILL, part_of
from tests.stories.memory_stage import play_in_memory
from tests.stories.socket_stage import play_on_sockets
from tests.stories.stage import StoryStage

#: The machine the stories are about, what its cards tell beside it, and one that speaks MQTT. The whole mill plays its own
#: scenarios.
DEVICES = ("CRM.ST3.MOTOR", "CRM.LINE", "CRM.FUME_FAN")

Play = Callable[[Callable[[StoryStage], Awaitable[None]]], None]


@pytest.fixture(scope="session")
def mill(tmp_path_factory: pytest.TempPathFactory) -> Plant:
    return part_of(MILL, tmp_path_factory.mktemp("part"), DEVICES)


@pytest.fixture(params=["in memory", "on sockets"])
def play(request: pytest.FixtureRequest, mill: Plant, tmp_path: Path) -> Play:
    """Plays a story to its end, on one stage and then on the other."""
    if request.param == "in memory":
        return lambda story: play_in_memory(mill, story)
    return lambda story: play_on_sockets(mill, tmp_path, story)
