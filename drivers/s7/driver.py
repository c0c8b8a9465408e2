"""Polls the devices in the memory of one S7 CPU, for ever.

Theory of operation. One connection, requests in turn: take the device that has been due longest, read it, yield what it said.

    no connection can be made       all devices are lost; tried again after 0.5 s, then up to 10 s
    silence, a cut, nonsense        all devices are lost, because they are one CPU; the same
    the CPU is in STOP              all devices are lost: what its memory says is old
    a return code of the CPU        see `poll.py`; the CPU is there

Writes go over the same link, which takes requests in turn. Not here: bytes (`codec.py`), which reads (`plan.py`, `poll.py`),
when (`drivers/schedule.py`), sockets (`link.py`).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping, Sequence

import numpy as np
import structlog

from drivers.backoff import CONNECTION_BACKOFF, Backoff
from drivers.base import ConnectionLost, Driver, Opening, RefusedInput, ScanRate, WriteAnswer, WriteEnd
from drivers.measuring import Measuring, raw_of
from drivers.s7.codec import Decoder, DoesNotFit, encode
from drivers.s7.config import S7Connection, S7Point
from drivers.s7.layout import PointType
from drivers.s7.plan import Read, plan_reads
from drivers.s7.poll import PollPlan
from drivers.scan_watch import ScanWatch
from drivers.schedule import Schedule
from drivers.session import Session, losses_of, read_at
from edge.model.errors import DeviceRefused, DeviceUnreachable, DriverError
from edge.model.moment import SECOND, Moment
from edge.model.sample import Batch, Quality
from edge.model.tag import Device
from edge.ports import Clock, S7Link

log = structlog.get_logger()

#: How often a CPU is asked whether it runs that has never told; one that tells is asked with each poll.
STATE_EVERY = 5 * SECOND
#: Requests beyond the plan that one poll may spend on finding out what a CPU refuses; the rest is for the next.
LEARNING_MAX = 32
#: What is refused beyond is counted, but not kept.
REFUSED_MAX = 1_000
#: Codes of an item by which a CPU has written nothing: access, address, type, block; 0 is ours, for one too long to be sent.
#: After any other (a hardware fault) nobody knows. What is beyond one byte refuses the request as a whole.
NOTHING_CHANGED = frozenset({0x00, 0x03, 0x05, 0x06, 0x07, 0x0A})
ITEM_CODE_MAX = 0xFF
IN_STOP = "the CPU is in STOP"

#: host, port, rack, slot and kind: what devices must have in common to share a connection.
_Cpu = tuple[str, int, int, int, int]


def open_drivers(opening: Opening) -> Sequence[Driver]:
    """One driver for each CPU. A device without tags has nothing that could be asked."""
    behind: dict[_Cpu, list[Device]] = {}
    for device in opening.devices:
        if any(tag.point is not None for tag in device.tags):
            to = _connection(device)
            behind.setdefault((to.host.lower(), to.port, to.rack, to.slot, to.kind.code), []).append(device)
    return [S7Driver(cpu, devices, opening) for cpu, devices in behind.items()]


class S7Driver:
    """The devices of one CPU; each on its own schedule, spread over its period."""

    def __init__(self, cpu: _Cpu, devices: Sequence[Device], opening: Opening) -> None:
        host, port, rack, slot, kind = cpu
        self._name = f"s7 {host}:{port} rack {rack} slot {slot}"
        self._clock: Clock = opening.clock
        timeout = max(_connection(device).timeout for device in devices)
        self._link: S7Link = opening.links.s7(host, port, rack=rack, slot=slot, kind=kind, timeout_s=timeout / SECOND)
        now = self._clock.now()
        self._devices = [
            _PolledDevice(device, opening.slots, Schedule.spread(now, _connection(device).every, number, len(devices)))
            for number, device in enumerate(devices)
        ]
        self._of_tag = {tag.name: (each, at) for each in self._devices for at, tag in enumerate(each.session.tags)}
        self._watched = any(_connection(device).watch_cpu for device in devices)
        self._state_due = now
        self._tells_state = False
        self._backoff: Backoff = CONNECTION_BACKOFF
        self._connect_at = now

    @property
    def name(self) -> str:
        return self._name

    def rates(self) -> Mapping[str, tuple[float, float]]:
        now = self._clock.now()
        figures = [each.scan.figures(now) for each in self._devices]
        return {each.device: (each.configured, each.achieved) for each in figures}

    def scans(self) -> Sequence[ScanRate]:
        now = self._clock.now()
        return [each.scan.figures(now) for each in self._devices]

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {(each.session.device, what): times for each in self._devices for what, times in each.counts.items()}

    def losses(self) -> Mapping[str, str]:
        return losses_of(each.session for each in self._devices)

    def refused_inputs(self) -> Sequence[RefusedInput]:
        """The points that the CPU refuses to read, or refused once."""
        return [refused for each in self._devices for refused in each.refusals.values()]

    def refused_tags(self) -> Mapping[str, RefusedInput]:
        return {
            refused.tag: refused
            for each in self._devices
            for (position, _), refused in each.refusals.items()
            if each.plan.is_parked(position)
        }

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
        came: list[Batch] = []
        try:
            if await self._stands_still():
                return self._lost("in_stop", IN_STOP)
            await _read_all(device, self._link, self._clock, came)
        except ConnectionLost as error:
            return Batch.join([*came, self._lost("no_connection", str(error))])
        except DeviceUnreachable as error:
            return Batch.join([*came, self._lost("no_answer", str(error))])
        except DriverError as error:
            return Batch.join([*came, self._lost("bad_response", str(error))])
        device.polled(self._clock.now())
        self._backoff = self._backoff.succeeded()
        return Batch.join(came)

    async def _stands_still(self) -> bool:
        """Whether the CPU says that it does not run; of one that has never told since the last loss, asked once in so long."""
        now = self._clock.now()
        if not self._watched or now < self._state_due:
            return False
        runs = await self._link.runs()
        self._tells_state = self._tells_state or runs is not None
        if not self._tells_state:
            self._state_due = now + STATE_EVERY
        return runs is False

    def _lost(self, what: str, reason: str) -> Batch:
        now = self._clock.now()
        self._backoff = self._backoff.failed()
        self._connect_at = now + self._backoff.wait
        self._state_due = now
        self._tells_state = False
        return Batch.join([each.lost(what, reason, now) for each in self._devices])

    async def write(self, tag: str, value: float | str) -> WriteAnswer:
        device, position = self._of_tag[tag]
        point = device.points[position]
        try:
            measure = device.session.tags[position].measure
            data = encode(value if isinstance(value, str) else raw_of(value, measure), point)
        except DoesNotFit as error:
            return WriteAnswer(WriteEnd.REFUSED, str(error))
        address = point.address
        try:
            if point.kind is PointType.BOOL:
                await self._link.write_bit(address.area, address.block, address.byte, address.bit or 0, bool(data[0]))
            else:
                await self._link.write(address.area, address.block, address.byte, data)
        except ConnectionLost as error:
            return WriteAnswer(WriteEnd.NOT_SENT, str(error))
        except DeviceRefused as error:
            nothing_changed = error.code in NOTHING_CHANGED or error.code > ITEM_CODE_MAX
            return WriteAnswer(WriteEnd.REFUSED if nothing_changed else WriteEnd.UNKNOWN, str(error))
        except DriverError as error:
            return WriteAnswer(WriteEnd.UNKNOWN, str(error))
        return WriteAnswer(WriteEnd.DONE)

    async def read_back(self, tag: str) -> float | str | None:
        device, position = self._of_tag[tag]
        (read,) = plan_reads(device.points, [position], bytes_max=device.points[position].width)
        try:
            return device.value_of(read, await self._link.read(read.area, read.block, read.start, read.count))
        except DriverError:
            return None


class _PolledDevice:
    """One device: what is asked of it, what it said, and when it is due."""

    def __init__(self, device: Device, slots: Mapping[str, int], schedule: Schedule) -> None:
        connection = _connection(device)
        self.session = Session(device, slots)
        self.points = [_point(tag.point) for tag in self.session.tags]
        self._measuring = Measuring([tag.measure for tag in self.session.tags])
        self.plan = PollPlan(self.points, bytes_max=connection.max_bytes)
        self.scan = ScanWatch(device.name, connection.every, len(self.points), schedule.due)
        self.counts: Counter[str] = Counter()
        #: By position and cause.
        self.refusals: dict[tuple[int, str], RefusedInput] = {}
        self._schedule = schedule
        self._decoders: dict[Read, Decoder] = {}
        self._was_up = False

    @property
    def due(self) -> Moment:
        return self._schedule.due

    def begin(self, now: Moment) -> deque[Read]:
        self._was_up = self.session.is_up
        if self._was_up:
            self.scan.begun(now, self.due)
        return deque(self.plan.due(now))

    def polled(self, now: Moment) -> None:
        self.counts["polls"] += 1
        self._schedule, missed = self._schedule.after(now)
        missed = missed if self._was_up else 0
        self.scan.ended(now, missed)
        self.counts["overruns"] += missed

    def lost(self, what: str, reason: str, now: Moment) -> Batch:
        """Stays due as it was: the connection alone is waited for."""
        self.counts[what] += 1
        return self.session.lost(now, reason)

    def answered(self, read: Read, data: bytes, now: Moment) -> Batch:
        if self.plan.answered(read):
            self._decoders.clear()
            log.info("point answers again", device=self.session.device, tag=self._names(read), place=str(read))
        decoder = self._decoders.get(read)
        if decoder is None:
            decoder = self._decoders[read] = Decoder(read, self.points)
        decoded = decoder.decode(data)
        measured = self._measuring.measure(decoder.positions, decoded.raw, decoded.text)
        self.session.note(decoder.positions, measured)
        return read_at(now, self.session.slots[decoder.positions], measured)

    def value_of(self, read: Read, data: bytes) -> float | str | None:
        """What one point is by these bytes; None when that is no measurement."""
        decoded = Decoder(read, self.points).decode(data)
        measured = self._measuring.measure(np.array(read.points, dtype=np.intp), decoded.raw, decoded.text)
        if measured.quality[0] != Quality.GOOD:
            return None
        return decoded.text.get(0, float(measured.value[0]))

    def refused(self, read: Read, error: DeviceRefused, now: Moment) -> tuple[Batch, tuple[Read, ...]]:
        """What a return code comes to: samples, and reads to ask instead."""
        known = len(read.points) == 1 and self.plan.is_parked(read.points[0])
        instead = self.plan.refused(read, now)
        self._decoders.clear()
        self.counts[cause := f"code_{error.code:#04x}"] += 1
        if instead:
            return Batch.empty(), instead
        self._keep_refusal(read.points[0], cause, str(error), now)
        if not known:
            log.warning("point refused", device=self.session.device, tag=self._names(read), place=str(read), why=str(error))
        return self.unknown(read, now), ()

    def unknown(self, read: Read, now: Moment) -> Batch:
        """Nobody knows what its points are."""
        return self.session.bad(np.array(read.points, dtype=np.intp), now)

    def _keep_refusal(self, position: int, cause: str, said: str, now: Moment) -> None:
        known = self.refusals.get((position, cause))
        if known is not None:
            self.refusals[position, cause] = known.again()
        elif len(self.refusals) < REFUSED_MAX:
            tag, address = self.session.tags[position].name, str(self.points[position].address)
            self.refusals[position, cause] = RefusedInput(self.session.device, tag, address, cause, 1, said, now)

    def _names(self, read: Read) -> str:
        return ", ".join(self.session.tags[position].name for position in read.points)


async def _read_all(device: _PolledDevice, link: S7Link, clock: Clock, came: list[Batch]) -> None:
    """Ask all that is due of a device; `came` gets what it says, also when this raises half-way."""
    reads = device.begin(clock.now())
    learning = LEARNING_MAX
    while reads:
        read = reads.popleft()
        instead: tuple[Read, ...] = ()
        try:
            data = await link.read(read.area, read.block, read.start, read.count)
            now = clock.now()
            said = device.answered(read, data, now)
        except DeviceRefused as error:
            now = clock.now()
            said, instead = device.refused(read, error, now)
        came += [device.session.up(now), said]
        if learning > 0:
            learning -= len(instead)
            reads.extendleft(reversed(instead))
        else:
            came += [device.unknown(part, now) for part in instead]


def _connection(device: Device) -> S7Connection:
    if not isinstance(device.connection, S7Connection):
        raise TypeError(f"{device.name}: connection is {type(device.connection).__name__}, expected S7Connection")
    return device.connection


def _point(point: object) -> S7Point:
    if not isinstance(point, S7Point):
        raise TypeError(f"point is {type(point).__name__}, expected S7Point")
    return point
