"""Writes over crashes at every point around them, a device that is gone and answers that are lost. What must hold:

once        nothing that changes a device leaves us twice for one write
in time     nothing leaves us after a write's time is over
granted     nothing leaves us for a point without a grant
no lie      what has not left us is never called done; what has is never called expired or refused
known       in the end every write has an end; unknown is shown as unknown, or a read-back has found out
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from edge.config.plant import Plant
from edge.crash import COMMIT_POINTS, WRITE_POINTS, SimulatedCrash, hooked
from edge.model.command import InboxRow, WritePoint
from edge.model.event import Event, Stream
from edge.model.moment import SECOND, from_iso
from edge.model.person import Role
from edge.response.point import OPEN, WriteState
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.counting_links import CountingStage, Sent
from tests.stories.test_writes_to_devices import DEVICES, GATEWAY, PEOPLE, RULES
from tests.unit.config.folders import boiler_house, plant_of

START = from_iso("2026-05-04T08:00:00+08:00")
WRITES = """writes:
  boiler.lamp: {purpose: lamp, values: [0, 1], rules: true, rest: 0}
  boiler.siren: {purpose: siren, values: [0, 1], rules: true, rest: 0}
  boiler.setpoint: {purpose: setpoint, range: [1, 16], role: worker, times: 60}
"""
SETPOINT_AT, LAMP_AT, SIREN_AT = (6, 10), (5, 0), (5, 1)
POINTS = tuple(
    point
    for point in (*COMMIT_POINTS, *WRITE_POINTS)
    if point in WRITE_POINTS or point.split("_")[1] in ("inbox", "response", "claim", "settle")
)


class Play:
    """A plant whose people write one value after the other, each another one, while its lights follow its alarms."""

    def __init__(self, plant: Plant, clock: VirtualClock, crash: tuple[str, int] | None, lot: random.Random | None) -> None:
        self.stage = CountingStage(plant, clock)
        self.clock = clock
        self.crash = crash
        self.lot = lot
        self.deaths = 0
        self.asked = 0
        self._asking: list[asyncio.Task[Event | None]] = []

    @property
    def sent(self) -> list[Sent]:
        assert self.stage.links is not None
        return self.stage.links.sent

    async def run(self) -> list[Event]:
        with hooked(self._passed):
            self.stage.devices.set("B1.pressure", 5)
            await self.stage.open()
            for second in range(30):
                self._disturb(second)
                if second % 3 == 1:
                    self._ask(2 + second / 10)
                await self._pass(SECOND)
            self.stage.devices.mend("B1")
            self.lot = None
            await self._pass(30 * SECOND)
            rows = self.stage.store.read_after(0, 100_000)
            for task in self._asking:
                task.cancel()
            await asyncio.gather(*self._asking, return_exceptions=True)
            await self.stage.close()
        return [row.event for row in rows if row.event.stream is Stream.WRITE]

    def _disturb(self, second: int) -> None:
        if second % 10 == 5:
            self.stage.devices.set("B1.pressure", 9 if second % 20 == 5 else 5)
        if self.lot is None:
            return
        if self.lot.random() < 0.1:
            self.crash = (self.lot.choice(POINTS), self.lot.randint(1, 3))
        if self.lot.random() < 0.1 and self.stage.links is not None:
            self.stage.links.swallow = 1
        if self.lot.random() < 0.2:
            (self.stage.devices.fail if self.lot.random() < 0.4 else self.stage.devices.mend)("B1")

    def _ask(self, value: float) -> None:
        self.asked += 1
        command = WritePoint("B1.setpoint", value, "simulation", Role.WORKER)
        row = InboxRow("api", f"m{self.asked}", "li", command, self.clock.now())
        self._asking.append(asyncio.create_task(self._told(row)))

    async def _told(self, row: InboxRow) -> Event | None:
        with suppress(SimulatedCrash):
            return await self.stage.gateway.answer(row)
        return None

    async def _pass(self, span: int) -> None:
        until = self.clock.now() + span
        while True:
            over = asyncio.create_task(self.stage.life.over.wait())
            timer = asyncio.create_task(self.clock.sleep_until(until))
            await asyncio.wait({over, timer}, return_when=asyncio.FIRST_COMPLETED)
            over.cancel()
            timer.cancel()
            if not self.stage.life.over.is_set():
                return
            self.deaths += 1
            await self.stage.gateway.stop()
            await self.clock.sleep_until(self.clock.now() + 2 * SECOND)
            while not await self.stage.start_gateway():
                await self.clock.sleep_until(self.clock.now() + 2 * SECOND)

    def _passed(self, point: str) -> None:
        if self.crash is None or self.crash[0] != point:
            return
        self.crash = (point, self.crash[1] - 1)
        if self.crash[1] == 0:
            self.crash = None
            if point in WRITE_POINTS:
                self.stage.life.end()
            raise SimulatedCrash(point)


def wrongs(play: Play, events: list[Event]) -> Iterator[str]:
    asked = {event.data["write"]: event for event in events if event.kind == "asked"}
    ends = {name: [e.kind for e in events if e.data.get("write") == name and e.kind in set(WriteState)] for name in asked}
    allowed = {SETPOINT_AT, LAMP_AT, SIREN_AT}
    yield from (f"{each} has no grant" for each in play.sent if (each.function, each.address) not in allowed)
    yield from (f"{name} has no end" for name in asked if not ends[name])
    for name, event in asked.items():
        if event.subject == "B1.setpoint":
            yield from _wrongs_of_setpoint(play, name, event, ends[name][-1] if ends[name] else "")
    yield from _wrongs_of_lights(play, list(asked.values()))
    for tag, point in play.stage.gateway.points().items():
        yield from (f"{tag}~{write.number} is still {write.state}" for write in point.writes if write.state in OPEN)


def _wrongs_of_setpoint(play: Play, name: str, event: Event, end: str) -> Iterator[str]:
    """Each of its values is asked for once, so what left us says which write it was."""
    wire = round(event.data["value"] * 10).to_bytes(2, "big")
    left = [each for each in play.sent if each.data == wire and (each.function, each.address) == SETPOINT_AT]
    if len(left) > 1:
        yield f"{name} left us {len(left)} times"
    if any(each.at > from_iso(event.data["valid_until"]) for each in left):
        yield f"{name} left us after its time"
    if left and end in ("expired", "failed"):
        yield f"{name} left us and is called {end}"
    if not left and end == "done":
        yield f"{name} never left us and is called done"


def _wrongs_of_lights(play: Play, asked: list[Event]) -> Iterator[str]:
    for address, tag in ((LAMP_AT, "B1.lamp"), (SIREN_AT, "B1.siren")):
        sent = Counter(each.data[0] & 1 for each in play.sent if (each.function, each.address) == address)
        wanted = Counter(int(event.data["value"]) for event in asked if event.subject == tag)
        if any(sent[value] > wanted[value] for value in sent):
            yield f"{tag}: {dict(sent)} left us, {dict(wanted)} were asked for"


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Plant:
    files = {"gateway": GATEWAY, "devices__boilers": DEVICES, "rules__boilers": RULES, "people": PEOPLE, "writes": WRITES}
    folder: Path = boiler_house(tmp_path_factory.mktemp("writes"), **files)
    for name in ("cloud.yaml", "response.yaml", "scenarios/steam.yaml"):
        (folder / name).unlink()
    return plant_of(folder)


def played(plant: Plant, crash: tuple[str, int] | None, seed: int | None = None) -> tuple[Play, list[Event]]:
    lot = None if seed is None else random.Random(seed)
    kept: list[Play] = []

    async def run(clock: VirtualClock) -> list[Event]:
        kept.append(Play(plant, clock, crash, lot))
        return await kept[0].run()

    events = run_virtually(run, START)
    return kept[0], events


def test_without_a_disturbance_everything_is_done(plant: Plant) -> None:
    play, events = played(plant, None)
    assert list(wrongs(play, events)) == []
    assert Counter(event.kind for event in events)["done"] == len([event for event in events if event.kind == "asked"]) > 8


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_any_point_around_a_write_sends_nothing_twice(plant: Plant, point: str) -> None:
    play, events = played(plant, (point, 3))
    assert play.deaths == 1
    assert list(wrongs(play, events)) == []


@pytest.mark.parametrize("seed", range(4))
def test_crashes_lost_answers_and_a_device_that_comes_and_goes(plant: Plant, seed: int) -> None:
    play, events = played(plant, None, seed)
    assert list(wrongs(play, events)) == []


@pytest.mark.parametrize(("on_fault", "left"), [("hold", 1), ("release", 0)])
def test_a_stop_in_order_leaves_lights_as_their_grants_say_and_the_next_start_lights_them_again(
    tmp_path: Path, on_fault: str, left: int
) -> None:
    writes = f"writes:\n  boiler.lamp: {{purpose: lamp, values: [0, 1], rules: true, rest: 0, on_fault: {on_fault}}}\n"
    rules = RULES.partition("  higher:")[0]
    files = {"gateway": GATEWAY, "devices__boilers": DEVICES, "rules__boilers": rules, "people": PEOPLE, "writes": writes}
    folder = boiler_house(tmp_path, **files)
    for name in ("cloud.yaml", "response.yaml", "scenarios/steam.yaml"):
        (folder / name).unlink()

    async def run(clock: VirtualClock) -> list[float]:
        stage = CountingStage(plant_of(folder), clock)
        stage.devices.set("B1.pressure", 9)
        await stage.open()
        shown = []
        for stops in (False, True, False):
            if stops:
                await stage.gateway.drain()
                await stage.kill_gateway()
            elif shown:
                assert await stage.start_gateway()
            await clock.sleep_until(clock.now() + 10 * SECOND)
            shown.append(stage.devices.value("B1.lamp"))
        await stage.close()
        return shown

    assert run_virtually(run, START) == [1, left, 1]
