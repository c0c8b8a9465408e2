"""MQTT over a socket: the only file of this driver that knows aiomqtt.

Not here: connecting again after a loss, and what a loss means for the tags (`driver.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

import aiomqtt
from aiomqtt.exceptions import MqttConnectError

from drivers.mqtt.codec import PAYLOAD_BYTES_MAX
from edge.model.errors import DeviceRefused, DeviceUnreachable
from edge.ports import Clock, MqttMessage

#: A broker that is gone without a word is noticed within two of these.
KEEPALIVE_S = 5
ANSWER_TIMEOUT_S = 5.0
#: What may wait for us. A gateway that falls behind further gives the connection up: then every tag is shown as bad until it
#: has a new value, where dropped messages would leave old values shown as good.
WAITING_MESSAGES_MAX = 20_000
WAITING_BYTES_MAX = 16 * 1024 * 1024

_SUBSCRIPTION_FAILED = 0x80

# aiomqtt and paho log what they also raise.
_library_log = logging.getLogger("drivers.mqtt.library")
_library_log.disabled = True


class SocketMqttLink:
    """One connection to a broker, MQTT 3.1.1, clean session. answer_timeout_s: for its answers to CONNECT and SUBSCRIBE."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        client_id: str,
        username: str | None,
        password: str | None,
        clock: Clock,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._host, self._port = host, port
        self._client_id, self._username, self._password = client_id, username, password
        self._clock = clock
        self._answer_timeout_s = answer_timeout_s

    async def messages(self, filters: Sequence[tuple[str, int]]) -> AsyncGenerator[Sequence[MqttMessage], None]:
        """See `edge.ports.MqttLink`. Raises DeviceRefused when the broker refuses us or a topic filter."""
        where = f"broker {self._host}:{self._port}"
        arrivals = _Arrivals(self._clock)
        client = aiomqtt.Client(
            self._host,
            self._port,
            username=self._username,
            password=self._password,
            identifier=self._client_id,
            clean_session=True,
            keepalive=KEEPALIVE_S,
            timeout=self._answer_timeout_s,
            logger=_library_log,
            # aiomqtt makes its queue itself; this hands it ours.
            queue_type=cast("type[asyncio.Queue[aiomqtt.Message]]", lambda maxsize: arrivals),
        )
        try:
            async with _connected(client):
                await _subscribe(client, filters, where)
                yield ()
                async for _ in client.messages:
                    if arrived := arrivals.take():
                        yield arrived
                    if arrivals.overflowed:
                        raise DeviceUnreachable(f"{where}: more messages wait than can be worked off, connecting anew")
        except MqttConnectError as error:
            raise DeviceRefused(f"{where} refuses the connection: {error}", _code(error)) from None
        except aiomqtt.MqttError as error:
            raise DeviceUnreachable(f"{where}: {error}") from None


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


async def _subscribe(client: aiomqtt.Client, filters: Sequence[tuple[str, int]], where: str) -> None:
    """All filters in one packet. An answer for each says the QoS granted, or that it is refused (MQTT 3.1.1, 3.9.3)."""
    granted = await client.subscribe(list(filters))
    codes = [reason if isinstance(reason, int) else reason.value for reason in granted]
    for (topic_filter, _), code in zip(filters, codes, strict=True):
        if code >= _SUBSCRIPTION_FAILED:
            raise DeviceRefused(f"{where} refuses the subscription to {topic_filter}", code)


def _code(error: MqttConnectError) -> int:
    if error.rc is None:
        return 0
    return error.rc if isinstance(error.rc, int) else error.rc.value
