"""One device as it is polled: its scan groups, what each of them is asked, what came of it, and when it is due.

Theory of operation. Tags of one period are a scan group, with reads and a grid of its own. Up or lost is the device: when it
falls silent all its groups wait for its back-off, and whichever is due first then finds out. Samples of a tag keep their order
because a group has at most one poll outstanding and a tag is in one group. Not here: waiting and asking (`driver.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import structlog

from drivers.backoff import DEVICE_BACKOFF
from drivers.base import ConnectionLost, RefusedInput, ScanRate
from drivers.measuring import Columns, Measuring
from drivers.modbus.address import Block
from drivers.modbus.codec import Decoder
from drivers.modbus.config import Gaps, ModbusConnection, ModbusPoint
from drivers.modbus.cost import RoundTrips, cost_of
from drivers.modbus.fingerprint import Fingerprint, WrongDevice
from drivers.modbus.frame import EXCEPTION_MEANING, BadFrame
from drivers.modbus.plan import Limits, Read, span
from drivers.modbus.poll import Lesson, PollPlan
from drivers.rate import RateWindow, WorstWindow
from drivers.schedule import Schedule
from drivers.session import Session, read_at
from edge.model.errors import BadResponse, DeviceRefused, DeviceUnreachable, DriverError
from edge.model.moment import MINUTE, SECOND, Moment, Span
from edge.model.sample import Batch
from edge.model.tag import Device

log = structlog.get_logger()

#: The round trips measured by then are enough to plan with; later they are looked at again.
FIRST_ESTIMATE_AFTER: Span = 30 * SECOND
ESTIMATE_EVERY: Span = 5 * MINUTE
#: Causes kept for the engineer, of all that a device refuses.
REFUSED_SHOWN_MAX = 200
UNKNOWN_EXCEPTION = "a code of the device's own"


def limits_of(connection: ModbusConnection) -> Limits:
    """What the reads of a device keep to, as configured."""
    return Limits(
        connection.max_registers,
        connection.max_bits,
        cost_of(connection),
        bridges=connection.gaps is Gaps.READ,
        avoid=tuple(connection.unreadable),
    )


def groups_of(points: Sequence[ModbusPoint], connection: ModbusConnection) -> dict[Span, list[int]]:
    """Positions of the points by scan period, the shortest first."""
    groups: dict[Span, list[int]] = {}
    for position, point in enumerate(points):
        groups.setdefault(point.every_on(connection), []).append(position)
    return dict(sorted(groups.items()))


class ScanGroup:
    """The tags of a device that are read together."""

    def __init__(self, device: PolledDevice, plan: PollPlan, tags: int, schedule: Schedule) -> None:
        self.device = device
        self.plan = plan
        self.schedule = schedule
        self.rate = RateWindow(schedule.due)
        self.late = WorstWindow()
        self.overruns = 0
        #: What was missed while the device was lost is not ours.
        self.is_resuming = True
        self._tags = tags

    @property
    def due(self) -> Moment:
        return max(self.schedule.due, self.device.ask_at)

    def begin(self, now: Moment) -> list[Read]:
        self.late.note(now, now - self.due)
        return self.plan.due(now)

    def polled(self, now: Moment) -> None:
        self.rate.count(now)
        self.schedule, missed = self.schedule.after(now)
        if not self.is_resuming:
            self.overruns += missed
            self.device.counts["overruns"] += missed
        self.is_resuming = False
        self.device.polled(now)

    def figures(self, now: Moment) -> ScanRate:
        return ScanRate(
            device=self.device.session.device,
            every=self.schedule.every,
            tags=self._tags,
            configured=SECOND / self.schedule.every,
            achieved=self.rate.per_second(now),
            lag=self.late.worst(now),
            overruns=self.overruns,
        )


def next_of(groups: Sequence[ScanGroup], now: Moment, lost_asked_at: Moment) -> ScanGroup:
    """Which of those that are due is polled: of devices that are up the one that has been due longest. A lost one costs the
    others a time-out, so it goes before them only where it has been due for longer and none of them has waited for a lost one
    already. lost_asked_at: when the last poll of such a one ended."""
    due = [group for group in groups if group.due <= now]
    up = min((group for group in due if group.device.session.is_up), key=_due, default=None)
    lost = min((group for group in due if not group.device.session.is_up), key=_due, default=None)
    if up is None or lost is None:
        found = up or lost
        assert found is not None, "called when one is due"
        return found
    return lost if max(lost_asked_at, lost.due) < up.due else up


def _due(group: ScanGroup) -> Moment:
    return group.due


class PolledDevice:
    """What is asked of a device, what it said, and what has been learned of it. offsets: for each of its scan groups,
    the shortest period first, when its grid begins."""

    def __init__(self, device: Device, slots: Mapping[str, int], offsets: Iterator[Span], now: Moment) -> None:
        connection = connection_of(device)
        self._connection = connection
        self.unit = connection.unit_id
        self.timeout_s = connection.timeout / SECOND
        self.pause = connection.pause
        self.in_flight = 1 if connection.pause else connection.max_in_flight
        self.session = Session(device, slots)
        self.points = points_of(device)
        self.counts: Counter[str] = Counter()
        self.ask_at = now
        self.fingerprint = Fingerprint(connection)
        self._measuring = Measuring([tag.measure for tag in self.session.tags])
        self._backoff = DEVICE_BACKOFF
        self._decoders: dict[Read, tuple[Decoder, Columns]] = {}
        self._trips = RoundTrips()
        self._cost = cost_of(connection)
        self._estimate_at = now + FIRST_ESTIMATE_AFTER
        limits = limits_of(connection)
        self.groups = [
            ScanGroup(self, PollPlan(self.points, positions, limits), len(positions), Schedule(every, now + offset, now))
            for (every, positions), offset in zip(groups_of(self.points, connection).items(), offsets, strict=False)
        ]

    @property
    def retries(self) -> int:
        """How often a request without an answer is made again: never of a device that is lost anyway."""
        return self._connection.retries if self.session.is_up else 0

    def rates(self, now: Moment) -> tuple[float, float]:
        figures = [group.figures(now) for group in self.groups]
        return sum(each.configured for each in figures), sum(each.achieved for each in figures)

    def retrying(self, error: DriverError) -> None:
        self.counts[cause_of(error)] += 1
        self.counts["retries"] += 1

    def took(self, read: Read, round_trip: Span) -> None:
        """Several in flight wait for each other, which says nothing of what one costs."""
        if self.in_flight == 1:
            self._trips.note(read.count, round_trip, of_bits=read.table.holds_bits)

    def polled(self, now: Moment) -> None:
        self._backoff = self._backoff.succeeded()
        self.counts["polls"] += 1
        if now >= self._estimate_at:
            self._estimate_at = now + ESTIMATE_EVERY
            self._cost = self._trips.estimate(self._cost)
            replanned = sum(group.plan.cost_is(self._cost, now) for group in self.groups)
            if replanned:
                self.counts["replanned"] += replanned
                self._decoders.clear()

    def disconnected(self, error: ConnectionLost, now: Moment) -> Batch:
        """Stays due as it was: the connection alone is waited for."""
        self.counts["no_connection"] += 1
        return self._lost(error, now)

    def gone(self, error: DriverError, now: Moment) -> Batch:
        self._backoff = self._backoff.failed()
        self.ask_at = now + self._backoff.wait
        self.counts[cause_of(error)] += 1
        return self._lost(error, now)

    def answered(self, group: ScanGroup, read: Read, data: bytes, now: Moment) -> Batch:
        taught = group.plan.answered(read, now)
        if taught.is_mended:
            self._decoders.clear()
            log.info("point answers again", device=self.session.device, tag=self._names(read), register=str(read))
        for gap in taught.unreadable:
            self.counts["unreadable_gap"] += 1
            log.warning("registers between tags are refused", device=self.session.device, registers=_text(gap, read))
        known = self._decoders.get(read)
        if known is None:
            decoder = Decoder(read, self.points, self._connection)
            known = self._decoders[read] = (decoder, self._measuring.of(decoder.positions))
        decoder, columns = known
        decoded = decoder.decode(data)
        measured = columns.measure(decoded.raw, decoded.text)
        self.session.note(decoder.positions, measured)
        return read_at(now, self.session.slots[decoder.positions], measured)

    def refused(self, group: ScanGroup, read: Read, error: DeviceRefused, now: Moment) -> tuple[Batch, tuple[Read, ...]]:
        """What an exception comes to: samples, and reads to ask instead. Raises the error itself when the device is gone."""
        refused = group.plan.refused(read, error.code, now)
        if refused.lesson is Lesson.GONE:
            raise error
        self._decoders.clear()
        self.counts[cause_of(error)] += 1
        if refused.lesson is Lesson.PARKED:
            log.warning(
                "point refused",
                device=self.session.device,
                tag=self._names(read),
                register=str(read),
                code=error.code,
                meaning=EXCEPTION_MEANING.get(error.code, UNKNOWN_EXCEPTION),
            )
        if refused.lesson in (Lesson.PARKED, Lesson.STILL_BUSY):
            return self.session.bad(np.array(read.points, dtype=np.intp), now), ()
        return Batch.empty(), refused.instead

    def refused_inputs(self) -> list[RefusedInput]:
        """Points and gaps that the device refuses now; the first so many."""
        name, notation = self.session.device, self.points[0].address.notation
        found = []
        for group in self.groups:
            for position, parked in group.plan.parked.items():
                tag, address = self.session.tags[position].name, str(self.points[position].address)
                cause, meaning = f"exception_{parked.code}", EXCEPTION_MEANING.get(parked.code, UNKNOWN_EXCEPTION)
                found.append(RefusedInput(name, tag, address, cause, parked.times, meaning, parked.since))
            for gap, learned in group.plan.unreadable.items():
                registers = span(gap.table, gap.first, gap.last, notation)
                found.append(RefusedInput(name, "", registers, "unreadable_gap", learned.times, "", learned.since))
        return found[:REFUSED_SHOWN_MAX]

    def _lost(self, error: DriverError, now: Moment) -> Batch:
        for group in self.groups:
            group.is_resuming = True
        return self.session.lost(now, str(error))

    def _names(self, read: Read) -> str:
        return ", ".join(self.session.tags[position].name for position in read.points)


def cause_of(error: DriverError) -> str:
    """The word an error is counted under."""
    match error:
        case BadFrame():
            return str(error.fault)
        case WrongDevice():
            return "wrong_device"
        case DeviceRefused():
            return f"exception_{error.code}"
        case DeviceUnreachable():
            return "no_answer"
        case BadResponse():
            return "bad_response"
    return "failed"


def connection_of(device: Device) -> ModbusConnection:
    if not isinstance(device.connection, ModbusConnection):
        raise TypeError(f"{device.name}: connection is {type(device.connection).__name__}, expected ModbusConnection")
    return device.connection


def points_of(device: Device) -> list[ModbusPoint]:
    """Of the tags that are read, in their order."""
    return [_point(tag.point) for tag in device.tags if tag.point is not None]


def _point(point: object) -> ModbusPoint:
    if not isinstance(point, ModbusPoint):
        raise TypeError(f"point is {type(point).__name__}, expected ModbusPoint")
    return point


def _text(gap: Block, read: Read) -> str:
    return span(gap.table, gap.first, gap.last, read.notation)
