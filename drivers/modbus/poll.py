"""Which reads a device gets, and what its refusals teach. Pure: the moment comes in by argument.

Theory of operation. A scan group starts with its cheapest reads (`plan_reads`). A Modbus exception is an answer, so the device
is there; what it means for the read depends on the code (application protocol V1.1b3, 7):

    code                    fault of         single point                       several points
    1 2 3                   configuration    parked: BAD, asked by itself        cut at a gap that it bridges, else in halves,
                                             after 1 s, 2 s, up to 10 min        and asked so at once
    4 7 8 and unknown       the device       parked: up to 1 min                 the same
    5 6                     nobody: busy     next poll again; refused twice running: BAD
    10 11 (from a gateway)  what is behind   the device is gone, as if it were silent

So a bad register costs about 2 log2(n) extra requests once, and then one request each back-off. It is the same for a register
in a gap, that no tag names: when codes 1 to 3 refuse a read and both sides of a gap are answered without it, the gap is
*unreadable*: no read bridges it for an hour; tried and refused again for two, up to a day. All points are asked within the poll
that learns, so that nobody's values wait for it. When points are parked or answer again, or a gap is learned, the next poll has
a new plan; a device that takes only short requests keeps the halves until then. Not here: the schedule (`schedule.py`), how
many questions of this kind a poll may have, asking (`driver.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from drivers.backoff import DEVICE_BACKOFF, Backoff
from drivers.modbus.address import Block
from drivers.modbus.config import ModbusPoint
from drivers.modbus.cost import LinkCost
from drivers.modbus.plan import Limits, Read, plan_reads, split
from edge.model.moment import HOUR, MINUTE, SECOND, Moment

CONFIGURATION_CODES = frozenset({1, 2, 3})
BUSY_CODES = frozenset({5, 6})
GONE_CODES = frozenset({10, 11})
#: What the configuration asks for and the device does not have comes with another configuration, or with another firmware.
CONFIGURATION_BACKOFF = Backoff(first=1 * SECOND, cap=10 * MINUTE)
UNREADABLE_BACKOFF = Backoff(first=1 * HOUR, cap=24 * HOUR)
#: Parked points that one poll asks again: the rest wait for the next.
RETRIED_MAX = 16
UNREADABLE_MAX = 1_000
#: A plan that saves less than this part of the link's time is not worth making decoders anew.
WORTH_REPLANNING = 0.1


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
class Answered:
    """What an answer teaches. is_mended: its point was parked and is no longer. unreadable: gaps to be blamed for a refusal."""

    is_mended: bool = False
    unreadable: tuple[Block, ...] = ()


NOTHING_NEW = Answered()


@dataclass(frozen=True, slots=True)
class Parked:
    """A point that the device refuses. since: its first refusal; times: how often since."""

    code: int
    since: Moment
    times: int
    backoff: Backoff
    retry_at: Moment


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A gap that the device refuses. It is left alone until `retry_at`."""

    since: Moment
    times: int
    backoff: Backoff
    retry_at: Moment


@dataclass(slots=True)
class _Trial:
    """A refused read was cut at a gap. waiting: the parts that have not been answered yet."""

    gap: Block
    waiting: set[Read]


class PollPlan:
    """The reads of a scan group. points: all of the device; positions: those of the group among them."""

    def __init__(self, points: Sequence[ModbusPoint], positions: Iterable[int], limits: Limits) -> None:
        self._points = points
        self._positions = tuple(positions)
        self._limits = limits
        self._parked: dict[int, Parked] = {}
        self._unreadable: dict[Block, Unreadable] = {}
        self._busy: set[Read] = set()
        self._trials: list[_Trial] = []
        self._reads = list(plan_reads(points, self._positions, limits))
        self._replan_at: Moment | None = None
        self._is_stale = False

    @property
    def parked(self) -> Mapping[int, Parked]:
        """The points that the device refuses, by position in its list."""
        return self._parked

    @property
    def unreadable(self) -> Mapping[Block, Unreadable]:
        return self._unreadable

    @property
    def reads(self) -> Sequence[Read]:
        """The plan, without the points that are parked."""
        return self._reads

    def due(self, now: Moment) -> list[Read]:
        """The reads of a poll that begins now: the plan, then the parked points whose time has come."""
        if self._is_stale or (self._replan_at is not None and self._replan_at <= now):
            self._reads = self._plan(self._limits, now)
            self._busy &= set(self._reads)
            self._trials.clear()
            self._is_stale = False
            self._replan_at = min((each.retry_at for each in self._unreadable.values() if each.retry_at > now), default=None)
        waited = sorted((each.retry_at, position) for position, each in self._parked.items() if each.retry_at <= now)
        return [*self._reads, *(self._alone(position) for position in sorted(at for _, at in waited[:RETRIED_MAX]))]

    def cost_is(self, cost: LinkCost, now: Moment) -> bool:
        """Take what the link costs as measured; whether the next poll has another plan for it, as it has when that saves a
        tenth of the link's time or more."""
        limits = replace(self._limits, cost=cost)
        better = self._plan(limits, now)
        if limits.cost_of(better) > (1 - WORTH_REPLANNING) * limits.cost_of(self._reads):
            return False
        self._limits, self._is_stale = limits, True
        return True

    def answered(self, read: Read, now: Moment) -> Answered:
        if not (self._busy or self._unreadable or self._trials or self._parked):
            return NOTHING_NEW
        self._busy.discard(read)
        for first, last in read.gaps:
            self._unreadable.pop(Block(read.table, first, last), None)
        learned = tuple(self._blamed(read, now))
        if len(read.points) > 1 or read.points[0] not in self._parked:
            return Answered(unreadable=learned)
        del self._parked[read.points[0]]
        self._is_stale = True
        return Answered(is_mended=True, unreadable=learned)

    def refused(self, read: Read, code: int, now: Moment) -> Refused:
        """What a Modbus exception to a read means."""
        if code in GONE_CODES:
            return Refused(Lesson.GONE)
        if code in BUSY_CODES:
            lesson = Lesson.STILL_BUSY if read in self._busy else Lesson.BUSY
            self._busy.add(read)
            return Refused(lesson)
        self._busy.discard(read)
        self._trials = [trial for trial in self._trials if read not in trial.waiting]
        if len(read.points) > 1:
            return Refused(Lesson.SPLIT, self._cut(read, code))
        (position,) = read.points
        known = self._parked.get(position)
        unknown = CONFIGURATION_BACKOFF if code in CONFIGURATION_CODES else DEVICE_BACKOFF
        backoff = (known.backoff if known and known.code == code else unknown).failed()
        since, times = (known.since, known.times) if known else (now, 0)
        self._parked[position] = Parked(code, since, times + 1, backoff, now + backoff.wait)
        self._is_stale |= known is None
        return Refused(Lesson.STILL_PARKED if known else Lesson.PARKED)

    def _cut(self, read: Read, code: int) -> tuple[Read, ...]:
        parts = split(read, self._points, self._limits)
        if read.gaps and code in CONFIGURATION_CODES:
            self._trials.append(_Trial(Block(read.table, *read.gaps[len(read.gaps) // 2]), set(parts)))
        self._reads = [new for old in self._reads for new in (parts if old == read else (old,))]
        return parts

    def _blamed(self, read: Read, now: Moment) -> Iterable[Block]:
        """Gaps at which a refused read was cut whose parts have now all been answered."""
        for trial in list(self._trials):
            trial.waiting.discard(read)
            if trial.waiting:
                continue
            self._trials.remove(trial)
            known = self._unreadable.pop(trial.gap, None)
            backoff = (known.backoff if known else UNREADABLE_BACKOFF).failed()
            since, times = (known.since, known.times) if known else (now, 0)
            self._unreadable[trial.gap] = Unreadable(since, times + 1, backoff, now + backoff.wait)
            if len(self._unreadable) > UNREADABLE_MAX:
                del self._unreadable[next(iter(self._unreadable))]
            self._is_stale = True
            yield trial.gap

    def _plan(self, limits: Limits, now: Moment) -> list[Read]:
        free = [position for position in self._positions if position not in self._parked]
        refused = [_block_of(self._points[position]) for position in self._parked]
        refused += [gap for gap, each in self._unreadable.items() if each.retry_at > now]
        return list(plan_reads(self._points, free, replace(limits, avoid=(*limits.avoid, *refused))))

    def _alone(self, position: int) -> Read:
        return plan_reads(self._points, [position], self._limits)[0]


def _block_of(point: ModbusPoint) -> Block:
    first = point.address.number
    return Block(point.address.table, first, first + point.width - 1)
