"""A connection to an OPC UA server, and what comes over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from edge.model.moment import Moment


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
    0: none. value: as Python has it, a list where it is an array, moments for times; None: none. source_time, server_time:
    None where not said."""

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
