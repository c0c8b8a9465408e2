"""One-shot shelves: they cover the present activation, or the next one, and end with its return."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.alarm import AlarmState
from edge.model.command import Acknowledge, Rejection, Shelve, Unshelve
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.model.sample import Quality, Sample
from rules.definition import SHELVE_MAX
from tests.unit.rules.plant import HOT, Story, at, rule, told

ONCE = Shelve(HOT, 5 * MINUTE, "known", one_shot=True)
TIMED = Shelve(HOT, 5 * MINUTE, "known")


def test_it_covers_the_present_activation_and_ends_with_its_return() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    event = story.command(10, ONCE)
    assert (event.data["until"], event.data["one_shot"]) == ("2026-05-04T08:05:10.000000Z", True)
    returned, unshelved = story.sample(20, 70.0)
    assert (returned.kind, returned.data["suppressed"]) == ("returned", ["shelved"])
    assert (unshelved.kind, unshelved.time, unshelved.command) == ("unshelved", at(20), None)
    assert unshelved.data == {
        "by": "system",
        "via": "system",
        "cause": "returned",
        "active": False,
        "occurrence": 1,
        "priority": "medium",
        "began": "2026-05-04T08:00:00.000000Z",
        "value": 70.0,
        "limit": 80.0,
        "quality": "good",
        "suppressed": [],
        "acknowledged": False,
        "announce": False,
    }
    assert story.state() is AlarmState.RTNUN
    assert story.wait(1000) == []


def test_while_inactive_it_covers_the_next_activation() -> None:
    story = Story(rule())
    story.sample(0, 70.0)
    story.command(1, ONCE)
    (raised,) = story.sample(10, 85.0)
    assert raised.data["suppressed"] == ["shelved"]
    story.sample(20, 70.0)
    assert [event.kind for event in story.happened] == ["shelved", "raised", "returned", "unshelved"]
    (again,) = story.sample(30, 85.0)
    assert again.data["suppressed"] == []


def test_it_ends_at_its_longest_when_nothing_comes() -> None:
    story = Story(rule())
    story.command(1, ONCE)
    (unshelved,) = story.wait(1000)
    assert (unshelved.data["cause"], unshelved.time, unshelved.data["announce"]) == ("expired", at(301), False)


def test_at_its_longest_what_is_still_active_is_announced() -> None:
    story = Story(rule())
    story.command(1, ONCE)
    story.sample(10, 85.0)
    (unshelved,) = story.wait(1000)
    assert (unshelved.data["cause"], unshelved.time, unshelved.data["announce"]) == ("expired", at(301), True)
    assert told(story.sample(1001, 70.0)) == ["returned 1001.0"]


def test_p10_it_ends_once_also_when_its_end_falls_into_the_step_of_the_return() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(10, ONCE)
    cool = Sample(0, 70.0, Quality.GOOD, at(20), at(20))
    assert told(story.step(1000, [cool])) == ["returned 20.0", "unshelved 20.0"]


@pytest.mark.parametrize("off", [0.0, 300.0])
def test_a_return_at_the_very_end_of_the_shelf_ends_it_once(off: float) -> None:
    """A delay goes before the shelf of its instant, the shelf before a sample."""
    story = Story(rule(off=off))
    story.sample(0, 85.0)
    story.command(10, ONCE)
    story.sample(310 - off, 70.0)
    story.wait(1000)
    expected = ["returned 310.0", "unshelved 310.0"] if off else ["unshelved 310.0", "returned 310.0"]
    assert story.told[2:] == expected
    assert story.happened[2 if not off else 3].data["cause"] == ("returned" if off else "expired")


def test_the_return_means_the_condition_after_its_delay() -> None:
    story = Story(rule(off=10))
    story.sample(0, 85.0)
    story.command(1, ONCE)
    story.samples((2, 70.0), (5, 85.0))
    assert story.state() is AlarmState.SHLVD
    story.sample(20, 70.0)
    assert told(story.wait(100))[-1] == "unshelved 30.0"


def test_a_person_may_end_it_before() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(10, ONCE)
    assert story.command(20, Unshelve(HOT)).data["cause"] == "person"
    assert told(story.sample(30, 70.0)) == ["returned 30.0"]
    assert story.wait(1000) == []


def test_a_latched_alarm_is_off_its_shelf_when_it_returns_and_stays_latched() -> None:
    story = Story(rule(latching=True))
    story.sample(0, 85.0)
    story.command(10, ONCE)
    story.sample(20, 70.0)
    assert story.state() is AlarmState.LATUN


@pytest.mark.parametrize(
    ("duration", "text", "expected"),
    [
        (0, "known", Rejection.DURATION_OUT_OF_RANGE),
        (SHELVE_MAX + 1, "known", Rejection.DURATION_OUT_OF_RANGE),
        (HOUR, " ", Rejection.REASON_MISSING),
    ],
)
def test_it_has_a_longest_time_and_a_reason_too(duration: int, text: str, expected: Rejection) -> None:
    event = Story(rule()).command(0, Shelve(HOT, duration, text, one_shot=True))
    assert event.data["reason"] == expected


def test_what_warns_of_a_danger_to_people_is_not_shelved_once_either() -> None:
    event = Story(replace(rule(), safety=True)).command(0, ONCE)
    assert event.data["reason"] == Rejection.SAFETY_NEVER_SHELVED


# --- from the one to the other --------------------------------------------------------------------------------------


def test_a_timed_shelf_may_become_one_of_one_shot_and_back_and_no_longer_by_that() -> None:
    story = Story(rule())
    story.command(0, TIMED)
    longer = story.command(10, replace(ONCE, duration=HOUR))
    assert (longer.kind, longer.data["reason"]) == ("rejected", Rejection.SHELF_NOT_LENGTHENED)
    assert story.command(10, replace(ONCE, duration=290 * SECOND)).data["until"] == "2026-05-04T08:05:00.000000Z"
    assert story.command(20, replace(TIMED, duration=HOUR)).data["reason"] == Rejection.SHELF_NOT_LENGTHENED
    assert story.command(20, replace(TIMED, duration=280 * SECOND)).data["until"] == "2026-05-04T08:05:00.000000Z"
    assert story.command(30, replace(ONCE, duration=MINUTE)).data["until"] == "2026-05-04T08:01:30.000000Z"
    assert told(story.wait(1000)) == ["unshelved 90.0"]


def test_the_same_sort_again_is_refused() -> None:
    story = Story(rule())
    story.command(0, ONCE)
    assert story.command(1, ONCE).data["reason"] == Rejection.ALREADY_SHELVED
    assert story.command(2, replace(TIMED, duration=MINUTE)).kind == "shelved"
    assert story.command(3, TIMED).data["reason"] == Rejection.ALREADY_SHELVED


def test_a_timed_shelf_lasts_through_any_number_of_returns() -> None:
    story = Story(rule())
    story.command(0, TIMED)
    story.samples((10, 85.0), (20, 70.0), (30, 85.0), (40, 70.0))
    assert told(story.wait(1000)) == ["unshelved 300.0"]


# --- restart and reload ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["restart", "reload"])
@pytest.mark.parametrize("active", [True, False])
def test_it_is_of_one_shot_afterwards_too(way: str, active: bool) -> None:
    story = Story(rule())
    if active:
        story.sample(0, 85.0)
    story.command(10, ONCE)
    if way == "restart":
        story = story.restarted(60, outage=40)
    else:
        story.reloaded(60)
    if not active:
        story.sample(70, 85.0)
    assert told(story.sample(80, 70.0)) == ["returned 80.0", "unshelved 80.0"]
    assert story.wait(1000) == []


def test_one_whose_end_passed_during_the_outage_ends_with_the_first_step_and_announces() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1))
    story.command(10, ONCE)
    after = story.restarted(3600, outage=3500)
    (unshelved,) = after.wait(3600)
    assert (unshelved.time, unshelved.data["cause"], unshelved.data["announce"]) == (at(310), "expired", True)
