"""Polls all Modbus devices behind one host and port or on one serial line, for ever.

Theory of operation. One connection, so one loop: take the scan group that has been due longest, read it, yield what it said.
Where a device allows several requests in flight, those of one poll go out together and are taken in the order in which they
were asked. What fails decides who is affected:

    no connection can be made            all devices are lost; the connection is tried again after 0.5 s, then up to 10 s
    silence, a cut, a bad frame,         this device is lost; it is asked again after 1 s, then ever more rarely, up to 1 min;
    exception 10 or 11                   so it costs the others at most one time-out each back-off, and none of them waits
                                         for two lost ones (`scan.next_of`)
    any other exception                  see `poll.py`; the device is there

Not here: bytes (`codec.py`), which reads (`plan.py`, `poll.py`), when (`schedule.py`, `scan.py`), sockets (`link.py`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import replace

from drivers.backoff import CONNECTION_BACKOFF
from drivers.base import ConnectionLost, Driver, Opening, RefusedInput, ScanRate, WriteAnswer
from drivers.modbus.plan import Read
from drivers.modbus.scan import PolledDevice, ScanGroup, connection_of, groups_of, limits_of, next_of, points_of
from drivers.modbus.writing import Writing
from drivers.schedule import offsets
from drivers.session import losses_of
from edge.model.errors import BadResponse, DeviceRefused, DeviceUnreachable, DriverError
from edge.model.moment import SECOND
from edge.model.sample import Batch
from edge.model.tag import Device
from edge.ports import Clock, ModbusAccess, ModbusLink

#: Requests beyond the plan that one poll may spend on finding out what a device refuses; the rest is for the next.
LEARNING_MAX = 32


def open_drivers(opening: Opening) -> Sequence[Driver]:
    """One driver for each connection. A device without tags has nothing that could be asked."""
    behind: dict[tuple[tuple[str, int], ModbusAccess], list[Device]] = {}
    for device in opening.devices:
        if any(tag.point is not None for tag in device.tags):
            connection = connection_of(device)
            # How many requests are in flight is each device's own.
            behind.setdefault((connection.place, replace(connection.access, max_in_flight=1)), []).append(device)
    return [ModbusDriver(devices, opening, phase=(number, len(behind))) for number, devices in enumerate(behind.values())]


class ModbusDriver:
    """The devices behind one connection; each scan group on its own schedule, spread over its period. phase: which of how many
    connections this is."""

    def __init__(self, devices: Sequence[Device], opening: Opening, *, phase: tuple[int, int]) -> None:
        first = connection_of(devices[0])
        self._name = f"modbus {first.where}"
        self._clock = opening.clock
        timeout = max(connection_of(device).timeout for device in devices)
        access = replace(
            first.access,
            max_in_flight=max(connection_of(device).max_in_flight for device in devices),
            may_spare=all(limits_of(connection_of(device)).may_spare for device in devices),
        )
        self._link = opening.links.modbus(*first.place, access, timeout_s=timeout / SECOND)
        self._writing = Writing(devices, self._link, self._clock)
        now = self._clock.now()
        periods = [every for device in devices for every in groups_of(points_of(device), connection_of(device))]
        starts = iter(offsets(periods, *phase))
        self._devices = [PolledDevice(device, opening.slots, starts, now) for device in devices]
        self._groups = [group for device in self._devices for group in device.groups]
        self._connection_backoff = CONNECTION_BACKOFF
        self._connect_at = now
        self._lost_asked_at = now

    @property
    def name(self) -> str:
        return self._name

    def rates(self) -> Mapping[str, tuple[float, float]]:
        now = self._clock.now()
        return {each.session.device: each.rates(now) for each in self._devices}

    def scans(self) -> Sequence[ScanRate]:
        now = self._clock.now()
        return [group.figures(now) for group in self._groups]

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {(each.session.device, what): times for each in self._devices for what, times in each.counts.items()}

    def losses(self) -> Mapping[str, str]:
        return losses_of(each.session for each in self._devices)

    def refused_inputs(self) -> Sequence[RefusedInput]:
        """Points and gaps between them that devices refuse now."""
        return [refused for each in self._devices for refused in each.refused_inputs()]

    def refused_tags(self) -> Mapping[str, RefusedInput]:
        return {refused.tag: refused for refused in self.refused_inputs() if refused.tag}

    async def write(self, tag: str, value: float | str) -> WriteAnswer:
        return await self._writing.write(tag, value)

    async def read_back(self, tag: str) -> float | str | None:
        return await self._writing.read_back(tag)

    async def batches(self) -> AsyncIterator[Batch]:
        try:
            while True:
                await self._clock.sleep_until(max(min(group.due for group in self._groups), self._connect_at))
                group = next_of(self._groups, self._clock.now(), self._lost_asked_at)
                is_lost = not group.device.session.is_up
                batch = await self._poll(group)
                if is_lost:
                    self._lost_asked_at = self._clock.now()
                if len(batch):
                    yield batch
        finally:
            await self._link.close()

    async def _poll(self, group: ScanGroup) -> Batch:
        """One poll of one scan group, as one batch of what it came to."""
        came: list[Batch] = []
        try:
            await _read_all(group, self._link, self._clock, came)
        except ConnectionLost as error:
            self._connection_backoff = self._connection_backoff.failed()
            now = self._clock.now()
            self._connect_at = now + self._connection_backoff.wait
            return Batch.join([*came, *(each.disconnected(error, now) for each in self._devices)])
        except DriverError as error:
            came.append(group.device.gone(error, self._clock.now()))
        else:
            group.polled(self._clock.now())
        self._connection_backoff = self._connection_backoff.succeeded()
        return Batch.join(came)


async def _read_all(group: ScanGroup, link: ModbusLink, clock: Clock, came: list[Batch]) -> None:
    """Ask all that is due of a scan group; `came` gets what it says, also when this raises half-way."""
    device = group.device
    await _recognise(device, link, clock)
    reads = deque(group.begin(clock.now()))
    learning = LEARNING_MAX
    flying: deque[tuple[Read, Awaitable[bytes]]] = deque()
    try:
        while reads or flying:
            while reads and len(flying) < device.in_flight:
                read = reads.popleft()
                asking = _ask(device, read, link, clock)
                flying.append((read, asking if device.in_flight == 1 else asyncio.ensure_future(asking)))
            read, answer = flying.popleft()
            try:
                data = await answer
            except DeviceRefused as error:
                now = clock.now()
                said, instead = device.refused(group, read, error, now)
                if instead and learning > 0:
                    learning -= len(instead)
                    reads.extendleft(reversed(instead))
            else:
                now = clock.now()
                # It may have come over a new connection, from another device.
                await _recognise(device, link, clock)
                said = device.answered(group, read, data, now)
            came += [device.session.up(now), said]
            if device.pause:
                await clock.sleep_until(now + device.pause)
    finally:
        await _abandon([answer for _, answer in flying])


async def _recognise(device: PolledDevice, link: ModbusLink, clock: Clock) -> None:
    """Raises WrongDevice, and what `link.read` raises."""
    signs = device.fingerprint.due(clock.now(), link.connections, is_up=device.session.is_up)
    for sign in signs:
        device.fingerprint.check(sign, await _ask(device, sign.read, link, clock))
    if signs:
        device.fingerprint.checked(clock.now(), link.connections)


async def _ask(device: PolledDevice, read: Read, link: ModbusLink, clock: Clock) -> bytes:
    """One read, made again as often as the device's configuration says when no answer comes that counts."""
    left = device.retries
    while True:
        asked_at = clock.now()
        try:
            data = await link.read(device.unit, read.table.function, read.address, read.count, timeout_s=device.timeout_s)
        except (ConnectionLost, DeviceRefused):
            raise
        except (DeviceUnreachable, BadResponse) as error:
            if not left:
                raise
            left -= 1
            device.retrying(error)
        else:
            device.took(read, clock.now() - asked_at)
            return data


async def _abandon(flying: Sequence[Awaitable[bytes]]) -> None:
    """What is still on its way after a failure: the connection ends with it."""
    tasks = [each for each in flying if isinstance(each, asyncio.Future)]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
