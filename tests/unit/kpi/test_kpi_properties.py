"""What holds of every journal."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.event import Event
from edge.model.moment import HOUR, MINUTE
from rules.kpi import Entry, Kpi, Question, RowId, compute
from rules.kpi.bins import bins, days
from rules.kpi.figure import percentile
from tests.unit.kpi.plant_journal import DAY, MIDNIGHT, acknowledged, raised, returned, row, rule, shelved, uncovered

ALARMS = ("A/1", "B/2", "C/3", "D/4")
POSITIONS = {"line": True, "utilities": True, "night": False}
RULES = [rule("A/1", "line"), rule("B/2", "utilities"), rule("C/3", "night")]
COUNTS = (Kpi.ALARMS, Kpi.HIDDEN_ALARMS, Kpi.RAISED_WHILE_CHATTERING, Kpi.UNAUTHORISED_SUPPRESSION)


@st.composite
def histories(draw: st.DrawFn) -> list[Entry]:
    """Up to two days before, in and after the day, in a sequence that is not that of time."""
    events = draw(st.lists(_events(), max_size=25))
    return [Entry(RowId("mill", "gw", 1, number), event) for number, event in enumerate(events)]


@st.composite
def _events(draw: st.DrawFn) -> Event:
    alarm, number = draw(st.sampled_from(ALARMS)), draw(st.integers(1, 4))
    second = draw(st.one_of(st.integers(-90_000, 180_000), st.integers(0, 1_300)))
    hidden: dict[str, Any] = {"suppressed": draw(st.sampled_from([[], [], ["shelved"], ["parent:x"]]))}
    more: dict[str, Any] = draw(
        st.sampled_from([{}, {"stage": "shadow"}, {"chattering": True}, {"realarm": True}, {"priority": "journal"}])
    )
    match draw(st.integers(0, 7)):
        case 0:
            return returned(second, number, alarm, acknowledged=False, **hidden)
        case 1:
            return acknowledged(second, number, alarm)
        case 2:
            return shelved(second, alarm, reason=draw(st.sampled_from(["", "worn"])))
        case 3:
            return uncovered("unshelved", second, number, alarm, **hidden)
        case 4:
            return row("retired", second, alarm, occurrence=number, state="normal", cause="rule_removed")
        case _:
            return raised(second, number, alarm, **{**hidden, **more})


def asked(start: int = MIDNIGHT, end: int = MIDNIGHT + DAY, zone: str = "Europe/Berlin") -> Question:
    return Question(start, end, zone, {each.id: each for each in RULES}, POSITIONS)


@settings(max_examples=40, deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(history: list[Entry], chance: Any) -> None:
    shuffled = list(history)
    chance.shuffle(shuffled)
    assert compute(shuffled, asked()) == compute([*history, *history], asked())


@settings(max_examples=40, deadline=None)
@given(histories())
def test_the_positions_add_up_to_the_total(history: list[Entry]) -> None:
    report = compute(history, asked())
    for kpi in COUNTS:
        values = [section.figures[kpi].value or 0 for section in report.positions.values()]
        assert sum(values) == (report.total.figures[kpi].value or 0)
    left_out: Counter[str] = Counter()
    for section in report.positions.values():
        left_out.update(section.figures[Kpi.ALARMS].excluded)
    assert left_out == report.total.figures[Kpi.ALARMS].excluded


@settings(max_examples=40, deadline=None)
@given(histories())
def test_every_row_of_the_period_is_counted_or_excluded_once(history: list[Entry]) -> None:
    found = compute(history, asked()).total.figures[Kpi.ALARMS]
    inside = sum(MIDNIGHT <= entry.event.time < MIDNIGHT + DAY for entry in history)
    assert found.counted + sum(found.excluded.values()) == inside


@settings(max_examples=40, deadline=None)
@given(histories(), st.integers(0, DAY))
def test_cutting_the_period_adds_up(history: list[Entry], cut: int) -> None:
    whole = compute(history, asked()).total.figures
    left = compute(history, asked(end=MIDNIGHT + cut)).total.figures
    right = compute(history, asked(start=MIDNIGHT + cut)).total.figures
    for kpi in COUNTS:
        assert left[kpi].counted + right[kpi].counted == whole[kpi].counted
        assert {*left[kpi].rows.ids, *right[kpi].rows.ids} == {*whole[kpi].rows.ids}


@settings(max_examples=40, deadline=None)
@given(histories())
def test_a_share_is_a_share_and_says_what_it_is_of(history: list[Entry]) -> None:
    for figure in compute(history, asked()).total.figures.values():
        assert figure.counted >= 0
        assert all(count > 0 for count in figure.excluded.values())
        if figure.unit == "percent" and figure.value is not None:
            assert 0 <= figure.value <= 100


ZONES = st.sampled_from(["UTC", "Asia/Shanghai", "Europe/Berlin", "America/Havana", "Asia/Kathmandu", "Australia/Lord_Howe"])


@settings(max_examples=300, deadline=None)
@given(
    ZONES,
    st.integers(0, 500 * 24 * 60).map(lambda minutes: MIDNIGHT + minutes * MINUTE),
    st.integers(1, 9 * DAY),
    st.sampled_from([MINUTE, 10 * MINUTE, HOUR]),
)
def test_bins_and_days_partition_the_period(zone: str, start: int, length: int, width: int) -> None:
    end = start + length
    grid = bins(start, end, zone, width)
    edges = grid.edges.tolist()
    assert edges[0] <= start < edges[1]
    assert edges[-2] < end <= edges[-1]
    assert all(0 < later - earlier <= width for earlier, later in pairwise(edges))
    assert grid.places([start, end - 1]).tolist() == [0, len(edges) - 2]
    cut = days(start, end, zone)
    assert (cut[0].start, cut[-1].end) == (start, end)
    assert all(one.end == other.start and one.date < other.date for one, other in pairwise(cut))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1), st.integers(1, 100))
def test_so_many_percent_do_not_exceed_a_percentile(values: list[int], rank: int) -> None:
    found = percentile(values, rank)
    assert found in values
    assert 100 * sum(each <= found for each in values) >= rank * len(values)
    assert 100 * sum(each < found for each in values) < rank * len(values)
