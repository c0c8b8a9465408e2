"""The longest and the most: what OPC UA Part 9 asks of an alarm system in its AlarmMetrics (9.2).

Its other figures are among those of the load: the count, and the average, highest and current rate. A metric is reset by asking
about another period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from edge.model.moment import SECOND, Moment, Span
from rules.kpi.figure import Figure, Part, Scope
from rules.kpi.occurrence import Activation, Ending
from rules.kpi.response import wants_acknowledgement
from rules.kpi.standing import stands
from rules.kpi.targets import Kpi


def extremes(scope: Scope) -> Iterator[Figure]:
    """Each with the one row, or the rows of the one alarm, that it is about. counted: among how many."""
    question, activations = scope.question, scope.record.activations
    active = [
        (each.ended or question.end, each)
        for each in stands(scope.record.occurrences)
        if each.left_out is None and (each.ended is None or each.ended >= question.start)
    ]
    longest = max(active, key=lambda each: each[0] - each[1].raised, default=None)
    yield scope.figure(
        Kpi.LONGEST_ACTIVE,
        None if longest is None else (longest[0] - longest[1].raised) / SECOND,
        len(active),
        [] if longest is None else [longest[1].row],
        excluded={},
    )
    asked = [each for each in activations if wants_acknowledgement(question, each.of)]
    slowest = max(asked, key=lambda each: _unacknowledged(each, question.end), default=None)
    yield scope.figure(
        Kpi.LONGEST_UNACKNOWLEDGED,
        None if slowest is None else _unacknowledged(slowest, question.end) / SECOND,
        len(asked),
        [] if slowest is None else [slowest.row],
        excluded={},
    )
    tally: Counter[str] = Counter()
    for each in activations:
        tally[each.of.alarm] += each.of.reminders + each.of.again
    most = min(tally, key=lambda alarm: (-tally[alarm], alarm), default=None)
    yield scope.figure(
        Kpi.MOST_REALARMS,
        None if most is None else tally[most],
        len(activations),
        (each.row for each in activations if each.of.alarm == most),
        parts=(Part(alarm, tally[alarm]) for alarm in sorted(tally, key=lambda alarm: (-tally[alarm], alarm)) if tally[alarm]),
    )


def _unacknowledged(each: Activation, end: Moment) -> Span:
    """For how long it waited, or waits, for somebody."""
    of = each.of
    if of.acknowledged is not None:
        return of.acknowledged - of.raised
    over = of.acknowledged_at_return or of.ending in (Ending.RAISED_AGAIN, Ending.RETIRED)
    return (of.ended if over and of.ended is not None else end) - of.raised
