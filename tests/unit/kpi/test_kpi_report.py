"""The report as a whole: no data, revision by late data, and that every figure is there."""

from __future__ import annotations

import pytest

from edge.model.event import Event
from edge.model.moment import HOUR
from rules.kpi import (
    BinMark,
    Excluded,
    Fingerprint,
    Health,
    Kpi,
    Revision,
    Unread,
    Verdict,
    compute,
    fingerprint_of,
    numbered,
)
from rules.kpi.targets import MEASURES
from tests.unit.kpi.plant_journal import DAY, FLOW, HOT, MIDNIGHT, at, parts, question, raised, report, row, rule, train


def test_every_figure_is_in_every_section_and_has_a_measure() -> None:
    found = report([raised(10)], question(rule(HOT, "line"), positions={"line": True}))
    for section in (found.total, *found.positions.values()):
        assert set(section.figures) == set(Kpi) == set(MEASURES)
        assert all(kpi is each.kpi and each.unit is MEASURES[kpi].unit for kpi, each in section.figures.items())


@pytest.mark.parametrize(("events", "end"), [([], 86_400), ([raised(0)], 0), ([raised(90_000)], 86_400)])
def test_an_empty_period_has_no_data_and_never_0_or_100_percent(events: list[Event], end: float) -> None:
    """No row at all, a period without length, and a journal that begins later."""
    found = report(events, question(rule(HOT), end=end))
    assert {each.value for each in found.total.figures.values()} == {None}
    assert {each.verdict for each in found.total.figures.values()} == {Verdict.NO_DATA}
    assert found.total.health is None
    assert found.total.floods == ()


def test_a_quiet_day_of_a_gateway_that_was_on_is_a_day_with_0_alarms() -> None:
    found = report([row("learning", -500, by="op_1")]).total
    assert found.figures[Kpi.ALARMS_PER_DAY].value == 0
    assert found.figures[Kpi.BUSY_10_MIN].value == 0
    assert found.health is Health.ROBUST
    shares = (Kpi.TOP_10_SHARE, Kpi.PRIORITY_DEVIATION, Kpi.ACKNOWLEDGED, Kpi.TIME_TO_RESOLVE, Kpi.CHATTER_INDEX)
    assert {found.figures[kpi].value for kpi in shares} == {None}


def test_a_report_of_less_than_30_days_says_that_it_is_brief() -> None:
    assert report([], question(end=30 * 86_400)).brief is False
    assert report([], question(end=30 * 86_400 - 1)).brief is True


def test_rows_that_were_left_unread_are_counted_as_excluded_and_prove_that_the_gateway_was_on() -> None:
    asked = question(rule(HOT, "line"), positions={"line": True})
    found = compute([], asked, unread=Unread({HOT: 3, "elsewhere": 2}, known=True))
    assert found.total.figures[Kpi.ALARMS_PER_DAY].value == 0
    assert found.total.figures[Kpi.ALARMS_PER_DAY].excluded[Excluded.OTHER_ROW] == 5
    assert found.positions["line"].figures[Kpi.ALARMS_PER_DAY].excluded[Excluded.OTHER_ROW] == 3


# --- revision ---------------------------------------------------------------------------------------------------------

EVENTS = train([10, 700, 710], lasts=1)


def test_a_late_row_that_adds_an_alarm_corrects_the_old_bin_and_marks_the_report_revised() -> None:
    first = report(EVENTS)
    late = compute(numbered([*EVENTS, raised(1199, alarm=FLOW)]), question(), first.fingerprint)
    assert late.revised == (Revision(at(600), before=2, now=3),)
    assert late.total.figures[Kpi.PEAK_10_MIN].value == 3


def test_without_late_data_nothing_is_revised() -> None:
    first = report(EVENTS)
    assert first.revised == ()
    again = compute(numbered([*EVENTS, row("commented", 20, by="op_1", text="-")]), question(), first.fingerprint)
    assert again.revised == ()


def test_a_bin_that_has_as_many_alarms_but_others_is_revised() -> None:
    first = report([raised(10)])
    assert compute(numbered([raised(11)]), question(), first.fingerprint).revised == (Revision(at(0), 1, 1),)


def test_an_alarm_that_is_gone_is_a_revision_too() -> None:
    first = report(EVENTS)
    assert compute(numbered(EVENTS[2:]), question(), first.fingerprint).revised == (Revision(at(0), 1, 0),)


def test_a_fingerprint_can_be_had_without_the_report() -> None:
    assert fingerprint_of(numbered(EVENTS), question()) == report(EVENTS).fingerprint


def test_the_fingerprint_has_the_bins_with_alarms_only() -> None:
    found = report(EVENTS).fingerprint
    assert (found.start, found.end, found.zone) == (MIDNIGHT, MIDNIGHT + DAY, "UTC")
    assert {start: mark.count for start, mark in found.bins.items()} == {at(0): 1, at(600): 2}


@pytest.mark.parametrize(
    "other",
    [
        Fingerprint(MIDNIGHT + HOUR, MIDNIGHT + DAY, "UTC", {}),
        Fingerprint(MIDNIGHT, MIDNIGHT + HOUR, "UTC", {}),
        Fingerprint(MIDNIGHT, MIDNIGHT + DAY, "Asia/Shanghai", {MIDNIGHT: BinMark(1, "0")}),
    ],
)
def test_a_report_of_another_period_cannot_be_revised(other: Fingerprint) -> None:
    with pytest.raises(ValueError, match="another period"):
        compute([], question(), other)


def test_parts_are_bounded() -> None:
    events = [raised(0, alarm=f"A{k}/x") for k in range(500)] + [raised(9, 2, alarm=f"A{k}/x") for k in range(500)]
    assert len(parts(report(events).total.figures[Kpi.CHATTER_INDEX])) == 400
