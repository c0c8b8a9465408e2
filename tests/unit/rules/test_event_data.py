"""The data of each event kind, exactly as the table in `edge.model.event` lists it."""

from __future__ import annotations

import json

from edge.model.command import Acknowledge, Comment, OnMyWay, Reset, Shelve, Unshelve
from edge.model.event import Event, Stream
from edge.model.moment import MINUTE
from edge.model.sample import Quality
from rules.definition import Kind
from tests.unit.rules.plant import HOT, MOTOR, TEMP, Story, at, rule, tag

STANDING = {"active", "occurrence", "priority", "began", "value", "limit", "quality", "suppressed", "acknowledged"} | {
    "announce"
}
DATA = {
    "raised": {"occurrence", "priority", "began", "value", "limit", "quality", "suppressed", "realarm"},
    "returned": {"occurrence", "began", "raised", "value", "peak", "acknowledged", "suppressed"},
    "acknowledged": {"occurrence", "by", "via", "comment", "coming"},
    "on_my_way": {"occurrence", "by", "via"},
    "commented": {"by", "via", "text"},
    "shelved": {"by", "via", "until", "reason", "one_shot"},
    "unshelved": {"by", "via", "cause"} | STANDING,
    "reset": {"by", "via"},
    "rejected": {"by", "via", "command", "reason"},
    "filtered": {"began", "lasted"},
    "retired": {"occurrence", "state", "cause"},
}


def everything_that_can_happen() -> list[Event]:
    story = Story(rule(latching=True, on=2))
    story.samples((0, 85.0), (1, 70.0), (2, 85.0))
    story.wait(5)
    story.command(6, Acknowledge(HOT, 1))
    story.command(7, OnMyWay(HOT, 1))
    story.command(8, Comment(HOT, "greased"))
    story.command(9, Shelve(HOT, MINUTE, "known"))
    story.command(10, Unshelve(HOT))
    story.command(11, Unshelve(HOT))
    story.command(11, Shelve(HOT, MINUTE, "known"))
    story.wait(200)
    story.command(201, Acknowledge(HOT, 1))
    story.sample(202, 70.0)
    story.command(203, Reset(HOT))
    story.samples((300, 85.0), (400, 85.0))
    without = story.restarted(500, 10, rule("other"))
    without.wait(500)
    return story.happened + without.happened


def test_every_kind_carries_what_the_table_lists_and_nothing_else() -> None:
    events = everything_that_can_happen()
    assert {event.kind for event in events} == set(DATA)
    for event in events:
        assert event.stream is Stream.ALARM
        assert set(event.data) == DATA[event.kind], event.kind


def test_every_event_is_plain_json() -> None:
    for event in everything_that_can_happen():
        assert json.loads(json.dumps(event.data, allow_nan=False)) == event.data


def test_a_return_tells_how_bad_it_was_and_how_long() -> None:
    story = Story(rule(on=10))
    story.samples((0, 85.0), (5, 97.5), (20, 90.0), (30, 70.0))
    assert story.happened[-1].data == {
        "occurrence": 1,
        "began": "2026-05-04T08:00:00.000000Z",
        "raised": "2026-05-04T08:00:10.000000Z",
        "value": 70.0,
        "peak": 97.5,
        "acknowledged": False,
        "suppressed": [],
    }


def test_the_peak_of_a_low_alarm_is_its_lowest_value_and_every_occurrence_has_its_own() -> None:
    story = Story(rule(kind=Kind.LOW, limit=20.0))
    story.samples((0, 15.0), (1, 3.0), (2, 50.0), (3, 19.0), (4, 50.0))
    assert [event.data["peak"] for event in story.happened if event.kind == "returned"] == [3.0, 19.0]


def test_the_peak_can_be_asked_for_while_the_alarm_is_active() -> None:
    story = Story(rule(on=10))
    story.samples((0, 85.0), (5, 97.5))
    assert story.engine.peak(HOT) is None, "its delay runs"
    story.sample(11, 90.0)
    assert story.engine.peak(HOT) == 97.5
    story.sample(20, 70.0)
    assert story.engine.peak(HOT) is None
    assert story.engine.peak(f"{MOTOR}/unknown") is None


def test_a_silence_alarm_tells_the_last_good_value_as_uncertain() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5), tags=[tag(stale_after=5)])
    story.sample(0, 70.0)
    story.wait(60)
    data = story.happened[0].data
    assert (data["value"], data["limit"], data["quality"]) == (70.0, None, "uncertain")
    assert story.engine.view(f"{MOTOR}/silent").stale


def test_a_tag_that_never_spoke_has_no_value() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    story.wait(60)
    assert (story.happened[0].data["value"], story.happened[0].data["quality"]) == (None, "bad")


def test_the_view_shows_a_pending_delay() -> None:
    story = Story(rule(on=10))
    story.sample(3, 85.0)
    view = story.engine.view(HOT)
    assert view.raw
    assert not view.facts.active
    assert view.pending_due is not None
    assert view.pending_since is not None
    assert view.pending_due - view.pending_since == 10_000_000
    story.sample(5, 85.0, Quality.BAD)
    view = story.engine.view(HOT)
    assert (view.pending_due, view.evaluable, view.quality) == (None, False, "bad")


def test_a_raise_names_the_tags_that_people_have_forced() -> None:
    story = Story(rule())
    story.engine.watch_forced(lambda name, moment: name == TEMP and moment >= at(5))
    (first,) = story.sample(1, 85.0)
    story.sample(2, 60.0)
    (second,) = [event for event in story.sample(6, 85.0) if event.kind == "raised"]
    assert "forced" not in first.data
    assert second.data["forced"] == [TEMP]
