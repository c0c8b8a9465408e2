"""A write that the device does not do, and one of which nobody knows, are alarms for whoever puts a rule on them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.config.plant import Plant
from edge.model.command import InboxRow, WritePoint
from edge.model.moment import SECOND
from edge.model.person import Role
from edge.model.stage import Stage as AlarmStage
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.counting_links import CountingStage
from tests.stories.memory_stage import START
from tests.stories.test_a_siren_on_the_spot import DEVICES
from tests.stories.test_the_gateway_watches_itself import folder_of
from tests.unit.config.folders import plant_of

RULES = """\
rules:
  not_done: {for: system, kind: high, tag: writes_failed, limit: 1, priority: high,
    words: {zh: 写入失败, en: a write was not done}, guidance: {zh: 去现场看, en: look at the device}}
  not_known: {for: system, kind: high, tag: writes_unknown, limit: 1, priority: high,
    words: {zh: 写入不明, en: nobody knows of a write}, guidance: {zh: 去现场看, en: look at the device}}
"""


def plant_with(into: Path, read_back: str) -> Plant:
    writes = f"writes:\n  HALL.siren: {{purpose: siren, values: [0, 1, 2], role: worker, read_back: {read_back}}}\n"
    plant = plant_of(folder_of(into, devices__own=DEVICES, rules__own=RULES, writes=writes))
    return replace(plant, stage=AlarmStage.LIVE)


@pytest.mark.parametrize(
    ("fault", "read_back", "end", "alarm"),
    [("ignore", "{within: 2s}", "different", "not_done"), ("swallow", "off", "unknown", "not_known")],
)
def test_it_is_an_alarm_over_a_restart_and_figures_count_it(
    tmp_path: Path, fault: str, read_back: str, end: str, alarm: str
) -> None:
    plant = plant_with(tmp_path / "plant", read_back)

    async def story(clock: VirtualClock) -> tuple[float, list[str], list[str]]:
        stage = CountingStage(plant, clock)
        await stage.open()
        assert stage.links is not None
        setattr(stage.links, fault, 1)
        command = WritePoint("HALL.siren", 1, "test", Role.WORKER)
        await stage.gateway.answer(InboxRow("api", "w1", "fitter_a", command, clock.now()))
        states = []
        for restarts in (True, False):
            await clock.sleep_until(clock.now() + 20 * SECOND)
            states.append(str(stage.gateway.engine.view(f"system/{alarm}").state))
            if restarts:
                counted = stage.gateway.metrics()[f'andon_writes_total{{end="{end}"}}']
                await stage.kill_gateway()
                assert await stage.start_gateway()
        ended = [str(write.state) for write in stage.gateway.points()["HALL.siren"].writes]
        await stage.close()
        return counted, states, ended

    assert run_virtually(story, START) == (1, ["unacknowledged"] * 2, [end])


def test_an_unknown_write_that_is_found_out_is_no_trouble(tmp_path: Path) -> None:
    plant = plant_with(tmp_path / "plant", "{within: 2s}")

    async def story(clock: VirtualClock) -> tuple[str, list[str]]:
        stage = CountingStage(plant, clock)
        await stage.open()
        assert stage.links is not None
        stage.links.swallow = 1
        command = WritePoint("HALL.siren", 1, "test", Role.WORKER)
        await stage.gateway.answer(InboxRow("api", "w1", "fitter_a", command, clock.now()))
        await clock.sleep_until(clock.now() + 20 * SECOND)
        ended = [str(write.state) for write in stage.gateway.points()["HALL.siren"].writes]
        state = str(stage.gateway.engine.view("system/not_known").state)
        await stage.close()
        return state, ended

    state, ended = run_virtually(story, START)
    assert (state in ("normal", "returned_unacknowledged"), ended) == (True, ["done"])
