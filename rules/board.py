"""The board: the columns of one layout, and the steps that change a single condition.

What happens to conditions is noted with its `Order`, because a wave or a round of timers works on many at once and out of
order. The annunciator takes it in order, and makes alarms and events of it.

Not here: where samples come from (evaluation.py), in what order time passes (engine.py), what an alarm is to people
(annunciator.py), and how it is made durable (state.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np

from edge.model.moment import NEVER, Moment
from edge.model.sample import Quality
from rules.banks import VALUE_BANKS
from rules.banks.stale import StaleBank
from rules.columns import Indices, Moments
from rules.context import Context, ContextTags
from rules.definition import Comparison
from rules.delay import Delays, Seen
from rules.happening import Edge, Happening, Noted, Reading, ShelfEnd
from rules.layout import COMPARISONS, Layout
from rules.order import TIMER, Order
from rules.signal_columns import SignalColumns
from rules.tag_state import TagColumns

#: Of a signal that many tags go into, a record has the facts of so many.
FACTS_MAX = 16


class Board:
    """silent_from: when a tag will have been silent too long for a stale rule; shelf_until: when a shelf ends; both
    steady time, NEVER for none. peak: the most severe value since the condition began, NaN for none. context_began: what
    the context tags showed when the condition began whose on-delay runs. line_states: by line, the state known last. words: by
    first-out group, what its PLC's word said last, None for a bad one. changed: rows whose durable state is not what was last
    given out. shelved: rows on a shelf.
    facts_before: by row, what its signal had found before it heard what is being taken. time: how far the engine has come."""

    def __init__(self, layout: Layout, start: Moment) -> None:
        size = len(layout.rules)
        members = layout.members
        self.layout = layout
        self.time = start
        self.banks = [
            (number, VALUE_BANKS[comparison]([layout.rules[row] for row in members[comparison]]))
            for number, comparison in enumerate(COMPARISONS)
            if comparison in VALUE_BANKS and len(members[comparison])
        ]
        self.bank_of = dict(self.banks)
        self.stale_rows = members[Comparison.SILENT]
        self.stale_bank = StaleBank([layout.rules[row] for row in self.stale_rows])
        self.tags = TagColumns(layout.stale_after, layout.by_hand, start)
        self.delays = Delays(layout.rules)
        self.signals = SignalColumns(layout)
        self.context = ContextTags(layout)
        self.context_began: dict[int, Context] = {}
        self.line_states: dict[str, str] = {}
        self.words: dict[str, float | None] = {}
        self.silent_from = np.full(size, NEVER, dtype=np.int64)
        self.shelf_until = np.full(size, NEVER, dtype=np.int64)
        self.peak = np.full(size, np.nan, dtype=np.float64)
        self.changed = np.zeros(size, dtype=np.bool_)
        self.shelved: set[int] = set()
        self.facts_before: dict[int, Mapping[str, float | str | None]] = {}
        self._with_signal = np.array([row for row, rule in enumerate(layout.rules) if rule.signal is not None], dtype=np.intp)
        self.noted: list[Noted] = []
        self.expect_news(self.stale_rows, np.full(len(self.stale_rows), start, dtype=np.int64))

    # --- timers ---------------------------------------------------------------------------------------------------

    def due_of(self, rows: Indices | slice) -> Moments:
        """The soonest timer of each row."""
        delay, silence, shelf = self.delays.wake[rows], self.silent_from[rows], self.shelf_until[rows]
        return np.minimum(np.minimum(delay, silence), shelf)

    def next_due(self) -> Moment:
        """The soonest timer of all; NEVER for none."""
        soonest = int(self.due_of(self._with_timer()).min(initial=NEVER))
        return min(soonest, int(self.signals.wake.min(initial=NEVER)))

    def due_by(self, until: Moment) -> Indices:
        """The rows with a timer due by then, ascending."""
        rows = self._with_timer()
        return np.unique(rows[self.due_of(rows) <= until])

    def _with_timer(self) -> Indices:
        """The rows that may have a timer; those that may for several reasons, as often."""
        pending = np.flatnonzero(self.delays.pending)
        if not len(self.stale_rows) and not self.shelved:
            return pending
        shelved = np.array(sorted(self.shelved), dtype=np.intp)
        return np.concatenate((pending, self.stale_rows, shelved))

    def fire(self, row: int, until: Moment, at: Order | None = None) -> None:
        """Fire all timers of a row that are due by `until`, in order of time; of one instant: silence, delay, shelf. at: where
        what happens belongs, when it is not where the timer was due."""
        while True:
            silence, delay, shelf = int(self.silent_from[row]), int(self.delays.wake[row]), int(self.shelf_until[row])
            due = min(silence, delay, shelf)
            if due > until:
                return
            order = at or Order(max(due, self.time), TIMER, 0, row)
            self.changed[row] = True
            if due == silence:
                self._fall_silent(row, due, order)
            elif due == delay:
                completed_at = self.delays.wakes(row, self._fresh_until(row))
                if completed_at is not None:
                    self.settle(row, completed_at, order)
            else:
                self.shelf_until[row] = NEVER
                self.note(order, ShelfEnd(row, due, self.reading(row, order.moment)))

    def expect_news(self, rows: Indices, arrival: Moments) -> None:
        """The tags of some stale rules gave a sign of life."""
        self.silent_from[rows] = self.stale_bank.silent_from(self.layout.place[rows], arrival)

    def expect_shelf_end(self, row: int, until: Moment | None) -> None:
        """When the shelf of an alarm ends; None: it lies on none."""
        if until is None:
            self.shelf_until[row] = NEVER
            self.shelved.discard(row)
        else:
            self.shelf_until[row] = until
            self.shelved.add(row)

    def _fall_silent(self, row: int, due: Moment, order: Order) -> None:
        self.silent_from[row] = NEVER
        moment = np.array([due], dtype=np.int64)
        seen = seen_on_steady_clock(np.array([row]), np.array([0]), moment)
        edges = self.delays.turn(seen, np.array([True]))
        self.condition_begins(row, order)
        if len(edges.without_delay):
            self.settle(row, due, order)

    def _fresh_until(self, row: int) -> Moment:
        if self.layout.on_steady_clock[row]:
            return NEVER
        return int(self.tags.fresh_until(self.layout.slot_of[row : row + 1])[0])

    # --- one condition --------------------------------------------------------------------------------------------

    def condition_begins(self, row: int, order: Order) -> None:
        """The on-delay of a rule begins, or would if it had one."""
        context = self.context.ask(row, order)
        if context is not None:
            self.context_began[row] = context

    def settle(self, row: int, due: Moment, order: Order) -> None:
        """A delay has counted its whole length at `due`: the condition takes the value of raw."""
        self.settle_all(np.array([row]), [due], [order])

    def settle_all(self, rows: Indices, due: Sequence[Moment], orders: Sequence[Order]) -> None:
        """The same for several conditions, of distinct rows."""
        readings = self.readings(rows, np.array([order.moment for order in orders], dtype=np.int64))
        if self.layout.signals:
            readings = self._with_facts(rows, readings)
        began = self.delays.complete(rows).tolist()
        active, peak = self.delays.active[rows].tolist(), self.peak[rows].tolist()
        self.changed[rows] = True
        columns = zip(orders, rows.tolist(), active, due, began, readings, peak, strict=True)
        for order, row, is_active, at, since, reading, worst in columns:
            known = None if math.isnan(worst) else worst
            context_began, context = self.context_began.pop(row, {}), self.context.ask(row, order)
            self.noted.append((order, Edge(row, is_active, at, since, reading, known, context_began, context)))

    def reading(self, row: int, moment: Moment) -> Reading:
        """What the alarm's tag shows at a moment of the engine's time; a good value that is stale is uncertain. Of a failed
        sensor it is what the device says all the same."""
        return self.readings(np.array([row]), np.array([moment], dtype=np.int64))[0]

    def readings(self, rows: Indices, moment: Moments) -> list[Reading]:
        slots, tags = self.layout.slot_of[rows], self.tags
        tags.catch_up(slots)
        value = tags.good_value[slots]
        faulty = self.delays.raw[rows] & (self.layout.comparison[rows] == _FAULTY)
        if faulty.any():
            value[faulty] = tags.fault_value[slots[faulty]]
        quality = tags.quality[slots]
        stale = moment >= tags.news_arrival[slots] + tags.stale_after[slots]
        quality[stale & (quality == Quality.GOOD)] = Quality.UNCERTAIN
        return [
            Reading(each if math.isfinite(each) else None, _QUALITY[of])
            for each, of in zip(value.tolist(), quality.tolist(), strict=True)
        ]

    def keep_facts(self) -> None:
        """Signals are about to hear something: rules whose on-delay may be over by then go by what was before."""
        rows = self._with_signal[self.delays.pending[self._with_signal] & self.delays.raw[self._with_signal]]
        self.facts_before = {row: self._facts_of(row) for row in rows.tolist()}

    def _with_facts(self, rows: Indices, readings: list[Reading]) -> list[Reading]:
        """Of conditions that begin to hold what their signals have found."""
        told = list(readings)
        for position in np.flatnonzero(self.delays.raw[rows] & np.isin(rows, self._with_signal)).tolist():
            row = int(rows[position])
            facts = self.facts_before.get(row)
            told[position] = readings[position]._replace(facts=self._facts_of(row) if facts is None else facts)
        return told

    def _facts_of(self, row: int) -> Mapping[str, float | str | None]:
        signal = self.layout.rules[row].signal
        facts = {} if signal is None else self.signals.facts(self.layout.signal_number[signal])
        finite = {name: None if isinstance(each, float) and not math.isfinite(each) else each for name, each in facts.items()}
        return dict(islice(finite.items(), FACTS_MAX))

    def reading_of(self, slot: int) -> Reading:
        """What a tag shows now, whatever rules make of it; quality is that of its newest sample."""
        self.tags.catch_up(np.array([slot]))
        value = float(self.tags.good_value[slot])
        return Reading(value if math.isfinite(value) else None, _QUALITY[int(self.tags.quality[slot])])

    def is_stale(self, row: int, moment: Moment) -> bool:
        slot = self.layout.slot_of[row]
        return moment >= int(self.tags.news_arrival[slot]) + int(self.tags.stale_after[slot])

    def can_learn(self, row: int) -> bool:
        """Whether the rule's signal has a normal that it learned, or learns."""
        return self._reads_signal(row) and self.signals.can_learn(self._signal_of(row))

    def learn_anew(self, row: int) -> None:
        """Only where `can_learn` says so."""
        self.signals.learn_anew(self._signal_of(row))
        self.changed[self.readers_of(self._signal_of(row))] = True

    def has_sums(self, row: int) -> bool:
        """Whether the rule's signal adds up what it finds."""
        return self._reads_signal(row) and self.signals.has_sums(self._signal_of(row))

    def reset_sums(self, row: int) -> None:
        """Only where `has_sums` says so."""
        self.signals.reset_sums(self._signal_of(row))
        self.changed[self.readers_of(self._signal_of(row))] = True

    def _reads_signal(self, row: int) -> bool:
        return self._signal_of(row) >= 0

    def _signal_of(self, row: int) -> int:
        """The number of the signal that the rule reads; below 0: it reads a tag."""
        return int(self.layout.slot_of[row]) - len(self.layout.tags)

    def readers_of(self, signal: int) -> Indices:
        """The rules that read a signal; each of their records has its memory."""
        return self.layout.readers.of(np.array([len(self.layout.tags) + signal]))[0]

    def peak_of(self, row: int) -> float | None:
        peak = float(self.peak[row])
        return None if math.isnan(peak) else peak

    def note(self, order: Order, happening: Happening) -> None:
        self.noted.append((order, happening))

    def take_noted(self) -> list[Noted]:
        """What happened since the last call, in order."""
        self.noted.sort(key=lambda noted: noted[0])
        noted, self.noted = self.noted, []
        return noted


_FAULTY = COMPARISONS.index(Comparison.FAULTY)
_QUALITY = tuple(each.name.lower() for each in sorted(Quality))


def seen_on_steady_clock(rows: Indices, index: Indices, arrival: Moments) -> Seen:
    """What rules on the steady clock see: arrivals only, and nothing that could pause their delays."""
    for_ever = np.full(len(rows), NEVER, dtype=np.int64)
    return Seen(
        rows=rows,
        index=index,
        source=arrival,
        arrival=arrival,
        bad=np.zeros(len(rows), dtype=np.bool_),
        fresh_before=for_ever,
        fresh_until=for_ever,
        fresh_steady=for_ever,
    )
