"""The Sparkplug driver on virtual time: births, values, losses, and commands."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from drivers.base import WriteEnd
from drivers.memory import MemoryLinks
from edge.model.moment import MILLISECOND, SECOND
from edge.model.sample import Mark, Quality
from edge.ports import MqttAccess
from edge.runtime.virtual import VirtualClock, run_virtually
from simulators.sparkplug.node import SparkplugNode
from simulators.sparkplug.payload import INT32
from tests.driver_rig import device
from tests.unit.drivers.sparkplug_line import BAD, GOOD, METRICS, PLACE, PUMP, START, Line, play, pump


def test_a_birth_brings_the_session_and_all_values_as_first_knowledge() -> None:
    async def story(line: Line) -> None:
        line.birth()

    line = play(story)
    rows = {row.tag: row for row in line.seen}
    assert next(row.tag for row in line.seen) == "P.session"
    assert (rows["P.session"].value, rows["P.temp"].value, rows["P.count"].value) == (1.0, 62.5, -0.7)
    assert (rows["P.running"].value, rows["P.order"].text) == (1.0, "C1")
    assert {rows[f"P.{key}"].mark for key in PUMP} == {Mark.INITIAL}


def test_a_birth_of_thousands_of_metrics_is_taken_and_one_beyond_a_megabyte_is_refused_by_name() -> None:
    def of(metrics: int, name: str) -> Line:
        async def story(line: Line) -> None:
            more = {f"Hall/Area/Line/{name}{number}": (number, INT32) for number in range(metrics)}
            line.node = SparkplugNode("plant", "line_3", {"pump": {**METRICS, **more}})
            line.birth()

        return play(story)

    large = of(5_000, "Measurement")
    assert large.of("P.temp") == [(62.5, GOOD)] and large.count("too_large") == 0
    beyond = of(6_000, "x" * 200)
    assert beyond.of("P.temp") == [] and beyond.count("too_large") == 1


def test_a_node_that_was_there_before_us_is_asked_for_its_birth() -> None:
    async def story(line: Line) -> None:
        await line.wait()

    line = play(story, obeys=True)
    assert line.commands == ["spBv1.0/plant/NCMD/line_3"]
    assert line.of("P.temp") == [(62.5, GOOD)]


def test_data_by_alias_are_values_with_the_time_of_the_node() -> None:
    async def story(line: Line) -> None:
        line.birth()
        await line.wait()
        line.change("Motor/Temperature", 70.5, timestamp_ms=line.ms - 400)

    line = play(story)
    row = line.last("P.temp")
    assert (row.value, row.quality, row.mark, row.at - row.source_time) == (70.5, GOOD, Mark.NONE, 400 * MILLISECOND)


def test_a_time_stamp_outside_the_window_gives_way_to_ours() -> None:
    async def story(line: Line) -> None:
        line.birth()
        line.change("Motor/Temperature", 70.5, timestamp_ms=2**63)

    row = play(story).last("P.temp")
    assert (row.source_time, row.mark) == (row.at, Mark.RECEIVED_TIME_USED)


def test_all_samples_of_a_button_are_kept_in_order() -> None:
    async def story(line: Line) -> None:
        line.birth()
        for pressed in (False, True, False):
            line.change("Running", pressed)

    assert play(story).of("P.running") == [(1.0, GOOD), (0.0, GOOD), (1.0, GOOD), (0.0, GOOD)]


@pytest.mark.parametrize("over", ["death", "broker"])
def test_on_loss_every_tag_is_bad_with_its_last_value_and_on_birth_it_is_back(over: str) -> None:
    async def story(line: Line) -> None:
        line.birth()
        await line.wait()
        if over == "death":
            line.die()
        else:
            line.broker.cut()
        await line.wait()
        line.broker.mend()
        await line.wait(11 * SECOND)
        line.birth()

    line = play(story)
    assert line.of("P.session") == [(1.0, GOOD), (0.0, GOOD), (1.0, GOOD)]
    assert line.of("P.temp") == [(62.5, GOOD), (62.5, BAD), (62.5, GOOD)]
    assert line.last("P.temp").mark is Mark.INITIAL


def test_a_device_that_is_never_born_is_lost_after_a_while() -> None:
    async def story(line: Line) -> None:
        await line.wait(9 * SECOND)
        assert line.of("P.session") == []
        await line.wait(2 * SECOND)

    assert play(story).of("P.session") == [(0.0, GOOD)]


def test_a_lost_message_makes_every_tag_bad_until_the_rebirth() -> None:
    async def story(line: Line) -> None:
        await line.wait(10 * SECOND)
        line.lose("Motor/Temperature", 99.0)
        line.change("Count", 20)
        await line.wait(5 * SECOND)

    line = play(story, obeys=True)
    assert line.of("P.temp")[-2:] == [(62.5, BAD), (99.0, GOOD)]
    assert line.of("P.session") == [(1.0, GOOD)], "the session stood all the time"
    assert line.last("P.temp").mark is Mark.NONE, "what changed in between is news"
    assert line.count("gap") == 1


def test_a_lost_message_with_nobody_to_ask_leaves_bad_what_is_not_said_again() -> None:
    async def story(line: Line) -> None:
        line.birth()
        line.lose("Motor/Temperature", 99.0)
        line.change("Count", 20, name="Count")
        await line.wait(3 * SECOND)
        assert (line.last("P.temp").quality, line.last("P.count").quality) == (BAD, GOOD)
        line.change("Running", False)

    line = play(story, pump(rebirth=False))
    assert line.last("P.running").quality is BAD, "its alias may have another meaning by now"
    assert line.last("P.count").quality is BAD, "which may be this"
    assert line.count("unknown_alias") == 1


def test_null_and_quality_are_heard() -> None:
    async def story(line: Line) -> None:
        line.birth()
        line.change("Motor/Temperature", 70.5, quality=64)
        line.change("Motor/Temperature", 71.5, quality=0)
        line.change("Motor/Temperature", None)

    assert play(story).of("P.temp") == [(62.5, GOOD), (70.5, Quality.UNCERTAIN), (70.5, BAD), (70.5, BAD)]


def test_history_never_takes_the_place_of_what_is_newer() -> None:
    async def story(line: Line) -> None:
        line.birth()
        await line.wait()
        line.change("Motor/Temperature", 40.5, historical=True, timestamp_ms=line.ms - 5000)
        line.change("Motor/Temperature", 41.5, historical=True, timestamp_ms=line.ms - 500)
        line.change("Motor/Temperature", 42.5)

    line = play(story)
    assert line.of("P.temp") == [(62.5, GOOD), (41.5, GOOD), (42.5, GOOD)]
    assert line.count("historical") == 1


def test_a_metric_that_no_tag_can_hold_is_refused_by_name_and_its_tag_bad() -> None:
    async def story(line: Line) -> None:
        line.birth()
        line.change("Motor/Temperature", 1.0, datatype=16, says_type=True)

    line = play(story)
    assert line.last("P.temp").quality is BAD
    assert [(each.tag, each.cause) for each in line.rig.drivers[0].refused_inputs()] == [("P.temp", "type_changed")]


def test_a_tag_whose_metric_is_not_in_the_birth_is_bad() -> None:
    async def story(line: Line) -> None:
        line.birth()

    line = play(story, pump(tags={**PUMP, "gone": {"metric": "motor/temperature"}}))
    assert line.last("P.gone").quality is BAD
    assert line.count("not_in_birth") == 1


def test_what_the_broker_retained_is_not_taken() -> None:
    async def story(line: Line) -> None:
        await line.wait()

    async def main(clock: VirtualClock) -> Line:
        line = Line(clock, [pump()])
        for topic, body in line.node.birth(line.ms):
            line.broker.publish(topic, body, retain=True)
        reading = asyncio.create_task(line.read())
        await line.wait()
        reading.cancel()
        await asyncio.wait({reading})
        return line

    line = run_virtually(main, START)
    assert line.seen == []
    assert line.count("retained") == 2


def test_tags_of_the_node_itself_come_with_its_own_birth() -> None:
    async def story(line: Line) -> None:
        line.birth()

    node = device("sparkplug", "N", {"bd": {"metric": "bdSeq"}}, {key: PLACE[key] for key in ("host", "group", "node")})
    assert play(story, node).of("N.bd") == [(1.0, GOOD)]


def test_a_primary_host_says_that_it_is_there_and_that_it_is_not() -> None:
    said: list[bytes] = []

    async def story(line: Line) -> None:
        async def listen() -> None:
            link = MemoryLinks(line.clock, modbus={}, mqtt={("broker", 1883): line.broker}).mqtt(
                "broker", 1883, MqttAccess("w")
            )
            async for messages in link.messages([("spBv1.0/STATE/andon", 1)]):
                said.extend(message.payload for message in messages)

        listening = asyncio.create_task(listen())
        await line.wait()
        listening.cancel()
        await asyncio.wait({listening})

    play(story, pump(host_id="andon"))
    assert said == [b'{"online": true, "timestamp": %d}' % (START // MILLISECOND)]


# --- commands --------------------------------------------------------------------------------------------------------


def test_a_command_carries_the_data_type_of_the_birth_and_is_read_back_from_what_the_node_says() -> None:
    found: list[Any] = []

    async def story(line: Line) -> None:
        line.birth()
        await line.wait()
        driver = line.rig.drivers[0]
        found.append((await driver.write("P.count", 12.3)).end)
        await line.wait(MILLISECOND)
        found.append(await driver.read_back("P.count"))
        found.append((await driver.write("P.order", "C2")).end)
        await line.wait(MILLISECOND)
        found.append(await driver.read_back("P.order"))

    line = play(story, obeys=True)
    assert found == [WriteEnd.DONE, 12.3, WriteEnd.DONE, "C2"]
    assert line.of("P.count")[-1] == (12.3, GOOD)


def test_a_command_that_nobody_answers_is_never_read_back_as_done() -> None:
    found: list[Any] = []

    async def story(line: Line) -> None:
        line.birth()
        await line.wait()
        found.append((await line.rig.drivers[0].write("P.count", 12.3)).end)
        await line.wait()
        found.append(await line.rig.drivers[0].read_back("P.count"))

    play(story)
    assert found == [WriteEnd.DONE, None]


@pytest.mark.parametrize(("tag", "value"), [("P.count", 0.05), ("P.count", 1e12), ("P.running", 2.0), ("P.order", 1.0)])
def test_a_value_that_the_data_type_cannot_hold_is_refused(tag: str, value: float) -> None:
    found: list[WriteEnd] = []

    async def story(line: Line) -> None:
        line.birth()
        await line.wait()
        found.append((await line.rig.drivers[0].write(tag, value)).end)

    line = play(story, obeys=True)
    assert found == [WriteEnd.REFUSED]
    assert not [topic for topic in line.commands if "DCMD" in topic]


def test_without_a_birth_nothing_is_sent() -> None:
    found: list[WriteEnd] = []

    async def story(line: Line) -> None:
        found.append((await line.rig.drivers[0].write("P.count", 1.0)).end)

    play(story)
    assert found == [WriteEnd.NOT_SENT]
