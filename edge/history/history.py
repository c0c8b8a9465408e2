"""The history: what is kept of the samples, and what they showed. Binds the tail in memory to the segments on the shelf.

    pipeline ─ append ─▶ tail ─ each `segment` ─▶ shelf (minutes ─▶ hours ─▶ days ─▶ deleted)
                          └──────── trend ◀────────┘

Three threads: the event loop appends and waits for nobody; one writes and merges; one answers questions. A question takes the
tail and the list of segments under one lock, and a segment is admitted and its rows leave the tail under the same lock, so it
finds each row once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event, Lock

import numpy as np
import structlog

from edge.history.on_change import KEEP_EVERY, OnChange
from edge.history.rows import Rows, pick
from edge.history.shelf import Interrupted, Shelf, ShelfRefused
from edge.history.tail import Tail
from edge.history.trend import TrendFold
from edge.model.errors import HistoryRefusal, HistoryRefused
from edge.model.moment import HOUR, MINUTE, SECOND, Moment, Span
from edge.model.sample import Batch
from edge.model.tag import Tag
from edge.model.trend import Trend, TrendQuestion
from edge.ports import Clock, Offload

log = structlog.get_logger()

#: Rows in memory: about 30 bytes each. A segment is written early at half of it; while the disk refuses, a quarter stays.
TAIL_ROWS_MAX = 2_000_000
#: How often is looked whether there is something to write or to merge.
TICK: Span = 10 * SECOND
SLICE_ROWS = 1_000_000
#: How far back is looked for the sample that says how a span begins: the nearest first.
LOOK_BACK: tuple[Span, ...] = (2 * MINUTE, 1 * HOUR, 24 * HOUR)
#: Questions under way and waiting.
QUESTIONS_MAX = 8
ANSWER_WITHIN_S = 10.0


class SampleHistory:
    """`edge.ports.History`. segment: how long what was read stays in memory alone, and may be lost by a crash.

    writing, reading: a thread each. tail_rows_max: rows in memory. slice_rows: rows read at a time for an answer."""

    def __init__(
        self,
        shelf: Shelf,
        clock: Clock,
        *,
        writing: Offload,
        reading: Offload,
        segment: Span = MINUTE,
        tail_rows_max: int = TAIL_ROWS_MAX,
        slice_rows: int = SLICE_ROWS,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._shelf = shelf
        self._clock = clock
        self._writing = writing
        self._reading = reading
        self._segment = segment
        self._tail = Tail(tail_rows_max)
        self._tail_rows_max = tail_rows_max
        self._slice_rows = slice_rows
        self._answer_within_s = answer_within_s
        self._lock = Lock()
        self._slots: Mapping[str, int] = {}
        self._names: Sequence[str] = ()
        self._tags: Mapping[str, Tag] = {}
        self._on_change = OnChange(np.empty(0), np.empty(0))
        self._is_open = False
        self._refused_since: Moment | None = None
        self._tidy_refused = False
        self._asked = 0
        self._one_at_a_time = asyncio.Lock()

    def begin(self, slots: Mapping[str, int], tags: Sequence[Tag]) -> None:
        names = [""] * (max(slots.values(), default=-1) + 1)
        bands, shares = np.full((2, len(names)), np.nan)
        self._tags = {tag.name: tag for tag in tags}
        for name, slot in slots.items():
            names[slot] = name
            tag = self._tags.get(name)
            if tag is not None and tag.on_change is not None:
                bands[slot] = tag.on_change
            if tag is not None and tag.on_change_share is not None:
                shares[slot] = tag.on_change_share
        self._slots, self._names, self._on_change = slots, names, OnChange(bands, shares)

    def append(self, batch: Batch) -> None:
        self._tail.append(batch)

    # --- keeping --------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        due = self._clock.now() + self._segment
        while True:
            now = self._clock.now()
            await self._writing.run(self._work, now, now >= due)
            if now >= due:
                due = now + self._segment
            await self._clock.sleep_until(min(due, self._clock.now() + TICK))

    async def close(self) -> None:
        """Write what is left. Call when `run` has ended."""
        await self._writing.run(self._work, self._clock.now(), True)
        await self._writing.run(self._shelf.close)

    def _work(self, now: Moment, is_due: bool) -> None:
        try:
            self._write_when_due(now, is_due)
            if self._is_open:
                self._tidy(now)
        except Exception:  # the rim of the history: no mistake here may end the gateway, which alarms need
            log.exception("the history failed; it goes on with what comes")

    def _write_when_due(self, now: Moment, is_due: bool) -> None:
        try:
            if not self._is_open:
                self._shelf.open()
                self._is_open = True
            if is_due or self._tail.rows_waiting > self._tail_rows_max // 2:
                self._write()
                self._say_accepted(now)
        except ShelfRefused as refused:
            self._give_up_some()
            self._say_refused(now, refused)

    def _write(self) -> None:
        with self._lock:
            self._tail.settle(self._on_change)
            parts = self._tail.parts()
        if not parts:
            return
        segment = self._shelf.write(Batch.join(parts), self._names)
        with self._lock:
            self._shelf.admit(segment)
            self._tail.release(len(parts))

    def _give_up_some(self) -> None:
        with self._lock:
            self._tail.settle(self._on_change)
            self._tail.give_up_eldest(self._tail_rows_max // 4)

    def _tidy(self, now: Moment) -> None:
        try:
            self._shelf.tidy(now)
            self._tidy_refused = False
        except ShelfRefused as refused:
            if not self._tidy_refused:
                self._tidy_refused = True
                log.warning("segments of the history cannot be merged or deleted", reason=str(refused))

    def _say_refused(self, now: Moment, refused: ShelfRefused) -> None:
        if self._refused_since is None:
            self._refused_since = now
            log.error(
                "the history cannot be written; samples stay in memory as long as there is room, alarms go on",
                reason=str(refused),
            )

    def _say_accepted(self, now: Moment) -> None:
        if self._refused_since is not None:
            after_s = (now - self._refused_since) / SECOND
            log.warning("the history is written again", after_s=after_s, samples_dropped=self._tail.dropped_total)
            self._refused_since = None

    # --- answering ------------------------------------------------------------------------------------------------

    async def trend(self, question: TrendQuestion) -> Trend:
        if self._asked >= QUESTIONS_MAX:
            raise HistoryRefused(HistoryRefusal.BUSY)
        self._asked += 1
        try:
            async with self._one_at_a_time:
                return await self._answer_in_time(question)
        finally:
            self._asked -= 1

    async def _answer_in_time(self, question: TrendQuestion) -> Trend:
        """A thread cannot be cancelled: it is told to stop, and has stopped before the next question begins."""
        stop = Event()
        answer = asyncio.ensure_future(self._reading.run(self._answer, question, self._clock.now(), stop))
        try:
            async with asyncio.timeout(self._answer_within_s):
                return await asyncio.shield(answer)
        except (TimeoutError, asyncio.CancelledError) as ended:
            stop.set()
            self._shelf.interrupt()
            await asyncio.gather(answer, return_exceptions=True)
            if isinstance(ended, asyncio.CancelledError):
                raise
            raise HistoryRefused(HistoryRefusal.TOO_SLOW) from None

    def _answer(self, question: TrendQuestion, now: Moment, stop: Event) -> Trend:
        tag = self._tags.get(question.tag)
        with self._lock:
            self._tail.settle(self._on_change)
            tail = self._tail.parts()
            segments = self._shelf.borrow()
        slot = self._slots.get(question.tag, -1)

        def read(start: Moment, end: Moment) -> Rows:
            if stop.is_set():
                raise HistoryRefused(HistoryRefusal.TOO_SLOW)
            kept = self._shelf.read(segments, question.tag, start, end, self._slice_rows)
            return Rows.join([kept, pick(tail, slot, start, end)]).first(self._slice_rows)

        ends = [segment.end for segment in segments] + [int(part.source_time.max()) for part in tail]
        fold = TrendFold(question, now=now, silent_after=_silent_after(tag), is_text=tag is not None and tag.is_text)
        try:
            fold.before(_just_before(question.start, self._slice_rows, read))
            for rows in _slices(question.start, min(question.end, max(ends, default=0) + 1), self._slice_rows, read):
                fold.take(rows)
        except Interrupted:
            raise HistoryRefused(HistoryRefusal.TOO_SLOW) from None
        finally:
            self._shelf.give_back(segments)
        return fold.result()

    # --- figures --------------------------------------------------------------------------------------------------

    def figures(self) -> Mapping[str, float]:
        segments, size = self._shelf.extent()
        return {
            "andon_history_kept_total": self._tail.kept_total,
            "andon_history_left_out_total": self._tail.left_out_total,
            "andon_history_dropped_total": self._tail.dropped_total,
            "andon_history_waiting": self._tail.rows_waiting,
            "andon_history_segments": segments,
            "andon_history_bytes": size,
            "andon_history_refusing": float(self._refused_since is not None),
        }


def _just_before(start: Moment, full: int, read: Callable[[Moment, Moment], Rows]) -> Rows:
    """In order, up to `start`; empty when nothing came for long."""
    for span in LOOK_BACK:
        newest = Rows.join(())
        for rows in _slices(start - span, start, full, read):
            newest = rows if len(rows) else newest
        if len(newest):
            return newest
    return Rows.join(())


def _slices(start: Moment, end: Moment, full: int, read: Callable[[Moment, Moment], Rows]) -> Iterator[Rows]:
    """All there is, in order, in slices that `read` does not cut off: one that is full may have been, and is halved."""
    width = end - start
    while start < end:
        stop = min(end, start + width)
        rows = read(start, stop)
        if len(rows) == full and width > 1:
            width = max(1, (stop - start) // 2)
            continue
        yield rows.ordered()
        start = stop


def _silent_after(tag: Tag | None) -> Span | None:
    """How far apart two samples that are kept may be without the tag having been silent."""
    if tag is None or tag.stale_after is None:
        return None
    keeps_all = tag.on_change is None and tag.on_change_share is None
    return tag.stale_after if keeps_all else tag.stale_after + KEEP_EVERY
