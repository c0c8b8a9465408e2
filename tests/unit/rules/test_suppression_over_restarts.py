"""What hides an alarm by design survives restarts and reloads, also what was ending."""

from __future__ import annotations

import json

import pytest

from edge.model.alarm import AlarmState
from tests.unit.rules.parents import CHILD, NO_POWER, OTHER, PARENT, POWER, TAGS, hides, notices, story_of
from tests.unit.rules.plant import HOT, TEMP, Story, at, named, rule


def test_after_a_restart_the_child_is_still_hidden_and_is_told_once_when_its_parent_is_over() -> None:
    story = story_of()
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    after = story.restarted(60, outage=50)
    assert after.wait(61) == []
    assert after.state() is AlarmState.DSUPR
    after.sample(62, 70.0, of=POWER)
    assert named(after.happened) == ["power returned 62.0", "de_temp_high released 62.0"]
    assert len(notices(after.happened)) == 1


def test_a_restart_in_the_middle_of_a_hold_ends_it_at_the_same_instant() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    story.sample(10, 70.0, of=POWER)
    after = story.restarted(20, outage=5)
    assert after.state() is AlarmState.DSUPR
    assert named(after.wait(100)) == ["de_temp_high released 40.0"]


def test_a_hold_that_was_over_during_the_outage_releases_with_the_first_step() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    story.sample(10, 70.0, of=POWER)
    after = story.restarted(3600, outage=3500)
    assert named(after.wait(3600)) == ["de_temp_high released 40.0"]
    assert len(notices(after.happened)) == 1


def test_a_hold_that_a_source_broke_off_does_not_end_after_a_restart() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    story.sample(10, 70.0, of=POWER)
    story.sample(20, 85.0, of=POWER)
    after = story.restarted(25)
    assert after.wait(100) == []
    assert after.state() is AlarmState.DSUPR


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_a_child_whose_parent_has_no_rule_any_more_is_told_although_nothing_released_it(way: str) -> None:
    story = story_of()
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    if way == "restart":
        story = story.restarted(60, 50, CHILD, suppressors=[])
        events = story.wait(60)
    else:
        events = story.reloaded(60, CHILD, suppressors=[])
    assert sorted(event.kind for event in events) == ["released", "retired"]
    (notice,) = notices(events)
    assert (notice.data["announce"], notice.time, story.state()) == (True, at(60), AlarmState.UNACK)
    assert story.wait(1000) == []


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_a_child_that_a_new_parent_hides_says_so(way: str) -> None:
    story = Story(PARENT, OTHER, CHILD, tags=TAGS)
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    if way == "restart":
        story = story.restarted(60, 50, suppressors=[hides(NO_POWER)])
        events = story.wait(60)
    else:
        events = story.reloaded(60, suppressors=[hides(NO_POWER)])
    assert named(events) == ["de_temp_high suppressed 60.0"]
    assert story.state() is AlarmState.DSUPR


def test_a_reload_keeps_what_is_hidden_and_what_is_ending_also_when_rows_have_moved() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    story.sample(10, 70.0, of=POWER)
    assert story.reloaded(20, rule("first", limit=1000.0), CHILD, OTHER, PARENT) == []
    assert story.state() is AlarmState.DSUPR
    assert named(story.wait(100)) == ["de_temp_high released 40.0"]


def test_a_reload_that_changes_nothing_says_nothing() -> None:
    story = story_of()
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    assert story.reloaded(20) == []
    story.sample(30, 70.0, of=POWER)
    assert len(notices(story.happened)) == 1


def test_a_restart_twice_in_a_row_forgets_nothing() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    story.sample(10, 70.0, of=POWER)
    again = story.restarted(20).restarted(25)
    assert named(again.wait(100)) == ["de_temp_high released 40.0"]


def test_records_of_covers_are_plain_json() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(10, 70.0, of=POWER)
    records = story.engine.records()
    assert json.loads(json.dumps(records, allow_nan=False)) == records
    assert records[HOT]["tag"] == TEMP
