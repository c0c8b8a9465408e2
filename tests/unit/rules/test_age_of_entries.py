"""What people enter is as old as its measurement, for rules and for what is derived, whenever it was entered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.model.command import EnterValue, ForceValue, InboxRow
from edge.model.event import Event
from edge.model.sample import Batch, Quality, Sample
from edge.model.tag import Derivation, Entry
from edge.response.judgement import value_now
from rules.definition import Kind
from rules.derived import DerivedTags
from rules.engine import Engine
from rules.intake import Intake
from rules.layout import build_layout
from tests.unit.rules.plant import TEMP, at, rule, seconds, span, tag

ACID, SUM = "LAB.acid", "LAB.sum"
HOUR = 3600
LAB = replace(tag(ACID, 8 * HOUR), point=object(), entry=Entry(span(8 * HOUR)))
TAGS = [LAB, replace(tag(SUM), derived=Derivation(f"LAB.acid + {TEMP}", (ACID, TEMP))), tag()]
LAYOUT = build_layout(1, TAGS, [rule("forgotten", Kind.STALE, reads=ACID, stale_after=8 * HOUR)])


class Lab:
    """An intake and an engine behind it, begun at 0; what happened, in hours."""

    def __init__(self) -> None:
        self.intake = Intake(LAYOUT, at(0), lambda name: None)
        self.engine = Engine(LAYOUT, at(0))
        self.events: list[Event] = []
        self.shown: list[Sample] = []

    def enter(self, hour: float, measured: float) -> None:
        self.step(hour, InboxRow("api", f"m{hour}", "ann", EnterValue(ACID, 150.0, at(measured * HOUR)), at(hour * HOUR), 1))

    def step(self, hour: float, *rows: InboxRow) -> None:
        taken = self.intake.take(at(hour * HOUR), Batch.empty(), rows)
        self.shown += taken.batch.samples()
        self.events += self.engine.step(at(hour * HOUR), taken.batch, []).events

    def raised(self) -> list[tuple[str, float]]:
        return [(each.kind, seconds(each.time) / HOUR) for each in self.events]


@pytest.mark.parametrize(("measured", "due"), [(7, 15), (2, 10), (0, 8)])
def test_a_value_is_missed_so_long_after_it_was_measured(measured: float, due: float) -> None:
    lab = Lab()
    lab.enter(7.0, measured)
    lab.step(due - 0.01)
    assert lab.raised() == []
    lab.step(due + 0.01)
    assert lab.raised() == [("raised", due)]


def test_one_that_is_overdue_when_it_is_entered_ends_no_silence() -> None:
    lab = Lab()
    lab.step(9)
    lab.enter(10.0, 1.5)
    lab.step(30)
    assert lab.raised() == [("raised", 8)]


def test_a_forced_value_is_as_old_as_it_is_whatever_was_measured_before() -> None:
    lab = Lab()
    lab.enter(9.0, 0)
    lab.step(12, InboxRow("api", "f", "ann", ForceValue(ACID, 150.0, span(HOUR), "loop check"), at(12 * HOUR), 2))
    assert lab.raised() == [("raised", 8), ("returned", 12)]


def test_a_restart_makes_no_measurement_younger() -> None:
    engine = Engine(LAYOUT, at(9 * HOUR))
    engine.restore({}, now=at(9 * HOUR), outage=0, entered={ACID: at(2 * HOUR)})
    assert engine.step(at(9.99 * HOUR), Batch.empty(), []).events == ()
    assert [each.kind for each in engine.step(at(10.01 * HOUR), Batch.empty(), []).events] == ["raised"]


@pytest.mark.parametrize(("now", "known"), [(9.99, 150.0), (10.01, None)])
def test_no_write_relies_on_an_overdue_value(now: float, known: float | None) -> None:
    lab = Lab()
    lab.enter(7.0, 2)
    assert value_now(lab.shown[-1], LAB, at(now * HOUR)) == known


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize(("now", "known"), [(9.99, 170.0), (10.01, None)])
def test_what_follows_from_an_overdue_value_is_not_known(now: float, known: float | None, is_restarted: bool) -> None:
    lab = Lab()
    lab.enter(7.0, 2)
    if is_restarted:
        record = lab.intake.record()
        lab = Lab()
        lab.intake.restore(record, at(9 * HOUR))
        lab.step(9)
    derived = DerivedTags(TAGS, LAYOUT.slots)
    derived.extend(Batch.of(lab.shown))
    moment = at(now * HOUR)
    out = derived.extend(Batch.of([Sample(LAYOUT.slots[TEMP], 20.0, Quality.GOOD, moment, moment)])).samples()
    assert [each.value for each in out if each.slot == LAYOUT.slots[SUM] and each.quality is Quality.GOOD] == (
        [] if known is None else [known]
    )
