"""How many alarms a person gets: averages, peaks, and how often too many at once (reference: alarms 3.2).

Averages are over the real duration of the period and over the persons who share it. Peaks count every bin, for a bin that is
cut off can only look smaller than it was; "% of bins" leave such bins out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from edge.model.moment import HOUR, MINUTE, Span
from rules.kpi.bins import bins, days
from rules.kpi.figure import Figure, Part, Scope, share
from rules.kpi.occurrence import Excluded
from rules.kpi.question import RowId
from rules.kpi.targets import Kpi

#: More in ten minutes, or in an hour, is too many.
BUSY_10_MIN = 10
BUSY_HOUR = 30

_AVERAGES: tuple[tuple[Kpi, Span], ...] = (
    (Kpi.ALARMS_PER_DAY, 24 * HOUR),
    (Kpi.ALARMS_PER_HOUR, HOUR),
    (Kpi.ALARMS_PER_10_MIN, 10 * MINUTE),
)
_PEAKS: tuple[tuple[Kpi, Span], ...] = (
    (Kpi.PEAK_10_MIN, 10 * MINUTE),
    (Kpi.PEAK_HOUR, HOUR),
    (Kpi.PEAK_MINUTE, MINUTE),
)
_BUSY: tuple[tuple[Kpi, Span, int], ...] = (
    (Kpi.BUSY_10_MIN, 10 * MINUTE, BUSY_10_MIN),
    (Kpi.BUSY_HOURS, HOUR, BUSY_HOUR),
)
#: The counts in a bin that are told apart, by the largest of each bucket; the last has no end.
_BUCKETS = (0, 1, 2, 5, 10, 20, 50, 100)


def load(scope: Scope) -> Iterator[Figure]:
    """counted: activations; of the shares the whole bins or hours, of the peaks the bins."""
    activations, question = scope.record.activations, scope.question
    rows = [each.row for each in activations]
    areas = Counter(rule.area if (rule := question.rules.get(each.of.alarm)) else "" for each in activations)
    by_area = (Part(name, count) for name, count in sorted(areas.items()))
    yield scope.figure(Kpi.ALARMS, len(activations), len(activations), rows, parts=by_area)
    for kpi, unit in _AVERAGES:
        average = len(activations) * unit / question.span / scope.persons if question.span else None
        parts = _by_day(scope) if kpi is Kpi.ALARMS_PER_DAY else ()
        yield scope.figure(kpi, average, len(activations), rows, parts=parts)
    recent = [each.row for each in activations if each.time >= question.end - HOUR]
    current = len(recent) if question.span >= HOUR else None
    yield scope.figure(Kpi.CURRENT_RATE, current, len(recent), recent)
    for kpi, width in _PEAKS:
        yield _peak(scope, kpi, width)
    for kpi, width, many in _BUSY:
        yield _busy(scope, kpi, width, many)


def _by_day(scope: Scope) -> tuple[Part, ...]:
    """How many on each local day, not divided among persons."""
    listed = days(scope.question.start, scope.question.end, scope.question.zone)
    starts = np.array([day.start for day in listed], dtype=np.int64)
    times = np.array([each.time for each in scope.record.activations], dtype=np.int64)
    counts = np.bincount(np.searchsorted(starts, times, side="right") - 1, minlength=len(listed))
    return tuple(Part(day.date, int(count)) for day, count in zip(listed, counts, strict=True))


def _peak(scope: Scope, kpi: Kpi, width: Span) -> Figure:
    """The most in a bin, and the rows of the first such bin."""
    question = scope.question
    grid = bins(question.start, question.end, question.zone, width)
    places = grid.places(each.time for each in scope.record.activations)
    counts = np.bincount(places, minlength=len(grid.starts))
    if not len(counts):
        return scope.figure(kpi, None, 0)
    worst = int(counts.argmax())
    return scope.figure(kpi, int(counts[worst]), len(counts), _rows_in(scope, places == worst))


def _busy(scope: Scope, kpi: Kpi, width: Span, many: int) -> Figure:
    """Which share of the whole bins have more than `many`; as parts, how many bins have how many."""
    question = scope.question
    grid = bins(question.start, question.end, question.zone, width)
    places = grid.places(each.time for each in scope.record.activations)
    counts = np.bincount(places, minlength=len(grid.starts))
    whole = grid.whole
    busy = whole & (counts > many)
    partial = {Excluded.PARTIAL_BIN: int((~whole).sum())}
    return scope.figure(
        kpi,
        share(int(busy.sum()), int(whole.sum())),
        int(whole.sum()),
        _rows_in(scope, busy[places]),
        excluded={**scope.record.excluded, **partial},
        parts=_distribution(counts[whole]),
    )


def _distribution(counts: npt.NDArray[np.int64]) -> Iterator[Part]:
    lowest = (0, *(highest + 1 for highest in _BUCKETS[:-1]))
    names = [str(low) if low == high else f"{low}-{high}" for low, high in zip(lowest, _BUCKETS, strict=True)]
    tally = np.bincount(np.searchsorted(_BUCKETS, counts), minlength=len(_BUCKETS) + 1).tolist()
    return (Part(name, count) for name, count in zip((*names, f">{_BUCKETS[-1]}"), tally, strict=True))


def _rows_in(scope: Scope, chosen: npt.NDArray[np.bool_]) -> list[RowId]:
    return [each.row for each, take in zip(scope.record.activations, chosen, strict=True) if take]
