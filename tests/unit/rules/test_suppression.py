"""Suppression by design, as stories: what explains an alarm hides it, and when that is over, it is told once."""

from __future__ import annotations

from dataclasses import replace

from edge.model.alarm import AlarmState
from edge.model.command import Acknowledge
from tests.unit.rules.parents import CHILD, NO_POWER, OTHER, PARENT, POWER, TAGS, notices, story_of
from tests.unit.rules.plant import HOT, Story, at, named, rule


def test_a_child_raised_while_its_parent_is_active_says_what_hides_it() -> None:
    story = story_of()
    story.sample(0, 85.0, of=POWER)
    (raised,) = story.sample(5, 85.0)
    assert raised.data["suppressed"] == [f"parent:{NO_POWER}"]
    assert story.state() is AlarmState.DSUPR
    assert story.engine.view(HOT).process_state is AlarmState.UNACK
    assert story.engine.view(HOT).suppressed == (f"parent:{NO_POWER}",)


def test_a_child_that_was_told_already_is_suppressed_when_its_parent_comes() -> None:
    story = story_of()
    story.sample(0, 85.0)
    suppressed, raised = story.sample(5, 85.0, of=POWER)
    assert (suppressed.kind, suppressed.subject, suppressed.time) == ("suppressed", HOT, at(5))
    assert suppressed.data == {"occurrence": 1, "suppressed": [f"parent:{NO_POWER}"]}
    assert (raised.kind, raised.subject) == ("raised", NO_POWER)
    assert story.state() is AlarmState.DSUPR


def test_p8_a_child_still_active_when_its_parent_is_over_is_told_exactly_once() -> None:
    story = story_of()
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    returned, released = story.sample(10, 70.0, of=POWER)
    assert (returned.kind, returned.subject) == ("returned", NO_POWER)
    assert (released.kind, released.subject, released.time, released.command) == ("released", HOT, at(10), None)
    assert released.data == {
        "cause": f"parent:{NO_POWER}",
        "active": True,
        "occurrence": 1,
        "priority": "medium",
        "began": "2026-05-04T08:00:05.000000Z",
        "value": 85.0,
        "limit": 80.0,
        "quality": "good",
        "suppressed": [],
        "acknowledged": False,
        "announce": True,
    }
    assert story.state() is AlarmState.UNACK
    story.wait(10_000)
    assert notices(story.happened) == [released]


def test_a_release_says_the_value_of_the_raise_whatever_the_tag_shows_now() -> None:
    story = story_of()
    story.sample(0, 85.0, of=POWER)
    story.samples((5, 85.0), (6, 93.0))
    released = story.sample(10, 70.0, of=POWER)[-1]
    assert released.data["value"] == 85.0


def test_a_child_that_is_normal_is_not_spoken_of() -> None:
    story = story_of()
    story.sample(0, 85.0, of=POWER)
    story.sample(10, 70.0, of=POWER)
    assert named(story.happened) == ["power raised 0.0", "power returned 10.0"]


def test_a_child_that_came_and_went_unseen_is_not_spoken_of_when_its_parent_is_over() -> None:
    """It waits for its acknowledgement; nobody runs, and what comes and goes over it meanwhile is no news of it."""
    story = story_of()
    story.sample(0, 85.0, of=POWER)
    story.samples((5, 85.0), (6, 70.0))
    story.sample(10, 70.0, of=POWER)
    story.sample(20, 85.0, of=POWER)
    assert named(story.happened)[-3:] == ["de_temp_high returned 6.0", "power returned 10.0", "power raised 20.0"]
    story.sample(30, 70.0, of=POWER)
    assert story.state() is AlarmState.RTNUN
    assert notices(story.happened) == []


def test_a_child_that_was_told_and_returns_under_its_parent_is_not_spoken_of_again() -> None:
    story = story_of()
    story.sample(0, 85.0)
    story.sample(5, 85.0, of=POWER)
    story.sample(6, 70.0)
    story.sample(10, 70.0, of=POWER)
    assert named(story.happened)[1:] == [
        "de_temp_high suppressed 5.0",
        "power raised 5.0",
        "de_temp_high returned 6.0",
        "power returned 10.0",
    ]


def test_a_latched_child_is_released_although_its_condition_is_over() -> None:
    """It stands until somebody resets it."""
    story = story_of(child=rule(latching=True))
    story.sample(0, 85.0, of=POWER)
    story.samples((5, 85.0), (6, 70.0))
    released = story.sample(10, 70.0, of=POWER)[-1]
    assert (released.kind, released.data["active"], released.data["announce"]) == ("released", False, False)


def test_what_was_acknowledged_before_it_was_hidden_is_asked_for_again() -> None:
    story = story_of()
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1))
    story.sample(5, 85.0, of=POWER)
    released = story.sample(10, 70.0, of=POWER)[-1]
    assert (released.data["announce"], released.data["acknowledged"]) == (True, False)
    assert story.state() is AlarmState.UNACK
    assert story.engine.view(HOT).acknowledged_by is None


def test_with_keep_ack_what_was_acknowledged_stays_so_and_is_not_announced() -> None:
    story = story_of(child=replace(CHILD, keep_ack=True))
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1))
    story.sample(5, 85.0, of=POWER)
    released = story.sample(10, 70.0, of=POWER)[-1]
    assert (released.data["announce"], released.data["acknowledged"]) == (False, True)
    assert story.state() is AlarmState.ACKED


def test_with_keep_ack_an_occurrence_nobody_has_seen_is_announced_all_the_same() -> None:
    story = story_of(child=replace(CHILD, keep_ack=True))
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1))
    story.sample(5, 85.0, of=POWER)
    story.samples((6, 70.0), (7, 85.0))
    released = story.sample(10, 70.0, of=POWER)[-1]
    assert (released.data["announce"], released.data["occurrence"]) == (True, 2)


def test_a_rule_that_asks_nobody_to_acknowledge_is_announced_when_it_is_released() -> None:
    for keep_ack in (False, True):
        story = story_of(child=replace(CHILD, ack_required=False, keep_ack=keep_ack))
        story.sample(0, 85.0, of=POWER)
        story.sample(5, 85.0)
        released = story.sample(10, 70.0, of=POWER)[-1]
        assert (released.data["announce"], released.data["acknowledged"]) == (True, True)


def test_p7_what_is_hidden_goes_on_underneath() -> None:
    hidden, open_ = story_of(), Story(PARENT, OTHER, CHILD, tags=TAGS)
    for story in (hidden, open_):
        story.sample(0, 85.0, of=POWER)
        story.samples((1, 85.0), (2, 70.0), (3, 85.0))
        story.sample(4, 70.0, of=POWER)
        story.sample(5, 70.0)
    process = [each for each in named(hidden.happened) if "released" not in each]
    assert process == named(open_.happened)
