"""The annunciator: what edges of conditions, the clock and people make of alarms, in the order of time.

It is the third layer of an alarm: under it lie the predicate and the delays, in columns. It takes few things and takes them one
by one, because what an alarm is to people hangs on order: who pressed before the value returned, which of forty was first.

Theory of operation. What happens at one instant is taken together: first the raised conditions suppress what they explain, and
a line what does not matter in its new state; then each edge goes through the life cycle; then the returned ones release, and
the line what matters now. So of two limits that are passed at once, only the higher is told; of a pump that stops and its
pressure that falls, only the pump; and when a mill starts, nobody is told that it stood. Its own timers fire before the samples
of their instant, and after the delays of it.

Not here: what an edge or a command does in each state (lifecycle.py, commands.py), who came first (first_out_ranks.py), what
is taken up after a restart (restart.py), and who is told (the response).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Any, assert_never

import numpy as np

from edge.model.alarm import Priority
from edge.model.command import (
    Acknowledge,
    Comment,
    Confirm,
    InboxRow,
    LearnAnew,
    OnMyWay,
    PlantCommand,
    Rejection,
    ResetSums,
    Shelve,
)
from edge.model.event import Event
from edge.model.moment import NEVER, Moment
from edge.model.stage import Stage
from rules import events
from rules.alarm import Alarm
from rules.board import Board
from rules.chatter import calm, looked_after, moved
from rules.commands import answer, refuse
from rules.definition import Rule
from rules.first_out_ranks import Ranks, ranked
from rules.happening import Edge, Happening, LineTurned, Noted, Reading, ShelfEnd, Told, WordCame
from rules.left_open import left_open
from rules.lifecycle import Action, Input, outcome
from rules.order import TIMER, Order
from rules.plant_acts import Act, PlantActs
from rules.shelving import announces, unshelve
from rules.suppression import Suppression, Turned

#: What people do by which they show that they have seen an alarm.
_SEEN = (Acknowledge, OnMyWay, Comment, Confirm, Shelve)
#: The fields of an `Order` that say what happened together: moment, cause, place.
_ONE_INSTANT = 3


def never_forced(tag: str, moment: Moment) -> bool:
    return False


class _Timer(IntEnum):
    REALARM = 0
    QUIET = 1


class Annunciator:
    """alarms: by row. moved: in which turn each was put in its place last, counted from 1 by `turn`; 0: never.
    past_occurrences: by id, the counts of rules that are gone. forced_at: whether people had forced a tag at a moment. began:
    since when somebody listens, for re-alarms."""

    def __init__(self, board: Board, first_stage: Stage = Stage.LIVE) -> None:
        size = len(board.layout.rules)
        self._board = board
        self._rules = board.layout.rules
        self.alarms = [Alarm()] * size
        self.turn = 0
        self.moved = np.zeros(size, dtype=np.int64)
        self.past_occurrences: dict[str, int] = {}
        self.forced_at: Callable[[str, Moment], bool] = never_forced
        self.suppression = Suppression(board.layout, board.time)
        self.acts = PlantActs(board.layout, self.suppression, self._left_open, first_stage)
        self.began = board.time
        self.ranks = Ranks(board.layout, self.alarms, self.put)
        self._timers: list[tuple[Moment, int, int]] = []
        self._matters_now: list[Turned] = []

    # --- time -----------------------------------------------------------------------------------------------------

    @property
    def next_due(self) -> Moment:
        """When its own timers want it next; NEVER for never."""
        own = self._timers[0][0] if self._timers else NEVER
        return min(self.suppression.next_due, self.acts.next_due, own)

    def take(self, noted: Sequence[Noted], until: Moment) -> Iterator[Event]:
        """What happened to conditions, in order, and what falls due by `until`; the events that follow."""
        for order, happened in _instants(noted):
            moment = order.moment
            if self.next_due <= moment:
                yield from self._lapse(moment - 1 if order.cause == TIMER else moment)
            first = happened[0]
            if len(happened) == 1 and isinstance(first, Edge) and not self.suppression.explains(first.row):
                # Nearly all of a flood: what follows would come to the same.
                yield from self._follow(first, moment)
                continue
            edges = [each for each in happened if isinstance(each, Edge)]
            for edge in edges:
                if edge.active:
                    yield from self._alarm_turned(edge.row, active=True, now=moment)
            for happening in happened:
                yield from self._happens(happening, moment)
            for edge in edges:
                if not edge.active:
                    yield from self._alarm_turned(edge.row, active=False, now=moment)
            matters_now, self._matters_now = self._matters_now, []
            yield from self._cover_turned(matters_now, moment)
        yield from self._lapse(until)

    def _lapse(self, until: Moment) -> Iterator[Event]:
        """Own timers that are due by then: of one instant, covers first, then stages and windows."""
        while (due := self.next_due) <= until:
            if due == self.suppression.next_due:
                yield from self._cover_turned(self.suppression.lapse(due), due)
                continue
            if due == self.acts.next_due:
                yield from self._carry_out(self.acts.lapse(due), due)
                continue
            _, timer, row = heapq.heappop(self._timers)
            alarm = self.alarms[row]
            if timer == _Timer.REALARM and alarm.realarm_at == due:
                yield from self._realarm(row, due)
            elif timer == _Timer.QUIET and alarm.quiet_at == due:
                self.put(row, calm(alarm))
                yield events.settled(self._rules[row], alarm, due)

    # --- people ---------------------------------------------------------------------------------------------------

    def obey(self, command: InboxRow, row: int, now: Moment) -> Iterator[Event]:
        """What a person wants of an alarm; the event that answers is the first."""
        before, rule = self.alarms[row], self._rules[row]
        if isinstance(command.body, LearnAnew) and not self._board.can_learn(row):
            yield refuse(command, Rejection.NOTHING_TO_LEARN, now)
            return
        if isinstance(command.body, ResetSums) and not self._board.has_sums(row):
            yield refuse(command, Rejection.NO_SUMS, now)
            return
        alarm, event = answer(command, before, rule, self._standing_of(row, now), now)
        if event.kind == "rejected":
            yield event
            return
        if isinstance(command.body, LearnAnew):
            self._board.learn_anew(row)
        if isinstance(command.body, ResetSums):
            self._board.reset_sums(row)
        if isinstance(command.body, _SEEN):
            alarm = looked_after(alarm)
        if alarm is not before:
            self.put(row, self._timed(_bare(alarm), before, rule, now))
            self.ranks.clear(row)
        yield event

    def obey_for_plant(self, command: InboxRow, body: PlantCommand, now: Moment) -> Iterator[Event]:
        """What a person wants of many alarms at once; the event that answers is the first."""
        yield from self._carry_out(self.acts.obey(command, body, now), now)

    def _carry_out(self, acts: Iterable[Act], now: Moment) -> Iterator[Event]:
        for act in acts:
            yield act.event
            yield from self._cover_turned(act.turned, now)
            for row, added in act.opened.items():
                yield from self._tell_more(row, added, act.opened_by, now)

    def _left_open(self, rows: Sequence[int], now: Moment) -> Mapping[str, list[str]]:
        return left_open(rows, self._rules, self.alarms, lambda row: self._board.reading(row, now).quality == "good")

    def _tell_more(self, row: int, added: Sequence[str], ended: str, now: Moment) -> Iterator[Event]:
        """Only a few were told of it until now. added: who is beside them; empty: everybody. ended: because of what."""
        before, rule = self.alarms[row], self._rules[row]
        if announces(before, rule, hidden=bool(self.hidden_by(row))):
            standing = self.uncovered(row, before, now, _when_raised(before))
            if added:
                standing = replace(standing, apart={**standing.apart, "only": list(added)})
            yield events.released(rule, self.alarms[row], standing, ended, now)

    # --- conditions -----------------------------------------------------------------------------------------------

    def _happens(self, happening: Edge | ShelfEnd | LineTurned | WordCame | Told, moment: Moment) -> Iterator[Event]:
        match happening:
            case Edge():
                yield from self._follow(happening, moment)
            case ShelfEnd():
                yield from self._end_shelf(happening)
            case LineTurned():
                yield events.line_turned(happening.line, self.suppression.states[happening.line], happening.state, moment)
                turned = list(self.suppression.line_turned(happening.line, happening.state, moment))
                yield from self._cover_turned([each for each in turned if each.after], moment)
                self._matters_now += [each for each in turned if not each.after]
            case WordCame():
                yield from self.ranks.hear(happening.group, happening.value, happening.time)
            case Told():
                yield happening.event
            case _ as never:
                assert_never(never)

    def _follow(self, edge: Edge, moment: Moment) -> Iterable[Event]:
        """A sample may be dated before a timer that its lateness let fire; its event is then dated like the timer's, so that an
        alarm never returns before it was raised."""
        alarm = self.alarms[edge.row]
        match outcome(alarm.facts, Input.ACTIVATE if edge.active else Input.CLEAR):
            case Action.RAISE:
                time = edge.due if alarm.returned is None else max(edge.due, alarm.returned)
                return self._raise(edge, time, moment)
            case Action.RETURN:
                time = edge.due if alarm.raised is None else max(edge.due, alarm.raised)
                return self._return(edge, time, moment)
        return ()

    def _raise(self, edge: Edge, time: Moment, moment: Moment) -> list[Event]:
        row = edge.row
        rule, before = self._rules[row], self.alarms[row]
        # Raised again although its latched occurrence was acknowledged already.
        realarm = before.facts.latched and before.facts.acked
        alarm = before.raise_(rule, edge.began, time, edge.reading.value, edge.reading.quality)
        by_design = self.suppression.of(row)
        if (covered_by := next(iter(by_design), None)) != alarm.covered_by:
            alarm = alarm._replace(covered_by=covered_by)
        more: dict[str, Any] = self._told_apart(row, moment)
        place = self.ranks.place(row, edge.began)
        if place is not None:
            alarm = ranked(alarm, place, edge.began)
            more["first_out"] = place.data
        alarm, begins = moved(alarm, rule, moment, raised_at=time)
        if alarm.chattering and not begins:
            more["chattering"] = True
        self.put(row, self._timed(alarm, before, rule, moment))
        told = [events.raised(rule, alarm, edge, time, _hidden(alarm, by_design), realarm=realarm, more=more)]
        if place is not None:
            told += self.ranks.taken(row, place, time)
        if begins:
            told.append(events.chattering(rule, alarm, time))
        return told

    def _return(self, edge: Edge, time: Moment, moment: Moment) -> Iterator[Event]:
        row, rule, before = edge.row, self._rules[edge.row], self.alarms[edge.row]
        alarm, _ = moved(_bare(before.return_(rule, time)), rule, moment)
        self.put(row, self._timed(alarm, before, rule, moment))
        yield events.returned(rule, alarm, edge, time, self.hidden_by(row))
        if alarm.facts.one_shot:
            self.put(row, unshelve(alarm))
            yield events.unshelved(rule, self.alarms[row], self._standing_of(row, moment, edge.reading), "returned", time)
        self.ranks.clear(row)

    def _end_shelf(self, end: ShelfEnd) -> Iterator[Event]:
        """Unless it is over already: the return that a shelf of one shot waited for may be of the same step."""
        row, rule, before = end.row, self._rules[end.row], self.alarms[end.row]
        if before.facts.shelved_until == end.due:
            self.put(row, unshelve(before))
            standing = self.uncovered(row, before, end.due, end.reading)
            yield events.unshelved(rule, self.alarms[row], standing, "expired", end.due)

    def _realarm(self, row: int, due: Moment) -> Iterator[Event]:
        before, rule = self.alarms[row], self._rules[row]
        alarm = before._replace(realarms=before.realarms + 1, realarm_at=None)
        if outcome(alarm.facts, Input.REALARM) is Action.REMIND:
            self.put(row, self._timed(alarm, before, rule, due))
            yield events.realarmed(rule, alarm, due)
            return
        # Acknowledged: the timer runs only while the alarm is active.
        again = alarm.raise_(rule, alarm.began or due, due, alarm.value, alarm.quality)
        again = again._replace(realarms=alarm.realarms)
        self.put(row, self._timed(again, before, rule, due))
        yield events.raised_again(rule, again, due, self.hidden_by(row), self._told_apart(row, due))

    def become_severer(self, row: int, before: Priority, now: Moment) -> Iterator[Event]:
        """Its rule has become more urgent; before: what it was."""
        alarm, rule = self.alarms[row], self._rules[row]
        if outcome(alarm.facts, Input.SEVERER) is Action.ANNOUNCE:
            self.put(row, alarm.announce(rule))
            hidden = self.hidden_by(row)
            standing = events.Standing(_when_raised(alarm), hidden, not hidden, self._told_apart(row, now))
            yield events.severer(rule, self.alarms[row], before, standing, now)

    # --- covers ---------------------------------------------------------------------------------------------------

    def hidden_by(self, row: int) -> tuple[str, ...]:
        """What hides an alarm from people; empty: nothing."""
        return _hidden(self.alarms[row], self.suppression.of(row))

    def uncovered(self, row: int, before: Alarm, now: Moment, reading: Reading) -> events.Standing:
        """A cover of an alarm is off: if it was the last, the alarm may be announced again."""
        alarm, rule, hidden = self.alarms[row], self._rules[row], self.hidden_by(row)
        announce = announces(alarm, rule, hidden=bool(hidden))
        after = alarm.announce(rule) if announce else alarm
        self.put(row, self._timed(after._replace(realarm_at=None), before, rule, now))
        return events.Standing(reading, hidden, announce, self._told_apart(row, now))

    def _alarm_turned(self, row: int, *, active: bool, now: Moment) -> Iterator[Event]:
        return self._cover_turned(self.suppression.alarm_turned(row, active=active, now=now), now)

    def _cover_turned(self, turned: Iterable[Turned], now: Moment) -> Iterator[Event]:
        for each in turned:
            self._touch(each.row)
            alarm = self.alarms[each.row]
            if alarm.stands and bool(alarm.covered_by) != bool(self._covered_by(each.row)):
                yield self.covers_turned(each.row, now, each.ended)

    def covers_turned(self, row: int, now: Moment, ended: str | None) -> Event:
        """An alarm that stands is hidden by design, or is not any more; ended: by what, then."""
        before, rule = self.alarms[row], self._rules[row]
        if covered_by := self._covered_by(row):
            self.put(row, before._replace(realarm_at=None, covered_by=covered_by))
            return events.suppressed(rule, before, self.hidden_by(row), now)
        self.put(row, before._replace(covered_by=None))
        standing = self.uncovered(row, before, now, _when_raised(before))
        return events.released(rule, self.alarms[row], standing, str(ended), now)

    def _covered_by(self, row: int) -> str | None:
        return next(iter(self.suppression.of(row)), None)

    # --- places ---------------------------------------------------------------------------------------------------

    def standing(self) -> list[int]:
        """The rows of the alarms that are of interest, or that a person hides."""
        rows = []
        for row, alarm in enumerate(self.alarms):
            facts = alarm.facts
            if facts.retained or facts.shelved_until is not None or facts.out_of_service or alarm.chattering:
                rows.append(row)
        return rows

    def put(self, row: int, alarm: Alarm) -> None:
        """Replace an alarm by what it became."""
        self.load(row, alarm)
        self._board.changed[row] = True

    def load(self, row: int, alarm: Alarm) -> None:
        """Put an alarm in its place that is durable already."""
        before = self.alarms[row]
        self.alarms[row] = alarm
        self._touch(row)
        if alarm.facts.shelved_until != before.facts.shelved_until:
            self._board.expect_shelf_end(row, alarm.facts.shelved_until)
        if alarm.realarm_at is not None and alarm.realarm_at != before.realarm_at:
            heapq.heappush(self._timers, (alarm.realarm_at, int(_Timer.REALARM), row))
        if alarm.quiet_at is not None and alarm.quiet_at != before.quiet_at:
            heapq.heappush(self._timers, (alarm.quiet_at, int(_Timer.QUIET), row))

    def _touch(self, row: int) -> None:
        self.turn += 1
        self.moved[row] = self.turn

    # --- inside ---------------------------------------------------------------------------------------------------

    def _standing_of(self, row: int, now: Moment, reading: Reading | None = None) -> events.Standing:
        reading = reading or self._board.reading(row, now)
        return events.Standing(reading, self.hidden_by(row), apart=self._told_apart(row, now))

    def _told_apart(self, row: int, now: Moment) -> dict[str, Any]:
        """What an announcement says beside what it is about: of its stage, and which of its tags people have forced."""
        said = dict(self.acts.told_apart(row))
        if forced := [name for name in self._rules[row].reads if self.forced_at(name, now)]:
            said["forced"] = forced
        return said

    def _timed(self, alarm: Alarm, before: Alarm, rule: Rule, now: Moment) -> Alarm:
        """With the re-alarm timer that its new state wants: it begins with each raise and each acknowledgement."""
        facts = alarm.facts
        hidden = alarm.covered_by is not None or facts.out_of_service or facts.shelved_until is not None
        wanted = facts.active and not hidden and alarm.realarms < rule.realarm_max
        if not wanted or rule.realarm_after is None:
            return alarm if alarm.realarm_at is None else alarm._replace(realarm_at=None)
        restarts = alarm.realarm_at is None or (facts.acked, facts.occurrence) != (before.facts.acked, before.facts.occurrence)
        return alarm._replace(realarm_at=max(now, self.began) + rule.realarm_after) if restarts else alarm


def _instants(noted: Sequence[Noted]) -> Iterator[tuple[Order, list[Happening]]]:
    """What happened, by what happened together: of one moment, one cause and one sample."""
    first = 0
    while first < len(noted):
        order = noted[first][0]
        end = first + 1
        while end < len(noted) and noted[end][0][:_ONE_INSTANT] == order[:_ONE_INSTANT]:
            end += 1
        yield order, [happening for _, happening in noted[first:end]]
        first = end


def _hidden(alarm: Alarm, by_design: tuple[str, ...]) -> tuple[str, ...]:
    facts = alarm.facts
    if facts.shelved_until is None and not facts.out_of_service:
        return by_design
    own = ("out_of_service",) * facts.out_of_service + ("shelved",) * (facts.shelved_until is not None)
    return (*own, *by_design)


def _bare(alarm: Alarm) -> Alarm:
    """What is over is hidden from nobody any more, though it may wait for its acknowledgement long after."""
    return alarm if alarm.covered_by is None or alarm.stands else alarm._replace(covered_by=None)


def _when_raised(alarm: Alarm) -> Reading:
    return Reading(alarm.value, alarm.quality)
