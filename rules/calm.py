"""Calm samples: those that change nothing but what their tag shows. Most are; so a scan of a whole plant costs little more than
to look at it.

A batch in which every tag of a stretch of slots has one sample, in the order of slots, is a *scan*. A sample of it is *calm*
when, as things stand before it,

- it is good, finite, newer than the last, stamped by the device and not initial, and nobody entered it,
- no rule that reads its tag would change its raw predicate, its peak or its silence by it, has a delay pending, a silence that
is over, or an alarm on a shelf,
- no signal hears it.

Calm samples are taken as one, in whole columns; the others, which are *loud*, go the long way through a wave (`evaluation.py`).
As no rule or signal reads a calm tag and a loud one together, their order does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.model.sample import Batch, Quality
from rules.board import Board
from rules.columns import Bools, Indices, Moments
from rules.definition import Comparison
from rules.layout import COMPARISONS, Layout

#: More loud samples than this share of a scan are not worth the saving of the others.
_LOUD_SHARE = 0.5
#: Stretches whose rules are remembered; the plan of one is a few numbers for each of its rules.
_STRETCHES_MAX = 256


@dataclass(frozen=True, slots=True, eq=False)
class _Readers:
    """Rules of one comparison that read a stretch. rows, places: theirs; at: the positions of their tags in the stretch. Slices
    where these follow each other, which is many times as fast."""

    comparison: int
    rows: Indices | slice
    places: Indices | slice
    at: Indices | slice


class CalmScans:
    """Knows the stretches that are scanned again and again."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._plans: dict[tuple[int, int], tuple[_Readers, ...]] = {}

    def take(self, board: Board, batch: Batch, arrival: Moments, wanted: Bools) -> Indices | None:
        """Take the calm samples of a scan. The places of the others, still to be taken; None: it is no scan, or too loud, and
        nothing was taken."""
        stretch = batch.stretch
        if stretch is None:
            return None
        loud = self._loud(board, batch, arrival, stretch)
        unwanted = ~wanted[stretch]
        if unwanted.any():
            loud |= unwanted
        count = int(np.count_nonzero(loud))
        if count > _LOUD_SHARE * len(batch):
            return None
        if board.context.watches:
            board.context.took(np.flatnonzero(~loud))
        if count == 0:
            board.tags.take_calmly(stretch, batch, arrival)
            self._hear_from(board, stretch, arrival, loud)
            return _NONE
        places = np.flatnonzero(loud)
        slots = stretch.start + places
        before = board.tags.save(slots)
        board.tags.take_calmly(stretch, batch, arrival)
        board.tags.put_back(slots, before)
        self._hear_from(board, stretch, arrival, loud)
        left: Indices = places[wanted[slots]]
        return left

    def _loud(self, board: Board, batch: Batch, arrival: Moments, stretch: slice) -> Bools:
        tags, value = board.tags, batch.value
        loud: Bools = batch.source_time <= tags.source[stretch]
        loud |= ~np.isfinite(value)
        if batch.quality.any():
            loud |= batch.quality != Quality.GOOD
        if batch.mark.any():
            loud |= batch.mark != 0
        loud |= tags.unshifted[stretch] | board.layout.by_hand[stretch]
        if board.layout.signals:
            loud |= board.signals.fed[stretch]
        for readers in self._plan(stretch):
            disturbed = board.delays.pending[readers.rows]
            if readers.comparison in board.bank_of:
                bank = board.bank_of[readers.comparison]
                raw = board.delays.raw[readers.rows]
                turned = bank.turned(readers.places, value[readers.at], raw)
                _mark(loud, readers.at, turned)
                held = raw.nonzero()[0]
                if len(held):
                    peak = board.peak[_only(readers.rows, held)]
                    worse = bank.worse(peak, value[_only(readers.at, held)]) != peak
                    _mark(loud, readers.at, held[worse])
            else:
                disturbed = disturbed | board.delays.raw[readers.rows]
            if readers.comparison == _SILENT:
                disturbed = disturbed | (board.silent_from[readers.rows] <= arrival[readers.at])
            if disturbed.any():
                _mark(loud, readers.at, np.flatnonzero(disturbed))
        for row in board.shelved:
            slot = int(board.layout.slot_of[row])
            if stretch.start <= slot < stretch.stop:
                loud[slot - stretch.start] = True
        return loud

    def _hear_from(self, board: Board, stretch: slice, arrival: Moments, loud: Bools) -> None:
        """Calm samples are signs of life."""
        if not len(board.stale_rows):
            return
        for readers in self._plan(stretch):
            if readers.comparison == _SILENT:
                quiet = np.flatnonzero(~loud[readers.at])
                board.expect_news(_only(readers.rows, quiet), arrival[_only(readers.at, quiet)])

    def _plan(self, stretch: slice) -> tuple[_Readers, ...]:
        if stretch.stop - stretch.start == 1:
            return self._plan_of_one(stretch.start)
        key = stretch.start, stretch.stop
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _STRETCHES_MAX:
                self._plans.clear()
            plan = self._plans[key] = self._plan_anew(stretch)
        return plan

    def _plan_anew(self, stretch: slice) -> tuple[_Readers, ...]:
        layout = self._layout
        rows, at = layout.readers.of(np.arange(stretch.start, stretch.stop))
        comparison, place = layout.comparison[rows], layout.place[rows]
        plan = []
        for number in np.unique(comparison).tolist():
            mine = np.flatnonzero(comparison == number)
            plan.append(_Readers(number, _sliced(rows[mine]), _sliced(place[mine]), _sliced(at[mine])))
        return tuple(plan)

    def _plan_of_one(self, slot: int) -> tuple[_Readers, ...]:
        """Cheaper to find than to remember."""
        layout = self._layout
        start = layout.readers.start
        rows = layout.readers.rows[start[slot] : start[slot + 1]]
        comparison = layout.comparison[rows].tolist()
        plan = []
        for number in dict.fromkeys(comparison):
            mine = rows if comparison.count(number) == len(rows) else rows[layout.comparison[rows] == number]
            plan.append(_Readers(number, mine, layout.place[mine], np.zeros(len(mine), dtype=np.intp)))
        return tuple(plan)


_NONE: Indices = np.empty(0, dtype=np.intp)
_SILENT = COMPARISONS.index(Comparison.SILENT)


def _sliced(indices: Indices) -> Indices | slice:
    """Indices that follow each other, as a slice."""
    if len(indices) and int(indices[-1]) - int(indices[0]) == len(indices) - 1 and bool((np.diff(indices) == 1).all()):
        return slice(int(indices[0]), int(indices[-1]) + 1)
    return indices


def _only(indices: Indices | slice, positions: Indices) -> Indices:
    return indices.start + positions if isinstance(indices, slice) else indices[positions]


def _mark(loud: Bools, at: Indices | slice, positions: Indices) -> None:
    if len(positions):
        loud[_only(at, positions)] = True
