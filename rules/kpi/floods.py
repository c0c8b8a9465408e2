"""Floods: more alarms than a person can take in.

A flood starts with the ten-minute bin that has more than 10 activations, and ends with the start of the first bin after it that
has fewer than 5. It is cut at the edges of the period.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.model.moment import MINUTE, Moment
from rules.kpi.bins import bins
from rules.kpi.figure import Figure, Part, Scope, share
from rules.kpi.occurrence import Activation
from rules.kpi.question import RowId
from rules.kpi.targets import Kpi

#: More begin a flood, fewer end it.
BEGINS_OVER = 10
ENDS_UNDER = 5
#: What is named of a flood: alarms that came first in their groups, and the most frequent ones.
FIRST_OUT_MAX = 10
TOP_MAX = 10

_BIN = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class Flood:
    """still_on: it lasts at the end of the period. count: its activations. peak: the most in one bin. first: the alarm that
    began it. first_out: those that their groups mark as the first, in order. top: the most frequent. after_upset: activations
    in the ten minutes from the first."""

    start: Moment
    end: Moment
    still_on: bool
    count: int
    peak: int
    first: str
    first_out: tuple[str, ...]
    top: tuple[Part, ...]
    after_upset: int
    row: RowId


def floods_of(scope: Scope) -> tuple[Flood, ...]:
    """In order. Each is within the period."""
    question, activations = scope.question, scope.record.activations
    grid = bins(question.start, question.end, question.zone, _BIN)
    counts = grid.counts(each.time for each in activations).tolist()
    times = [each.time for each in activations]
    found = []
    for first, beyond in _runs(counts):
        start, end = grid.clip(first)[0], grid.clip(beyond - 1)[1]
        inside = activations[bisect_left(times, start) : bisect_left(times, end)]
        found.append(_flood(start, end, beyond == len(counts), max(counts[first:beyond]), inside))
    return tuple(found)


def flood_figures(scope: Scope, floods: Sequence[Flood]) -> Iterator[Figure]:
    """counted: floods; of the time in them the activations in them."""
    rows = [each.row for each in floods]
    yield scope.figure(Kpi.FLOODS, len(floods), len(floods), rows)
    activations = scope.record.activations
    times = [each.time for each in activations]
    spans = ((bisect_left(times, each.start), bisect_left(times, each.end)) for each in floods)
    inside = [each.row for first, beyond in spans for each in activations[first:beyond]]
    yield scope.figure(
        Kpi.TIME_IN_FLOOD,
        share(sum(each.end - each.start for each in floods), scope.question.span),
        len(inside),
        inside,
    )
    worst = max((each.after_upset for each in floods), default=None)
    yield scope.figure(Kpi.AFTER_UPSET, worst, len(floods), rows)


def _runs(counts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The bins of each flood, as [first, beyond)."""
    first: int | None = None
    for place, count in enumerate(counts):
        if first is None and count > BEGINS_OVER:
            first = place
        elif first is not None and count < ENDS_UNDER:
            yield first, place
            first = None
    if first is not None:
        yield first, len(counts)


def _flood(start: Moment, end: Moment, still_on: bool, peak: int, inside: Sequence[Activation]) -> Flood:
    tally = Counter(each.of.alarm for each in inside)
    top = sorted(tally.items(), key=lambda each: (-each[1], each[0]))[:TOP_MAX]
    upset = inside[0].time
    return Flood(
        start,
        end,
        still_on,
        count=len(inside),
        peak=peak,
        first=inside[0].of.alarm,
        first_out=tuple(each.of.alarm for each in inside if each.of.first_out)[:FIRST_OUT_MAX],
        top=tuple(Part(alarm, count) for alarm, count in top),
        after_upset=sum(each.time < upset + _BIN for each in inside),
        row=inside[0].row,
    )
