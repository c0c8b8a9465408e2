"""What was hidden, by whom, and for how long: a line of its own."""

from __future__ import annotations

import pytest

from edge.model.event import Event
from edge.model.moment import HOUR
from rules.kpi import Excluded, Kpi, Verdict
from tests.unit.kpi.plant_journal import (
    FLOW,
    HOT,
    figure,
    parts,
    question,
    raised,
    report,
    row,
    rule,
    sequences,
    shelved,
    uncovered,
    value,
)

AN_HOUR = 3600


def test_hidden_alarms_are_a_line_of_their_own_by_reason() -> None:
    events = [
        raised(0, 1, suppressed=["shelved"]),
        raised(1, 2, suppressed=["shelved"]),
        raised(2, 3, suppressed=["group:pumps"]),
        raised(3, 4, stage="shadow"),
        raised(4, 5),
    ]
    found = figure(Kpi.HIDDEN_ALARMS, events)
    assert (found.value, parts(found), sequences(found)) == (3, {"shelved": 2, "suppressed": 1}, [1, 2, 3])


def test_what_is_shelved_at_the_end_of_the_period() -> None:
    events = [shelved(-50), shelved(80_000, FLOW), uncovered("unshelved", 85_000, alarm=FLOW, active=False, announce=False)]
    found = figure(Kpi.SHELVED_NOW, events)
    assert (found.value, sequences(found), parts(found)) == (1, [1], {HOT: 86_450})


@pytest.mark.parametrize(("length", "over"), [(8 * AN_HOUR, 0), (8 * AN_HOUR + 1, 1)])
def test_a_shelf_is_over_its_limit_when_it_is_longer(length: float, over: int) -> None:
    found = figure(Kpi.SHELVED_OVER_LIMIT, [shelved(0), uncovered("unshelved", length, announce=False)])
    assert (found.value, found.counted) == (over, 1)
    assert found.verdict is (Verdict.OVER_TARGET if over else Verdict.ACCEPTABLE)


def test_the_limit_is_the_rules_own() -> None:
    asked = question(rule(max_shelve=1 * HOUR))
    assert value(Kpi.SHELVED_OVER_LIMIT, [shelved(0)], asked) == 1


def test_shelving_again_makes_a_shelf_longer_and_is_not_another() -> None:
    """Three times four hours, one after the other, are twelve."""
    events = [shelved(0), shelved(4 * AN_HOUR), shelved(8 * AN_HOUR), uncovered("unshelved", 12 * AN_HOUR, announce=False)]
    assert sequences(figure(Kpi.SHELVED_OVER_LIMIT, events)) == [1]
    assert value(Kpi.SHELF_LENGTH, events) == 12 * AN_HOUR


def test_the_average_length_is_that_of_shelves_that_ended() -> None:
    """100 and 300 s; one still lasts, one was over before."""
    events = [
        shelved(-500, "A/1"),
        uncovered("unshelved", -400, alarm="A/1", announce=False),
        shelved(-50),
        uncovered("unshelved", 50, announce=False),
        shelved(0, FLOW),
        row("retired", 300, FLOW, occurrence=0, state="normal", cause="rule_removed"),
        shelved(400, "A/2"),
    ]
    found = figure(Kpi.SHELF_LENGTH, events)
    assert (found.value, found.counted, found.excluded) == (200, 2, {Excluded.STILL_OPEN: 1})


def test_without_a_shelf_there_is_no_average_length() -> None:
    assert value(Kpi.SHELF_LENGTH, [raised(0)]) is None
    assert value(Kpi.SHELVED_NOW, [raised(0)]) == 0


def test_the_end_of_a_shelf_that_began_before_the_journal_is_only_a_row() -> None:
    found = report([uncovered("unshelved", 50, active=False, announce=False)]).total.figures
    assert found[Kpi.SHELF_LENGTH].value is None


@pytest.mark.parametrize(
    ("hidden", "unauthorised"),
    [
        (shelved(0), 0),
        (shelved(0, reason="  "), 1),
        (shelved(0, by=""), 1),
        (shelved(0, until=None), 1),
        (row("taken_out_of_service", 0, by="op_1", reason="bearing", work_order="W-12"), 0),
        (row("taken_out_of_service", 0, by="op_1", reason="bearing", work_order=""), 1),
    ],
)
def test_hiding_without_a_person_a_reason_or_a_work_order_is_unauthorised(hidden: Event, unauthorised: int) -> None:
    found = figure(Kpi.UNAUTHORISED_SUPPRESSION, [hidden])
    assert (found.value, found.counted) == (unauthorised, 1)


def test_an_act_before_the_period_is_not_of_it() -> None:
    assert figure(Kpi.UNAUTHORISED_SUPPRESSION, [shelved(-5, reason="")]).counted == 0


def test_a_shelf_counts_for_the_position_of_its_alarm_and_for_no_other() -> None:
    asked = question(rule(HOT, "rolling"), rule(FLOW, "gears"), positions={"rolling": True, "gears": True})
    found = report([raised(0), shelved(10)], asked)
    counted = {name: section.figures[Kpi.SHELVED_NOW].value for name, section in found.positions.items()}
    assert (counted["rolling"], counted["gears"]) == (1, 0)
