"""Counters: what they have counted, as tags that follow from them. Pure, in columns, put behind their samples.

Theory of operation. A counter's reading is taken from one good sample to the next; what was counted between two of them, and
that a counter rolls over or is reset, is told as in `signals/counter.py`. From its readings follow tags that show

- what was counted since the reading before (SAMPLE);
- what was counted in all, since it is counted (ALL): it never falls;
- what was counted in the windows of the plant's clock (WINDOW): the hour, the shift, the day. What was counted between two
  readings belongs to the window of the second one. Where the first was longer ago than the counter's `stale_after` (a minute
  without one, the window's length at most) and in an earlier window, nobody knows how much of it belongs where: then the
  window is uncertain to its end. So is the first one of all, which was not seen from its beginning.

The total is the reading itself, less the one with which it began, plus what was counted before the last fall: so it is exactly
the difference of two readings that an engineer would write down, and a gap in data costs it nothing.

No readings: bad samples; forced ones, as nothing was made; those dated before the newest (sent again, or late); an initial
one below the newest, which is as old; and a fall that is no roll-over of a counter that is never reset. At what is late or
old nothing is said; at the others the tags are bad and keep what they showed, and the next reading goes on from the last.

What is remembered (`remember`, `restore`) is the newest reading of each counter and where its count and windows began; a
counter whose unit or scale is another one since begins anew. Not here: when that is made durable (the pipeline does, each
minute: decision 0021). A crash costs no count, as the counter itself has gone on; what was remembered last says from where.

Without samples nothing is said: a window that began meanwhile shows with the next sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from edge.model.moment import MINUTE
from edge.model.sample import Batch, Mark, Quality
from edge.model.tag import Count, Counter, CountOver, Tag
from rules.among import Followers, NewSamples, turns
from rules.columns import Bools, Floats, Indices, Moments
from rules.signals.clock_window import ClockWindows, PlantClock
from rules.signals.counter import Readings
from rules.signals.recollection import Unreadable, flag, integer, number
from rules.signals.sample_driven import within_range

#: The key of their record among the engine's.
COUNTS = "/counts"

_INITIAL, _FORCED = np.uint8(Mark.INITIAL), np.uint8(Mark.FORCED)
_KEPT = np.uint8(Mark.INITIAL | Mark.RECEIVED_TIME_USED | Mark.FORCED)
_OVER = tuple(CountOver)


class CountedTags:
    """All tags of a layout that follow from counters. Keeps the counters' newest readings."""

    def __init__(self, tags: Sequence[Tag], slots: Mapping[str, int]) -> None:
        """tags: all of the layout."""
        by_name = {tag.name: tag for tag in tags}
        counted = [(tag, tag.derived.count, tag.derived.reads[0]) for tag in tags if tag.derived and tag.derived.count]
        #: By number of a counted tag.
        self._names = [tag.name for tag, _, _ in counted]
        self._fresh = False
        if not counted:
            return
        self._counters = [by_name[name] for name in dict.fromkeys(name for _, _, name in counted)]
        place = {tag.name: number for number, tag in enumerate(self._counters)}
        self._count_of = [count for _, count, _ in counted]
        self._slot = np.array([slots[name] for name in self._names], dtype=np.int32)
        self._over = np.array([_OVER.index(count.over) for count in self._count_of], dtype=np.intp)
        self._clocked = np.cumsum(self._over == _OVER.index(CountOver.WINDOW)) - 1
        self._windows = ClockWindows([clock for count in self._count_of if (clock := _clock(count)) is not None])
        self._patience = np.array([_patience(by_name[name], count) for _, count, name in counted], dtype=np.int64)
        following: dict[int, list[int]] = {}
        for which, (_, _, name) in enumerate(counted):
            following.setdefault(place[name], []).append(which)
        self._followers = Followers(len(self._counters), following)
        self._place = np.full(max(slots.values()) + 1, -1, dtype=np.intp)
        self._place[[slots[tag.name] for tag in self._counters]] = np.arange(len(self._counters))

        # By place of a counter: when it was read last, the reading that its count goes on from, and what was counted before.
        kinds = [tag.counter or Counter() for tag in self._counters]
        self._readings = Readings([kind.rolls_over_at for kind in kinds], [kind.resets for kind in kinds])
        self._read_at: Moments = np.zeros(len(kinds), dtype=np.int64)
        self._origin: Floats = np.zeros(len(kinds))
        self._before: Floats = np.zeros(len(kinds))
        # By number: the window's start (-1 before the first), what was counted in all until then, whether it is uncertain; and
        # what is shown, NaN before anything is.
        self._start: Moments = np.full(len(counted), -1, dtype=np.int64)
        self._until_then: Floats = np.zeros(len(counted))
        self._unsure: Bools = np.zeros(len(counted), dtype=np.bool_)
        self._shown: Floats = np.full(len(counted), np.nan)
        self._source: Moments = np.zeros(len(counted), dtype=np.int64)

    def extend(self, batch: Batch) -> Batch:
        """The batch with the samples that follow from its own; the very same where none do."""
        if not self._names or not len(batch):
            return batch
        places = self._place[batch.slot]
        rows = np.flatnonzero(places >= 0)
        if not len(rows):
            return batch
        new = NewSamples()
        for turn in turns(places[rows]):
            self._take(batch, rows[turn], places[rows[turn]], new)
        return new.among(batch, self._slot)

    def _take(self, batch: Batch, rows: Indices, places: Indices, new: NewSamples) -> None:
        """One sample of each of some counters."""
        value, mark, newest = batch.value[rows], batch.mark[rows], self._readings.newest[places]
        reading = (batch.quality[rows] != Quality.BAD) & np.isfinite(value) & (mark & _FORCED == 0)
        sent_before = batch.source_time[rows] < self._read_at[places]
        old = reading & ~np.isnan(newest) & (sent_before | ((mark & _INITIAL != 0) & (value < newest)))
        self._hear(batch, rows[~old], places[~old], np.where(reading, value, np.nan)[~old], new)

    def _hear(self, batch: Batch, rows: Indices, places: Indices, reading: Floats, new: NewSamples) -> None:
        """reading: NaN for none."""
        newest, read_at, source = self._readings.newest[places], self._read_at[places], batch.source_time[rows]
        first = np.isnan(newest)
        since = np.where(first, np.where(np.isnan(reading), np.nan, 0.0), self._readings.counted(places, reading))
        taken = ~np.isnan(since)
        begun = np.where(first, 0.0, self._total(places, newest))
        fell = taken & ~first & (reading < newest)
        self._origin[places] = np.where(fell | (taken & first), reading, self._origin[places])
        self._before[places] = np.where(fell, within_range(begun + since), self._before[places])
        self._readings.newest[places] = np.where(taken, reading, newest)
        self._read_at[places] = np.where(taken, source, read_at)
        self._fresh |= bool(taken.any())

        total = self._total(places, reading)
        position, numbers = self._followers.of(places)
        heard = taken[position]
        by = position[heard]
        self._enter_windows(numbers[heard], source[by], read_at[by], begun[by])
        new_count, in_window = np.where(first, np.nan, since), total[position] - self._until_then[numbers]
        shown = np.choose(self._over[numbers], (new_count[position], in_window, total[position]))
        known = heard & ~np.isnan(shown)
        self._shown[numbers] = np.where(known, shown, self._shown[numbers])
        self._source[numbers] = np.maximum(self._source[numbers], source[position])
        unsure = np.where(self._unsure[numbers], np.uint8(Quality.UNCERTAIN), np.uint8(Quality.GOOD))
        trust = np.maximum(batch.quality[rows][position], unsure)
        quality = np.where(known, trust, np.uint8(Quality.BAD)).astype(np.uint8)
        said = ~np.isnan(self._shown[numbers])
        behind, those = rows[position][said], numbers[said]
        new.add(behind, those, self._shown[those], quality[said], self._source[those], batch.mark[behind] & _KEPT)

    def _total(self, places: Indices, reading: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return within_range(self._before[places] + (reading - self._origin[places]))

    def _enter_windows(self, numbers: Indices, moments: Moments, read_at: Moments, begun: Floats) -> None:
        """Those that moments are in. read_at: of the readings before, 0 for none. begun: what was counted in all until then."""
        own = np.flatnonzero(self._over[numbers] == _OVER.index(CountOver.WINDOW))
        if not len(own):
            return
        numbers, moments, read_at = numbers[own], moments[own], read_at[own]
        start, _ = self._windows.around(self._clocked[numbers], moments)
        entered = start != self._start[numbers]
        those = numbers[entered]
        self._unsure[those] = (moments - read_at > self._patience[numbers])[entered] | (self._start[those] < 0)
        self._start[those] = start[entered]
        self._until_then[those] = begun[own][entered]

    # --- what is remembered ---------------------------------------------------------------------------------------

    def remember(self) -> Mapping[str, Mapping[str, Any]]:
        """What is to be made durable so that they go on after a crash: one record by its key; none when there is no news."""
        if not self._fresh:
            return {}
        self._fresh = False
        counters = {
            tag.name: {
                "means": _means(tag),
                "newest": float(self._readings.newest[place]),
                "read_at": int(self._read_at[place]),
                "origin": float(self._origin[place]),
                "before": float(self._before[place]),
            }
            for place, tag in enumerate(self._counters)
            if not np.isnan(self._readings.newest[place])
        }
        windows = {
            name: {
                "windows": _means_windows(self._count_of[which]),
                "start": int(self._start[which]),
                "until_then": float(self._until_then[which]),
                "unsure": bool(self._unsure[which]),
            }
            for which, name in enumerate(self._names)
            if self._start[which] >= 0
        }
        return {COUNTS: {"counters": counters, "windows": windows}}

    def restore(self, record: Mapping[str, Any]) -> None:
        """Go on from what `remember` gave. What this version cannot have written, and what means something else by now, begins
        anew."""
        if not self._names:
            return
        counters, windows = record.get("counters", {}), record.get("windows", {})
        for place, tag in enumerate(self._counters):
            written = counters.get(tag.name, {})
            if written.get("means") != _means(tag) or not self._recall(place, written):
                continue
            _, numbers = self._followers.of(np.array([place]))
            for which in numbers.tolist():
                self._recall_window(which, windows.get(self._names[which], {}))

    def _recall(self, place: int, written: Mapping[str, Any]) -> bool:
        try:
            newest, read_at = number(written, "newest"), integer(written, "read_at")
            origin, before = number(written, "origin"), number(written, "before")
        except Unreadable:
            return False
        self._readings.newest[place], self._read_at[place] = newest, read_at
        self._origin[place], self._before[place] = origin, before
        return True

    def _recall_window(self, which: int, written: Mapping[str, Any]) -> None:
        if written.get("windows") != _means_windows(self._count_of[which]):
            return
        try:
            start, until_then, unsure = integer(written, "start"), number(written, "until_then"), flag(written, "unsure")
        except Unreadable:
            return
        self._start[which], self._until_then[which], self._unsure[which] = start, until_then, unsure


def _clock(count: Count) -> PlantClock | None:
    return PlantClock(count.length, count.phase, count.zone) if count.over is CountOver.WINDOW else None


def _patience(counter: Tag, count: Count) -> int:
    usual = MINUTE if counter.stale_after is None else counter.stale_after
    return min(usual, count.length) if count.over is CountOver.WINDOW else usual


def _means(counter: Tag) -> list[Any]:
    """What its numbers are worth."""
    measure = counter.measure
    ends = [None if each is None else list(each) for each in (measure.range, measure.raw_range)]
    return [counter.unit, measure.scale, measure.offset, *(ends if measure.raw_range is not None else ())]


def _means_windows(count: Count) -> list[Any]:
    return [count.length, count.phase, str(count.zone)]
