"""MQTT over a socket: the only file of this driver that knows aiomqtt.

Not here: connecting again after a loss, and what a loss means for the tags (`driver.py`); which words a failure is told in
(`trouble.py`).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import aiomqtt
from aiomqtt.exceptions import MqttCodeError, MqttConnectError
from paho.mqtt.subscribeoptions import SubscribeOptions

from drivers.mqtt import trouble
from drivers.mqtt.codec import PAYLOAD_BYTES_MAX
from drivers.mqtt.trouble import BrokerRefused, BrokerUnreachable
from edge.config.text.finding import Phrase
from edge.ports import Clock, MqttAccess, MqttMessage, MqttTls, MqttWill

ANSWER_TIMEOUT_S = 5.0
#: How long we wait for the broker to take our farewell.
FAREWELL_TIMEOUT_S = 1.0
#: What may wait for us. A gateway that falls behind further gives the connection up: then every tag is shown as bad until it
#: has a new value, where dropped messages would leave old values shown as good.
WAITING_MESSAGES_MAX = 20_000
WAITING_BYTES_MAX = 16 * 1024 * 1024

_SUBSCRIPTION_FAILED = 0x80

# aiomqtt and paho log what they also raise.
_library_log = logging.getLogger("drivers.mqtt.library")
_library_log.disabled = True


class SocketMqttLink:
    """One connection to a broker, with a clean session. answer_timeout_s: for its answers to CONNECT and SUBSCRIBE."""

    def __init__(
        self, host: str, port: int, access: MqttAccess, *, clock: Clock, answer_timeout_s: float = ANSWER_TIMEOUT_S
    ) -> None:
        self._host, self._port, self._access = host, port, access
        self._where = f"{host}:{port}"
        self._clock = clock
        self._answer_timeout_s = answer_timeout_s

    async def messages(self, filters: Sequence[tuple[str, int]]) -> AsyncGenerator[Sequence[MqttMessage], None]:
        """See `edge.ports.MqttLink`. Raises BrokerUnreachable, or BrokerRefused when the broker refuses us or a filter."""
        arrivals = _Arrivals(self._clock)
        context = None
        if self._access.tls is not None:
            # Certificates are read from disk, those of a whole system too.
            context = await asyncio.to_thread(self._tls_context, self._access.tls)
        client = self._client(context, arrivals)
        is_connected = False
        try:
            async with _connected(client):
                is_connected = True
                await self._subscribe(client, filters)
                async with _present(client, self._access.will):
                    yield ()
                    async for _ in client.messages:
                        if arrived := arrivals.take():
                            yield arrived
                        if arrivals.overflowed:
                            raise BrokerUnreachable(self._where, trouble.overrun())
        except MqttConnectError as error:
            raise BrokerRefused(self._where, trouble.refused_by(_code(error)), _code(error)) from None
        except aiomqtt.MqttError as error:
            raise BrokerUnreachable(self._where, self._phrase_of(error, is_connected)) from None

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
            # In MQTT 5 a session that is to end with its connection is the default.
            clean_session=None if is_5 else True,
            keepalive=access.keepalive_s,
            timeout=self._answer_timeout_s,
            will=None if will is None else aiomqtt.Will(will.topic, will.offline, will.qos, retain=True),
            tls_context=context,
            logger=_library_log,
            # aiomqtt makes its queue itself; this hands it ours.
            queue_type=cast("type[asyncio.Queue[aiomqtt.Message]]", lambda maxsize: arrivals),
        )

    def _tls_context(self, tls: MqttTls) -> ssl.SSLContext:
        """Raises BrokerUnreachable that names the file which cannot be used."""
        context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.name = tls.server_name
        reading = ""
        try:
            if tls.ca is None:
                context.load_default_certs()
            else:
                reading = tls.ca
                context.load_verify_locations(tls.ca)
            if tls.cert is not None:
                reading = f"{tls.cert}, {tls.key}"
                # Without a password, OpenSSL would ask for one on the terminal.
                context.load_cert_chain(tls.cert, tls.key, password="")
        except (OSError, ValueError) as error:
            plainly = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else str(error)
            raise BrokerUnreachable(self._where, trouble.unreadable_file(reading, str(plainly))) from None
        return context

    async def _subscribe(self, client: aiomqtt.Client, filters: Sequence[tuple[str, int]]) -> None:
        """All filters in one packet. An answer for each says the QoS granted, or that it is refused (MQTT 3.1.1, 3.9.3)."""
        wanted: Any = list(filters)
        if self._access.version == "5":
            wanted = [(topic_filter, SubscribeOptions(qos)) for topic_filter, qos in filters]
        granted = await client.subscribe(wanted)
        codes = [reason if isinstance(reason, int) else reason.value for reason in granted]
        for (topic_filter, _), code in zip(filters, codes, strict=True):
            if code >= _SUBSCRIPTION_FAILED:
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


class _NamedContext(ssl.SSLContext):
    """A TLS context for a broker whose certificate has another name than the address that we connect to."""

    name: str | None = None

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        if self.name is not None:
            options["server_hostname"] = self.name
        return super().wrap_socket(*arguments, **options)


class _Arrivals(asyncio.Queue[aiomqtt.Message]):
    """Where aiomqtt puts each message as it arrives: kept with the time of its arrival until all are taken at once.

    The queue itself holds one message at most, to wake the reader: a task for each message would cost more than the message.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.overflowed = False
        self._clock = clock
        self._waiting: list[MqttMessage] = []
        self._waiting_bytes = 0

    def put_nowait(self, item: aiomqtt.Message) -> None:
        # One byte more than allowed is kept of a payload that is too large, for the codec to refuse it.
        payload = bytes(item.payload[: PAYLOAD_BYTES_MAX + 1])
        self._waiting_bytes += len(payload)
        if len(self._waiting) < WAITING_MESSAGES_MAX and self._waiting_bytes <= WAITING_BYTES_MAX:
            now = self._clock.now()
            self._waiting.append(MqttMessage(str(item.topic), payload, item.qos, bool(item.retain), now))
        else:
            self.overflowed = True
        if self.empty():
            super().put_nowait(item)

    def take(self) -> Sequence[MqttMessage]:
        taken, self._waiting, self._waiting_bytes = self._waiting, [], 0
        return taken


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
        await client.__aexit__(None, None, None)


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
    await client.publish(will.topic, will.online, will.qos, retain=True)
    try:
        yield
    finally:
        with suppress(aiomqtt.MqttError):
            await client.publish(will.topic, will.offline, will.qos, retain=True, timeout=FAREWELL_TIMEOUT_S)


def _code(error: MqttCodeError) -> int:
    if error.rc is None:
        return 0
    return error.rc if isinstance(error.rc, int) else error.rc.value
