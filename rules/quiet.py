"""Samples that may be left out, because a newer one of their tag says all they say.

A wave takes one sample a tag, so a tag that is sampled a thousand times as often as the others would make a thousand
waves of one sample. Most of its samples change nothing. A run of samples of one tag is *quiet* when, as things stand
before it, none of them

- is anything but in order, not initial, and good and finite; or all of them are faults of the sensor,
- changes the raw predicate of a rule that reads the tag, or ends its silence, or is the most severe value so far,
- comes while a delay of such a rule is pending, or after a timer of it is due,
- is heard by a signal.

Then none of them does so after the others either, and only the last is taken; the others count as taken for those who ask
what the tag showed between them. A run that is not quiet is taken sample by sample.
"""

from __future__ import annotations

import numpy as np

from edge.model.moment import NEVER
from edge.model.sample import Batch, Mark, Quality
from rules.board import Board
from rules.columns import Bools, Floats, Indices, Moments
from rules.definition import Comparison
from rules.layout import COMPARISONS
from rules.wave import Runs

_FAULTY = COMPARISONS.index(Comparison.FAULTY)


def leave_out_quiet(board: Board, batch: Batch, arrival: Moments, runs: Runs) -> Runs:
    """The runs without the samples that may be left out."""
    slot = batch.slot[runs.index].astype(np.intp)
    run = runs.spread(np.arange(len(runs.first)))
    loud = np.zeros(len(runs.first), dtype=np.bool_)
    fault = (batch.mark[runs.index] & np.uint8(Mark.SENSOR_FAULT)) != 0
    if any_fault := bool(fault.any()):
        fault &= batch.quality[runs.index] == Quality.BAD
    loud[run[~_plain(board, batch, runs, slot, fault if any_fault else None)]] = True

    rows, at = board.layout.readers.of(slot)
    last_arrival = runs.spread(arrival[runs.index[runs.first + runs.length - 1]])
    disturbed = (board.delays.since[rows] != NEVER) | (board.due_of(rows) <= last_arrival[at])
    disturbed |= _turns_or_peaks(board, rows, batch.value[runs.index][at], fault[at] if any_fault else None)
    loud[run[at[disturbed]]] = True
    if board.layout.signals:
        loud[run[board.signals.fed[slot]]] = True

    kept = runs.spread(loud)
    kept[runs.first + runs.length - 1] = True
    board.context.took(runs.index[~kept])
    length = np.where(loud, runs.length, 1)
    return Runs(runs.index[kept], np.cumsum(length) - length, length)


def _plain(board: Board, batch: Batch, runs: Runs, slot: Indices, fault: Bools | None) -> Bools:
    """Good and finite, or a fault like all of its run; not initial, newer than the one before, stamped by the same clock."""
    index, tags = runs.index, board.tags
    tags.catch_up(slot)
    mark = batch.mark[index]
    own_stamp = (mark & np.uint8(Mark.RECEIVED_TIME_USED)) != 0
    source = np.where(own_stamp, batch.source_time[index] - tags.lag[slot], batch.source_time[index])
    before = np.empty_like(source)
    before[1:] = source[:-1]
    before[runs.first] = tags.source[slot[runs.first]]
    one_clock = (own_stamp == runs.spread(own_stamp[runs.first])) & (own_stamp | ~tags.unshifted[slot])
    alike = (batch.quality[index] == Quality.GOOD) & np.isfinite(batch.value[index])
    if fault is not None:
        alike = (alike | fault) & (fault == runs.spread(fault[runs.first]))
    plain: Bools = alike & ((mark & np.uint8(Mark.INITIAL)) == 0) & one_clock & (source > before)
    return plain


def _turns_or_peaks(board: Board, rows: Indices, value: Floats, fault: Bools | None) -> Bools:
    """Whether a sample would change raw or the peak of a rule, or end the silence of a stale rule. fault: by sample, whether
    it is one; None when none is."""
    raw, comparison, place = board.delays.raw[rows], board.layout.comparison[rows], board.layout.place[rows]
    does = raw.copy()
    for number, bank in board.banks:
        mine = np.flatnonzero(comparison == number)
        if len(mine):
            turns = bank.evaluate(place[mine], value[mine], raw[mine]) != raw[mine]
            peak = board.peak[rows[mine]]
            does[mine] = turns | (raw[mine] & (bank.worse(peak, value[mine]) != peak))
    if fault is not None:
        # What a fault says is compared with no limit.
        compares = ~board.layout.on_steady_clock[rows]
        does[compares] &= ~fault[compares]
        watches = comparison == _FAULTY
        does[watches] = fault[watches] != raw[watches]
    return does
