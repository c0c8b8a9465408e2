"""The annunciator: what edges of conditions, the clock and people make of alarms, in the order of time.

It is the third layer of an alarm: under it lie the predicate and the delays, in columns. It takes few things and takes them one
by one, because what an alarm is to people hangs on order: who pressed before the value returned, which of forty was first.

Not here: what an edge or a command does in each state (lifecycle.py, commands.py), and who is told (the response).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from edge.model.alarm import AlarmState
from edge.model.command import InboxRow
from edge.model.event import Event
from edge.model.moment import Moment
from rules import events
from rules.alarm import Alarm
from rules.board import Board
from rules.commands import answer
from rules.happening import Edge, Noted, ShelfEnd, Told
from rules.lifecycle import Action, Input, outcome
from rules.shelving import release


class Annunciator:
    """alarms: by row. moved: in which turn each was put in its place last, counted from 1 by `turn`; 0: never.
    past_occurrences: by id, the counts of rules that are gone."""

    def __init__(self, board: Board) -> None:
        size = len(board.layout.rules)
        self._board = board
        self._rules = board.layout.rules
        self.alarms = [Alarm()] * size
        self.turn = 0
        self.moved = np.zeros(size, dtype=np.int64)
        self.past_occurrences: dict[str, int] = {}

    def take(self, noted: Iterable[Noted]) -> Iterator[Event]:
        """What happened to conditions, in order; the events that follow."""
        for _order, happening in noted:
            match happening:
                case Edge():
                    yield from self._follow(happening)
                case ShelfEnd():
                    yield self._end_shelf(happening)
                case Told():
                    yield happening.event

    def obey(self, command: InboxRow, row: int, now: Moment) -> Event:
        """What a person wants of an alarm; the event that answers."""
        before = self.alarms[row]
        alarm, event = answer(command, before, self._rules[row], self._board.reading(row, now), now)
        if alarm is not before:
            self.put(row, alarm)
        return event

    def standing(self) -> list[int]:
        """The rows of the alarms that are not normal."""
        return [row for row, alarm in enumerate(self.alarms) if alarm.facts.state is not AlarmState.NORM]

    def put(self, row: int, alarm: Alarm) -> None:
        """Replace an alarm by what it became."""
        self.load(row, alarm)
        self._board.changed[row] = True

    def load(self, row: int, alarm: Alarm) -> None:
        """Put an alarm in its place that is durable already."""
        self.alarms[row] = alarm
        self.turn += 1
        self.moved[row] = self.turn
        self._board.expect_shelf_end(row, alarm.facts.shelved_until)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _follow(self, edge: Edge) -> Iterator[Event]:
        """A sample may be dated before a timer that its lateness let fire; its event is then dated like the timer's, so that an
        alarm never returns before it was raised."""
        rule, alarm = self._rules[edge.row], self.alarms[edge.row]
        match outcome(alarm.facts, Input.ACTIVATE if edge.active else Input.CLEAR):
            case Action.RAISE:
                time = edge.due if alarm.returned is None else max(edge.due, alarm.returned)
                raised = alarm.raise_(rule, edge.began, time)
                self.put(edge.row, raised)
                # Raised again although its latched occurrence was acknowledged already.
                realarm = alarm.facts.latched and alarm.facts.acked
                yield events.raised(rule, raised, edge, time, realarm=realarm)
            case Action.RETURN:
                time = edge.due if alarm.raised is None else max(edge.due, alarm.raised)
                returned = alarm.return_(rule, time)
                self.put(edge.row, returned)
                yield events.returned(rule, returned, edge, time)

    def _end_shelf(self, end: ShelfEnd) -> Event:
        rule = self._rules[end.row]
        self.put(end.row, release(self.alarms[end.row], rule))
        return events.expired(rule, self.alarms[end.row], end.reading, end.due)
