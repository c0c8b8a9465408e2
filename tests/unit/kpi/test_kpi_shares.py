"""The ten most frequent alarms, the priorities, and the one word for the dashboard."""

from __future__ import annotations

import pytest

from edge.model.alarm import Priority
from edge.model.event import Event
from rules.kpi import Excluded, Health, Kpi, Verdict
from rules.kpi.health import health
from rules.kpi.shares import deviation
from tests.unit.kpi.plant_journal import FLOW, HOT, figure, parts, question, raised, report, rule, train, value


def many(per_alarm: dict[str, int], **data: str) -> list[Event]:
    return [raised(k, k, alarm, **data) for alarm, count in per_alarm.items() for k in range(count)]


def test_the_share_of_the_ten_most_frequent_alarms() -> None:
    """Ten with 3, ninety with 1: 30 of 120."""
    events = many({f"A{k}/x": 3 if k < 10 else 1 for k in range(100)})
    found = figure(Kpi.TOP_10_SHARE, events)
    assert (found.value, found.verdict, found.counted, found.rows.total) == (25, Verdict.OVER_LIMIT, 120, 30)
    assert parts(found) == {f"A{k}/x": 2.5 for k in range(10)}


@pytest.mark.parametrize(
    ("alarms", "verdict"),
    [(200, Verdict.ACCEPTABLE), (199, Verdict.OVER_TARGET), (67, Verdict.OVER_TARGET), (66, Verdict.OVER_LIMIT)],
)
def test_the_target_of_the_top_ten_is_5_percent_and_over_15_is_red(alarms: int, verdict: Verdict) -> None:
    """n alarms once each: the top ten have 10/n."""
    assert figure(Kpi.TOP_10_SHARE, many({f"A{k}/x": 1 for k in range(alarms)})).verdict is verdict


def test_the_distribution_of_priorities_that_was_announced() -> None:
    """65 low, 25 medium, 9 high, 1 critical: low is 15 points off, which is just kept."""
    counts = {Priority.LOW: 65, Priority.MEDIUM: 25, Priority.HIGH: 9, Priority.CRITICAL: 1}
    events = [event for priority, count in counts.items() for event in many({f"{priority}/x": count}, priority=str(priority))]
    found = figure(Kpi.PRIORITY_DEVIATION, events)
    assert (found.value, found.verdict, found.counted) == (15, Verdict.ACCEPTABLE, 100)
    assert parts(found) == {"critical": 1, "high": 9, "medium": 25, "low": 65}


def test_only_low_alarms_are_off_by_twenty_points() -> None:
    assert figure(Kpi.PRIORITY_DEVIATION, [raised(0)]).verdict is Verdict.OVER_LIMIT
    assert value(Kpi.PRIORITY_DEVIATION, [raised(0)]) == 20


def test_the_highest_priority_deviates_only_upwards() -> None:
    assert deviation({Priority.LOW: 80, Priority.MEDIUM: 15, Priority.HIGH: 5}) == 0
    assert deviation({Priority.CRITICAL: 100}) == 99
    assert deviation({}) is None


def test_what_is_configured_is_a_figure_of_its_own() -> None:
    rules = [
        rule("A/1"),
        rule("A/2", priority=Priority.HIGH),
        rule("A/3", "line", priority=Priority.MEDIUM),
        rule("A/4", priority=Priority.JOURNAL),
    ]
    found = report([raised(0, alarm="A/1")], question(*rules, positions={"line": True}))
    total = found.total.figures[Kpi.CONFIGURED_DEVIATION]
    assert (total.counted, total.excluded) == (3, {Excluded.JOURNAL_ONLY: 1})
    assert total.value == pytest.approx(80 - 100 / 3)
    assert parts(found.positions["line"].figures[Kpi.CONFIGURED_DEVIATION])["medium"] == 100


def test_the_priority_is_that_of_the_raise_and_of_the_rule_where_the_row_says_none() -> None:
    asked = question(rule(HOT, priority=Priority.HIGH))
    assert parts(figure(Kpi.PRIORITY_DEVIATION, [raised(0, priority="medium")], asked))["medium"] == 100
    assert parts(figure(Kpi.PRIORITY_DEVIATION, [raised(0, priority=None)], asked))["high"] == 100
    assert parts(figure(Kpi.PRIORITY_DEVIATION, [raised(0, priority=None)]))["low"] == 100


# --- health -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("average", "peak", "level"),
    [
        (0.99, 9, Health.ROBUST),
        (1, 9, Health.STABLE),
        (0.99, 10, Health.STABLE),
        (2, 99, Health.STABLE),
        (2.01, 99, Health.REACTIVE),
        (2, 100, Health.REACTIVE),
        (10, 999, Health.REACTIVE),
        (10.01, 999, Health.OVERLOADED),
        (0.1, 1000, Health.OVERLOADED),
        (None, 3, None),
        (3, None, None),
    ],
)
def test_the_level_is_the_worse_of_average_and_peak(average: float | None, peak: float | None, level: Health | None) -> None:
    assert health(average, peak) is level


def test_all_together_are_as_healthy_as_the_position_that_is_worst() -> None:
    asked = question(rule(HOT, "line"), rule(FLOW, "utilities"), positions={"line": True, "utilities": True})
    found = report([*train(range(0, 300, 2), lasts=1), raised(0, alarm=FLOW)], asked)
    assert found.positions["line"].health is Health.REACTIVE
    assert found.positions["utilities"].health is Health.ROBUST
    assert found.total.health is Health.REACTIVE
