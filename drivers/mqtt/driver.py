"""Listens to one broker for all its devices, for ever.

A device is up while our subscriptions stand; whether it says anything is for stale rules to judge. When the connection is lost,
all its devices are lost, and it is made anew after 0.5 s, then after ever longer, up to 10 s. A payload that is refused never
becomes a value: the tags that expected one are BAD with their last value until the next good payload. Not here: payloads
(`codec.py`), topics (`plan.py`), sockets (`link.py`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
import structlog

from drivers.backoff import CONNECTION_BACKOFF
from drivers.base import Driver, Opening
from drivers.measuring import Measuring
from drivers.mqtt.codec import Document, Reading, Refusal, parse_payload, read_point
from drivers.mqtt.config import MqttConnection, MqttPoint
from drivers.mqtt.plan import Feed, plan_subscriptions
from drivers.rate import RateWindow
from drivers.session import Session
from edge.model.errors import DriverError
from edge.model.sample import Batch, Mark, Quality, Sample
from edge.model.tag import Device
from edge.ports import MqttMessage

log = structlog.get_logger()

#: How much of the first refused payload of a kind is kept for the engineer.
REFUSED_BYTES_KEPT = 200


@dataclass(frozen=True, slots=True)
class RefusedPayload:
    """times: how many payloads of a topic were refused for one cause; first: the beginning of the first of them."""

    times: int
    first: bytes


def open_drivers(opening: Opening) -> Sequence[Driver]:
    """One driver for each broker, user and client id. A device without tags has nothing to listen for."""
    shared: dict[tuple[str, int, str | None, str | None, str | None], list[Device]] = {}
    for device in opening.devices:
        if any(tag.point is not None for tag in device.tags):
            wanted = _connection(device)
            key = (wanted.host.lower(), wanted.port, wanted.username, wanted.password, wanted.client_id)
            shared.setdefault(key, []).append(device)
    return [MqttDriver(devices, opening) for devices in shared.values()]


class MqttDriver:
    """The devices that share a connection to a broker: same host, port, user and client id."""

    def __init__(self, devices: Sequence[Device], opening: Opening) -> None:
        wanted = _connection(devices[0])
        self._name = f"mqtt {wanted.host}:{wanted.port}"
        self._clock = opening.clock
        self._link = opening.links.mqtt(
            wanted.host,
            wanted.port,
            client_id=wanted.client_id or f"andon-{devices[0].name}",
            username=wanted.username,
            password=None if wanted.password is None else opening.secret(wanted.password),
        )
        self._windows = [_connection(device).window for device in devices]
        self._sessions = [Session(device, opening.slots) for device in devices]
        self._first_of = list(accumulate((len(session.tags) for session in self._sessions), initial=0))
        self._measuring = Measuring([tag.measure for session in self._sessions for tag in session.tags])
        self._plan = plan_subscriptions(
            [
                (_connection(device), [_point(tag.point) for tag in session.tags])
                for device, session in zip(devices, self._sessions, strict=True)
            ]
        )
        self._rates = [RateWindow(opening.clock.now()) for _ in devices]
        self._counts: list[Counter[str]] = [Counter() for _ in devices]
        self._refused: dict[tuple[str, Refusal], RefusedPayload] = {}

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

    def refused(self) -> Mapping[tuple[str, Refusal], RefusedPayload]:
        """By topic and cause. Bounded: topics are those of the configuration."""
        return self._refused

    async def batches(self) -> AsyncIterator[Batch]:
        backoff = CONNECTION_BACKOFF
        while True:
            reason = "the link ended"
            try:
                async with aclosing(self._link.messages(self._plan.filters)) as arriving:
                    async for messages in arriving:
                        if messages:
                            batch = self._decode(messages)
                        else:
                            backoff = backoff.succeeded()
                            batch = Batch.join([session.up(self._clock.now()) for session in self._sessions])
                        if len(batch):
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

    def _decode(self, messages: Sequence[MqttMessage]) -> Batch:
        samples: list[Sample] = []
        fed: list[Feed] = []
        for message in messages:
            feeds = self._plan.feeds.get(message.topic, ())
            for number in {feed.device for feed in feeds}:
                self._rates[number].count(message.received_time)
                self._counts[number]["messages"] += 1
            parsed = parse_payload(message.payload)
            samples += [self._sample(feed, parsed, message) for feed in feeds]
            fed += feeds
        return self._measured(Batch.of(samples), fed)

    def _measured(self, batch: Batch, fed: Sequence[Feed]) -> Batch:
        """Raw numbers into values. A tag without one (NaN) is BAD with its last value."""
        positions = np.array([self._first_of[feed.device] + feed.position for feed in fed], dtype=np.intp)
        measured = self._measuring.measure(positions, batch.value)
        refused = batch.quality == Quality.BAD
        for row, feed in enumerate(fed):
            session = self._sessions[feed.device]
            if refused[row]:
                measured.value[row] = session.last_of(feed.position)
            elif measured.quality[row] == Quality.GOOD:
                session.note_one(feed.position, float(measured.value[row]))
        mark = np.where(refused, batch.mark, batch.mark | measured.mark)
        return replace(batch, value=measured.value, quality=measured.quality, mark=mark)

    def _sample(self, feed: Feed, parsed: Document | Refusal, message: MqttMessage) -> Sample:
        session, now = self._sessions[feed.device], message.received_time
        slot = int(session.slots[feed.position])
        initial = Mark.INITIAL if message.retained else Mark.NONE
        window = self._windows[feed.device]
        match parsed if isinstance(parsed, Refusal) else read_point(parsed, feed.point, window, now):
            case Reading(value, source_time, mark):
                return Sample(slot, value, Quality.GOOD, source_time, now, mark | initial)
            case Refusal() as cause:
                self._count_refusal(cause, feed, message)
                mark = Mark.RECEIVED_TIME_USED | initial
                return Sample(slot, math.nan, Quality.BAD, now, now, mark)

    def _count_refusal(self, cause: Refusal, feed: Feed, message: MqttMessage) -> None:
        session = self._sessions[feed.device]
        self._counts[feed.device][str(cause)] += 1
        known = self._refused.get((message.topic, cause))
        if known is None:
            known = RefusedPayload(0, message.payload[:REFUSED_BYTES_KEPT])
            tag = session.tags[feed.position].name
            log.warning("payload refused", tag=tag, topic=message.topic, cause=str(cause), payload=repr(known.first))
        self._refused[message.topic, cause] = RefusedPayload(known.times + 1, known.first)


def _connection(device: Device) -> MqttConnection:
    if not isinstance(device.connection, MqttConnection):
        raise TypeError(f"{device.name}: connection is {type(device.connection).__name__}, expected MqttConnection")
    return device.connection


def _point(point: object) -> MqttPoint:
    if not isinstance(point, MqttPoint):
        raise TypeError(f"point is {type(point).__name__}, expected MqttPoint")
    return point
