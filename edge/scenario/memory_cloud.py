"""The collaboration cloud of a scenario: the DingTalk stand-in in memory, behind the channel's own memory transport."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from cloud_bridge.dingtalk.config import DingTalkConfig
from cloud_bridge.dingtalk.memory import MemorySocket, MemoryTransport, WireReply, WireRequest
from edge.config.plant import Plant
from edge.config.text.values import SecretRef
from edge.model.moment import MILLISECOND, Moment
from edge.ports import Clock, NoReply
from edge.runtime.waiting import wait_until
from edge.scenario.plant_organisation import CHANNEL, address_of, conversation_of, organisation_of
from simulators.dingtalk.cloud import OAPI_URL, Cloud, UnreachableError
from simulators.dingtalk.connection import Connection
from simulators.dingtalk.files import bundled_template
from simulators.dingtalk.phone import CardView, MessageView
from simulators.dingtalk.template import Template
from simulators.dingtalk.tickets import TicketError
from simulators.dingtalk.wire import Fate, Host, Request

#: How long a call takes on its way there and back.
ROUND_TRIP = 20 * MILLISECOND
STREAM_URL = "wss://stream.invalid/connect"
#: Of a plant that tells nobody: its scenarios are about alarms alone.
NO_CLOUD = DingTalkConfig(client_id="nobody", client_secret=SecretRef("${env:NOBODY}"), card_template_id="none")


@dataclass(frozen=True, slots=True)
class Told:
    """Something on a phone. recipient: `person:ID` or `group:ID`. form: card or message. headline: its first line; text: all of
    its words. state, card: of a card, what it shows and its id. key: of the message that carries it."""

    recipient: str
    form: str
    headline: str
    text: str
    state: str | None
    card: str | None
    shown_at: Moment
    key: str


class MemoryCloud:
    """DingTalk as a plant's configuration sees it, with a phone for everybody in people.yaml."""

    def __init__(self, plant: Plant, clock: Clock, secret: Callable[[str], str], *, seed: int = 0) -> None:
        config = plant.channels.get(CHANNEL, NO_CLOUD)
        assert isinstance(config, DingTalkConfig)
        self._config = config
        self._clock = clock
        self._directory = plant.policy.directory
        self._acted = asyncio.Event()
        self._told: list[Told] = []
        self._told_at: tuple[int, int] | None = None
        self.cloud = Cloud(
            organisation_of(config, plant.policy.directory, secret),
            random.Random(seed),
            [_template(config.card_template_id or "none")],
            stream_url=STREAM_URL,
        )

    def new_transport(self) -> MemoryTransport:
        """A way to this cloud, for one life of a gateway."""
        return MemoryTransport(self._handle, self._open_socket)

    async def run(self) -> None:
        """Let redeliveries and deadlines of the stand-in fall due, for ever."""
        while True:
            self._acted.clear()
            await wait_until(self._acted, self._clock, self.cloud.tick(self._clock.now()))
            self.cloud.tick(self._clock.now())

    # --- the wire -------------------------------------------------------------------------------------------------

    async def _handle(self, request: WireRequest) -> WireReply:
        if not request.url.startswith((self._config.api_base, self._config.oapi_base, OAPI_URL)):
            raise NoReply("there is no such host in a scenario", sent=False)
        url = urlsplit(request.url)
        is_api = request.url.startswith(self._config.api_base)
        asked = Request(
            request.method,
            url.path,
            Host.API if is_api else Host.OAPI,
            {**{name: values[0] for name, values in parse_qs(url.query).items()}, **request.query},
            request.headers,
            request.body,
        )
        await self._clock.sleep_until(self._clock.now() + ROUND_TRIP)
        reply = self.cloud.handle(asked, self._clock.now())
        self._acted.set()
        match reply.fate:
            case Fate.REFUSED:
                raise NoReply("no connection", sent=False)
            case Fate.CLOSED:
                raise NoReply("connection closed without an answer", sent=True)
            case Fate.NEVER_ANSWERED:
                await asyncio.Event().wait()
        await self._clock.sleep_until(self._clock.now() + reply.delay_us)
        return WireReply(reply.status, reply.body, reply.headers)

    def _open_socket(self, url: str, socket: MemorySocket) -> _StreamPeer:
        ticket = parse_qs(urlsplit(url).query).get("ticket", [""])[0]
        try:
            connection = self.cloud.connect(ticket, self._clock.now())
        except (TicketError, UnreachableError) as error:
            raise NoReply(str(error) or "no connection", sent=False) from error
        self._acted.set()
        return _StreamPeer(connection, socket, self._clock, self._acted)

    # --- phones ---------------------------------------------------------------------------------------------------

    def told(self) -> list[Told]:
        """All that every phone shows now, in the order of its appearance; what a group shows counts once."""
        version = (self.cloud.timeline.version, self.cloud.ledger.last_sequence)
        if version != self._told_at:
            self._told_at, self._told = version, self._look_at_phones()
        return self._told

    def _look_at_phones(self) -> list[Told]:
        shown: dict[tuple[str, str], Told] = {}
        groups = {config.conversation_id or conversation_of(key): key for key, config in self._config.groups.items()}
        ids = {
            address["group"]: f"group:{group.id}" for group in self._directory.groups.values() if (address := address_of(group))
        }
        for person in self._directory.persons.values():
            if not (address := address_of(person)):
                continue
            for chat in self.cloud.phone(address["user_id"]).chats:
                key = groups.get(chat.conversation_id)
                recipient = f"person:{person.id}" if key is None else ids.get(key, f"group:{key}")
                for message in chat.messages:
                    if message.mine:
                        continue
                    shown[recipient, message.message_id] = _told(recipient, message)
        return sorted(shown.values(), key=lambda told: (told.shown_at, told.key))

    def told_to(self, person: str) -> list[Told]:
        """What one person's phone shows, groups included: everybody is in every group."""
        return [told for told in self.told() if told.recipient == f"person:{person}" or told.recipient.startswith("group:")]

    def press(self, person: str, card: str, action: str, choice: str | None) -> None:
        """Touch a card's button on a person's phone. Raises PersonError when it cannot be touched."""
        self.press_as(address_of(self._directory.persons[person])["user_id"], card, action, choice)

    def press_as(self, user_id: str, card: str, action: str, choice: str | None, *, stale: bool = False) -> None:
        """The same, by the user id that DingTalk knows. stale: on a phone that still shows an older state of the card."""
        params = {} if choice is None else {"choice": choice}
        self.cloud.press(user_id, card, action, params, now_us=self._clock.now(), stale=stale)
        self._acted.set()

    def say(self, person: str, text: str) -> None:
        """Write to the robot. Raises PersonError for who is not in the organisation."""
        user_id = address_of(self._directory.persons[person])["user_id"]
        self.cloud.say(user_id, "", text, self._clock.now())
        self._acted.set()

    def leave(self, person: str) -> None:
        """Out of the organisation. Raises PersonError for who is not in it."""
        self.cloud.people.leave(address_of(self._directory.persons[person])["user_id"], self._clock.now())
        self._acted.set()

    def cut(self) -> None:
        self.cloud.cut(self._clock.now())
        self._acted.set()

    def set_quota(self, *, spent: bool) -> None:
        """Of calls and of pushes."""
        self.cloud.spend_quota(self._clock.now(), api_calls=spent, pushes=spent)

    def mend(self) -> None:
        self.cloud.mend(self._clock.now())
        self._acted.set()


class _StreamPeer:
    """The stand-in's end of a stream connection, pumping its frames into our socket."""

    def __init__(self, connection: Connection, socket: MemorySocket, clock: Clock, acted: asyncio.Event) -> None:
        self._connection, self._socket, self._clock, self._acted = connection, socket, clock, acted
        connection.on_frame = self._pump
        self._pump()

    def _pump(self) -> None:
        for frame in self._connection.take():
            self._socket.push(frame)
        if self._connection.is_closed:
            self._socket.end()

    def receive(self, text: str) -> None:
        self._connection.receive(text, self._clock.now())
        self._acted.set()

    def close(self) -> None:
        self._connection.close(self._clock.now())
        self._acted.set()


def _template(template_id: str) -> Template:
    """The bundled alarm card under the id that the plant configured: that id is given out by DingTalk."""
    return replace(bundled_template(), template_id=template_id)


def _told(recipient: str, message: MessageView) -> Told:
    card = message.card
    return Told(
        recipient=recipient,
        form="card" if card is not None else "message",
        headline=card.params.get("headline", "") if card is not None else message.text.partition("\n")[0],
        text=card_text(card) if card is not None else message.text,
        state=card.params.get("state") if card is not None else None,
        card=card.out_track_id if card is not None else None,
        shown_at=message.time_us,
        key=message.message_id,
    )


def card_text(card: CardView) -> str:
    """All words that a card shows."""
    return "\n".join(str(value) for name, value in sorted(card.params.items()) if name not in ("buttons",))
