"""Averages, peaks and shares of bins, counted by hand."""

from __future__ import annotations

import pytest

from rules.kpi import Excluded, Kpi, Verdict
from tests.unit.kpi.plant_journal import HOT, figure, parts, question, raised, report, rule, sequences, train, value


def test_averages_of_a_day_with_288_alarms() -> None:
    """One every five minutes: 288 a day, 12 an hour, 2 in ten minutes: all at the limit."""
    events = train(range(0, 86_400, 300), lasts=1)
    found = report(events).total.figures
    assert [found[kpi].value for kpi in (Kpi.ALARMS_PER_DAY, Kpi.ALARMS_PER_HOUR, Kpi.ALARMS_PER_10_MIN)] == [288, 12, 2]
    assert {found[kpi].verdict for kpi in (Kpi.ALARMS_PER_DAY, Kpi.ALARMS_PER_HOUR)} == {Verdict.OVER_TARGET}
    assert found[Kpi.PEAK_10_MIN].value == 2
    assert found[Kpi.PEAK_HOUR].value == 12


@pytest.mark.parametrize(
    ("count", "verdict"),
    [(150, Verdict.ACCEPTABLE), (151, Verdict.OVER_TARGET), (300, Verdict.OVER_TARGET), (301, Verdict.OVER_LIMIT)],
)
def test_the_target_and_the_limit_themselves_are_kept(count: int, verdict: Verdict) -> None:
    events = train((place * 200 for place in range(count)), lasts=1)
    assert figure(Kpi.ALARMS_PER_DAY, events).verdict is verdict


def test_bins_are_half_open_and_aligned_to_the_clock() -> None:
    """08:09:59.999 is in the bin before 08:10:00."""
    eight = 8 * 3600
    events = train([eight + 599.999, eight + 600, eight + 1199.999], lasts=0.0001)
    found = figure(Kpi.PEAK_10_MIN, events)
    assert (found.value, sequences(found), found.counted) == (2, [3, 5], 144)


def test_peaks_of_an_hour_and_a_minute() -> None:
    events = train([0, 59, 60, 61, 62, 3599, 3600], lasts=0.5)
    assert value(Kpi.PEAK_MINUTE, events) == 3
    assert value(Kpi.PEAK_HOUR, events) == 6


def test_the_share_of_ten_minutes_with_more_than_ten() -> None:
    """Eleven in one of 144 bins, ten in another: one is too many."""
    events = train([*range(0, 550, 50), *range(600, 1100, 50)], lasts=1)
    found = figure(Kpi.BUSY_10_MIN, events)
    assert found.value == 100 / 144
    assert (found.counted, found.verdict) == (144, Verdict.ACCEPTABLE)
    assert sequences(found) == list(range(1, 22, 2))
    assert parts(found) == {"0": 142, "1": 0, "2": 0, "3-5": 0, "6-10": 1, "11-20": 1, "21-50": 0, "51-100": 0, ">100": 0}


def test_the_share_of_hours_with_more_than_thirty() -> None:
    """31 in one of 24 hours, 30 in another."""
    events = train([*range(0, 3100, 100), *range(3600, 6600, 100)], lasts=1)
    found = figure(Kpi.BUSY_HOURS, events)
    assert (found.value, found.counted, found.verdict) == (100 / 24, 24, Verdict.OVER_TARGET)


def test_a_bin_partly_inside_the_period_is_left_out_of_the_share_of_bins() -> None:
    """From 00:05 to 01:05: five whole bins, and two halves, one of them with eleven alarms."""
    events = train(range(300, 465, 15), lasts=1)
    found = figure(Kpi.BUSY_10_MIN, events, question(start=300, end=3900))
    assert (found.value, found.counted) == (0, 5)
    assert found.excluded[Excluded.PARTIAL_BIN] == 2
    assert value(Kpi.PEAK_10_MIN, events, question(start=300, end=3900)) == 11


def test_a_period_without_a_whole_bin_has_no_share_of_bins() -> None:
    found = figure(Kpi.BUSY_10_MIN, [raised(310)], question(start=300, end=500))
    assert (found.value, found.verdict, found.excluded[Excluded.PARTIAL_BIN]) == (None, Verdict.NO_DATA, 1)


def test_the_current_rate_is_that_of_the_last_hour() -> None:
    events = train([82_799, 82_800, 86_000], lasts=1)
    assert value(Kpi.CURRENT_RATE, events) == 2
    assert value(Kpi.CURRENT_RATE, events, question(start=86_000)) is None


def test_alarms_are_told_apart_by_local_day() -> None:
    """In Shanghai, 4 May 16:00 UTC is the 5th."""
    found = figure(Kpi.ALARMS_PER_DAY, train([10, 57_599, 57_600], lasts=1), question(zone="Asia/Shanghai"))
    assert parts(found) == {"2026-05-04": 2, "2026-05-05": 1}


def test_the_peaks_of_several_persons_together_are_not_judged_by_what_one_can_handle() -> None:
    asked = question(rule(HOT, "line"), positions={"line": True, "utilities": True})
    found = report(train(range(0, 550, 50), lasts=1), asked)
    assert found.total.figures[Kpi.PEAK_10_MIN].verdict is Verdict.NOT_JUDGED
    assert found.positions["line"].figures[Kpi.PEAK_10_MIN].verdict is Verdict.OVER_TARGET
    assert found.positions[None].figures[Kpi.PEAK_10_MIN].verdict is Verdict.NOT_JUDGED
    assert found.total.figures[Kpi.ALARMS_PER_DAY].verdict is Verdict.ACCEPTABLE
