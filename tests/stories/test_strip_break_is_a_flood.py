"""A strip break at the mill: what must be known comes by itself, the rest in one digest, also when the gateway dies in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edge.config.plant import Plant
from edge.model.alarm import Priority
from edge.model.event import Event
from edge.model.moment import MINUTE, SECOND
from edge.response.flood import FloodLimits
from edge.response.policy import Route
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.scenario.stage import Stage
from tests.plant_part import MILL, part_of
from tests.stories.memory_stage import START

PULPIT = "group:crm_pulpit"
LINE, STANDS = "CRM.LINE", ("CRM.ST3.STAND", "CRM.ST4.STAND")
OF_LINE = ("strip_break", "entry_tension_lost", "exit_tension_lost", "gauge_fault", "flatness_fault", "reel_slip")
OF_STAND = (
    "tension_lost", "gap_opened", "force_deviation", "speed_deviation", "automatic_off", "bending_fault", "coolant_off",
)  # fmt: skip
CRITICAL = f"{LINE}/reel_slip"


def mill(folder: Path) -> Plant:
    """The line's controls, told to the pulpit alone; that the reel slips is critical. Six alarms are a flood there."""
    plant = part_of(MILL, folder, (LINE, *STANDS, "CRM.FUME_FAN"))
    rules = tuple(replace(rule, priority=Priority.CRITICAL) if rule.id == CRITICAL else rule for rule in plant.rules)
    policy = replace(
        plant.policy,
        rules={rule.id: rule for rule in rules},
        routes=(Route("all", (PULPIT,)),),
        floods={PULPIT: FloodLimits(over=5, under=2, update_every=MINUTE)},
    )
    return replace(plant, rules=rules, policy=policy)


def test_a_strip_break_is_told_by_its_first_its_worst_and_one_digest_over_two_deaths(tmp_path: Path) -> None:
    plant = mill(tmp_path)

    async def story(clock: VirtualClock) -> tuple[list[list[str]], list[Event]]:
        stage, seen = Stage(plant, clock), []

        async def until(seconds: int) -> None:
            await clock.sleep_until(START + seconds * SECOND)
            seen.append([told.text for told in stage.cloud.told_to("crm_pulpit")])

        async def die() -> None:
            await stage.kill_gateway()
            assert await stage.start_gateway()

        await stage.open()
        await until(5)
        for point in OF_LINE:
            stage.devices.set(f"{LINE}.{point}", 1)
        await until(8)
        await die()
        for stand in STANDS:
            for point in OF_STAND:
                stage.devices.set(f"{stand}.{point}", 1)
        await until(12)
        await die()
        await until(70)
        rows = stage.store.read_after(0, 1_000)
        await stage.close()
        return seen, [row.event for row in rows]

    (before, first, after_death, last), events = run_virtually(story, START)
    assert before == []
    assert [len(cards) for cards in (first, after_death, last)] == [3, 3, 3]
    of_break, of_reel, digest = (next(card for card in last if words in card) for words in ("断带", "【紧急】", "【报警泛滥】"))
    assert '"首出"' in of_break and "卷取机打滑" in of_reel
    # The fourteen of the stands came after the first death; the digest says so a minute after the one before, over the second.
    assert any("【报警泛滥】4 条" in card for card in first) and "【报警泛滥】18 条" in digest

    assert sum(event.kind == "raised" for event in events) == 20
    assert sum(event.kind == "folded" for event in events) == 18
    assert [event.data for event in events if event.kind.startswith("flood_")] == [{"number": 1, "count": 6}]
