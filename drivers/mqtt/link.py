"""MQTT over a socket: the only file of this driver that knows aiomqtt.

Theory of operation. aiomqtt owns the connection, and paho below it speaks the protocol. Between paho and its socket stands
`_Intake`: it reads all that has come at once, keeps the publications for us (`frames.py`), and gives paho the rest. An
acknowledgement (PUBACK of QoS 1, PUBCOMP of QoS 2) is sent when the ticket of its messages is called, in the order in which
they came (MQTT 3.1.1, 4.6), and never by paho itself. How many messages may wait for it is the broker's setting in 3.1.1
(mosquitto: 20), and in MQTT 5 ours, `RECEIVE_MAXIMUM`.

Not here: connecting again after a loss, and what a loss means for the tags (`driver.py`); which words a failure is told in
(`trouble.py`).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, cast

import aiomqtt
import paho.mqtt.client as paho
from aiomqtt.exceptions import MqttCodeError, MqttConnectError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from drivers.base import ConnectionLost
from drivers.heeding import heeding
from drivers.mqtt import trouble
from drivers.mqtt.frames import Frames
from drivers.mqtt.tls import tls_context
from drivers.mqtt.trouble import BrokerRefused, BrokerUnreachable
from edge.config.text.finding import Phrase
from edge.model.errors import DeviceUnreachable
from edge.ports import Clock, MqttAccess, MqttMessage, MqttWill

ANSWER_TIMEOUT_S = 5.0
#: How long we wait for the broker to take our farewell.
FAREWELL_TIMEOUT_S = 1.0
#: What may wait for us. A gateway that falls behind further gives the connection up: then every tag is shown as bad until it
#: has a new value, where dropped messages would leave old values shown as good.
WAITING_MESSAGES_MAX = 50_000
WAITING_BYTES_MAX = 16 * 1024 * 1024
#: How much of that is handed over at once: what becomes of it, up to 10,000 samples a payload, is worked off a slice at a time,
#: in some 20 ms, and the event loop has a turn after each.
SLICE_MESSAGES = 2_000
SLICE_BYTES = 32 * 1024
#: Read from the socket at a time; the event loop has a turn after each.
CHUNK_BYTES = 64 * 1024
#: Publications of QoS 1 and 2 that an MQTT 5 broker may send without an acknowledgement.
RECEIVE_MAXIMUM = 1_000

_REFUSED = 0x80

# aiomqtt and paho log what they also raise.
_library_log = logging.getLogger("drivers.mqtt.library")
_library_log.disabled = True


class SocketMqttLink:
    """One connection to a broker. answer_timeout_s: for its answers to CONNECT, SUBSCRIBE and PUBLISH."""

    def __init__(
        self, host: str, port: int, access: MqttAccess, *, clock: Clock, answer_timeout_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        self._host, self._port, self._access = host, port, access
        self._where = f"{host}:{port}"
        self._clock = clock
        self._answer_timeout_s = answer_timeout_s
        self._connection: _Connection | None = None
        self._ticket: Callable[[], None] | None = None

    async def messages(self, filters: Sequence[tuple[str, int]]) -> AsyncGenerator[Sequence[MqttMessage], None]:
        """See `edge.ports.MqttLink`. Raises BrokerUnreachable, or BrokerRefused when the broker refuses us or a filter."""
        arrivals = _Arrivals(self._clock, self._access.payload_bytes_max)
        context = None
        if self._access.tls is not None:
            # Certificates are read from disk, those of a whole system too.
            context = await asyncio.to_thread(tls_context, self._access.tls, self._where)
        client = self._client(context, arrivals)
        connection = _Connection(client, arrivals, is_5=self._access.version == "5")
        is_connected = False
        try:
            async with _connected(client):
                is_connected = True
                await self._subscribe(client, filters)
                async with _present(client, self._access.will):
                    self._connection = connection
                    yield ()
                    async for _ in client.messages:
                        arrived, owed = arrivals.take()
                        if arrived:
                            self._ticket = partial(connection.acknowledge, owed) if owed else None
                            yield arrived
                            if self._ticket is not None:
                                self._ticket()
                        if arrivals.overflowed and not arrivals.waiting:
                            raise BrokerUnreachable(self._where, trouble.overrun())
        except MqttConnectError as error:
            raise BrokerRefused(self._where, trouble.refused_by(_code(error)), _code(error)) from None
        except aiomqtt.MqttError as error:
            raise BrokerUnreachable(self._where, self._phrase_of(error, is_connected)) from None
        finally:
            self._connection = self._ticket = None
            connection.end()

    def ticket(self) -> Callable[[], None] | None:
        taken, self._ticket = self._ticket, None
        return taken

    async def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> None:
        connection = self._connection
        if connection is None:
            raise ConnectionLost(f"broker {self._where}: no connection")
        try:
            async with asyncio.timeout(self._answer_timeout_s):
                code = await connection.publish(topic, payload, qos, retain)
        except TimeoutError:
            raise DeviceUnreachable(f"broker {self._where}: no answer within {self._answer_timeout_s:g} s") from None
        if code >= _REFUSED:
            raise BrokerRefused(self._where, trouble.refused_by(code), code)

    def _client(self, context: ssl.SSLContext | None, arrivals: _Arrivals) -> aiomqtt.Client:
        access = self._access
        is_5 = access.version == "5"
        will = access.will
        return aiomqtt.Client(
            self._host,
            self._port,
            username=access.username,
            password=access.password,
            identifier=access.client_id,
            protocol=aiomqtt.ProtocolVersion.V5 if is_5 else aiomqtt.ProtocolVersion.V311,
            # MQTT 5 says the same in two words: whether to begin anew, and how long to keep it.
            clean_session=None if is_5 else access.session_s == 0,
            clean_start=access.session_s == 0 if is_5 else paho.MQTT_CLEAN_START_FIRST_ONLY,
            properties=_connect_properties(access) if is_5 else None,
            keepalive=access.keepalive_s,
            timeout=self._answer_timeout_s,
            will=None if will is None else aiomqtt.Will(will.topic, will.offline, will.qos, retain=True),
            tls_context=context,
            logger=_library_log,
            # aiomqtt makes its queue itself; this hands it ours.
            queue_type=cast("type[asyncio.Queue[aiomqtt.Message]]", lambda maxsize: arrivals),
        )

    async def _subscribe(self, client: aiomqtt.Client, filters: Sequence[tuple[str, int]]) -> None:
        """All filters in one packet. An answer for each says the QoS granted, or that it is refused (MQTT 3.1.1, 3.9.3)."""
        wanted: Any = list(filters)
        if self._access.version == "5":
            wanted = [(topic_filter, SubscribeOptions(qos)) for topic_filter, qos in filters]
        granted = await heeding(client.subscribe(wanted))
        codes = [reason if isinstance(reason, int) else reason.value for reason in granted]
        for (topic_filter, _), code in zip(filters, codes, strict=True):
            if code >= _REFUSED:
                raise BrokerRefused(self._where, trouble.filter_refused(topic_filter), code)

    def _phrase_of(self, error: aiomqtt.MqttError, is_connected: bool) -> Phrase:
        # aiomqtt keeps only the text of what went wrong below it; the error itself is still its cause or context.
        cause = error.__cause__ or error.__context__
        if isinstance(cause, ssl.SSLCertVerificationError):
            asked = (self._access.tls and self._access.tls.server_name) or self._host
            return trouble.bad_certificate(cause.verify_code, cause.verify_message, asked)
        if isinstance(cause, ssl.SSLError):
            return trouble.no_tls(cause.reason or str(cause))
        if is_connected:
            ending = cause if isinstance(cause, MqttCodeError) else error
            return trouble.ended_by(_code(ending) if isinstance(ending, MqttCodeError) else 0, str(ending))
        if isinstance(cause, ConnectionResetError) and self._access.tls is not None:
            return trouble.no_tls(cause.strerror or str(cause))
        if isinstance(cause, OSError) and not isinstance(cause, TimeoutError):
            return trouble.no_connection(cause.strerror or str(cause))
        return trouble.no_answer(self._answer_timeout_s, tls=self._access.tls is not None)


class _Connection:
    """What we do with one connection beside listening, while it lasts."""

    def __init__(self, client: aiomqtt.Client, arrivals: _Arrivals, *, is_5: bool) -> None:
        # There is no public way to the library below aiomqtt, whose own road costs three times as much for each message.
        self._library = library = client._client
        self._is_over = False
        self._unanswered: dict[int, asyncio.Future[int]] = {}
        self._published_by_client = library.on_publish
        opened = library.on_socket_open

        def stand_between(library: paho.Client, userdata: Any, plain: Any) -> None:
            library._sock = cast("socket.socket", _Intake(plain, arrivals.frames(is_5=is_5), arrivals))
            cast("Callable[..., None]", opened)(library, userdata, library._sock)

        library.manual_ack_set(True)
        library.disable_logger()
        library.on_socket_open = stand_between
        library.on_message = arrivals.heard_by_library
        library.on_publish = self._published

    def acknowledge(self, owed: Sequence[tuple[int, int]]) -> None:
        """owed: packet identifier and QoS of messages, in the order in which they came."""
        if not self._is_over:
            for packet, qos in owed:
                self._library.ack(packet, qos)

    async def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> int:
        """The broker's reason code; 0 in MQTT 3.1.1, which knows no other. Raises ConnectionLost, DeviceUnreachable."""
        sent = self._library.publish(topic, payload, qos, retain)
        if sent.rc != paho.MQTT_ERR_SUCCESS:
            raise ConnectionLost(f"no connection: {paho.error_string(sent.rc)}")
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._unanswered[sent.mid] = answer
        try:
            return await answer
        finally:
            del self._unanswered[sent.mid]

    def end(self) -> None:
        self._is_over = True
        for answer in self._unanswered.values():
            if not answer.done():
                answer.set_exception(DeviceUnreachable("the connection was lost before the broker answered"))

    def _published(self, library: paho.Client, userdata: Any, packet: int, code: ReasonCode, properties: Any) -> None:
        answer = self._unanswered.get(packet)
        if answer is None:
            cast("Callable[..., None]", self._published_by_client)(library, userdata, packet, code, properties)
        elif not answer.done():
            answer.set_result(int(code.value))


class _Intake:
    """Stands in the place of the library's socket: reads all that has come, once a turn of the event loop, and gives the
    library what is not ours. `pending` is what aiomqtt asks a socket of TLS: whether to go on reading before the next turn."""

    def __init__(self, plain: socket.socket, frames: Frames, arrivals: _Arrivals) -> None:
        self._plain, self._frames, self._arrivals = plain, frames, arrivals
        self._others = b""
        self._has_read = False

    def recv(self, size: int) -> bytes:
        if not self._others and not self._has_read:
            self._has_read = True
            chunk = self._plain.recv(CHUNK_BYTES)
            if not chunk:
                return b""
            self._others = self._arrivals.read(self._frames, chunk)
        if not self._others:
            raise BlockingIOError
        given, self._others = self._others[:size], self._others[size:]
        return given

    def pending(self) -> int:
        if self._others:
            return len(self._others)
        self._has_read = False
        return self._plain.pending() if isinstance(self._plain, ssl.SSLSocket) else 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


class _Arrivals(asyncio.Queue[aiomqtt.Message]):
    """What has arrived and waits to be taken at once. As aiomqtt's queue it holds one thing at most, to wake the reader: a task
    for each message would cost more than the message."""

    def __init__(self, clock: Clock, payload_bytes_max: int) -> None:
        super().__init__()
        self.overflowed = False
        self._clock, self._payload_bytes_max = clock, payload_bytes_max
        self._messages: list[MqttMessage] = []
        self._owed: list[tuple[int, int]] = []
        self._bytes = 0

    @property
    def waiting(self) -> int:
        return len(self._messages)

    def frames(self, *, is_5: bool) -> Frames:
        """For the bytes of one socket."""
        return Frames(is_5=is_5, payload_bytes_max=self._payload_bytes_max)

    def read(self, frames: Frames, chunk: bytes) -> bytes:
        """Takes the publications out of what was read; the rest is the library's."""
        fed = frames.feed(chunk, self._clock.now())
        if fed.messages:
            self._keep(fed.messages, [(packet, 1) for packet in fed.owed])
        return fed.others

    def heard_by_library(self, library: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        """Of QoS 2, and what the library can read and we could not. One byte more than allowed is kept of a payload that is too
        large, for the codec to refuse it."""
        payload = bytes(message.payload[: self._payload_bytes_max + 1])
        arrived = MqttMessage(message.topic, payload, message.qos, bool(message.retain), self._clock.now())
        self._keep([arrived], [(message.mid, message.qos)] if message.qos else [])

    def take(self) -> tuple[Sequence[MqttMessage], Sequence[tuple[int, int]]]:
        """A slice of the messages, and what is owed to the broker for them: packet identifiers with their QoS."""
        size = end = owing = 0
        while end < min(len(self._messages), SLICE_MESSAGES) and size < SLICE_BYTES:
            size += _size(self._messages[end])
            owing += self._messages[end].qos > 0
            end += 1
        taken = self._messages[:end], self._owed[:owing]
        self._messages, self._owed, self._bytes = self._messages[end:], self._owed[owing:], self._bytes - size
        self._wake()
        return taken

    def _keep(self, messages: list[MqttMessage], owed: list[tuple[int, int]]) -> None:
        size = sum(map(_size, messages))
        is_room = len(self._messages) + len(messages) <= WAITING_MESSAGES_MAX and self._bytes + size <= WAITING_BYTES_MAX
        # What came behind a hole would be shown as if there were none.
        if is_room and not self.overflowed:
            self._messages += messages
            self._owed += owed
            self._bytes += size
        else:
            self.overflowed = True
        self._wake()

    def _wake(self) -> None:
        if self.empty() and (self._messages or self.overflowed):
            self.put_nowait(cast("aiomqtt.Message", None))


def _size(message: MqttMessage) -> int:
    return len(message.topic) + len(message.payload)


@asynccontextmanager
async def _connected(client: aiomqtt.Client) -> AsyncIterator[None]:
    """aiomqtt's own `async with`, which leaves its socket and a task behind when connecting is not answered or is cancelled:
    there one is left to come to its end, and then put away."""
    entering = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(entering)
    except BaseException:
        entering.add_done_callback(lambda entered: _put_away(client, entered))
        raise
    try:
        yield
    finally:
        await heeding(client.__aexit__(None, None, None))


def _put_away(client: aiomqtt.Client, entered: asyncio.Future[aiomqtt.Client]) -> None:
    if not entered.cancelled():
        entered.exception()
    library = client._client  # there is no public way to close a connection that was never answered
    library.on_disconnect = None
    library.disconnect()


@asynccontextmanager
async def _present(client: aiomqtt.Client, will: MqttWill | None) -> AsyncIterator[None]:
    """Says that we are there, and when we leave that we are not: who disconnects in order leaves no last will."""
    if will is None:
        yield
        return
    await heeding(client.publish(will.topic, will.online, will.qos, retain=True))
    try:
        yield
    finally:
        with suppress(aiomqtt.MqttError):
            await client.publish(will.topic, will.offline, will.qos, retain=True, timeout=FAREWELL_TIMEOUT_S)


def _code(error: MqttCodeError) -> int:
    if error.rc is None:
        return 0
    return error.rc if isinstance(error.rc, int) else error.rc.value


def _connect_properties(access: MqttAccess) -> Properties:
    """MQTT 5, 3.1.2.11."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
    properties.SessionExpiryInterval = access.session_s
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    return properties
