"""Suppression by design, as stories: what explains an alarm hides it, and when the last of that is over, it is told once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from edge.model.alarm import AlarmState
from edge.model.command import Acknowledge, ReturnToService, Shelve, TakeOutOfService, Unshelve
from edge.model.event import Event
from edge.model.moment import MINUTE
from edge.model.sample import Quality, Sample
from edge.model.tag import Tag
from rules.definition import Cause, Kind, Rule, Suppressor
from rules.layout import build_layout
from tests.unit.rules.plant import HOT, MOTOR, TEMP, Story, at, named, rule, span, tag

POWER, AIR = f"{MOTOR}.power", f"{MOTOR}.air"
TAGS: Sequence[Tag] = (tag(), tag(POWER), tag(AIR))
NO_POWER, NO_AIR = f"{MOTOR}/power", f"{MOTOR}/air"
PARENT, OTHER, CHILD = rule("power", reads=POWER), rule("air", reads=AIR), rule()


def hides(*sources: str, targets: Sequence[str] = (HOT,), cause: Cause = Cause.PARENT, hold: float = 0.0) -> Suppressor:
    return Suppressor(cause, sources[0], sources, tuple(targets), span(hold))


def story_of(*suppressors: Suppressor, child: Rule = CHILD) -> Story:
    return Story(PARENT, OTHER, child, tags=TAGS, suppressors=suppressors or (hides(NO_POWER),))


def notices(events: Sequence[Event], alarm: str = HOT) -> list[Event]:
    """What people must be told of an alarm that is active."""
    return [
        event
        for event in events
        if event.subject == alarm
        and ((event.kind == "raised" and not event.data["suppressed"]) or event.data.get("announce", False))
    ]


# --- a parent and its child -----------------------------------------------------------------------------------------


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


# --- at one instant -------------------------------------------------------------------------------------------------


def both(second: float, power: float, temp: float) -> list[Sample]:
    slots = {"temp": 0, "power": 1}
    return [
        Sample(slots["power"], power, Quality.GOOD, at(second), at(second)),
        Sample(slots["temp"], temp, Quality.GOOD, at(second), at(second)),
    ]


def test_of_parent_and_child_that_one_value_raises_only_the_parent_is_told() -> None:
    """Both rules read the same tag, and the child's row is the first: who explains comes first all the same."""
    child, parent = rule("warm", limit=70.0), rule("hot", limit=80.0)
    story = Story(child, parent, suppressors=[hides(f"{MOTOR}/hot", targets=[f"{MOTOR}/warm"], cause=Cause.MORE_SEVERE)])
    story.sample(0, 85.0)
    assert [(event.subject.rpartition("/")[2], event.data["suppressed"]) for event in story.happened] == [
        ("warm", [f"more_severe:{MOTOR}/hot"]),
        ("hot", []),
    ]


def test_of_parent_and_child_whose_delays_end_at_the_same_instant_only_the_parent_is_told() -> None:
    child, parent = rule(on=10), replace(PARENT, on_delay=span(5))
    story = Story(child, parent, tags=TAGS, suppressors=[hides(NO_POWER)])
    story.sample(0, 85.0)
    story.sample(5, 85.0, of=POWER)
    story.wait(60)
    assert [(event.subject, event.data["suppressed"]) for event in story.happened] == [
        (HOT, [f"parent:{NO_POWER}"]),
        (NO_POWER, []),
    ]


def test_of_parent_and_child_that_return_together_nobody_is_told_of_the_child() -> None:
    child, parent = rule("warm", limit=80.0), rule("hot", limit=80.0)
    warm = f"{MOTOR}/warm"
    story = Story(child, parent, suppressors=[hides(f"{MOTOR}/hot", targets=[warm])])
    story.samples((0, 85.0), (10, 70.0))
    assert named(story.happened) == [
        "warm raised 0.0",
        "hot raised 0.0",
        "warm returned 10.0",
        "hot returned 10.0",
    ]
    assert notices(story.happened, warm) == []
    assert story.happened[2].data["suppressed"] == [f"parent:{MOTOR}/hot"]


def test_a_parent_that_is_raised_after_its_child_in_the_same_scan_suppresses_what_was_told() -> None:
    """Two samples are two instants, however close; so it does not matter how they are cut into steps."""
    story = story_of()
    story.step(0, [*reversed(both(0, 85.0, 85.0))])
    assert named(story.happened) == ["de_temp_high raised 0.0", "de_temp_high suppressed 0.0", "power raised 0.0"]
    again = story_of()
    for sample in reversed(both(0, 85.0, 85.0)):
        again.step(0, [sample])
    assert named(again.happened) == named(story.happened)


def test_of_two_exclusive_limits_passed_at_once_only_the_higher_is_told_and_the_lower_when_the_higher_is_left() -> None:
    high, high_high = rule("high", limit=80.0), rule("high_high", Kind.HIGH_HIGH, limit=90.0)
    lower, upper = f"{MOTOR}/high", f"{MOTOR}/high_high"
    high_high = replace(high_high, limit=90.0)
    story = Story(high, high_high, suppressors=[hides(upper, targets=[lower], cause=Cause.MORE_SEVERE)])
    story.sample(0, 95.0)
    assert [event.subject for event in story.happened if event.data["suppressed"] == []] == [upper]
    story.sample(10, 85.0)
    assert named(story.happened)[2:] == ["high_high returned 10.0", "high released 10.0"]
    story.sample(20, 95.0)
    assert named(story.happened)[4:] == ["high suppressed 20.0", "high_high raised 20.0"]
    story.sample(30, 70.0)
    assert named(story.happened)[6:] == ["high returned 30.0", "high_high returned 30.0"]
    assert len(notices(story.happened, lower)) == 1


def test_a_parent_whose_delay_a_late_sample_completes_and_ends_hides_and_releases_in_that_instant() -> None:
    """The sample says that the parent was active until it came; both happen now."""
    parent = replace(PARENT, on_delay=span(10))
    story = Story(parent, CHILD, tags=TAGS, suppressors=[hides(NO_POWER)])
    story.sample(0, 85.0)
    story.sample(1, 85.0, of=POWER)
    events = story.step(5, [Sample(1, 70.0, Quality.GOOD, at(20), at(5))])
    assert named(events) == [
        "de_temp_high suppressed 5.0",
        "power raised 11.0",
        "power returned 20.0",
        "de_temp_high released 5.0",
    ]


# --- several covers -------------------------------------------------------------------------------------------------


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


# --- hold -----------------------------------------------------------------------------------------------------------


def test_a_cover_holds_for_its_time_after_the_last_of_its_sources() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(5, 85.0)
    story.sample(10, 70.0, of=POWER)
    assert story.last is not None
    assert story.last.next_due == at(40)
    assert story.wait(39.999_999) == []
    assert named(story.wait(40)) == ["de_temp_high released 40.0"]
    assert story.wait(1000) == []


def test_what_is_raised_within_the_hold_is_hidden_too() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(10, 70.0, of=POWER)
    (raised,) = story.sample(39.999_999, 85.0)
    assert raised.data["suppressed"] == [f"parent:{NO_POWER}"]
    (released,) = story.wait(60)
    assert (released.kind, released.data["announce"]) == ("released", True)


def test_a_sample_at_the_very_end_of_the_hold_is_not_hidden() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(10, 70.0, of=POWER)
    (raised,) = story.sample(40, 85.0)
    assert raised.data["suppressed"] == []


def test_a_delay_that_is_complete_at_the_very_end_of_the_hold_is_still_hidden_and_then_told() -> None:
    story = story_of(hides(NO_POWER, hold=30), child=rule(on=5))
    story.sample(0, 85.0, of=POWER)
    story.sample(10, 70.0, of=POWER)
    story.sample(35, 85.0)
    assert named(story.wait(60)) == ["de_temp_high raised 40.0", "de_temp_high released 40.0"]
    assert len(notices(story.happened)) == 1


def test_a_source_that_comes_back_within_the_hold_goes_on_hiding_in_one_piece() -> None:
    story = story_of(hides(NO_POWER, hold=30))
    story.sample(0, 85.0, of=POWER)
    story.sample(1, 85.0)
    story.sample(10, 70.0, of=POWER)
    story.sample(20, 85.0, of=POWER)
    story.wait(100)
    story.sample(110, 70.0, of=POWER)
    story.wait(200)
    assert [each for each in named(story.happened) if each.startswith("de_temp_high")] == [
        "de_temp_high raised 1.0",
        "de_temp_high released 140.0",
    ]


# --- restart and reload ---------------------------------------------------------------------------------------------


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
