"""What holds for every plant and every input: no alarm lost, none that vanishes, none acknowledged by mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.alarm import AlarmState
from edge.model.command import Shelve, Unshelve
from edge.model.event import Event
from edge.model.moment import Moment, from_iso
from edge.model.sample import Batch, Mark, Quality, Sample
from rules.definition import SHELVE_MAX
from rules.engine import Engine
from rules.layout import build_layout
from rules.view import AlarmView
from tests.unit.rules.plant import START, canonical
from tests.unit.rules.strategies import END, Input, Plant, Press, in_order, inputs, moment_of, plants

Case = tuple[Plant, list[Input]]


@st.composite
def plant_and_inputs(draw: st.DrawFn, /, **options: Any) -> Case:
    plant = draw(plants())
    return plant, in_order(draw(inputs(plant, **options)))


def engine_of(plant: Plant) -> Engine:
    return Engine(build_layout(1, plant.tags, plant.rules), START)


def step_by_step(plant: Plant, given_inputs: list[Input]) -> Iterator[tuple[tuple[Event, ...], list[AlarmView]]]:
    """After every single input: what happened, and how all alarms look."""
    engine = engine_of(plant)
    for each in given_inputs:
        batch = Batch.of([each] if isinstance(each, Sample) else [])
        result = engine.step(moment_of(each), batch, [each.row] if isinstance(each, Press) else [])
        yield result.events, engine.views()


def all_events(plant: Plant, given_inputs: list[Input]) -> list[Event]:
    engine = engine_of(plant)
    batch = Batch.of([each for each in given_inputs if isinstance(each, Sample)])
    return list(engine.step(END, batch, [each.row for each in given_inputs if isinstance(each, Press)]).events)


@settings(max_examples=40, deadline=None)
@given(plant_and_inputs())
def test_p1_to_p6_and_p9_hold_after_every_input(case: Case) -> None:
    plant, given_inputs = case
    seen: dict[str, int] = {}
    raised_latched: set[str] = set()
    announced: Counter[tuple[str, int]] = Counter()
    acknowledged: Counter[tuple[str, int]] = Counter()
    last_time: dict[str, Moment] = {}
    before: dict[str, AlarmView] = {}
    for events, views in step_by_step(plant, given_inputs):
        for event in events:
            if event.kind == "raised":
                assert event.data["occurrence"] == seen.get(event.subject, 0) + 1
                seen[event.subject] = event.data["occurrence"]
                announced[event.subject, event.data["occurrence"]] += 1
                raised_latched.add(event.subject)
            elif event.kind == "unshelved" and event.data["active"]:
                announced[event.subject, event.data["occurrence"]] += 1
            elif event.kind == "acknowledged":
                assert event.data["occurrence"] == seen[event.subject]
                acknowledged[event.subject, event.data["occurrence"]] += 1
            elif event.kind == "reset":
                raised_latched.discard(event.subject)
            elif event.kind == "rejected" and event.data["reason"] != "unknown_alarm":
                after = next(view for view in views if view.rule.id == event.subject)
                assert (after.facts, after.acknowledged_by) == unchanged_but_for(events, event, before, after)
            if event.kind in ("raised", "returned"):
                assert event.time >= last_time.get(event.subject, event.time)
                last_time[event.subject] = event.time
        for view in views:
            facts, rule = view.facts, view.rule
            assert view.process_state is facts.process_state
            if facts.active:
                assert view.process_state in (AlarmState.UNACK, AlarmState.ACKED)
            if rule.latching and rule.id in raised_latched:
                assert view.process_state is not AlarmState.NORM
            if rule.ack_required and facts.occurrence and facts.acked:
                assert acknowledged[rule.id, facts.occurrence] >= 1
            assert acknowledged[rule.id, facts.occurrence] <= announced[rule.id, facts.occurrence]
        before = {view.rule.id: view for view in views}


def unchanged_but_for(
    events: tuple[Event, ...], rejected: Event, before: dict[str, AlarmView], after: AlarmView
) -> tuple[Any, Any]:
    """What a rejected command must have left: the alarm as it was, unless something else happened to it in the same step."""
    others = [event for event in events if event is not rejected and event.subject == rejected.subject]
    was = after if others or rejected.subject not in before else before[rejected.subject]
    return was.facts, was.acknowledged_by


@settings(max_examples=30, deadline=None)
@given(plant_and_inputs())
def test_p7_shelving_changes_nothing_about_what_the_process_did(case: Case) -> None:
    plant, given_inputs = case
    open_ended = [
        each for each in given_inputs if not (isinstance(each, Press) and isinstance(each.row.body, Shelve | Unshelve))
    ]
    assert process_edges(all_events(plant, given_inputs)) == process_edges(all_events(plant, open_ended))


def process_edges(events: list[Event]) -> list[tuple[str, str, Moment, dict[str, Any]]]:
    """Raises, returns and filtered conditions; whether people had seen them depends on the shelf."""
    people = ("acknowledged", "realarm", "suppressed")
    return [
        (event.kind, event.subject, event.time, {key: value for key, value in event.data.items() if key not in people})
        for event in events
        if event.kind in ("raised", "returned", "filtered")
    ]


@settings(max_examples=30, deadline=None)
@given(plant_and_inputs())
def test_p9_every_shelf_ends_once_at_its_end_or_by_a_person_before(case: Case) -> None:
    plant, given_inputs = case
    open_until: dict[str, Moment] = {}
    for event in all_events(plant, given_inputs):
        if event.kind == "shelved":
            assert event.subject not in open_until
            open_until[event.subject] = from_iso(event.data["until"])
            assert 0 < open_until[event.subject] - event.time <= SHELVE_MAX
        elif event.kind == "unshelved":
            until = open_until.pop(event.subject)
            assert event.time == until if event.data["cause"] == "expired" else event.time < until
    assert open_until == {}


@settings(max_examples=30, deadline=None)
@given(plant_and_inputs())
def test_every_command_ends_in_exactly_one_event(case: Case) -> None:
    plant, given_inputs = case
    answered = Counter(event.command for event in all_events(plant, given_inputs) if event.command is not None)
    asked = Counter((each.row.source, each.row.message_id) for each in given_inputs if isinstance(each, Press))
    assert answered == asked


@settings(max_examples=30, deadline=None)
@given(plant_and_inputs())
def test_p14_every_sample_applied_twice_is_as_once(case: Case) -> None:
    plant, given_inputs = case
    doubled = [again for each in given_inputs for again in ([each] if isinstance(each, Press) else [each, each])]
    assert canonical(all_events(plant, doubled)) == canonical(all_events(plant, given_inputs))


@settings(max_examples=30, deadline=None)
@given(plant_and_inputs(), st.data())
def test_p15_samples_older_than_the_newest_of_their_tag_change_nothing(case: Case, data: st.DataObject) -> None:
    plant, given_inputs = case
    with_late: list[Input] = []
    newest: dict[int, Sample] = {}
    for each in given_inputs:
        with_late.append(each)
        if not isinstance(each, Sample) or each.mark:
            continue
        if each.slot not in newest or each.source_time >= newest[each.slot].source_time:
            newest[each.slot] = each
        if data.draw(st.booleans()):
            late = replace(
                newest[each.slot],
                source_time=newest[each.slot].source_time - data.draw(st.integers(1, 10_000_000)),
                received_time=each.received_time,
                value=data.draw(st.sampled_from([0.0, 70.0, 85.0, 99.0])),
                quality=data.draw(st.sampled_from(list(Quality))),
                mark=Mark.NONE,
            )
            with_late.append(late)
    assert canonical(all_events(plant, in_order(with_late))) == canonical(all_events(plant, given_inputs))
