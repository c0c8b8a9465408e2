"""Floods: from more than ten in ten minutes until fewer than five."""

from __future__ import annotations

import pytest

from edge.model.event import Event
from rules.kpi import Kpi, Part, Verdict
from tests.unit.kpi.plant_journal import FLOW, HOT, at, figure, question, raised, report, row, sequences, train, value

TEN = 600


def bins_with(*counts: int, alarm: str = HOT) -> list[Event]:
    """That many alarms in each of the ten minutes from midnight."""
    return train([place * TEN + 7 * k for place, count in enumerate(counts) for k in range(count)], alarm, lasts=1)


@pytest.mark.parametrize(
    ("counts", "floods"),
    [
        ((10, 10, 10), []),
        ((11, 0), [(0, 1)]),
        ((0, 11, 5, 5, 4, 10), [(1, 4)]),
        ((11, 4, 11, 4), [(0, 1), (2, 3)]),
        ((5, 9, 12, 8, 30, 5, 3), [(2, 6)]),
    ],
)
def test_a_flood_starts_above_ten_and_ends_under_five(counts: tuple[int, ...], floods: list[tuple[int, int]]) -> None:
    found = report(bins_with(*counts)).total.floods
    assert [(each.start, each.end) for each in found] == [(at(first * TEN), at(beyond * TEN)) for first, beyond in floods]
    assert not any(each.still_on for each in found)


def test_the_share_of_time_in_flood() -> None:
    """Three bins of 144."""
    found = figure(Kpi.TIME_IN_FLOOD, bins_with(0, 11, 5, 5, 4))
    assert (found.value, found.counted, found.verdict) == (100 * 3 / 144, 21, Verdict.OVER_TARGET)
    assert value(Kpi.FLOODS, bins_with(0, 11, 5, 5, 4)) == 1


def test_a_flood_at_the_end_of_the_period_is_cut_and_still_on() -> None:
    asked = question(end=1500)
    (flood,) = report(bins_with(0, 12, 12, 12), asked).total.floods
    assert (flood.start, flood.end, flood.still_on) == (at(600), at(1500), True)
    assert value(Kpi.TIME_IN_FLOOD, bins_with(0, 12, 12, 12), asked) == 60


def test_the_record_of_a_flood() -> None:
    first_out = {"group": "GEAR", "rank": 1, "tie": False, "within": 0.1}
    events = [
        raised(1190, alarm="AIR/low"),
        raised(1200, 1, FLOW, first_out=first_out),
        raised(1201, 1, HOT, first_out={**first_out, "rank": 2}),
        raised(1202, 1, "OIL/low", first_out=True),
        *(raised(1210 + 10 * k, k + 2) for k in range(12)),
        *(raised(1800 + k, k + 2, FLOW) for k in range(6)),
    ]
    (flood,) = report(events).total.floods
    assert (flood.count, flood.peak, flood.first, flood.first_out) == (21, 15, FLOW, (FLOW, "OIL/low"))
    assert flood.top == (Part(HOT, 13), Part(FLOW, 7), Part("OIL/low", 1))
    assert flood.row.sequence == 2
    # From 20:00 until just before 30:00.
    assert flood.after_upset == 15


def test_after_an_upset_the_ten_minutes_count_from_its_first_alarm() -> None:
    """The flood's bin begins at 10:00, its first alarm comes at 19:00: until 29:00 there are 11 and 40."""
    events = train([*(1140 + k for k in range(11)), *(1200 + 10 * k for k in range(60))], lasts=0.5)
    found = figure(Kpi.AFTER_UPSET, events)
    assert (found.value, found.counted, found.verdict) == (11 + 54, 1, Verdict.OVER_TARGET)


def test_the_worst_upset_is_the_figure() -> None:
    found = figure(Kpi.AFTER_UPSET, bins_with(11, 0, *[80] * 2, 0))
    assert (found.value, found.counted, sequences(found)) == (80, 2, [1, 23])


def test_without_an_upset_nothing_follows_one() -> None:
    assert value(Kpi.AFTER_UPSET, bins_with(10)) is None
    assert value(Kpi.FLOODS, bins_with(10)) == 0


def test_counting_all_rows_of_the_journal_would_show_floods_that_were_none() -> None:
    """Published for one plant: 88 % of the time in flood by all rows, 5.9 % by real activations."""
    events = [event for k in range(9) for event in (raised(10 * k, k + 1), row("commented", 10 * k + 1, by="op_1", text="-"))]
    assert len(events) > 10
    assert value(Kpi.FLOODS, events) == 0
