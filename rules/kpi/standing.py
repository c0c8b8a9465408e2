"""Alarms that stay: active for more than 24 hours without a break ("stale" in ISA-18.2, which here is a word for silent data).

An alarm that alarms anew while it is active stands on. What stood of which nobody was told is left out, by the reason of its
raise; what was shelved later is not, for it stands all the same. Durations are cut at the edges of the period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from edge.model.moment import HOUR, SECOND, Moment, Span
from rules.kpi.bins import days
from rules.kpi.figure import Figure, Part, Scope
from rules.kpi.occurrence import Ending, Excluded, Occurrence
from rules.kpi.question import Question, RowId
from rules.kpi.targets import Kpi

STANDS_AFTER: Span = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Stand:
    """An alarm was active without a break. ended: None: it still is at the end of the period. left_out: why it does not count;
    None: somebody was told."""

    alarm: str
    row: RowId
    raised: Moment
    ended: Moment | None
    left_out: Excluded | None

    def within(self, start: Moment, end: Moment) -> Span:
        """How long it was active in [start, end)."""
        return max(0, min(end if self.ended is None else self.ended, end) - max(self.raised, start))

    def stands_in(self, start: Moment, end: Moment) -> bool:
        """Whether there is an instant in [start, end) at which it had been active for more than STANDS_AFTER."""
        since = self.raised + STANDS_AFTER
        return since < end and (self.ended is None or self.ended > max(since, start))


def standing(scope: Scope) -> Iterator[Figure]:
    """counted: alarms that stood in the period, each time anew. parts: on each day, how many; of the time, how long each
    alarm."""
    question = scope.question
    stood = [each for each in stands(scope.record.occurrences) if each.stands_in(question.start, question.end)]
    left_out = Counter(each.left_out for each in stood if each.left_out is not None)
    counted = [each for each in stood if each.left_out is None]
    rows = [each.row for each in counted]
    per_day = [
        Part(day.date, sum(each.stands_in(day.start, day.end) for each in counted))
        for day in days(question.start, question.end, question.zone)
    ]
    worst = max((part.value for part in per_day), default=None)
    yield scope.figure(Kpi.STANDING_ALARMS, worst, len(counted), rows, excluded=left_out, parts=per_day)
    throughout = [each.row for each in counted if _never_turned(each, question)]
    yield scope.figure(Kpi.STANDING_THROUGHOUT, len(throughout), len(counted), throughout, excluded=left_out)
    times: Counter[str] = Counter()
    for each in counted:
        times[each.alarm] += each.within(question.start, question.end)
    ranked = sorted(times.items(), key=lambda each: (-each[1], each[0]))
    parts = (Part(alarm, time / SECOND) for alarm, time in ranked)
    yield scope.figure(Kpi.STANDING_TIME, times.total() / SECOND, len(counted), rows, excluded=left_out, parts=parts)


def stands(occurrences: tuple[Occurrence, ...]) -> Iterator[Stand]:
    """occurrences: in order of time, of all alarms; those that took each other's place are one."""
    held: dict[str, Stand] = {}
    for each in occurrences:
        before = held.pop(each.alarm, None)
        left_out = None if each.told is not None else each.left_out
        stand = Stand(each.alarm, each.row, each.raised, each.ended, left_out)
        if before is not None:
            told = before.left_out is None or left_out is None
            stand = Stand(each.alarm, before.row, before.raised, each.ended, None if told else before.left_out)
        if each.ending is Ending.RAISED_AGAIN:
            held[each.alarm] = stand
        else:
            yield stand


def _never_turned(each: Stand, question: Question) -> bool:
    return each.raised < question.start and each.ended is None
