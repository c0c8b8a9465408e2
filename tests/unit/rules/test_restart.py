"""Stop anywhere, begin again on what was made durable: nothing is lost, nothing is told twice."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.alarm import AlarmState, Priority
from edge.model.command import Acknowledge, Rejection, Reset, ResetSums, Shelve
from edge.model.event import Event
from edge.model.moment import HOUR, MINUTE, SECOND
from edge.model.sample import Batch, Quality, Sample
from rules.definition import SHELVE_MAX, Kind
from rules.engine import Engine
from rules.layout import build_layout
from rules.signals.baseline import Stated
from rules.signals.cusum import Cusum
from rules.signals.deviation import Deviation
from rules.signals.limit_multiple import OUTSIDE
from rules.signals.pulse import Pulse
from rules.signals.raw import Raw, Side
from rules.signals.repeat import Repeat
from tests.unit.rules.plant import HOT, MOTOR, SESSION, START, TEMP, Story, at, canonical, named, rule, tag
from tests.unit.rules.strategies import END, Input, Plant, Press, in_order, inputs, moment_of, plants


def run(engine: Engine, pieces: list[Input], until: int) -> list[Event]:
    batch = Batch.of([each for each in pieces if isinstance(each, Sample)])
    return list(engine.step(until, batch, [each.row for each in pieces if isinstance(each, Press)]).events)


@st.composite
def plant_and_inputs(draw: st.DrawFn) -> tuple[Plant, list[Input]]:
    plant = draw(plants(stale=False, context=False))
    return plant, draw(inputs(plant))


@settings(max_examples=40, deadline=None)
@given(plant_and_inputs(), st.data())
def test_p13_a_snapshot_through_json_at_any_point_gives_the_same_journal(
    case: tuple[Plant, list[Input]], data: st.DataObject
) -> None:
    """But for staleness, which counts from the restart (start-up grace): tested below."""
    plant, given_inputs = case
    layout = build_layout(1, plant.tags, plant.rules)
    ordered = in_order(given_inputs)
    cut = data.draw(st.integers(0, len(ordered)))
    stopped_at = moment_of(ordered[cut - 1]) if cut else START

    unbroken = Engine(layout, START)
    expected = run(unbroken, ordered[:cut], stopped_at) + run(unbroken, ordered[cut:], END)

    before = Engine(layout, START)
    events = run(before, ordered[:cut], stopped_at)
    snapshot = json.loads(json.dumps(before.records(), allow_nan=False))
    after = Engine(layout, stopped_at)
    after.restore(snapshot, now=stopped_at, outage=0)
    events += run(after, ordered[cut:], END)
    assert canonical(events) == canonical(expected)


@settings(max_examples=30, deadline=None)
@given(plant_and_inputs(), st.data())
def test_p13_what_steps_gave_out_as_changed_is_enough_to_go_on_from(
    case: tuple[Plant, list[Input]], data: st.DataObject
) -> None:
    """The same from the records as the store has them, sample for sample; they may show an older value of a tag, no more."""
    plant, _ = case
    given_inputs = data.draw(inputs(plant, tidy=True))
    layout = build_layout(1, plant.tags, plant.rules)
    ordered = in_order(given_inputs)
    cut = data.draw(st.integers(0, len(ordered)))
    stopped_at = moment_of(ordered[cut - 1]) if cut else START

    unbroken = Engine(layout, START)
    expected = run(unbroken, ordered, END)

    durable: dict[str, Any] = {}
    before = Engine(layout, START)
    events: list[Event] = []
    for each in ordered[:cut]:
        batch = Batch.of([each] if isinstance(each, Sample) else [])
        result = before.step(moment_of(each), batch, [each.row] if isinstance(each, Press) else [])
        events += result.events
        durable.update(result.changed)
    after = Engine(layout, stopped_at)
    after.restore(json.loads(json.dumps(durable)), now=stopped_at, outage=0)
    events += run(after, ordered[cut:], END)
    assert [without_reading(event) for event in events] == [without_reading(event) for event in expected]


def without_reading(event: Event) -> Event:
    data = {key: value for key, value in event.data.items() if key not in ("value", "quality")}
    return Event(event.stream, event.kind, event.subject, event.time, data, event.command)


# --- delays ---------------------------------------------------------------------------------------------------------


def test_a_pending_delay_goes_on_where_it_was_and_the_outage_does_not_count() -> None:
    story = Story(rule(on=30))
    story.sample(0, 85.0)
    after = story.restarted(70, outage=60)
    after.sample(71, 85.0)
    after.wait(200)
    assert after.told == ["raised 90.0"]
    assert after.happened[0].data["began"] == "2026-05-04T08:00:00.000000Z"


def test_samples_that_a_device_kept_during_the_outage_count_exactly() -> None:
    """With outage 0 nothing is shifted: the samples dated within the outage say what happened."""
    story = Story(rule(on=30))
    story.sample(0, 85.0)
    after = story.restarted(70)
    after.sample(71, 85.0, source=20)
    after.sample(71, 85.0, source=40)
    assert after.told == ["raised 30.0"]


def test_a_second_crash_right_after_the_first_restart_does_not_lose_the_shift() -> None:
    story = Story(rule(on=30))
    story.sample(0, 85.0)
    once = story.restarted(70, outage=60)
    once.wait(71)
    twice = once.restarted(171, outage=100)
    twice.wait(500)
    assert twice.told == ["raised 190.0"]


def test_a_bad_sample_dated_within_the_outage_does_not_make_a_delay_longer_than_it_is() -> None:
    story = Story(rule(on=30))
    story.sample(0, 85.0)
    after = story.restarted(70, outage=60)
    after.sample(71, 85.0, Quality.BAD, source=40)
    after.sample(100, 85.0)
    after.wait(500)
    assert after.told == ["raised 130.0"]


def test_a_condition_that_was_gone_after_the_outage_is_filtered() -> None:
    story = Story(rule(on=30))
    story.sample(0, 85.0)
    after = story.restarted(70, outage=60)
    after.sample(71, 70.0)
    after.wait(200)
    assert after.told == ["filtered 71.0"]


def test_a_pending_off_delay_is_shifted_too() -> None:
    story = Story(rule(off=30))
    story.samples((0, 85.0), (10, 70.0))
    after = story.restarted(70, outage=60)
    after.wait(200)
    assert after.told == ["returned 100.0"]


def test_a_paused_delay_stays_paused_until_a_sample_comes() -> None:
    story = Story(rule(on=30))
    story.sample(0, 85.0)
    story.sample(10, 85.0, Quality.BAD)
    after = story.restarted(70, outage=60)
    assert after.wait(500) == []
    after.sample(500, 85.0)
    after.wait(600)
    assert after.told == ["raised 520.0"]


def test_a_running_delay_runs_on_after_a_restart_only_as_long_as_its_tag_may_be_trusted() -> None:
    story = Story(rule(on=30), tags=[tag(stale_after=5)])
    story.sample(0, 85.0)
    after = story.restarted(60, outage=60)
    assert after.wait(300) == []
    after.samples(*((second, 85.0) for second in range(300, 330, 4)))
    assert after.told == ["raised 325.0"]


def test_a_delay_on_a_signal_that_spoke_late_by_itself_is_timed_by_how_fresh_its_tag_is() -> None:
    """The pulse of 31 s should have ended at 33 s, when nobody listened; its end is noticed at 61 s."""
    pulse = replace(rule(kind=Kind.EVENT, off=12), signal=Pulse(TEMP, 2 * SECOND), limit=1.0)
    story = Story(pulse, tags=[tag(stale_after=10)])
    story.sample(31, 85.0)
    once = story.restarted(61, outage=30)
    once.wait(61)
    twice = once.restarted(91, outage=30)
    assert twice.wait(102.999_999) == []
    assert named(twice.wait(103)) == ["de_temp_high returned 75.0"]


def test_a_signal_that_is_worked_out_in_another_way_after_the_restart_begins_anew() -> None:
    far = replace(rule(kind=Kind.DEVIATION), signal=Deviation(TEMP, f"{MOTOR}.set_point"), limit=5.0)
    story = Story(far, tags=[tag(), tag(f"{MOTOR}.set_point")])
    story.sample(0, 75.0, of=f"{MOTOR}.set_point")
    story.sample(1, 85.0)
    after = Story(replace(far, signal=Deviation(TEMP, 84.0)), records=story.records, start=60)
    after.engine.restore(story.records, now=at(60), outage=0)
    assert after.engine.view(HOT).facts.active
    assert named(after.sample(61, 85.0)) == ["de_temp_high returned 61.0"]


# --- facts ----------------------------------------------------------------------------------------------------------


def test_an_active_alarm_is_still_active_and_is_not_raised_again() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(5, Acknowledge(HOT, 1))
    after = story.restarted(60, outage=50)
    after.sample(61, 86.0)
    assert after.happened == []
    assert after.state() is AlarmState.ACKED
    event = after.command(62, Acknowledge(HOT, 1), by="operator.a")
    assert (event.data["reason"], event.data["acknowledged_by"]) == (Rejection.ALREADY_ACKNOWLEDGED, "fitter.b")
    after.sample(63, 70.0)
    (returned,) = (event for event in after.happened if event.kind == "returned")
    assert returned.data["peak"] == 86.0
    assert returned.data["raised"] == "2026-05-04T08:00:00.000000Z"


def test_a_latch_and_the_count_of_occurrences_survive() -> None:
    story = Story(rule(latching=True))
    story.samples((0, 85.0), (5, 70.0))
    story.command(6, Acknowledge(HOT, 1))
    after = story.restarted(60, outage=50)
    assert after.state() is AlarmState.LATAK
    assert after.command(61, Reset(HOT)).kind == "reset"
    after.sample(62, 85.0)
    assert after.happened[-1].data["occurrence"] == 2


def test_p9_a_shelf_ends_at_the_same_instant_after_a_restart() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    after = story.restarted(60, outage=40)
    assert after.state() is AlarmState.SHLVD
    assert [(event.kind, event.time) for event in after.wait(400)] == [("unshelved", at(310))]


def test_a_shelf_that_ended_during_the_outage_ends_with_the_first_step() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    story.command(10, Shelve(HOT, 5 * MINUTE, "known"))
    after = story.restarted(4000, outage=3900)
    assert [(event.kind, event.time, event.data["active"]) for event in after.wait(4000)] == [("unshelved", at(310), True)]


def test_a_shelf_is_never_longer_than_the_maximum_also_when_the_clock_was_set_back() -> None:
    story = Story(rule())
    story.command(0, Shelve(HOT, SHELVE_MAX, "known"))
    after = story.restarted(-10 * 3600)
    assert after.engine.view(HOT).facts.shelved_until == at(-10 * 3600) + SHELVE_MAX


def test_a_shelf_ends_when_the_rule_has_become_one_that_may_not_be_hidden() -> None:
    story = Story(rule())
    story.command(0, Shelve(HOT, HOUR, "known"))
    after = story.restarted(60, 30, rule(priority=Priority.CRITICAL))
    assert [event.kind for event in after.wait(60)] == ["unshelved"]


def test_a_new_peak_is_made_durable_though_nothing_else_changed() -> None:
    story = Story(rule())
    story.samples((0, 85.0), (1, 95.0), (2, 90.0))
    after = story.restarted(60, outage=50)
    after.sample(61, 70.0)
    assert after.happened[0].data["peak"] == 95.0


# --- silence --------------------------------------------------------------------------------------------------------


def test_after_a_restart_silence_counts_from_the_start() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    story.sample(0, 70.0)
    after = story.restarted(3600, outage=3599)
    assert after.wait(3604.9) == []
    assert [(event.kind, event.time) for event in after.wait(3700)] == [("raised", at(3605))]


def test_silence_counts_from_the_moment_of_the_restore_when_that_took_its_time() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    story.engine.restore({}, now=at(100), outage=0)
    assert story.wait(104) == []
    story.wait(200)
    assert story.told == ["raised 105.0"]


def test_a_silence_alarm_stays_through_a_restart_until_news_comes() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    story.wait(60)
    after = story.restarted(3600, outage=3500)
    assert after.wait(3700) == []
    after.sample(3701, 70.0)
    assert after.told == ["returned 3701.0"]


# --- another configuration ------------------------------------------------------------------------------------------


def test_a_restart_with_another_limit_keeps_the_alarm_and_its_count() -> None:
    story = Story(rule(limit=80.0))
    story.sample(0, 85.0)
    after = story.restarted(60, 30, rule(limit=90.0))
    assert after.engine.view(HOT).facts.active
    after.sample(61, 85.0)
    assert after.told == ["returned 61.0"]


def test_a_rule_that_is_gone_after_the_restart_retires_its_alarm() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    after = story.restarted(60, 30, rule("other"))
    (event,) = after.wait(60)
    assert (event.kind, event.subject, event.time) == ("retired", HOT, at(60))
    assert event.data == {"occurrence": 1, "state": "unacknowledged", "cause": "rule_removed"}
    assert after.wait(61) == []


def test_no_occurrence_is_ever_counted_twice_not_even_after_its_rule_was_gone_for_a_while() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    without = story.restarted(60, 30, rule("other"))
    without.wait(60)
    again = without.restarted(120, 30, rule())
    again.wait(120)
    again = again.restarted(150, 30, rule())
    again.sample(151, 85.0)
    assert again.happened[-1].data["occurrence"] == 2


def test_a_rule_of_the_same_name_that_means_something_else_begins_anew() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    after = story.restarted(60, 30, rule(kind=Kind.LOW, limit=10.0))
    (event,) = after.wait(60)
    assert (event.kind, event.data["cause"]) == ("retired", "rule_changed")
    assert after.engine.view(HOT).state is AlarmState.NORM
    after.sample(61, 5.0)
    assert after.happened[-1].data["occurrence"] == 2


def test_a_rule_that_is_new_after_the_restart_sees_the_value_that_the_broker_repeats() -> None:
    story = Story(rule())
    story.sample(0, 85.0)
    after = story.restarted(60, 30, rule(), rule("warm", limit=60.0))
    after.sample(61, 85.0, source=0, initial=True)
    assert [event.subject for event in after.happened] == ["CRM.ST3.MOTOR/warm"]


def test_what_several_rules_recorded_of_one_tag_the_newest_is_believed() -> None:
    story = Story(rule(), rule("a_higher", limit=90.0))
    story.samples((0, 85.0), (10, 95.0), (20, 85.0))
    after = story.restarted(60, 30)
    after.sample(61, 99.0, source=15)
    assert after.happened == []
    assert after.engine.view(HOT).value == 85.0


def test_a_tag_that_had_said_nothing_before_a_restart_is_on_no_clock_yet() -> None:
    """A late sample after it is late, as it would have been without the restart."""
    story = Story(rule(reads=SESSION, kind=Kind.COMM_LOSS))
    story.wait(0)
    story.records.update(json.loads(json.dumps(story.engine.records())))
    after = story.restarted(0)
    for each in (story, after):
        each.sample(1, 0.0, of=SESSION, initial=True)
        each.sample(1, 1.0, source=0.9, of=SESSION)
    assert after.told == story.told == ["raised 1.0"]


def test_a_tag_of_which_only_a_kept_message_came_before_a_restart_is_on_no_clock_yet() -> None:
    story = Story(rule())
    story.sample(0, 70.0, initial=True)
    story.records.update(json.loads(json.dumps(story.engine.records())))
    after = story.restarted(0)
    for each in (story, after):
        each.sample(9, 70.0, initial=True)
        each.sample(9, 85.0, source=8.9)
    assert after.told == story.told == []


def test_records_are_plain_json_also_before_the_first_sample() -> None:
    engine = Story(rule(), rule("silent", Kind.STALE, stale_after=5), tags=[tag(TEMP, 4.0)]).engine
    records = engine.records()
    assert json.loads(json.dumps(records, allow_nan=False)) == records
    again = Engine(engine.layout, START)
    again.restore(records, now=START, outage=0)
    assert again.records() == records
    assert again.views() == engine.views()


# --- what signals remember ------------------------------------------------------------------------------------------

DIPS = Repeat(tag=TEMP, raw=Raw(Side.LOW, 60.0), within=30 * MINUTE, count=3, coverage=0.0)


def counting(*keys: str) -> Story:
    return Story(*(replace(rule(key), kind=Kind.REPEAT, limit=3.0, deadband=0.0, signal=DIPS) for key in keys))


def dip(story: Story, second: float) -> None:
    story.samples((second, 50.0), (second + 1, 70.0))


def test_what_was_counted_is_forgotten_by_a_crash_unless_it_is_asked_for_in_between() -> None:
    story = counting("dips")
    story.sample(0, 70.0)
    dip(story, 10)
    dip(story, 20)
    forgetful = story.restarted(60, outage=30)
    dip(forgetful, 70)
    assert forgetful.told == []
    records, following = story.engine.remember(0, 10)
    story.records.update(json.loads(json.dumps(records)))
    assert (list(records), following) == (["CRM.ST3.MOTOR/dips"], None)
    after = story.restarted(60, outage=30)
    assert after.told == []
    dip(after, 70)
    assert after.told[0] == "raised 70.0"


def test_signals_are_remembered_a_few_at_a_time_and_only_when_they_have_heard_something() -> None:
    limits = [60.0, 61.0, 62.0]
    signals = [replace(DIPS, raw=Raw(Side.LOW, limit)) for limit in limits]
    rules = [replace(rule(f"dips_{number}"), kind=Kind.REPEAT, limit=3.0, signal=each) for number, each in enumerate(signals)]
    engine = (story := Story(*rules)).engine
    assert engine.remember(0, 2) == ({}, None)
    dip(story, 10)
    first, following = engine.remember(0, 2)
    assert (len(first), following) == (2, 2)
    last, following = engine.remember(2, 2)
    assert (len(last), following, first.keys() & last.keys()) == (1, None, set())
    assert engine.remember(0, 2) == ({}, None)


def test_of_two_rules_with_one_signal_the_newer_memory_is_believed() -> None:
    """The one whose name comes last recorded nothing since the first dip: it was below its count, and the other one was not."""
    story = counting("a_dips", "b_dips")
    story.sample(0, 70.0)
    old = json.loads(json.dumps(story.engine.records()))["CRM.ST3.MOTOR/b_dips"]
    dip(story, 10)
    dip(story, 20)
    story.records.update(json.loads(json.dumps(story.engine.remember(0, 10)[0])))
    story.records["CRM.ST3.MOTOR/b_dips"] = old
    after = story.restarted(60, outage=30)
    dip(after, 70)
    assert [event.subject for event in after.happened[:2]] == ["CRM.ST3.MOTOR/a_dips", "CRM.ST3.MOTOR/b_dips"]


def test_sums_that_were_reset_through_one_rule_stay_so_for_another_with_the_same_signal() -> None:
    sums = Cusum(tag=TEMP, baseline=Stated(70.0, 1.0))
    story = Story(*(replace(rule(key), kind=Kind.CUSUM, limit=OUTSIDE, signal=sums) for key in ("a_shift", "b_shift")))
    for second in range(10):
        story.sample(second, 73.0)
    story.command(12, ResetSums("CRM.ST3.MOTOR/a_shift", "new bearing"))
    after = story.restarted(13)
    assert after.engine.view("CRM.ST3.MOTOR/b_shift").signal["high_sum"] == 0.0


@settings(max_examples=30, deadline=None)
@given(plant_and_inputs(), st.data())
def test_p13_remembering_changes_nothing_and_is_enough_to_go_on_from(
    case: tuple[Plant, list[Input]], data: st.DataObject
) -> None:
    """From the store's records, which know of a tag's newest sample only with what changed: so samples come in their order."""
    plant, _ = case
    ordered = in_order(data.draw(inputs(plant, tidy=True)))
    cut = data.draw(st.integers(0, len(ordered)))
    unbroken, before = Engine(plant.layout, START), Engine(plant.layout, START)
    expected = [run(unbroken, [each], moment_of(each)) for each in ordered] + [run(unbroken, [], END)]

    events: list[list[Event]] = []
    durable: dict[str, Any] = {}
    for each in ordered[:cut]:
        batch = Batch.of([each] if isinstance(each, Sample) else [])
        result = before.step(moment_of(each), batch, [each.row] if isinstance(each, Press) else [])
        events.append(list(result.events))
        durable.update(result.changed)
        if data.draw(st.booleans()):
            durable.update(before.remember(0, 100)[0])
    durable.update(before.remember(0, 100)[0])
    stopped_at = moment_of(ordered[cut - 1]) if cut else START
    after = Engine(plant.layout, stopped_at)
    after.restore(json.loads(json.dumps(durable)), now=stopped_at, outage=0)
    events += [run(after, [each], moment_of(each)) for each in ordered[cut:]] + [run(after, [], END)]
    assert [[without_reading(event) for event in step] for step in events] == [
        [without_reading(event) for event in step] for step in expected
    ]
