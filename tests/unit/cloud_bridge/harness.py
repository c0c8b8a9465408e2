"""What the tests of the bridge share: intents, the stand-in in memory on virtual time, and a channel towards it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Set
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from cloud_bridge.base import ChannelOpening, Take
from cloud_bridge.chat_desk import ChatDesk
from cloud_bridge.delivery import Delivery
from cloud_bridge.dingtalk.channel import DingTalkChannel
from cloud_bridge.dingtalk.memory import MemorySocket, MemoryTransport, Peer, WireReply, WireRequest
from edge.model.command import InboxRow, Receipt
from edge.model.errors import ConfigError, Problem
from edge.model.event import Event, Stream
from edge.model.intent import Intent
from edge.model.moment import MINUTE, SECOND, Moment, Span, to_datetime
from edge.model.person import Directory, Group, Person
from edge.ports import Clock, NoReply, ResponseCommit
from edge.runtime.offload import Inline
from edge.runtime.virtual import VirtualClock, run_virtually
from edge.store.store import SqliteStore, open_store
from simulators.dingtalk.cloud import STREAM_URL, Cloud, UnreachableError
from simulators.dingtalk.connection import Connection
from simulators.dingtalk.faults import Fault, FaultKind
from simulators.dingtalk.files import bundled_template
from simulators.dingtalk.organisation_file import load
from simulators.dingtalk.routes import host_of
from simulators.dingtalk.tickets import TicketError
from simulators.dingtalk.wire import Fate, Request
from tests.unit.cloud_bridge.intents import (  # noqa: F401  # a story with the stand-in takes all it needs from here
    MESSAGE,
    START,
    TO_BOARD,
    TO_CHAT,
    TO_CHEN,
    TO_MILL,
    claim,
    config,
    intent,
    message,
)

T = TypeVar("T")

ORGANISATION: Mapping[str, Any] = {
    "app": {"client_id": "dingmill", "client_secret": "app-secret-1", "corp_id": "dingcorp"},
    "persons": [
        {"user_id": "fitter.a", "name": "甲班钳工"},
        {"user_id": "lead.a", "name": "甲班班长", "language": "en"},
        {"user_id": "stranger", "name": "路人"},
    ],
    "groups": [
        {
            "conversation_id": "cidMill==",
            "title": "轧机班",
            "members": ["fitter.a", "lead.a", "stranger"],
            "webhook": {"token": "hook-token-1", "secret": "SECmill"},
        },
        {
            "conversation_id": "cidDock==",
            "title": "发货班",
            "members": ["stranger"],
            "webhook": {"token": "hook-token-2", "secret": "SECmill"},
        },
    ],
}

SECRETS = {
    "${env:APP_SECRET}": "app-secret-1",
    "${env:HOOK_TOKEN}": "hook-token-1",
    "${env:HOOK_SECRET}": "SECmill",
    "${env:DOCK_TOKEN}": "hook-token-2",
}

DIRECTORY = Directory(
    persons={
        "fitter": Person("fitter", "甲班钳工", "zh", addresses={"dingtalk": {"user_id": "fitter.a"}}),
        "li": Person("li", "甲班班长", "en", addresses={"dingtalk": {"user_id": "lead.a"}}),
    },
    teams={},
    groups={"mill": Group("mill", "轧机班", "both", {"dingtalk": {"group": "mill"}})},
)


class StandIn:
    """The stand-in cloud behind a `MemoryTransport`, on the clock it is given."""

    def __init__(
        self,
        clock: Clock,
        stream_url: str = STREAM_URL,
        organisation_data: Mapping[str, Any] = ORGANISATION,
        **behaviour: Any,
    ) -> None:
        self._clock = clock
        organisation = load({**organisation_data, "behaviour": behaviour})
        self.cloud = Cloud(organisation, random.Random(7), [bundled_template()], stream_url=stream_url)
        self.transport = MemoryTransport(self._handle, self._open_socket)
        self.sockets: list[MemorySocket] = []
        #: What the app has sent over its connections, as it is on the wire.
        self.heard: list[str] = []
        #: What was pushed to it.
        self.pushed: list[str] = []
        self._lies: dict[tuple[str, ...], bytes] = {}
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Let things fall due, for ever."""
        while True:
            self._wake.clear()
            due = self.cloud.tick(self._clock.now())
            if due is None:
                await self._wake.wait()
                continue
            timer = asyncio.ensure_future(self._clock.sleep_until(due))
            waiter = asyncio.ensure_future(self._wake.wait())
            try:
                await asyncio.wait({timer, waiter}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                timer.cancel()
                waiter.cancel()

    def press(self, user_id: str, card: str, action: str, choice: str = "") -> Any:
        pressed = self.cloud.press(
            user_id, card, action, {"choice": choice} if choice else {}, now_us=self._clock.now(), stale=True
        )
        self._wake.set()
        return pressed

    def say(self, user_id: str, text: str, group: str = "") -> Any:
        """Somebody writes to the robot, or into a group."""
        said = self.cloud.say(user_id, group, text, self._clock.now())
        self._wake.set()
        return said

    def answers_all(self, body: object, paths: tuple[str, ...]) -> None:
        """From now on calls whose path begins so are answered with that, by whoever is in the cloud's place."""
        self._lies[paths] = json.dumps(body).encode()

    @property
    def connections(self) -> tuple[Connection, ...]:
        return tuple(self.cloud.gateway.connections)

    def shown(self, user_id: str) -> list[Any]:
        """All messages on a phone, over all chats, eldest first."""
        chats = self.cloud.phone(user_id).chats
        return sorted((m for chat in chats for m in chat.messages), key=lambda m: m.time_us)

    def effects(self, name: str) -> list[str]:
        return [str(entry.effect) for entry in self.cloud.ledger if entry.name == name]

    async def _handle(self, request: WireRequest) -> WireReply:
        parts = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()} | dict(request.query)
        path, host = unquote(parts.path), host_of(parts.path, parts.netloc)
        for paths, body in self._lies.items():
            if path.removeprefix("/").startswith(paths):
                return WireReply(200, body, {"content-type": "application/json"})
        wire = Request(request.method, path, host, query, request.headers, request.body)
        reply = self.cloud.handle(wire, self._clock.now())
        self._wake.set()
        match reply.fate:
            case Fate.REFUSED:
                raise NoReply("connection refused", sent=False)
            case Fate.CLOSED:
                raise NoReply("connection closed", sent=True)
            case Fate.NEVER_ANSWERED:
                await asyncio.Event().wait()
        await self._clock.sleep_until(self._clock.now() + reply.delay_us)
        date = format_datetime(to_datetime(self._clock.now()), usegmt=True)
        return WireReply(reply.status, reply.body, {**reply.headers, "Date": date})

    def _open_socket(self, url: str, socket: MemorySocket) -> Peer:
        ticket = parse_qs(urlsplit(url).query)["ticket"][0]
        try:
            connection = self.cloud.connect(ticket, self._clock.now())
        except (TicketError, UnreachableError) as error:
            raise NoReply(str(error), sent=False) from None
        self._wake.set()
        self.sockets.append(socket)
        return _Peer(connection, socket, self._clock, self._wake, self.heard, self.pushed)


@dataclass
class _Peer:
    connection: Connection
    socket: MemorySocket
    clock: Clock
    wake: asyncio.Event
    heard: list[str]
    pushed: list[str]

    def __post_init__(self) -> None:
        self.connection.on_frame = self._frames
        self._frames()

    def receive(self, text: str) -> None:
        self.heard.append(text)
        self.connection.receive(text, self.clock.now())
        self.wake.set()

    def close(self) -> None:
        self.connection.close(self.clock.now())

    def _frames(self) -> None:
        for frame in self.connection.take():
            self.pushed.append(frame)
            self.socket.push(frame)
        if self.connection.is_closed:
            self.socket.end()


@dataclass
class Desk:
    """The alarms of a chat. taken: rows, in their order. numbers: what is open. becomes: how the next orders end.
    before_commit, before_end: what happens meanwhile."""

    taken: list[InboxRow]
    numbers: dict[int, tuple[str, int]] = field(default_factory=dict)
    becomes: list[Event] = field(default_factory=list)
    before_commit: Callable[[], Awaitable[None]] | None = None
    before_end: Callable[[], Awaitable[None]] | None = None

    def chat(self, left: Collection[str] = ()) -> ChatDesk:
        return ChatDesk(self.numbers.get, self.listed, self.carry_out, lambda person: person not in left, self.about)

    def about(self, text: str, language: str) -> list[str]:
        return [f"3号机架 主电机 {language}", "DE_temp: 82.4 °C"] if "主电机" in text else []

    def listed(self, language: str, limit: int) -> list[tuple[int, str, str]]:
        words = {"zh": "轴承温度高", "en": "bearing hot"}[language]
        return [(number, f"[HIGH] {words}", language) for number in sorted(self.numbers)][:limit]

    async def carry_out(self, row: InboxRow, committed: Callable[[], None]) -> Event | None:
        if self.before_commit is not None:
            await self.before_commit()
        if any(row.message_id == before.message_id for before in self.taken):
            return None
        self.taken.append(row)
        committed()
        if self.before_end is not None:
            await self.before_end()
        done = Event(Stream.ALARM, "acknowledged", "", START, {})
        return self.becomes.pop(0) if self.becomes else done


@dataclass
class Bench:
    """A channel towards the stand-in. unreadable: secrets that cannot be revealed now. taken: rows committed by presses."""

    clock: VirtualClock
    standin: StandIn
    channel: DingTalkChannel
    unreadable: set[str]
    taken: list[InboxRow] = field(default_factory=list)
    listening: asyncio.Task[None] | None = None
    over: set[tuple[str, int]] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    holders: dict[tuple[str, int], str] = field(default_factory=dict)
    desk: Desk = field(default_factory=lambda: Desk([]))
    remake: Callable[[], DingTalkChannel] | None = None

    async def listen_without_stream(self, take: Take | None = None) -> None:
        """Begin the way back of a channel that opens no connection."""
        self.listening = asyncio.create_task(self.channel.listen(take or self.take), name="listen")
        await self.wait(0)

    async def boot_again(self) -> None:
        """Another channel over what was committed, as after a crash; returns when its way back stands."""
        assert self.listening is not None
        assert self.remake is not None
        self.listening.cancel()
        await asyncio.gather(self.listening, return_exceptions=True)
        self.channel = self.remake()
        await self.listen()

    def answers(self, message_id: str) -> list[tuple[int, Any]]:
        """Codes and data of what the channel answered to a frame."""
        frames = [json.loads(text) for text in self.standin.heard]
        return [(each["code"], json.loads(each["data"])) for each in frames if each["headers"]["messageId"] == message_id]

    async def take(self, row: InboxRow) -> bool:
        if any(row.message_id == before.message_id for before in self.taken):
            return False
        self.taken.append(row)
        return True

    async def wait(self, seconds: float) -> None:
        await self.clock.sleep_until(self.clock.now() + int(seconds * SECOND))

    async def until(self, condition: Callable[[], Any], seconds: float = 30.0) -> None:
        """Return when the condition holds; fail when it does not within that much virtual time."""
        deadline = self.clock.now() + int(seconds * SECOND)
        while not condition():
            assert self.clock.now() < deadline, "the condition did not come to hold"
            await self.wait(max(0.01, seconds / 1_000))

    async def listen(self, take: Take | None = None) -> None:
        """Connect the way back and return when it stands. take: default is to keep rows in `taken`."""
        self.listening = asyncio.create_task(self.channel.listen(take or self.take), name="listen")
        await self.until(lambda: self.standin.connections)


def channel_towards(
    standin: StandIn,
    clock: Clock,
    cards: Mapping[str, tuple[str, int]],
    unreadable: Set[str],
    over: Set[tuple[str, int]] = frozenset(),
    **opening: Any,
) -> DingTalkChannel:
    def reveal(reference: str) -> str:
        if reference in unreadable:
            raise ConfigError([Problem(reference, 1, 1, "cannot be read", "secret_unreadable")])
        return SECRETS[reference]

    async def find_card(card: str) -> tuple[str, int] | None:
        return cards.get(card)

    return DingTalkChannel(
        ChannelOpening(
            config=opening.pop("config", None) or config(),
            directory=DIRECTORY,
            clock=clock,
            transport=standin.transport,
            secret=reveal,
            find_card=find_card,
            shelve_for=30 * MINUTE,
            late_after=60 * SECOND,
            is_over=lambda alarm, occurrence: (alarm, occurrence) in over,
            **opening,
        )
    )


class _SkewedClock:
    """A clock whose wall is wrong by `skew`; the steady time is not."""

    def __init__(self, clock: Clock, skew: Span) -> None:
        self.now = clock.now
        self.sleep_until = clock.sleep_until
        self._skew = skew

    def wall(self) -> Moment:
        return self.now() + self._skew


def on_bench(
    story: Callable[[Bench], Awaitable[None]],
    cards: Mapping[str, tuple[str, int]] | None = None,
    *,
    skew: Span = 0,
    heard_until: Moment | None = None,
    **behaviour: Any,
) -> None:
    """Tell a story on virtual time. skew: how wrong our wall clock is. heard_until: of the last boot."""

    async def main(clock: VirtualClock) -> None:
        standin = StandIn(clock, **behaviour)
        ticking = asyncio.create_task(standin.run(), name="stand-in")
        unreadable: set[str] = set()
        over: set[tuple[str, int]] = set()
        skewed, taken = _SkewedClock(clock, skew), list[InboxRow]()
        desk = Desk(taken)
        left: set[str] = set()
        holders: dict[tuple[str, int], str] = {}
        opening = {
            "heard_until": heard_until,
            "chat": desk.chat(left),
            "leavers": lambda: left,
            "taken_by": lambda alarm, occurrence: holders.get((alarm, occurrence)),
        }

        def make() -> DingTalkChannel:
            return channel_towards(standin, skewed, cards or {}, unreadable, over, **opening)

        bench = Bench(clock, standin, make(), unreadable, taken, over=over, left=left, holders=holders, desk=desk, remake=make)
        await story(bench)
        ticking.cancel()

    run_virtually(main, START)


def virtually(story: Callable[[VirtualClock], Coroutine[Any, Any, T]]) -> T:
    return run_virtually(story, START)


class Outbox:
    """The real store in memory, filled as transaction B fills it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.store: SqliteStore = open_store(None, site="crm", agent="line-1", now=clock.now())
        self._cursor = 0

    def write(self, *intents: Intent, withdrawn: tuple[str, ...] = ()) -> None:
        now = self._clock.now()
        self.store.commit_response(ResponseCommit(now, self._cursor, (), intents, withdrawn, {}, ()))

    def replay(self, *keys: str) -> None:
        commit = ResponseCommit(self._clock.now(), self._cursor, (), (), (), {}, (), replayed=keys)
        self.store.commit_response(commit)

    @property
    def receipts(self) -> list[Receipt]:
        return [row.body for row in self.store.unconsumed() if isinstance(row.body, Receipt)]

    def delivery(self, channel: Any, settled: Callable[[], None] = lambda: None) -> Delivery:
        return Delivery(channel, self.store, Inline(), self._clock, settled)


def ask(bench: Bench, kind: FaultKind, call: str, **more: object) -> None:
    bench.standin.cloud.ask_fault(Fault(kind, call, **more), bench.clock.now())  # type: ignore[arg-type]
