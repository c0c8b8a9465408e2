"""Properties P1 to P16 of the alarm reference (section 1.6), for random plants and random lives: no alarm lost, none that
vanishes, none acknowledged by mistake. P13 is in `test_restart.py` and `test_engine_against_naive.py`; P17 and P18 are about
telling people: README.md says where they are."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.alarm import AlarmState
from edge.model.command import Acknowledge, OnMyWay, ReturnToService, Shelve, TakeOutOfService, Unshelve
from edge.model.event import Event
from edge.model.moment import Moment, from_iso
from edge.model.sample import Batch, Mark, Quality, Sample
from rules.definition import SHELVE_MAX
from rules.engine import Engine
from rules.view import AlarmView
from tests.unit.rules.naive_engine import NaiveEngine
from tests.unit.rules.plant import START, Story, canonical, rule, seconds
from tests.unit.rules.strategies import END, Input, Plant, Press, in_order, inputs, moment_of, plants

Case = tuple[Plant, list[Input]]


@st.composite
def plant_and_inputs(draw: st.DrawFn, /, *, rich: bool = True, realarm: bool = True) -> Case:
    plant = draw(plants(rich=rich, realarm=realarm))
    return plant, in_order(draw(inputs(plant)))


@dataclass(frozen=True)
class Life:
    """What one input led to. before: how all alarms looked when time had come to it, and `events`, of it alone."""

    given: Input | None
    events: tuple[Event, ...]
    before: Mapping[str, AlarmView]
    after: Mapping[str, AlarmView]
    engine: Engine


def lives(plant: Plant, given_inputs: list[Input]) -> Iterator[Life]:
    """Time goes on to an input, and that is taken; at the end time goes on."""
    engine = Engine(plant.layout, START)
    now = looks(engine)
    for each in given_inputs:
        passed = engine.step(moment_of(each), Batch.empty(), ())
        if passed.events:
            before, now = now, looks(engine)
            yield Life(None, passed.events, before, now, engine)
        batch = Batch.of([each] if isinstance(each, Sample) else [])
        result = engine.step(moment_of(each), batch, [each.row] if isinstance(each, Press) else [])
        before, now = now, looks(engine)
        yield Life(each, result.events, before, now, engine)
    yield Life(None, engine.step(END, Batch.empty(), ()).events, now, looks(engine), engine)


def looks(engine: Engine) -> dict[str, AlarmView]:
    return {view.rule.id: view for view in engine.views()}


def all_events(plant: Plant, given_inputs: list[Input]) -> list[Event]:
    engine = Engine(plant.layout, START)
    batch = Batch.of([each for each in given_inputs if isinstance(each, Sample)])
    return list(engine.step(END, batch, [each.row for each in given_inputs if isinstance(each, Press)]).events)


def hidden(view: AlarmView) -> bool:
    return bool(view.suppressed) or view.facts.shelved_until is not None or view.facts.out_of_service


def announces(event: Event) -> bool:
    """People must be told of an alarm that is active."""
    return (event.kind == "raised" and not event.data["suppressed"]) or bool(event.data.get("announce"))


# --- the state machine ----------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(plant_and_inputs())
def test_p1_a_rejected_command_changes_nothing_and_every_command_ends_in_exactly_one_event(case: Case) -> None:
    plant, given_inputs = case
    engine = Engine(plant.layout, START)
    for each in given_inputs:
        if isinstance(each, Sample):
            engine.step(moment_of(each), Batch.of([each]), ())
            continue
        engine.step(moment_of(each), Batch.empty(), ())
        before = json.dumps(engine.records())
        events = engine.step(moment_of(each), Batch.empty(), [each.row]).events
        assert [event.command for event in events] == [(each.row.source, each.row.message_id)]
        if events[0].kind == "rejected":
            assert json.dumps(engine.records()) == before


@settings(max_examples=12, deadline=None)
@given(plant_and_inputs())
def test_p2_an_alarm_has_one_name_which_follows_from_its_facts(case: Case) -> None:
    for life in lives(*case):
        for view in life.after.values():
            facts = view.facts
            if facts.out_of_service or facts.shelved_until is not None or view.suppressed:
                ways = {
                    AlarmState.OOSRV: facts.out_of_service,
                    AlarmState.SHLVD: facts.shelved_until is not None,
                    AlarmState.DSUPR: bool(view.suppressed),
                }
                assert view.state == next(state for state, holds in ways.items() if holds)
            else:
                acknowledged = "acknowledged" if facts.acked else "unacknowledged"
                name = acknowledged if facts.active else f"latched_{acknowledged}" if facts.latched else ""
                assert view.state == (name or ("normal" if facts.acked else "returned_unacknowledged"))


@settings(max_examples=20, deadline=None)
@given(plant_and_inputs())
def test_p3_no_alarm_is_lost_whose_condition_holds(case: Case) -> None:
    """The condition after its delays is that of the naive engine."""
    plant, _ = case
    naive = NaiveEngine(plant.layout, START)
    for life in lives(*case):
        if isinstance(life.given, Sample):
            naive.run(moment_of(life.given), [life.given])
        elif life.given is not None:
            naive.run(moment_of(life.given), [], [life.given.row])
        else:
            continue
        for condition in naive.conditions:
            view = life.after[condition.rule.id]
            assert view.facts.active is condition.active
            if condition.active and not hidden(view):
                assert view.state in (AlarmState.UNACK, AlarmState.ACKED)


@settings(max_examples=20, deadline=None)
@given(plant_and_inputs())
def test_p4_what_asks_to_be_acknowledged_leaves_the_list_only_by_an_acknowledgement(case: Case) -> None:
    plant, _ = case
    rules = {each.id: each for each in plant.rules}
    open_: set[str] = set()
    for life in lives(*case):
        for event in life.events:
            asks = event.subject in rules and rules[event.subject].ack_required
            by_return = event.kind == "returned" and rules[event.subject].ack_on_return
            if asks and (event.kind in ("raised", "unacknowledged") or event.data.get("announce")):
                open_.add(event.subject)
            elif event.kind == "acknowledged" or by_return:
                open_.discard(event.subject)
        for view in life.after.values():
            assert view.facts.acked is (view.rule.id not in open_)
            assert view.facts.retained or view.rule.id not in open_


@settings(max_examples=15, deadline=None)
@given(plant_and_inputs())
def test_p5_a_latching_alarm_is_never_normal_between_its_raise_and_its_reset(case: Case) -> None:
    latched: set[str] = set()
    for life in lives(*case):
        for event in life.events:
            if event.kind == "raised":
                latched.add(event.subject)
            elif event.kind == "reset":
                latched.discard(event.subject)
        for view in life.after.values():
            if view.rule.latching:
                assert view.facts.latched is (view.rule.id in latched)
                assert (view.process_state is not AlarmState.NORM) or view.rule.id not in latched


@settings(max_examples=20, deadline=None)
@given(plant_and_inputs())
def test_p6_an_acknowledgement_is_about_one_occurrence_and_the_second_is_told_who_was_first(case: Case) -> None:
    counted: Counter[str] = Counter()
    for life in lives(*case):
        for event in life.events:
            if event.kind == "raised":
                counted[event.subject] += 1
                assert event.data["occurrence"] == counted[event.subject]
        if not isinstance(life.given, Press) or not isinstance(life.given.row.body, Acknowledge | OnMyWay):
            continue
        body, (answer,) = life.given.row.body, life.events
        if body.alarm not in life.before:
            continue
        before, after = life.before[body.alarm], life.after[body.alarm]
        if answer.kind == "acknowledged":
            assert body.occurrence == before.facts.occurrence == counted[body.alarm]
            assert (before.facts.acked, after.facts.acked) == (False, True)
            again = replace(life.given.row, message_id="again", actor="somebody.else")
            (second,) = life.engine.step(again.received_at, Batch.empty(), [again]).events
            first = life.given.row.actor
            if second.kind == "rejected":
                assert (second.data["reason"], second.data["acknowledged_by"]) == ("already_acknowledged", first)
            else:
                assert second.kind == "on_my_way"
            assert life.engine.view(body.alarm).acknowledged_by == first


# --- covers ---------------------------------------------------------------------------------------------------------


COVERING = Shelve | Unshelve | TakeOutOfService | ReturnToService


@settings(max_examples=25, deadline=None)
@given(plant_and_inputs(realarm=False))
def test_p7_what_is_hidden_runs_on_and_only_what_is_told_differs(case: Case) -> None:
    """Without re-alarms, which keep still under a cover and count occurrences of their own."""
    plant, given_inputs = case
    bare = replace(plant, rules=tuple(replace(each, validity=None) for each in plant.rules), suppressors=())
    uncovered = [each for each in given_inputs if not (isinstance(each, Press) and isinstance(each.row.body, COVERING))]
    covered_events, bare_events = all_events(plant, given_inputs), all_events(bare, uncovered)
    assert process_edges(covered_events) == process_edges(bare_events)
    raised = {(event.subject, event.data["occurrence"]) for event in bare_events if event.kind == "raised"}
    assert {(event.subject, event.data["occurrence"]) for event in covered_events if announces(event)} <= raised


def process_edges(events: list[Event]) -> list[tuple[str, str, Moment, dict[str, Any]]]:
    """Raises, returns and filtered conditions. What people did, and have seen, depends on what was hidden from them."""
    people = ("acknowledged", "realarm", "suppressed", "chattering", "first_out")
    return [
        (event.kind, event.subject, event.time, {key: value for key, value in event.data.items() if key not in people})
        for event in events
        if event.kind in ("raised", "returned", "filtered")
    ]


@settings(max_examples=25, deadline=None)
@given(plant_and_inputs())
def test_p8_what_is_active_when_its_last_cover_is_off_is_announced_exactly_once(case: Case) -> None:
    plant, _ = case
    rules = {each.id: each for each in plant.rules}
    told: dict[str, bool] = {}
    for life in lives(*case):
        for event in life.events:
            name, data = event.subject, event.data
            if event.kind in ("shelved", "taken_out_of_service", "suppressed") or data.get("suppressed"):
                told[name] = False
            elif event.kind == "raised":
                told[name] = True
            elif event.kind in ("released", "unshelved", "returned_to_service") and data["active"]:
                kept = rules[name].keep_ack and rules[name].ack_required and data["acknowledged"]
                assert data["announce"] is not kept
                assert not told[name], "told twice"
                told[name] = True
        for view in life.after.values():
            if view.facts.active and not hidden(view):
                assert told[view.rule.id], "told to nobody"


@settings(max_examples=15, deadline=None)
@given(plant_and_inputs())
def test_p9_every_shelf_ends_once_at_its_end_or_before_and_is_never_longer_than_the_longest(case: Case) -> None:
    open_until: dict[str, Moment] = {}
    for event in all_events(*case):
        if event.kind == "shelved":
            until = from_iso(event.data["until"])
            assert 0 < until - event.time <= SHELVE_MAX
            assert until <= open_until.get(event.subject, until)
            open_until[event.subject] = until
        elif event.kind == "unshelved":
            until = open_until.pop(event.subject)
            # A return is dated by the device, whose clock may be ahead of ours.
            assert event.data["cause"] == "returned" or event.time <= until
            assert event.data["cause"] != "expired" or event.time == until
    assert open_until == {}


@settings(max_examples=20, deadline=None)
@given(plant_and_inputs())
def test_p10_a_shelf_of_one_shot_ends_with_the_first_return(case: Case) -> None:
    once: set[str] = set()
    for life in lives(*case):
        events = list(life.events)
        for event, following in pairwise([*events, None]):
            assert event is not None
            if event.kind == "shelved":
                (once.add if event.data["one_shot"] else once.discard)(event.subject)
            elif event.kind == "unshelved":
                once.discard(event.subject)
            elif event.kind == "returned" and event.subject in once:
                assert following is not None
                assert (following.kind, following.subject, following.data["cause"]) == ("unshelved", event.subject, "returned")
        for view in life.after.values():
            assert view.facts.one_shot is (view.rule.id in once)


# --- conditions -----------------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 8), st.sampled_from(["hot", "hot", "cool", "bad"])), min_size=1, max_size=15),
    st.integers(1, 12),
)
def test_p11_an_alarm_is_raised_when_its_condition_has_held_for_its_delay_of_known_time(
    steps: list[tuple[int, str]], delay: int
) -> None:
    """held: seconds for which it has; None while it does not, or when it was raised."""
    story = Story(rule(on=delay))
    expected, held, now, known, raised = list[float](), None, 0, False, False
    for gap, what in [*steps, (100, "nothing more")]:
        if held is not None and known:
            held += gap
            if held >= delay:
                expected.append(now + gap - (held - delay))
                held, raised = None, True
        now += gap
        if what == "cool":
            held, raised = None, False
        elif what == "hot" and held is None and not raised:
            held = 0
        known = what != "bad"
        if what == "nothing more":
            story.wait(now)
        else:
            story.sample(now, 70.0 if what == "cool" else 85.0, Quality.GOOD if known else Quality.BAD)
    assert [seconds(event.time) for event in story.happened if event.kind == "raised"] == expected


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["hot", "cool", "bad"]), min_size=1, max_size=15))
def test_p11_without_a_delay_it_is_raised_where_its_condition_begins(steps: list[str]) -> None:
    story = Story(rule())
    for second, what in enumerate(steps):
        story.sample(second, 70.0 if what == "cool" else 85.0, Quality.BAD if what == "bad" else Quality.GOOD)
    known = [(second, what) for second, what in enumerate(steps) if what != "bad"]
    begins = [second for (_, before), (second, what) in pairwise([(-1, "cool"), *known]) if (before, what) == ("cool", "hot")]
    assert [seconds(event.time) for event in story.happened if event.kind == "raised"] == begins


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 40.0), st.lists(st.floats(0.0, 1.0), max_size=20), st.sampled_from([0, 3]))
def test_p12_a_value_within_the_deadband_never_returns_an_alarm(band: float, parts: list[float], off: int) -> None:
    story = Story(rule(limit=80.0, deadband=band, off=off))
    story.sample(0, 80.0)
    for second, part in enumerate(parts, 1):
        story.sample(second, max(80.0 - band * part, 80.0 - band))
    story.wait(1000)
    assert story.told == ["raised 0.0"]
    story.sample(1001, 80.0 - band - 1e-6)
    story.wait(2000)
    assert [event.kind for event in story.happened] == ["raised", "returned"]


# --- input ----------------------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(plant_and_inputs())
def test_p14_every_sample_applied_twice_is_as_once(case: Case) -> None:
    plant, given_inputs = case
    doubled = [again for each in given_inputs for again in ([each] if isinstance(each, Press) else [each, each])]
    assert canonical(all_events(plant, doubled)) == canonical(all_events(plant, given_inputs))


@settings(max_examples=20, deadline=None)
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


@settings(max_examples=8, deadline=None)
@given(plant_and_inputs())
def test_p16_the_same_input_gives_the_same_events_byte_for_byte(case: Case) -> None:
    assert canonical(all_events(*case)) == canonical(all_events(*case))
