"""A session with a server over sockets, by asyncua; with `wire.py` the only file that knows that library.

The library reconnects by itself if asked, and goes on without a word when a message of the server cannot be read; neither is
wanted here. A session that is lost is said to be lost, and a gap in the server's numbering of its messages counts as lost, so
that an old value is never shown as the newest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, TypeVar

from asyncua import Client, ua
from asyncua.crypto import security_policies
from asyncua.crypto.uacrypto import CertProperties, load_private_key
from asyncua.ua.uaerrors import UaError, UaStatusCodeError

from drivers.heeding import heeding
from drivers.opcua import trouble, trust, wire
from drivers.opcua.status import quality_of
from drivers.opcua.trouble import ServerRefused, ServerUnreachable
from edge.config.text.finding import Phrase
from edge.model.sample import Quality
from edge.ports import (
    Clock,
    OpcUaAccess,
    OpcUaBrowsed,
    OpcUaChange,
    OpcUaItem,
    OpcUaNotice,
    OpcUaRefreshed,
    OpcUaSecurity,
    OpcUaValue,
)

T = TypeVar("T")

#: Of what has come and nobody has taken. Beyond, the session is given up: then every tag is bad until it has a new value, where
#: dropped values would leave old ones shown as good.
WAITING_MAX = 200_000
#: Events that the server keeps for us between two publications.
EVENTS_QUEUE = 10_000
#: How often conditions are told.
EVENTS_EVERY_MS = 500.0
#: In which language a server says what it says, where it has several.
LOCALES = ("zh", "zh-CN", "en")
OWN_URI = "urn:andon:gateway"
_SEQUENCE_MAX = 0xFFFFFFFF
_POLICY_URI = "http://opcfoundation.org/UA/SecurityPolicy#"
_NO_POLICY = f"{_POLICY_URI}None"
_POLICIES = {
    "Basic256Sha256": security_policies.SecurityPolicyBasic256Sha256,
    "Aes128_Sha256_RsaOaep": security_policies.SecurityPolicyAes128Sha256RsaOaep,
    "Aes256_Sha256_RsaPss": security_policies.SecurityPolicyAes256Sha256RsaPss,
}

_REFRESH = ua.NodeId(ua.ObjectIds.ConditionType_ConditionRefresh)
_ACKNOWLEDGE = ua.NodeId(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge)

# asyncua logs what it also raises; its loggers take their level from this one.
logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)


class SocketOpcUaLink:
    """See `edge.ports.OpcUaLink`."""

    def __init__(self, access: OpcUaAccess, *, clock: Clock) -> None:
        self._access, self._clock = access, clock
        self._client: Client | None = None
        self._fingerprint = ""
        self._lost: Phrase | None = None
        self._waiting: list[OpcUaNotice] = []
        self._news = asyncio.Event()
        self._listening: list[_Subscription] = []

    async def connect(self) -> Sequence[str]:
        await self.close()
        access = self._access
        client = _Client(access)
        try:
            if access.security is not None:
                await self._secure(client, access.security)
            if access.user_cert is not None and access.user_key is not None:
                client.user_certificate = await asyncio.to_thread(trust.load, access.url, access.user_cert)
                key, form = await asyncio.to_thread(trust.load_key, access.url, access.user_key)
                client.user_private_key = await load_private_key(key, None, form)
            client.connection_lost_callback = self._ended
            await heeding(client.connect())
            self._client = client
            return [str(uri) for uri in await heeding(client.get_namespace_array())]
        except BaseException as error:
            await _put_away(client)
            self._client = None
            if isinstance(error, ServerRefused | ServerUnreachable | asyncio.CancelledError):
                raise
            raise self._trouble(error, is_connected=False) from None

    async def _secure(self, client: Client, wanted: OpcUaSecurity) -> None:
        """What the server shows without protection is believed only so far: its certificate is compared here, and the channel
        proves that it has the key."""
        url, uri = self._access.url, f"{_POLICY_URI}{wanted.policy}"
        mode = ua.MessageSecurityMode.Sign if wanted.sign_only else ua.MessageSecurityMode.SignAndEncrypt
        own = await asyncio.to_thread(trust.load, url, wanted.cert)
        key, form = await asyncio.to_thread(trust.load_key, url, wanted.key)
        self._fingerprint = trust.fingerprint(own)
        offered = await heeding(Client(url, timeout=self._access.timeout_s).connect_and_get_server_endpoints())
        fitting = [each for each in offered if (each.SecurityPolicyUri, each.SecurityMode) == (uri, mode)]
        if not fitting or not fitting[0].ServerCertificate:
            names = [f"{str(each.SecurityPolicyUri).rpartition('#')[2]} {each.SecurityMode.name}" for each in offered]
            raise ServerRefused(url, trouble.not_offered(f"{wanted.policy} {mode.name}", names))
        shown = fitting[0].ServerCertificate
        now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self._clock.wall())
        await asyncio.to_thread(trust.expect_trusted, url, wanted, shown, now)
        client.application_uri = trust.application_uri(own) or OWN_URI
        await client.set_security(
            _POLICIES[wanted.policy],
            CertProperties(trust.as_der(own), "der"),
            CertProperties(key, form),
            server_certificate=CertProperties(trust.as_der(trust.first_of(shown)), "der"),
            mode=mode,
        )

    async def resolve(self, ways: Sequence[Sequence[tuple[int, str]]]) -> Sequence[str | int]:
        session = self._up().uaclient.session
        paths = [wire.browse_path(way) for way in ways]
        return [wire.found_at(each) for each in await self._asked(session.translate_browsepaths_to_nodeids(paths))]

    async def read(self, nodes: Sequence[str]) -> Sequence[OpcUaValue]:
        session = self._up().uaclient.session
        asked = ua.ReadParameters(
            TimestampsToReturn=ua.TimestampsToReturn.Both,
            NodesToRead=[ua.ReadValueId(wire.node_id(node), ua.AttributeIds.Value) for node in nodes],
        )
        came = await self._asked(session.read(asked))
        if len(came) != len(nodes):
            raise self._give_up(trouble.dropped())
        now = self._clock.now()
        return [wire.value_of(each, now) for each in came]

    async def subscribe(self, publishing_ms: float, items: Sequence[OpcUaItem]) -> Sequence[int]:
        return await self._monitor(publishing_ms, [wire.monitored(item) for item in items])

    async def listen(self) -> bool:
        codes = await self._monitor(EVENTS_EVERY_MS, [wire.monitored_events(EVENTS_QUEUE)])
        if quality_of(codes[0]) is Quality.BAD:
            raise ServerRefused(self._access.url, trouble.refused_by(codes[0], self._fingerprint))
        arguments = [ua.Variant(self._listening[-1].number, ua.VariantType.UInt32)]
        called = await self._call(ua.NodeId(ua.ObjectIds.ConditionType), _REFRESH, arguments)
        return quality_of(called) is Quality.GOOD

    async def notices(self, *, wait: bool) -> Sequence[OpcUaNotice]:
        self._expect_heard()
        while wait and not self._waiting and self._lost is None:
            limit = min((each.silence_s() for each in self._listening), default=self._access.keepalive_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.05, limit)):
                    await self._news.wait()
            if self._client is None:
                raise self._give_up(trouble.lost("closed"))
            self._expect_heard()
        self._news.clear()
        if self._waiting:
            taken, self._waiting = self._waiting, []
            return taken
        self._up()
        return ()

    async def kind_of(self, node: str) -> int:
        client = self._up()
        try:
            return int((await self._asked(client.get_node(wire.node_id(node)).read_data_type_as_variant_type())).value)
        except ServerRefused:
            return 0

    async def write(self, node: str, kind: int, value: bool | int | float | str) -> int:
        session = self._up().uaclient.session
        # Neither status nor time stamp goes with it: many servers take a value alone.
        data = ua.DataValue(wire.variant_of(value, kind), StatusCode=None)
        asked = ua.WriteParameters([ua.WriteValue(wire.node_id(node), ua.AttributeIds.Value, Value=data)])
        return int((await self._asked(session.write(asked)))[0].value)

    async def acknowledge(self, condition: str, event_id: bytes, comment: str) -> int:
        arguments = [
            ua.Variant(event_id, ua.VariantType.ByteString),
            ua.Variant(ua.LocalizedText(comment), ua.VariantType.LocalizedText),
        ]
        return await self._call(wire.node_id(condition), _ACKNOWLEDGE, arguments)

    async def browse(self, node: str, limit: int) -> Sequence[OpcUaBrowsed]:
        client = self._up()
        classes = ua.NodeClass.Object | ua.NodeClass.Variable
        asked = client.get_node(wire.node_id(node)).get_references(
            ua.ObjectIds.HierarchicalReferences, ua.BrowseDirection.Forward, classes, includesubtypes=True
        )
        return [
            OpcUaBrowsed(
                node=wire.text_of(each.NodeId),
                step=(int(each.BrowseName.NamespaceIndex), str(each.BrowseName.Name)),
                is_variable=each.NodeClass == ua.NodeClass.Variable,
            )
            for each in (await self._asked(asked))[:limit]
        ]

    async def close(self) -> None:
        client, self._client = self._client, None
        self._waiting, self._listening, self._lost = [], [], None
        self._news.set()
        if client is not None:
            await _put_away(client)
        self._news.clear()

    # --- inside ---------------------------------------------------------------------------------------------------

    async def _monitor(self, publishing_ms: float, asked: Sequence[ua.MonitoredItemCreateRequest]) -> list[int]:
        session = self._up().uaclient.session
        count = max(1, ceil(self._access.keepalive_s * 1000 / publishing_ms))
        # Part 4, 5.14.2: the life time is at least three times the keep-alive.
        wanted = ua.CreateSubscriptionParameters(publishing_ms, max(30, count * 4), count)
        subscription = _Subscription(self, self._access.timeout_s)
        made = await self._asked(session.create_subscription(wanted, subscription.published))
        subscription.begin(int(made.SubscriptionId), made.RevisedPublishingInterval * made.RevisedMaxKeepAliveCount / 1000)
        self._listening.append(subscription)
        items = ua.CreateMonitoredItemsParameters(made.SubscriptionId, ua.TimestampsToReturn.Both, list(asked))
        return [int(each.StatusCode.value) for each in await self._asked(session.create_monitored_items(items))]

    async def _call(self, node: ua.NodeId, method: ua.NodeId, arguments: Sequence[ua.Variant]) -> int:
        session = self._up().uaclient.session
        called = await self._asked(session.call([ua.CallMethodRequest(node, method, list(arguments))]))
        return int(called[0].StatusCode.value)

    async def _asked(self, answer: Awaitable[T]) -> T:
        try:
            return await heeding(answer)
        except Exception as error:
            raise self._trouble(error, is_connected=True) from None

    def _up(self) -> Client:
        if self._lost is not None:
            raise ServerUnreachable(self._access.url, self._lost)
        if self._client is None:
            raise ServerUnreachable(self._access.url, trouble.lost("closed"))
        return self._client

    def _expect_heard(self) -> None:
        """Each subscription by itself: one may be dead while all else answers."""
        if any(each.silence_s() <= 0 for each in self._listening):
            raise self._give_up(trouble.silent(min(each.limit_s for each in self._listening)))

    async def _ended(self, error: Exception) -> None:
        self._give_up(trouble.lost(_plainly(error)))

    def _give_up(self, why: Phrase) -> ServerUnreachable:
        """The session counts as lost from now on."""
        self._lost = self._lost or why
        self._waiting = []
        self._news.set()
        return ServerUnreachable(self._access.url, self._lost)

    def take(self, notices: Sequence[OpcUaNotice]) -> None:
        if len(self._waiting) + len(notices) > WAITING_MAX:
            self._give_up(trouble.overrun())
        elif self._lost is None and notices:
            self._waiting.extend(notices)
            self._news.set()

    def gap(self) -> None:
        self._give_up(trouble.dropped())

    def ended_by(self, code: int) -> None:
        self._give_up(trouble.lost(f"0x{code:08X}"))

    def now(self) -> int:
        return self._clock.now()

    def _trouble(self, error: BaseException, *, is_connected: bool) -> ServerRefused | ServerUnreachable:
        url = self._access.url
        if isinstance(error, _ReadablePassword):
            return ServerRefused(url, trouble.readable_password())
        if isinstance(error, UaStatusCodeError):
            return ServerRefused(url, trouble.refused_by(int(error.code), self._fingerprint), int(error.code))
        if is_connected:
            return ServerUnreachable(url, trouble.lost(_plainly(error)))
        if isinstance(error, TimeoutError):
            return ServerUnreachable(url, trouble.no_answer(self._access.timeout_s))
        if isinstance(error, UaError):
            return ServerRefused(url, trouble.refused_by(int(ua.StatusCodes.BadSecurityPolicyRejected), self._fingerprint))
        return ServerUnreachable(url, trouble.no_connection(_plainly(error)))


class _Subscription:
    """What one subscription publishes. limit_s: a server that says nothing for so long, not even that it is there, is gone."""

    def __init__(self, link: SocketOpcUaLink, timeout_s: float) -> None:
        self._link, self._timeout_s = link, timeout_s
        self.number = 0
        self.limit_s = timeout_s
        self._heard_at = asyncio.get_running_loop().time()
        self._next = 1
        self._refreshing = False

    def begin(self, number: int, keepalive_s: float) -> None:
        self.number = number
        self.limit_s = 2 * keepalive_s + self._timeout_s

    def silence_s(self) -> float:
        """How much longer it may be silent."""
        return self.limit_s - (asyncio.get_running_loop().time() - self._heard_at)

    async def published(self, result: ua.PublishResult) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        message = result.NotificationMessage
        if not message.NotificationData:
            # A keep-alive has the number that the next message will have (Part 4, 5.14.1.1).
            if int(message.SequenceNumber) not in (0, self._next):
                self._link.gap()
            return
        if int(message.SequenceNumber) != self._next:
            self._link.gap()
            return
        self._next = 1 if self._next == _SEQUENCE_MAX else self._next + 1
        for data in message.NotificationData:
            self._take(data)

    def _take(self, data: Any) -> None:
        now = self._link.now()
        if isinstance(data, ua.DataChangeNotification):
            items = data.MonitoredItems
            self._link.take([OpcUaChange(int(each.ClientHandle), wire.value_of(each.Value, now)) for each in items])
        elif isinstance(data, ua.EventNotificationList):
            for each in data.Events:
                self._refreshing = self._refreshing or wire.begins_refresh(each.EventFields)
                told = wire.event_of(each.EventFields, now, refreshed=self._refreshing)
                self._refreshing = self._refreshing and not isinstance(told, OpcUaRefreshed)
                self._link.take([] if told is None else [told])
        elif isinstance(data, ua.StatusChangeNotification):
            self._link.ended_by(int(data.Status.value))
        else:
            self._link.gap()


class _ReadablePassword(Exception):
    """The server wants it in the clear, over a channel that is not encrypted."""


class _Client(Client):  # type: ignore[misc]  # the library is not typed for others
    """The library's client, as this link wants it."""

    def __init__(self, access: OpcUaAccess) -> None:
        super().__init__(access.url, timeout=access.timeout_s, watchdog_intervall=access.keepalive_s)
        self._access = access
        self.name = self.description = "andon"
        self.application_uri = OWN_URI
        self.set_locale(LOCALES)
        if access.username is not None:
            self.set_user(access.username)
            self.set_password(access.password or "")

    def _add_user_auth(self, params: Any, username: Any, password: Any) -> None:
        policy = self.server_policy(ua.UserTokenType.UserName)
        is_encrypted = self.security_policy.Mode == ua.MessageSecurityMode.SignAndEncrypt
        is_protected = is_encrypted or str(policy.SecurityPolicyUri or _NO_POLICY) != _NO_POLICY
        if not is_protected and not self._access.plain_password:
            raise _ReadablePassword
        super()._add_user_auth(params, username, password)


async def _put_away(client: Client) -> None:
    """Closes what there is to close, within bounds: a server that is gone does not answer a farewell."""
    with suppress(Exception):
        async with asyncio.timeout(1.0):
            await client.disconnect()
    with suppress(Exception):
        client.disconnect_socket()


def _plainly(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
