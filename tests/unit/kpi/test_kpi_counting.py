"""What is an alarm that counts, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from edge.model.event import Event, JournalRow, Stream
from rules.kpi import Entry, Excluded, Kpi, RowId, RuleFacts, compute, entries_of
from tests.unit.kpi.plant_journal import (
    FLOW,
    HOT,
    acknowledged,
    at,
    figure,
    question,
    raised,
    report,
    returned,
    row,
    rule,
    sequences,
    shelved,
    train,
    uncovered,
    value,
)


def test_one_occurrence_is_one_alarm_whatever_people_do_about_it() -> None:
    events = [
        raised(10),
        acknowledged(20),
        row("on_my_way", 25, occurrence=1, by="op_1"),
        row("commented", 30, by="op_1", text="belt"),
        row("rejected", 31, by="op_1", command="Shelve", reason="not_shelvable"),
        row("realarmed", 40, occurrence=1, count=1),
        returned(50),
        Event(Stream.SYSTEM, "started", "gateway_1", at(60), {}),
        Event(Stream.DELIVERY, "delivered", "i1", at(61), {}),
    ]
    found = figure(Kpi.ALARMS, events)
    assert (found.value, found.counted, sequences(found)) == (1, 1, [1])
    assert found.excluded == {Excluded.OTHER_ROW: 8}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"suppressed": ["shelved"]}, Excluded.SHELVED),
        ({"suppressed": ["out_of_service", "shelved"]}, Excluded.OUT_OF_SERVICE),
        ({"suppressed": ["parent:AIR/low"]}, Excluded.SUPPRESSED),
        ({"stage": "shadow"}, Excluded.SHADOW),
        ({"stage": "commissioning", "suppressed": ["shelved"]}, Excluded.COMMISSIONING),
        ({"priority": "journal"}, Excluded.JOURNAL_ONLY),
    ],
)
def test_an_alarm_of_which_nobody_was_told_is_excluded_with_its_reason(data: dict[str, Any], reason: Excluded) -> None:
    found = figure(Kpi.ALARMS, [raised(10, **data)])
    assert (found.value, found.excluded) == (0, {reason: 1})


@pytest.mark.parametrize("stage", [{}, {"stage": "live"}])
def test_without_a_stage_a_rule_is_live(stage: dict[str, Any]) -> None:
    assert value(Kpi.ALARMS, [raised(10, **stage)]) == 1


def test_rows_that_an_older_version_wrote_count_as_well() -> None:
    event = row("raised", 10, occurrence=1)
    assert value(Kpi.ALARMS, [event]) == 1


@pytest.mark.parametrize("kind", ["unshelved", "released", "returned_to_service"])
def test_the_end_of_a_cover_that_announces_is_the_alarm(kind: str) -> None:
    found = figure(Kpi.ALARMS, [raised(10, suppressed=["shelved"]), uncovered(kind, 700)])
    assert (found.value, sequences(found)) == (1, [2])
    assert found.excluded == {Excluded.SHELVED: 1}


def test_an_older_row_without_announce_is_read_by_what_is_active_and_hidden() -> None:
    hidden = raised(10, suppressed=["shelved"])
    bare: dict[str, Any] = {"occurrence": 1, "priority": "low", "by": "system"}
    assert value(Kpi.ALARMS, [hidden, row("unshelved", 700, active=True, **bare)]) == 1
    assert value(Kpi.ALARMS, [hidden, row("unshelved", 700, active=False, **bare)]) == 0
    assert value(Kpi.ALARMS, [hidden, row("unshelved", 700, active=True, suppressed=["parent:x"], **bare)]) == 0


def test_an_alarm_that_was_told_and_then_shelved_counts_once() -> None:
    found = figure(Kpi.ALARMS, [raised(10), shelved(20), uncovered("unshelved", 700)])
    assert (found.value, sequences(found)) == (1, [1])
    assert found.excluded == {Excluded.OTHER_ROW: 1, Excluded.REPEATED: 1}


def test_two_covers_that_end_one_after_the_other_announce_once() -> None:
    events = [
        raised(10, suppressed=["shelved", "parent:AIR/low"]),
        uncovered("unshelved", 700, announce=False, suppressed=["parent:AIR/low"]),
        uncovered("released", 800),
        uncovered("released", 900),
    ]
    assert sequences(figure(Kpi.ALARMS, events)) == [3]


def test_an_announcement_whose_raise_is_not_on_hand_is_an_alarm() -> None:
    assert sequences(figure(Kpi.ALARMS, [uncovered("released", 800, number=7)])) == [1]


def test_a_cover_of_a_rule_in_shadow_ends_in_shadow() -> None:
    events = [raised(10, stage="shadow"), uncovered("unshelved", 20)]
    assert figure(Kpi.ALARMS, events).excluded == {Excluded.SHADOW: 2}


def test_a_rule_that_was_promoted_meanwhile_is_announced() -> None:
    assert value(Kpi.ALARMS, [raised(10, stage="shadow"), uncovered("released", 20, stage="live")]) == 1


def test_raised_again_from_acknowledged_is_an_alarm_of_its_own() -> None:
    assert value(Kpi.ALARMS, [raised(10), acknowledged(20), raised(900, 2, realarm=True)]) == 2


def test_an_alarm_while_it_chatters_counts_and_is_shown_apart() -> None:
    events = [raised(10), returned(11), raised(20, 2, chattering=True)]
    assert value(Kpi.ALARMS, events) == 2
    assert sequences(figure(Kpi.RAISED_WHILE_CHATTERING, events)) == [3]


def test_a_second_row_of_the_same_raise_is_not_counted() -> None:
    found = figure(Kpi.ALARMS, [raised(10), raised(11)])
    assert (found.value, found.excluded) == (1, {Excluded.REPEATED: 1})


def test_the_same_row_twice_is_one_row() -> None:
    entries = [Entry(RowId("mill", "gw", 1, 1), raised(10))] * 2
    found = compute(entries, question()).total.figures[Kpi.ALARMS]
    assert (found.value, found.excluded) == (1, {})


def test_rows_of_the_journal_keep_their_identity() -> None:
    rows = [JournalRow("mill", "gw", 3, 41, at(11), raised(10), "", "")]
    found = compute(entries_of(rows), question()).total.figures[Kpi.ALARMS]
    assert found.rows.ids == (RowId("mill", "gw", 3, 41),)


def test_the_period_is_half_open() -> None:
    events = [raised(-0.001), raised(0, 2), raised(86_399.999, 3), raised(86_400, 4)]
    assert sequences(figure(Kpi.ALARMS, events)) == [2, 3]


def test_times_are_source_times_whatever_order_rows_were_recorded_in() -> None:
    """The second row was recorded later, and tells of an earlier time."""
    found = figure(Kpi.ALARMS, [raised(500), raised(100, alarm=FLOW)])
    assert sequences(found) == [2, 1]


def test_what_comes_after_the_period_does_not_change_it() -> None:
    before = [raised(10), acknowledged(20)]
    after = [*before, returned(90_000), raised(90_010, 2), shelved(90_020)]
    assert report(after).total == report(before).total


# --- positions --------------------------------------------------------------------------------------------------------

TWO = {"line": True, "utilities": True}


def test_an_alarm_belongs_to_the_position_of_its_rule_and_to_the_total() -> None:
    asked = question(rule(HOT, "line"), rule(FLOW, "utilities"), positions=TWO)
    found = report([*train([10, 20, 30]), raised(15, alarm=FLOW)], asked)
    counts = {name: section.figures[Kpi.ALARMS].value for name, section in found.positions.items()}
    assert counts == {"line": 3, "utilities": 1, None: 0}
    assert found.total.figures[Kpi.ALARMS].value == 4


@pytest.mark.parametrize("known", [[], [rule(HOT)], [rule(HOT, "a_role_of_last_year")]])
def test_an_alarm_of_no_known_position_is_not_lost(known: list[RuleFacts]) -> None:
    asked = question(*known, positions=TWO)
    found = report([raised(10)], asked)
    assert found.positions[None].figures[Kpi.ALARMS].value == 1
    assert found.total.figures[Kpi.ALARMS].value == 1


def test_at_a_position_without_a_person_nobody_is_told() -> None:
    asked = question(rule(HOT, "line"), positions={"line": False})
    found = figure(Kpi.ALARMS, [raised(10)], asked)
    assert (found.value, found.excluded) == (0, {Excluded.UNSTAFFED: 1})


def test_the_denominator_is_staffed_positions_not_people() -> None:
    """300 alarms for two staffed positions of three are 150 for each."""
    asked = question(rule(HOT, "line"), rule(FLOW, "utilities"), positions={**TWO, "night": False})
    events = [*train(range(0, 60_000, 300), lasts=1), *train(range(0, 30_000, 300), FLOW, lasts=1)]
    found = report(events, asked)
    assert found.total.figures[Kpi.ALARMS_PER_DAY].value == 150
    assert found.positions["line"].figures[Kpi.ALARMS_PER_DAY].value == 200


def test_rows_are_bounded_and_say_how_many_there_are() -> None:
    found = figure(Kpi.ALARMS, train(range(0, 2_500, 10), lasts=1))
    assert (len(found.rows.ids), found.rows.total) == (200, 250)


def test_the_areas_of_alarms_are_told_apart() -> None:
    asked = question(rule(HOT, area="hall_2"))
    found = figure(Kpi.ALARMS, [raised(10), raised(20, 2), raised(30, alarm=FLOW)], asked)
    assert [(part.name, part.value) for part in found.parts] == [("", 1), ("hall_2", 2)]
