"""F2: killed just before and just after every commit, the store comes back with all that was confirmed and nothing half."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.crash import COMMIT_POINTS, ENVIRONMENT
from tests.faults import store_workload
from tests.faults.store_life import live
from tests.faults.store_promises import check_nothing_lost_nothing_half, check_the_story_is_whole

ROUNDS = 3

#: Points passed several times in a life are killed at early and at late passages, one life after the other.
PASSAGES = {"inbox": (1, 3), "engine": (1, 2), "response": (1, 2), "claim": (1, 3), "settle": (1, 3)}


@pytest.mark.parametrize("point", COMMIT_POINTS)
def test_a_kill_at_a_commit_loses_nothing_and_halves_nothing(tmp_path: Path, point: str) -> None:
    deaths = 0
    for passage in PASSAGES.get(point.split("_")[1], (1,)):
        life = live(tmp_path, ROUNDS, crash=(point, passage))
        if life.end == 0:
            break  # earlier lives have done so much that this one did not pass the point so often
        assert life.end == -signal.SIGKILL
        deaths += 1
        check_nothing_lost_nothing_half(tmp_path, life.confirmed)
    assert deaths > 0
    assert live(tmp_path, ROUNDS).end == 0
    check_the_story_is_whole(tmp_path, ROUNDS, deaths)


def test_the_environment_arms_a_point_of_a_process(tmp_path: Path) -> None:
    command = [sys.executable, store_workload.__file__, str(tmp_path), str(ROUNDS)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), ENVIRONMENT: "after_engine_commit:2"}
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert killed.stdout.splitlines()[-1] == "put 2"
    check_nothing_lost_nothing_half(tmp_path, ["engine 2", *killed.stdout.splitlines()])
