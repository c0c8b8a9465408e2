"""The gateway dies in the middle of an on-delay: the outage does not count for it, and costs little more than itself."""

from __future__ import annotations

from pathlib import Path

from edge.model.moment import SECOND
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from tests.stories.memory_stage import START
from tests.unit.config.folders import boiler_house, plant_of


def test_a_delay_of_20_s_that_is_killed_after_12_and_down_for_5_is_complete_at_25_or_little_later(tmp_path: Path) -> None:
    folder = boiler_house(tmp_path)
    rules = folder / "rules" / "boilers.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("on_delay: 10s", "on_delay: 20s"), encoding="utf-8")
    plant = plant_of(folder)

    async def story(clock: VirtualClock) -> float:
        stage = Stage(plant, clock)
        stage.devices.set("BOILER.1.steam_pressure", 13)
        await stage.open()
        await clock.sleep_until(START + 12 * SECOND)
        await stage.kill_gateway()
        await clock.sleep_until(START + 17 * SECOND)
        assert await stage.start_gateway()
        await clock.sleep_until(START + 60 * SECOND)
        view = stage.gateway.alarm("BOILER.1/steam_high")
        await stage.close()
        assert view is not None
        assert view.raised is not None
        return (view.raised - START) / SECOND

    raised = run_virtually(story, START)
    assert 25 <= raised <= 30
