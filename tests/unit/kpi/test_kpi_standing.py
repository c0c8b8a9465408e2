"""Alarms that stay active for more than a day."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.moment import to_iso
from rules.kpi import Excluded, Kpi, Verdict
from tests.unit.kpi.plant_journal import (
    FLOW,
    HOT,
    at,
    figure,
    parts,
    question,
    raised,
    returned,
    row,
    sequences,
    shelved,
    value,
)

HOURS = 3600
A_WEEK = question(end=7 * 24 * HOURS)


@pytest.mark.parametrize(("hours", "standing"), [(24, 0), (24.001, 1)])
def test_an_alarm_stands_when_it_is_active_for_more_than_24_hours(hours: float, standing: int) -> None:
    assert value(Kpi.STANDING_ALARMS, [raised(0), returned(hours * HOURS)], A_WEEK) == standing
    assert value(Kpi.STANDING_ALARMS, [raised(0)], question(end=hours * HOURS)) == standing


def test_each_day_has_its_count_and_the_worst_day_is_the_figure() -> None:
    """The first stands from the 5th 12:00 to the 7th 06:00, the other from the 6th 18:00 on the 6th only."""
    events = [
        raised(12 * HOURS),
        returned(78 * HOURS),
        raised(42 * HOURS, alarm=FLOW),
        returned(67 * HOURS, alarm=FLOW),
    ]
    found = figure(Kpi.STANDING_ALARMS, events, A_WEEK)
    assert list(parts(found).values()) == [0, 1, 2, 1, 0, 0, 0]
    assert (found.value, found.counted, sequences(found)) == (2, 2, [1, 3])
    assert found.verdict is Verdict.ACCEPTABLE


def test_five_on_a_day_are_too_many() -> None:
    events = [raised(k, alarm=f"M{k}/hot") for k in range(5)]
    assert figure(Kpi.STANDING_ALARMS, events, A_WEEK).verdict is Verdict.OVER_TARGET
    assert figure(Kpi.STANDING_ALARMS, events[1:], A_WEEK).verdict is Verdict.ACCEPTABLE


def test_one_that_never_turned_in_the_period_is_counted_too() -> None:
    """It was raised two days before, and has not returned: nothing of it is in the period at all."""
    events = [raised(-48 * HOURS), raised(-48 * HOURS, alarm=FLOW), returned(1 * HOURS, alarm=FLOW)]
    found = figure(Kpi.STANDING_THROUGHOUT, events)
    assert (found.value, sequences(found), found.counted) == (1, [1], 2)
    assert value(Kpi.STANDING_ALARMS, events) == 2


def test_the_time_that_alarms_stood_is_cut_at_the_edges_of_the_period() -> None:
    """In the day: 24 h of the one, 6 h of the other."""
    events = [raised(-48 * HOURS), raised(-30 * HOURS, alarm=FLOW), returned(6 * HOURS, alarm=FLOW), returned(30 * HOURS)]
    found = figure(Kpi.STANDING_TIME, events)
    assert (found.value, parts(found)) == (30 * HOURS, {HOT: 24 * HOURS, FLOW: 6 * HOURS})


def test_one_that_was_over_before_the_period_is_not_of_it() -> None:
    assert value(Kpi.STANDING_ALARMS, [raised(-48 * HOURS), returned(0)]) == 0
    assert value(Kpi.STANDING_TIME, [raised(-48 * HOURS), returned(0)]) == 0


def test_its_return_tells_of_a_raise_that_is_not_on_hand() -> None:
    events = [returned(6 * HOURS, 7, raised=to_iso(at(-30 * HOURS)))]
    found = figure(Kpi.STANDING_TIME, events)
    assert (found.value, found.counted) == (6 * HOURS, 1)
    assert value(Kpi.ALARMS, events) == 0
    hidden = [returned(6 * HOURS, 7, raised=to_iso(at(-30 * HOURS)), suppressed=["shelved"])]
    assert figure(Kpi.STANDING_TIME, hidden).excluded == {Excluded.SHELVED: 1}


@pytest.mark.parametrize("data", [{}, {"raised": None}, {"raised": to_iso(at(10))}])
def test_a_return_without_its_raise_in_the_period_is_only_a_row(data: dict[str, Any]) -> None:
    found = figure(Kpi.ALARMS, [returned(20, **data)])
    assert (found.value, found.excluded) == (0, {Excluded.OTHER_ROW: 1})
    assert value(Kpi.LONGEST_ACTIVE, [returned(20, **data)]) is None


def test_an_alarm_that_alarms_anew_stands_on() -> None:
    """Three times ten hours without a return are thirty."""
    events = [raised(k * 10 * HOURS, k + 1, realarm=k > 0) for k in range(3)]
    found = figure(Kpi.STANDING_TIME, [*events, returned(30 * HOURS, 3)], A_WEEK)
    assert (found.value, found.counted) == (30 * HOURS, 1)
    assert (
        value(Kpi.STANDING_TIME, [raised(0), returned(15 * HOURS), raised(15 * HOURS, 2), returned(30 * HOURS, 2)], A_WEEK) == 0
    )


@pytest.mark.parametrize(("second", "counted"), [([], 1), (["shelved"], 0)])
def test_what_stood_hidden_is_left_out_unless_somebody_was_told_once(second: list[str], counted: int) -> None:
    events = [raised(0, suppressed=["shelved"]), raised(10 * HOURS, 2, realarm=True, suppressed=second)]
    found = figure(Kpi.STANDING_ALARMS, events, A_WEEK)
    assert found.counted == counted
    assert found.excluded == ({} if counted else {Excluded.SHELVED: 1})


def test_what_was_told_and_then_shelved_stands_all_the_same() -> None:
    assert value(Kpi.STANDING_ALARMS, [raised(0), shelved(60)], A_WEEK) == 1


def test_a_rule_that_is_gone_stands_no_more() -> None:
    events = [raised(0), row("retired", 10 * HOURS, occurrence=1, state="unacknowledged", cause="rule_removed")]
    assert value(Kpi.STANDING_ALARMS, events, A_WEEK) == 0


# --- the longest ------------------------------------------------------------------------------------------------------


def test_the_longest_active_is_counted_from_its_raise_also_before_the_period() -> None:
    events = [
        raised(-100),
        returned(50),
        raised(60, alarm=FLOW),
        returned(120, alarm=FLOW),
        raised(-900, 1, "X/y"),
        returned(-1, 1, "X/y"),
    ]
    found = figure(Kpi.LONGEST_ACTIVE, events)
    assert (found.value, sequences(found), found.counted) == (150, [1], 2)


def test_an_alarm_that_is_still_active_is_active_until_the_end_of_the_period() -> None:
    assert value(Kpi.LONGEST_ACTIVE, [raised(86_000)]) == 400
    assert value(Kpi.LONGEST_ACTIVE, [raised(86_000, suppressed=["shelved"])]) is None
