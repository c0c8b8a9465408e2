"""The whole gateway over a database on the disk, killed with `kill -9` while a rule counts over half an hour: what it had
counted a minute before still counts, nothing is raised out of the past, and nothing counts twice."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from edge.config.plant import Plant
from edge.model.event import Stream
from edge.model.moment import MINUTE, SECOND, Moment, Span, from_iso
from edge.runtime.pipeline import REMEMBER_EVERY
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from edge.store.store import open_store
from rules.definition import Kind
from rules.signals.raw import Raw, Side
from rules.signals.repeat import Repeat
from tests.simulation.play import load_plant

START = from_iso("2026-05-04T08:00:00+08:00")
OVEN, TEMP = "OVEN.1/too_hot", "OVEN.1.zone_temp"
HOT, COOL = 700.0, 600.0
#: A device is asked every 3 s.
SEEN: Span = 5 * SECOND
LIFE_S = 60


@pytest.fixture(scope="module")
def plant() -> Plant:
    """The oven is an alarm when it was too hot three times within half an hour."""
    plant = load_plant()
    often = Repeat(tag=TEMP, raw=Raw(Side.HIGH, 650.0), within=30 * MINUTE, count=3, coverage=0.0)
    counted = {"kind": Kind.REPEAT, "signal": often, "limit": 3.0, "deadband": 0.0, "on_delay": 0}
    return replace(plant, rules=tuple(replace(rule, **counted) if rule.id == OVEN else rule for rule in plant.rules))


def _live(plant: Plant, folder: Path, start: Moment, times: int, then: Span, ours: Connection) -> None:
    """Hot so many times, and a time after; then says how often it was raised, and dies."""

    async def main(clock: VirtualClock) -> None:
        store = open_store(folder, site=plant.site, agent=plant.agent, now=clock.now())
        stage = Stage(plant, clock, store=store)
        stage.devices.set(TEMP, COOL)
        await stage.open()
        await clock.sleep_until(clock.now() + 2 * SEEN)
        for _ in range(times):
            for value in (HOT, COOL):
                stage.devices.set(TEMP, value)
                await clock.sleep_until(clock.now() + SEEN)
        await clock.sleep_until(clock.now() + then)
        events = [row.event for row in store.read_after(0, 10_000) if row.event.stream is Stream.ALARM]
        ours.send([event.kind for event in events if event.subject == OVEN and event.kind == "raised"])
        os.kill(os.getpid(), signal.SIGKILL)

    run_virtually(main, start)


def live(plant: Plant, folder: Path, start: Moment, *, times: int, then: Span = SECOND) -> int:
    """How often the alarm was raised, in all lives so far."""
    ours, theirs = multiprocessing.Pipe()
    life = multiprocessing.get_context("fork").Process(target=_live, args=(plant, folder, start, times, then, theirs))
    life.start()
    theirs.close()
    raised = len(ours.recv()) if ours.poll(LIFE_S) else -1
    life.join(LIFE_S)
    assert life.exitcode == -signal.SIGKILL
    return raised


def test_what_was_counted_a_minute_before_a_kill_counts_after_it(plant: Plant, tmp_path: Path) -> None:
    assert live(plant, tmp_path, START, times=2, then=REMEMBER_EVERY + SECOND) == 0
    assert live(plant, tmp_path, START + 5 * MINUTE, times=0, then=REMEMBER_EVERY + SECOND) == 0, "out of the past"
    assert live(plant, tmp_path, START + 10 * MINUTE, times=1) == 1


def test_nothing_that_was_counted_counts_twice(plant: Plant, tmp_path: Path) -> None:
    for life in range(3):
        assert live(plant, tmp_path, START + life * 5 * MINUTE, times=int(life == 0), then=REMEMBER_EVERY + SECOND) == 0
    assert live(plant, tmp_path, START + 16 * MINUTE, times=1, then=REMEMBER_EVERY + SECOND) == 0
    assert live(plant, tmp_path, START + 20 * MINUTE, times=1) == 1
