"""First-out: which alarm of a group came first (ISA-18.1, sequences "F"; OPC UA Part 9, FirstInGroup).

The first alarm that is raised while its group is clear has rank 1, the others the ranks behind it, until the group is clear
again: all of its alarms are normal. It keeps its rank although it returns meanwhile. First is whose condition began first in
source time, not who arrived first, nor who was raised first: an on-delay says how long to wait and see, not when it happened.
So what is raised late but began earlier takes the rank over.

A tag that is read every second knows its times to a second only. Whose condition began within the scan of either of the first
one is not to be told apart from it: a tie.

Where a PLC says in a word of its own who came first (first_out_word.py), that one is first whatever the times say, as soon as
it is in alarm; the word may come before it or after it, and nothing but the word takes the rank from it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from edge.model.alarm import AlarmState
from edge.model.moment import SECOND, Moment, Span
from rules.alarm import Alarm
from rules.definition import Rule
from rules.first_out_word import Undecided, Word
from rules.layout import Layout


class By(StrEnum):
    """How it is known who came first."""

    SOURCE_TIME = "source_time"
    PLC_WORD = "plc_word"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a raise stands in its group. tie: cannot be told apart from the first. within: how uncertain that is. passed: the
    rows that move one rank back because this one takes the first; the one that was first before is the first of them. by: how
    it is known who is first; None in a group without a word. why: where there is one, and it does not say so."""

    group: str
    rank: int
    tie: bool
    within: Span
    passed: tuple[int, ...] = ()
    by: By | None = None
    why: Undecided | None = None

    @property
    def data(self) -> dict[str, object]:
        data: dict[str, object] = {"group": self.group, "rank": self.rank, "tie": self.tie, "within": self.within / SECOND}
        if self.by is not None:
            data["by"] = str(self.by)
        if self.why is not None:
            data["why"] = str(self.why)
        return data

    @property
    def is_named(self) -> bool:
        return self.rank == 1 and self.by is By.PLC_WORD


class FirstOut:
    """Keeps no state of alarms: an alarm carries its rank, and when its condition began then. altered: whether what `record`
    gives has changed since that was set to False."""

    def __init__(self, layout: Layout) -> None:
        self._rules: Sequence[Rule] = layout.rules
        self._members: dict[str, list[int]] = defaultdict(list)
        for row, rule in enumerate(layout.rules):
            if rule.first_out is not None:
                self._members[rule.first_out].append(row)
        self._words = {
            word.group: Word(word, {number: layout.rows[member] for number, member in word.members.items()})
            for word in layout.words
        }
        self.altered = False

    def place(self, row: int, time: Moment, alarms: Sequence[Alarm]) -> Place | None:
        """The place of an alarm that is about to be raised; None for one without a group. time: when its condition began."""
        group = self._rules[row].first_out
        if group is None:
            return None
        ranked = self._ranked(group, alarms)
        word = self._words.get(group)
        if word is None:
            return self._by_time(group, row, time, ranked, alarms)
        named = word.names(min([time, *(alarms[each].first_out_at or time for each in ranked)]))
        scan = self._rules[row].scan
        if named == row:
            return Place(group, 1, tie=False, within=scan, passed=_before(row, ranked), by=By.PLC_WORD)
        if ranked and (alarms[ranked[0]].first_out_named or named in ranked):
            rank = alarms[row].first_out or 1 + alarms[ranked[-1]].first_out
            return Place(group, rank, tie=False, within=scan, by=By.PLC_WORD)
        why = named if isinstance(named, Undecided) else Undecided.NOT_RAISED
        place = self._by_time(group, row, time, ranked, alarms)
        return replace(place, by=By.SOURCE_TIME, why=why)

    def hear(self, group: str, value: float | None, time: Moment) -> None:
        """What a group's word says from now on."""
        self._words[group].hear(value, time)
        self.altered = True

    def overruled(self, group: str, alarms: Sequence[Alarm]) -> tuple[int, tuple[int, ...]] | None:
        """The row that the group's word names first although it is not marked so, and the rows that it passes by that, in order
        of rank; None while it changes nothing."""
        ranked = self._ranked(group, alarms)
        word = self._words.get(group)
        if not ranked or word is None:
            return None
        named = word.names(min(alarms[each].first_out_at or 0 for each in ranked))
        if named not in ranked or alarms[int(named)].first_out_named:
            return None
        return int(named), _before(int(named), ranked)

    def cleared(self, row: int, alarms: Sequence[Alarm]) -> list[int]:
        """The rows whose ranks are over, because with this alarm the last of their group became normal."""
        group = self._rules[row].first_out
        if group is None or any(alarms[each].facts.process_state is not AlarmState.NORM for each in self._members[group]):
            return []
        return [each for each in self._members[group] if alarms[each].first_out]

    def record(self) -> dict[str, Any]:
        """What the words said, as plain JSON."""
        return {group: word.record() for group, word in self._words.items()}

    def restore(self, record: Mapping[str, Mapping[str, Any]]) -> None:
        for group, word in self._words.items():
            if group in record:
                word.restore(record[group])

    def _ranked(self, group: str, alarms: Sequence[Alarm]) -> list[int]:
        """The members that have a rank, by it."""
        return sorted(
            (each for each in self._members[group] if alarms[each].first_out), key=lambda each: alarms[each].first_out
        )

    def _by_time(self, group: str, row: int, time: Moment, ranked: Sequence[int], alarms: Sequence[Alarm]) -> Place:
        if not ranked or alarms[ranked[0]].first_out > 1:
            return Place(group, 1, tie=False, within=self._rules[row].scan)
        first = ranked[0]
        first_at = alarms[first].first_out_at or time
        within = max(self._rules[row].scan, self._rules[first].scan)
        tie = abs(time - first_at) <= within and first != row
        if time < first_at:
            return Place(group, 1, tie, within, passed=_before(row, ranked))
        if alarms[row].first_out:
            return Place(group, alarms[row].first_out, tie and alarms[row].first_out > 1, within)
        return Place(group, 1 + alarms[ranked[-1]].first_out, tie, within)


def _before(row: int, ranked: Sequence[int]) -> tuple[int, ...]:
    """Whom a row passes that takes the first rank: all that are before it; all of them if it has no rank yet."""
    return tuple(ranked[: ranked.index(row)] if row in ranked else ranked)
