"""What the Sparkplug driver makes of messages that nobody can read, or that say what cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.moment import MILLISECOND, SECOND
from simulators.sparkplug.payload import BOOLEAN, FLOAT, INT32, INT64, Reading, payload
from tests.unit.drivers.sparkplug_line import BAD, GOOD, PUMP, Line, play, pump


def test_garbage_is_counted_and_shows_as_the_gap_that_it_is() -> None:
    async def story(line: Line) -> None:
        line.birth()
        line.say(("spBv1.0/plant/DDATA/line_3/pump", b"\xff\xff"))
        line.node.change("pump", "Count", 1, line.ms)
        line.change("Count", 2)
        await line.wait(3 * SECOND)

    line = play(story)
    assert (line.count("not_protobuf"), line.count("gap")) == (1, 1)
    assert line.last("P.temp").quality is BAD


UNREADABLE = (b"\xff\xff", b"", payload(1, 2, [Reading(99.0, FLOAT, "Motor/Temperature")])[:-3], payload(1, None, []))


@pytest.mark.parametrize("body", UNREADABLE)
@pytest.mark.parametrize("topic", ["DDATA/line_3/pump", "DBIRTH/line_3/pump", "NBIRTH/line_3", "NDATA/line_3"])
def test_what_nobody_can_read_makes_every_tag_bad_at_once_though_the_node_is_silent_from_then_on(
    topic: str, body: bytes
) -> None:
    async def story(line: Line) -> None:
        line.birth()
        await line.wait()
        line.say((f"spBv1.0/plant/{topic}", body))
        await line.wait(MILLISECOND)
        assert {line.last(f"P.{key}").quality for key in PUMP} == {BAD}
        line.say((f"spBv1.0/plant/{topic}", body))
        await line.wait(600 * SECOND)

    line = play(story)
    assert line.of("P.temp") == [(62.5, GOOD), (62.5, BAD)], "it may have said anything, and it is said once"


def test_a_birth_is_asked_for_after_what_nobody_can_read_and_brings_what_was_said() -> None:
    async def story(line: Line) -> None:
        await line.wait(10 * SECOND)
        topic, body = line.node.change("pump", "Motor/Temperature", 99.0, line.ms)
        line.say((topic, body[:-3]))
        await line.wait(MILLISECOND)

    line = play(story, obeys=True)
    assert line.of("P.temp") == [(62.5, GOOD), (62.5, BAD), (99.0, GOOD)]
    assert line.count("rebirth_asked") == 2


def test_a_death_that_nobody_can_read_is_a_death() -> None:
    async def story(line: Line) -> None:
        line.birth()
        line.say(("spBv1.0/plant/NDEATH/line_3", b"\xff"))

    line = play(story)
    assert line.of("P.session") == [(1.0, GOOD), (0.0, GOOD)]
    assert line.of("P.temp") == [(62.5, GOOD), (62.5, BAD)]


def test_a_payload_without_its_end_is_no_message() -> None:
    """The sequence number comes last, so that a payload which is cut between two fields has none."""

    async def story(line: Line) -> None:
        line.birth()
        whole = payload(line.ms, 2, [Reading(99.0, FLOAT, "Motor/Temperature"), Reading(1, INT64, "X")])
        for cut in range(len(whole)):
            line.say(("spBv1.0/plant/DDATA/line_3/pump", whole[:cut]))

    assert play(story, pump(rebirth=False)).of("P.temp") == [(62.5, GOOD), (62.5, BAD)]


@pytest.mark.parametrize("said", [Reading(99.0, FLOAT, None, 77), Reading(99.0, FLOAT, "Motor/Temperature", 2)])
def test_an_alias_that_the_birth_did_not_give_so_makes_every_tag_bad_until_the_rebirth(said: Reading) -> None:
    async def story(line: Line) -> None:
        await line.wait(10 * SECOND)
        topic, _ = line.node.change("pump", "Motor/Temperature", 99.0, line.ms)
        line.say((topic, payload(line.ms, 2, [Reading(5, INT32, None, 2), said])))
        await line.wait(MILLISECOND)

    line = play(story, obeys=True)
    assert line.of("P.temp") == [(62.5, GOOD), (62.5, BAD), (99.0, GOOD)]
    assert line.of("P.count") == [(-0.7, GOOD), (-0.7, BAD), (-0.7, GOOD)], "known aliases may be of an elder birth too"
    assert line.count("rebirth_asked") == 2


def test_an_alias_that_the_birth_gave_twice_makes_bad_both_of_its_tags_and_no_other() -> None:
    async def story(line: Line) -> None:
        both = [Reading(62.5, FLOAT, "Motor/Temperature", 1), Reading(-7, INT32, "Count", 1)]
        twice = [*both, Reading(True, BOOLEAN, "Running", 3)]
        line.say(("spBv1.0/plant/NBIRTH/line_3", payload(line.ms, 0, [Reading(1, INT64, "bdSeq")])))
        line.say(("spBv1.0/plant/DBIRTH/line_3/pump", payload(line.ms, 1, twice)))
        await line.wait()
        said = [Reading(99.0, FLOAT, None, 1), Reading(False, BOOLEAN, None, 3)]
        line.say(("spBv1.0/plant/DDATA/line_3/pump", payload(line.ms, 2, said)))

    line = play(story)
    assert line.of("P.temp") == [(62.5, GOOD), (62.5, BAD)]
    assert line.of("P.count") == [(-0.7, GOOD), (-0.7, BAD)]
    assert line.of("P.running") == [(1.0, GOOD), (0.0, GOOD)]
    assert (line.count("alias_twice"), line.count("rebirth_asked")) == (1, 1), "another birth would say the same"


@given(
    st.lists(st.tuples(st.sampled_from(["NBIRTH", "NDEATH", "DBIRTH", "DDATA", "NDATA"]), st.binary(max_size=40)), max_size=12)
)
@settings(max_examples=60)
def test_no_payload_of_whatever_bytes_stops_the_driver(said: list[tuple[str, bytes]]) -> None:
    async def story(line: Line) -> None:
        line.birth()
        for kind, body in said:
            line.say((f"spBv1.0/plant/{kind}/line_3" + ("/pump" if kind[0] == "D" else ""), body))
        await line.wait(20 * SECOND)
        line.birth()

    line = play(story)
    assert (line.last("P.temp").value, line.last("P.temp").quality, line.last("P.session").value) == (62.5, GOOD, 1.0)


@given(st.integers(0, 2), st.integers(0, 10_000), st.integers(1, 255))
@settings(max_examples=100)
def test_a_birth_or_a_change_with_a_damaged_byte_does_not_stop_the_driver(which: int, place: int, change: int) -> None:
    async def story(line: Line) -> None:
        line.node.begin_session()
        messages = [*line.node.birth(line.ms), line.node.change("pump", "Count", 5, line.ms)]
        for number, (topic, body) in enumerate(messages):
            damaged = bytearray(body)
            if number == which:
                damaged[place % len(damaged)] ^= change
            line.say((topic, bytes(damaged)))
        await line.wait(20 * SECOND)
        line.birth()

    line = play(story)
    assert (line.last("P.count").value, line.last("P.count").quality) == (0.5, GOOD)
