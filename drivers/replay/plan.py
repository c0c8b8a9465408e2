"""When the rows of a recording are played, and as of when. Pure.

Theory of operation. The first row is played when the replay begins; each other one `speed` times sooner after it than it was
recorded. A round of a loop begins one step after the last row of the one before, a step being the time between its last two
rows. Recorded times must not fall: a row that does is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.replay.config import ReplayConnection, Stamps
from edge.model.moment import SECOND, Moment, Span


@dataclass(frozen=True, slots=True)
class Turn:
    """play_at: when a row is due; source_time: when it says that it was."""

    play_at: Moment
    source_time: Moment


class Pace:
    """begin: when the first row is played."""

    def __init__(self, connection: ReplayConnection, begin: Moment) -> None:
        self._connection, self._begin = connection, begin
        self._first: Moment | None = None
        self._last: Moment | None = None
        #: Between the last two rows of different times.
        self._step: Span = SECOND

    def turn(self, recorded: Moment) -> Turn | None:
        """Of the next row; None: its time is before that of the row before it."""
        if self._first is None or self._last is None:
            self._first = self._last = recorded
        if recorded < self._last:
            return None
        if recorded > self._last:
            self._step, self._last = recorded - self._last, recorded
        is_kept = self._connection.stamps is Stamps.KEPT
        if self._connection.is_fastest:
            return Turn(self._begin, recorded)
        play_at = self._begin + self._played(recorded - self._first)
        return Turn(play_at, recorded if is_kept else play_at)

    def next_round(self) -> None:
        """From the first row again."""
        if self._first is not None and self._last is not None:
            self._begin += max(self._played(self._last - self._first + self._step), 1)
        self._first = self._last = None

    def _played(self, recorded: Span) -> Span:
        return round(recorded / self._connection.speed)
