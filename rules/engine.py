"""The alarm engine: samples and commands in, events and changed state out.

Pure: reads no clock, opens nothing, logs nothing, and never raises for a bad sample. One call of `step` is defined as
taking what it is given one by one on the engine's own time, which never runs backwards:

- time goes on to the `received_time` of each sample, in arrival order, to the `received_at` of each command, and at
  last to `now`;
- timers due by then fire first, in order of (due, row); a sample goes before a command of the same instant;
- what arrives dated before the engine's time happens at the engine's time, a command dated after `now` at `now`.

So the same samples give the same events however they are cut into steps. How that is done in columns: `evaluation.py`,
`wave.py`, `context.py`.

Not here: who is told (the response), and any promise about the disk: `Step.changed` is what must be made durable
together with `Step.events`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.model.command import InboxRow, PlantCommand, Rejection
from edge.model.event import Event
from edge.model.moment import NEVER, Moment, Span
from edge.model.sample import Batch
from edge.model.stage import Stage
from rules.annunciator import Annunciator
from rules.board import Board
from rules.calm import CalmScans
from rules.columns import Bools, Moments
from rules.commands import alarm_named, refuse
from rules.evaluation import let_speak, take_wave
from rules.layout import Layout
from rules.maintenance import Window
from rules.quiet import leave_out_quiet
from rules.restart import is_altered, write_down
from rules.stages import Set
from rules.state import COVERS, encode_rows
from rules.succession import Owed, move, restore
from rules.view import AlarmView, view_row
from rules.wave import cut_waves, find_runs

NOTHING_ENTERED: Mapping[str, Moment] = {}


@dataclass(frozen=True, slots=True)
class Step:
    """events: in order. changed: durable state by rule id, plain JSON (None: forget it). consumed: sequences of the
    commands answered. next_due: when to step again even if nothing comes, steady UTC; None: never."""

    events: tuple[Event, ...]
    changed: Mapping[str, Mapping[str, Any] | None]
    consumed: tuple[int, ...]
    next_due: Moment | None


class Engine:
    """All alarms of one agent. Call `restore` before the first step, if there is anything to restore."""

    def __init__(self, layout: Layout, start: Moment, first_stage: Stage = Stage.LIVE) -> None:
        """start: silence counts from here, so that no tag is stale just because we have only begun to listen. first_stage: of
        alarms for which nobody has set one."""
        self._first_stage = first_stage
        self._board = Board(layout, start)
        self._annunciator = Annunciator(self._board, first_stage)
        self._owed = Owed()
        self._late_before = 0
        self._wanted = _slots_wanted(self._board)
        self._calm_scans = CalmScans(layout)

    @property
    def layout(self) -> Layout:
        return self._board.layout

    def watch_forced(self, forced_at: Callable[[str, Moment], bool]) -> None:
        """Raises say which of their tags people have forced, by who knows that."""
        self._annunciator.forced_at = forced_at

    @property
    def late_total(self) -> int:
        """Samples that came too late to say anything of the present, since this engine began, of tags that are read here."""
        return self._late_before + self._board.tags.late_total

    def restore(
        self,
        records: Mapping[str, Mapping[str, Any]],
        *,
        now: Moment,
        outage: Span,
        entered: Mapping[str, Moment] = NOTHING_ENTERED,
    ) -> None:
        """Take up the state that `Step.changed` made durable. outage: how long nobody listened, 0 when the samples of
        that time are still to come; running delays end that much later. Alarms whose rule is gone or has another
        meaning are retired; that is told by the next step. entered: of tags without a wire, when the newest value was
        measured."""
        owed = restore(self._board, self._annunciator, records, now=now, outage=outage, entered=entered)
        self._owed.add(owed)

    def move_to(self, layout: Layout, now: Moment) -> None:
        """Go over to a new layout. Alarms, delays and tags keep their state where the rule's meaning is equal; new and
        changed rules are evaluated on what is known. What happened by it is told by the next step, which should follow
        at once."""
        last = self.step(now, Batch.empty(), ())
        self._late_before = self.late_total
        forced_at = self._annunciator.forced_at
        self._board, self._annunciator, owed = move(self._board, self._annunciator, layout, self._first_stage)
        self._annunciator.forced_at = forced_at
        self._owed = Owed(list(last.events), dict(last.changed))
        self._wanted = _slots_wanted(self._board)
        self._calm_scans = CalmScans(layout)
        self._owed.add(owed)

    def step(self, now: Moment, batch: Batch, commands: Sequence[InboxRow]) -> Step:
        """Take samples and commands, and let time go on to `now`."""
        board = self._board
        owed, self._owed = self._owed, Owed()
        happened = owed.events
        arrival = np.maximum.accumulate(np.maximum(batch.received_time, board.time))
        done = 0
        for row in commands:
            moment = max(board.time, min(row.received_at, now))
            upto = int(np.searchsorted(arrival, moment, side="right"))
            happened += self._advance(batch.cut(done, upto), arrival[done:upto], moment)
            happened += self._answer(row, moment)
            done = upto
        happened += self._advance(batch.cut(done, len(batch)) if done else batch, arrival[done:], now)
        changed = owed.records
        rows = board.changed.nonzero()[0]
        if len(rows):
            changed.update(encode_rows(board, self._annunciator.alarms, rows))
            board.changed[rows] = False
        if is_altered(self._annunciator):
            changed[COVERS] = write_down(self._annunciator)
        next_due = min(board.next_due(), self._annunciator.next_due)
        consumed = tuple(row.sequence for row in commands)
        return Step(tuple(happened), changed, consumed, None if next_due == NEVER else next_due)

    def views(self) -> list[AlarmView]:
        """All alarms, in the order of their rules, as of the last step."""
        return [self._view(row) for row in range(len(self.layout.rules))]

    def standing(self) -> list[AlarmView]:
        """The alarms that are not normal; costs what they are, not what the plant is."""
        return [self._view(row) for row in self._annunciator.standing()]

    def moved_since(self, turn: int, limit: int) -> tuple[list[AlarmView], int]:
        """The alarms whose facts changed after a turn, eldest change first, at most `limit` (one change a turn); and the turn
        of the last, from which to go on. Turns count from 1 in each layout; 0 asks for all that were ever anything."""
        moved = self._annunciator.moved
        rows = np.flatnonzero(moved > turn)
        rows = rows[np.argsort(moved[rows])][:limit]
        return [self._view(int(row)) for row in rows], int(moved[rows[-1]]) if len(rows) else turn

    def view(self, rule_id: str) -> AlarmView:
        """Raises KeyError for an id that no rule has."""
        return self._view(self.layout.rows[rule_id])

    def peak(self, rule_id: str) -> float | None:
        """The most severe value since its condition began; None of an alarm that is not active, or that nobody knows."""
        row = self.layout.rows.get(rule_id)
        return None if row is None or not self._board.delays.active[row] else self._board.peak_of(row)

    @property
    def counts_down(self) -> bool:
        """Whether an on-delay or off-delay runs, which an outage is not to count for."""
        return self._board.delays.any_runs

    def stages(self) -> Mapping[str, Set]:
        """By scope: of the plant, and of what has a stage of its own."""
        return self._annunciator.acts.stages.all()

    def windows(self) -> Sequence[Window]:
        """Maintenance that is planned or under way, by the time it begins."""
        return sorted(self._annunciator.acts.maintenance.windows.values(), key=lambda each: (each.begin, each.name))

    def left_open(self, window: Window, now: Moment) -> Mapping[str, list[str]]:
        """What is active (`open`), shelved or silent of the devices of a window under way: names of alarms and devices."""
        return self._annunciator.acts.left_open(window, now)

    def records(self) -> dict[str, Mapping[str, Any]]:
        """The durable state of every rule as it is now: all that `changed` has given out, and fresher."""
        rows = np.arange(len(self.layout.rules))
        return {**encode_rows(self._board, self._annunciator.alarms, rows), COVERS: write_down(self._annunciator)}

    def remember(self, first: int, limit: int) -> tuple[Mapping[str, Mapping[str, Any]], int | None]:
        """What is to be made durable so that signals over time go on after a crash, although nothing changed about their
        alarms: of the signals from `first` on that have heard something since, at most `limit`; by rule id, as `Step.changed`.
        And the signal to go on with; None when all were asked. Changes nothing else."""
        board = self._board
        due = np.flatnonzero(board.signals.fresher[first:])[:limit] + first
        board.signals.fresher[due] = False
        read = [rows[0] for rows in map(board.readers_of, due.tolist()) if len(rows)]
        records = encode_rows(board, self._annunciator.alarms, np.array(read, dtype=np.intp))
        return records, int(due[-1]) + 1 if len(due) == limit else None

    def _advance(self, batch: Batch, arrival: Moments, until: Moment) -> list[Event]:
        """Take samples, then let time go on to `until`."""
        board = self._board
        board.context.listen(batch, arrival, board.tags)
        if len(arrival):
            self._take(batch, arrival)
            until = max(until, int(arrival[-1]))
        until = max(until, board.time)
        if board.layout.signals:
            for signal in np.flatnonzero(board.signals.wake <= until):
                let_speak(board, int(signal), until)
        for row in board.due_by(until):
            board.fire(int(row), until)
        board.time = until
        board.context.answer()
        return list(self._annunciator.take(board.take_noted(), until))

    def _take(self, batch: Batch, arrival: Moments) -> None:
        """Take samples: those that change nothing at once, the others in waves."""
        board = self._board
        left = self._calm_scans.take(board, batch, arrival, self._wanted)
        if left is None:
            left = np.flatnonzero(self._wanted[batch.slot])
        if len(left) == 0:
            return
        cluster = board.layout.cluster
        runs = find_runs(batch.slot if cluster is None else cluster[batch.slot], left)
        if runs.longest > 1:
            runs = leave_out_quiet(board, batch, arrival, runs)
        for wave in cut_waves(batch, arrival, runs):
            take_wave(board, wave)

    def _answer(self, command: InboxRow, now: Moment) -> list[Event]:
        if isinstance(command.body, PlantCommand):
            return list(self._annunciator.obey_for_plant(command, command.body, now))
        row = self.layout.rows.get(alarm_named(command))
        if row is None:
            return [refuse(command, Rejection.UNKNOWN_ALARM, now)]
        return list(self._annunciator.obey(command, row, now))

    def _view(self, row: int) -> AlarmView:
        return view_row(self._board, self._annunciator, row)


def _slots_wanted(board: Board) -> Bools:
    """Tags that a rule or a signal reads, or a rule has as context."""
    wanted = board.context.watched | board.signals.fed
    slots = board.layout.slot_of
    wanted[slots[slots < len(wanted)]] = True
    return wanted
