"""Which segments are merged and which are deleted, and what their names say."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.history.segment import Level, Segment, SegmentName, leftovers
from edge.history.tidying import Limits, expired, next_merge
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, from_iso

T0 = from_iso("2026-05-04T08:00:00Z")
DAY = 24 * HOUR


def segment(number: int, until: Moment, level: Level = Level.MINUTE, rows: int = 100, size: int = 10) -> Segment:
    return Segment(SegmentName(number, number, level, until), rows, size, until - MINUTE, until)


def tidied(segments: list[Segment], now: Moment, rows_max: int = 1_000_000) -> list[Segment]:
    """After every merge there is to do."""
    while (merge := next_merge(segments, now, rows_max)) is not None:
        assert set(merge.inputs) <= set(segments)
        result = Segment(merge.result, sum(each.rows for each in merge.inputs), 1, 0, 0)
        segments = sorted([*(set(segments) - set(merge.inputs)), result], key=lambda each: each.name.first)
    return segments


def test_the_name_of_a_segment_says_all_that_a_start_needs() -> None:
    name = SegmentName(121, 180, Level.HOUR, from_iso("2026-05-04T09:00:00Z"))
    assert str(name) == "000000000121-000000000180.hour.20260504T090000Z.parquet"
    assert SegmentName.parse(str(name)) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.parquet",
        "000000000121-000000000180.hour.20260504T090000Z.parquet.tmp",
        "000000000001-000000000001.hour.20261304T090000Z.parquet",
    ],
)
def test_other_names_are_none_of_ours(text: str) -> None:
    assert SegmentName.parse(text) is None


def test_the_hour_under_way_is_left_alone() -> None:
    minutes = [segment(n, T0 + n * MINUTE) for n in range(1, 30)]
    assert next_merge(minutes, T0 + 30 * MINUTE) is None


def test_a_day_that_is_over_is_one_segment_unless_it_is_too_large() -> None:
    minutes = [segment(n, T0 + n * MINUTE, rows=60) for n in range(1, 24 * 60)]
    assert [each.name.level for each in tidied(minutes, T0 + 2 * DAY)] == [Level.DAY, Level.DAY]
    assert len(tidied(minutes, T0 + 2 * DAY, rows_max=10_000)) == 12, "no larger than a merge may become"


@given(
    st.lists(st.tuples(st.integers(1, 4_000), st.integers(1, 400), st.sampled_from(Level)), min_size=1, max_size=40),
    st.integers(0, 4_000),
)
def test_merging_ends_covers_every_number_once_and_never_grows_too_large(lots: list[tuple[int, int, Level]], now: int) -> None:
    segments = [segment(n, T0 + minute * MINUTE, level, rows) for n, (minute, rows, level) in enumerate(lots, 1)]
    end = tidied(segments, T0 + now * MINUTE, rows_max=500)
    assert all(one.name.last + 1 == next_.name.first for one, next_ in pairwise(end))
    assert (end[0].name.first, end[-1].name.last) == (1, len(lots))
    assert sum(each.rows for each in end) == sum(each.rows for each in segments)
    assert max(each.rows for each in end) <= 500


@given(st.lists(st.integers(1, 300), min_size=1, max_size=30), st.data())
def test_after_a_crash_in_a_merge_the_leftovers_are_its_inputs(minutes: list[int], data: st.DataObject) -> None:
    segments = [segment(n, T0 + minute * MINUTE) for n, minute in enumerate(sorted(minutes), 1)]
    merge = next_merge(segments, T0 + 2 * DAY)
    if merge is not None:
        names = [each.name for each in segments]
        inputs = [each.name for each in merge.inputs]
        deleted = data.draw(st.sets(st.sampled_from(inputs)))
        there = [name for name in names if name not in deleted] + [merge.result]
        assert leftovers(there) == [name for name in inputs if name not in deleted]
    assert leftovers([each.name for each in segments]) == []


def test_what_is_older_than_keep_goes_first_and_then_the_eldest_above_the_quota() -> None:
    now = T0 + 10 * HOUR
    segments = [segment(n, T0 + n * HOUR, size=10) for n in range(1, 11)]
    assert expired(segments, now, Limits(keep=7 * HOUR, quota=1_000)) == segments[:2]
    assert expired(segments, now, Limits(keep=DAY, quota=45)) == segments[:6]


def test_the_newest_hour_outlives_the_quota() -> None:
    segments = [segment(n, T0 + n * 20 * MINUTE, size=10) for n in range(1, 7)]
    assert expired(segments, T0 + 2 * HOUR + SECOND, Limits(keep=DAY, quota=1)) == segments[:3]


def test_what_a_wrong_clock_dated_into_the_future_does_not_outlive_the_quota() -> None:
    future = [segment(n, T0 + (100 + n) * DAY, size=10) for n in range(1, 4)]
    assert expired(future, T0, Limits(keep=7 * DAY, quota=10)) == future[:2]
