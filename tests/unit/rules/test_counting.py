"""What counters have counted, against a plain reading of what that is, one sample after the other."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.moment import HOUR, MINUTE, SECOND, from_iso
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.model.tag import Count, Counter, CountOver, Derivation, Measure, Tag
from rules.counting import COUNTS, CountedTags
from rules.signals.clock_window import PlantClock

BERLIN = ZoneInfo("Europe/Berlin")
STALE = 90 * SECOND
DAY = 24 * HOUR
HOURLY = Count(CountOver.WINDOW, HOUR, 0, BERLIN)
SHIFTS = Count(CountOver.WINDOW, 8 * HOUR, 6 * HOUR, BERLIN)


def counter(name: str, rolls_over_at: float | None = None, *, resets: bool = True, stale_after: int | None = STALE) -> Tag:
    return Tag(name, "P", name, "", {}, stale_after=stale_after, counter=Counter(rolls_over_at, resets))


def counted(name: str, of: str, count: Count) -> Tag:
    return Tag(name, "P", name, "", {}, derived=Derivation("", (of,), count))


TAGS = [
    counted("new", "strokes", Count(CountOver.SAMPLE)),
    counter("strokes", 1_000.0),
    counted("all", "strokes", Count(CountOver.ALL)),
    counted("hour", "strokes", HOURLY),
    counted("shift", "strokes", SHIFTS),
    Tag("other", "P", "other", "", {}),
    counter("energy", resets=False, stale_after=None),
    counted("energy_all", "energy", Count(CountOver.ALL)),
    counted("energy_hour", "energy", HOURLY),
]
SLOTS = {each.name: slot for slot, each in enumerate(TAGS)}
NAMES = {slot: name for name, slot in SLOTS.items()}


def sample(
    name: str, value: float, at: int, quality: Quality = Quality.GOOD, mark: Mark = Mark.NONE, received: int | None = None
) -> Sample:
    return Sample(SLOTS[name], value, quality, at, at if received is None else received, mark)


def counts() -> CountedTags:
    return CountedTags(TAGS, SLOTS)


def said(counts_: CountedTags, *samples: Sample) -> list[tuple[str, float, Quality]]:
    out = counts_.extend(Batch.of(samples)).samples()
    return [(NAMES[each.slot], each.value, each.quality) for each in out if TAGS[each.slot].derived is not None]


def of(name: str, told: Sequence[tuple[str, float, Quality]]) -> list[tuple[float, Quality]]:
    return [(value, quality) for each, value, quality in told if each == name]


class Naive:
    """What the module says in words, tag by tag."""

    def __init__(self) -> None:
        self.newest: dict[str, tuple[float, int]] = {}
        self.total: dict[str, float] = {}
        self.window: dict[str, tuple[int, float, bool]] = {}
        self.shown: dict[str, float] = {}
        self.source: dict[str, int] = {}

    def take(self, each: Sample) -> list[Sample]:
        tag = TAGS[each.slot]
        if tag.counter is None:
            return [each]
        reading = each.quality is not Quality.BAD and math.isfinite(each.value) and not each.mark & Mark.FORCED
        before = self.newest.get(tag.name)
        since: float | None = 0.0
        if reading and before is not None:
            initial_and_old = bool(each.mark & Mark.INITIAL) and each.value < before[0]
            if each.source_time < before[1] or initial_and_old:
                return [each]
            since = self.counted(tag.counter, before[0], each.value)
        if not reading:
            since = None
        until_then = self.total.get(tag.name, 0.0)
        if since is not None:
            self.total[tag.name] = until_then + since
            self.newest[tag.name] = (each.value, each.source_time)
        out = [each]
        for follower in TAGS:
            if follower.derived is None or follower.derived.reads != (tag.name,) or follower.derived.count is None:
                continue
            value, quality = None, each.quality
            if since is not None:
                value, sure = self.show(follower.name, follower.derived.count, tag, each, before, since, until_then)
                quality = quality if sure else max(quality, Quality.UNCERTAIN)
            name = follower.name
            self.source[name] = max(self.source.get(name, 0), each.source_time)
            if value is not None:
                self.shown[name] = value
            if name in self.shown:
                mark = each.mark & (Mark.INITIAL | Mark.RECEIVED_TIME_USED | Mark.FORCED)
                quality = quality if value is not None else Quality.BAD
                time = each.received_time
                out.append(Sample(SLOTS[name], self.shown[name], quality, self.source[name], time, mark))
        return out

    def counted(self, kind: Counter, before: float, now: float) -> float | None:
        if now >= before:
            return now - before
        width = kind.rolls_over_at
        part = 1 / 2 if width is not None else 1 / 16
        width = width if width is not None else next(each for each in (2.0**16, 2.0**32, 2.0**64) if each > before)
        if now >= 0 and before < width and width - before + now <= width * part:
            return width - before + now
        return max(now, 0.0) if kind.resets else None

    def show(
        self,
        name: str,
        count: Count,
        tag: Tag,
        each: Sample,
        before: tuple[float, int] | None,
        since: float,
        until_then: float,
    ) -> tuple[float | None, bool]:
        if count.over is CountOver.SAMPLE:
            return (None if before is None else since), True
        if count.over is CountOver.ALL:
            return self.total[tag.name], True
        start, _ = PlantClock(count.length, count.phase, BERLIN).window(each.source_time)
        if name not in self.window or self.window[name][0] != start:
            patience = min(MINUTE if tag.stale_after is None else tag.stale_after, count.length)
            known = before is not None and name in self.window and each.source_time - before[1] <= patience
            self.window[name] = (start, until_then, known)
        _, begun, sure = self.window[name]
        return self.total[tag.name] - begun, sure


STEPS = st.tuples(
    st.sampled_from(["strokes", "strokes", "strokes", "energy", "other"]),
    st.sampled_from([0, 1, 2, 17, 300, 400, 480, 980, 998, 999, 65_530, -4]),
    st.sampled_from([*[Quality.GOOD] * 6, Quality.UNCERTAIN, Quality.BAD]),
    st.sampled_from([*[Mark.NONE] * 6, Mark.INITIAL, Mark.FORCED, Mark.RECEIVED_TIME_USED]),
    # How much later: within a minute, over the end of an hour, over whole windows, and dated back.
    st.sampled_from([0, 1, 30, 60, 100, 1_700, 3_600, 30_000, -5]),
)


def samples_of(steps: Sequence[tuple[str, float, Quality, Mark, int]]) -> list[Sample]:
    # An hour before the clock is put back, in autumn.
    now, source, found = from_iso("2026-10-25T01:30:00+02:00"), 0, []
    for name, value, quality, mark, later in steps:
        now += max(later, 0) * SECOND
        source = now + min(later, 0) * SECOND
        found.append(sample(name, float(value), source, quality, mark, now))
    return found


@settings(max_examples=250, deadline=None)
@given(st.lists(STEPS, max_size=30), st.lists(st.integers(0, 30), max_size=4))
def test_counts_are_those_of_a_plain_reading_however_batches_are_cut(
    steps: list[tuple[str, float, Quality, Mark, int]], cuts: list[int]
) -> None:
    samples = samples_of(steps)
    naive, columns = Naive(), counts()
    wanted = [each for row in samples for each in naive.take(row)]
    edges = [0, *sorted(min(cut, len(samples)) for cut in cuts), len(samples)]
    got = [each for low, high in pairwise(edges) for each in columns.extend(Batch.of(samples[low:high])).samples()]
    assert got == wanted


@settings(max_examples=80, deadline=None)
@given(st.lists(STEPS, max_size=20), st.lists(STEPS, max_size=20))
def test_a_restart_changes_nothing_about_what_is_counted(
    first: list[tuple[str, float, Quality, Mark, int]], second: list[tuple[str, float, Quality, Mark, int]]
) -> None:
    samples = samples_of([*first, *second])
    whole, begun = counts(), counts()
    whole.extend(Batch.of(samples[: len(first)]))
    begun.extend(Batch.of(samples[: len(first)]))
    again = counts()
    again.restore(json.loads(json.dumps(begun.remember().get(COUNTS, {}))))
    rest = Batch.of(samples[len(first) :])
    good = [[e for e in every.extend(rest).samples() if e.quality is not Quality.BAD] for every in (whole, again)]
    assert [replace(e, source_time=0) for e in good[0]] == [replace(e, source_time=0) for e in good[1]]


@settings(max_examples=80, deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_a_total_never_falls(steps: list[tuple[str, float, Quality, Mark, int]]) -> None:
    told = said(counts(), *samples_of(steps))
    for name in ("all", "energy_all"):
        values = [value for value, _ in of(name, told)]
        assert values == sorted(values)


def at(clock: str) -> int:
    return from_iso(clock)


def test_the_hour_that_autumn_has_twice_is_two_hours() -> None:
    columns = counts()
    said(columns, sample("strokes", 100, at("2026-10-25T01:59:30+02:00")))
    first = said(columns, sample("strokes", 110, at("2026-10-25T02:00:20+02:00")))
    assert of("hour", first) == [(10, Quality.GOOD)]
    late = said(columns, *(sample("strokes", 110 + n, at("2026-10-25T02:00:20+02:00") + n * MINUTE) for n in range(1, 60)))
    assert of("hour", late)[-1] == (69, Quality.GOOD)
    second = said(columns, sample("strokes", 200, at("2026-10-25T02:00:10+01:00")))
    assert of("hour", second) == [(31, Quality.GOOD)]


def test_an_early_shift_of_spring_begins_where_the_clock_shows_six() -> None:
    columns = counts()
    said(columns, sample("strokes", 5, at("2026-03-29T05:59:30+02:00")))
    told = said(columns, sample("strokes", 9, at("2026-03-29T06:00:10+02:00")))
    assert of("shift", told) == [(4, Quality.GOOD)]


def test_a_window_over_whose_start_nobody_looked_is_uncertain_to_its_end_and_no_longer() -> None:
    columns = counts()
    told = said(columns, *(sample("strokes", 10 * n, at("2026-05-04T08:50:00+02:00") + n * MINUTE) for n in range(5)))
    assert {quality for _, quality in of("hour", told)} == {Quality.UNCERTAIN}
    gap = said(columns, sample("strokes", 90, at("2026-05-04T09:30:00+02:00")))
    assert of("hour", gap) == [(50, Quality.UNCERTAIN)]
    later = said(columns, *(sample("strokes", 90 + n, at("2026-05-04T09:30:00+02:00") + n * MINUTE) for n in range(1, 31)))
    assert of("hour", later)[-2:] == [(79, Quality.UNCERTAIN), (1, Quality.GOOD)]


def test_a_gap_is_no_reset_and_a_bad_sample_shows_what_was_counted_last() -> None:
    columns, start = counts(), at("2026-05-04T08:00:00+02:00")
    said(columns, sample("strokes", 100, start))
    said(columns, sample("strokes", 130, start + SECOND))
    bad = said(columns, sample("strokes", math.nan, start + 2 * SECOND, Quality.BAD))
    assert of("all", bad) == [(30, Quality.BAD)]
    assert of("all", said(columns, sample("strokes", 160, start + DAY))) == [(60, Quality.GOOD)]


def test_a_total_goes_on_over_roll_over_and_reset() -> None:
    columns, start = counts(), at("2026-05-04T08:00:00+02:00")
    told = said(columns, *(sample("strokes", value, start + n * SECOND) for n, value in enumerate([990, 5, 300, 2])))
    assert [value for value, _ in of("all", told)] == [0, 15, 310, 312]
    assert [value for value, _ in of("new", told)] == [15, 295, 2]


def test_a_meter_that_is_never_reset_has_not_fallen_but_misread() -> None:
    columns, start = counts(), at("2026-05-04T08:00:00+02:00")
    told = said(columns, *(sample("energy", value, start + n * SECOND) for n, value in enumerate([5e6, 0, 5e6 + 3])))
    assert of("energy_all", told) == [(0, Quality.GOOD), (0, Quality.BAD), (3, Quality.GOOD)]


def test_tenths_come_out_as_the_difference_of_two_readings() -> None:
    columns, start = counts(), at("2026-05-04T08:00:00+02:00")
    told = said(columns, *(sample("energy", 0.1 * n, start + n * SECOND) for n in range(1_001)))
    assert of("energy_all", told)[-1] == (0.1 * 1_000, Quality.GOOD)


def test_what_was_remembered_of_another_unit_or_other_windows_begins_anew() -> None:
    columns, start = counts(), at("2026-05-04T08:00:00+02:00")
    said(columns, sample("energy", 100, start))
    said(columns, sample("energy", 140, start + SECOND), sample("strokes", 7, start + SECOND))
    record = columns.remember()[COUNTS]
    assert of("energy_all", restored(record, TAGS)) == [(41, Quality.GOOD)]
    in_wh = [replace(each, measure=Measure(scale=1000.0)) if each.name == "energy" else each for each in TAGS]
    assert of("energy_all", restored(record, in_wh)) == [(0, Quality.GOOD)]
    for broken in ({}, {"counters": {"energy": {"means": ["", 1.0, 0.0], "newest": "x"}}}):
        assert of("energy_all", restored(broken, TAGS)) == [(0, Quality.GOOD)]


def test_a_window_that_cannot_be_read_begins_anew_and_its_counter_goes_on() -> None:
    columns, start = counts(), at("2026-05-04T08:00:00+02:00")
    said(columns, sample("energy", 100, start))
    record = json.loads(json.dumps(columns.remember()[COUNTS]))
    for written in record["windows"].values():
        written["start"] = "yesterday"
    assert of("energy_all", restored(record, TAGS)) == [(41, Quality.GOOD)]


def restored(record: Mapping[str, Any], tags: Sequence[Tag]) -> list[tuple[str, float, Quality]]:
    again = CountedTags(tags, SLOTS)
    again.restore(record)
    return said(again, sample("energy", 141, at("2026-05-04T08:00:30+02:00")))


def test_nothing_is_remembered_twice_without_news_and_nothing_costs_anything_without_counters() -> None:
    columns = counts()
    assert columns.remember() == {}
    said(columns, sample("strokes", 1, 10 * DAY))
    assert columns.remember().keys() == {COUNTS}
    assert columns.remember() == {}
    batch = Batch.of([sample("other", 1, 10 * DAY)])
    assert columns.extend(batch) is batch
    none = CountedTags([TAGS[5]], SLOTS)
    none.restore({"counters": {"strokes": {}}})
    assert none.extend(batch) is batch
    assert none.remember() == {}
