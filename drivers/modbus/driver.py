"""Polls all Modbus devices behind one host and port, for ever.

Theory of operation. One connection, requests in turn, so one loop: take the device that has been due longest, read it, yield
what it said. What fails decides who is affected:

    no connection can be made            all devices are lost; the connection is tried again after 0.5 s, then up to 10 s
    silence, a cut, a bad frame,         this device is lost; it is asked again after 1 s, then ever more rarely, up to 1 min;
    exception 10 or 11                   so it costs the others at most one time-out each back-off
    any other exception                  see `poll.py`; the device is there

Not here: bytes (`codec.py`), which reads (`plan.py`, `poll.py`), when (`schedule.py`), sockets (`link.py`).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping, Sequence

import numpy as np
import structlog

from drivers.backoff import CONNECTION_BACKOFF, DEVICE_BACKOFF, Backoff
from drivers.base import ConnectionLost, Driver, Opening, RefusedInput
from drivers.measuring import Measuring
from drivers.modbus.codec import Decoder
from drivers.modbus.config import ModbusConnection, ModbusPoint
from drivers.modbus.frame import EXCEPTION_MEANING, BadFrame
from drivers.modbus.plan import Read
from drivers.modbus.poll import Lesson, PollPlan
from drivers.modbus.schedule import Schedule
from drivers.rate import RateWindow
from drivers.read_only import ReadOnly
from drivers.session import Session, read_at
from edge.model.errors import BadResponse, DeviceRefused, DeviceUnreachable, DriverError
from edge.model.moment import SECOND, Moment
from edge.model.sample import Batch
from edge.model.tag import Device
from edge.ports import Clock, ModbusLink

log = structlog.get_logger()


def open_drivers(opening: Opening) -> Sequence[Driver]:
    """One driver for each host and port. A device without tags has nothing that could be asked."""
    behind: dict[tuple[str, int], list[Device]] = {}
    for device in opening.devices:
        if any(tag.point is not None for tag in device.tags):
            connection = _connection(device)
            behind.setdefault((connection.host.lower(), connection.port), []).append(device)
    return [ModbusDriver(host, port, devices, opening) for (host, port), devices in behind.items()]


class ModbusDriver(ReadOnly):
    """The devices behind one connection; each on its own schedule, spread over its period."""

    def __init__(self, host: str, port: int, devices: Sequence[Device], opening: Opening) -> None:
        self._name = f"modbus {host}:{port}"
        self._clock = opening.clock
        timeout = max(_connection(device).timeout for device in devices)
        self._link = opening.links.modbus(host, port, timeout_s=timeout / SECOND)
        now = self._clock.now()
        self._devices = [
            _PolledDevice(device, opening.slots, Schedule.spread(now, _connection(device).every, number, len(devices)))
            for number, device in enumerate(devices)
        ]
        self._connection_backoff = CONNECTION_BACKOFF
        self._connect_at = now

    @property
    def name(self) -> str:
        return self._name

    def rates(self) -> Mapping[str, tuple[float, float]]:
        now = self._clock.now()
        return {each.session.device: (each.configured_rate, each.rate.per_second(now)) for each in self._devices}

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {(each.session.device, what): times for each in self._devices for what, times in each.counts.items()}

    def refused_inputs(self) -> Sequence[RefusedInput]:
        """Always empty: an answer is asked for and checked as a whole, and what is wrong with it is counted."""
        return ()

    async def batches(self) -> AsyncIterator[Batch]:
        try:
            while True:
                device = min(self._devices, key=lambda each: each.due)
                await self._clock.sleep_until(max(device.due, self._connect_at))
                batch = await self._poll(device)
                if len(batch):
                    yield batch
        finally:
            await self._link.close()

    async def _poll(self, device: _PolledDevice) -> Batch:
        """One poll of one device, as one batch of what it came to."""
        came: list[Batch] = []
        try:
            await _read_all(device, self._link, self._clock, came)
        except ConnectionLost as error:
            self._connection_backoff = self._connection_backoff.failed()
            now = self._clock.now()
            self._connect_at = now + self._connection_backoff.wait
            return Batch.join([*came, *(each.disconnected(error, now) for each in self._devices)])
        except DriverError as error:
            came.append(device.gone(error, self._clock.now()))
        else:
            device.polled(self._clock.now())
        self._connection_backoff = self._connection_backoff.succeeded()
        return Batch.join(came)


class _PolledDevice:
    """One device: what is asked of it, what it said, and when it is due."""

    def __init__(self, device: Device, slots: Mapping[str, int], schedule: Schedule) -> None:
        connection = _connection(device)
        self._connection = connection
        self.unit = connection.unit_id
        self.pause = connection.pause
        self.session = Session(device, slots)
        self.points = [_point(tag.point) for tag in self.session.tags]
        self._measuring = Measuring([tag.measure for tag in self.session.tags])
        self.plan = PollPlan(self.points, registers_max=connection.max_registers, bits_max=connection.max_bits)
        self.configured_rate = SECOND / connection.every
        self.rate = RateWindow(schedule.due)
        self.counts: Counter[str] = Counter()
        self._schedule = schedule
        self._backoff: Backoff = DEVICE_BACKOFF
        self._decoders: dict[Read, Decoder] = {}
        self._was_up = False

    @property
    def due(self) -> Moment:
        return self._schedule.due

    def begin(self, now: Moment) -> deque[Read]:
        self._was_up = self.session.is_up
        return deque(self.plan.due(now))

    def polled(self, now: Moment) -> None:
        self._backoff = self._backoff.succeeded()
        self.counts["polls"] += 1
        self.rate.count(now)
        self._schedule, missed = self._schedule.after(now)
        if self._was_up:
            self.counts["overruns"] += missed

    def disconnected(self, error: ConnectionLost, now: Moment) -> Batch:
        """Stays due as it was: the connection alone is waited for."""
        self.counts["no_connection"] += 1
        return self.session.lost(now, str(error))

    def gone(self, error: DriverError, now: Moment) -> Batch:
        self._backoff = self._backoff.failed()
        self._schedule = self._schedule.postponed(now + self._backoff.wait)
        self.counts[_cause(error)] += 1
        return self.session.lost(now, str(error))

    def answered(self, read: Read, data: bytes, now: Moment) -> Batch:
        if self.plan.answered(read):
            self._decoders.clear()
            log.info("point answers again", device=self.session.device, tag=self._names(read), register=str(read))
        decoder = self._decoders.get(read)
        if decoder is None:
            decoder = self._decoders[read] = Decoder(read, self.points, self._connection)
        decoded = decoder.decode(data)
        measured = self._measuring.measure(decoder.positions, decoded.raw, decoded.text)
        self.session.note(decoder.positions, measured)
        return read_at(now, self.session.slots[decoder.positions], measured)

    def refused(self, read: Read, error: DeviceRefused, now: Moment) -> tuple[Batch, tuple[Read, ...]]:
        """What an exception comes to: samples, and reads to ask instead. Raises the error itself when the device is gone."""
        refused = self.plan.refused(read, error.code, now)
        if refused.lesson is Lesson.GONE:
            raise error
        self._decoders.clear()
        self.counts[_cause(error)] += 1
        if refused.lesson is Lesson.PARKED:
            log.warning(
                "point refused",
                device=self.session.device,
                tag=self._names(read),
                register=str(read),
                code=error.code,
                meaning=EXCEPTION_MEANING.get(error.code, "a code of the device's own"),
            )
        if refused.lesson in (Lesson.PARKED, Lesson.STILL_BUSY):
            return self.session.bad(np.array(read.points, dtype=np.intp), now), ()
        return Batch.empty(), refused.instead

    def _names(self, read: Read) -> str:
        return ", ".join(self.session.tags[position].name for position in read.points)


async def _read_all(device: _PolledDevice, link: ModbusLink, clock: Clock, came: list[Batch]) -> None:
    """Ask all that is due of a device; `came` gets what it says, also when this raises half-way."""
    reads = device.begin(clock.now())
    while reads:
        read = reads.popleft()
        instead: tuple[Read, ...] = ()
        try:
            data = await link.read(device.unit, read.table.function, read.address, read.count)
            now = clock.now()
            said = device.answered(read, data, now)
        except DeviceRefused as error:
            now = clock.now()
            said, instead = device.refused(read, error, now)
        came += [device.session.up(now), said]
        reads.extendleft(reversed(instead))
        if device.pause:
            await clock.sleep_until(now + device.pause)


def _cause(error: DriverError) -> str:
    """The word an error is counted under."""
    match error:
        case BadFrame():
            return str(error.fault)
        case DeviceRefused():
            return f"exception_{error.code}"
        case DeviceUnreachable():
            return "no_answer"
        case BadResponse():
            return "bad_response"
    return "failed"


def _connection(device: Device) -> ModbusConnection:
    if not isinstance(device.connection, ModbusConnection):
        raise TypeError(f"{device.name}: connection is {type(device.connection).__name__}, expected ModbusConnection")
    return device.connection


def _point(point: object) -> ModbusPoint:
    if not isinstance(point, ModbusPoint):
        raise TypeError(f"point is {type(point).__name__}, expected ModbusPoint")
    return point
