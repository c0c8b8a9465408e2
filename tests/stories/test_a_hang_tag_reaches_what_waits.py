"""Somebody hangs a tag while a slow device still has writes waiting: nothing that waits leaves. Through the whole gateway."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edge.model.command import Hang, InboxRow, WritePoint
from edge.model.moment import MINUTE, SECOND
from edge.model.person import Role
from edge.model.stage import Stage as AlarmStage
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.counting_links import CountingStage
from tests.stories.memory_stage import START
from tests.stories.test_the_gateway_watches_itself import folder_of
from tests.unit.config.folders import plant_of

LAMPS = 6
DEVICES = """\
types:
  hall:
    words: {zh: 车间, en: hall}
    driver: modbus
    tags:
""" + "".join(
    f"      lamp_{number}: {{address: holding {number}, type: uint16, words: {{zh: 灯 {number}, en: lamp {number}}}}}\n"
    for number in range(LAMPS)
)
DEVICES += """\
devices:
  HALL: {type: hall, area: pump_house, words: {zh: 车间, en: hall}, connection: {host: 127.0.0.1, unit_id: 9, every: 1s}}
"""
WRITES = "writes:\n" + "".join(
    f"  HALL.lamp_{number}: {{purpose: lamp, values: [0, 1], role: worker, valid_for: 1min}}\n" for number in range(LAMPS)
)


def test_one_write_may_be_under_way_and_all_that_wait_are_taken_back(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "plant", devices__own=DEVICES, writes=WRITES)
    plant = replace(plant_of(folder), stage=AlarmStage.LIVE)

    async def story(clock: VirtualClock) -> tuple[list[int], list[str]]:
        stage = CountingStage(plant, clock)
        await stage.open()
        assert stage.links is not None
        await clock.sleep_until(clock.now() + 5 * SECOND)
        stage.links.takes = 2 * SECOND
        for number in range(LAMPS):
            command = WritePoint(f"HALL.lamp_{number}", 1, "test", Role.WORKER)
            await stage.gateway.answer(InboxRow("api", f"w{number}", "fitter_a", command, clock.now()))
        await clock.sleep_until(clock.now() + 3 * SECOND)
        await stage.gateway.answer(InboxRow("api", "h", "fitter_a", Hang("HALL", "WO-1", "5512", "new lamp"), clock.now()))
        await clock.sleep_until(clock.now() + MINUTE)
        ends = [str(stage.gateway.points()[f"HALL.lamp_{number}"].writes[-1].state) for number in range(LAMPS)]
        left = [sent.address for sent in stage.links.sent]
        await stage.close()
        return left, ends

    assert run_virtually(story, START) == ([0, 1], ["done"] * 2 + ["withdrawn"] * (LAMPS - 2))
