"""The mirror: any order of answers gives the same alarms and values as asking for everything at the end."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.console.mirror import Change, Mirror
from edge.model.alarm import AlarmState

TAGS = ("A.t", "B.t")
ALARMS = {"A/high": "A.t", "A/low": "A.t", "B/high": "B.t"}


def alarm(alarm_id: str, *, state: str = "unacknowledged", value: float = 1.0) -> dict[str, Any]:
    tag = ALARMS[alarm_id]
    return {
        "alarm": alarm_id, "device": tag[0], "tag": tag, "state": state, "priority": "high", "value": value,
        "quality": "good", "says": None, "forced": False, "hung": 0,
    }  # fmt: skip


def reading(tag: str, value: float | None, quality: str = "good", reason: str = "") -> dict[str, Any]:
    return {"tag": tag, "value": value, "quality": quality, "reason": reason, "forced": False}


def begun() -> Mirror:
    mirror = Mirror()
    mirror.begin([reading(tag, 1.0) | {"unit": "°C", "device": tag[0]} for tag in TAGS])
    return mirror


def test_a_value_moves_with_its_tag_and_only_the_alarms_of_that_tag_are_said_to_move() -> None:
    mirror = begun()
    mirror.take([alarm("A/high"), alarm("B/high")], [], [])
    change = mirror.take([], [], [reading("A.t", 9.0)])
    assert (change.alarms, change.values, change.tags) == (frozenset(), {"A/high"}, {"A.t"})
    assert (mirror.alarms["A/high"]["value"], mirror.alarms["B/high"]["value"]) == (9.0, 1.0)
    assert mirror.tags["A.t"]["unit"] == "°C"


def test_a_hang_tag_marks_the_alarms_and_tags_of_its_device_and_those_that_come_later_until_it_is_gone() -> None:
    mirror = begun()
    mirror.take([alarm("A/high"), alarm("B/high")], [], [])
    change = mirror.hang([{"device": "A"}, {"device": "A"}])
    assert (change.alarms, change.tags) == ({"A/high"}, {"A.t"})
    mirror.take([alarm("A/low")], [], [reading("A.t", 9.0)])
    assert {name: each["hung"] for name, each in mirror.alarms.items()} == {"A/high": 2, "A/low": 2, "B/high": 0}
    assert {name: each["hung"] for name, each in mirror.tags.items()} == {"A.t": 2, "B.t": 0}
    assert mirror.hang([{"device": "A"}, {"device": "A"}]) == Change()
    mirror.hang([])
    assert not any(each["hung"] for each in (*mirror.alarms.values(), *mirror.tags.values()))


def test_an_alarm_says_that_people_have_forced_what_it_shows() -> None:
    mirror = begun()
    mirror.take([alarm("A/high"), alarm("B/high")], [], [reading("A.t", 9.0) | {"forced": True}])
    assert (mirror.alarms["A/high"]["forced"], mirror.alarms["B/high"]["forced"]) == (True, False)
    mirror.take([], [], [reading("A.t", 9.0)])
    assert not mirror.alarms["A/high"]["forced"]


def test_a_bad_reading_leaves_the_last_good_value_and_says_that_it_is_bad() -> None:
    mirror = begun()
    mirror.take([alarm("A/high", value=84.0)], [], [])
    mirror.take([], [], [reading("A.t", 850.0, "bad")])
    assert (mirror.alarms["A/high"]["value"], mirror.alarms["A/high"]["quality"]) == (84.0, "bad")
    assert mirror.alarms["A/high"]["says"] is None, "a lost device says nothing"


def test_what_a_failed_sensor_says_stands_beside_the_last_good_value_also_of_an_alarm_that_comes_later() -> None:
    mirror = begun()
    mirror.take([alarm("A/high", value=84.0)], [], [reading("A.t", 850.0, "bad", "sensor_fault")])
    mirror.take([alarm("A/low", value=84.0)], [], [])
    assert [(each["value"], each["says"]) for each in mirror.alarms.values()] == [(84.0, 850.0), (84.0, 850.0)]
    mirror.take([], [], [reading("A.t", 83.0)])
    assert [(each["value"], each["says"]) for each in mirror.alarms.values()] == [(83.0, None), (83.0, None)]


def test_what_is_gone_is_counted_no_more_and_no_longer_moves() -> None:
    mirror = begun()
    mirror.take([alarm("A/high"), alarm("A/low", state="shelved")], [], [])
    assert (mirror.counts["high"].all, mirror.hidden[AlarmState.SHLVD]) == (1, 1)
    change = mirror.take([], ["A/high"], [reading("A.t", 3.0)])
    assert (change.alarms, change.values) == ({"A/high"}, {"A/low"})
    assert (mirror.counts["high"].all, mirror.hidden[AlarmState.SHLVD]) == (0, 1)


def test_a_tag_that_nobody_knows_is_left_out() -> None:
    mirror = begun()
    assert mirror.take([], [], [reading("C.t", 1.0)]).tags == frozenset()
    assert "C.t" not in mirror.tags


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("raise"), st.sampled_from(sorted(ALARMS))),
        st.tuples(st.just("go"), st.sampled_from(sorted(ALARMS))),
        st.tuples(st.sampled_from(TAGS), st.integers(0, 9)),
    ),
    max_size=30,
)


@given(STEPS)
def test_the_mirror_holds_what_stands_with_the_newest_value_of_its_tag(steps: list[tuple[str, Any]]) -> None:
    mirror, standing, values = begun(), set[str](), dict.fromkeys(TAGS, 1.0)
    for what, which in steps:
        if what == "raise":
            standing.add(which)
            mirror.take([alarm(which, value=values[ALARMS[which]])], [], [])
        elif what == "go":
            standing.discard(which)
            mirror.take([], [which], [])
        else:
            values[what] = float(which)
            mirror.take([], [], [reading(what, float(which))])
    assert {key: shown["value"] for key, shown in mirror.alarms.items()} == {key: values[ALARMS[key]] for key in standing}
    assert mirror.counts["high"].all == len(standing)


def test_what_is_worked_out_of_a_tag_moves_without_a_change_of_the_alarm() -> None:
    mirror = begun()
    mirror.take([alarm("A/high")], [], [])
    change = mirror.take([], [], [], [{"alarm": "A/high", "derived": {"value": 3.0}}, {"alarm": "no/such", "derived": {}}])
    assert (mirror.alarms["A/high"]["derived"], change.values, change.alarms) == ({"value": 3.0}, {"A/high"}, set())
