"""A trend of random samples is what a plain reading of them gives, in whichever slices they come."""

from __future__ import annotations

import math
from itertools import groupby, pairwise
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from edge.history.rows import Rows, pick
from edge.history.trend import TrendFold
from edge.model.moment import SECOND, Moment, Span
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.model.trend import Bucket, Gap, GapReason, TextChange, Trend, TrendQuestion

START, END = 1_000 * SECOND, 1_100 * SECOND


def rows_of(samples: list[Sample]) -> Rows:
    return pick([Batch.of(samples)], 0, -(1 << 62), 1 << 62)


def good(second: float, value: float, quality: Quality = Quality.GOOD, mark: Mark = Mark.NONE) -> Sample:
    return Sample(0, value, quality, round(second * SECOND), round(second * SECOND), mark)


def trend_of(
    samples: list[Sample],
    *,
    points: int = 10,
    before: Sample | None = None,
    now: Moment = END,
    silent_after: Span | None = None,
    cuts: tuple[int, ...] = (),
    is_text: bool = False,
) -> Trend:
    fold = TrendFold(TrendQuestion("T", START, END, points), now=now, silent_after=silent_after, is_text=is_text)
    fold.before(rows_of([before] if before else []))
    edges = sorted({0, len(samples), *(cut for cut in cuts if cut <= len(samples))})
    for first, last in pairwise(edges):
        fold.take(rows_of(samples[first:last]))
    return fold.result()


# --- the plain reading ----------------------------------------------------------------------------------------------


def plain_buckets(samples: list[Sample], points: int) -> tuple[Span, list[Bucket]]:
    def bucket(start: Moment, inside: list[Sample]) -> list[Bucket]:
        values = [each.value for each in inside if each.quality is not Quality.BAD and math.isfinite(each.value)]
        worst = max(each.quality for each in inside)
        return [Bucket(start, min(values), max(values), values[0], values[-1], len(values), worst)] if values else []

    if len(samples) <= points:
        return 0, [each for sample in samples for each in bucket(sample.source_time, [sample])]
    width = -(-(END - START) // points)
    by_place = groupby(samples, lambda sample: (sample.source_time - START) // width)
    return width, [each for place, inside in by_place for each in bucket(START + place * width, list(inside))]


def plain_gaps(samples: list[Sample], before: Sample | None, now: Moment, silent_after: Span | None, width: Span) -> list[Gap]:
    over = max(START, min(END, now))
    known = [*([before] if before else []), *samples]
    found: list[tuple[Moment, Moment, GapReason]] = []
    if not known or known[0].source_time > START:
        found.append((START, known[0].source_time if known else over, GapReason.NO_DATA))
    for number, sample in enumerate(known):
        ends = known[number + 1].source_time if number + 1 < len(known) else over
        reason = None
        if sample.quality is Quality.BAD:
            reason = GapReason.SENSOR_FAULT if sample.mark & Mark.SENSOR_FAULT else GapReason.BAD
        elif silent_after is not None and ends - sample.source_time > silent_after:
            reason = GapReason.STALE
        if reason is not None:
            found.append((max(START, sample.source_time), ends, reason))
    joined: list[Gap] = []
    for start, end, reason in found:
        if end <= start:
            continue
        if joined and joined[-1].end == start and joined[-1].reason is reason:
            joined[-1] = Gap(joined[-1].start, end, reason)
        else:
            joined.append(Gap(start, end, reason))
    return [gap for gap in joined if gap.end - gap.start >= max(1, width)]


@st.composite
def lots(draw: st.DrawFn) -> list[Sample]:
    times = sorted(draw(st.lists(st.integers(START, END - 1), max_size=60)))
    values = st.one_of(st.integers(-5, 5).map(float), st.just(math.nan), st.just(math.inf))
    qualities = st.sampled_from((Quality.GOOD, Quality.GOOD, Quality.GOOD, Quality.UNCERTAIN, Quality.BAD))
    marks = st.sampled_from((Mark.NONE, Mark.SENSOR_FAULT, Mark.INITIAL))
    return [Sample(0, draw(values), draw(qualities), time, time, draw(marks)) for time in times]


befores = st.sampled_from((None, good(999, 1.0), good(990, 1.0), good(995, math.nan, Quality.BAD)))


@given(
    lots(),
    befores,
    st.integers(1, 80),
    st.sampled_from((None, 2 * SECOND, 20 * SECOND)),
    st.sampled_from((START, 1_050 * SECOND, END, END + SECOND)),
    st.lists(st.integers(0, 60), max_size=4).map(tuple),
)
def test_buckets_and_gaps_are_those_of_a_plain_reading(
    samples: list[Sample], before: Sample | None, points: int, silent: Span | None, now: Moment, cuts: tuple[int, ...]
) -> None:
    trend = trend_of(samples, points=points, before=before, now=now, silent_after=silent, cuts=cuts)
    width, buckets = plain_buckets(samples, points)
    assert (trend.width, list(trend.buckets)) == (width, buckets)
    assert list(trend.gaps) == plain_gaps(samples, before, now, silent, width)


# --- what a reader should see ---------------------------------------------------------------------------------------


def test_a_peak_of_one_sample_among_thousands_stands_out() -> None:
    samples = [good(1_000 + n / 100, 20.0) for n in range(10_000)]
    samples[4_321] = good(1_043.21, 97.5)
    trend = trend_of(samples, points=100)
    assert [bucket.high for bucket in trend.buckets if bucket.high > 20] == [97.5]
    assert sum(bucket.count for bucket in trend.buckets) == 10_000


def test_a_bad_sample_opens_a_gap_that_the_next_good_one_closes() -> None:
    fault = good(1_020, math.nan, Quality.BAD, Mark.SENSOR_FAULT)
    trend = trend_of([good(1_000, 1.0), fault, good(1_040, 2.0)])
    assert list(trend.gaps) == [Gap(1_020 * SECOND, 1_040 * SECOND, GapReason.SENSOR_FAULT)]
    assert [bucket.last for bucket in trend.buckets] == [1.0, 2.0]


def test_silence_is_a_gap_and_one_that_is_not_over_ends_now() -> None:
    trend = trend_of([good(1_000, 1.0), good(1_001, 1.0)], silent_after=5 * SECOND, now=1_030 * SECOND)
    assert list(trend.gaps) == [Gap(1_001 * SECOND, 1_030 * SECOND, GapReason.STALE)]


def test_a_span_of_which_nothing_is_known_is_one_gap() -> None:
    trend = trend_of([])
    assert (trend.buckets, list(trend.gaps)) == ((), [Gap(START, END, GapReason.NO_DATA)])


def test_a_value_from_before_the_span_that_holds_leaves_no_gap() -> None:
    assert trend_of([], before=good(900, 1.0)).gaps == ()
    assert trend_of([], before=good(900, 1.0), silent_after=SECOND).gaps == (Gap(START, END, GapReason.STALE),)


def test_a_text_gives_its_changes_and_the_one_in_force_at_the_start() -> None:
    def text(second: int, says: str) -> Sample:
        return Sample(0, float(crc32(says.encode())), Quality.GOOD, second * SECOND, second * SECOND, Mark.NONE, says)

    trend = trend_of(
        [text(1_010, "卷 17"), text(1_020, "卷 18"), text(1_030, "卷 18"), text(1_040, "卷 19")],
        before=text(960, "卷 17"),
        is_text=True,
    )
    assert trend.buckets == ()
    assert list(trend.texts) == [
        TextChange(960 * SECOND, "卷 17"),
        TextChange(1_020 * SECOND, "卷 18"),
        TextChange(1_040 * SECOND, "卷 19"),
    ]
