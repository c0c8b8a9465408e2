"""The OPC UA driver on virtual time: what values and alarms become, and what is said when the server is lost."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from drivers.base import TakesAcknowledgements, WriteEnd
from drivers.memory import MemoryLinks
from drivers.opcua.absent import AbsentOpcUaLink
from drivers.opcua.codec import Kind
from drivers.opcua.memory import MemoryNode, MemoryOpcUaServer
from drivers.opcua.status import Status
from drivers.opcua.trouble import ServerUnreachable
from edge.model.moment import MILLISECOND, SECOND, from_iso
from edge.model.sample import Mark, Quality, value_of_text
from edge.runtime.virtual import VirtualClock, run_virtually
from tests.driver_rig import Rig, Row, device

START = from_iso("2026-05-04T08:00:00Z")
GOOD, UNCERTAIN, BAD = Quality.GOOD, Quality.UNCERTAIN, Quality.BAD
URL = {"url": "opc.tcp://plc:4840"}
TAGS = {
    "temp": {"node": "nsu=urn:memory:server;s=Temp", "scale": 0.1},
    "run": {"path": "Objects/own:Run", "type": "bool"},
    "recipe": {"node": "ns=1;s=Recipe", "type": "text"},
    "hot": {"alarm": "Line/Hot"},
    "hot_text": {"alarm": "Line/Hot", "part": "message"},
    "hot_seen": {"alarm": "Line/Hot", "part": "acknowledged"},
}
CONNECTION = {**URL, "namespaces": {"own": "urn:memory:server"}}

Act = Callable[[MemoryOpcUaServer], None]


def nodes() -> dict[str, MemoryNode]:
    return {
        "ns=1;s=Temp": MemoryNode(Kind.INT16, 205),
        "ns=1;s=Run": MemoryNode(Kind.BOOLEAN, True, way=((0, "Objects"), (1, "Run"))),
        "ns=1;s=Recipe": MemoryNode(Kind.STRING, "A-17"),
    }


def watch(
    acts: Mapping[int, Act],
    until: int = 3 * SECOND,
    tags: Mapping[str, Any] = TAGS,
    then: Callable[[Rig, MemoryOpcUaServer], Awaitable[None]] | None = None,
    refreshes: bool = True,
    **connection: Any,
) -> tuple[list[Row], Rig]:
    """What the driver yields while `acts` happen at their times; -1: before it begins."""

    async def main(clock: VirtualClock) -> tuple[list[Row], Rig]:
        server = MemoryOpcUaServer(clock, nodes=nodes(), refreshes=refreshes)
        links = MemoryLinks(clock, modbus={}, mqtt={}, opcua={URL["url"]: server})
        rig = Rig([device("opcua", "M", tags, CONNECTION | connection)], clock, links)
        seen: list[Row] = []

        async def read() -> None:
            async with rig.batches() as batches:
                async for rows in batches:
                    assert [row.at for row in rows] == sorted(row.at for row in rows)
                    seen.extend(rows)

        if -1 in acts:
            acts[-1](server)
        reading = asyncio.create_task(read())
        for at, act in sorted(acts.items()):
            if at >= 0:
                await clock.sleep_until(START + at)
                act(server)
        await clock.sleep_until(START + until + MILLISECOND)
        if then is not None:
            await then(rig, server)
        assert not reading.done(), "a driver never ends"
        reading.cancel()
        await asyncio.wait({reading})
        return seen, rig

    return run_virtually(main, START)


def of(seen: list[Row], tag: str) -> list[tuple[int, float, Quality]]:
    return [(row.at - START, row.value, row.quality) for row in seen if row.tag == tag]


@pytest.mark.parametrize("mode", ["subscribe", "read"])
def test_values_come_in_their_unit_with_the_words_of_texts(mode: str) -> None:
    seen, _ = watch({}, until=100 * MILLISECOND, mode=mode)
    assert of(seen, "M.session") == [(0, 1.0, GOOD)]
    assert of(seen, "M.temp") == [(0, 20.5, GOOD)]
    assert of(seen, "M.run") == [(0, 1.0, GOOD)]
    assert next(row.text for row in seen if row.tag == "M.recipe") == "A-17"


def test_the_server_tells_of_changes_alone_and_reading_comes_in_its_rhythm() -> None:
    acts: dict[int, Act] = {SECOND + 5: lambda server: server.set("ns=1;s=Temp", 300)}
    told, _ = watch(acts, tags={"temp": TAGS["temp"]})
    assert of(told, "M.temp") == [(0, 20.5, GOOD), (SECOND + 5, 30.0, GOOD)]
    read, _ = watch(acts, tags={"temp": TAGS["temp"]}, mode="read")
    assert of(read, "M.temp") == [(0, 20.5, GOOD), (SECOND, 20.5, GOOD), (2 * SECOND, 30.0, GOOD), (3 * SECOND, 30.0, GOOD)]
    assert {row.mark for row in read} == {Mark.NONE}


def test_a_status_is_the_quality_and_a_bad_value_leaves_the_last_one_standing() -> None:
    acts: dict[int, Act] = {
        1: lambda server: server.set("ns=1;s=Temp", 210, Status.UNCERTAIN_LAST_USABLE_VALUE),
        2: lambda server: server.set("ns=1;s=Temp", 999, Status.BAD_NO_COMMUNICATION),
        3: lambda server: server.set("ns=1;s=Temp", 999, Status.BAD_SENSOR_FAILURE),
    }
    seen, rig = watch(acts, tags={"temp": TAGS["temp"]})
    assert of(seen, "M.temp")[:3] == [(0, 20.5, GOOD), (1, 21.0, UNCERTAIN), (2, 20.5, BAD)]
    at, value, quality = of(seen, "M.temp")[3]
    assert (at, math.isnan(value), quality, seen[-1].mark) == (3, True, BAD, Mark.SENSOR_FAULT)
    refused = [(each.tag, each.source, each.cause) for each in rig.drivers[0].refused_inputs()]
    node = "nsu=urn:memory:server;s=Temp"
    assert refused == [
        ("M.temp", node, "uncertain_last_usable_value"),
        ("M.temp", node, "bad_no_communication"),
        ("M.temp", node, "bad_sensor_failure"),
    ]


@pytest.mark.parametrize("mode", ["subscribe", "read"])
def test_a_node_that_is_not_there_costs_the_others_nothing_and_is_found_with_the_next_session(mode: str) -> None:
    def appear(server: MemoryOpcUaServer) -> None:
        server.nodes["ns=1;s=New"] = MemoryNode(Kind.DOUBLE, 7.0, way=((0, "Objects"), (1, "New")))
        server.cut()
        server.mend()

    tags = {"temp": TAGS["temp"], "new": {"path": "Objects/own:New"}, "astray": {"node": "nsu=urn:other;i=1"}}
    seen, rig = watch({1500 * MILLISECOND: appear}, tags=tags, mode=mode)
    assert of(seen, "M.temp")[0] == (0, 20.5, GOOD)
    at, value, quality = of(seen, "M.new")[0]
    assert (at, quality, math.isnan(value)) == (0, BAD, True)
    assert of(seen, "M.new")[-1][1:] == (7.0, GOOD)
    assert {row.quality for row in seen if row.tag == "M.astray"} == {BAD}
    assert rig.drivers[0].counters()["M", "bad_no_match"] == 1
    assert rig.drivers[0].counters()["M", "unknown_namespace"] == 2


def test_a_lost_session_is_said_once_and_all_is_made_anew() -> None:
    acts: dict[int, Act] = {
        SECOND: MemoryOpcUaServer.cut,
        2 * SECOND: lambda server: server.set("ns=1;s=Temp", 300),
        4 * SECOND: MemoryOpcUaServer.mend,
    }
    seen, rig = watch(acts, until=8 * SECOND)
    assert of(seen, "M.session") == [(0, 1.0, GOOD), (SECOND, 0.0, GOOD), (4500 * MILLISECOND, 1.0, GOOD)]
    assert of(seen, "M.temp") == [(0, 20.5, GOOD), (SECOND, 20.5, BAD), (4500 * MILLISECOND, 30.0, GOOD)]
    assert rig.drivers[0].counters()["M", "no_connection"] == 3, "0.5 s, 1 s and 2 s apart"


# --- alarms ---------------------------------------------------------------------------------------------------------


def test_an_alarm_is_its_severity_while_it_is_active_and_its_message_comes_before() -> None:
    acts: dict[int, Act] = {
        1: lambda server: server.condition("Line/Hot", active=True, severity=700, message="料温高"),
        2: lambda server: server.condition("Line/Hot", active=False, severity=700, message="料温正常"),
    }
    seen, _ = watch(acts)
    assert of(seen, "M.hot") == [(0, 0.0, GOOD), (1, 700.0, GOOD), (2, 0.0, GOOD)]
    rows = [(row.tag, row.text) for row in seen if row.at == START + 1]
    assert rows[:2] == [("M.hot_text", "料温高"), ("M.hot", None)]
    assert value_of_text("料温高") == of(seen, "M.hot_text")[1][1]


def test_an_alarm_that_stood_before_we_came_is_first_knowledge_and_no_news() -> None:
    def before(server: MemoryOpcUaServer) -> None:
        server.condition("Line/Hot", active=True, severity=400)

    seen, _ = watch({-1: before})
    assert [(row.value, row.mark) for row in seen if row.tag == "M.hot"] == [(400.0, Mark.INITIAL)]


def test_an_alarm_and_a_loss_come_within_a_keepalive_however_rarely_values_are_read() -> None:
    acts: dict[int, Act] = {
        20 * SECOND: lambda server: server.condition("Line/Hot", active=True, severity=700, message="料温高"),
        40 * SECOND: MemoryOpcUaServer.cut,
    }
    seen, _ = watch(acts, until=60 * SECOND, mode="read", every="1h", keepalive="4s")
    assert [(value, at <= 24 * SECOND) for at, value, _ in of(seen, "M.hot")][1] == (700.0, True)
    assert [(value, at <= 44 * SECOND) for at, value, _ in of(seen, "M.session")] == [(1.0, True), (0.0, True)]


def test_an_alarm_that_ended_while_the_session_was_lost_is_over_with_the_next() -> None:
    acts: dict[int, Act] = {
        1: lambda server: server.condition("Line/Hot", active=True, severity=400),
        SECOND: MemoryOpcUaServer.cut,
        2 * SECOND: lambda server: server.condition("Line/Hot", active=False),
        3 * SECOND: MemoryOpcUaServer.mend,
    }
    seen, _ = watch(acts, until=8 * SECOND)
    assert [value[1:] for value in of(seen, "M.hot")] == [(0.0, GOOD), (400.0, GOOD), (400.0, BAD), (0.0, GOOD)]


def test_an_alarm_that_the_server_has_done_with_while_the_session_was_lost_is_over_though_it_is_not_told() -> None:
    def done_with(server: MemoryOpcUaServer) -> None:
        server.condition("Line/Hot", active=False)
        (said,) = server.standing()
        server.acknowledge(said.node, said.event_id, "")
        assert not server.standing()

    acts: dict[int, Act] = {
        1: lambda server: server.condition("Line/Hot", active=True, severity=400),
        SECOND: MemoryOpcUaServer.cut,
        2 * SECOND: done_with,
        3 * SECOND: MemoryOpcUaServer.mend,
    }
    seen, _ = watch(acts, until=8 * SECOND)
    assert [value[1:] for value in of(seen, "M.hot")] == [(0.0, GOOD), (400.0, GOOD), (400.0, BAD), (0.0, GOOD)]


def test_a_node_that_the_server_will_not_show_is_bad_with_its_reason() -> None:
    seen, rig = watch({}, tags={"temp": TAGS["temp"], "gone": {"node": "ns=1;s=Gone"}})
    assert [(quality, math.isnan(value)) for _, value, quality in of(seen, "M.gone")] == [(BAD, True)]
    assert of(seen, "M.temp") == [(0, 20.5, GOOD)]
    assert rig.drivers[0].counters()["M", "bad_node_id_unknown"] == 1


def test_what_a_server_does_not_tell_of_its_alarms_is_not_made_up() -> None:
    seen, rig = watch({SECOND: lambda server: server.condition("Line/Hot", active=True, severity=1)}, refreshes=False)
    assert of(seen, "M.hot") == [(SECOND, 1.0, GOOD)], "nothing before it was told of"
    assert rig.drivers[0].counters()["M", "no_refresh"] == 1


def test_an_acknowledgement_is_passed_on_with_the_number_of_what_was_told_last() -> None:
    async def acknowledge(rig: Rig, server: MemoryOpcUaServer) -> None:
        driver = rig.drivers[0]
        assert isinstance(driver, TakesAcknowledgements)
        assert (await driver.acknowledge("M.temp", "")).end is WriteEnd.NOT_SENT
        server.acknowledges = Status.BAD_USER_ACCESS_DENIED
        refused = await driver.acknowledge("M.hot", "张工 looks")
        assert refused.end is WriteEnd.REFUSED and "may not do that" in refused.detail
        server.acknowledges = Status.GOOD
        assert (await driver.acknowledge("M.hot", "张工 looks")).end is WriteEnd.DONE
        assert [comment for _, _, comment in server.acknowledged] == ["张工 looks", "张工 looks"]
        await rig.clock.sleep_until(rig.clock.now() + 1)
        again = await driver.acknowledge("M.hot_seen", "")
        assert (again.end, again.detail, len(server.acknowledged)) == (WriteEnd.DONE, "acknowledged at the device already", 2)
        server.cut()
        await rig.clock.sleep_until(rig.clock.now() + 1)
        assert (await driver.acknowledge("M.hot", "")).end is WriteEnd.NOT_SENT

    seen, _ = watch({1: lambda server: server.condition("Line/Hot", active=True)}, then=acknowledge)
    assert [value for _, value, quality in of(seen, "M.hot_seen") if quality is GOOD] == [1.0, 0.0, 1.0]


# --- writes ---------------------------------------------------------------------------------------------------------


def test_a_value_is_written_as_the_type_of_its_node_and_read_back() -> None:
    async def write(rig: Rig, server: MemoryOpcUaServer) -> None:
        driver = rig.drivers[0]
        assert (await driver.write("M.temp", 62.3)).end is WriteEnd.DONE
        assert server.nodes["ns=1;s=Temp"].value == 623 and await driver.read_back("M.temp") == 62.3
        assert (await driver.write("M.recipe", "B-2")).end is WriteEnd.DONE
        assert await driver.read_back("M.recipe") == "B-2"
        assert (await driver.write("M.temp", 62.34)).end is WriteEnd.REFUSED, "no whole number of tenths"
        assert (await driver.write("M.hot", 1.0)).end is WriteEnd.REFUSED
        server.nodes["ns=1;s=Temp"].writes = Status.BAD_NOT_WRITABLE
        assert (await driver.write("M.temp", 1.0)).end is WriteEnd.REFUSED
        server.nodes["ns=1;s=Temp"].writes = Status.BAD_TIMEOUT
        assert (await driver.write("M.temp", 1.0)).end is WriteEnd.UNKNOWN
        assert server.nodes["ns=1;s=Temp"].value == 623
        server.cut()
        await rig.clock.sleep_until(rig.clock.now() + 1)
        assert (await driver.write("M.temp", 1.0)).end is WriteEnd.NOT_SENT
        assert await driver.read_back("M.temp") is None

    watch({}, then=write)


def test_without_the_library_the_device_is_lost_and_says_what_to_install() -> None:
    async def main(clock: VirtualClock) -> str:
        with pytest.raises(ServerUnreachable) as refused:
            await AbsentOpcUaLink("opc.tcp://plc:4840", clock).connect()
        return str(refused.value)

    assert "pip install 'andon[opcua]'" in run_virtually(main, START)


def test_what_is_read_says_how_well_its_period_is_kept_and_what_is_told_has_none() -> None:
    _, rig = watch({}, until=10 * SECOND, mode="read")
    (scan,) = rig.drivers[0].scans()  # type: ignore[attr-defined]  # it is `Scanning`
    assert (scan.device, scan.every, scan.tags, scan.lag, scan.overruns) == ("M", SECOND, 3, 0, 0)
    assert 1.0 <= scan.achieved <= 1.1
    _, rig = watch({}, until=10 * SECOND)
    assert rig.drivers[0].scans() == []  # type: ignore[attr-defined]  # it is `Scanning`
