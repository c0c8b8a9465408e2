"""A sample's way through the columns: a wave of samples of distinct tags, taken at once.

In this order, for every sample of the wave (rules on the steady clock see only that it arrived, and what it was: 6):

1. timers of the rules that read its tag and are due by its arrival fire;
2. delays that its source time has outrun complete;
3. the tag takes it;
4. pending delays pause or resume, as the tag is bad, stale or well;
5. the banks evaluate the raw predicates (of good samples only: without one, raw stays what it is);
6. changes of raw start and cancel delays; rules without delay settle at once;
7. a delay whose timer had waited for the tag to be trusted, and whose due lies behind by now, completes.

Only steps 1, 2, 7 and the end of 6 leave the columns, for the few alarms that change.
"""

from __future__ import annotations

import math

import numpy as np

from edge.model.moment import Moment
from rules import events
from rules.board import Board, seen_on_steady_clock
from rules.columns import Bytes, Floats, Indices
from rules.definition import Comparison
from rules.delay import Edges, Seen
from rules.happening import LineTurned, Told, WordCame
from rules.layout import COMPARISONS
from rules.order import SAMPLE, TIMER, Order
from rules.tag_state import Taken
from rules.wave import Wave

#: A line turns before the alarms of its instant, which it may hide; a PLC's word comes before those that it names.
_FIRST = -1
#: What a word says that has said nothing.
_NOTHING = math.nan
_SILENT, _FAULTY, _BAD = (COMPARISONS.index(each) for each in (Comparison.SILENT, Comparison.FAULTY, Comparison.BAD))


def take_wave(board: Board, wave: Wave) -> None:
    """Take the samples of a wave, and those of the signals that hear them; what happened is noted on the board."""
    taken = board.tags.sift(wave)
    if len(taken.slot) == 0:
        return
    if not board.layout.signals:
        _take(board, taken)
        return
    signals, tags = board.signals, board.tags
    for signal, arrival in signals.due_by(taken):
        let_speak(board, signal, arrival)
    fresh_before = tags.fresh_until(taken.slot)
    _take(board, taken)
    for signal, sample in signals.outrun_by(taken, tags):
        order = Order(int(taken.arrival[sample]), SAMPLE, int(taken.index[sample]), 0, applied=False)
        _let_speak_once(board, signal, order)
    board.keep_facts()
    said = signals.hear(taken, tags, fresh_before)
    if said is not None:
        _take(board, said)


def let_speak(board: Board, signal: int, until: Moment) -> None:
    """A signal says what it says by itself, up to a moment of the steady clock."""
    while (wake := int(board.signals.wake[signal])) <= until:
        _let_speak_once(board, signal, Order(max(wake, board.time), TIMER, 0, 0))


def _let_speak_once(board: Board, signal: int, at: Order) -> None:
    board.keep_facts()
    _take(board, board.signals.speak(signal, at.moment, at))


def _take(board: Board, taken: Taken) -> None:
    """Samples of tags, or of signals."""
    rows, at = board.layout.readers.of(taken.slot)
    overdue = (board.due_of(rows) <= taken.arrival[at]).nonzero()[0]
    for position in overdue:
        board.fire(int(rows[position]), int(taken.arrival[at[position]]))

    on_steady_clock = board.layout.on_steady_clock[rows]
    steady_rows, steady_at = rows[on_steady_clock], at[on_steady_clock]
    if len(steady_rows):
        rows, at = rows[~on_steady_clock], at[~on_steady_clock]

    fresh_before = board.tags.fresh_until(taken.slot)[at]
    for position in board.delays.completed_before(rows, taken.source[at], fresh_before):
        row, sample = int(rows[position]), int(at[position])
        order = Order(int(taken.arrival[sample]), SAMPLE, int(taken.index[sample]), row, applied=False)
        board.settle(row, int(board.delays.due[row]), order if taken.at is None else taken.at._replace(row=row))

    board.tags.take(taken)
    board.facts_before.clear()
    if taken.slot[0] < len(board.layout.tags):
        board.context.took(taken.index)
    else:
        board.signals.trust(taken.slot - len(board.layout.tags), board.tags)
        _watch_lines(board, taken)
        if board.layout.words:
            _watch_words(board, taken)
    seen = Seen(
        rows=rows,
        index=taken.index[at],
        source=taken.source[at],
        arrival=taken.arrival[at],
        bad=taken.bad[at],
        fresh_before=fresh_before,
        fresh_until=board.tags.fresh_until(taken.slot)[at],
        fresh_steady=board.tags.fresh_until_steady(taken.slot)[at],
        at=taken.at,
    )
    moved, overtaken = board.delays.follow(seen)
    board.changed[rows[moved]] = True
    good = taken.good[at]
    if good.all():
        compare(board, seen, taken.value[at])
    else:
        usable = np.flatnonzero(good)
        compare(board, seen.only(usable), taken.value[at[usable]])
    for position in overtaken:
        board.fire(int(rows[position]), int(seen.arrival[position]), _order(seen, int(position)))
    if len(steady_rows):
        _watch_arrivals(board, taken, steady_rows, steady_at)


def _watch_lines(board: Board, taken: Taken) -> None:
    """A line whose state is not known any more keeps the one it had: a lost connection is no change of state."""
    if not board.layout.line_of:
        return
    for position, slot in enumerate(taken.slot.tolist()):
        line = board.layout.line_of.get(slot)
        if line is None or not taken.good[position]:
            continue
        state = line.states[int(taken.value[position])]
        if state != board.line_states.get(line.name):
            board.line_states[line.name] = state
            order = Order(int(taken.arrival[position]), SAMPLE, int(taken.index[position]), _FIRST)
            board.note(order if taken.at is None else taken.at._replace(row=_FIRST), LineTurned(line.name, state))


def _watch_words(board: Board, taken: Taken) -> None:
    for position, slot in enumerate(taken.slot.tolist()):
        for word in board.layout.words_of.get(slot, ()):
            value = float(taken.value[position]) if taken.good[position] else None
            if board.words.get(word.group, _NOTHING) != value:
                board.words[word.group] = value
                order = Order(int(taken.arrival[position]), SAMPLE, int(taken.index[position]), _FIRST)
                came = WordCame(word.group, value, int(taken.source[position]))
                board.note(order if taken.at is None else taken.at._replace(row=_FIRST), came)


def compare(board: Board, seen: Seen, value: Floats) -> None:
    """Evaluate rules on good, finite values, one for each row of `seen`, and let follow what changes."""
    raw = board.delays.raw[seen.rows]
    comparison = board.layout.comparison[seen.rows]
    place = board.layout.place[seen.rows]
    for number, bank in board.banks:
        mine = (comparison == number).nonzero()[0]
        if len(mine):
            raw[mine] = bank.evaluate(place[mine], value[mine], raw[mine])
    edges = board.delays.turn(seen, raw)
    _begin_peaks(board, seen.rows[edges.changed])
    _follow_peaks(board, seen.rows, comparison, value)
    _apply(board, seen, edges)


def _watch_arrivals(board: Board, taken: Taken, rows: Indices, at: Indices) -> None:
    members = board.layout.members
    comparison = board.layout.comparison[rows]
    silent = comparison == _SILENT
    _break_silence(board, taken, rows[silent], at[silent])
    if len(members[Comparison.FAULTY]):
        faulty = comparison == _FAULTY
        watch_sensors(board, seen_on_steady_clock(rows[faulty], taken.index[at[faulty]], taken.arrival[at[faulty]]))
    if len(members[Comparison.BAD]):
        heard = (comparison == _BAD) & (taken.good | taken.bad)[at]
        rows, at = rows[heard], at[heard]
        seen = seen_on_steady_clock(rows, taken.index[at], taken.arrival[at])
        _apply(board, seen, board.delays.turn(seen, taken.bad[at]))


def _break_silence(board: Board, taken: Taken, rows: Indices, at: Indices) -> None:
    """A fault is a sign of life too, where another rule tells it: one open wire is one alarm, not two. What is overdue when a
    person enters it is none."""
    heard = taken.news
    if taken.fault.any():
        heard = heard | (taken.fault & ~taken.initial & board.layout.faults_told[taken.slot])
    heard = heard[at]
    rows, at = rows[heard], at[heard]
    if len(rows) == 0:
        return
    aged_from = board.tags.aged_from(taken)[at]
    in_time = board.stale_bank.silent_from(board.layout.place[rows], aged_from) > taken.arrival[at]
    rows, at = rows[in_time], at[in_time]
    board.expect_news(rows, aged_from[in_time])
    seen = seen_on_steady_clock(rows, taken.index[at], taken.arrival[at])
    _apply(board, seen, board.delays.turn(seen, np.zeros(len(rows), dtype=np.bool_)))


def watch_sensors(board: Board, seen: Seen) -> None:
    """Let rules on sensor faults follow what their tags are known to be."""
    faulty = board.tags.faulty[board.layout.slot_of[seen.rows]]
    _apply(board, seen, board.delays.turn(seen, faulty))


def _begin_peaks(board: Board, rows: Indices) -> None:
    """A condition that begins anew forgets the peak of the last time."""
    anew = rows[board.delays.raw[rows] & ~board.delays.active[rows]]
    board.peak[anew] = np.nan


def _follow_peaks(board: Board, rows: Indices, comparison: Bytes, value: Floats) -> None:
    holds = (board.delays.raw[rows] | board.delays.active[rows]).nonzero()[0]
    if len(holds) == 0:
        return
    for number, bank in board.banks:
        mine = holds[comparison[holds] == number]
        if len(mine) == 0:
            continue
        known = board.peak[rows[mine]]
        worst = bank.worse(known, value[mine])
        rose = worst != known
        board.peak[rows[mine]] = worst
        board.changed[rows[mine[rose]]] = True


def _apply(board: Board, seen: Seen, edges: Edges) -> None:
    """Settle what has no delay, and write down what was filtered and what begins."""
    board.changed[seen.rows[edges.changed]] = True
    if board.layout.context:
        rows = seen.rows[edges.changed]
        for position in edges.changed[board.delays.raw[rows] & ~board.delays.active[rows]]:
            board.condition_begins(int(seen.rows[position]), _order(seen, int(position)))
    for cancelled in edges.filtered:
        row, time = int(seen.rows[cancelled.position]), int(seen.source[cancelled.position])
        rule = board.layout.rules[row]
        board.context_began.pop(row, None)
        event = events.filtered(rule, cancelled.began, time - cancelled.began, time)
        board.note(_order(seen, cancelled.position), Told(event))
    at_once = edges.without_delay
    if len(at_once):
        board.settle_all(seen.rows[at_once], seen.source[at_once].tolist(), _orders(seen, at_once))


def _orders(seen: Seen, positions: Indices) -> list[Order]:
    rows = seen.rows[positions].tolist()
    if seen.at is not None:
        return [seen.at._replace(row=row) for row in rows]
    moments, places = seen.arrival[positions].tolist(), seen.index[positions].tolist()
    return [Order(moment, SAMPLE, place, row) for moment, place, row in zip(moments, places, rows, strict=True)]


def _order(seen: Seen, position: int) -> Order:
    if seen.at is not None:
        return seen.at._replace(row=int(seen.rows[position]))
    return Order(int(seen.arrival[position]), SAMPLE, int(seen.index[position]), int(seen.rows[position]))
