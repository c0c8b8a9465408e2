"""The socket of the MQTT channel: one connection by aiomqtt. The only file here that knows it.

aiomqtt has no call for "stay connected": its stream of messages, of which there are none because nothing is subscribed to, ends
with the connection, and that is what `stay` waits for.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiomqtt
import paho.mqtt.client as paho

from edge.ports import MqttAccess, MqttTls, MqttWill, NoReply

ANSWER_TIMEOUT_S = 10.0
#: How long we wait for the broker to take our farewell.
FAREWELL_TIMEOUT_S = 1.0

# aiomqtt and paho log what they also raise.
_library_log = logging.getLogger("cloud_bridge.mqtt.library")
_library_log.disabled = True


class SocketPublisher:
    """Implements `edge.ports.Publisher`. answer_timeout_s: for the broker's answers."""

    def __init__(self, host: str, port: int, access: MqttAccess, *, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._host, self._port, self._access = host, port, access
        self._answer_timeout_s = answer_timeout_s
        self._client: aiomqtt.Client | None = None

    async def stay(self, connected: Callable[[], None]) -> None:
        access = self._access
        try:
            # Certificates are read from disk, those of a whole system too.
            context = None if access.tls is None else await asyncio.to_thread(_tls_context, access.tls)
            client = self._new_client(context)
            async with client, _present(client, access.will):
                self._client = client
                connected()
                async for _ in client.messages:
                    pass
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            raise NoReply(f"broker {self._host}:{self._port}: {error}", sent=False) from None
        finally:
            self._client = None
        raise NoReply(f"broker {self._host}:{self._port}: the connection is over", sent=False)

    async def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        client = self._client
        if client is None:
            raise NoReply(f"broker {self._host}:{self._port}: no connection", sent=False)
        try:
            await client.publish(topic, payload, qos=1, retain=retain, timeout=self._answer_timeout_s)
        except (aiomqtt.MqttError, ValueError) as error:
            raise NoReply(f"broker {self._host}:{self._port}: {error}", sent=True) from None

    def _new_client(self, context: ssl.SSLContext | None) -> aiomqtt.Client:
        access, will = self._access, self._access.will
        is_5 = access.version == "5"
        return aiomqtt.Client(
            self._host,
            self._port,
            username=access.username,
            password=access.password,
            identifier=access.client_id,
            protocol=aiomqtt.ProtocolVersion.V5 if is_5 else aiomqtt.ProtocolVersion.V311,
            clean_session=None if is_5 else True,
            clean_start=True if is_5 else paho.MQTT_CLEAN_START_FIRST_ONLY,
            keepalive=access.keepalive_s,
            timeout=self._answer_timeout_s,
            will=None if will is None else aiomqtt.Will(will.topic, will.offline, will.qos, retain=True),
            tls_context=context,
            logger=_library_log,
        )


@asynccontextmanager
async def _present(client: aiomqtt.Client, will: MqttWill | None) -> AsyncIterator[None]:
    """Says that we are there, and when we leave in order that we are not: then the broker has no will to publish."""
    if will is None:
        yield
        return
    await client.publish(will.topic, will.online, qos=will.qos, retain=True)
    try:
        yield
    finally:
        with suppress(aiomqtt.MqttError):
            await client.publish(will.topic, will.offline, qos=will.qos, retain=True, timeout=FAREWELL_TIMEOUT_S)


class _NamedContext(ssl.SSLContext):
    """For a broker whose certificate has another name than the address that we connect to."""

    name: str | None = None

    def wrap_socket(self, *arguments: object, **options: object) -> ssl.SSLSocket:
        if self.name is not None:
            options["server_hostname"] = self.name
        return super().wrap_socket(*arguments, **options)  # type: ignore[arg-type] # handed on as they are


def _tls_context(tls: MqttTls) -> ssl.SSLContext:
    """Reads files. Raises OSError or ValueError for those that cannot be used."""
    context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.name = tls.server_name
    if tls.ca is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(tls.ca)
    if tls.cert is not None:
        # Without a password, OpenSSL would ask for one on the terminal.
        context.load_cert_chain(tls.cert, tls.key, password="")
    return context
