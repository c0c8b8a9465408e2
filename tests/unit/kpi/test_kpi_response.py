"""How people answer: acknowledgement and its times, what solved itself, and how long until it was over."""

from __future__ import annotations

import pytest

from edge.model.event import Event
from edge.model.moment import MINUTE
from rules.kpi import Bound, Excluded, Kpi, Sense, Target, Verdict
from rules.kpi.figure import percentile
from tests.unit.kpi.plant_journal import (
    FLOW,
    HOT,
    acknowledged,
    figure,
    parts,
    question,
    raised,
    report,
    returned,
    row,
    rule,
    sequences,
    uncovered,
    value,
)


def answered(*after: float) -> list[Event]:
    """Alarms a thousand seconds apart, each acknowledged so many seconds after it was raised."""
    return [
        event for k, seconds in enumerate(after) for event in (raised(k * 5000, k + 1), acknowledged(k * 5000 + seconds, k + 1))
    ]


def test_times_to_acknowledge_by_hand() -> None:
    """10, 60, 61, 600 and 4000 s: mean 946.2, median 61, 90 % within 4000."""
    found = report(answered(10, 60, 61, 600, 4000)).total.figures
    assert found[Kpi.TIME_TO_ACKNOWLEDGE].value == pytest.approx(946.2)
    assert found[Kpi.TIME_TO_ACKNOWLEDGE_P50].value == 61
    assert found[Kpi.TIME_TO_ACKNOWLEDGE_P90].value == 4000
    assert parts(found[Kpi.TIME_TO_ACKNOWLEDGE]) == {"<=60": 2, "<=300": 1, "<=600": 1, "<=3600": 0, ">3600": 1, "hidden": 0}
    assert found[Kpi.TIME_TO_ACKNOWLEDGE].counted == 5


@pytest.mark.parametrize(("rank", "expected"), [(10, 1), (11, 2), (50, 5), (90, 9), (91, 10), (100, 10)])
def test_a_percentile_is_the_nearest_rank(rank: int, expected: float) -> None:
    assert percentile(range(10, 0, -1), rank) == expected


def test_the_share_that_was_acknowledged() -> None:
    found = figure(Kpi.ACKNOWLEDGED, [*answered(10), raised(200, 1, FLOW), returned(210, 1, FLOW)])
    assert (found.value, found.counted, found.verdict) == (50, 2, Verdict.NOT_JUDGED)


def test_an_acknowledgement_by_the_system_is_not_a_persons() -> None:
    events = [raised(0), acknowledged(5, by="system")]
    assert value(Kpi.ACKNOWLEDGED, events) == 0
    assert value(Kpi.TIME_TO_ACKNOWLEDGE, events) is None


def test_only_the_first_acknowledgement_counts() -> None:
    events = [raised(0), acknowledged(5), row("unacknowledged", 50, occurrence=1, by="op_1", reason="?"), acknowledged(60)]
    assert value(Kpi.TIME_TO_ACKNOWLEDGE, events) == 5


def test_an_acknowledgement_means_one_occurrence() -> None:
    events = [raised(0), returned(5), raised(10, 2), acknowledged(12, 2)]
    assert value(Kpi.TIME_TO_ACKNOWLEDGE, events) == 2
    assert value(Kpi.ACKNOWLEDGED, events) == 50


def test_an_acknowledgement_of_an_alarm_nobody_knows_is_only_a_row() -> None:
    assert value(Kpi.ACKNOWLEDGED, [acknowledged(5, 9)]) is None


def test_what_returned_by_itself_says_nothing_about_people_and_is_counted_apart() -> None:
    """The second was acknowledged, but after it was over."""
    events = [*answered(10), raised(200, 1, FLOW), returned(210, 1, FLOW), acknowledged(300, 1, FLOW)]
    found = report(events).total.figures
    assert found[Kpi.TIME_TO_ACKNOWLEDGE].value == 10
    assert found[Kpi.TIME_TO_ACKNOWLEDGE].excluded == {Excluded.RETURNED_FIRST: 1}
    assert found[Kpi.RETURNED_FIRST].value == 50
    assert sequences(found[Kpi.RETURNED_FIRST]) == [3]
    assert found[Kpi.ACKNOWLEDGED].value == 100


def test_one_that_nobody_answered_yet_is_stated_as_not_acknowledged() -> None:
    found = figure(Kpi.TIME_TO_ACKNOWLEDGE, [raised(0)])
    assert (found.value, found.counted, found.excluded) == (None, 0, {Excluded.NOT_ACKNOWLEDGED: 1})


def test_a_rule_that_asks_for_no_acknowledgement_is_left_out() -> None:
    events = [*answered(10), raised(0, alarm=FLOW)]
    found = figure(Kpi.ACKNOWLEDGED, events, question(rule(FLOW, ack_required=False)))
    assert (found.value, found.counted, found.excluded) == (100, 1, {Excluded.NEEDS_NO_ACKNOWLEDGEMENT: 1})


def test_times_count_from_the_raise_and_say_how_long_it_was_hidden() -> None:
    events = [raised(0, suppressed=["shelved"]), uncovered("unshelved", 100), acknowledged(130)]
    found = figure(Kpi.TIME_TO_ACKNOWLEDGE, events)
    assert (found.value, parts(found)["hidden"]) == (130, 100)


def test_the_share_within_the_time_of_the_rule() -> None:
    """Within the minute, late, never, over by itself, still within its time; and one without a stated time."""
    asked = question(rule(HOT, respond_within=1 * MINUTE))
    events = [
        *answered(60, 61),
        raised(50_000, 3),
        raised(60_000, 4),
        returned(60_010, 4),
        raised(86_340, 5),
        raised(0, 1, FLOW),
    ]
    found = figure(Kpi.ACKNOWLEDGED_IN_TIME, events, asked)
    assert found.value == pytest.approx(100 / 3)
    assert (found.counted, sequences(found)) == (3, [1])
    assert found.excluded == {Excluded.NO_TIME_STATED: 1, Excluded.RETURNED_FIRST: 1, Excluded.STILL_OPEN: 1}


def test_a_site_states_its_own_targets() -> None:
    asked = question(targets={Kpi.ACKNOWLEDGED: Target(Bound(90, Sense.AT_LEAST))})
    assert figure(Kpi.ACKNOWLEDGED, answered(10), asked).verdict is Verdict.ACCEPTABLE
    assert figure(Kpi.ACKNOWLEDGED, [raised(0)], asked).verdict is Verdict.OVER_TARGET


@pytest.mark.parametrize(
    ("act", "idle"),
    [
        ([acknowledged(5)], 100),
        ([acknowledged(5, coming=True)], 0),
        ([acknowledged(5, comment="belt tightened")], 0),
        ([acknowledged(5), row("on_my_way", 6, occurrence=1, by="op_1")], 0),
        ([acknowledged(5), row("commented", 6, by="op_1", text="belt"), row("commented", 7, by="op_1", text="ok")], 0),
        ([row("reset", 4, by="op_1"), acknowledged(5)], 0),
        ([acknowledged(5), row("shelved", 6, by="op_1", reason="r", until="u")], 100),
    ],
)
def test_acknowledged_without_any_action(act: list[Event], idle: float) -> None:
    found = figure(Kpi.ACKNOWLEDGED_WITHOUT_ACTION, [raised(0), *act, raised(9, alarm=FLOW)])
    assert (found.value, found.counted, found.excluded) == (idle, 1, {Excluded.NOT_ACKNOWLEDGED: 1})


# --- until it is over -------------------------------------------------------------------------------------------------


def test_times_to_resolve_by_hand() -> None:
    """100, 200 and 900 s; one is still active."""
    events = [
        event
        for k, lasts in enumerate((100, 200, 900))
        for event in (raised(k * 1000, k + 1), returned(k * 1000 + lasts, k + 1))
    ]
    found = report([*events, raised(80_000, 4)]).total.figures
    assert [found[kpi].value for kpi in (Kpi.TIME_TO_RESOLVE, Kpi.TIME_TO_RESOLVE_P50, Kpi.TIME_TO_RESOLVE_P90)] == [
        400,
        200,
        900,
    ]
    assert found[Kpi.TIME_TO_RESOLVE].excluded == {Excluded.STILL_OPEN: 1}


@pytest.mark.parametrize(("resets", "took"), [([60], 60), ([60, 70], 60), ([], None)])
def test_a_latching_alarm_is_resolved_when_it_is_reset(resets: list[float], took: float | None) -> None:
    events = [raised(0), acknowledged(10), returned(50), *(row("reset", each, by="op_1") for each in resets)]
    assert value(Kpi.TIME_TO_RESOLVE, events, question(rule(latching=True))) == took
    assert value(Kpi.TIME_TO_RESOLVE, events, question(rule())) == 50


def test_what_ended_with_its_rule_or_went_on_was_not_resolved() -> None:
    events = [
        raised(0),
        raised(10, 2, realarm=True),
        row("retired", 20, occurrence=2, state="unacknowledged", cause="rule_removed"),
        returned(30, 2),
    ]
    found = figure(Kpi.TIME_TO_RESOLVE, events)
    assert (found.value, found.excluded) == (None, {Excluded.RULE_GONE: 1, Excluded.STILL_OPEN: 1})


# --- what OPC UA asks for ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "longest"),
    [
        ([raised(0), acknowledged(30)], 30),
        ([raised(86_000)], 400),
        ([raised(86_000), returned(86_010)], 400),
        ([raised(0), returned(10, acknowledged=True)], 10),
        ([raised(0), acknowledged(5), returned(10, acknowledged=True)], 5),
        ([raised(0), row("retired", 20, occurrence=1, state="s", cause="rule_removed")], 20),
        ([], None),
    ],
)
def test_the_longest_wait_for_an_acknowledgement(events: list[Event], longest: float | None) -> None:
    found = figure(Kpi.LONGEST_UNACKNOWLEDGED, [row("learning", -5, by="op_1"), *events])
    assert found.value == longest


def test_the_alarm_that_alarmed_anew_most() -> None:
    events = [
        raised(0),
        row("realarmed", 10, occurrence=1, count=1),
        row("realarmed", 20, occurrence=1, count=2),
        raised(30, 2, realarm=True),
        raised(0, 1, FLOW),
    ]
    found = figure(Kpi.MOST_REALARMS, events)
    assert (found.value, parts(found), sequences(found)) == (3, {HOT: 3}, [1, 4])
    assert value(Kpi.MOST_REALARMS, [row("realarmed", 10, occurrence=1, count=1)]) is None


@pytest.mark.parametrize("end", ["done", "failed", "unknown", "expired"])
def test_what_a_device_made_of_an_acknowledgement_changes_no_figure(end: str) -> None:
    """Also none of an alarm that nobody has acknowledged, or that is over when the device answers."""
    lived = [raised(0), acknowledged(30), returned(60), raised(100, 1, FLOW), returned(400, 1, FLOW)]
    told = [row("passed_on", seconds, alarm, occurrence=1, end=end, detail="") for seconds, alarm in ((31, HOT), (401, FLOW))]
    plain, beside = report(lived), report(sorted([*lived, *told], key=lambda event: event.time))
    assert {kpi: found.value for kpi, found in beside.total.figures.items()} == {
        kpi: found.value for kpi, found in plain.total.figures.items()
    }
    assert plain.total.figures[Kpi.TIME_TO_ACKNOWLEDGE].value == 30
