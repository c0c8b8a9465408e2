"""A scan of a whole plant, taken as one, does what its samples do one by one."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.command import Acknowledge, AlarmCommand, InboxRow, Shelve
from edge.model.moment import SECOND
from edge.model.sample import Batch, Mark, Quality, Sample
from rules.definition import Comparison, Kind, Rule
from rules.engine import Engine
from rules.layout import Layout, build_layout
from tests.unit.rules.drawing import pick
from tests.unit.rules.plant import START, canonical, rule, span, tag

TAGS = [f"SCAN.M{n // 4}.v{n}" for n in range(8)]
VALUES = st.sampled_from([70.0] * 8 + [78.0, 85.0, 95.0, 3.0, float("nan")])


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    rules: list[Rule] = []
    for number, name in enumerate(TAGS):
        for kind in draw(
            st.lists(st.sampled_from([Kind.HIGH, Kind.LOW, Kind.DISCRETE, Kind.STALE, Kind.SENSOR_FAULT]), max_size=3)
        ):
            rules.append(_rule(draw, f"r{number}_{len(rules)}", name, kind))
    context = pick(draw, [(), (TAGS[0],)])
    rules = [replace(each, context=context) for each in rules]
    return build_layout(1, [tag(name, pick(draw, [None, 5.0])) for name in TAGS], rules)


def _rule(draw: st.DrawFn, key: str, name: str, kind: Kind) -> Rule:
    delay = st.sampled_from([0.0, 2.0])
    limit = {Kind.HIGH: 80.0, Kind.LOW: 20.0, Kind.DISCRETE: 3.0}.get(kind)
    made = rule(key, kind, reads=name, limit=limit, deadband=3.0 * draw(st.booleans()), on=draw(delay), off=draw(delay))
    if kind is Kind.STALE:
        return replace(made, stale_after=span(3.0))
    states = kind is Kind.DISCRETE and draw(st.booleans())
    return replace(made, compare=Comparison.NOT_EQUAL, limit=70.0) if states else made


@st.composite
def scans(draw: st.DrawFn) -> list[list[Sample]]:
    """A scan is a stretch of slots; now and then a sample of it is late, bad, initial or stamped by us."""
    made, now = [], START
    for _ in range(draw(st.integers(1, 8))):
        now += pick(draw, [0, SECOND, SECOND, 4 * SECOND])
        first = draw(st.integers(0, 3))
        samples = []
        for slot in range(first, draw(st.integers(first + 1, len(TAGS)))):
            odd = draw(st.integers(0, 9))
            samples.append(
                Sample(
                    slot,
                    draw(VALUES),
                    Quality.BAD if odd == 1 else Quality.UNCERTAIN if odd == 2 else Quality.GOOD,
                    now - (3 * SECOND if odd == 3 else 0),
                    now,
                    Mark.INITIAL if odd == 4 else Mark.RECEIVED_TIME_USED if odd == 5 else Mark.NONE,
                )
            )
        made.append(samples)
    return made


@settings(max_examples=150, deadline=None)
@given(layouts(), scans(), st.data())
def test_a_scan_taken_as_one_does_what_its_samples_do_one_by_one(
    layout: Layout, made: list[list[Sample]], data: st.DataObject
) -> None:
    """With its last sample twice a batch is no scan any more, and what comes twice changes nothing."""
    as_scans, one_by_one = Engine(layout, START), Engine(layout, START)
    for number, samples in enumerate(made):
        commands = []
        if layout.rules and data.draw(st.integers(0, 2)) == 0:
            alarm = data.draw(st.sampled_from([each.id for each in layout.rules]))
            bodies: list[AlarmCommand] = [Acknowledge(alarm, 1), Shelve(alarm, 2 * SECOND, "known")]
            body = data.draw(st.sampled_from(bodies))
            commands = [InboxRow("api", f"m{number}", "fitter.b", body, samples[0].received_time, number)]
        now = samples[0].received_time
        happened = as_scans.step(now, Batch.of(samples), commands)
        again = one_by_one.step(now, Batch.of([*samples, samples[-1]]), commands)
        assert canonical(happened.events) == canonical(again.events)
        assert json.dumps(as_scans.records()) == json.dumps(one_by_one.records())
        assert as_scans.views() == one_by_one.views()
        assert happened.next_due == again.next_due


def test_a_plant_that_is_scanned_in_ever_other_stretches_is_followed_all_the_same() -> None:
    """More of them than the engine remembers how to take."""
    names = [f"SCAN.M1.v{n}" for n in range(26)]
    rules = [rule(f"r{n}", reads=name) for n, name in enumerate(names)]
    layout = build_layout(1, [tag(name) for name in names], rules)
    as_scans, one_by_one, now = Engine(layout, START), Engine(layout, START), START
    for first in range(26):
        for last in range(first + 1, 26):
            now += SECOND
            hot = [Sample(n, 85.0 if n == last else 70.0, Quality.GOOD, now, now) for n in range(first, last + 1)]
            happened = as_scans.step(now, Batch.of(hot), ()).events
            assert canonical(happened) == canonical(one_by_one.step(now, Batch.of([*hot, hot[-1]]), ()).events)
            assert first > 0 or [event.subject for event in happened][-1:] == [f"SCAN.M1/r{last}"]
