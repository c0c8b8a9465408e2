"""The engine in columns gives the same events as one that takes sample after sample, however the samples are cut into steps,
and wherever it is restarted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.alarm import AlarmState
from edge.model.event import Event
from edge.model.moment import SECOND, Moment, Span
from edge.model.sample import Batch, Sample
from rules.definition import Kind
from rules.engine import Engine
from rules.signals import BANK_OF
from tests.unit.rules.behaviour import LINE_STATES, OTHERS, SIGNALS
from tests.unit.rules.naive_engine import NaiveEngine
from tests.unit.rules.plant import START, canonical
from tests.unit.rules.strategies import END, PLAIN, WATCHING, Input, Plant, Press, in_order, inputs, moment_of, plants

#: As the profile says; a third of it where each example steps one engine through many cuts: the thorough one says more.
EXAMPLES = settings().max_examples


@st.composite
def plant_and_inputs(draw: st.DrawFn, /, **options: Any) -> tuple[Plant, list[Input]]:
    plant = draw(plants(rich=True))
    return plant, draw(inputs(plant, **options))


def step(engine: Engine, now: Moment, given_now: Sequence[Input]) -> tuple[Event, ...]:
    batch = Batch.of([each for each in given_now if isinstance(each, Sample)])
    return engine.step(now, batch, [each.row for each in given_now if isinstance(each, Press)]).events


def step_naively(engine: NaiveEngine, now: Moment, given_now: Sequence[Input]) -> list[Event]:
    samples = [each for each in given_now if isinstance(each, Sample)]
    return engine.run(now, samples, [each.row for each in given_now if isinstance(each, Press)])


def said_by_both(events: Sequence[Event]) -> str:
    """Without what signals add for people, of which the naive ones know nothing; any cut gives it alike (below)."""
    plain = [replace(each, data={name: said for name, said in each.data.items() if name != "facts"}) for each in events]
    return canonical(plain)


def test_random_plants_have_rules_of_every_kind_and_signals_of_every_class() -> None:
    assert {*PLAIN, *WATCHING, *(kind for kind, *_ in SIGNALS), *(kind for kind, *_ in OTHERS)} == set(Kind)
    assert {type(signal) for _, signal, _ in SIGNALS} | {type(LINE_STATES)} == set(BANK_OF)


@settings(max_examples=EXAMPLES)
@given(plant_and_inputs())
def test_one_step_over_everything_gives_what_the_naive_engine_gives(case: tuple[Plant, list[Input]]) -> None:
    plant, given_inputs = case
    events = step(Engine(plant.layout, START), END, in_order(given_inputs))
    assert said_by_both(events) == canonical(step_naively(NaiveEngine(plant.layout, START), END, in_order(given_inputs)))


@settings(max_examples=EXAMPLES)
@given(plant_and_inputs(), st.lists(st.tuples(st.integers(1, 40), st.sampled_from([0, 0, SECOND, 30 * SECOND])), max_size=3))
def test_restarts_anywhere_give_what_the_naive_engine_gives(
    case: tuple[Plant, list[Input]], restarts: list[tuple[int, Span]]
) -> None:
    """What comes after an outage comes that much later. On the way the state goes through JSON."""
    plant, given_inputs = case
    naive, engine = NaiveEngine(plant.layout, START), Engine(plant.layout, START)
    expected, events = list[Event](), list[Event]()
    now, later, left = START, 0, in_order(given_inputs)
    for count, outage in restarts:
        piece, left = [delayed(each, later) for each in left[:count]], left[count:]
        now = max([now, *map(moment_of, piece)])
        expected += step_naively(naive, now, piece)
        events += step(engine, now, piece)
        now, later = now + outage, later + outage
        naive.restart(now, outage)
        expected += naive.events
        records = json.loads(json.dumps(engine.records(), allow_nan=False))
        engine = Engine(plant.layout, now)
        engine.restore(records, now=now, outage=outage)
    piece = [delayed(each, later) for each in left]
    expected += step_naively(naive, END + later, piece)
    events += step(engine, END + later, piece)
    assert said_by_both(events) == canonical(expected)


def delayed(given_input: Input, by: Span) -> Input:
    if isinstance(given_input, Sample):
        source, received = given_input.source_time + by, given_input.received_time + by
        return Sample(
            given_input.slot, given_input.value, given_input.quality, source, received, given_input.mark, given_input.text
        )
    row = given_input.row
    return Press(type(row)(row.source, row.message_id, row.actor, row.body, row.received_at + by, row.sequence))


@settings(max_examples=EXAMPLES // 3)
@given(plant_and_inputs(), st.data())
def test_any_cut_into_steps_gives_the_same_events_byte_for_byte_and_the_same_state(
    case: tuple[Plant, list[Input]], data: st.DataObject
) -> None:
    plant, given_inputs = case
    ordered = in_order(given_inputs)
    whole, cut = Engine(plant.layout, START), Engine(plant.layout, START)
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
    of_people = (AlarmState.SHLVD, AlarmState.OOSRV)
    assert cut.standing() == [
        view for view in whole.views() if view.facts.retained or view.state in of_people or view.chattering
    ]


@settings(max_examples=EXAMPLES // 3)
@given(plant_and_inputs(), st.data())
def test_what_was_given_out_as_changed_is_the_whole_durable_state(case: tuple[Plant, list[Input]], data: st.DataObject) -> None:
    """But for what tags and signals showed since the last change, which changes with every sample."""
    plant, given_inputs = case
    engine = Engine(plant.layout, START)
    made_durable: dict[str, Any] = dict(engine.records())
    ordered = in_order(given_inputs)
    middle = data.draw(st.integers(0, len(ordered)))
    for piece in (ordered[:middle], ordered[middle:]):
        now = moment_of(piece[-1]) if piece else START
        batch = Batch.of([each for each in piece if isinstance(each, Sample)])
        result = engine.step(now, batch, [each.row for each in piece if isinstance(each, Press)])
        made_durable.update(result.changed)
    unseen = {"seen": None, "heard": None, "signal": None}
    for rule_id, record in engine.records().items():
        assert {**made_durable[rule_id], **unseen} == {**record, **unseen}, rule_id
