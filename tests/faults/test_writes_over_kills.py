"""`kill -9` at each crash point around a write, over a database on the disk: nothing that changes a device leaves twice."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import shutil
from collections import Counter
from pathlib import Path

import alembic.command  # noqa: F401 - imported here once; otherwise every life that makes a database pays for it
import pytest

from edge.config.plant import Plant
from edge.crash import COMMIT_POINTS, WRITE_POINTS, hooked, kill_at
from edge.model.command import InboxRow, WritePoint
from edge.model.event import Stream
from edge.model.moment import SECOND, from_iso
from edge.model.person import Role
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.store.store import open_store
from tests.counting_links import CountingStage
from tests.stories.test_writes_to_devices import DEVICES, GATEWAY, PEOPLE, RULES
from tests.unit.config.folders import boiler_house, plant_of

START = from_iso("2026-05-04T08:00:00+08:00")
WRITES = """writes:
  boiler.lamp: {purpose: lamp, values: [0, 1], rules: true, rest: 0}
  boiler.siren: {purpose: siren, values: [0, 1], rules: true, rest: 0}
  boiler.setpoint: {purpose: setpoint, range: [1, 16], role: worker}
"""
POINTS = ("after_response_commit", "after_claim_commit", "before_write", "after_write", "before_settle_commit")
#: Wherever a life with a write commits or sends.
ANY_POINT = tuple(
    point
    for point in (*COMMIT_POINTS, *WRITE_POINTS)
    if point in WRITE_POINTS or point.split("_")[1] in ("inbox", "engine", "response", "claim", "settle")
)
KILLS = 300
#: Points behind which the request has left us.
LEFT = frozenset({"after_write", "before_settle_commit"})


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Plant:
    files = {"gateway": GATEWAY, "devices__boilers": DEVICES, "rules__boilers": RULES, "people": PEOPLE, "writes": WRITES}
    folder: Path = boiler_house(tmp_path_factory.mktemp("writes"), **files)
    for name in ("cloud.yaml", "response.yaml", "scenarios/steam.yaml"):
        (folder / name).unlink()
    return plant_of(folder)


def live(plant: Plant, data: Path, since: int, asks: bool) -> None:
    """One boot: a person asks for a set point and an alarm for its light, then half a minute passes."""

    async def play(clock: VirtualClock) -> None:
        store = open_store(data, site=plant.site, agent=plant.agent, now=clock.now())
        stage = CountingStage(plant, clock, store=store)
        assert stage.links is not None
        stage.links.ledger = data / "ledger.txt"
        stage.devices.set("B1.pressure", 5)
        await stage.open()
        asked = None
        if asks:
            await clock.sleep_until(clock.now() + 3 * SECOND)
            row = InboxRow("api", "m1", "li", WritePoint("B1.setpoint", 4.5, "kill", Role.WORKER), clock.now())
            asked = asyncio.create_task(stage.gateway.answer(row))
        await clock.sleep_until(clock.now() + 30 * SECOND)
        if asked is not None:
            asked.cancel()
        await stage.close()

    run_virtually(play, START + since)


def killed_at(point: str, passage: int, plant: Plant, data: Path) -> int:
    """The exit code of a life that ends there."""

    def run() -> None:
        with hooked(kill_at(point, passage)):
            live(plant, data, 0, asks=True)
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def left_after_another_life(plant: Plant, data: Path) -> Counter[str]:
    """What left us in both lives, when nothing did twice and the journal says how it ended."""
    live(plant, data, 60 * SECOND, asks=False)
    ledger = data / "ledger.txt"
    left = Counter(ledger.read_text(encoding="utf-8").splitlines() if ledger.exists() else [])
    assert max(left.values(), default=0) <= 1, left
    assert not left or left["6 10 002d"] == 1
    store = open_store(data, site=plant.site, agent=plant.agent, now=START + 200 * SECOND)
    kinds = [row.event.kind for row in store.read_after(0, 1000) if row.event.stream is Stream.WRITE]
    store.close()
    end = kinds[-1] if kinds else "rejected"
    # The simulated device of the second life is a new one: it shows 0, whatever the first was told.
    assert end in (("done", "different") if left else ("different", "expired", "rejected")), kinds
    return left


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_gateway_writes_nothing_twice_and_says_what_it_does_not_know(plant: Plant, tmp_path: Path, point: str) -> None:
    # Of what is committed, the start itself passes `response` once or twice: the write is what comes then.
    assert killed_at(point, 3 if "response" in point else 1, plant, tmp_path) == -9
    left = left_after_another_life(plant, tmp_path)
    assert bool(left) or point not in LEFT


@pytest.mark.soak
def test_hundreds_of_kills_at_any_point_around_a_write(
    plant: Plant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lot, kills, lives, sent = random.Random(88), 0, 0, 0
    while kills < KILLS:
        data = tmp_path / str(lives)
        data.mkdir()
        lives += 1
        kills += killed_at(lot.choice(ANY_POINT), lot.randint(1, 4), plant, data) == -9
        sent += sum(left_after_another_life(plant, data).values())
        shutil.rmtree(data)
    with capsys.disabled():
        print(f"\n{kills} kills around {lives} writes: {sent} left us, none twice, each with its end")
