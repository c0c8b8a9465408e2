"""One life of a driver's two devices, the same for every driver: they come, show values, are written to, are lost, come back;
one of them is lost; all is closed. It is noted what was said meanwhile, and the claims are about these notes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

from drivers.base import WriteAnswer
from edge.model.moment import Moment, Span
from edge.model.sample import Batch, Quality
from edge.runtime.virtual import VirtualClock
from edge.runtime.waiting import end
from tests.driver_rig import Rig, Row

#: What `x` of the first device shows, one after the other; and `y` before anybody wrote to it.
SHOWN = tuple(float(number) for number in range(101, 121))
FIRST, WRITTEN, TOO_LATE, INTO_SILENCE = 10.0, 42.0, 43.0, 44.0
#: Of anything that is to happen, in the time of the event loop; on virtual time waiting costs nothing.
DEADLINE_S, VIRTUAL_DEADLINE_S = 30.0, 1200.0


class Stage(Protocol):
    """Two devices, `<name>_A` and `<name>_B`, each with the numbers `x` and `y` (at first `FIRST`), and the hands on both."""

    name: str
    rig: Rig
    #: Only what is there when it is asked for is seen of them.
    is_polled: bool
    #: What `y` of A takes; None: nobody can write to it.
    unfit: tuple[str, float] | None
    #: Whether who is written to says so; else it is a publication, and only what comes of it tells.
    answers_writes: bool

    async def show(self, value: float) -> None:
        """`x` of A has this value from now on."""

    async def lose(self) -> None:
        """Nobody is there any more."""

    async def lose_one(self) -> None:
        """A is not there any more, or says nothing."""

    async def mend(self) -> None:
        """All are there again, with the values that they had."""

    async def taken(self) -> Sequence[float]:
        """What has arrived at `y` of A, in order."""

    def connections(self) -> int:
        """That are open now; 0 where there are none to be counted."""


@dataclass
class Life:
    """rows: all that was said, by phase. late: how long the newest sample of a batch was held back at most."""

    stage: Stage
    phases: dict[str, list[Row]] = field(default_factory=dict)
    answers: dict[str, WriteAnswer] = field(default_factory=dict)
    taken: dict[str, Sequence[float]] = field(default_factory=dict)
    read_back: dict[str, float | str | None] = field(default_factory=dict)
    counters: Mapping[tuple[str, str], int] = field(default_factory=dict)
    rates: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    began: dict[str, Moment] = field(default_factory=dict)
    late: Span = 0
    ended_early: list[str] = field(default_factory=list)
    left_tasks: int = 0
    left_connections: int = 0

    def all(self) -> list[Row]:
        return [row for rows in self.phases.values() for row in rows]

    def of(self, phase: str, tag: str) -> list[Row]:
        return [row for row in self.phases[phase] if row.tag == f"{self.stage.name}_{tag}"]

    def goods(self, phase: str, tag: str) -> list[float]:
        return [row.value for row in self.of(phase, tag) if row.quality is Quality.GOOD]


class _Living:
    def __init__(self, stage: Stage, life: Life) -> None:
        self._stage, self._life, self._clock = stage, life, stage.rig.clock
        self._news = asyncio.Event()
        self._rows: list[Row] = []

    def phase(self, name: str) -> None:
        self._rows = self._life.phases[name] = []
        self._life.began[name] = self._clock.now()

    def take(self, batch: Batch) -> None:
        for ticket in batch.tickets:
            ticket()
        rows = self._stage.rig.rows(batch)
        if rows:
            self._life.late = max(self._life.late, self._clock.now() - max(row.at for row in rows))
        self._rows += rows
        self._news.set()

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(VIRTUAL_DEADLINE_S if isinstance(self._clock, VirtualClock) else DEADLINE_S):
            while not wanted():
                self._news.clear()
                await self._news.wait()

    async def seen(self, tag: str, value: float, quality: Quality = Quality.GOOD) -> None:
        name = f"{self._stage.name}_{tag}"
        await self.until(lambda: any((row.tag, row.value, row.quality) == (name, value, quality) for row in self._rows))


async def live(stage: Stage, pause: Span) -> Life:
    """pause: how long a loss lasts beyond its being noticed."""
    life = Life(stage)
    living = _Living(stage, life)
    before = len(asyncio.all_tasks())

    async def read(number: int) -> None:
        async with aclosing(stage.rig.drivers[number].batches()) as batches:  # type: ignore[type-var]  # generators, all of them
            async for batch in batches:
                living.take(batch)

    living.phase("first")
    reading = {asyncio.create_task(read(number)) for number in range(len(stage.rig.drivers))}
    try:
        await _phases(stage, life, living, pause)
        life.counters = {key: times for each in stage.rig.drivers for key, times in each.counters().items()}
        life.ended_early = [repr(task.exception()) for task in reading if task.done() and not task.cancelled()]
    finally:
        await end(reading)
    life.left_tasks = len(asyncio.all_tasks()) - before
    for _ in range(50):
        if not stage.connections():
            break
        await asyncio.sleep(0.02)  # noqa: TID251 - a connection takes its time to end
    life.left_connections = stage.connections()
    return life


async def _phases(stage: Stage, life: Life, living: _Living, pause: Span) -> None:
    clock, driver = stage.rig.clock, stage.rig.drivers[0]
    for tag in ("A.x", "A.y", "B.x", "B.y"):
        await living.seen(tag, FIRST)

    living.phase("shown")
    for value in SHOWN:
        await stage.show(value)
        if stage.is_polled:
            await living.seen("A.x", value)
    await living.seen("A.x", SHOWN[-1])

    life.rates = {name: pair for each in stage.rig.drivers for name, pair in each.rates().items()}

    living.phase("written")
    target = f"{stage.name}_A.y"
    if stage.unfit is not None:
        life.answers["unfit"] = await driver.write(f"{stage.name}_{stage.unfit[0]}", stage.unfit[1])
    life.answers["written"] = await driver.write(target, WRITTEN)
    if stage.unfit is not None:
        await living.seen("A.y", WRITTEN)
        life.read_back["written"] = await driver.read_back(target)
    life.taken["written"] = await stage.taken()

    living.phase("lost")
    await stage.lose()
    for each in "AB":
        await living.seen(f"{each}.session", 0.0)
    life.answers["lost"] = await driver.write(target, TOO_LATE)
    life.read_back["lost"] = await driver.read_back(target)
    await clock.sleep_until(clock.now() + pause)

    living.phase("back")
    await stage.mend()
    for each in "AB":
        await living.seen(f"{each}.session", 1.0)
        await living.seen(f"{each}.x", SHOWN[-1] if each == "A" else FIRST)
    life.taken["back"] = await stage.taken()

    living.phase("one_lost")
    await stage.lose_one()
    life.answers["silence"] = await driver.write(target, INTO_SILENCE)
    await living.seen("A.session", 0.0)
    await clock.sleep_until(clock.now() + pause)

    living.phase("one_back")
    await stage.mend()
    await living.seen("A.session", 1.0)
    await living.seen("A.x", SHOWN[-1])
    life.taken["one_back"] = await stage.taken()
