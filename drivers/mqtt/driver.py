"""Listens to one broker for all its devices, for ever.

A device is up while our subscriptions stand, unless its own word (`availability`, often its last will) is that it is offline;
whether it says anything is for stale rules to judge. A message is acknowledged to the broker when all that came of it is
durable: the ticket of its batch does that. When the connection is lost, all its devices are lost, and it is made anew after
0.5 s, then after ever longer, up to 10 s. Not here: payloads (`decode.py`), topics (`plan.py`), sockets (`link.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Hashable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import structlog

from drivers.backoff import CONNECTION_BACKOFF
from drivers.base import ConnectionLost, Driver, Opening, RefusedInput, WriteAnswer, WriteEnd
from drivers.measuring import raw_of
from drivers.mqtt.codec import Refusal, as_value, parse_payload, payload_as_text
from drivers.mqtt.command import payload_of
from drivers.mqtt.config import MqttConnection, MqttPoint, ValueType, Will
from drivers.mqtt.decode import Decoder
from drivers.mqtt.path import find
from drivers.mqtt.plan import Listener, Watch, plan_subscriptions
from drivers.mqtt.presence import Presence
from drivers.rate import RateWindow
from drivers.session import Session, losses_of
from edge.model.errors import DeviceRefused, DriverError
from edge.model.moment import SECOND
from edge.model.sample import Batch, Mark, Quality
from edge.model.tag import Device
from edge.ports import MqttAccess, MqttMessage, MqttWill

log = structlog.get_logger()


def open_drivers(opening: Opening) -> Sequence[Driver]:
    """One driver for each broker and way to reach it. A device without tags has nothing to listen for."""
    shared: dict[Hashable, list[Device]] = {}
    for device in opening.devices:
        if any(tag.point is not None for tag in device.tags):
            shared.setdefault(_way_of(_connection(device)), []).append(device)
    _warn_of_twins(list(shared.values()))
    return [MqttDriver(devices, opening) for devices in shared.values()]


class MqttDriver:
    """The devices that share a connection to a broker."""

    def __init__(self, devices: Sequence[Device], opening: Opening) -> None:
        wanted = _connection(devices[0])
        self._name = f"mqtt {wanted.host}:{wanted.port}"
        self._clock = opening.clock
        self._link = opening.links.mqtt(wanted.host, wanted.port, _access(devices[0], opening))
        self._sessions = [Session(device, opening.slots) for device in devices]
        listeners = [
            Listener(device.name, _connection(device), [_point(tag.point) for tag in session.tags])
            for device, session in zip(devices, self._sessions, strict=True)
        ]
        self._plan = plan_subscriptions(listeners)
        self._decoder = Decoder(listeners, self._sessions, self._plan, _tell)
        self._speakers = {topic: {feed.device for feed in feeds} for topic, feeds in self._plan.feeds.items()}
        self._rates = [RateWindow(opening.clock.now()) for _ in devices]
        self._counts: list[Counter[str]] = self._decoder.counts
        self._presence = Presence(watch.device for watches in self._plan.watches.values() for watch in watches)
        self._place_of = {
            tag.name: (listener, position, session.tags[position].measure, int(session.slots[position]))
            for listener, session in zip(listeners, self._sessions, strict=True)
            for position, tag in enumerate(session.tags)
        }
        #: What tags that were written have said since, by slot; None: nothing.
        self._said_since: dict[int, float | str | None] = {}

    @property
    def name(self) -> str:
        return self._name

    def rates(self) -> Mapping[str, tuple[float, float]]:
        now = self._clock.now()
        pairs = zip(self._sessions, self._rates, strict=True)
        return {session.device: (0.0, rate.per_second(now)) for session, rate in pairs}

    def counters(self) -> Mapping[tuple[str, str], int]:
        pairs = zip(self._sessions, self._counts, strict=True)
        return {(session.device, what): times for session, counts in pairs for what, times in counts.items()}

    def losses(self) -> Mapping[str, str]:
        return losses_of(self._sessions)

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return self._decoder.refused()

    async def batches(self) -> AsyncIterator[Batch]:
        backoff = CONNECTION_BACKOFF
        while True:
            reason = "the link ended"
            try:
                async with aclosing(self._link.messages(self._plan.filters)) as arriving:
                    async for messages in arriving:
                        if messages:
                            batch = self._heard(messages)
                            self._note_said(batch)
                        else:
                            backoff = backoff.succeeded()
                            batch = self._up()
                        ticket = self._link.ticket()
                        if ticket is not None:
                            # Also of messages of which nothing is used: acknowledgements keep the order of the messages.
                            batch = replace(batch, tickets=(ticket,))
                        if len(batch) or ticket is not None:
                            yield batch
            except DriverError as error:
                reason = str(error)
            backoff = backoff.failed()
            lost = Batch.join([session.lost(self._clock.now(), reason) for session in self._sessions])
            for counts in self._counts:
                counts["no_connection"] += 1
            if len(lost):
                yield lost
            await self._clock.sleep_until(self._clock.now() + backoff.wait)

    async def write(self, tag: str, value: float | str) -> WriteAnswer:
        """DONE: the broker has the command; with QoS 0: it has left us."""
        listener, position, measure, slot = self._place_of[tag]
        point = listener.points[position]
        if point.write is None:
            return WriteAnswer(WriteEnd.REFUSED, "no command is configured for it")
        payload = payload_of(point, point.write, value if isinstance(value, str) or point.is_switch else raw_of(value, measure))
        if payload is None:
            return WriteAnswer(WriteEnd.REFUSED, f"{value} is no {point.type}")
        # Before it is sent: the device may be faster than the broker's answer to us.
        self._said_since[slot] = None
        topic = listener.topic_of(point.write.topic)
        try:
            await self._link.publish(topic, payload, point.write.qos, retain=point.write.retain)
        except ConnectionLost as error:
            return WriteAnswer(WriteEnd.NOT_SENT, str(error))
        except DeviceRefused as error:
            return WriteAnswer(WriteEnd.REFUSED, str(error))
        except DriverError as error:
            return WriteAnswer(WriteEnd.UNKNOWN, str(error))
        return WriteAnswer(WriteEnd.DONE)

    async def read_back(self, tag: str) -> float | str | None:
        """What the device has said since the command; it says so by itself, and cannot be asked."""
        return self._said_since.get(self._place_of[tag][3])

    def _note_said(self, batch: Batch) -> None:
        """What the broker retained may be older than the command."""
        if not self._said_since:
            return
        is_news = (batch.quality == Quality.GOOD) & (batch.mark & Mark.INITIAL == 0)
        for slot in self._said_since:
            for row in np.flatnonzero(is_news & (batch.slot == slot)).tolist():
                self._said_since[slot] = batch.text.get(row, float(batch.value[row]))

    def _up(self) -> Batch:
        now = self._clock.now()
        self._presence.connected()
        here = [session for number, session in enumerate(self._sessions) if not self._presence.is_offline(number)]
        return Batch.join([session.up(now) for session in here])

    def _heard(self, messages: Sequence[MqttMessage]) -> Batch:
        for message in messages:
            for number in self._speakers.get(message.topic, ()):
                self._rates[number].count(message.received_time)
                self._counts[number]["messages"] += 1
        if not self._plan.watches:
            return self._decoder.decode(messages, self._presence)
        parts: list[Batch] = []
        begun = 0
        for number, message in enumerate(messages):
            for watch in self._plan.watches.get(message.topic, ()):
                parts.append(self._decoder.decode(messages[begun:number], self._presence))
                parts.append(self._present(watch, message))
                begun = number
        return Batch.join([*parts, self._decoder.decode(messages[begun:], self._presence)])

    def _present(self, watch: Watch, message: MqttMessage) -> Batch:
        """What a device's own word about its presence comes to."""
        session, words = self._sessions[watch.device], watch.words
        said = _word(message, watch)
        if said == words.online:
            waited = self._presence.said(watch.device, is_online=True)
            up = session.up(message.received_time)
            return Batch.join([up, self._decoder.decode_of(watch.device, waited, message.received_time)])
        if said == words.offline:
            self._presence.said(watch.device, is_online=False)
            return session.lost(message.received_time, f"{message.topic} says {words.offline}")
        self._decoder.count_refusal(Refusal.NOT_A_STATUS, message, watch.device)
        return Batch.empty()


def _word(message: MqttMessage, watch: Watch) -> str | None:
    document = parse_payload(message.payload)
    if isinstance(document, Refusal):
        return None
    if not watch.words.path.steps:
        return payload_as_text(document)
    said = as_value(find(document.value, watch.words.path), ValueType.TEXT)
    return said if isinstance(said, str) else None


def _tell(first: RefusedInput) -> None:
    if first.cause == Refusal.UNKNOWN_DEVICE:
        log.warning("message of a device that is not configured", name=first.device, topic=first.source, payload=first.first)
    else:
        log.warning("payload refused", tag=first.tag, topic=first.source, cause=first.cause, payload=first.first)


def _way_of(connection: MqttConnection) -> Hashable:
    """Equal for connections that may be one."""
    shared = ("port", "version", "tls", "username", "password", "client_id", "keepalive", "will", "session", "share")
    return (connection.host.lower(), *(getattr(connection, name) for name in shared))


def _warn_of_twins(groups: Sequence[Sequence[Device]]) -> None:
    """Two connections of one client id throw each other out, for ever."""
    first: dict[tuple[str, int, str], str] = {}
    for devices in groups:
        wanted = _connection(devices[0])
        if wanted.client_id is not None:
            twin = first.setdefault((wanted.host.lower(), wanted.port, wanted.client_id), devices[0].name)
            if twin != devices[0].name:
                log.error(
                    "two connections have one client_id and will throw each other out; make them alike, or give each its own",
                    client_id=wanted.client_id,
                    devices=[twin, devices[0].name],
                )


def _access(device: Device, opening: Opening) -> MqttAccess:
    wanted = _connection(device)
    access = wanted.access(device.name, opening.secret, None if wanted.will is None else _will(wanted.will))
    return replace(access, session_s=wanted.session // SECOND)


def _will(will: Will) -> MqttWill:
    return MqttWill(will.topic, will.online.encode(), will.offline.encode(), will.qos)


def _connection(device: Device) -> MqttConnection:
    if not isinstance(device.connection, MqttConnection):
        raise TypeError(f"{device.name}: connection is {type(device.connection).__name__}, expected MqttConnection")
    return device.connection


def _point(point: object) -> MqttPoint:
    if not isinstance(point, MqttPoint):
        raise TypeError(f"point is {type(point).__name__}, expected MqttPoint")
    return point
