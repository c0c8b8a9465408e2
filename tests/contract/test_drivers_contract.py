"""What `drivers/base.py` promises, of every driver there is: over memory on virtual time, and over sockets against servers that
nobody here wrote. Each driver lives the same life once (`drivers/life.py`); the claims are about what it said."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import structlog

from drivers.base import WriteEnd
from drivers.catalog import DRIVERS
from edge.model.moment import MILLISECOND, SECOND, from_iso
from edge.model.sample import Quality
from edge.ports import Clock
from edge.runtime.clock import SteadyClock
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.contract.drivers import (
    modbus_stage,
    mqtt_stage,
    opcua_stage,
    pulse_stage,
    replay_stage,
    s7_stage,
    sparkplug_stage,
)
from tests.contract.drivers.life import FIRST, INTO_SILENCE, SHOWN, TOO_LATE, WRITTEN, Life, Stage, live
from tests.opcua_server import OpcUaServer

START = from_iso("2026-05-04T08:00:00Z")
Setting = Callable[[Clock], AbstractAsyncContextManager[Stage]]

MEMORY: Mapping[str, Setting] = {
    "modbus": modbus_stage.in_memory,
    "mqtt": mqtt_stage.in_memory,
    "sparkplug": sparkplug_stage.in_memory,
    "opcua": partial(opcua_stage.in_memory, name="opcua", mode="subscribe"),
    "opcua_read": partial(opcua_stage.in_memory, name="opcua_read", mode="read"),
    "s7": s7_stage.in_memory,
    "replay": replay_stage.in_memory,
    "pulse": pulse_stage.in_memory,
}
SOCKETS: Mapping[str, Setting] = {
    "modbus": modbus_stage.over_sockets,
    "mqtt": mqtt_stage.over_sockets,
    "sparkplug": sparkplug_stage.over_sockets,
    "s7": s7_stage.over_sockets,
    "replay": replay_stage.over_sockets,
    "pulse": pulse_stage.over_sockets,
}
#: Drivers without a wire: there is nothing to be lost.
WITHOUT_A_WIRE = {"manual"}
Logs = list[Any]
#: Back-offs of seconds pass in fractions of one; time-outs of sockets stay as they are.
TIME_LAPSE = 5.0


@cache
def over_memory(name: str) -> tuple[Life, Logs]:
    async def main(clock: VirtualClock) -> Life:
        async with MEMORY[name](clock) as stage:
            return await live(stage, pause=60 * SECOND)

    with structlog.testing.capture_logs() as logs:
        return run_virtually(main, START), logs


@pytest.fixture(scope="session")
def over_sockets(opcua_line: OpcUaServer) -> tuple[Mapping[str, Life | BaseException], Logs]:
    """All at once: they mostly wait."""
    settings = {**SOCKETS, "opcua": partial(opcua_stage.over_sockets, name="opcua", mode="subscribe", server=opcua_line)}

    async def one(setting: Setting) -> Life:
        async with setting(SteadyClock(TIME_LAPSE)) as stage:
            return await live(stage, pause=2 * SECOND)

    async def main() -> Mapping[str, Life | BaseException]:
        lives = await asyncio.gather(*(one(setting) for setting in settings.values()), return_exceptions=True)
        return dict(zip(settings, lives, strict=True))

    with structlog.testing.capture_logs() as logs:
        return asyncio.run(main()), logs


@pytest.fixture(params=[*(f"{name}-memory" for name in MEMORY), *(f"{name}-sockets" for name in [*SOCKETS, "opcua"])])
def lived(request: pytest.FixtureRequest) -> tuple[Life, Logs]:
    name, form = request.param.rsplit("-", 1)
    if form == "memory":
        return over_memory(name)
    lives, logs = request.getfixturevalue("over_sockets")
    if isinstance(lives[name], BaseException):
        raise lives[name]
    return lives[name], logs


@pytest.fixture
def life(lived: tuple[Life, Logs]) -> Life:
    return lived[0]


def test_every_driver_of_the_catalog_is_here() -> None:
    assert {name.removesuffix("_read") for name in MEMORY} | WITHOUT_A_WIRE == set(DRIVERS)


def test_first_comes_the_session_and_then_each_tag_s_value(life: Life) -> None:
    for each in "AB":
        mine = [row for row in life.phases["first"] if row.tag.startswith(f"{life.stage.name}_{each}.")]
        assert (mine[0].tag.rpartition(".")[2], mine[0].value, mine[0].quality) == ("session", 1.0, Quality.GOOD)
        assert {row.tag.rpartition(".")[2]: row.value for row in mine} == {"session": 1.0, "x": FIRST, "y": FIRST}
        assert [row.value for row in life.of("first", f"{each}.session")] == [1.0]


def test_what_a_tag_shows_arrives_in_its_order_and_none_is_left_out(life: Life) -> None:
    said = [row.value for row in life.of("shown", "A.x")]
    if life.stage.is_polled:
        said = [value for at, value in enumerate(said) if at == 0 or said[at - 1] != value]
        said = [value for value in said if value != FIRST]
    assert said == list(SHOWN)


def test_the_times_of_a_tag_never_go_back(life: Life) -> None:
    last: dict[str, int] = {}
    for row in life.all():
        assert row.at >= last.get(row.tag, 0), row
        last[row.tag] = row.at


def test_a_loss_is_the_session_at_0_and_every_tag_bad_with_its_last_value_once(life: Life) -> None:
    y = FIRST if life.stage.unfit is None else WRITTEN
    for each, x, last_y in (("A", SHOWN[-1], y), ("B", FIRST, FIRST)):
        for tag, value, quality in (("session", 0.0, Quality.GOOD), ("x", x, Quality.BAD), ("y", last_y, Quality.BAD)):
            rows = life.of("lost", f"{each}.{tag}")
            lost = [row for row in rows if quality is Quality.GOOD or row.quality is Quality.BAD]
            assert [(row.value, row.quality) for row in lost] == [(value, quality)], tag
            assert rows[-1] is lost[-1], "nothing is said of a device that is not there"


def test_it_comes_back_by_itself_within_its_back_off(life: Life) -> None:
    for each in "AB":
        (back,) = life.of("back", f"{each}.session")
        assert back.value == 1.0
        # 60 s after a loss: the longest waits are 10 s of a connection and a minute of a device.
        assert back.at - life.began["back"] <= 61 * SECOND
        assert FIRST in life.goods("back", f"{each}.x") or SHOWN[-1] in life.goods("back", f"{each}.x")


def test_a_device_alone_that_is_gone_costs_the_other_nothing(life: Life) -> None:
    assert [row.value for row in life.of("one_lost", "A.session")] == [0.0]
    assert {row.quality for row in life.of("one_lost", "A.x")[-1:]} == {Quality.BAD}
    assert life.of("one_lost", "B.session") == life.of("one_back", "B.session") == []
    others = [row for tag in ("B.x", "B.y") for phase in ("one_lost", "one_back") for row in life.of(phase, tag)]
    assert {row.quality for row in others} <= {Quality.GOOD}
    assert others or not life.stage.is_polled


def test_lost_and_back_are_logged_once_each(lived: tuple[Life, Logs]) -> None:
    life, logs = lived
    for each, times in (("A", 2), ("B", 1)):
        mine = [log["event"] for log in logs if log.get("device") == f"{life.stage.name}_{each}"]
        events = [event for event in mine if event in ("device is up", "device is lost", "device is back")]
        assert events == ["device is up", *["device is lost", "device is back"] * times]


def test_it_neither_ends_nor_raises(life: Life) -> None:
    assert life.ended_early == []


def test_a_batch_is_handed_on_at_once(life: Life) -> None:
    """A poll may have waited for one answer that did not come."""
    assert life.late <= 1000 * MILLISECOND


def test_a_write_arrives_once_and_can_be_read_back(life: Life) -> None:
    if life.stage.unfit is None:
        assert life.answers["written"].end is WriteEnd.REFUSED
        assert life.answers["written"].detail
        assert life.taken["written"] == []
        return
    assert life.answers["written"].end is WriteEnd.DONE
    assert life.taken["written"] == [WRITTEN]
    assert life.read_back["written"] == WRITTEN


def test_what_a_tag_cannot_take_is_refused_and_nothing_leaves(life: Life) -> None:
    if life.stage.unfit is not None:
        assert life.answers["unfit"].end is WriteEnd.REFUSED
        assert life.answers["unfit"].detail
        assert life.taken["written"] == [WRITTEN]


def test_what_was_not_sent_does_not_arrive_later(life: Life) -> None:
    if life.stage.unfit is not None:
        assert life.answers["lost"].end is WriteEnd.NOT_SENT
        assert TOO_LATE not in life.taken["one_back"]
        assert life.read_back["lost"] in (None, WRITTEN)


def test_into_silence_a_write_arrives_at_most_once_and_is_never_called_done_without_reason(life: Life) -> None:
    arrived = list(life.taken["one_back"]).count(INTO_SILENCE)
    match life.answers["silence"].end:
        case WriteEnd.DONE:
            assert arrived == 1 or (arrived == 0 and not life.stage.answers_writes)
        case WriteEnd.UNKNOWN:
            assert arrived <= 1
        case WriteEnd.REFUSED | WriteEnd.NOT_SENT:
            assert arrived == 0


def test_every_word_that_was_counted_is_in_the_readme(life: Life) -> None:
    assert life.counters
    assert {device for device, _ in life.counters} <= {f"{life.stage.name}_{each}" for each in "AB"}
    readme = (Path(__file__).parents[2] / "drivers" / life.stage.name.removesuffix("_read") / "README.md").read_text()
    words = {re.sub(r"\d+$|0x\w+$", "", word) for _, word in life.counters}
    assert {word for word in words if f"`{word}" not in readme} == set()


def test_rates_are_told_of_every_device(life: Life) -> None:
    assert set(life.rates) == {f"{life.stage.name}_{each}" for each in "AB"}
    assert all(configured >= 0 and achieved > 0 for configured, achieved in life.rates.values())


def test_closing_leaves_neither_connection_nor_task(lived: tuple[Life, Logs], request: pytest.FixtureRequest) -> None:
    life, _ = lived
    assert life.left_connections == 0
    if "memory" in request.node.name:
        assert life.left_tasks == 0
