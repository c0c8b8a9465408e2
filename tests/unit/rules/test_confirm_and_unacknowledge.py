"""Confirm, the second step after the acknowledgement; and an acknowledgement that is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.alarm import AlarmState, Priority
from edge.model.command import (
    Acknowledge,
    AlarmCommand,
    Confirm,
    Rejection,
    Reset,
    Shelve,
    Unacknowledge,
)
from rules.definition import Rule
from tests.unit.rules.plant import HOT, Story, at, rule, span


def confirmed(**options: object) -> Rule:
    return replace(rule(**options), confirm=True)  # type: ignore[arg-type] # the options are those of `rule`


def raised(made: Rule) -> Story:
    story = Story(made)
    story.sample(0, 85.0)
    return story


def reason(story: Story, second: float, body: AlarmCommand) -> str:
    event = story.command(second, body)
    assert event.kind == "rejected"
    return str(event.data["reason"])


# --- confirm --------------------------------------------------------------------------------------------------------


def test_the_work_is_confirmed_after_the_acknowledgement_and_not_before() -> None:
    story = raised(confirmed())
    assert reason(story, 1, Confirm(HOT, 1)) == Rejection.ACKNOWLEDGE_FIRST
    story.command(2, Acknowledge(HOT, 1))
    event = story.command(3, Confirm(HOT, 1, "bearing changed"))
    assert (event.kind, event.time) == ("confirmed", at(3))
    assert event.data == {"by": "fitter.b", "via": "dingtalk", "occurrence": 1, "comment": "bearing changed"}
    assert story.state() is AlarmState.ACKED
    assert story.engine.view(HOT).facts.confirmed


def test_returned_and_acknowledged_it_stays_on_the_list_until_it_is_confirmed() -> None:
    story = raised(confirmed())
    story.command(1, Acknowledge(HOT, 1))
    story.sample(2, 70.0)
    assert story.state() is AlarmState.NORM
    assert [view.rule.id for view in story.engine.standing()] == [HOT]
    story.command(3, Confirm(HOT, 1))
    assert story.engine.standing() == []


def test_it_may_be_confirmed_while_it_is_active_and_is_over_with_its_return() -> None:
    story = raised(confirmed())
    story.command(1, Acknowledge(HOT, 1))
    story.command(2, Confirm(HOT, 1))
    story.sample(3, 70.0)
    assert story.engine.standing() == []


def test_what_returned_unacknowledged_is_acknowledged_first() -> None:
    story = raised(confirmed())
    story.sample(1, 70.0)
    assert reason(story, 2, Confirm(HOT, 1)) == Rejection.ACKNOWLEDGE_FIRST
    story.command(3, Acknowledge(HOT, 1))
    assert story.command(4, Confirm(HOT, 1)).kind == "confirmed"


def test_a_confirmation_means_one_occurrence_and_the_next_asks_for_its_own() -> None:
    story = raised(confirmed())
    story.command(1, Acknowledge(HOT, 1))
    story.command(2, Confirm(HOT, 1))
    story.samples((3, 70.0), (4, 85.0))
    assert not story.engine.view(HOT).facts.confirmed
    story.command(5, Acknowledge(HOT, 2))
    assert reason(story, 6, Confirm(HOT, 1)) == Rejection.STALE_OCCURRENCE
    assert story.command(7, Confirm(HOT, 2)).kind == "confirmed"


@pytest.mark.parametrize("again", ["taken back", "out of a shelf"])
def test_what_is_to_be_acknowledged_again_is_to_be_confirmed_again(again: str) -> None:
    story = raised(replace(confirmed(), priority=Priority.LOW))
    story.command(1, Acknowledge(HOT, 1))
    story.command(2, Confirm(HOT, 1))
    if again == "taken back":
        story.command(3, Unacknowledge(HOT, 1, "the wrong bearing"))
    else:
        story.command(3, Shelve(HOT, span(10), "too noisy"))
        story.wait(13)
    story.command(14, Acknowledge(HOT, 1))
    assert not story.engine.view(HOT).facts.confirmed
    assert story.command(15, Confirm(HOT, 1)).kind == "confirmed"


def test_the_second_who_confirms_is_told_that_it_was_done() -> None:
    story = raised(confirmed())
    story.command(1, Acknowledge(HOT, 1))
    story.command(2, Confirm(HOT, 1))
    assert reason(story, 3, Confirm(HOT, 1)) == Rejection.ALREADY_CONFIRMED


def test_a_rule_that_asks_for_no_confirmation_has_nothing_to_confirm() -> None:
    story = raised(rule())
    story.command(1, Acknowledge(HOT, 1))
    assert reason(story, 2, Confirm(HOT, 1)) == Rejection.NOTHING_TO_CONFIRM


def test_a_confirmation_with_too_long_a_comment_is_rejected_whole() -> None:
    story = raised(confirmed())
    story.command(1, Acknowledge(HOT, 1))
    assert reason(story, 2, Confirm(HOT, 1, "x" * 501)) == Rejection.COMMENT_TOO_LONG
    assert not story.engine.view(HOT).facts.confirmed


def test_a_latch_is_reset_only_after_the_confirmation() -> None:
    story = raised(confirmed(latching=True))
    story.command(1, Acknowledge(HOT, 1))
    story.sample(2, 70.0)
    assert reason(story, 3, Reset(HOT)) == Rejection.CONFIRM_FIRST
    assert story.state() is AlarmState.LATAK
    story.command(4, Confirm(HOT, 1))
    assert story.command(5, Reset(HOT)).kind == "reset"
    assert story.state() is AlarmState.NORM


def test_a_rule_that_asks_for_no_acknowledgement_may_still_ask_for_the_confirmation() -> None:
    story = raised(confirmed(ack_required=False))
    story.sample(1, 70.0)
    assert [view.rule.id for view in story.engine.standing()] == [HOT]
    assert story.command(2, Confirm(HOT, 1)).kind == "confirmed"
    assert story.engine.standing() == []


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_what_is_not_confirmed_yet_is_still_asked_for(way: str) -> None:
    story = raised(confirmed())
    story.command(1, Acknowledge(HOT, 1))
    story.sample(2, 70.0)
    if way == "restart":
        story = story.restarted(60, outage=50)
    else:
        story.reloaded(60)
    assert not story.engine.view(HOT).facts.confirmed
    assert story.command(61, Confirm(HOT, 1)).kind == "confirmed"


# --- acknowledged by its return -------------------------------------------------------------------------------------


def test_a_rule_may_be_acknowledged_by_its_return_and_says_that_it_was_the_system() -> None:
    story = raised(replace(rule(), ack_on_return=True))
    (returned,) = story.sample(5, 70.0)
    assert returned.data["acknowledged"] is True
    view = story.engine.view(HOT)
    assert (view.state, view.acknowledged_by, view.acknowledged_at) == (AlarmState.NORM, "system", at(5))


def test_who_acknowledged_before_the_return_stays_named() -> None:
    story = raised(replace(rule(), ack_on_return=True))
    story.command(1, Acknowledge(HOT, 1))
    story.sample(5, 70.0)
    assert story.engine.view(HOT).acknowledged_by == "fitter.b"


def test_a_latch_acknowledged_by_its_return_still_waits_for_its_reset() -> None:
    story = raised(replace(rule(latching=True), ack_on_return=True))
    story.sample(5, 70.0)
    assert story.state() is AlarmState.LATAK


# --- taken back -----------------------------------------------------------------------------------------------------


def test_an_acknowledgement_taken_back_asks_for_another() -> None:
    story = raised(rule())
    story.command(1, Acknowledge(HOT, 1))
    event = story.command(2, Unacknowledge(HOT, 1, "called away"), by="operator.a")
    assert (event.kind, event.time) == ("unacknowledged", at(2))
    assert event.data == {"by": "operator.a", "via": "dingtalk", "occurrence": 1, "reason": "called away"}
    view = story.engine.view(HOT)
    assert (view.state, view.acknowledged_by, view.acknowledged_at) == (AlarmState.UNACK, None, None)
    assert story.command(3, Acknowledge(HOT, 1), by="operator.a").kind == "acknowledged"


def test_a_latched_acknowledgement_can_be_taken_back_and_then_there_is_no_reset() -> None:
    story = raised(rule(latching=True))
    story.command(1, Acknowledge(HOT, 1))
    story.sample(2, 70.0)
    story.command(3, Unacknowledge(HOT, 1, "by mistake"))
    assert story.state() is AlarmState.LATUN
    assert reason(story, 4, Reset(HOT)) == Rejection.ACKNOWLEDGE_FIRST


def test_what_nobody_acknowledged_cannot_be_taken_back() -> None:
    story = raised(rule())
    assert reason(story, 1, Unacknowledge(HOT, 1, "why not")) == Rejection.NOT_ACKNOWLEDGED
    story.command(2, Acknowledge(HOT, 1))
    story.sample(3, 70.0)
    assert reason(story, 4, Unacknowledge(HOT, 1, "too late")) == Rejection.NOT_ACKNOWLEDGED
    assert story.state() is AlarmState.NORM


def test_the_systems_own_acknowledgement_is_not_taken_back() -> None:
    story = raised(rule(ack_required=False))
    assert reason(story, 1, Unacknowledge(HOT, 1, "why not")) == Rejection.NOT_ACKNOWLEDGED


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (Unacknowledge(HOT, 2, "called away"), Rejection.STALE_OCCURRENCE),
        (Unacknowledge(HOT, 1, " "), Rejection.REASON_MISSING),
        (Unacknowledge(HOT, 1, "x" * 501), Rejection.COMMENT_TOO_LONG),
    ],
)
def test_it_means_one_occurrence_and_has_a_reason(body: Unacknowledge, expected: Rejection) -> None:
    story = raised(rule())
    story.command(1, Acknowledge(HOT, 1))
    assert reason(story, 2, body) == expected
    assert story.state() is AlarmState.ACKED


def test_taken_back_it_is_so_after_a_restart() -> None:
    story = raised(rule())
    story.command(1, Acknowledge(HOT, 1))
    story.command(2, Unacknowledge(HOT, 1, "called away"))
    assert story.restarted(60, outage=50).state() is AlarmState.UNACK
