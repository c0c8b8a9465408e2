"""Segments: immutable files of samples, named by what is in them. Pure.

    000000000121-000000000180.hour.20260504T090000Z.parquet

are the rows that were written as 121 to 180, merged for an hour, the newest of them received before 09:00:00 UTC. Numbers only
grow, and a merge covers numbers without a hole. So a file whose numbers lie within those of another is a leftover of a merge
that a crash cut short, and the names in order are the order in which the rows came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from edge.model.moment import HOUR, SECOND, Moment, Span, from_iso, to_datetime

_NAME = re.compile(r"(\d{12,18})-(\d{12,18})\.(minute|hour|day)\.(\d{8}T\d{6}Z)\.parquet")
_TIME = "%Y%m%dT%H%M%SZ"


class Level(IntEnum):
    """How far it has been merged. A minute is what was written at once, however long it was."""

    MINUTE = 0
    HOUR = 1
    DAY = 2

    @property
    def window(self) -> Span:
        """What a merge to this level brings together."""
        return 24 * HOUR if self is Level.DAY else HOUR


@dataclass(frozen=True, slots=True)
class SegmentName:
    """first, last: numbers. until: the newest row was received before it; whole seconds."""

    first: int
    last: int
    level: Level
    until: Moment

    def __str__(self) -> str:
        until = to_datetime(self.until).strftime(_TIME)
        return f"{self.first:012}-{self.last:012}.{self.level.name.lower()}.{until}.parquet"

    def covers(self, other: SegmentName) -> bool:
        """The other one's rows are in here too."""
        within = self.first <= other.first and other.last <= self.last
        return within and (self.last - self.first, self.level) > (other.last - other.first, other.level)

    @staticmethod
    def parse(text: str) -> SegmentName | None:
        """None for the name of a file that is none of ours."""
        found = _NAME.fullmatch(text)
        if found is None:
            return None
        try:
            until = from_iso(datetime.strptime(found[4], "%Y%m%dT%H%M%S%z").isoformat())
        except ValueError:
            return None
        return SegmentName(int(found[1]), int(found[2]), Level[found[3].upper()], until)


@dataclass(frozen=True, slots=True)
class Segment:
    """size: bytes. start, end: source times of its eldest and newest row."""

    name: SegmentName
    rows: int
    size: int
    start: Moment
    end: Moment


def until(received: Moment) -> Moment:
    """The whole second after a received time."""
    return (received // SECOND + 1) * SECOND


def leftovers(names: Iterable[SegmentName]) -> list[SegmentName]:
    """Those whose rows are all in another one."""
    given = sorted(names, key=lambda name: (name.first, -name.last, -name.level))
    left: list[SegmentName] = []
    cover: SegmentName | None = None
    for name in given:
        if cover is not None and cover.covers(name):
            left.append(name)
        else:
            cover = name
    return left
