"""First-out: which alarm of a group came first (ISA-18.1, sequences "F"; OPC UA Part 9, FirstInGroup).

The first alarm that is raised while its group is clear has rank 1, the others the ranks behind it, until the group is clear
again: all of its alarms are normal. It keeps its rank although it returns meanwhile. First is who was first in source time, not
who arrived first: a late sample that proves an earlier time takes the rank over.

A tag that is read every second knows its times to a second only. Who was raised within the scan of either of the first one is
not to be told apart from it: a tie.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from edge.model.alarm import AlarmState
from edge.model.moment import SECOND, Moment, Span
from rules.alarm import Alarm
from rules.definition import Rule


@dataclass(frozen=True, slots=True)
class Place:
    """Where a raise stands in its group. tie: cannot be told apart from the first. within: how uncertain that is. passed: the
    rows that move one rank back because this one takes the first; the one that was first before is the first of them."""

    group: str
    rank: int
    tie: bool
    within: Span
    passed: tuple[int, ...] = ()

    @property
    def data(self) -> dict[str, object]:
        return {"group": self.group, "rank": self.rank, "tie": self.tie, "within": self.within / SECOND}


class FirstOut:
    """Keeps no state of its own: an alarm carries its rank, and when it was raised with it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._members: dict[str, list[int]] = defaultdict(list)
        for row, rule in enumerate(rules):
            if rule.first_out is not None:
                self._members[rule.first_out].append(row)

    def place(self, row: int, time: Moment, alarms: Sequence[Alarm]) -> Place | None:
        """The place of an alarm that is about to be raised; None for one without a group."""
        group = self._rules[row].first_out
        if group is None:
            return None
        ranked = [each for each in self._members[group] if alarms[each].first_out]
        first = next((each for each in ranked if alarms[each].first_out == 1), None)
        if first is None:
            return Place(group, 1, tie=False, within=self._rules[row].scan)
        first_at = alarms[first].first_out_at or time
        within = max(self._rules[row].scan, self._rules[first].scan)
        tie = abs(time - first_at) <= within and first != row
        if time < first_at:
            others = [each for each in ranked if each != row]
            return Place(group, 1, tie, within, passed=tuple(sorted(others, key=lambda each: alarms[each].first_out)))
        if alarms[row].first_out:
            return Place(group, alarms[row].first_out, tie and alarms[row].first_out > 1, within)
        return Place(group, 1 + max(alarms[each].first_out for each in ranked), tie, within)

    def cleared(self, row: int, alarms: Sequence[Alarm]) -> list[int]:
        """The rows whose ranks are over, because with this alarm the last of their group became normal."""
        group = self._rules[row].first_out
        if group is None or any(alarms[each].facts.process_state is not AlarmState.NORM for each in self._members[group]):
            return []
        return [each for each in self._members[group] if alarms[each].first_out]
