"""Chattering, as stories: told at its start and when it has settled; every raise is written down and counted all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.command import Acknowledge, AlarmCommand, Comment, OnMyWay, Shelve
from edge.model.event import Event
from edge.model.moment import MINUTE
from rules.definition import Chatter, Rule
from tests.unit.rules.plant import HOT, Story, at, rule, span

CHATTER = Chatter()


def restless(chatter: Chatter = CHATTER, **options: object) -> Rule:
    return replace(rule(**options), chatter=chatter)  # type: ignore[arg-type] # the options are those of `rule`


def flap(story: Story, *seconds: float) -> list[Event]:
    """Raised at each of these, returned half a second later."""
    return [event for second in seconds for pair in ((second, 85.0), (second + 0.5, 70.0)) for event in story.samples(pair)]


def of_kind(story: Story, *kinds: str) -> list[Event]:
    return [event for event in story.happened if event.kind in kinds]


def test_the_third_raise_within_a_minute_is_told_as_chattering_once() -> None:
    story = Story(restless())
    flap(story, 0, 20, 40)
    (chattering,) = of_kind(story, "chattering")
    assert (chattering.subject, chattering.time) == (HOT, at(40))
    assert chattering.data == {"occurrence": 3, "count": 3, "within": 40.0}
    assert story.engine.view(HOT).chattering == 3
    flap(story, 41, 42, 43)
    assert len(of_kind(story, "chattering")) == 1
    assert story.engine.view(HOT).chattering == 6


def test_what_is_raised_while_it_chatters_says_so_and_the_raise_that_begins_it_does_not() -> None:
    story = Story(restless())
    flap(story, 0, 20, 40, 45)
    assert [event.data.get("chattering") for event in of_kind(story, "raised")] == [None, None, None, True]
    assert [event.kind for event in story.happened][4:6] == ["raised", "chattering"]


def test_every_raise_is_a_new_occurrence_also_while_it_chatters() -> None:
    story = Story(restless())
    flap(story, *range(0, 30, 3))
    assert [event.data["occurrence"] for event in of_kind(story, "raised")] == list(range(1, 11))


@pytest.mark.parametrize(("third", "chatters"), [(59.999_999, True), (60.0, True), (60.000_001, False)])
def test_three_within_exactly_a_minute_chatter(third: float, chatters: bool) -> None:
    story = Story(restless())
    flap(story, 0, 30, third)
    assert bool(of_kind(story, "chattering")) is chatters


def test_the_minute_slides() -> None:
    story = Story(restless())
    flap(story, 0, 50, 100, 109)
    (chattering,) = of_kind(story, "chattering")
    assert (chattering.time, chattering.data["within"]) == (at(109), 59.0)


def test_the_minute_is_one_of_the_device() -> None:
    """What arrives in a heap after an hour of silence was spread over an hour."""
    story = Story(restless())
    for source in (0, 600, 1200, 1800):
        story.sample(3600, 85.0, source=source)
        story.sample(3600, 70.0, source=source + 1)
    assert of_kind(story, "chattering") == []
    assert len(of_kind(story, "raised")) == 4


@pytest.mark.parametrize(
    "act", [Acknowledge(HOT, 2), OnMyWay(HOT, 2), Comment(HOT, "cable is loose"), Shelve(HOT, MINUTE, "known")]
)
def test_an_act_of_a_person_in_between_begins_the_count_anew(act: AlarmCommand) -> None:
    story = Story(restless())
    flap(story, 0, 10)
    assert story.command(15, act).kind != "rejected"
    flap(story, 20, 25)
    assert of_kind(story, "chattering") == []
    flap(story, 30)
    (chattering,) = of_kind(story, "chattering")
    assert chattering.data["within"] == 10.0


def test_a_press_that_is_rejected_is_no_act() -> None:
    story = Story(restless())
    flap(story, 0, 10)
    assert story.command(15, Acknowledge(HOT, 1)).kind == "rejected"
    flap(story, 20)
    assert len(of_kind(story, "chattering")) == 1


def test_an_acknowledgement_while_it_chatters_does_not_make_it_settle() -> None:
    story = Story(restless())
    flap(story, 0, 10, 20)
    story.command(21, Acknowledge(HOT, 3))
    assert story.engine.view(HOT).chattering == 3


def test_it_has_settled_when_nothing_turned_for_the_quiet_time() -> None:
    story = Story(restless())
    flap(story, 0, 10, 20)
    assert story.wait(320.499_999) == []
    (settled,) = story.wait(320.5)
    assert (settled.kind, settled.time) == ("settled", at(320.5))
    assert settled.data == {"occurrence": 3, "count": 3, "lasted": 320.5, "active": False}
    assert story.engine.view(HOT).chattering == 0
    assert story.wait(10_000) == []


def test_it_may_settle_in_alarm() -> None:
    story = Story(restless())
    flap(story, 0, 10)
    story.sample(20, 85.0)
    story.sample(100, 86.0)
    (settled,) = story.wait(1000)
    assert (settled.time, settled.data["active"]) == (at(320), True)


def test_every_turn_puts_the_settling_off() -> None:
    story = Story(restless())
    flap(story, 0, 10, 20, 300)
    assert of_kind(story, "settled") == []
    story.wait(1000)
    assert [event.time for event in of_kind(story, "settled")] == [at(600.5)]


def test_a_turn_at_the_very_end_of_the_quiet_time_comes_too_late() -> None:
    story = Story(restless())
    flap(story, 0, 10, 20)
    story.sample(320.5, 85.0)
    assert [event.kind for event in story.happened][-2:] == ["settled", "raised"]
    assert "chattering" not in story.happened[-1].data


def test_a_delay_that_ends_at_the_very_end_of_the_quiet_time_goes_first() -> None:
    story = Story(restless(Chatter(quiet=10_000_000), off=5))
    story.samples((0, 85.0), (1, 70.0), (7, 85.0), (8, 70.0), (14, 85.0), (19, 70.0))
    story.wait(23.999_999)
    story.wait(24)
    assert [event.kind for event in story.happened][-2:] == ["chattering", "returned"]
    story.wait(100)
    assert story.told[-1] == "settled 34.0"


def test_after_it_has_settled_it_must_be_raised_three_times_again() -> None:
    story = Story(restless())
    flap(story, 0, 10, 20)
    story.wait(400)
    flap(story, 400, 410)
    assert len(of_kind(story, "chattering")) == 1
    flap(story, 420)
    assert len(of_kind(story, "chattering")) == 2


def test_a_rule_that_is_not_looked_after_never_chatters() -> None:
    story = Story(rule())
    flap(story, *range(20))
    assert of_kind(story, "chattering", "settled") == []


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_the_count_goes_on(way: str) -> None:
    story = Story(restless())
    flap(story, 0, 10)
    if way == "restart":
        story = story.restarted(15)
    else:
        story.reloaded(15)
    flap(story, 20)
    assert len(of_kind(story, "chattering")) == 1


@pytest.mark.parametrize(("way", "settles"), [("restart", 320.5), ("outage", 370.5), ("reload", 320.5)])
def test_what_chatters_chatters_on_and_an_outage_is_no_quiet_time(way: str, settles: float) -> None:
    story = Story(restless())
    flap(story, 0, 10, 20)
    if way == "reload":
        story.reloaded(100)
    else:
        story = story.restarted(100, outage=50 if way == "outage" else 0)
    assert story.engine.view(HOT).chattering == 3
    assert story.engine.standing()[0].chattering == 3
    story.wait(1000)
    assert [event.time for event in of_kind(story, "settled")] == [at(settles)]


def test_an_outage_holds_up_both_the_settling_and_a_reminder() -> None:
    story = Story(replace(restless(), realarm_after=span(60), realarm_max=1))
    flap(story, 0, 10)
    story.sample(20, 85.0)
    story = story.restarted(100, outage=50)
    story.wait(1000)
    assert [(event.kind, event.time) for event in of_kind(story, "realarmed", "settled")] == [
        ("realarmed", at(100)),
        ("settled", at(370)),
    ]
