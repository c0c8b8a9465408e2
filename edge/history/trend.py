"""From samples to what people look at: buckets, gaps, changes of a text. Pure.

The samples of a tag come in slices, each in order of source time and all after the slices before, so that a span of any length
is answered in bounded memory. With so few samples that each can be its own bucket, each is.

Gaps. From a sample up to the next one the tag is *bad* when that sample is, and *stale* when the next one came later than
`silent_after`. Before the first sample there is *no data*. What is not over yet ends at `now`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.history.rows import Rows
from edge.model.moment import Moment, Span
from edge.model.sample import Mark, Quality
from edge.model.trend import TEXTS_MAX, Bucket, Gap, GapReason, TextChange, Trend, TrendQuestion

#: What a column says of the interval that a sample begins; 0 is a line.
_REASONS = (None, GapReason.BAD, GapReason.SENSOR_FAULT, GapReason.STALE, GapReason.NO_DATA)
_LINE, _BAD, _SENSOR_FAULT, _STALE, _NO_DATA = range(5)


class TrendFold:
    """`before`, any number of `take`, then `result`. silent_after: no sample for longer makes it stale; None: never."""

    def __init__(self, question: TrendQuestion, *, now: Moment, silent_after: Span | None, is_text: bool) -> None:
        span = question.end - question.start
        self._question = question
        self._is_text = is_text
        self._silent_after = silent_after
        self._over = max(question.start, min(question.end, now))
        self._width = max(1, -(-span // question.points))
        self._samples: list[Rows] | None = None if is_text else []
        self._buckets = _Buckets(question.start, self._width, question.points)
        # The interval under way: it began then, and is so.
        self._since, self._state = question.start, _NO_DATA
        self._last_time: Moment | None = None
        self._gaps: list[tuple[Moment, Moment, int]] = []
        self._texts: deque[TextChange] = deque(maxlen=TEXTS_MAX)
        self._text: str | None = None

    def before(self, rows: Rows) -> None:
        """What came just before the span, in order: the newest says how the span begins."""
        if not len(rows):
            return
        newest = len(rows) - 1
        self._last_time = int(rows.source_time[newest])
        self._state = int(_states(rows.take(np.array([newest])))[0])
        if self._is_text:
            self._take_texts(rows.take(np.array([newest])))

    def take(self, rows: Rows) -> None:
        if not len(rows):
            return
        self._take_gaps(rows)
        if self._is_text:
            self._take_texts(rows)
            return
        self._buckets.take(rows)
        if self._samples is not None:
            self._samples.append(rows)
            if sum(map(len, self._samples)) > self._question.points:
                self._samples = None

    def result(self) -> Trend:
        self._end_intervals()
        if self._samples is None:
            return Trend(self._width, tuple(self._buckets.all()), tuple(self._shown_gaps(self._width)), tuple(self._texts))
        samples = tuple(_bucket_each(Rows.join(self._samples)))
        return Trend(0, samples, tuple(self._shown_gaps(1)), tuple(self._texts))

    # --- gaps -----------------------------------------------------------------------------------------------------

    def _take_gaps(self, rows: Rows) -> None:
        """Intervals between the samples, the one under way first; the one that the last sample begins is then under way."""
        time, state = rows.source_time, _states(rows)
        begins, said = np.r_[self._since, time[:-1]], np.r_[self._state, state[:-1]]
        before = time[0] if self._last_time is None else self._last_time
        silent = self._is_silent(np.diff(np.r_[before, time]))
        said = np.where(silent & (said == _LINE), _STALE, said)
        for number in np.flatnonzero(said != _LINE).tolist():
            self._add_gap(int(begins[number]), int(time[number]), int(said[number]))
        self._since = self._last_time = int(time[-1])
        self._state = int(state[-1])

    def _end_intervals(self) -> None:
        state = self._state
        if self._last_time is not None and state == _LINE and self._is_silent(np.array([self._over - self._last_time]))[0]:
            state = _STALE
        if state != _LINE:
            self._add_gap(self._since, self._over, state)

    def _is_silent(self, spans: NDArray[np.int64]) -> NDArray[np.bool_]:
        return np.zeros(len(spans), bool) if self._silent_after is None else spans > self._silent_after

    def _add_gap(self, start: Moment, end: Moment, state: int) -> None:
        """One that goes on for the same reason grows; one that was too narrow to be drawn is forgotten."""
        if end <= start:
            return
        if self._gaps and self._gaps[-1][1] == start and self._gaps[-1][2] == state:
            self._gaps[-1] = (self._gaps[-1][0], end, state)
            return
        if self._gaps and self._samples is None and self._gaps[-1][1] - self._gaps[-1][0] < self._width:
            self._gaps.pop()
        self._gaps.append((start, end, state))

    def _shown_gaps(self, narrowest: Span) -> Iterator[Gap]:
        for start, end, state in self._gaps:
            reason = _REASONS[state]
            if reason is not None and end - start >= narrowest:
                yield Gap(start, end, reason)

    # --- texts ----------------------------------------------------------------------------------------------------

    def _take_texts(self, rows: Rows) -> None:
        for time, text in zip(rows.source_time.tolist(), rows.text.tolist(), strict=True):
            if text is not None and text != self._text:
                self._texts.append(TextChange(time, text))
                self._text = text


class _Buckets:
    """count: samples with a value, by bucket; the other columns mean something where it is not 0."""

    def __init__(self, start: Moment, width: Span, number: int) -> None:
        self._start = start
        self._width = width
        self._count = np.zeros(number, np.int64)
        self._low = np.full(number, np.inf)
        self._high = np.full(number, -np.inf)
        self._first = np.zeros(number)
        self._last = np.zeros(number)
        self._quality = np.zeros(number, np.uint8)

    def take(self, rows: Rows) -> None:
        place = (rows.source_time - self._start) // self._width
        worst = _begins(place)
        self._quality[place[worst]] = np.maximum(self._quality[place[worst]], np.maximum.reduceat(rows.quality, worst))
        has_value = _has_value(rows)
        place, value = place[has_value], rows.value[has_value]
        if not len(place):
            return
        begins = _begins(place)
        ends = np.r_[begins[1:], len(place)]
        at = place[begins]
        self._first[at] = np.where(self._count[at] == 0, value[begins], self._first[at])
        self._last[at] = value[ends - 1]
        self._low[at] = np.minimum(self._low[at], np.minimum.reduceat(value, begins))
        self._high[at] = np.maximum(self._high[at], np.maximum.reduceat(value, begins))
        self._count[at] += ends - begins

    def all(self) -> Iterator[Bucket]:
        for at in np.flatnonzero(self._count).tolist():
            yield Bucket(
                start=self._start + at * self._width,
                low=float(self._low[at]),
                high=float(self._high[at]),
                first=float(self._first[at]),
                last=float(self._last[at]),
                count=int(self._count[at]),
                quality=Quality(int(self._quality[at])),
            )


def _bucket_each(rows: Rows) -> Iterator[Bucket]:
    for number in np.flatnonzero(_has_value(rows)).tolist():
        value = float(rows.value[number])
        yield Bucket(int(rows.source_time[number]), value, value, value, value, 1, Quality(int(rows.quality[number])))


def _has_value(rows: Rows) -> NDArray[np.bool_]:
    has: NDArray[np.bool_] = (rows.quality != Quality.BAD) & np.isfinite(rows.value)
    return has


def _states(rows: Rows) -> NDArray[np.int64]:
    bad = np.where(rows.mark & Mark.SENSOR_FAULT, _SENSOR_FAULT, _BAD)
    return np.where(rows.quality == Quality.BAD, bad, _LINE)


def _begins(place: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where each run of equal numbers begins."""
    return np.flatnonzero(np.r_[True, place[1:] != place[:-1]])
