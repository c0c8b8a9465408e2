"""A device's own word about its presence: what counts while it is gone, and what waits until it has spoken."""

from __future__ import annotations

import pytest

from edge.model.moment import SECOND
from edge.model.sample import Mark
from edge.model.tag import Device
from tests.driver_rig import Rig, device
from tests.unit.drivers.mqtt_broker import BAD, GOOD, HOST, START, Act, of, press, say, watch


def watched(name: str) -> Device:
    return press(name, availability={"topic": "line/{device}/status", "offline": "gone"})


def test_a_device_whose_last_will_is_published_is_lost_and_the_others_stay_up() -> None:
    acts = {
        1 * SECOND: [say("line/P1/vib", b"1"), say("line/P2/vib", b"2")],
        2 * SECOND: say("line/P1/status", b"gone", retain=True),
        4 * SECOND: [say("line/P1/status", b"online", retain=True), say("line/P1/vib", b"3")],
    }
    seen = watch([watched("P1"), watched("P2")], 5 * SECOND, acts)
    assert [row[:2] for row in of(seen, "P1.session")] == [(0, 1.0), (2 * SECOND, 0.0), (4 * SECOND, 1.0)]
    assert [row[:3] for row in of(seen, "P1.vib")] == [(SECOND, 1.0, GOOD), (2 * SECOND, 1.0, BAD), (4 * SECOND, 3.0, GOOD)]
    assert [row[:2] for row in of(seen, "P2.session")] == [(0, 1.0)]
    assert [row[1:3] for row in of(seen, "P2.vib")] == [(2.0, GOOD)]


def test_what_the_broker_retained_of_a_device_that_is_gone_is_no_value_of_now() -> None:
    retained = [say("line/P1/status", b"gone", retain=True), say("line/P1/vib", b"9", retain=True)]
    seen = watch([watched("P1"), watched("P2")], SECOND, {-1: retained})
    assert {row[2] for row in of(seen, "P1.vib")} == {BAD}
    assert of(seen, "P1.session")[-1][1] == 0.0


@pytest.mark.parametrize("word", [b"gone", b"online", b"asleep", None])
def test_what_was_retained_waits_for_the_device_s_word_whatever_comes_first(word: bytes | None) -> None:
    retained = [say("line/P1/vib", b"9", retain=True), say("line/P2/vib", b"8", retain=True)]
    if word is not None:
        retained.append(say("line/P1/status", word, retain=True))
    seen = watch([watched("P1"), watched("P2"), press("P3")], SECOND, {-1: retained})
    good = [row for row in of(seen, "P1.vib") if row[2] is GOOD]
    assert good == ([(0, 9.0, GOOD, Mark.INITIAL | Mark.RECEIVED_TIME_USED)] if word == b"online" else [])
    assert {row[2] for row in of(seen, "P2.vib")} == {BAD}, "nobody has said that it is there"


def test_a_word_that_comes_late_lets_in_what_was_retained_and_is_not_older_than_news() -> None:
    retained = [say("line/P1/vib", b"9", retain=True), say("line/P1/coil", b"C-7", retain=True)]
    acts: dict[int, Act | list[Act]] = {
        -1: retained,
        1 * SECOND: say("line/P1/vib", b"3"),
        2 * SECOND: say("line/P1/status", b"online", retain=True),
        3 * SECOND: say("line/P1/status", b"online", retain=True),
    }
    seen = watch([watched("P1")], 4 * SECOND, acts)
    assert [row[:2] for row in of(seen, "P1.vib") if row[2] is GOOD] == [(SECOND, 3.0)]
    coils = [(row.at - START, row.text) for rows in seen for row in rows if row.tag == "P1.coil" and row.quality is GOOD]
    assert coils == [(2 * SECOND, "C-7")], "once, and not in the past of what came before it"


def test_the_word_is_waited_for_on_each_connection_anew() -> None:
    acts: dict[int, Act | list[Act]] = {
        -1: [say("line/P1/vib", b"9", retain=True), say("line/P1/status", b"online", retain=True)],
        1 * SECOND: lambda broker: broker.cut(),
        2 * SECOND: [say("line/P1/status", b"gone", retain=True), lambda broker: broker.mend()],
    }
    seen = watch([watched("P1")], 5 * SECOND, acts)
    assert [row[:2] for row in of(seen, "P1.vib") if row[2] is GOOD] == [(0, 9.0)]
    assert of(seen, "P1.session")[-1][1] == 0.0


def test_what_a_device_says_while_it_is_gone_by_its_own_word_is_no_value_and_is_counted() -> None:
    acts: dict[int, Act | list[Act]] = {
        1 * SECOND: [say("line/P1/vib", b"1"), say("line/P1/status", b"gone", retain=True), say("line/P1/vib", b"2")],
        2 * SECOND: say("line/P1/vib", b"3"),
        3 * SECOND: [say("line/P1/status", b"online", retain=True), say("line/P1/vib", b"4")],
    }
    found: dict[str, Rig] = {}
    seen = watch([watched("P1")], 4 * SECOND, acts, found)
    assert [row[1] for row in of(seen, "P1.vib") if row[2] is GOOD] == [1.0, 4.0]
    assert [row[1] for row in of(seen, "P1.vib") if row[2] is BAD] == [1.0] * 3, "the last that counted is kept"
    assert found["rig"].drivers[0].counters()["P1", "while_offline"] == 2


def test_a_tag_may_show_the_word_itself() -> None:
    tags = {"word": {"topic": "line/P1/status", "type": "text"}}
    one = device("mqtt", "P1", tags, HOST | {"availability": {"topic": "line/P1/status"}})
    seen = watch(
        [one], 3 * SECOND, {-1: say("line/P1/status", b"online", retain=True), SECOND: say("line/P1/status", b"online")}
    )
    words = [(row.at - START, row.text) for rows in seen for row in rows if row.tag == "P1.word"]
    assert words == [(0, "online"), (SECOND, "online")]


def test_a_device_that_is_gone_stays_gone_over_a_loss_of_the_broker_until_it_says_otherwise() -> None:
    acts: dict[int, Act | list[Act]] = {
        1 * SECOND: say("line/P1/status", b"gone", retain=True),
        2 * SECOND: lambda broker: broker.cut(),
        3 * SECOND: lambda broker: broker.mend(),
        9 * SECOND: say("line/P1/status", b"online", retain=True),
    }
    seen = watch([watched("P1"), watched("P2")], 10 * SECOND, acts)
    assert [row[:2] for row in of(seen, "P1.session")] == [(0, 1.0), (SECOND, 0.0), (9 * SECOND, 1.0)]
    assert [row[1] for row in of(seen, "P2.session")] == [1.0, 0.0, 1.0]


def test_a_word_that_is_neither_changes_nothing_and_is_counted() -> None:
    found: dict[str, Rig] = {}
    seen = watch([watched("P1")], 2 * SECOND, {SECOND: say("line/P1/status", b"asleep")}, found)
    assert [row[1] for row in of(seen, "P1.session")] == [1.0]
    assert found["rig"].drivers[0].counters() == {("P1", "not_a_status"): 1}


def test_the_word_may_stand_in_json() -> None:
    one = press("P1", availability={"topic": "line/{device}/status", "path": "state"})
    seen = watch([one], 2 * SECOND, {SECOND: say("line/P1/status", b'{"state":"offline"}')})
    assert [row[1] for row in of(seen, "P1.session")] == [1.0, 0.0]
