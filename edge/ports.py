"""The seams: what the gateway needs from outside, as Protocols. Only `edge.agent` and `edge.scenario` bind them.

Live, they are the wall clock, worker threads, SQLite and sockets; in a scenario, a virtual clock, inline calls, SQLite in
memory and simulated devices and clouds in memory. No code anywhere else asks which of the two it runs on.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

from edge.model.command import InboxRow
from edge.model.deed import Deed, DeedClaim, DeedOutcome
from edge.model.event import Event, JournalRow
from edge.model.intent import Claim, Intent, Outcome
from edge.model.moment import Moment
from edge.model.sample import Batch
from edge.model.tag import Tag
from edge.model.trend import Trend, TrendQuestion

T = TypeVar("T")

# --- time and threads -----------------------------------------------------------------------------------------------


class Clock(Protocol):
    """Steady UTC, and the only place where anybody waits."""

    def now(self) -> Moment:
        """Steady UTC: never runs backwards within a boot."""

    def wall(self) -> Moment:
        """What the wall says now: for signatures that a peer checks against its own clock, and for nothing else."""

    async def sleep_until(self, moment: Moment) -> None:
        """Returns at once for a moment that is past."""


class Offload(Protocol):
    """Where blocking work goes: one writer thread live, inline in a scenario."""

    async def run(self, work: Callable[..., T], *arguments: Any) -> T:
        """The result of `work(*arguments)`; its exception is raised here. Calls run one at a time, in order."""


# --- the store ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EngineCommit:
    """Transaction A: what a step of the engine made durable, all or nothing.

    changed: engine state by rule id (None: forget it). consumed: sequences of inbox rows that these events answer.
    """

    now: Moment
    events: Sequence[Event]
    changed: Mapping[str, Mapping[str, Any] | None]
    consumed: Sequence[int]


@dataclass(frozen=True, slots=True)
class ResponseCommit:
    """Transaction B: what a step of the response made durable, all or nothing.

    cursor: sequence of the last journal row this step has seen. withdrawn: keys of intents and deeds no longer wanted; those
    already claimed or settled stay as they are. records: response records by key (None: forget it).
    """

    now: Moment
    cursor: int
    events: Sequence[Event]
    intents: Sequence[Intent]
    withdrawn: Sequence[str]
    records: Mapping[str, Mapping[str, Any] | None]
    consumed: Sequence[int]
    deeds: Sequence[Deed] = ()


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the last boot left behind. saved_at: the moment of its last commit (None: first start)."""

    saved_at: Moment | None
    engine: Mapping[str, Mapping[str, Any]]
    records: Mapping[str, Mapping[str, Any]]
    cursor: int


class Inbox(Protocol):
    def put(self, rows: Sequence[InboxRow]) -> list[InboxRow | None]:
        """Commit rows before they are answered. Per row: the row with its sequence, or None when (source, message_id) was
        already in. Raises StoreError when the disk refuses: then nobody must be told that it was taken."""

    def unconsumed(self) -> list[InboxRow]:
        """Rows that no transaction has consumed yet, by sequence."""


class Journal(Protocol):
    def commit_engine(self, commit: EngineCommit) -> list[JournalRow]:
        """Transaction A. The rows written, in order."""

    def commit_response(self, commit: ResponseCommit) -> list[JournalRow]:
        """Transaction B. The rows of its own events; an intent whose key is already known is not written again."""

    def read_after(self, sequence: int, limit: int) -> list[JournalRow]:
        """Rows above a sequence, ascending. One sequence runs through all epochs of a database."""


class Outbox(Protocol):
    def claim(self, now: Moment, channel: str, limit: int) -> list[Claim]:
        """Take due intents to try now, by a commit made just before the attempt: the check "still wanted?".

        Never two of one thread at a time, never one whose elder in the thread is still unsettled; highest priority first,
        then eldest. A STATE intent that a younger one of its card has overtaken is dropped here. An attempt that a crash cut
        short is claimed again with after_unknown=True."""

    def settle(self, claim: Claim, outcome: Outcome, now: Moment, retry_at: Moment | None) -> None:
        """End an attempt. With retry_at the intent waits for that moment; without, it is done and its Receipt is put into
        the inbox in the same commit."""

    def next_due(self, channel: str) -> Moment | None:
        """When the eldest waiting intent may be tried; None when nothing waits."""


class DeedOutbox(Protocol):
    """The outbox as the writer of devices sees it: deeds wait in it beside intents, in a channel of their own."""

    def claim_deeds(self, now: Moment, limit: int) -> list[DeedClaim]:
        """As `Outbox.claim`: the eldest of each point first, one of a point at a time."""

    def settle_deed(self, claim: DeedClaim, outcome: DeedOutcome, now: Moment, retry_at: Moment | None) -> None:
        """As `Outbox.settle`; what is put into the inbox is a DeedReceipt. retry_at: of what has surely not been sent."""

    def next_due(self, channel: str) -> Moment | None:
        """As of `Outbox`."""


class Store(Inbox, Journal, Outbox, DeedOutbox, Protocol):
    """The one database. Calls come from one thread at a time."""

    @property
    def epoch(self) -> int:
        """This boot's number, one more than the last boot's."""

    def recover(self) -> Recovered: ...

    def close(self) -> None: ...


# --- the history ----------------------------------------------------------------------------------------------------


class HistoryWriter(Protocol):
    def append(self, batch: Batch) -> None:
        """Take samples over at once: never waits, never raises. What it cannot keep it leaves out, counts and says."""


class HistoryReader(Protocol):
    async def trend(self, question: TrendQuestion) -> Trend:
        """What a tag showed, with what was appended a moment ago. Raises HistoryRefused."""


class History(HistoryWriter, HistoryReader, Protocol):
    """The samples of the last days. Losing it costs no alarm, so nothing here raises for a disk that refuses."""

    def begin(self, slots: Mapping[str, int], tags: Sequence[Tag]) -> None:
        """From the next batch on, slots have these names. Called before the first batch."""

    async def run(self) -> None:
        """Keep what is appended, for ever."""

    def figures(self) -> Mapping[str, float]:
        """Counters and gauges by their name in /metrics."""


# --- devices --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SerialLine:
    """How characters go over a serial line. parity: even, odd or none."""

    baud: int = 19200
    parity: str = "even"
    stop_bits: int = 1

    @property
    def bits_per_character(self) -> int:
        """With its start bit and 8 bits of data."""
        return 1 + 8 + (self.parity != "none") + self.stop_bits

    @property
    def character_us(self) -> float:
        return 1e6 * self.bits_per_character / self.baud

    @property
    def silence_us(self) -> float:
        """Between two frames: 3.5 characters, fixed above 19200 baud (Modbus over serial line V1.02, 2.5.1.1)."""
        return 1750.0 if self.baud > 19200 else 3.5 * self.character_us


@dataclass(frozen=True, slots=True)
class ModbusTls:
    """ca, cert, key: paths of PEM files; ca None: what this machine trusts. server_name: in the certificate; None: host."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class ModbusAccess:
    """How a Modbus server is reached. transport: tcp, tls, rtu_over_tcp or rtu (a serial port: `line` says how). echo: of RTU,
    each request comes back before its answer. max_in_flight: requests on their way at once, at most; of RTU always 1."""

    transport: str = "tcp"
    line: SerialLine | None = None
    tls: ModbusTls | None = None
    echo: bool = False
    max_in_flight: int = 1


PLAIN_TCP = ModbusAccess()


class ModbusLink(Protocol):
    """One connection to a Modbus server. As many requests as its access allows are on their way at once, the others wait for
    their turn in the order in which they came."""

    async def read(self, unit: int, function: int, address: int, count: int, *, timeout_s: float | None = None) -> bytes:
        """Function codes 1 to 4. The data bytes of the answer: two a register, high byte first; bits packed, lowest first.
        address: 0-based as on the wire. timeout_s: to wait for the answer, where that is less than the link's own time-out.
        Raises DeviceUnreachable, DeviceRefused (a Modbus exception) or BadResponse; connects by itself."""

    async def write(self, unit: int, function: int, address: int, data: bytes) -> None:
        """Function codes 5, 6, 15, 16 and 22. data: what follows the address in the request (application protocol V1.1b3, 6.5
        to 6.16): a value, a count with its bytes, or two masks. It is sent once and never again. Raises what `read` raises;
        after a ConnectionLost nothing was sent, after any other DeviceUnreachable or a BadResponse it may have been done."""

    async def close(self) -> None: ...


class MqttMessage(NamedTuple):
    """One publication as it came. retained: the broker kept it for us, it may be old. A tuple, because there may be tens of
    thousands a second."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    received_time: Moment


@dataclass(frozen=True, slots=True)
class MqttTls:
    """ca, cert, key: paths of PEM files; ca None: what this machine trusts. server_name: in the certificate; None: host."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class MqttWill:
    """What we publish about ourselves, retained: online once connected, offline when we leave; when we are gone without a word,
    the broker does it for us."""

    topic: str
    online: bytes
    offline: bytes
    qos: int


@dataclass(frozen=True, slots=True)
class MqttAccess:
    """As whom, and how, a broker is reached. version: "3.1.1" or "5". session_s: how long the broker keeps our subscriptions and
    what comes meanwhile when we are away; 0: not at all. In 3.1.1 nobody can say how long: the broker's own limit counts."""

    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    version: str = "3.1.1"
    keepalive_s: int = 5
    tls: MqttTls | None = None
    will: MqttWill | None = None
    session_s: int = 0


class MqttLink(Protocol):
    """One connection to a broker."""

    def messages(self, filters: Sequence[tuple[str, int]]) -> AsyncGenerator[Sequence[MqttMessage], None]:
        """Connect, subscribe to (topic filter, QoS) pairs and yield what has arrived, at least one message a time, never
        waiting to fill a batch. The first yield is empty: it says that the subscriptions stand. Ends by raising
        DeviceUnreachable when the connection is lost, DeviceRefused when the broker will not have us or a filter."""

    def ticket(self) -> Callable[[], None] | None:
        """For the messages of the last yield: calling it, in the order of the yields, tells the broker that they have arrived
        for good (QoS 1 and 2). None: it waits for no word of them. Those for which nobody took a ticket are told when the next
        are asked for. A ticket of a connection that is over does nothing: a kept session delivers its messages again."""

    async def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> None:
        """Over the connection that `messages` holds. Returns when the broker has it, with QoS 0 when it has left us. It is sent
        once and never again. Raises ConnectionLost: nothing was sent; any other DeviceUnreachable: it may have been done;
        DeviceRefused: the broker (MQTT 5) said no."""


class S7Link(Protocol):
    """One connection to an S7 CPU. area: DB, M, I or Q; block: of a data block its number, else 0. Each call connects by itself
    and raises DeviceUnreachable, DeviceRefused (the CPU's return code) or BadResponse."""

    async def read(self, area: str, block: int, start: int, count: int) -> bytes:
        """That many bytes from that one on."""

    async def write(self, area: str, block: int, start: int, data: bytes) -> None:
        """In one request."""

    async def write_bit(self, area: str, block: int, start: int, bit: int, value: bool) -> None:
        """That bit alone; its neighbours are left to the CPU's program."""

    async def runs(self) -> bool | None:
        """Whether the CPU is in RUN; None: it does not say."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class OpcUaSecurity:
    """policy: the last part of its URI, `Basic256Sha256`. sign_only: signed, but not encrypted. cert, key: paths of our own.
    server_cert: path of the one certificate that the server may have; trusted: of a folder of certificates, those of servers or
    of who signs them. One of the two is there."""

    policy: str
    sign_only: bool
    cert: str
    key: str
    server_cert: str | None = None
    trusted: str | None = None


@dataclass(frozen=True, slots=True)
class OpcUaAccess:
    """As whom, and how, a server is reached. security: None: neither signed nor encrypted. user_cert, user_key: who we are, in
    place of username and password. plain_password: it may be sent readable. keepalive_s: a server that is gone without a word
    is noticed within two of these."""

    url: str
    security: OpcUaSecurity | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    plain_password: bool = False
    user_cert: str | None = None
    user_key: str | None = None
    timeout_s: float = 4.0
    keepalive_s: float = 5.0


@dataclass(frozen=True, slots=True)
class OpcUaValue:
    """A value as the server gave it. status: 32 bits (OPC UA Part 4, 7.39). kind: number of the built-in type (Part 6, 5.1.2);
    0: none. value: as Python has it, a list where it is an array, moments for times; None: none. source_time, server_time: None:
    not said."""

    status: int
    kind: int
    value: Any
    source_time: Moment | None
    server_time: Moment | None
    received_time: Moment


@dataclass(frozen=True, slots=True)
class OpcUaItem:
    """A node to be told of when it changes. number: how the listener knows it. sampling_ms: how often the server looks; -1: as
    often as it publishes. queue: how many values it keeps in between. deadband: changes below are not told, percent: of the
    node's own range (EURange)."""

    number: int
    node: str
    sampling_ms: float
    queue: int
    deadband: float | None = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class OpcUaChange:
    """number: of the `OpcUaItem`."""

    number: int
    value: OpcUaValue


@dataclass(frozen=True, slots=True)
class OpcUaCondition:
    """What a server says of one of its conditions (OPC UA Part 9). name: `SOURCE/CONDITION`. node, event_id: what an
    acknowledgement names. severity: 1 to 1000. acknowledged: None: it takes none. refreshed: it was so before we asked."""

    name: str
    node: str
    event_id: bytes
    active: bool
    severity: int
    message: str
    acknowledged: bool | None
    source_time: Moment | None
    received_time: Moment
    refreshed: bool = False


@dataclass(frozen=True, slots=True)
class OpcUaRefreshed:
    """All conditions that stand have been told: those that were not, do not."""

    received_time: Moment


OpcUaNotice = OpcUaChange | OpcUaCondition | OpcUaRefreshed


@dataclass(frozen=True, slots=True)
class OpcUaBrowsed:
    """A node below another. step: its namespace index and name. is_variable: it has a value; else something below it may."""

    node: str
    step: tuple[int, str]
    is_variable: bool


class OpcUaLink(Protocol):
    """One session with a server. All but `connect` and `close` raise DeviceUnreachable when there is none, or it is lost, or no
    answer comes in time."""

    async def connect(self) -> Sequence[str]:
        """The URIs of the server's namespaces, by their index. Raises DeviceUnreachable, or DeviceRefused when the server will
        not have us, or we not the server. Ends what was before."""

    async def resolve(self, ways: Sequence[Sequence[tuple[int, str]]]) -> Sequence[str | int]:
        """By way from the root: the id of the node, or the status that says why there is none."""

    async def read(self, nodes: Sequence[str]) -> Sequence[OpcUaValue]:
        """One request."""

    async def subscribe(self, publishing_ms: float, items: Sequence[OpcUaItem]) -> Sequence[int]:
        """One subscription more. The status of each item."""

    async def listen(self) -> bool:
        """Ask for what the server says of its conditions. False: it does not tell how they stand now, only what changes."""

    async def notices(self, *, wait: bool) -> Sequence[OpcUaNotice]:
        """What has come of subscriptions, in order, at least one if it waits."""

    async def kind_of(self, node: str) -> int:
        """The number of the built-in type of what a node takes; 0: none that could be written."""

    async def write(self, node: str, kind: int, value: bool | int | float | str) -> int:
        """The status that it answered."""

    async def acknowledge(self, condition: str, event_id: bytes, comment: str) -> int:
        """The status that it answered."""

    async def browse(self, node: str, limit: int) -> Sequence[OpcUaBrowsed]:
        """The objects and variables right below a node, so many at most."""

    async def close(self) -> None: ...


Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class RecordingSource:
    """time: the column of moments. columns: those that are wanted. is_history: path is a folder of the gateway's own history,
    and columns are names of tags."""

    path: str
    time: str
    columns: tuple[str, ...]
    separator: str = ","
    is_history: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a recording. number: for people, the header being 1. cells: by column; None: it cannot be read as a row at all.
    only: the one column that it speaks of; None: all. quality: as `edge.model.sample.Quality`, where it was recorded."""

    number: int
    cells: tuple[Cell, ...] | None
    only: int | None = None
    quality: int = 0


class RecordingLink(Protocol):
    """One recording, read in order. Raises DeviceUnreachable for what cannot be read, DeviceRefused for what is none."""

    async def rewind(self) -> Sequence[str]:
        """Begin with the first row, and the names of the columns. Called before the first `read`."""

    async def read(self) -> Sequence[Record]:
        """The next rows, some hundreds at most; none at the end."""

    async def close(self) -> None: ...


class Links(Protocol):
    """Opens links: over sockets live, in memory in scenarios."""

    def modbus(self, host: str, port: int, access: ModbusAccess = PLAIN_TCP, *, timeout_s: float) -> ModbusLink:
        """host: of a serial line the path of its port, and port 0."""

    def mqtt(self, host: str, port: int, access: MqttAccess) -> MqttLink: ...

    def opcua(self, access: OpcUaAccess) -> OpcUaLink: ...

    def s7(self, host: str, port: int, *, rack: int, slot: int, kind: int, timeout_s: float) -> S7Link: ...

    def recording(self, source: RecordingSource) -> RecordingLink: ...


# --- the collaboration cloud ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HttpReply:
    """status: the HTTP status; body: parsed JSON, or None when it was no JSON; headers in lower case."""

    status: int
    body: Any
    headers: Mapping[str, str]


class NoReply(Exception):
    """No answer came. sent: the request may have reached the other side, so its effect is unknown."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


class FrameSocket(Protocol):
    """A web socket of text frames."""

    async def receive(self) -> str:
        """The next frame; raises NoReply(sent=False) when the connection is over."""

    async def send(self, text: str) -> None: ...

    async def close(self) -> None: ...


class Transport(Protocol):
    """HTTP and web sockets of one channel."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        timeout_s: float = 10.0,
    ) -> HttpReply:
        """Raises NoReply."""

    async def connect(self, url: str, *, timeout_s: float = 10.0) -> FrameSocket:
        """Raises NoReply(sent=False)."""

    async def close(self) -> None: ...
