"""Re-alarm, as stories: an alarm that stays active is not forgotten, neither before it is acknowledged nor after."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.alarm import AlarmState
from edge.model.command import (
    Acknowledge,
    Reset,
    ReturnToService,
    Shelve,
    TakeOutOfService,
    Unacknowledge,
    Unshelve,
)
from edge.model.moment import MINUTE
from rules.definition import Cause, Rule, Suppressor
from tests.unit.rules.plant import HOT, MOTOR, Story, at, named, rule, span, tag, told

POWER = f"{MOTOR}.power"


def insistent(every: float = 60.0, most: int = 10, **options: object) -> Rule:
    made = rule(**options)  # type: ignore[arg-type] # the options are those of `rule`
    return replace(made, realarm_after=span(every), realarm_max=most)


def active(every: float = 60.0, most: int = 10, **options: object) -> Story:
    story = Story(insistent(every, most, **options))
    story.sample(0, 85.0)
    return story


def test_while_nobody_acknowledges_it_reminds_and_stays_the_same_occurrence() -> None:
    story = active()
    assert story.last is not None
    assert story.last.next_due == at(60)
    assert story.wait(59.999_999) == []
    (reminder,) = story.wait(60)
    assert (reminder.kind, reminder.time) == ("realarmed", at(60))
    assert reminder.data == {"occurrence": 1, "priority": "medium", "count": 1}
    assert story.state() is AlarmState.UNACK
    assert told(story.wait(180)) == ["realarmed 120.0", "realarmed 180.0"]


def test_an_acknowledged_alarm_that_stays_active_is_a_new_occurrence_to_be_acknowledged_again() -> None:
    story = active()
    story.command(10, Acknowledge(HOT, 1))
    (raised,) = story.wait(70)
    assert (raised.kind, raised.time) == ("raised", at(70))
    assert raised.data == {
        "occurrence": 2,
        "priority": "medium",
        "began": "2026-05-04T08:00:00.000000Z",
        "value": 85.0,
        "limit": 80.0,
        "quality": "good",
        "suppressed": [],
        "realarm": True,
    }
    assert story.state() is AlarmState.UNACK
    assert story.command(71, Acknowledge(HOT, 1)).data["reason"] == "stale_occurrence"
    assert story.command(72, Acknowledge(HOT, 2)).kind == "acknowledged"


def test_it_counts_from_the_acknowledgement() -> None:
    story = active()
    story.command(59, Acknowledge(HOT, 1))
    assert story.wait(118.9) == []
    assert told(story.wait(119)) == ["raised 119.0"]


def test_an_acknowledgement_taken_back_lets_it_count_anew() -> None:
    story = active()
    story.command(10, Acknowledge(HOT, 1))
    story.command(40, Unacknowledge(HOT, 1, "went home"))
    assert told(story.wait(110)) == ["realarmed 100.0"]


def test_it_ends_with_the_return() -> None:
    story = active()
    story.sample(30, 70.0)
    assert story.wait(1000) == []


def test_a_return_at_the_very_instant_comes_after_the_reminder() -> None:
    story = active()
    assert told(story.sample(60, 70.0)) == ["realarmed 60.0", "returned 60.0"]


def test_an_off_delay_that_ends_at_the_very_instant_comes_before_the_reminder() -> None:
    story = active(off=10)
    story.sample(50, 70.0)
    assert told(story.wait(200)) == ["returned 60.0"]


def test_a_latch_that_waits_for_its_reset_does_not_remind() -> None:
    story = active(latching=True)
    story.sample(30, 70.0)
    story.command(31, Acknowledge(HOT, 1))
    assert story.wait(1000) == []
    assert story.command(1001, Reset(HOT)).kind == "reset"


def test_it_reminds_at_most_so_often_in_an_activation_whatever_people_do() -> None:
    story = active(most=3)
    story.wait(60)
    story.command(61, Acknowledge(HOT, 1))
    story.wait(121)
    story.command(122, Acknowledge(HOT, 2))
    story.wait(182)
    story.command(183, Acknowledge(HOT, 3))
    assert story.wait(10_000) == []
    assert [event.kind for event in story.happened if event.kind in ("raised", "realarmed")] == [
        "raised",
        "realarmed",
        "raised",
        "raised",
    ]


def test_a_new_activation_counts_from_the_first_again() -> None:
    story = active(most=1)
    story.wait(100)
    story.samples((110, 70.0), (120, 85.0))
    (reminder,) = story.wait(1000)
    assert (reminder.time, reminder.data["count"]) == (at(180), 1)


def test_a_rule_that_asks_nobody_to_acknowledge_is_raised_again() -> None:
    story = active(most=2, ack_required=False)
    assert told(story.wait(1000)) == ["raised 60.0", "raised 120.0"]
    assert story.engine.view(HOT).facts.occurrence == 3


def test_on_a_shelf_it_keeps_still_and_counts_anew_from_its_end() -> None:
    story = active()
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    assert told(story.wait(310)) == ["unshelved 310.0"]
    assert told(story.wait(400)) == ["realarmed 370.0"]


def test_a_person_who_ends_the_shelf_lets_it_count_anew() -> None:
    story = active()
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    story.command(100, Unshelve(HOT))
    assert told(story.wait(200)) == ["realarmed 160.0"]


def test_out_of_service_it_keeps_still_and_counts_anew_from_the_return_to_service() -> None:
    story = active()
    story.command(10, TakeOutOfService(HOT, "bearing is changed", "WO-17"))
    assert story.wait(1000) == []
    story.command(1000, ReturnToService(HOT))
    assert told(story.wait(1060)) == ["realarmed 1060.0"]


@pytest.mark.parametrize("raised_before", [True, False])
def test_suppressed_by_design_it_keeps_still_and_counts_anew_from_its_release(raised_before: bool) -> None:
    cover = Suppressor(Cause.PARENT, f"{MOTOR}/power", (f"{MOTOR}/power",), (HOT,))
    story = Story(rule("power", reads=POWER), insistent(), tags=[tag(), tag(POWER)], suppressors=[cover])
    if raised_before:
        story.sample(0, 85.0)
    story.sample(10, 85.0, of=POWER)
    story.sample(20, 85.0)
    story.command(30, Acknowledge(HOT, 1))
    assert story.wait(500) == []
    story.sample(500, 70.0, of=POWER)
    assert named(story.wait(600)) == ["de_temp_high realarmed 560.0"]


def test_under_two_covers_it_keeps_still_until_the_last_is_off() -> None:
    cover = Suppressor(Cause.PARENT, f"{MOTOR}/power", (f"{MOTOR}/power",), (HOT,))
    story = Story(rule("power", reads=POWER), insistent(), tags=[tag(), tag(POWER)], suppressors=[cover])
    story.sample(0, 85.0)
    story.sample(1, 85.0, of=POWER)
    story.command(2, Shelve(HOT, MINUTE, "known"))
    assert [event.kind for event in story.wait(500)] == ["unshelved"]


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_it_goes_on_where_it_was(way: str) -> None:
    story = active()
    story.wait(61)
    if way == "restart":
        story = story.restarted(90)
    else:
        story.reloaded(90)
    (reminder,) = story.wait(130)
    assert (reminder.time, reminder.data["count"]) == (at(120), 2)


def test_case_28_of_the_reminders_that_an_outage_held_up_one_is_made_up_for() -> None:
    story = active()
    after = story.restarted(3600, outage=3590)
    assert told(after.wait(3600)) == ["realarmed 3600.0"]
    assert told(after.wait(3661)) == ["realarmed 3660.0"]


def test_case_28_a_shelf_that_ended_during_the_outage_is_no_reason_for_a_burst() -> None:
    story = active()
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    after = story.restarted(3600, outage=3590)
    assert told(after.wait(3600)) == ["unshelved 310.0"]
    assert told(after.wait(3661)) == ["realarmed 3660.0"]
