"""Hears the edge nodes behind one broker, for ever, and asks for births that are missing.

Not here: what a message does to a session (`node.py`), what it says about tags (`feed.py`), topics (`plan.py`); the connection,
which is the one of plain MQTT, behind `edge.ports.MqttLink`.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Hashable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Any

import structlog

from drivers.backoff import CONNECTION_BACKOFF
from drivers.base import ConnectionLost, Driver, Opening, RefusedInput, WriteAnswer, WriteEnd
from drivers.broker import BrokerConnection
from drivers.measuring import raw_of
from drivers.rate import RateWindow
from drivers.session import Session, losses_of
from drivers.sparkplug.codec import PAYLOAD_BYTES_MAX, Form, Malformed, Metric, Payload, Value, decode_payload, encode_payload
from drivers.sparkplug.config import SparkplugConnection
from drivers.sparkplug.feed import Feed
from drivers.sparkplug.metric import DataType, Refusal, known_type, lay_value
from drivers.sparkplug.node import Act, Effect, Kind, NodeSession, Said
from drivers.sparkplug.plan import BD_SEQ, REBIRTH, Node, filters_for, source_of, state_topic
from edge.model.errors import DeviceRefused, DeviceUnreachable, DriverError
from edge.model.moment import MILLISECOND, NEVER, Moment
from edge.model.sample import Batch
from edge.model.tag import Device
from edge.ports import MqttLink, MqttMessage, MqttWill

log = structlog.get_logger()

#: The word for a message that the broker had retained: births must not be (Sparkplug 3.0, 6.4), so it is of any age.
RETAINED = "retained"


def open_drivers(opening: Opening) -> Sequence[Driver]:
    """One driver for each broker and way to reach it. A device without tags has nothing to listen for."""
    shared: dict[Hashable, list[Device]] = defaultdict(list)
    for device in opening.devices:
        if any(tag.point is not None for tag in device.tags):
            shared[_way_of(_connection(device))].append(device)
    return [SparkplugDriver(devices, opening) for devices in shared.values()]


@dataclass(frozen=True, slots=True)
class _Heard:
    """A message from a node, read once, however long it waits for its turn."""

    topic: str
    payload: Payload


class SparkplugDriver:
    """The devices that share a connection to a broker."""

    def __init__(self, devices: Sequence[Device], opening: Opening) -> None:
        self._opening, self._first = opening, devices[0].name
        self._wanted = wanted = _connection(devices[0])
        self._name = f"sparkplug {wanted.host}:{wanted.port}"
        self._clock = opening.clock
        self._link: MqttLink | None = None
        self._filters = filters_for([_connection(device) for device in devices])
        self._feeds = [Feed(Session(device, opening.slots), _connection(device), _tell) for device in devices]
        self._fed: dict[tuple[Node, str | None], list[Feed]] = defaultdict(list)
        for feed in self._feeds:
            self._fed[feed.node, feed.device].append(feed)
        self._rates = {feed.session.device: RateWindow(opening.clock.now()) for feed in self._feeds}
        self._nodes = {node: self._node_session(node) for node in dict.fromkeys(feed.node for feed in self._feeds)}

    @property
    def name(self) -> str:
        return self._name

    def rates(self) -> Mapping[str, tuple[float, float]]:
        now = self._clock.now()
        return {device: (0.0, rate.per_second(now)) for device, rate in self._rates.items()}

    def counters(self) -> Mapping[tuple[str, str], int]:
        return {(feed.session.device, what): times for feed in self._feeds for what, times in feed.counts.items() if times}

    def losses(self) -> Mapping[str, str]:
        return losses_of(feed.session for feed in self._feeds)

    def refused_inputs(self) -> Sequence[RefusedInput]:
        return [refused for feed in self._feeds for refused in feed.refused.values()]

    async def batches(self) -> AsyncIterator[Batch]:
        backoff = CONNECTION_BACKOFF
        while True:
            reason = "the link ended"
            self._link = self._opened()
            try:
                async with aclosing(self._connected(self._link)) as arriving:
                    async for batch in arriving:
                        backoff = backoff.succeeded()
                        if len(batch):
                            yield batch
            except DriverError as error:
                reason = str(error)
            backoff = backoff.failed()
            lost = self._lost(reason)
            if len(lost):
                yield lost
            await self._clock.sleep_until(self._clock.now() + backoff.wait)

    # --- commands -------------------------------------------------------------------------------------------------

    async def write(self, tag: str, value: float | str) -> WriteAnswer:
        """By NCMD or DCMD, as the data type that the birth gave the metric. DONE: the command has left us."""
        found = self._found(tag)
        if found is None or self._link is None:
            return WriteAnswer(
                WriteEnd.REFUSED if found is None else WriteEnd.NOT_SENT, "no tag of this driver, or no connection"
            )
        feed, position = found
        name, born = feed.metric_at(position)
        if not feed.session.is_up or born is None:
            return WriteAnswer(WriteEnd.NOT_SENT, f"no birth of {name} is known")
        datatype = known_type(born)
        raw = value if isinstance(value, str) else raw_of(value, feed.session.tags[position].measure)
        laid = datatype if isinstance(datatype, Refusal) else lay_value(datatype, raw)
        if isinstance(laid, Refusal) or isinstance(datatype, Refusal):
            return WriteAnswer(WriteEnd.REFUSED, f"{name}, data type {born}: {laid}")
        feed.command_sent(position)
        return await self._command(feed.node, feed.device, name, datatype, laid)

    async def read_back(self, tag: str) -> float | str | None:
        """What the node has said since the command; it says so by itself, and cannot be asked."""
        found = self._found(tag)
        return None if found is None else found[0].since_command(found[1])

    def _found(self, tag: str) -> tuple[Feed, int] | None:
        places = ((feed, feed.position_of(tag)) for feed in self._feeds)
        return next(((feed, position) for feed, position in places if position is not None), None)

    async def _command(self, node: Node, device: str | None, name: str, datatype: DataType, value: Value) -> WriteAnswer:
        ms = self._clock.now() // MILLISECOND
        metric = Metric(name=name, timestamp=ms, datatype=datatype, value=value)
        topic = node.topic("NCMD" if device is None else "DCMD", device)
        if self._link is None:
            return WriteAnswer(WriteEnd.NOT_SENT, "no connection")
        try:
            # Commands have QoS 0 and are not retained (Sparkplug 3.0, 6.4.10).
            await self._link.publish(topic, encode_payload(Payload(ms, (metric,))), 0, retain=False)
        except ConnectionLost as error:
            return WriteAnswer(WriteEnd.NOT_SENT, str(error))
        except DeviceRefused as error:
            return WriteAnswer(WriteEnd.REFUSED, str(error))
        except DeviceUnreachable as error:
            return WriteAnswer(WriteEnd.UNKNOWN, str(error))
        return WriteAnswer(WriteEnd.DONE)

    # --- a connection ---------------------------------------------------------------------------------------------

    def _opened(self) -> MqttLink:
        """Anew for each connection: a primary host says at each when it came (Sparkplug 3.0, 6.4.26)."""
        wanted, host_id = self._wanted, self._wanted.host_id
        will = None if host_id is None else _state(host_id, self._clock.now())
        access = wanted.access(self._first, self._opening.secret, will)
        return self._opening.links.mqtt(wanted.host, wanted.port, replace(access, payload_bytes_max=PAYLOAD_BYTES_MAX))

    async def _connected(self, link: MqttLink) -> AsyncGenerator[Batch, None]:
        """What comes over one connection. Its first batch may be empty: the subscriptions stand."""
        async with aclosing(link.messages(self._filters)) as arriving:
            await anext(arriving)
            yield await self._all_due([effect for node in self._nodes for effect in self._begin(node)])
            news = asyncio.ensure_future(anext(arriving))
            try:
                while True:
                    await self._until_due(news)
                    messages: Sequence[MqttMessage] = ()
                    if news.done():
                        messages = news.result()
                        news = asyncio.ensure_future(anext(arriving))
                    yield await self._heard(messages)
            finally:
                news.cancel()
                with suppress(asyncio.CancelledError, DriverError, StopAsyncIteration):
                    await news

    async def _until_due(self, news: asyncio.Future[Sequence[MqttMessage]]) -> None:
        """Until messages have come, or it is time for something."""
        due = min(session.next_due for session in self._nodes.values())
        if due == NEVER:
            await asyncio.wait({news})
            return
        timer = asyncio.ensure_future(self._clock.sleep_until(due))
        waited_for: set[asyncio.Future[Any]] = {news, timer}
        try:
            await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()

    def _begin(self, node: Node) -> Sequence[tuple[Node, Effect[_Heard]]]:
        return [(node, effect) for effect in self._nodes[node].connected(self._clock.now())]

    async def _heard(self, messages: Sequence[MqttMessage]) -> Batch:
        effects = [effect for message in messages for effect in self._take_in(message)]
        now = self._clock.now()
        effects += [(node, effect) for node, session in self._nodes.items() for effect in session.due(now)]
        return await self._all_due(effects)

    async def _all_due(self, effects: Sequence[tuple[Node, Effect[_Heard]]]) -> Batch:
        batches = [self._come_to(node, effect) for node, effect in effects]
        for node in dict.fromkeys(node for node, effect in effects if effect.act is Act.ASK_BIRTH):
            self._count(node, None, "rebirth_asked")
            asked = await self._command(node, None, REBIRTH, DataType.BOOLEAN, Value(Form.BOOLEAN, True))
            if asked.end is not WriteEnd.DONE:
                log.warning("a birth could not be asked for", node=node.topic("NCMD"), reason=asked.detail)
        return Batch.join(batches)

    # --- messages -------------------------------------------------------------------------------------------------

    def _take_in(self, message: MqttMessage) -> Sequence[tuple[Node, Effect[_Heard]]]:
        source = source_of(message.topic)
        if source is None or source.node not in self._nodes:
            return ()
        for feed in self._fed_by(source.node, source.device):
            feed.counts["messages"] += 1
            self._rates[feed.session.device].count(message.received_time)
        if message.retained:
            self._count(source.node, source.device, RETAINED)
            return ()
        payload = decode_payload(message.payload)
        if isinstance(payload, Malformed):
            for feed in self._fed_by(source.node, source.device) or self._fed_by(source.node, None):
                feed.refuse(payload, message.topic, message.received_time, message.payload[:100].hex())
            effects = self._nodes[source.node].unreadable(source.kind, message.received_time)
            return [(source.node, effect) for effect in effects]
        said = Said(source.kind, source.device, payload.seq, _bd_seq(source.kind, payload), _Heard(message.topic, payload))
        return [(source.node, effect) for effect in self._nodes[source.node].hear(said, message.received_time)]

    def _come_to(self, node: Node, effect: Effect[_Heard]) -> Batch:
        """What an effect on a node's session is for the tags."""
        now = self._clock.now()
        feeds = self._fed_by(node, effect.device)
        if effect.cause is not None:
            self._count(node, effect.device, effect.cause)
        if effect.act is Act.LOST:
            return Batch.join([feed.session.lost(now, effect.reason) for feed in feeds])
        if effect.act is Act.DOUBT:
            return Batch.join([feed.doubt(now) for feed in self._feeds if feed.node == node])
        if effect.said is None or effect.act is Act.LEFT_OUT:
            return Batch.empty()
        heard = effect.said.body
        if effect.act is Act.DATA:
            if all(feed.fits(heard.payload) for feed in feeds):
                return Batch.join([feed.take(heard.payload, heard.topic, now) for feed in feeds])
            self._nodes[node].misunderstood(now)
            return Batch.join([feed.take_misfit(heard.payload, heard.topic, now) for feed in feeds])
        return Batch.join([feed.take_birth(heard.payload, heard.topic, now) for feed in feeds])

    def _lost(self, reason: str) -> Batch:
        self._link = None
        for session in self._nodes.values():
            session.disconnected()
        for feed in self._feeds:
            feed.counts["no_connection"] += 1
        return Batch.join([feed.session.lost(self._clock.now(), reason) for feed in self._feeds])

    def _fed_by(self, node: Node, device: str | None) -> Sequence[Feed]:
        return self._fed.get((node, device), ())

    def _count(self, node: Node, device: str | None, what: str) -> None:
        """Under the device's own name; what concerns a node counts for all that hang on it."""
        for feed in self._feeds:
            if feed.node == node and device in (None, feed.device):
                feed.counts[str(what)] += 1

    def _node_session(self, node: Node) -> NodeSession[_Heard]:
        devices = dict.fromkeys(feed.device for feed in self._feeds if feed.node == node and feed.device is not None)
        wanted = self._wanted
        return NodeSession(devices, reorder=wanted.reorder, birth_within=wanted.birth_within, may_ask=wanted.rebirth)


def _bd_seq(kind: Kind, payload: Payload) -> int | None:
    if kind not in (Kind.NBIRTH, Kind.NDEATH):
        return None
    found = next((metric.value for metric in payload.metrics if metric.name == BD_SEQ), None)
    return found.raw if found is not None and isinstance(found.raw, int) else None


def _state(host_id: str, now: Moment) -> MqttWill:
    words = [json.dumps({"online": online, "timestamp": now // MILLISECOND}).encode() for online in (True, False)]
    return MqttWill(state_topic(host_id), words[0], words[1], 1)


def _tell(first: RefusedInput) -> None:
    log.warning("metric refused", device=first.device, tag=first.tag, topic=first.source, cause=first.cause, said=first.first)


def _way_of(connection: SparkplugConnection) -> Hashable:
    """Equal for connections that may be one."""
    shared = [name for name in BrokerConnection.model_fields if name != "host"]
    own = ("host_id", "rebirth", "reorder", "birth_within")
    return (connection.host.lower(), *(getattr(connection, name) for name in (*shared, *own)))


def _connection(device: Device) -> SparkplugConnection:
    if not isinstance(device.connection, SparkplugConnection):
        raise TypeError(f"{device.name}: connection is {type(device.connection).__name__}, expected SparkplugConnection")
    return device.connection
