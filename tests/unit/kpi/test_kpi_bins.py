"""Bins and days on clocks that jump."""

from __future__ import annotations

import pytest

from edge.model.moment import HOUR, MINUTE, from_iso
from rules.kpi import Kpi, Question, compute, numbered
from rules.kpi.bins import bins, days
from tests.unit.kpi.plant_journal import parts, raised


@pytest.mark.parametrize(
    ("zone", "day", "after", "hours"),
    [
        ("Europe/Berlin", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 23),
        ("Europe/Berlin", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 25),
        ("Asia/Shanghai", "2026-03-29T00:00:00+08:00", "2026-03-30T00:00:00+08:00", 24),
        # Midnight does not exist on this day, and is shown twice on the other.
        ("America/Havana", "2026-03-08T01:00:00-04:00", "2026-03-09T00:00:00-04:00", 23),
        ("America/Havana", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00", 25),
    ],
)
def test_a_day_has_as_many_hours_as_it_really_had(zone: str, day: str, after: str, hours: int) -> None:
    start, end = from_iso(day), from_iso(after)
    assert [(each.start, each.end) for each in days(start, end, zone)] == [(start, end)]
    grid = bins(start, end, zone, 10 * MINUTE)
    assert len(grid.starts) == hours * 6
    assert bool(grid.whole.all())
    # One alarm an hour is one an hour, also on such a day.
    events = [raised((moment - from_iso("2026-05-04T00:00:00Z")) / 1e6, k) for k, moment in enumerate(range(start, end, HOUR))]
    figures = compute(numbered(events), Question(start, end, zone)).total.figures
    assert figures[Kpi.ALARMS_PER_HOUR].value == 1
    assert figures[Kpi.ALARMS_PER_DAY].value == pytest.approx(24)
    assert parts(figures[Kpi.ALARMS_PER_DAY]) == {day[:10]: hours}


def test_bins_follow_the_local_clock_where_it_is_a_quarter_of_an_hour_off() -> None:
    """In Kathmandu (UTC+5:45) a bin begins at 08:00 local, which is 02:15 UTC."""
    start = from_iso("2026-05-04T08:00:00+05:45")
    grid = bins(start + MINUTE, start + 15 * MINUTE, "Asia/Kathmandu", 10 * MINUTE)
    assert grid.starts.tolist() == [start, start + 10 * MINUTE]
    assert grid.whole.tolist() == [False, False]


def test_where_the_clock_moves_by_half_an_hour_the_last_hour_of_the_day_is_short() -> None:
    start = from_iso("2026-10-04T00:00:00+10:30")
    grid = bins(start, start + 23 * HOUR + 30 * MINUTE, "Australia/Lord_Howe", HOUR)
    assert (len(grid.starts), bool(grid.whole.all())) == (24, True)
    assert grid.clip(23) == (start + 23 * HOUR, start + 23 * HOUR + 30 * MINUTE)


def test_a_day_that_an_island_skipped_is_no_day() -> None:
    """Samoa went from 29 to 31 December 2011."""
    start, end = from_iso("2011-12-29T00:00:00-10:00"), from_iso("2012-01-01T00:00:00+14:00")
    assert [each.date for each in days(start, end, "Pacific/Apia")] == ["2011-12-29", "2011-12-31"]


def test_days_are_cut_at_the_edges_of_the_period() -> None:
    start, end = from_iso("2026-05-04T22:00:00Z"), from_iso("2026-05-05T03:00:00Z")
    midnight = from_iso("2026-05-05T00:00:00Z")
    assert [(each.start, each.end) for each in days(start, end, "UTC")] == [(start, midnight), (midnight, end)]


def test_an_hour_from_edge_to_edge_has_six_whole_bins_and_no_other() -> None:
    start = from_iso("2026-05-04T08:00:00Z")
    assert bins(start, start + HOUR, "UTC", 10 * MINUTE).whole.tolist() == [True] * 6


def test_an_empty_period_has_no_bins_and_no_days() -> None:
    start = from_iso("2026-05-04T22:00:00Z")
    assert len(bins(start, start, "UTC", HOUR).starts) == 0
    assert days(start, start, "UTC") == ()


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="a period ends after it starts"):
        Question(HOUR, 0, "UTC")


def test_a_period_of_many_years_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 1098 days"):
        Question(0, 1099 * 24 * HOUR, "UTC")


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError):
        Question(0, HOUR, "Mars/Olympus")
