"""What a channel is, and what it promises.

A channel turns a claimed intent into calls of one cloud and says how that ended; it never retries by itself and never decides
whom to tell. Keyed calls may be repeated after an unknown outcome; an unkeyed one is repeated once at most, marked in its text
as a possible repeat. The way back (`listen`) hands every press to `take` and answers the cloud only after `take` returned:
then the press is committed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel

from cloud_bridge.chat_desk import NO_DESK, ChatDesk
from cloud_bridge.pace import Pace
from cloud_bridge.quota.config import QuotaConfig
from edge.model.act import Act, CallMedium
from edge.model.command import InboxRow
from edge.model.intent import Claim, Intent, Outcome
from edge.model.moment import Moment, Span
from edge.model.person import Directory
from edge.model.quota import Cost, Kind
from edge.ports import NO_CARRIERS, Carriers, Clock, Transport

#: Commits a row to the inbox; False when it was in already. Raises StoreError when it could not be committed, and NotPermitted
#: when the person may not do this: in both cases nothing was taken and the person is told so.
Take = Callable[[InboxRow], Awaitable[bool]]

#: The alarm and occurrence that a card was made for, by the card's name (`Intent.card`); None for a card we do not know.
FindCard = Callable[[str], Awaitable[tuple[str, int] | None]]

#: What the channel said (`Delivered.receipt`) of the first intent of a card that it delivered: so that what one intent opened,
#: another can close. None for a card of which nothing was delivered, or nothing is kept.
FindReceipt = Callable[[str], Awaitable[str | None]]


async def nothing_made(_card: str) -> str | None:
    """The `find_receipt` of a channel that made nothing before."""
    return None


def _never_over(_alarm: str, _occurrence: int) -> bool:
    return False


def _by_nobody(_alarm: str, _occurrence: int) -> str | None:
    return None


class Channel(Protocol):
    @property
    def name(self) -> str: ...

    def is_keyed(self, intent: Intent) -> bool:
        """Whether the cloud knows a repeat of this intent's call for one: then it may be repeated as often as needed."""

    def can(self, act: type[Act]) -> bool:
        """Whether it knows acts of this kind, as it is configured. An intent with any other it refuses with a sentence."""

    async def deliver(self, claim: Claim) -> Outcome:
        """One attempt. Never raises for what the cloud does; bounded in time (30 s at most)."""

    async def listen(self, take: Take) -> None:
        """The way back, for ever: connects and reconnects by itself."""

    @property
    def unheard_since(self) -> Moment | None:
        """Since when the way back is lost; None while it stands."""

    async def close(self) -> None: ...


@runtime_checkable
class MeteredChannel(Channel, Protocol):
    """A channel whose cloud counts."""

    def cost(self, intent: Intent) -> Cost:
        """What an attempt at it will use, as far as that can be known before."""


@runtime_checkable
class PacedChannel(Channel, Protocol):
    """A channel whose cloud blocks who is too fast."""

    def pace(self, intent: Intent) -> Pace | None:
        """The window that an attempt at it counts in: that of its robot, say. None: there is none."""


@runtime_checkable
class BatchChannel(Channel, Protocol):
    """A channel that takes several claims in one attempt, for who can hear of many alarms at once. All its intents are keyed,
    so that a power cut may lose a claim: it is committed, and not synced."""

    @property
    def batch_max(self) -> int:
        """So many claims at most."""

    def batch_of(self, intent: Intent) -> str:
        """Where it goes: claims of equal answers may go together. Each such batch is an attempt by itself, so that one receiver
        that does not answer holds up no other."""

    async def deliver_many(self, claims: Sequence[Claim]) -> Sequence[Outcome]:
        """One attempt at all of them, as `deliver` otherwise. An outcome each, in their order."""


class Meter(Protocol):
    """Where a channel says what it uses of what its cloud counts. No method raises, and none keeps a call waiting for long."""

    async def using(self, cost: Cost) -> None:
        """Just before a call leaves: counted then, no crash can forget it."""

    def unused(self, cost: Cost) -> None:
        """The cloud does not count it after all: it was throttled, or never left."""

    def accepted(self, cost: Cost) -> None:
        """The cloud took it: so there is some left."""

    def refused(self, kind: Kind) -> None:
        """The cloud said that the quota is spent or the balance empty."""


class Unmetered:
    """The meter of a channel whose cloud counts nothing."""

    async def using(self, cost: Cost) -> None:
        pass

    def unused(self, cost: Cost) -> None:
        pass

    def accepted(self, cost: Cost) -> None:
        pass

    def refused(self, kind: Kind) -> None:
        pass


UNMETERED: Meter = Unmetered()


@dataclass(frozen=True, slots=True)
class ChannelOpening:
    """All a channel is given. meter: told of each call that the cloud counts.
    site, agent: how we are called where programs listen. carriers: ways out other than `transport`.
    config: its model from `cloud.yaml`. secret: reveals a secret reference of the configuration,
    or raises ConfigError, which names the reference and never the value. find_card: whose card was pressed. find_receipt:
    what it made before. shelve_for: how long a press on Shelve hides the alarm. late_after: what leaves later than this after
    it was wanted says by how much.
    heard_until: until when the last boot may have heard presses; None: there was none. is_over: whether an occurrence of an
    alarm needs nobody any more. taken_by: the actor who has acknowledged it; None: nobody. chat: for who writes. leavers: ids
    of persons who are known to have left the organisation."""

    config: BaseModel
    directory: Directory
    clock: Clock
    transport: Transport
    secret: Callable[[str], str]
    find_card: FindCard
    shelve_for: Span
    late_after: Span
    site: str = ""
    agent: str = ""
    carriers: Carriers = NO_CARRIERS
    meter: Meter = UNMETERED
    heard_until: Moment | None = None
    is_over: Callable[[str, int], bool] = _never_over
    taken_by: Callable[[str, int], str | None] = _by_nobody
    chat: ChatDesk = NO_DESK
    leavers: Callable[[], Collection[str]] = tuple
    find_receipt: FindReceipt = nothing_made


#: Key of a sentence in `edge/texts`, and its arguments.
Sentence = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning about a configuration. at: path of the key that it is about, within the channel's part of `cloud.yaml`."""

    at: tuple[str, ...]
    key: str
    arguments: Mapping[str, Any]


#: Text of a file of the plant folder, by its path in it; None when it cannot be read.
ReadText = Callable[[str], str | None]


def no_remarks(_config: Any, _read: ReadText) -> Iterable[Remark]:
    """The `remarks` of a channel whose configuration names no files."""
    return ()


def _never(_config: Any) -> bool:
    return False


def nothing_wrong(_config: Any, _address: Any) -> Sentence | None:
    """The `address_problem` of a channel whose addresses can be judged by themselves."""
    return None


def rings_nobody(_config: Any) -> Collection[CallMedium]:
    """The `rings` of a channel that only tells."""
    return ()


def no_quota(_config: Any) -> QuotaConfig | None:
    """The `quota` of a channel whose cloud counts nothing."""
    return None


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A row of `cloud_bridge/catalog.py`. config: model of the channel's part of `cloud.yaml`. person, group: models of a
    person's and a group's address in `people.yaml`. factory: dotted path `package.module:function` of
    `(ChannelOpening) -> Channel`, imported when a plant uses it. address_problem: what is wrong with an address (model `person`
    or `group`) under a configuration (model `config`), and what to do; None when they fit. quota: what a configuration (model
    `config`) says of what the cloud counts; None: it counts nothing. for_machines: what listens there is
    no person: it is told of each alarm, however many there are. is_answered_by_text: whether people who are told by a
    configuration answer by typing the number of the alarm. is_exclusive: whether two gateways with one configuration would take
    each other's presses: it is used on one host only. remarks: what an engineer would ask about a configuration
    (model `config`) and the files that it names. rings: by what people can be called under a configuration."""

    name: str
    config: type[BaseModel]
    person: type[BaseModel]
    group: type[BaseModel]
    factory: str
    address_problem: Callable[[Any, Any], Sentence | None] = nothing_wrong
    quota: Callable[[Any], QuotaConfig | None] = no_quota
    for_machines: bool = False
    is_answered_by_text: Callable[[Any], bool] = _never
    rings: Callable[[Any], Collection[CallMedium]] = rings_nobody
    is_exclusive: Callable[[Any], bool] = _never
    remarks: Callable[[Any, ReadText], Iterable[Remark]] = no_remarks
