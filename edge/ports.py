"""The seams: what the gateway needs from outside, as Protocols. Only `edge.agent` and `edge.scenario` bind them.

Live, they are the wall clock, worker threads, SQLite and sockets; in a scenario, a virtual clock, inline calls, SQLite in
memory and simulated devices and clouds in memory. No code anywhere else asks which of the two it runs on.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from edge.model.command import InboxRow
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

    cursor: sequence of the last journal row this step has seen. withdrawn: keys of intents no longer wanted; those already
    claimed or settled stay as they are. records: response records by key (None: forget it).
    """

    now: Moment
    cursor: int
    events: Sequence[Event]
    intents: Sequence[Intent]
    withdrawn: Sequence[str]
    records: Mapping[str, Mapping[str, Any] | None]
    consumed: Sequence[int]


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


class Store(Inbox, Journal, Outbox, Protocol):
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

    async def read(self, unit: int, function: int, address: int, count: int) -> bytes:
        """Function codes 1 to 4. The data bytes of the answer: two a register, high byte first; bits packed, lowest first.
        address: 0-based as on the wire. Raises DeviceUnreachable, DeviceRefused (a Modbus exception) or BadResponse; connects
        by itself."""

    async def write(self, unit: int, function: int, address: int, data: bytes) -> None:
        """Function codes 5, 6, 15, 16 and 22. data: what follows the address in the request (application protocol V1.1b3, 6.5
        to 6.16): a value, a count with its bytes, or two masks. It is sent once and never again. Raises what `read` raises;
        after a ConnectionLost nothing was sent, after any other DeviceUnreachable or a BadResponse it may have been done."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """One publication as it came. retained: the broker kept it for us, it may be old."""

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
    """As whom, and how, a broker is reached. version: "3.1.1" or "5"."""

    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    version: str = "3.1.1"
    keepalive_s: int = 5
    tls: MqttTls | None = None
    will: MqttWill | None = None


class MqttLink(Protocol):
    """One connection to a broker."""

    def messages(self, filters: Sequence[tuple[str, int]]) -> AsyncGenerator[Sequence[MqttMessage], None]:
        """Connect, subscribe to (topic filter, QoS) pairs and yield what has arrived, at least one message a time, never
        waiting to fill a batch. The first yield is empty: it says that the subscriptions stand. Ends by raising
        DeviceUnreachable when the connection is lost, DeviceRefused when the broker will not have us or a filter."""


class Links(Protocol):
    """Opens links: over sockets live, in memory in scenarios."""

    def modbus(self, host: str, port: int, access: ModbusAccess = PLAIN_TCP, *, timeout_s: float) -> ModbusLink:
        """host: of a serial line the path of its port, and port 0."""

    def mqtt(self, host: str, port: int, access: MqttAccess) -> MqttLink: ...


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
