"""Several covers over one alarm: it is hidden until the last is off, and that is one release."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.alarm import AlarmState
from edge.model.command import Acknowledge, ReturnToService, Shelve, TakeOutOfService, Unshelve
from edge.model.moment import MINUTE
from rules.definition import Cause
from rules.layout import build_layout
from tests.unit.rules.parents import AIR, CHILD, NO_AIR, NO_POWER, OTHER, PARENT, POWER, TAGS, hides, notices, story_of
from tests.unit.rules.plant import HOT, named


def test_an_alarm_with_two_parents_is_hidden_until_the_last_is_over() -> None:
    story = story_of(hides(NO_POWER), hides(NO_AIR))
    story.sample(0, 85.0)
    story.sample(1, 85.0, of=POWER)
    story.sample(2, 85.0, of=AIR)
    assert story.engine.view(HOT).suppressed == (f"parent:{NO_AIR}", f"parent:{NO_POWER}")
    story.sample(3, 70.0, of=POWER)
    assert story.engine.view(HOT).suppressed == (f"parent:{NO_AIR}",)
    story.sample(4, 70.0, of=AIR)
    of_child = [event for event in story.happened if event.subject == HOT]
    assert [event.kind for event in of_child] == ["raised", "suppressed", "released"]
    assert of_child[-1].data["cause"] == f"parent:{NO_AIR}"


def test_a_group_hides_while_any_of_its_sources_is_active() -> None:
    group = hides(NO_POWER, NO_AIR, cause=Cause.GROUP)
    story = story_of(group)
    story.sample(0, 85.0, of=POWER)
    story.sample(1, 85.0, of=AIR)
    story.sample(2, 85.0)
    story.sample(3, 70.0, of=POWER)
    assert story.state() is AlarmState.DSUPR
    story.sample(4, 70.0, of=AIR)
    assert named(story.happened)[-1] == "de_temp_high released 4.0"
    assert story.happened[-1].data["cause"] == f"group:{NO_POWER}"


def test_two_covers_that_end_at_one_instant_are_one_release() -> None:
    story = story_of(hides(NO_POWER, hold=10), replace(hides(NO_POWER, hold=10), cause=Cause.GROUP))
    story.sample(0, 85.0, of=POWER)
    story.sample(1, 85.0)
    story.sample(5, 70.0, of=POWER)
    assert named(story.wait(60)) == ["de_temp_high released 15.0"]


def test_an_alarm_released_by_design_while_it_is_shelved_is_announced_when_the_shelf_ends() -> None:
    story = story_of()
    story.sample(0, 85.0)
    story.command(1, Shelve(HOT, MINUTE, "known"))
    story.sample(2, 85.0, of=POWER)
    assert story.engine.view(HOT).state is AlarmState.SHLVD
    released = story.sample(10, 70.0, of=POWER)[-1]
    assert (released.kind, released.data["suppressed"], released.data["announce"]) == ("released", ["shelved"], False)
    (unshelved,) = story.wait(200)
    assert (unshelved.kind, unshelved.data["announce"]) == ("unshelved", True)
    assert story.state() is AlarmState.UNACK


def test_a_shelf_that_ends_while_another_cover_is_on_leaves_the_telling_to_that() -> None:
    story = story_of()
    story.sample(0, 85.0)
    story.command(1, Shelve(HOT, MINUTE, "known"))
    story.sample(2, 85.0, of=POWER)
    (unshelved,) = story.wait(100)
    assert unshelved.data["suppressed"] == [f"parent:{NO_POWER}"]
    assert unshelved.data["announce"] is False
    released = story.sample(200, 70.0, of=POWER)[-1]
    assert released.data["announce"] is True


def test_three_sorts_of_cover_at_once_are_one_notice_at_the_end_of_the_last() -> None:
    story = story_of()
    story.sample(0, 85.0)
    told_first = len(notices(story.happened))
    story.command(1, Shelve(HOT, MINUTE, "known"))
    story.command(2, TakeOutOfService(HOT, "bearing is changed", "WO-17"))
    story.sample(3, 85.0, of=POWER)
    assert story.engine.view(HOT).state is AlarmState.OOSRV
    story.command(4, Unshelve(HOT))
    story.sample(5, 70.0, of=POWER)
    assert len(notices(story.happened)) == told_first
    back = story.command(6, ReturnToService(HOT))
    assert back.data["announce"] is True
    assert len(notices(story.happened)) == told_first + 1


def test_a_parent_that_is_itself_hidden_hides_its_child_all_the_same() -> None:
    story = story_of(hides(NO_POWER), hides(NO_AIR, targets=[NO_POWER]))
    story.sample(0, 85.0, of=AIR)
    story.sample(1, 85.0, of=POWER)
    story.sample(2, 85.0)
    told = [event.subject for event in story.happened if event.kind == "raised" and not event.data["suppressed"]]
    assert told == [NO_AIR]


def test_a_parent_that_is_acknowledged_or_shelved_still_hides() -> None:
    story = story_of()
    story.sample(0, 85.0, of=POWER)
    story.command(1, Acknowledge(NO_POWER, 1))
    story.command(2, Shelve(NO_POWER, MINUTE, "known"))
    story.sample(3, 85.0)
    assert story.state() is AlarmState.DSUPR


def test_alarms_that_would_suppress_each_other_in_a_circle_are_no_layout() -> None:
    circle = [hides(NO_POWER, targets=[NO_AIR]), hides(NO_AIR, targets=[HOT]), hides(HOT, targets=[NO_POWER])]
    with pytest.raises(ValueError, match="circle"):
        build_layout(1, TAGS, [PARENT, OTHER, CHILD], suppressors=circle)
    with pytest.raises(ValueError, match="circle"):
        build_layout(1, TAGS, [CHILD], suppressors=[hides(HOT, targets=[HOT])])
