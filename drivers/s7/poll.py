"""Which reads a CPU gets, and what its refusals teach. Pure: the moment comes in by argument.

Theory of operation. A device starts with the fewest reads (`plan_reads`). A CPU refuses a read as a whole when one byte of it
does not exist, so a refused read of several points is halved until the point is found. That one is *parked*: bad, and asked by
itself again and again, ever more rarely; when it answers, the plan is made anew. What is halved stays so until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.backoff import DEVICE_BACKOFF, Backoff
from drivers.s7.config import S7Point
from drivers.s7.plan import Read, halves, plan_reads
from edge.model.moment import Moment

#: Parked points that one poll asks again: the rest wait for the next.
RETRIED_MAX = 16


@dataclass(frozen=True, slots=True)
class _Parked:
    backoff: Backoff
    retry_at: Moment


class PollPlan:
    """The reads of one device. bytes_max: the most that one read may ask for."""

    def __init__(self, points: Sequence[S7Point], *, bytes_max: int) -> None:
        self._points, self._bytes_max = points, bytes_max
        self._parked: dict[int, _Parked] = {}
        self._reads = self._plan()

    def due(self, now: Moment) -> list[Read]:
        """The reads of a poll that begins now: the plan, then the parked points whose time has come, longest first."""
        waited = sorted((parked.retry_at, position) for position, parked in self._parked.items() if parked.retry_at <= now)
        return [*self._reads, *(self._alone(position) for position in sorted(at for _, at in waited[:RETRIED_MAX]))]

    def answered(self, read: Read) -> bool:
        """Whether this answer ended a refusal: the read's point was parked and is no longer."""
        if len(read.points) > 1 or read.points[0] not in self._parked:
            return False
        del self._parked[read.points[0]]
        self._reads = self._plan()
        return True

    def refused(self, read: Read, now: Moment) -> tuple[Read, ...]:
        """The reads to ask in its place, now. None: the read's one point is parked, and bad."""
        if len(read.points) > 1:
            parts = halves(read, self._points, bytes_max=self._bytes_max)
            self._replace(read, parts)
            return parts
        (position,) = read.points
        known = self._parked.get(position)
        backoff = (known.backoff if known else DEVICE_BACKOFF).failed()
        self._parked[position] = _Parked(backoff, now + backoff.wait)
        self._replace(read, ())
        return ()

    def is_parked(self, position: int) -> bool:
        return position in self._parked

    def _plan(self) -> list[Read]:
        free = [position for position in range(len(self._points)) if position not in self._parked]
        return list(plan_reads(self._points, free, bytes_max=self._bytes_max))

    def _alone(self, position: int) -> Read:
        return plan_reads(self._points, [position], bytes_max=self._bytes_max)[0]

    def _replace(self, read: Read, parts: Sequence[Read]) -> None:
        self._reads = [new for old in self._reads for new in (parts if old == read else (old,))]
