"""Late data: which bins of an earlier report are not as they were.

A row that is recorded late can have a time of long ago, so a period that was reported is asked again when its data have come.
The *fingerprint* of a report says which activations each of its ten-minute bins had; it is small enough to keep with the
report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby

from edge.model.moment import MINUTE, Moment
from rules.kpi.bins import bins
from rules.kpi.question import Question
from rules.kpi.record import Record

_BIN = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class BinMark:
    """count: activations in a bin. digest: of which they are, as hexadecimal digits."""

    count: int
    digest: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """bins: by the start of the bin; those without an activation are absent."""

    start: Moment
    end: Moment
    zone: str
    bins: Mapping[Moment, BinMark]


@dataclass(frozen=True, slots=True)
class Revision:
    """A bin that late data changed. start: of the bin. before, now: its activations; they may be as many, and others."""

    start: Moment
    before: int
    now: int


def fingerprint(question: Question, record: Record) -> Fingerprint:
    grid = bins(question.start, question.end, question.zone, _BIN)
    placed = zip(grid.places(each.time for each in record.activations).tolist(), record.activations, strict=True)
    marks = {}
    for place, group in groupby(placed, key=lambda each: each[0]):
        names = sorted(f"{each.of.alarm}\n{each.of.number}\n{each.time}" for _, each in group)
        digest = blake2b("\n".join(names).encode(), digest_size=8).hexdigest()
        marks[int(grid.edges[place])] = BinMark(len(names), digest)
    return Fingerprint(question.start, question.end, question.zone, marks)


def revisions(before: Fingerprint, now: Fingerprint) -> Iterator[Revision]:
    """In order. Raises ValueError when they are not of the same period."""
    if (before.start, before.end, before.zone) != (now.start, now.end, now.zone):
        raise ValueError("an earlier report of another period, or in another time zone, cannot be revised")
    none = BinMark(0, "")
    for start in sorted({*before.bins, *now.bins}):
        was, is_now = before.bins.get(start, none), now.bins.get(start, none)
        if was != is_now:
            yield Revision(start, was.count, is_now.count)
