"""Going over to a new layout between two steps: what keeps its state, what begins anew, what is retired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edge.model.alarm import AlarmState, Priority
from edge.model.command import Acknowledge, Shelve
from edge.model.event import Event
from edge.model.moment import HOUR
from edge.model.sample import Batch, Quality, Sample
from edge.model.tag import Tag
from rules.definition import Kind, Rule
from rules.layout import build_layout
from rules.signals.deviation import Deviation
from tests.unit.rules.plant import HOT, MOTOR, TEMP, Story, at, rule, seconds, tag, told

FLOW = f"{MOTOR}.oil_flow"


def move(story: Story, second: float, rules: Sequence[Rule], tags: Sequence[Tag] = ()) -> list[Event]:
    """Go over, and step at once."""
    story.layout = build_layout(2, tags or [tag()], rules)
    story.engine.move_to(story.layout, at(second))
    return story.step(second, [])


def test_nothing_happens_when_nothing_changed() -> None:
    story = Story(rule(on=10))
    story.sample(0, 85.0)
    before = story.engine.records()
    assert move(story, 5, [rule(on=10)]) == []
    assert story.engine.records() == before
    story.wait(60)
    assert story.told == ["raised 10.0"]


def test_state_follows_its_tag_and_rule_to_other_numbers() -> None:
    story = Story(rule(on=10))
    story.sample(0, 85.0)
    move(story, 5, [rule("flow", Kind.LOW, reads=FLOW, limit=5.0), rule(on=10)], [tag(FLOW), tag(TEMP)])
    story.sample(6, 99.0, source=-1)
    story.wait(60)
    assert story.told == ["raised 10.0"]
    assert story.happened[0].subject == HOT


def test_what_was_due_before_the_new_layout_happens_before_it() -> None:
    story = Story(rule(on=10))
    story.sample(0, 85.0)
    events = move(story, 30, [rule("other")])
    assert told(events) == ["raised 10.0", "retired 30.0", "raised 30.0"]


def test_edge_case_18_a_rule_that_is_gone_during_its_delay_never_raises() -> None:
    story = Story(rule(on=10))
    story.sample(0, 85.0)
    assert move(story, 5, []) == []
    assert story.wait(60) == []
    assert HOT not in story.records


def test_an_alarm_whose_rule_is_gone_is_retired_so_that_nobody_waits_for_its_return() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    (event,) = move(story, 5, [])
    assert (event.kind, event.data) == ("retired", {"occurrence": 1, "state": "unacknowledged", "cause": "rule_removed"})
    assert story.records[HOT] == {"occurrence": 1}


def test_a_rule_that_comes_back_goes_on_counting() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    move(story, 5, [])
    (raised,) = move(story, 10, [rule()])
    assert (raised.kind, raised.data["occurrence"], seconds(raised.time)) == ("raised", 2, 10.0)


def test_a_new_rule_whose_condition_is_already_true_raises_without_waiting_for_a_sample() -> None:
    story = Story(rule())
    story.sample(0, 70.0)
    (raised,) = move(story, 60, [rule(), rule("warm", limit=60.0)])
    assert (raised.subject, seconds(raised.time), raised.data["value"]) == (f"{MOTOR}/warm", 60.0, 70.0)


def test_a_new_rule_on_a_bad_or_stale_tag_waits_for_a_good_sample() -> None:
    story = Story(rule(), rule("b", reads=FLOW), tags=[tag(TEMP, 5.0), tag(FLOW)])
    story.sample(0, 70.0)
    story.sample(1, 70.0, of=FLOW)
    story.sample(2, 70.0, Quality.BAD, of=FLOW)
    lower = [rule("c", limit=60.0), rule("d", reads=FLOW, limit=60.0)]
    assert move(story, 30, lower, [tag(TEMP, 5.0), tag(FLOW)]) == []


def test_a_lower_limit_takes_effect_at_once_and_a_higher_one_too() -> None:
    story = Story(rule(limit=80.0))
    story.sample(0, 70.0)
    assert told(move(story, 10, [rule(limit=60.0)])) == ["raised 10.0"]
    assert told(move(story, 20, [rule(limit=90.0)])) == ["returned 20.0"]


def test_a_longer_delay_leaves_an_active_alarm_active_and_counts_from_the_next_edge() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    assert move(story, 10, [rule(on=60)]) == []
    story.samples((20, 70.0), (30, 85.0))
    story.wait(300)
    assert story.told == ["raised 0.0", "returned 20.0", "raised 90.0"]


def test_an_acknowledgement_and_a_shelf_stay_with_their_occurrence() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(1, Acknowledge(HOT, 1))
    story.command(2, Shelve(HOT, HOUR, "known"))
    move(story, 10, [rule(limit=75.0)])
    view = story.engine.view(HOT)
    assert (view.state, view.process_state, view.acknowledged_by) == (AlarmState.SHLVD, AlarmState.ACKED, "fitter.b")
    story.wait(4000)
    assert story.told[-1] == "unshelved 3602.0"


def test_a_shelf_ends_when_the_priority_becomes_one_that_is_never_hidden() -> None:
    story = Story(rule())
    story.command(2, Shelve(HOT, HOUR, "known"))
    assert told(move(story, 10, [rule(priority=Priority.HIGH)])) == ["unshelved 10.0"]


def test_silence_goes_on_from_the_last_news() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=60))
    story.sample(0, 70.0)
    move(story, 20, [rule("silent", Kind.STALE, stale_after=30)])
    story.wait(100)
    assert story.told == ["raised 30.0"]


def test_the_first_samples_after_the_move_are_taken_by_the_new_slots() -> None:
    story = Story(rule())
    move(story, 5, [rule("low", Kind.LOW, reads=FLOW, limit=5.0)], [tag(FLOW)])
    events = story.engine.step(at(6), Batch.of([Sample(0, 1.0, Quality.GOOD, at(6), at(6))]), ()).events
    assert [event.subject for event in events] == [f"{MOTOR}/low"]


def test_tags_that_come_and_go_with_a_layout_leave_the_others_what_they_know() -> None:
    coil = f"{MOTOR}.coil"
    named = rule(context=[coil], on=10)
    story = Story(named, tags=[tag(coil, is_text=True), tag()])
    story.text(0, "C0511-07", of=coil)
    story.sample(1, 85.0)
    move(story, 5, [rule(on=10)], [tag(FLOW), tag()])
    assert told(story.wait(60)) == ["raised 11.0"]


def test_a_signal_that_is_worked_out_in_another_way_begins_anew() -> None:
    """The alarm stays what it is until the new signal says something."""
    far = replace(rule(kind=Kind.DEVIATION, limit=None), signal=Deviation(TEMP, 75.0), limit=5.0)
    story = Story(far)
    story.sample(0, 85.0)
    again = replace(far, signal=Deviation(TEMP, 84.0))
    assert move(story, 10, [again]) == []
    assert told(story.sample(11, 85.0)) == ["returned 11.0"]
