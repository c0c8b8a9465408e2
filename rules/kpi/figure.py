"""A figure: its value, what it was measured against, what it counted and left out, and the rows it was made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from rules.kpi.occurrence import Excluded
from rules.kpi.question import Question, RowId
from rules.kpi.record import Record
from rules.kpi.targets import MEASURES, Kpi, Target, Unit, Verdict, judge

#: Rows that a figure names, and parts it is broken down into; how many there are in all it says beside.
ROWS_MAX = 200
PARTS_MAX = 400


@dataclass(frozen=True, slots=True)
class Rows:
    """ids: the first ROWS_MAX, in order of time. total: how many there are."""

    ids: tuple[RowId, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Part:
    """name: of an alarm, a day (`2026-05-04`), an area, a bucket (`11-20`)."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """value: None: there is no data to make one of; it is never 0 for want of data. target: what it was judged by. counted: how
    many it was made of (activations, bins, alarms: see the module that yields it). excluded: how many it left out, by reason.
    parts: what an average hides."""

    kpi: Kpi
    value: float | None
    unit: Unit
    target: Target
    verdict: Verdict
    counted: int
    excluded: Mapping[Excluded, int]
    rows: Rows
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """What the figures of one position, or of all, are made of. persons: among how many they are shared, at least 1.
    one_person: what one person can handle is a measure for it."""

    question: Question
    record: Record
    persons: int = 1
    one_person: bool = True

    def figure(
        self,
        kpi: Kpi,
        value: float | None,
        counted: int,
        rows: Iterable[RowId] = (),
        *,
        excluded: Mapping[Excluded, int] | None = None,
        parts: Iterable[Part] = (),
    ) -> Figure:
        """excluded: None: the rows that are no activation; else without the reasons that excluded nothing. Of an empty period,
        or a journal without a row, there is no value."""
        measure = MEASURES[kpi]
        if not self.record.known or not self.question.span:
            value = None
        left_out = self.record.excluded if excluded is None else {reason: n for reason, n in excluded.items() if n}
        target = self.question.targets.get(kpi, measure.target)
        judged = self.one_person or not measure.personal
        verdict = judge(value, target if judged else Target())
        named = tuple(rows)
        bounded = tuple(islice(parts, PARTS_MAX))
        return Figure(kpi, value, measure.unit, target, verdict, counted, left_out, Rows(named[:ROWS_MAX], len(named)), bounded)


def share(part: int, whole: int) -> float | None:
    """In percent; None of nothing."""
    return 100 * part / whole if whole else None


def percentile(values: Iterable[float], rank: int) -> float | None:
    """The nearest rank: the smallest value that at least `rank` percent do not exceed. rank: 1 to 100."""
    ordered = sorted(values)
    return ordered[-(-rank * len(ordered) // 100) - 1] if ordered else None


def mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return sum(listed) / len(listed) if listed else None
