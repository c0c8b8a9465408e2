"""What signals over time remember when the gateway is stopped; when it is killed: `tests/faults/test_windows_over_kills.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from edge.config.plant import Plant
from edge.model.event import Stream
from edge.model.moment import MINUTE, SECOND, Span, from_iso
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from rules.definition import Kind
from rules.signals.raw import Raw, Side
from rules.signals.repeat import Repeat
from tests.simulation.play import load_plant

START = from_iso("2026-05-04T08:00:00+08:00")
OVEN, TEMP = "OVEN.1/too_hot", "OVEN.1.zone_temp"
HOT, COOL = 700.0, 600.0
#: A device is asked every 3 s.
SEEN: Span = 5 * SECOND


@pytest.fixture(scope="module")
def plant() -> Plant:
    """The oven is an alarm when it was too hot three times within half an hour."""
    plant = load_plant()
    often = Repeat(tag=TEMP, raw=Raw(Side.HIGH, 650.0), within=30 * MINUTE, count=3, coverage=0.0)
    rules = [
        replace(rule, kind=Kind.REPEAT, signal=often, limit=3.0, deadband=0.0, on_delay=0) if rule.id == OVEN else rule
        for rule in plant.rules
    ]
    return replace(plant, rules=tuple(rules))


class Story:
    def __init__(self, plant: Plant, clock: VirtualClock) -> None:
        self.clock = clock
        self.stage = Stage(plant, clock)

    async def wait(self, span: Span) -> None:
        await self.clock.sleep_until(self.clock.now() + span)

    async def hot(self, times: int) -> None:
        for _ in range(times):
            for value in (HOT, COOL):
                self.stage.devices.set(TEMP, value)
                await self.wait(SEEN)

    async def crash(self) -> None:
        await self.stage.kill_gateway()
        await self.wait(SEEN)
        assert await self.stage.start_gateway()
        await self.wait(SEEN)

    def raised(self) -> int:
        rows = [row.event for row in self.stage.store.read_after(0, 10_000) if row.event.stream is Stream.ALARM]
        return sum((event.kind, event.subject) == ("raised", OVEN) for event in rows)


def play(plant: Plant, story: Callable[[Story], Awaitable[None]]) -> None:
    async def main(clock: VirtualClock) -> None:
        each = Story(plant, clock)
        each.stage.devices.set(TEMP, COOL)
        await each.stage.open()
        await each.wait(2 * SEEN)
        try:
            await story(each)
        finally:
            await each.stage.close()

    run_virtually(main, START)


def test_an_orderly_stop_forgets_nothing_at_all(plant: Plant) -> None:
    async def story(play: Story) -> None:
        await play.hot(2)
        await play.stage.gateway.drain()
        await play.crash()
        await play.hot(1)
        assert play.raised() == 1

    play(plant, story)


def test_a_stop_does_not_wait_for_a_pipeline_that_has_died(plant: Plant) -> None:
    async def story(play: Story) -> None:
        play.stage.gateway.kill()
        before = play.clock.now()
        await play.stage.gateway.drain()
        assert play.clock.now() - before <= 10 * SECOND
        await play.crash()

    play(plant, story)
