"""Keeps one session with a server for all devices behind it, for ever.

Theory of operation. A session is made, names and paths are looked up in it, values are subscribed to (or read in their
rhythms), and alarms are asked for. From then on what comes becomes samples. A device is up while the session stands. When it is
lost, all is made anew after 0.5 s, then after ever longer, up to 10 s: a server may have other numbers for its namespaces and
nodes after its restart, so nothing is kept but the configuration.

A node that the server has not, or will not show, makes its tags bad, with the reason; the others go on. It is looked for again
with the next session. Not here: values and alarms (`heard.py`), what is asked together (`plan.py`), sockets (`link.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Hashable, Mapping, Sequence
from itertools import chain

import numpy as np
import structlog

from drivers.backoff import CONNECTION_BACKOFF
from drivers.base import Driver, Opening, RefusedInput, ScanRate, WriteAnswer, WriteEnd
from drivers.measuring import Measuring, raw_of
from drivers.opcua.address import Step
from drivers.opcua.codec import decode, encode
from drivers.opcua.config import Mode, OpcUaConnection, OpcUaPoint, Protection, Security
from drivers.opcua.heard import UNKNOWN_NAMESPACE, Ear, Hearing
from drivers.opcua.plan import batched, by_rhythm, next_due, plan_values
from drivers.opcua.status import NOBODY_KNOWS, Status, meaning_of, quality_of, status_of, word_of
from drivers.rate import RateWindow
from drivers.scan_watch import ScanWatch
from drivers.session import Session, losses_of
from edge.model.errors import DriverError
from edge.model.moment import MILLISECOND, SECOND, Moment, Span
from edge.model.sample import Batch, Quality, Sample
from edge.model.tag import Device
from edge.ports import OpcUaAccess, OpcUaChange, OpcUaCondition, OpcUaNotice, OpcUaRefreshed, OpcUaSecurity

log = structlog.get_logger()


def open_drivers(opening: Opening) -> Sequence[Driver]:
    """One driver for each server and way to reach it. A device without tags has nothing to ask for."""
    shared: dict[Hashable, list[Device]] = {}
    for device in opening.devices:
        if any(tag.point is not None for tag in device.tags):
            shared.setdefault(_way_of(_connection(device)), []).append(device)
    return [OpcUaDriver(devices, opening) for devices in shared.values()]


class OpcUaDriver:
    """The devices that share a session."""

    def __init__(self, devices: Sequence[Device], opening: Opening) -> None:
        wanted = _connection(devices[0])
        self._name = f"opcua {wanted.url}"
        self._clock = opening.clock
        self._max_nodes = wanted.max_nodes
        self._mode = wanted.mode
        self._keepalive = wanted.keepalive
        self._link = opening.links.opcua(_access(wanted, opening))
        now = self._clock.now()
        self._ears = [_ear(device, opening.slots, now) for device in devices]
        self._hearing = Hearing(self._ears, _tell)
        self._wanted = plan_values([(ear.connection, ear.points) for ear in self._ears])
        #: By tag name: its device and position; the number of the value that it shows.
        self._place_of = {tag.name: (ear, position) for ear in self._ears for position, tag in enumerate(ear.session.tags)}
        self._number_of = {
            self._ears[place.device].session.tags[place.position].name: number
            for number, each in enumerate(self._wanted)
            for place in each.places
        }
        #: By number of a value wanted: the node that it is in this session.
        self._nodes: dict[int, str] = {}
        self._rhythms = by_rhythm(self._wanted)
        self._scans = {ear.session.device: _scan_of(ear, now) for ear in self._ears if self._mode is Mode.READ}
        self._is_up = False

    @property
    def name(self) -> str:
        return self._name

    def rates(self) -> Mapping[str, tuple[float, float]]:
        now = self._clock.now()
        return {ear.session.device: (self._configured(ear), ear.rate.per_second(now)) for ear in self._ears}

    def scans(self) -> Sequence[ScanRate]:
        """Of what is read. How often a server tells of changes is its own."""
        now = self._clock.now()
        return [scan.figures(now) for scan in self._scans.values()]

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {(ear.session.device, what): times for ear in self._ears for what, times in ear.counts.items()}

    def losses(self) -> Mapping[str, str]:
        return losses_of(ear.session for ear in self._ears)

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return self._hearing.refused()

    def refused_tags(self) -> Mapping[str, RefusedInput]:
        return self._hearing.refused_tags()

    async def batches(self) -> AsyncIterator[Batch]:
        backoff = CONNECTION_BACKOFF
        try:
            while True:
                try:
                    yield await self._begin()
                    backoff = backoff.succeeded()
                    async for batch in self._listen():
                        yield batch
                except DriverError as error:
                    reason = str(error)
                self._is_up = False
                backoff = backoff.failed()
                if len(lost := self._lost(reason)):
                    yield lost
                await self._clock.sleep_until(self._clock.now() + backoff.wait)
        finally:
            await self._link.close()

    # --- a session ------------------------------------------------------------------------------------------------

    async def _begin(self) -> Batch:
        """Make a session, look up what is wanted, subscribe."""
        namespaces = await self._link.connect()
        self._hearing.begin()
        astray = await self._look_up(namespaces)
        now = self._clock.now()
        if self._mode is Mode.SUBSCRIBE:
            for every, numbers in self._rhythms.items():
                astray |= await self._subscribe(every, [number for number in numbers if number in self._nodes])
        if self._hearing.alarms and not await self._link.listen():
            for ear in self._ears:
                ear.counts["no_refresh"] += 1
            log.warning("server does not tell which alarms stand; each is unknown until it changes", server=self._name)
        self._is_up = True
        bad = [self._hearing.missing(self._wanted[number], cause, now) for number, cause in sorted(astray.items())]
        return Batch.join([*(ear.session.up(now) for ear in self._ears), Batch.of(chain.from_iterable(bad))])

    async def _look_up(self, namespaces: Sequence[str]) -> dict[int, str]:
        """Finds the nodes of this session. Numbers of the values whose node is not there, and the cause."""
        self._nodes = {}
        astray: dict[int, str] = {}
        ways: list[tuple[int, tuple[Step, ...]]] = []
        for number, each in enumerate(self._wanted):
            place = each.place_in(namespaces)
            if place is None:
                astray[number] = UNKNOWN_NAMESPACE
            elif isinstance(place, str):
                self._nodes[number] = place
            else:
                ways.append((number, place))
        for some in batched(ways, self._max_nodes):
            for (number, _), found in zip(some, await self._link.resolve([way for _, way in some]), strict=True):
                if isinstance(found, str):
                    self._nodes[number] = found
                else:
                    astray[number] = word_of(found)
        return astray

    async def _subscribe(self, every: Span, numbers: Sequence[int]) -> dict[int, str]:
        """As `_look_up`: what the server does not show."""
        astray: dict[int, str] = {}
        for some in batched(numbers, self._max_nodes):
            items = [self._wanted[number].item(number, self._nodes[number]) for number in some]
            for number, code in zip(some, await self._link.subscribe(every / MILLISECOND, items), strict=True):
                if quality_of(code) is Quality.BAD:
                    astray[number] = word_of(code)
        return astray

    async def _listen(self) -> AsyncIterator[Batch]:
        """Raises DriverError when the session is lost."""
        due = dict.fromkeys(self._rhythms, self._clock.now()) if self._mode is Mode.READ else {}
        while not due:
            if len(batch := self._heard(await self._link.notices(wait=True))):
                yield batch
        while True:
            every = min(due, key=lambda each: due[each])
            while (now := self._clock.now()) + self._keepalive < due[every]:
                # A long rhythm of reading is none for alarms, nor for a session that is lost meanwhile.
                await self._clock.sleep_until(now + self._keepalive)
                if len(batch := self._heard(await self._link.notices(wait=False))):
                    yield batch
            await self._clock.sleep_until(due[every])
            told = self._heard(await self._link.notices(wait=False))
            began, asked = due[every], [ear for ear in self._ears if ear.connection.every == every]
            for ear in asked:
                self._scans[ear.session.device].begun(self._clock.now(), began)
            read = await self._read([number for number in self._rhythms[every] if number in self._nodes])
            due[every], missed = next_due(began, every, self._clock.now())
            for ear in asked:
                self._scans[ear.session.device].ended(self._clock.now(), missed)
                ear.counts["overruns"] += missed
            if len(batch := Batch.join([told, read])):
                yield batch

    async def _read(self, numbers: Sequence[int]) -> Batch:
        samples: list[Sample] = []
        for some in batched(numbers, self._max_nodes):
            values = await self._link.read([self._nodes[number] for number in some])
            for number, value in zip(some, values, strict=True):
                samples += self._hearing.value(self._wanted[number], value)
        return Batch.of(samples)

    def _heard(self, notices: Sequence[OpcUaNotice]) -> Batch:
        samples: list[Sample] = []
        for notice in notices:
            match notice:
                case OpcUaChange(number, value):
                    samples += self._hearing.value(self._wanted[number], value)
                case OpcUaCondition():
                    samples += self._hearing.happened(notice)
                case OpcUaRefreshed(received_time):
                    samples += self._hearing.refreshed(received_time)
        return Batch.of(samples)

    def _lost(self, reason: str) -> Batch:
        for ear in self._ears:
            ear.counts["no_connection"] += 1
        return Batch.join([ear.session.lost(self._clock.now(), reason) for ear in self._ears])

    def _configured(self, ear: Ear) -> float:
        """Nobody knows how often a server tells of changes."""
        values = sum(point.alarm is None for point in ear.points)
        return values * SECOND / ear.connection.every if self._mode is Mode.READ else 0.0

    # --- the way back ---------------------------------------------------------------------------------------------

    async def write(self, tag: str, value: float | str) -> WriteAnswer:
        """See `drivers.base.Driver`. The value leaves as the built-in type that the server says the node has."""
        ear, position = self._place_of[tag]
        point = ear.points[position]
        if point.alarm is not None or point.index is not None:
            return WriteAnswer(WriteEnd.REFUSED, "an alarm, or one element of an array, takes no writes")
        if (node := self._node_of(tag)) is None:
            return WriteAnswer(WriteEnd.NOT_SENT, "no session, or the node is not there")
        try:
            kind = await self._link.kind_of(node)
        except DriverError as error:
            return WriteAnswer(WriteEnd.NOT_SENT, str(error))
        raw = value if isinstance(value, str) else raw_of(value, ear.session.tags[position].measure)
        encoded = encode(raw, kind)
        if encoded is None:
            return WriteAnswer(WriteEnd.REFUSED, f"{value} is no value of the node's type (built-in type {kind})")
        try:
            return _answer(await self._link.write(node, kind, encoded))
        except DriverError as error:
            return WriteAnswer(WriteEnd.UNKNOWN, str(error))

    async def read_back(self, tag: str) -> float | str | None:
        ear, position = self._place_of[tag]
        node = self._node_of(tag)
        if node is None:
            return None
        try:
            (came,) = await self._link.read([node])
        except DriverError:
            return None
        decoded = decode(came, ear.points[position])
        if decoded.quality is not Quality.GOOD:
            return None
        if decoded.text is not None:
            return decoded.text
        measured = ear.measuring.measure(np.array([position], dtype=np.intp), np.array([decoded.raw]))
        return float(measured.value[0]) if measured.quality[0] == Quality.GOOD else None

    async def acknowledge(self, tag: str, comment: str) -> WriteAnswer:
        """See `drivers.base.TakesAcknowledgements`."""
        ear, position = self._place_of[tag]
        name = ear.points[position].alarm
        said = None if name is None else self._hearing.condition(name)
        if said is None or not self._is_up:
            return WriteAnswer(WriteEnd.NOT_SENT, "no session, or the server has not told of this alarm in it")
        if said.acknowledged is None:
            return WriteAnswer(WriteEnd.REFUSED, "the server's alarm takes no acknowledgement")
        if said.acknowledged:
            return WriteAnswer(WriteEnd.DONE, "acknowledged at the device already")
        try:
            return _answer(await self._link.acknowledge(said.node, said.event_id, comment))
        except DriverError as error:
            return WriteAnswer(WriteEnd.UNKNOWN, str(error))

    def _node_of(self, tag: str) -> str | None:
        """None: there is no session, or the tag is no value of a node that is in it."""
        number = self._number_of.get(tag)
        return self._nodes.get(number) if self._is_up and number is not None else None


def _answer(code: int) -> WriteAnswer:
    if status_of(code) is Status.BAD_CONDITION_BRANCH_ALREADY_ACKED:
        return WriteAnswer(WriteEnd.DONE, "acknowledged at the device already")
    if status_of(code) in NOBODY_KNOWS or quality_of(code) is Quality.UNCERTAIN:
        return WriteAnswer(WriteEnd.UNKNOWN, meaning_of(code).render("en"))
    if quality_of(code) is Quality.GOOD:
        return WriteAnswer(WriteEnd.DONE)
    return WriteAnswer(WriteEnd.REFUSED, meaning_of(code).render("en"))


def _tell(first: RefusedInput) -> None:
    log.warning("value refused", tag=first.tag, node=first.source, cause=first.cause, value=first.first)


def _ear(device: Device, slots: Mapping[str, int], now: Moment) -> Ear:
    session = Session(device, slots)
    measuring = Measuring([tag.measure for tag in session.tags])
    points = [_point(tag.point) for tag in session.tags]
    return Ear(_connection(device), points, session, measuring, RateWindow(now), Counter())


def _scan_of(ear: Ear, now: Moment) -> ScanWatch:
    tags = sum(point.alarm is None for point in ear.points)
    return ScanWatch(ear.session.device, ear.connection.every, tags, now)


def _way_of(connection: OpcUaConnection) -> Hashable:
    """Equal for connections that may be one."""
    shared = ("mode", "security", "username", "password", "plain_password", "user", "timeout", "keepalive", "max_nodes")
    return (connection.url, *(getattr(connection, name) for name in shared))


def _access(wanted: OpcUaConnection, opening: Opening) -> OpcUaAccess:
    return OpcUaAccess(
        url=wanted.url,
        security=None if wanted.security is None else _security(wanted.security),
        username=wanted.username,
        password=None if wanted.password is None else opening.secret(wanted.password),
        plain_password=wanted.plain_password,
        user_cert=None if wanted.user is None else wanted.user.cert,
        user_key=None if wanted.user is None else wanted.user.key.kept_in[1],
        timeout_s=wanted.timeout / SECOND,
        keepalive_s=wanted.keepalive / SECOND,
    )


def _security(security: Security) -> OpcUaSecurity:
    return OpcUaSecurity(
        policy=str(security.policy),
        sign_only=security.mode is Protection.SIGN,
        cert=security.cert,
        key=security.key.kept_in[1],
        server_cert=security.server_cert,
        trusted=security.trusted,
    )


def _connection(device: Device) -> OpcUaConnection:
    if not isinstance(device.connection, OpcUaConnection):
        raise TypeError(f"{device.name}: connection is {type(device.connection).__name__}, expected OpcUaConnection")
    return device.connection


def _point(point: object) -> OpcUaPoint:
    if not isinstance(point, OpcUaPoint):
        raise TypeError(f"point is {type(point).__name__}, expected OpcUaPoint")
    return point
