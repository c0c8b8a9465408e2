"""What people can ask of an alarm, and what they are answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.alarm import AlarmState, Priority
from edge.model.command import (
    Acknowledge,
    AlarmCommand,
    Comment,
    InboxRow,
    LearnAnew,
    OnMyWay,
    Receipt,
    Rejection,
    Reset,
    ResetSums,
    Shelve,
    Unshelve,
)
from edge.model.moment import HOUR, MINUTE
from edge.model.sample import Batch, Quality, Sample
from rules.definition import SHELVE_MAX, Kind
from rules.signals.baseline import Learned, Stated
from rules.signals.cusum import Cusum
from rules.signals.deviation import Deviation
from rules.signals.limit_multiple import OUTSIDE
from tests.unit.rules.plant import HOT, TEMP, Story, at, rule

NOWHERE = "CRM.ST3.MOTOR/nowhere"


def raised_story(**options: object) -> Story:
    """An alarm raised at 0 s."""
    story = Story(rule(**options))  # type: ignore[arg-type] # the options are those of `rule`
    story.sample(0, 85.0)
    return story


def reason(story: Story, second: float, body: AlarmCommand, by: str = "operator.a") -> str:
    event = story.command(second, body, by)
    assert event.kind == "rejected"
    return str(event.data["reason"])


def test_acknowledge_says_who_by_which_way_and_with_what_comment() -> None:
    story = raised_story()
    event = story.command(5, Acknowledge(HOT, 1, "on it"))
    assert (event.kind, event.time, event.subject) == ("acknowledged", at(5), HOT)
    assert event.data == {"by": "fitter.b", "via": "dingtalk", "occurrence": 1, "comment": "on it", "coming": False}
    assert story.state() is AlarmState.ACKED


def test_p6_of_two_presses_one_is_accepted_and_the_other_told_by_whom_and_when() -> None:
    story = raised_story()
    story.command(5, Acknowledge(HOT, 1), by="fitter.b")
    second = story.command(6, Acknowledge(HOT, 1), by="operator.a")
    assert second.data == {
        "by": "operator.a",
        "via": "dingtalk",
        "command": "acknowledge",
        "reason": Rejection.ALREADY_ACKNOWLEDGED,
        "acknowledged_by": "fitter.b",
        "acknowledged_at": "2026-05-04T08:00:05.000000Z",
    }


def test_the_second_press_is_told_by_whom_also_when_the_alarm_is_over() -> None:
    story = raised_story()
    story.command(5, Acknowledge(HOT, 1))
    story.sample(10, 70.0)
    for late in (Acknowledge(HOT, 1), OnMyWay(HOT, 1)):
        event = story.command(20, late, by="operator.a")
        assert (event.data["reason"], event.data["acknowledged_by"]) == (Rejection.ALREADY_ACKNOWLEDGED, "fitter.b")
    assert story.state() is AlarmState.NORM


def test_p6_a_press_on_an_old_card_never_acknowledges_a_newer_occurrence() -> None:
    story = raised_story()
    story.samples((10, 70.0), (20, 85.0))
    assert reason(story, 30, Acknowledge(HOT, 1)) == Rejection.STALE_OCCURRENCE
    assert reason(story, 30, OnMyWay(HOT, 1)) == Rejection.STALE_OCCURRENCE
    assert story.state() is AlarmState.UNACK
    assert story.command(31, Acknowledge(HOT, 2)).kind == "acknowledged"


def test_an_alarm_that_never_was_cannot_be_acknowledged() -> None:
    assert reason(Story(rule()), 5, Acknowledge(HOT, 0)) == Rejection.NOT_UNACKNOWLEDGED


def test_on_my_way_acknowledges_when_nobody_has() -> None:
    story = raised_story()
    event = story.command(5, OnMyWay(HOT, 1))
    assert (event.kind, event.data["coming"]) == ("acknowledged", True)
    assert story.engine.view(HOT).acknowledged_by == "fitter.b"


def test_on_my_way_after_anothers_acknowledgement_is_noted_and_changes_nothing() -> None:
    story = raised_story()
    story.command(5, Acknowledge(HOT, 1), by="fitter.b")
    event = story.command(6, OnMyWay(HOT, 1), by="operator.a")
    assert (event.kind, event.data) == ("on_my_way", {"by": "operator.a", "via": "dingtalk", "occurrence": 1})
    assert story.engine.view(HOT).acknowledged_by == "fitter.b"


def test_a_returned_alarm_is_over_when_it_is_acknowledged() -> None:
    story = raised_story()
    story.sample(10, 70.0)
    assert story.state() is AlarmState.RTNUN
    story.command(20, OnMyWay(HOT, 1))
    assert story.state() is AlarmState.NORM


def test_a_rule_that_asks_for_no_acknowledgement_has_it_from_the_system() -> None:
    story = raised_story(ack_required=False)
    assert story.state() is AlarmState.ACKED
    event = story.command(5, Acknowledge(HOT, 1))
    assert (event.data["reason"], event.data["acknowledged_by"]) == (Rejection.ALREADY_ACKNOWLEDGED, "system")
    story.sample(10, 70.0)
    assert reason(story, 20, Acknowledge(HOT, 1)) == Rejection.NOT_UNACKNOWLEDGED


def test_a_latched_alarm_is_reset_after_return_and_acknowledgement_and_not_before() -> None:
    story = raised_story(latching=True)
    assert reason(story, 1, Reset(HOT)) == Rejection.STILL_ACTIVE
    story.sample(10, 70.0)
    assert story.state() is AlarmState.LATUN
    assert reason(story, 11, Reset(HOT)) == Rejection.ACKNOWLEDGE_FIRST
    story.command(12, Acknowledge(HOT, 1))
    assert story.state() is AlarmState.LATAK
    event = story.command(13, Reset(HOT))
    assert (event.kind, event.data) == ("reset", {"by": "fitter.b", "via": "dingtalk"})
    assert story.state() is AlarmState.NORM
    assert reason(story, 14, Reset(HOT)) == Rejection.NOT_LATCHED


def test_a_latched_alarm_that_comes_again_is_a_new_occurrence_and_stays_latched() -> None:
    story = raised_story(latching=True)
    story.command(5, Acknowledge(HOT, 1))
    story.samples((10, 70.0), (20, 85.0))
    raised = story.happened[-1]
    assert (raised.kind, raised.data["occurrence"], raised.data["realarm"]) == ("raised", 2, True)
    story.sample(30, 70.0)
    assert story.state() is AlarmState.LATUN


def test_a_comment_is_written_down_and_changes_nothing() -> None:
    story = raised_story()
    before = story.engine.view(HOT)
    event = story.command(5, Comment(HOT, "bearing greased"))
    assert (event.kind, event.data) == ("commented", {"by": "fitter.b", "via": "dingtalk", "text": "bearing greased"})
    assert story.engine.view(HOT) == before


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", Rejection.COMMENT_EMPTY), (" \n", Rejection.COMMENT_EMPTY), ("油" * 501, Rejection.COMMENT_TOO_LONG)],
)
def test_a_comment_has_1_to_500_characters(text: str, expected: Rejection) -> None:
    story = raised_story()
    assert reason(story, 5, Comment(HOT, text)) == expected
    assert story.command(6, Comment(HOT, "油" * 500)).kind == "commented"


def test_an_acknowledgement_with_too_long_a_comment_is_rejected_whole() -> None:
    story = raised_story()
    assert reason(story, 5, Acknowledge(HOT, 1, "x" * 501)) == Rejection.COMMENT_TOO_LONG
    assert story.state() is AlarmState.UNACK


@pytest.mark.parametrize(
    "body",
    [
        Acknowledge(NOWHERE, 1),
        OnMyWay(NOWHERE, 1),
        Comment(NOWHERE, "x"),
        Shelve(NOWHERE, 1, "x"),
        Unshelve(NOWHERE),
        Reset(NOWHERE),
    ],
)
def test_a_command_for_an_alarm_that_is_not_there_is_answered(body: AlarmCommand) -> None:
    event = Story(rule()).command(5, body)
    assert (event.subject, event.data["reason"]) == (NOWHERE, Rejection.UNKNOWN_ALARM)


# --- shelving -------------------------------------------------------------------------------------------------------


def test_shelve_hides_the_alarm_until_its_end_and_says_until_when_and_why() -> None:
    story = raised_story()
    event = story.command(10, Shelve(HOT, 5 * MINUTE, "known, being repaired"))
    assert event.data == {
        "by": "fitter.b",
        "via": "dingtalk",
        "until": "2026-05-04T08:05:10.000000Z",
        "reason": "known, being repaired",
        "one_shot": False,
    }
    view = story.engine.view(HOT)
    assert (view.state, view.process_state) == (AlarmState.SHLVD, AlarmState.UNACK)
    assert (view.shelved_by, view.shelve_reason) == ("fitter.b", "known, being repaired")


def test_p9_a_shelf_ends_once_at_its_end() -> None:
    story = raised_story()
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    assert story.last is not None
    assert story.last.next_due == at(310)
    assert story.wait(309.999_999) == []
    (event,) = story.wait(400)
    assert (event.kind, event.time, event.command) == ("unshelved", at(310), None)
    assert event.data == {
        "by": "system",
        "via": "system",
        "cause": "expired",
        "active": True,
        "occurrence": 1,
        "priority": "medium",
        "began": "2026-05-04T08:00:00.000000Z",
        "value": 85.0,
        "limit": 80.0,
        "quality": "good",
        "suppressed": [],
        "acknowledged": False,
        "announce": True,
    }
    assert story.wait(4000) == []


def test_a_person_may_end_a_shelf_before_its_time() -> None:
    story = raised_story()
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    event = story.command(20, Unshelve(HOT), by="operator.a")
    assert (event.kind, event.data["cause"], event.data["by"]) == ("unshelved", "person", "operator.a")
    assert story.wait(1000) == []
    assert reason(story, 1001, Unshelve(HOT)) == Rejection.NOT_SHELVED


def test_an_alarm_still_active_when_its_shelf_ends_is_to_be_acknowledged_again() -> None:
    story = raised_story()
    story.command(5, Acknowledge(HOT, 1))
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    story.wait(400)
    view = story.engine.view(HOT)
    assert (view.state, view.facts.occurrence, view.acknowledged_by) == (AlarmState.UNACK, 1, None)
    assert story.command(401, Acknowledge(HOT, 1), by="operator.a").kind == "acknowledged"


def test_an_alarm_acknowledged_and_returned_under_its_shelf_is_normal_when_it_ends() -> None:
    story = raised_story()
    story.command(5, Acknowledge(HOT, 1))
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    story.sample(20, 70.0)
    (event,) = story.wait(400)
    assert event.data["active"] is False
    assert story.state() is AlarmState.NORM


def test_what_happened_unacknowledged_under_a_shelf_waits_for_its_acknowledgement() -> None:
    story = Story(rule())
    story.command(0, Shelve(HOT, 5 * MINUTE, "known"))
    story.samples((10, 85.0), (20, 70.0))
    story.wait(400)
    assert story.state() is AlarmState.RTNUN


def test_an_alarm_can_be_acknowledged_on_its_shelf() -> None:
    story = raised_story()
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    assert story.command(20, Acknowledge(HOT, 1)).kind == "acknowledged"
    assert story.state() is AlarmState.SHLVD


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (Shelve(HOT, 0, "known"), Rejection.DURATION_OUT_OF_RANGE),
        (Shelve(HOT, -1, "known"), Rejection.DURATION_OUT_OF_RANGE),
        (Shelve(HOT, SHELVE_MAX + 1, "known"), Rejection.DURATION_OUT_OF_RANGE),
        (Shelve(HOT, HOUR, ""), Rejection.REASON_MISSING),
        (Shelve(HOT, HOUR, "  "), Rejection.REASON_MISSING),
        (Shelve(HOT, HOUR, "x" * 501), Rejection.COMMENT_TOO_LONG),
    ],
)
def test_a_shelf_has_a_reason_and_a_limited_time(body: Shelve, expected: Rejection) -> None:
    story = raised_story()
    assert reason(story, 5, body) == expected
    assert story.state() is AlarmState.UNACK
    assert story.command(6, Shelve(HOT, SHELVE_MAX, "known")).kind == "shelved"


@pytest.mark.parametrize("priority", [Priority.CRITICAL, Priority.HIGH])
def test_the_two_highest_priorities_cannot_be_shelved(priority: Priority) -> None:
    assert reason(raised_story(priority=priority), 5, Shelve(HOT, HOUR, "known")) == Rejection.PRIORITY_NOT_SHELVABLE


def test_a_plant_says_which_priorities_are_shelved() -> None:
    high, low = (
        Story(replace(rule(priority=each), shelved=frozenset({Priority.HIGH}))) for each in (Priority.HIGH, Priority.LOW)
    )
    assert high.command(5, Shelve(HOT, HOUR, "known")).kind == "shelved"
    assert reason(low, 5, Shelve(HOT, HOUR, "known")) == Rejection.PRIORITY_NOT_SHELVABLE


def test_what_warns_of_a_danger_to_people_cannot_be_shelved_at_any_priority() -> None:
    story = Story(replace(rule(safety=True), shelved=frozenset(Priority)))
    assert reason(story, 5, Shelve(HOT, HOUR, "known")) == Rejection.SAFETY_NEVER_SHELVED


def test_a_shelf_for_an_occurrence_that_is_over_hides_no_newer_one() -> None:
    story = raised_story()
    story.samples((5, 70.0), (6, 85.0))
    assert reason(story, 7, Shelve(HOT, HOUR, "known", occurrence=1)) == Rejection.STALE_OCCURRENCE
    assert story.command(8, Shelve(HOT, HOUR, "known", occurrence=2)).kind == "shelved"


def test_shelving_again_neither_extends_nor_shortens() -> None:
    story = raised_story()
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    assert reason(story, 20, Shelve(HOT, HOUR, "known")) == Rejection.ALREADY_SHELVED
    assert story.engine.view(HOT).facts.shelved_until == at(310)


# --- learning -------------------------------------------------------------------------------------------------------


def test_statistics_learn_their_normal_anew_for_a_reason_and_others_have_nothing_to_learn() -> None:
    chart = replace(rule(kind=Kind.CUSUM), signal=Cusum(tag=TEMP, baseline=Learned(20)), limit=1.0)
    story = Story(chart)
    assert reason(story, 1, LearnAnew(HOT, " ")) == Rejection.REASON_MISSING
    event = story.command(2, LearnAnew(HOT, "roll changed"))
    assert (event.kind, event.data) == ("learning", {"by": "fitter.b", "via": "dingtalk", "reason": "roll changed"})
    assert reason(Story(rule()), 1, LearnAnew(HOT, "roll changed")) == Rejection.NOTHING_TO_LEARN
    plain = replace(rule(kind=Kind.DEVIATION), signal=Deviation(TEMP, 75.0), limit=5.0)
    assert reason(Story(plain), 1, LearnAnew(HOT, "roll changed")) == Rejection.NOTHING_TO_LEARN


def test_a_chart_with_a_stated_baseline_has_nothing_to_learn() -> None:
    chart = replace(rule(kind=Kind.CUSUM), signal=Cusum(tag=TEMP, baseline=Stated(70.0, 1.0)), limit=OUTSIDE)
    assert reason(Story(chart), 1, LearnAnew(HOT, "roll changed")) == Rejection.NOTHING_TO_LEARN


def summing() -> Story:
    """An active CUSUM alarm, by a shift of three sigmas that is over since."""
    chart = replace(rule(kind=Kind.CUSUM), signal=Cusum(tag=TEMP, baseline=Stated(70.0, 1.0)), limit=OUTSIDE, on_delay=0)
    story = Story(chart)
    for second in range(10):
        story.sample(second, 73.0)
    story.sample(10, 70.0)
    assert story.engine.view(HOT).facts.active
    return story


def test_sums_are_returned_to_zero_for_a_reason_and_the_next_sample_ends_the_alarm() -> None:
    story = summing()
    assert reason(story, 11, ResetSums(HOT, "")) == Rejection.REASON_MISSING
    event = story.command(12, ResetSums(HOT, "new bearing"))
    assert (event.kind, event.data) == ("sums_reset", {"by": "fitter.b", "via": "dingtalk", "reason": "new bearing"})
    assert (story.engine.view(HOT).facts.active, story.engine.view(HOT).signal["high_sum"]) == (True, 0.0)
    story.sample(13, 70.0)
    assert not story.engine.view(HOT).facts.active
    assert reason(Story(rule()), 1, ResetSums(HOT, "new bearing")) == Rejection.NO_SUMS


def test_sums_that_were_reset_stay_so_over_a_restart() -> None:
    story = summing()
    story.command(12, ResetSums(HOT, "new bearing"))
    after = story.restarted(13)
    assert after.engine.view(HOT).signal["high_sum"] == 0.0
    after.sample(14, 70.0)
    assert not after.engine.view(HOT).facts.active


# --- when a command happens -----------------------------------------------------------------------------------------


def test_a_command_happens_when_it_was_received_among_the_samples_of_the_same_step() -> None:
    """The press came after the raise and before the return, and all three are taken in one step."""
    story = Story(rule())
    row = InboxRow("api", "m1", "fitter.b", Acknowledge(HOT, 1), at(5), sequence=9)
    hot, cool = Sample(0, 85.0, Quality.GOOD, at(0), at(0)), Sample(0, 70.0, Quality.GOOD, at(10), at(10))
    events = story.step(60, [hot, cool], [row])
    assert [(event.kind, event.time) for event in events] == [("raised", at(0)), ("acknowledged", at(5)), ("returned", at(10))]
    assert events[-1].data["acknowledged"] is True


def test_a_command_from_the_future_happens_now_and_one_from_before_the_boot_at_its_start() -> None:
    story = raised_story()
    rows = [
        InboxRow("api", "m1", "fitter.b", Comment(HOT, "old"), at(-3600), sequence=1),
        InboxRow("api", "m2", "fitter.b", Comment(HOT, "early"), at(3600), sequence=2),
    ]
    events = story.step(10, [], rows)
    assert [event.time for event in events] == [at(0), at(10)]


def test_rows_that_are_no_alarm_commands_are_a_mistake_of_the_caller() -> None:
    story = raised_story()
    receipt = InboxRow("delivery", "m1", "system", Receipt("i", "delivered", "", at(0)), at(0))
    with pytest.raises(TypeError, match="receipt is no command for an alarm"):
        story.engine.step(at(1), Batch.empty(), [receipt])
