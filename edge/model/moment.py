"""Moments and spans: integer microseconds of steady UTC.

A *moment* counts from 1970-01-01T00:00:00Z on the steady clock of `edge.ports.Clock` (wall time at boot plus monotonic
time elapsed), so that moments of one boot never run backwards. A *span* is a length in the same unit.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

Moment = int
Span = int

MILLISECOND: Span = 1_000
SECOND: Span = 1_000_000
MINUTE: Span = 60 * SECOND
HOUR: Span = 60 * MINUTE

#: Later than every moment that can occur: "never" in columns that cannot hold None.
NEVER: Moment = (1 << 62) - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_iso(moment: Moment) -> str:
    """`2026-05-04T08:00:00.000000Z`: always UTC, always six digits, so that texts sort as moments do."""
    second, microsecond = divmod(moment, SECOND)
    return f"{_iso_second(second)}.{microsecond:06d}Z"


@lru_cache(maxsize=1_024)
def _iso_second(second: int) -> str:
    """Events come in bunches: most of them share their second with the one before."""
    return (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S")


def from_iso(text: str) -> Moment:
    """The moment of an ISO 8601 text that states its offset; ValueError when it states none."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"{text!r} states no offset: write it like 2026-05-04T08:00:00+08:00")
    return (parsed - _EPOCH) // timedelta(microseconds=1)


def to_datetime(moment: Moment) -> datetime:
    """The aware UTC datetime of a moment, for libraries that want one."""
    return _EPOCH + timedelta(microseconds=moment)
