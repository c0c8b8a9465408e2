"""A sensor that says it has failed: one alarm of its own, and none about what it measures."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.command import Shelve
from edge.model.moment import MINUTE
from edge.model.sample import Batch, Mark, Quality, Sample
from rules.definition import Kind, Rule
from rules.engine import Engine
from rules.layout import build_layout
from tests.unit.rules.plant import HOT, MOTOR, START, TEMP, Story, at, rule, tag, told
from tests.unit.rules.strategies import END, Input, Plant, in_order, inputs, plants
from tests.unit.rules.test_new_layout import move

WIRE = f"{MOTOR}/wire"
SILENT = f"{MOTOR}/silent"


def wire(on: float = 2.0, off: float = 0.0) -> Rule:
    return rule("wire", Kind.SENSOR_FAULT, on=on, off=off)


def of(story: Story, alarm: str) -> list[str]:
    return told([event for event in story.happened if event.subject == alarm])


def test_an_open_wire_is_one_alarm_of_its_own_and_none_about_the_bearing() -> None:
    story = Story(wire(), rule(on=0))
    story.sample(0, 60.0)
    for second in range(1, 60):
        story.fault(second)
    story.sample(60, 61.0)
    assert of(story, WIRE) == ["raised 3.0", "returned 60.0"]
    assert of(story, HOT) == []


def test_its_raise_tells_what_the_device_says_and_its_return_what_it_measures() -> None:
    story = Story(wire())
    story.sample(0, 60.0)
    story.fault(1, 850.0)
    story.fault(2, 851.0)
    story.sample(9, 61.0)
    raised, returned = story.happened
    assert (raised.data["value"], raised.data["limit"], raised.data["quality"]) == (851.0, None, "bad")
    assert (returned.data["value"], returned.data["peak"]) == (61.0, None)


@pytest.mark.parametrize("says", [float("nan"), float("inf")])
def test_a_device_that_says_no_number_has_no_value(says: float) -> None:
    story = Story(wire(on=0))
    story.sample(0, 60.0)
    story.fault(1, says)
    assert story.happened[0].data["value"] is None


def test_a_limit_alarm_that_is_active_stays_so_and_returns_with_the_next_good_sample() -> None:
    story = Story(wire(), rule())
    story.sample(0, 85.0)
    story.fault(1, -200.0)
    story.wait(100)
    assert of(story, HOT) == ["raised 0.0"]
    story.sample(101, 60.0)
    assert of(story, HOT) == ["raised 0.0", "returned 101.0"]
    assert [event.data["peak"] for event in story.happened if event.subject == HOT and event.kind == "returned"] == [85.0]


def test_the_delay_of_a_limit_alarm_stands_still_while_the_sensor_fails() -> None:
    story = Story(wire(), rule(on=10))
    story.sample(0, 85.0)
    story.fault(4)
    story.wait(60)
    story.sample(61, 85.0)
    story.wait(100)
    assert of(story, HOT) == ["raised 67.0"]


def test_its_own_delay_runs_on_while_the_tag_is_bad_or_goes_stale_and_the_connection_is_lost() -> None:
    story = Story(wire(on=5), tags=[tag(stale_after=2)])
    story.sample(0, 60.0)
    story.fault(1)
    story.sample(2, 850.0, Quality.BAD, own_stamp=True)
    story.wait(60)
    assert of(story, WIRE) == ["raised 6.0"]


@pytest.mark.parametrize("quality", [Quality.BAD, Quality.UNCERTAIN])
def test_a_lost_connection_and_uncertain_samples_leave_it_as_it_is(quality: Quality) -> None:
    never = Story(wire(on=0))
    never.sample(0, 60.0)
    never.sample(1, 60.0, quality)
    assert never.told == []
    still = Story(wire(on=0))
    still.fault(0)
    still.sample(1, 60.0, quality)
    assert still.told == ["raised 0.0"]
    assert still.engine.view(WIRE).facts.active


def test_a_fault_shorter_than_its_delay_is_filtered() -> None:
    story = Story(wire(on=2))
    story.fault(0)
    story.sample(1.9, 60.0)
    assert story.told == ["filtered 1.9"]


def test_its_delay_is_complete_at_its_length_also_without_another_sample() -> None:
    story = Story(wire(on=2))
    story.fault(1)
    assert story.last is not None
    assert story.last.next_due == at(3)
    assert told(story.wait(3)) == ["raised 3.0"]


def test_a_retained_fault_raises_and_is_no_sign_of_life() -> None:
    story = Story(wire(on=0), rule("silent", Kind.STALE, stale_after=5))
    story.fault(0, initial=True)
    story.wait(6)
    assert story.told == ["raised 0.0", "raised 5.0"]


def test_a_retained_value_older_than_the_fault_is_late() -> None:
    story = Story(wire(on=0))
    story.fault(10)
    story.sample(11, 60.0, source=5, initial=True)
    assert story.told == ["raised 10.0"]


def test_the_fault_that_says_what_the_loss_before_it_kept_is_not_taken_for_a_repetition() -> None:
    story = Story(wire(on=0))
    story.sample(0, 60.0)
    story.sample(1, 850.0, Quality.BAD)
    story.sample(1, 850.0, Quality.BAD, fault=True)
    assert story.told == ["raised 1.0"]


def test_a_sensor_that_fails_is_not_silent_as_well() -> None:
    story = Story(wire(), rule("silent", Kind.STALE, stale_after=5), tags=[tag(stale_after=5)])
    story.sample(0, 60.0)
    for second in range(1, 60):
        story.fault(second)
    assert of(story, SILENT) == []
    story.wait(100)
    assert of(story, SILENT) == ["raised 64.0"]


def test_where_no_rule_watches_the_sensor_silence_does() -> None:
    story = Story(rule("silent", Kind.STALE, stale_after=5))
    story.sample(0, 60.0)
    for second in range(1, 10):
        story.fault(second)
    assert of(story, SILENT) == ["raised 5.0"]


def test_a_sign_of_life_makes_nothing_fresh() -> None:
    story = Story(wire(), rule(on=10), rule("silent", Kind.STALE, stale_after=5), tags=[tag(stale_after=5)])
    story.sample(0, 60.0)
    story.fault(4)
    story.wait(6)
    assert story.engine.view(HOT).stale
    assert not story.engine.view(HOT).evaluable
    assert story.engine.view(WIRE).evaluable


def test_a_shelf_that_ends_over_a_failed_sensor_tells_what_the_device_says() -> None:
    story = Story(wire(on=0))
    story.fault(0)
    story.command(1, Shelve(WIRE, MINUTE, "known"))
    story.wait(100)
    assert (story.happened[-1].kind, story.happened[-1].data["value"]) == ("unshelved", 850.0)


def test_a_restart_in_the_middle_of_its_delay_loses_neither_the_delay_nor_what_the_device_said() -> None:
    story = Story(wire(on=10))
    story.fault(1)
    after = story.restarted(5, 3)
    after.wait(60)
    assert after.told == ["raised 14.0"]
    assert after.happened[0].data["value"] == 850.0


def test_a_restart_keeps_an_alarm_that_the_next_good_sample_ends() -> None:
    story = Story(wire(on=0))
    story.fault(1)
    after = story.restarted(5)
    after.fault(6)
    after.sample(7, 60.0)
    assert after.told == ["returned 7.0"]


def test_a_new_rule_on_a_sensor_that_fails_does_not_wait_for_the_next_sample() -> None:
    story = Story(rule())
    story.sample(0, 60.0)
    story.fault(1)
    assert told(move(story, 5, [rule(), wire(on=2)])) == []
    assert told(story.wait(7)) == ["raised 7.0"]


def test_a_new_layout_keeps_what_the_sensor_was_and_when_it_gave_a_sign_of_life() -> None:
    rules = [wire(on=10), rule("silent", Kind.STALE, stale_after=5)]
    story = Story(*rules)
    story.sample(0, 60.0)
    story.fault(4)
    move(story, 4.5, rules)
    story.wait(8)
    assert story.told == []
    story.wait(60)
    assert of(story, SILENT) == ["raised 9.0"]
    assert of(story, WIRE) == ["raised 14.0"]


def test_a_thousand_faults_of_a_fast_tag_in_one_batch_are_what_they_are_one_by_one() -> None:
    def story(at_once: bool) -> list[str]:
        lived = Story(wire(on=0.5), rule(), rule("silent", Kind.STALE, stale_after=2))
        samples = [Sample(0, 60.0, Quality.GOOD, at(0), at(0))]
        for n in range(1, 1001):
            samples.append(Sample(0, 850.0, Quality.BAD, at(n / 100), at(n / 100), Mark.SENSOR_FAULT))
        for piece in [samples] if at_once else [[each] for each in samples]:
            lived.step((piece[-1].received_time - START) / 1_000_000, piece)
        lived.wait(60)
        return lived.told

    assert story(at_once=True) == story(at_once=False) == ["raised 0.51", "raised 12.0"]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_a_fault_says_is_nothing_to_any_limit(data: st.DataObject) -> None:
    """Whatever number the faults of a run carry: the alarms about the measurement tell the same story."""
    plant: Plant = data.draw(plants(context=False))
    given_inputs: list[Input] = in_order(data.draw(inputs(plant)))
    says = data.draw(st.sampled_from([0.0, 80.0, 850.0, float("nan")]))
    other = [
        replace(each, value=says) if isinstance(each, Sample) and each.mark & Mark.SENSOR_FAULT else each
        for each in given_inputs
        if isinstance(each, Sample)
    ]
    as_drawn = [each for each in given_inputs if isinstance(each, Sample)]
    # Twice the same instant may be a repetition or not, as its value has it: that is another matter.
    if len({(each.slot, each.source_time, each.mark) for each in as_drawn}) == len(as_drawn):
        assert limit_story(plant, other) == limit_story(plant, as_drawn)


def limit_story(plant: Plant, samples: list[Sample]) -> list[tuple[str, str, int, object]]:
    engine = Engine(build_layout(1, plant.tags, plant.rules), START)
    limits = {rule.id for rule in plant.rules if rule.kind in (Kind.HIGH, Kind.LOW, Kind.DISCRETE)}
    events = engine.step(END, Batch.of(samples), ()).events
    return [(event.subject, event.kind, event.time, event.data.get("value")) for event in events if event.subject in limits]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_fault_turns_no_condition_on_a_limit_and_begins_and_ends_no_delay_of_one(data: st.DataObject) -> None:
    plant: Plant = data.draw(plants(context=False))
    limits = [rule.id for rule in plant.rules if rule.kind in (Kind.HIGH, Kind.LOW, Kind.DISCRETE)]
    engine = Engine(build_layout(1, plant.tags, plant.rules), START)
    for drawn in in_order(data.draw(inputs(plant, presses=False))):
        assert isinstance(drawn, Sample)
        fault = replace(drawn, quality=Quality.BAD, mark=drawn.mark | Mark.SENSOR_FAULT)
        sample = fault if data.draw(st.booleans()) else drawn
        engine.step(sample.received_time, Batch.empty(), ())
        before = {alarm: engine.view(alarm) for alarm in limits}
        happened = engine.step(sample.received_time, Batch.of([sample]), ()).events
        if not sample.mark & Mark.SENSOR_FAULT:
            continue
        for alarm, view in before.items():
            # Only a delay that was over before the fault may complete by it.
            completed = any(event.subject == alarm for event in happened)
            assert engine.view(alarm).raw is view.raw
            assert engine.view(alarm).pending_since == (None if completed else view.pending_since)


def test_the_layout_knows_whose_sensors_are_watched() -> None:
    layout = build_layout(1, [tag(), tag(f"{MOTOR}.oil_flow")], [wire(), rule("silent", Kind.STALE, stale_after=5)])
    assert layout.faults_told.tolist() == [True, False, False]
    assert layout.on_steady_clock.tolist() == [True, True]
    assert layout.tags[0].name == TEMP
