"""What becomes of segments: which are merged, which are deleted. Pure.

Minutes of an hour that is over become one segment, hours of a day that is over too, as long as the result stays so small that
a merge is over within seconds. The eldest are deleted: those older than `keep`, and as many as lie above the quota.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.history.segment import Level, Segment, SegmentName
from edge.model.moment import HOUR, Moment, Span

#: Most rows of a merged segment.
MERGED_ROWS_MAX = 4_000_000
#: What was received within this long is not deleted for the quota; what a wrong clock dated into the future is.
NEWEST: Span = 1 * HOUR


@dataclass(frozen=True, slots=True)
class Limits:
    """keep: since it was received. quota: bytes of all segments together."""

    keep: Span
    quota: int


@dataclass(frozen=True, slots=True)
class Merge:
    """inputs: at least two, by number, without a hole."""

    inputs: tuple[Segment, ...]
    result: SegmentName


def next_merge(segments: Sequence[Segment], now: Moment, rows_max: int = MERGED_ROWS_MAX) -> Merge | None:
    """The next one to do, hours first; segments by number."""
    for level in (Level.HOUR, Level.DAY):
        for inputs in _packs(segments, level, now, rows_max):
            if len(inputs) > 1:
                until = max(segment.name.until for segment in inputs)
                name = SegmentName(inputs[0].name.first, inputs[-1].name.last, level, until)
                return Merge(tuple(inputs), name)
    return None


def _packs(segments: Sequence[Segment], level: Level, now: Moment, rows_max: int) -> Iterator[list[Segment]]:
    """Neighbours of one window that is over and of a lower level, as many as fit."""
    pack: list[Segment] = []
    for segment in segments:
        window = _window(segment, level)
        if segment.name.level >= level or window == now // level.window:
            yield pack
            pack = []
        elif pack and (_window(pack[0], level) != window or sum(each.rows for each in pack) + segment.rows > rows_max):
            yield pack
            pack = [segment]
        else:
            pack.append(segment)
    yield pack


def _window(segment: Segment, level: Level) -> int:
    """until is after the newest row: what ends with the hour belongs to it."""
    return (segment.name.until - 1) // level.window


def expired(segments: Sequence[Segment], now: Moment, limits: Limits) -> list[Segment]:
    """Those to delete, eldest first; segments by number."""
    size = sum(segment.size for segment in segments)
    gone: list[Segment] = []
    for segment in segments:
        age = now - segment.name.until
        if age > limits.keep or (size > limits.quota and not -NEWEST <= age <= NEWEST):
            gone.append(segment)
            size -= segment.size
    return gone
