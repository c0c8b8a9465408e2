"""The engine in columns gives the same events as one that takes sample after sample, however the samples are cut into steps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.alarm import AlarmState
from edge.model.event import Event
from edge.model.moment import SECOND, Moment
from edge.model.sample import Batch, Sample
from rules.engine import Engine
from rules.layout import Layout, build_layout
from tests.unit.rules.plant import START, canonical
from tests.unit.rules.scalar_model import ScalarModel
from tests.unit.rules.strategies import Input, Plant, Press, inputs, moment_of, plants

END = START + 10_000 * SECOND


@st.composite
def plant_and_inputs(draw: st.DrawFn, **options: Any) -> tuple[Plant, list[Input]]:
    plant = draw(plants())
    return plant, draw(inputs(plant, **options))


def layout_of(plant: Plant) -> Layout:
    return build_layout(1, plant.tags, plant.rules)


def step(engine: Engine, now: Moment, given_now: Sequence[Input]) -> tuple[Event, ...]:
    batch = Batch.of([each for each in given_now if isinstance(each, Sample)])
    return engine.step(now, batch, [each.row for each in given_now if isinstance(each, Press)]).events


def in_order(given_inputs: Sequence[Input]) -> list[Input]:
    """Of one instant, samples go before commands, as a step has it."""
    return sorted(given_inputs, key=lambda each: (moment_of(each), isinstance(each, Press)))


def run_model(plant: Plant, given_inputs: Sequence[Input]) -> list[Event]:
    samples = [each for each in given_inputs if isinstance(each, Sample)]
    presses = [each.row for each in given_inputs if isinstance(each, Press)]
    return ScalarModel(layout_of(plant), START).run(END, samples, presses)


@settings(max_examples=70, deadline=None)
@given(plant_and_inputs())
def test_one_step_over_everything_gives_what_the_scalar_model_gives(case: tuple[Plant, list[Input]]) -> None:
    plant, given_inputs = case
    events = step(Engine(layout_of(plant), START), END, in_order(given_inputs))
    assert canonical(events) == canonical(run_model(plant, in_order(given_inputs)))


@settings(max_examples=70, deadline=None)
@given(plant_and_inputs(), st.data())
def test_any_cut_into_steps_gives_the_same_events_byte_for_byte_and_the_same_state(
    case: tuple[Plant, list[Input]], data: st.DataObject
) -> None:
    plant, given_inputs = case
    ordered = in_order(given_inputs)
    whole, cut = Engine(layout_of(plant), START), Engine(layout_of(plant), START)
    at_once = step(whole, END, ordered)

    piecewise: list[Event] = []
    ends = sorted(data.draw(st.sets(st.integers(0, len(ordered)), max_size=6)))
    for begin, end in zip([0, *ends], [*ends, len(ordered)], strict=True):
        piece = ordered[begin:end]
        latest = END if end == len(ordered) else moment_of(ordered[end])
        soonest = moment_of(piece[-1]) if piece else (moment_of(ordered[begin - 1]) if begin else START)
        piecewise += step(cut, data.draw(st.integers(soonest, latest)), piece)
    piecewise += step(cut, END, [])

    assert canonical(piecewise) == canonical(at_once)
    assert json.dumps(cut.records()) == json.dumps(whole.records())
    assert cut.views() == whole.views()
    assert cut.standing() == [view for view in whole.views() if view.state is not AlarmState.NORM]


@settings(max_examples=25, deadline=None)
@given(plant_and_inputs())
def test_p16_the_same_input_gives_the_same_events_byte_for_byte(case: tuple[Plant, list[Input]]) -> None:
    plant, given_inputs = case
    runs = {canonical(step(Engine(layout_of(plant), START), END, in_order(given_inputs))) for _ in range(2)}
    assert len(runs) == 1


@settings(max_examples=40, deadline=None)
@given(plant_and_inputs(), st.data())
def test_what_was_given_out_as_changed_is_the_whole_durable_state(case: tuple[Plant, list[Input]], data: st.DataObject) -> None:
    """But for what tags showed since the last change, which changes with every sample."""
    plant, given_inputs = case
    engine = Engine(layout_of(plant), START)
    made_durable = engine.records()
    ordered = in_order(given_inputs)
    middle = data.draw(st.integers(0, len(ordered)))
    for piece in (ordered[:middle], ordered[middle:]):
        now = moment_of(piece[-1]) if piece else START
        batch = Batch.of([each for each in piece if isinstance(each, Sample)])
        result = engine.step(now, batch, [each.row for each in piece if isinstance(each, Press)])
        made_durable.update(result.changed)
    for rule_id, record in engine.records().items():
        kept = made_durable[rule_id]
        assert {**kept, "seen": None} == {**record, "seen": None}, rule_id
