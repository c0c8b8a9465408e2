"""What becomes of alarms when the engine begins anew: after a restart, and with a new layout.

State goes to the rule of the same id, kind and tag. An alarm whose rule is gone, or means something else now, is
*retired*: if it was not normal that is an event, so that nobody waits for its return; its count of occurrences is kept
for ever.

After a restart:

- Silence counts from the restart (start-up grace), else every tag would be stale at once. Running delays may run on
  that long without a sample; paused ones wait for one. What people enter is due when it was: nobody enters it again
  because we were away.
- Context tags are unknown until they speak again; what they showed when a condition began is kept.
- An outage does not count as time that a condition held: running delays end that much later.
- A shelf ends at the moment it would have ended.

With a new layout:

- A pending delay keeps its due, an active alarm stays active; new lengths count from the next edge.
- An active alarm whose rule has become more urgent is told and to be acknowledged again (`severer`), after a restart, too.
- New rules, and rules whose limits changed, are evaluated at once on the newest good value, if it is fresh: a condition
  that is already true must not wait for the next sample. So are new rules on sensor faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edge.model.alarm import AlarmFacts, AlarmState
from edge.model.event import Event
from edge.model.moment import NEVER, Moment, Span
from edge.model.sample import Batch, Quality
from edge.model.stage import Stage
from rules.alarm import Alarm
from rules.annunciator import Annunciator
from rules.board import Board, seen_on_steady_clock
from rules.columns import Indices
from rules.definition import Comparison, Rule
from rules.delay import Seen
from rules.evaluation import compare, watch_sensors
from rules.events import retired
from rules.layout import Layout
from rules.restart import take_up, write_down
from rules.shelving import bound_shelf
from rules.state import (
    COVERS,
    alarm_of,
    decode_row,
    decode_signal,
    decode_tag,
    encode_past,
    encode_rows,
    heard_until,
    means_the_same,
    occurrence_of,
    priority_of,
)
from rules.tag_state import NOT_YET


@dataclass(slots=True)
class Owed:
    """What the next step has to say and to make durable."""

    events: list[Event] = field(default_factory=list)
    records: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)

    def add(self, more: Owed) -> None:
        self.events += more.events
        self.records.update(more.records)


def restore(
    board: Board,
    annunciator: Annunciator,
    records: Mapping[str, Mapping[str, Any]],
    *,
    now: Moment,
    outage: Span,
    entered: Mapping[str, Moment],
) -> Owed:
    """Put records into an engine at rest."""
    board.time = max(board.time, now)
    covers = records.get(COVERS, {})
    records = {rule_id: record for rule_id, record in records.items() if rule_id != COVERS}
    owed = _inherit(board, annunciator, records, now)
    tags = board.tags
    tags.catch_up(np.arange(board.layout.slot_count))
    # Several rules may read one signal: of their records the newest is worth most, and that stands last.
    for rule_id, record in sorted(records.items(), key=lambda each: (heard_until(each[1]), each[0])):
        row = board.layout.rows.get(rule_id)
        if row is not None and means_the_same(record, board.layout.rules[row]):
            decode_tag(board, row, record)
            decode_signal(board, row, record, heard_all=outage == 0)
    if outage > 0:
        board.changed |= board.delays.shift(outage)
    had_news = tags.news_source != NOT_YET
    tags.news_source[had_news] = now - tags.lag[had_news]
    tags.news_arrival[:] = now
    for name, measured_at in entered.items():
        slot = board.layout.slots[name]
        tags.news_source[slot], tags.news_arrival[slot] = measured_at, min(measured_at, now)
    tags.fault_arrival[:] = now
    owed.events += take_up(annunciator, board, covers, now, outage)
    _set_timers(board)
    return owed


def move(old: Board, before: Annunciator, layout: Layout, first_stage: Stage) -> tuple[Board, Annunciator, Owed]:
    """An engine for the new layout with what stays of the old one, at the same time."""
    board = Board(layout, old.time)
    annunciator = Annunciator(board, first_stage)
    annunciator.past_occurrences = dict(before.past_occurrences)
    for name, slot in layout.slots.items():
        if name in old.layout.slots:
            board.tags.copy(slot, old.tags, old.layout.slots[name])
    board.context.inherit(old.context, layout, old.layout)
    for signal, number in layout.signal_number.items():
        if signal in old.layout.signal_number:
            was = old.layout.signal_number[signal]
            board.tags.copy(len(layout.tags) + number, old.tags, len(old.layout.tags) + was)
            board.signals.recall(number, old.signals.record(was), heard_all=True)
    records = encode_rows(old, before.alarms, np.arange(len(old.layout.rules)))
    owed = _inherit(board, annunciator, records, board.time)
    owed.events += take_up(annunciator, board, write_down(before), board.time, 0)
    _set_timers(board)
    board.context.listen(Batch.empty(), np.empty(0, dtype=np.int64), board.tags)
    _evaluate_changed(board, old.layout)
    board.context.answer()
    owed.events += annunciator.take(board.take_noted(), board.time)
    return board, annunciator, owed


def _inherit(board: Board, annunciator: Annunciator, records: Mapping[str, Mapping[str, Any]], now: Moment) -> Owed:
    owed = Owed()
    rows, rules = board.layout.rows, board.layout.rules
    for rule_id, record in sorted(records.items()):
        row = rows.get(rule_id)
        if row is not None and means_the_same(record, rules[row]):
            alarm = decode_row(board, row, record)
            annunciator.load(row, alarm)
            bounded = bound_shelf(alarm, rules[row], now)
            if bounded is not alarm:
                annunciator.put(row, bounded)
            before = priority_of(record)
            if before is not None and rules[row].priority.rank < before.rank:
                owed.events += annunciator.become_severer(row, before, now)
        else:
            _retire(annunciator, owed, rule_id, record, now, changed=row is not None)
    for rule_id in annunciator.past_occurrences.keys() & rows.keys():
        occurrence = annunciator.past_occurrences.pop(rule_id)
        annunciator.put(rows[rule_id], Alarm(AlarmFacts(occurrence=occurrence)))
    return owed


def _retire(
    annunciator: Annunciator, owed: Owed, rule_id: str, record: Mapping[str, Any], now: Moment, *, changed: bool
) -> None:
    alarm = alarm_of(record)
    if alarm is not None and alarm.facts.process_state is not AlarmState.NORM:
        cause = "rule_changed" if changed else "rule_removed"
        owed.events.append(retired(rule_id, alarm, cause, now))
    annunciator.past_occurrences[rule_id] = occurrence_of(record)
    if alarm is not None:
        owed.records[rule_id] = encode_past(occurrence_of(record))


def _set_timers(board: Board) -> None:
    layout, delays, tags = board.layout, board.delays, board.tags
    board.signals.trust(np.arange(len(layout.signals)), tags)
    fresh_until = np.where(layout.on_steady_clock, NEVER, tags.fresh_until(layout.slot_of))
    fresh_steady = np.where(layout.on_steady_clock, NEVER, tags.fresh_until_steady(layout.slot_of))
    delays.set_wake(np.arange(len(layout.rules)), fresh_until, fresh_steady)
    board.silent_from[board.stale_rows] = NEVER
    waiting = board.stale_rows[~delays.raw[board.stale_rows]]
    slots = layout.slot_of[waiting]
    answered = np.where(layout.faults_told[slots], tags.fault_arrival[slots], NOT_YET)
    board.expect_news(waiting, np.maximum(tags.news_arrival[slots], answered))


def _evaluate_changed(board: Board, before: Layout) -> None:
    anew = np.array([row for row, rule in enumerate(board.layout.rules) if _asks_anew(rule, before)], dtype=np.intp)
    _compare_anew(board, anew[~board.layout.on_steady_clock[anew]])
    rows = np.intersect1d(anew, board.layout.members[Comparison.FAULTY])
    now = np.full(len(rows), board.time, dtype=np.int64)
    watch_sensors(board, seen_on_steady_clock(rows, np.zeros(len(rows), dtype=np.intp), now))


def _compare_anew(board: Board, rows: Indices) -> None:
    layout, tags, now = board.layout, board.tags, board.time
    slots = layout.slot_of[rows]
    tags.catch_up(slots)
    fresh_until, fresh_steady = tags.fresh_until(slots), tags.fresh_until_steady(slots)
    usable = (tags.quality[slots] == Quality.GOOD) & (fresh_steady > now)
    rows, slots, fresh_until, fresh_steady = rows[usable], slots[usable], fresh_until[usable], fresh_steady[usable]
    seen = Seen(
        rows=rows,
        index=np.zeros(len(rows), dtype=np.intp),
        source=np.maximum(now - tags.lag[slots], tags.source[slots]),
        arrival=np.full(len(rows), now, dtype=np.int64),
        bad=np.zeros(len(rows), dtype=np.bool_),
        fresh_before=fresh_until,
        fresh_until=fresh_until,
        fresh_steady=fresh_steady,
    )
    compare(board, seen, tags.good_value[slots])


def _asks_anew(rule: Rule, before: Layout) -> bool:
    row = before.rows.get(rule.id)
    if row is None:
        return True
    old = before.rules[row]
    return (old.kind, old.tag, old.limit, old.deadband) != (rule.kind, rule.tag, rule.limit, rule.deadband)
