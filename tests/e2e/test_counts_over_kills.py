"""The agent killed with `kill -9` while a rule counts over time: what it had counted a minute before still counts."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cloud_bridge.catalog import CHANNELS
from drivers.catalog import DRIVERS
from edge.config.load import load
from edge.config.plant import Plant
from edge.model.moment import SECOND
from edge.runtime.pipeline import REMEMBER_EVERY
from tests.plant_part import MILL, part_of
from tests.stories.socket_stage import SocketStage

ALARM, TAG = "CRM.AGC.HYDRAULICS/pressure_dips", "CRM.AGC.HYDRAULICS.pressure"
RULE = """rules:
  pressure_dips:
    {for: agc_station, tag: pressure, kind: repeat, below: 24.5, count: 3, within: 2h, coverage: 0, priority: low,
     words: {zh: 压力反复下跌, en: pressure dips}, only_in: always}
"""
#: In MPa; above the limit of the low-pressure alarm.
DIP, NORMAL = 24.0, 27.2
RATE = 40.0


def mill_that_counts(folder: Path) -> Plant:
    part = part_of(MILL, folder, ("CRM.AGC.HYDRAULICS", "CRM.LINE", "CRM.FUME_FAN"))
    (part.folder / "rules" / "dips.yaml").write_text(RULE, encoding="utf-8")
    loaded = load(part.folder, DRIVERS, CHANNELS)
    assert loaded.plant is not None, "\n".join(map(str, loaded.problems))
    return loaded.plant


@pytest.mark.soak
def test_a_count_goes_on_after_a_kill_and_nothing_is_raised_out_of_the_past(tmp_path: Path) -> None:
    async def story(stage: SocketStage) -> None:
        async def reads(value: float) -> None:
            async def look() -> bool | None:
                shown = (await stage.client.tag(TAG))["value"]
                return True if shown is not None and abs(shown - value) < 0.2 else None

            await stage.set(TAG, value)
            await stage.eventually(f"{TAG} at {value}", look, 60)

        async def raised() -> int:
            return (await stage.journal()).count(("raised", ALARM))

        await reads(NORMAL)
        for _ in range(2):
            await reads(DIP)
            await reads(NORMAL)
        # Twice the time: the machine may be busy with something else just then.
        await stage.pass_time(2 * REMEMBER_EVERY / SECOND)
        await stage.kill_agent()
        await stage.start_agent()
        await reads(NORMAL)
        assert await raised() == 0
        await reads(DIP)

        async def has_come() -> bool | None:
            return await raised() == 1 or None

        await stage.eventually("the third dip is an alarm", has_come, 60)

    async def main() -> None:
        stage = SocketStage(mill_that_counts(tmp_path / "plant"), tmp_path, rate=RATE)
        try:
            await stage.open()
            await story(stage)
        finally:
            await stage.close()

    asyncio.run(main())
