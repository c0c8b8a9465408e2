"""Which reads a device gets, and what its refusals teach. Pure: the moment comes in by argument.

Theory of operation. A device starts with the fewest reads (`plan_reads`). A Modbus exception is an answer, so the device is
there; what it means for the read depends on the code:

    code                        single point                      several points
    1 2 3 4 7 8 and unknown     parked: BAD, asked by itself      split in halves, each asked at once;
                                again and again, ever more rarely the halves stay in the plan
    5 6 (busy)                  next poll again; refused twice running: BAD
    10 11 (from a gateway)      the device is gone, as if it were silent

So a bad register costs about 2 log2(n) extra requests once, and then one request each back-off; a device that takes only short
requests ends up with short requests. When a parked point answers again, the plan is made anew from all that are not parked.
Not here: the schedule (`schedule.py`), asking (`driver.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from drivers.backoff import DEVICE_BACKOFF, Backoff
from drivers.modbus.config import ModbusPoint
from drivers.modbus.plan import Read, plan_reads, split
from edge.model.moment import Moment

BUSY_CODES = frozenset({5, 6})
GONE_CODES = frozenset({10, 11})


class Lesson(Enum):
    """What a refusal means for the read that got it."""

    SPLIT = "split"
    """Ask `Refused.instead` in its place, now."""
    PARKED = "parked"
    """The point is BAD from now on."""
    STILL_PARKED = "still_parked"
    BUSY = "busy"
    """Nothing yet; ask again at the next poll."""
    STILL_BUSY = "still_busy"
    """The read's points are BAD until it is answered."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Refused:
    lesson: Lesson
    instead: tuple[Read, ...] = ()


@dataclass(frozen=True, slots=True)
class _Parked:
    backoff: Backoff
    retry_at: Moment


class PollPlan:
    """The reads of one device. registers_max, bits_max: the most that one read may ask for."""

    def __init__(self, points: Sequence[ModbusPoint], *, registers_max: int, bits_max: int) -> None:
        self._points = points
        self._registers_max = registers_max
        self._bits_max = bits_max
        self._parked: dict[int, _Parked] = {}
        self._busy: set[Read] = set()
        self._reads = self._plan()

    @property
    def parked(self) -> frozenset[int]:
        """The points that the device refuses, as positions in its list."""
        return frozenset(self._parked)

    def due(self, now: Moment) -> list[Read]:
        """The reads of a poll that begins now: the plan, then the parked points whose time has come."""
        retried = [position for position, parked in self._parked.items() if parked.retry_at <= now]
        return [*self._reads, *(self._alone(position) for position in sorted(retried))]

    def answered(self, read: Read) -> bool:
        """Whether this answer ended a refusal: the read's point was parked and is no longer."""
        self._busy.discard(read)
        if len(read.points) > 1 or read.points[0] not in self._parked:
            return False
        del self._parked[read.points[0]]
        self._reads = self._plan()
        return True

    def refused(self, read: Read, code: int, now: Moment) -> Refused:
        """What a Modbus exception to a read means."""
        if code in GONE_CODES:
            return Refused(Lesson.GONE)
        if code in BUSY_CODES:
            lesson = Lesson.STILL_BUSY if read in self._busy else Lesson.BUSY
            self._busy.add(read)
            return Refused(lesson)
        self._busy.discard(read)
        if len(read.points) > 1:
            parts = split(read, self._points, registers_max=self._registers_max, bits_max=self._bits_max)
            self._replace(read, parts)
            return Refused(Lesson.SPLIT, parts)
        (position,) = read.points
        known = self._parked.get(position)
        backoff = (known.backoff if known else DEVICE_BACKOFF).failed()
        self._parked[position] = _Parked(backoff, now + backoff.wait)
        self._replace(read, ())
        return Refused(Lesson.STILL_PARKED if known else Lesson.PARKED)

    def _plan(self) -> list[Read]:
        free = [position for position in range(len(self._points)) if position not in self._parked]
        return list(plan_reads(self._points, free, registers_max=self._registers_max, bits_max=self._bits_max))

    def _alone(self, position: int) -> Read:
        return plan_reads(self._points, [position], registers_max=self._registers_max, bits_max=self._bits_max)[0]

    def _replace(self, read: Read, parts: Sequence[Read]) -> None:
        self._reads = [new for old in self._reads for new in (parts if old == read else (old,))]
