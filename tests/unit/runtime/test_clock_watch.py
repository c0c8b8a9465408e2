"""The wall clock is watched: a step of it is recorded once, and moves no delay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.history.history import SampleHistory
from edge.history.memory_shelf import MemoryShelf
from edge.model.event import JournalRow
from edge.model.moment import HOUR, MILLISECOND, SECOND, Span, from_iso
from edge.runtime.gateway import Gateway
from edge.runtime.offload import Inline
from edge.runtime.outside import Outside
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage, stand_in_secret
from tests.simulation.play import load_plant

START = from_iso("2026-05-04T08:00:00+08:00")
#: Raised after 20 s, of a device that is asked every 3 s.
WARM, WARM_TEMP = "PRESS.2/oil_warm", "PRESS.2.oil_temp"


class WallClock:
    """How far the wall clock has moved against the steady one."""

    drift: Span = 0


class Play:
    def __init__(self, clock: VirtualClock) -> None:
        plant = load_plant()
        self.clock = clock
        self.wall = WallClock()
        self.stage = Stage(plant, clock)
        outside = Outside(
            clock=clock,
            offload=self.stage.life,
            store=self.stage.store,
            history=SampleHistory(MemoryShelf(), clock, writing=Inline(), reading=Inline()),
            links=self.stage.devices.links,
            transport=self.stage.cloud.new_transport(),
            drivers=DRIVERS,
            channels=CHANNELS,
            secret=stand_in_secret,
            drift=lambda: self.wall.drift,
        )
        self.stage.gateway = Gateway(plant, outside)

    async def seconds(self, seconds: float) -> None:
        await self.clock.sleep_until(self.clock.now() + int(seconds * SECOND))

    def rows(self, kind: str) -> list[JournalRow]:
        return [row for row in self.stage.store.read_after(0, 10_000) if row.event.kind == kind]


def play(story: Callable[[Play], Awaitable[None]]) -> None:
    async def main(clock: VirtualClock) -> None:
        each = Play(clock)
        await each.stage.open()
        await each.seconds(10)
        try:
            await story(each)
        finally:
            await each.stage.close()

    run_virtually(main, START)


def test_a_step_of_an_hour_is_recorded_once_and_a_delay_under_way_keeps_its_length() -> None:
    async def story(play: Play) -> None:
        play.stage.devices.set(WARM_TEMP, 75)
        began = play.clock.now()
        await play.seconds(10)
        play.wall.drift = HOUR
        await play.seconds(30)
        assert [row.event.data["by"] for row in play.rows("clock_stepped")] == [3600.0]
        (raised,) = play.rows("raised")
        assert raised.event.subject == WARM
        assert 20 * SECOND <= raised.recorded_at - began < 24 * SECOND

        play.wall.drift = 0
        await play.seconds(10)
        assert [row.event.data["by"] for row in play.rows("clock_stepped")] == [3600.0, -3600.0]

    play(story)


def test_a_drift_below_two_seconds_is_no_step() -> None:
    async def story(play: Play) -> None:
        play.wall.drift = 1_900 * MILLISECOND
        await play.seconds(30)
        play.wall.drift = -1_900 * MILLISECOND
        await play.seconds(30)
        assert play.rows("clock_stepped") == []

    play(story)
