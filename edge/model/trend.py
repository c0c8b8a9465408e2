"""What a tag showed over a span, as people look at it: buckets of values, gaps in them, changes of a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.model.moment import Moment, Span
from edge.model.sample import Quality

#: Buckets that can be asked for at once, and changes of a text that are given at once.
POINTS_MAX = 2_000
TEXTS_MAX = 2_000


class GapReason(StrEnum):
    """Why there is no line to draw."""

    BAD = "bad"
    SENSOR_FAULT = "sensor_fault"
    """Bad, because the device says that it has no measurement."""
    STALE = "stale"
    """No sample for longer than the tag may be silent."""
    NO_DATA = "no_data"
    """The history has nothing of it."""


@dataclass(frozen=True, slots=True)
class TrendQuestion:
    """start, end: source times, the end excluded; start < end. points: 1 to POINTS_MAX buckets at most."""

    tag: str
    start: Moment
    end: Moment
    points: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Of the samples that are not bad, from `start` on. quality: the worst in the bucket, bad ones too. count: at least 1."""

    start: Moment
    low: float
    high: float
    first: float
    last: float
    count: int
    quality: Quality


@dataclass(frozen=True, slots=True)
class Gap:
    start: Moment
    end: Moment
    reason: GapReason


@dataclass(frozen=True, slots=True)
class TextChange:
    time: Moment
    text: str


@dataclass(frozen=True, slots=True)
class Trend:
    """width: of each bucket; 0: there were so few samples that each is its own bucket. gaps: in order, none overlapping,
    narrower ones than a bucket left out. texts: of a tag that is a text, which has no buckets: the newest TEXTS_MAX changes in
    the span, before them the text in force at its start."""

    width: Span
    buckets: Sequence[Bucket]
    gaps: Sequence[Gap]
    texts: Sequence[TextChange] = ()
