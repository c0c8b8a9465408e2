"""Lines and times, as stories: a rule matters in some states of its line, or at some times, and is told to nobody else."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from edge.model.alarm import AlarmState
from edge.model.command import Shelve
from edge.model.event import Stream
from edge.model.moment import MINUTE, to_datetime
from edge.model.sample import Quality, Sample
from rules.definition import Kind, Line, Rule, Validity
from rules.expression import Expression, Yields, compile_expression
from rules.schedule import Schedule, Window
from rules.signals.expression import ExpressionSignal
from rules.signals.machine_state import States
from tests.unit.rules.plant import HOT, MOTOR, START, TEMP, Story, at, named, rule, seconds, span, tag

SPEED = f"{MOTOR}.speed"


def condition(text: str) -> ExpressionSignal:
    compiled = compile_expression(text, Yields.CONDITION)
    assert isinstance(compiled, Expression), compiled
    return ExpressionSignal(compiled, tuple(f"{MOTOR}.{name}" for name in compiled.names))


STATES = States("mill", (("stopped", condition("speed < 1")), ("threading", condition("speed < 60"))), "rolling")
LINE = Line("mill", STATES.names, STATES)
STOPPED, THREADING, ROLLING = 0.0, 30.0, 100.0


def valid(*states: str, settle: float = 0.0, **options: object) -> Rule:
    made = rule(**options)  # type: ignore[arg-type] # the options are those of `rule`
    return replace(made, validity=Validity("mill", states, settle=span(settle)))


def story_of(*rules: Rule) -> Story:
    return Story(*rules, tags=[tag(), tag(SPEED)], lines=[LINE])


def line_is(story: Story, second: float, speed: float) -> list[str]:
    return named(story.sample(second, speed, of=SPEED))


def test_a_line_that_goes_over_to_another_state_says_from_which_to_which() -> None:
    story = story_of(valid("rolling"))
    line_is(story, 0, STOPPED)
    line_is(story, 1, THREADING)
    line_is(story, 2, THREADING + 1)
    assert [(event.stream, event.kind, event.subject, event.time, event.data) for event in story.happened] == [
        (Stream.LINE, "state", "mill", at(0), {"before": None, "state": "stopped"}),
        (Stream.LINE, "state", "mill", at(1), {"before": "stopped", "state": "threading"}),
    ]


def test_a_rule_is_hidden_in_the_states_in_which_it_does_not_matter() -> None:
    story = story_of(valid("rolling"))
    line_is(story, 0, STOPPED)
    (raised,) = story.sample(1, 85.0)
    assert raised.data["suppressed"] == ["machine_state"]
    assert story.state() is AlarmState.DSUPR
    assert line_is(story, 2, THREADING) == ["mill state 2.0"]
    assert line_is(story, 3, ROLLING) == ["mill state 3.0", "de_temp_high released 3.0"]
    assert (story.happened[-1].data["cause"], story.happened[-1].data["announce"]) == ("machine_state", True)
    assert story.state() is AlarmState.UNACK


def test_an_alarm_that_was_told_is_hidden_when_its_line_stops() -> None:
    story = story_of(valid("rolling", "threading"))
    line_is(story, 0, ROLLING)
    story.sample(1, 85.0)
    assert line_is(story, 2, THREADING) == ["mill state 2.0"]
    assert line_is(story, 3, STOPPED) == ["mill state 3.0", "de_temp_high suppressed 3.0"]


def test_while_nobody_knows_the_state_the_rule_matters() -> None:
    story = story_of(valid("rolling"))
    (raised,) = story.sample(0, 85.0)
    assert raised.data["suppressed"] == []
    assert line_is(story, 1, STOPPED) == ["mill state 1.0", "de_temp_high suppressed 1.0"]


def test_a_line_whose_connection_is_lost_keeps_the_state_it_had() -> None:
    story = story_of(valid("rolling"))
    line_is(story, 0, STOPPED)
    story.sample(1, float("nan"), Quality.BAD, of=SPEED)
    (raised,) = story.sample(2, 85.0)
    assert raised.data["suppressed"] == ["machine_state"]
    assert line_is(story, 3, STOPPED) == []


def test_after_the_state_begins_in_which_it_matters_it_is_left_time_to_settle() -> None:
    story = story_of(valid("rolling", settle=30))
    line_is(story, 0, STOPPED)
    story.sample(1, 85.0)
    line_is(story, 10, ROLLING)
    assert story.last is not None
    assert story.last.next_due == at(40)
    assert story.wait(39.999_999) == []
    assert named(story.wait(40)) == ["de_temp_high released 40.0"]


def test_what_comes_and_goes_while_it_settles_is_told_to_nobody() -> None:
    story = story_of(valid("rolling", settle=30, ack_required=False))
    line_is(story, 0, STOPPED)
    line_is(story, 10, ROLLING)
    story.samples((20, 85.0), (30, 70.0))
    assert [event.data["suppressed"] for event in story.happened if event.kind in ("raised", "returned")] == [
        ["machine_state"],
        ["machine_state"],
    ]
    assert story.wait(1000) == []


def test_a_line_that_stops_again_before_it_has_settled_begins_anew() -> None:
    story = story_of(valid("rolling", settle=30))
    line_is(story, 0, STOPPED)
    story.sample(1, 85.0)
    line_is(story, 10, ROLLING)
    line_is(story, 20, STOPPED)
    assert story.wait(100) == []
    line_is(story, 100, ROLLING)
    assert named(story.wait(1000)) == ["de_temp_high released 130.0"]


def test_from_one_state_in_which_it_matters_to_another_nothing_settles() -> None:
    story = story_of(valid("rolling", "threading", settle=30))
    line_is(story, 0, THREADING)
    line_is(story, 10, ROLLING)
    (raised,) = story.sample(11, 85.0)
    assert raised.data["suppressed"] == []


@pytest.mark.parametrize("first", ["rule", "another"])
def test_a_line_that_turns_with_the_very_sample_that_raises_hides_it_whichever_row_it_has(first: str) -> None:
    """The speed falls under its limit because the mill stops."""
    slow = replace(rule("slow", Kind.LOW, reads=SPEED, limit=10.0), validity=Validity("mill", ("rolling",)))
    other = rule("other", limit=1000.0)
    story = story_of(*((slow, other) if first == "rule" else (other, slow)))
    line_is(story, 0, ROLLING)
    assert line_is(story, 1, STOPPED) == ["mill state 1.0", "slow raised 1.0"]
    assert story.happened[-1].data["suppressed"] == ["machine_state"]


def test_what_returns_with_the_very_sample_that_starts_the_line_is_not_announced() -> None:
    """The mill starts, and nobody is told that it stood."""
    slow = replace(rule("slow", Kind.LOW, reads=SPEED, limit=10.0), validity=Validity("mill", ("rolling",)))
    story = story_of(slow)
    line_is(story, 0, STOPPED)
    assert line_is(story, 2, ROLLING) == ["mill state 2.0", "slow returned 2.0"]


def test_what_is_raised_with_the_very_sample_that_starts_the_line_is_told_once() -> None:
    fast = replace(rule("fast", reads=SPEED), validity=Validity("mill", ("rolling",)))
    story = story_of(fast)
    line_is(story, 0, STOPPED)
    assert line_is(story, 2, ROLLING) == ["mill state 2.0", "fast raised 2.0"]
    assert story.happened[-1].data["suppressed"] == []


def test_a_line_that_turns_twice_in_one_step_is_followed_in_order() -> None:
    story = story_of(valid("rolling"))
    samples = [Sample(1, value, Quality.GOOD, at(n), at(n)) for n, value in enumerate((ROLLING, STOPPED, ROLLING))]
    samples.insert(2, Sample(0, 85.0, Quality.GOOD, at(1), at(1)))
    assert named(story.step(10, samples)) == [
        "mill state 0.0",
        "mill state 1.0",
        "de_temp_high raised 1.0",
        "mill state 2.0",
        "de_temp_high released 2.0",
    ]


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_the_state_is_remembered(way: str) -> None:
    story = story_of(valid("rolling"))
    line_is(story, 0, STOPPED)
    if way == "restart":
        story = story.restarted(60, outage=50)
    else:
        story.reloaded(60)
    (raised,) = story.sample(61, 85.0)
    assert raised.data["suppressed"] == ["machine_state"]
    assert line_is(story, 62, STOPPED) == []
    assert line_is(story, 63, ROLLING) == ["mill state 63.0", "de_temp_high released 63.0"]
    assert story.happened[-2].data == {"before": "stopped", "state": "rolling"}


@pytest.mark.parametrize("way", ["restart", "reload"])
def test_what_settles_goes_on_settling(way: str) -> None:
    story = story_of(valid("rolling", settle=30))
    line_is(story, 0, STOPPED)
    story.sample(1, 85.0)
    line_is(story, 10, ROLLING)
    if way == "restart":
        story = story.restarted(20, outage=5)
    else:
        story.reloaded(20)
    assert named(story.wait(100)) == ["de_temp_high released 40.0"]


def test_a_line_that_is_no_more_after_a_restart_is_forgotten() -> None:
    story = story_of(valid("rolling"))
    line_is(story, 0, STOPPED)
    after = Story(rule(), tags=[tag(), tag(SPEED)], records=story.records, start=60)
    after.engine.restore(story.records, now=at(60), outage=0)
    assert after.sample(61, 85.0)[0].data["suppressed"] == []


# --- times ----------------------------------------------------------------------------------------------------------

#: Monday, 08:00 to 09:00; the stories begin on a Monday at 08:00.
MORNING = Schedule((Window(frozenset({0}), 8 * 60, 9 * 60),), ZoneInfo("UTC"))
LATER = Schedule((Window(frozenset({0}), 9 * 60, 10 * 60),), ZoneInfo("UTC"))


# --- after an outage ------------------------------------------------------------------------------------------------


def rolling_for_long(*, hot: bool) -> Story:
    story = story_of(valid("rolling", settle=30))
    line_is(story, 0, STOPPED)
    line_is(story, 10, ROLLING)
    story.sample(20, 70.0)
    story.wait(100)
    if hot:
        story.sample(110, 85.0)
        assert story.told[-1] == "raised 110.0"
    return story


def test_after_an_outage_a_rule_settles_although_its_line_seems_to_have_been_in_that_state_all_the_time() -> None:
    after = rolling_for_long(hot=False).restarted(200, outage=60)
    line_is(after, 201, ROLLING)
    after.sample(205, 85.0)
    assert (after.state(), named(after.happened)[-1]) == (AlarmState.DSUPR, "de_temp_high raised 205.0")
    assert named(after.wait(240)) == ["de_temp_high released 230.0"]


def test_after_an_outage_an_alarm_that_people_know_of_is_not_hidden_and_not_told_again() -> None:
    after = rolling_for_long(hot=True).restarted(200, outage=60)
    assert named(after.wait(300)) == []
    assert after.state() == AlarmState.UNACK


def test_what_was_spared_is_hidden_when_the_line_stops_while_it_settles() -> None:
    after = rolling_for_long(hot=True).restarted(200, outage=60)
    assert line_is(after, 210, STOPPED) == ["mill state 210.0", "de_temp_high suppressed 210.0"]
    line_is(after, 220, ROLLING)
    assert named(after.wait(300)) == ["de_temp_high released 250.0"]


def test_what_is_spared_stays_so_over_a_reload_and_over_another_restart_that_missed_nothing() -> None:
    after = rolling_for_long(hot=True).restarted(200, outage=60)
    line_is(after, 205, ROLLING)
    assert named(after.reloaded(210, *after.layout.rules)) == []
    again = after.restarted(215)
    assert named(again.wait(300)) == []


def test_an_agent_that_is_started_again_and_again_does_not_hide_an_alarm_for_longer() -> None:
    after = rolling_for_long(hot=False).restarted(200, outage=60)
    after.sample(205, 85.0)
    after = after.restarted(215, outage=5).restarted(225, outage=5)
    assert named(after.wait(300)) == ["de_temp_high released 230.0"]


def test_a_restart_that_missed_nothing_settles_nothing() -> None:
    after = rolling_for_long(hot=False).restarted(200)
    after.sample(205, 85.0)
    assert after.state() == AlarmState.UNACK


def at_times(times: Schedule, settle: float = 0.0) -> Rule:
    return replace(rule(), validity=Validity(times=times, settle=span(settle)))


def test_the_stories_begin_on_a_monday() -> None:
    assert to_datetime(START).weekday() == 0
    assert MORNING.contains(START)


def test_a_rule_is_hidden_outside_its_times_and_told_when_they_begin() -> None:
    story = Story(at_times(LATER))
    (raised,) = story.sample(10, 85.0)
    assert raised.data["suppressed"] == ["time"]
    assert story.last is not None
    assert story.last.next_due == at(3600)
    (released,) = story.wait(3600)
    assert (released.kind, released.time, released.data["cause"]) == ("released", at(3600), "time")
    assert released.data["announce"] is True


def test_what_is_active_when_its_times_end_is_suppressed_until_they_begin_again() -> None:
    story = Story(at_times(MORNING))
    story.sample(10, 85.0)
    (suppressed,) = story.wait(3600)
    assert (suppressed.kind, suppressed.data["suppressed"]) == ("suppressed", ["time"])
    (released,) = story.wait(7 * 24 * 3600)
    assert (released.kind, seconds(released.time)) == ("released", 7 * 24 * 3600.0)


def test_a_sample_at_the_very_beginning_of_its_times_is_told_and_one_at_their_very_end_is_not() -> None:
    begins, ends = Story(at_times(LATER)), Story(at_times(MORNING))
    assert begins.sample(3600, 85.0)[-1].data["suppressed"] == []
    assert ends.sample(3600, 85.0)[-1].data["suppressed"] == ["time"]


def test_times_settle_too() -> None:
    story = Story(at_times(LATER, settle=60))
    story.sample(10, 85.0)
    assert named(story.wait(4000)) == ["de_temp_high released 3660.0"]


def test_a_rule_with_states_and_times_matters_when_both_hold() -> None:
    made = replace(rule(), validity=Validity("mill", ("rolling",), LATER))
    story = story_of(made)
    line_is(story, 0, ROLLING)
    story.sample(1, 85.0)
    assert story.happened[-1].data["suppressed"] == ["machine_state"]
    assert named(story.wait(3600)) == ["de_temp_high released 3600.0"]
    assert line_is(story, 3700, STOPPED) == ["mill state 3700.0", "de_temp_high suppressed 3700.0"]


def test_times_that_began_during_an_outage_release_what_they_hid() -> None:
    story = Story(at_times(LATER))
    story.sample(10, 85.0)
    after = story.restarted(3700, outage=3600)
    (released,) = after.wait(3700)
    assert (released.kind, released.time, released.data["cause"]) == ("released", at(3700), "time")
    assert released.data["announce"] is True
    assert after.wait(3800) == []


def test_times_that_ended_during_an_outage_hide_what_was_told() -> None:
    story = Story(at_times(MORNING))
    story.sample(10, 85.0)
    after = story.restarted(3700, outage=3600)
    assert named(after.wait(3700)) == ["de_temp_high suppressed 3700.0"]


def test_of_a_shelf_and_its_times_the_last_to_end_tells() -> None:
    story = Story(at_times(LATER))
    story.sample(10, 85.0)
    story.command(3590, Shelve(HOT, MINUTE, "known"))
    assert [event.data["announce"] for event in story.wait(4000)] == [False, True]


def test_a_validity_without_a_line_or_times_holds_always() -> None:
    story = Story(replace(rule(), validity=Validity()))
    assert story.sample(0, 85.0)[0].data["suppressed"] == []
    assert story.layout.rules[0].tag == TEMP
