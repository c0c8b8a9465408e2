"""The one database: inbox, journal, outbox, and the two transactions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from edge.model.alarm import Priority
from edge.model.command import InboxRow
from edge.model.deed import Deed, DeedClaim, DeedOutcome
from edge.model.event import Event, JournalRow
from edge.model.intent import Claim, Intent, Purpose, Settlement
from edge.model.moment import Moment
from edge.model.quota import Usage


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
    already claimed or settled stay as they are. records: response records by key (None: forget it). replayed: keys of intents
    to be tried anew, as far as they did not arrive, or perhaps not, and are still wanted.
    """

    now: Moment
    cursor: int
    events: Sequence[Event]
    intents: Sequence[Intent]
    withdrawn: Sequence[str]
    records: Mapping[str, Mapping[str, Any] | None]
    consumed: Sequence[int]
    deeds: Sequence[Deed] = ()
    replayed: Sequence[str] = ()


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
    def commit_engine(self, commit: EngineCommit, *, synced: bool = True) -> list[JournalRow]:
        """Transaction A. The rows written, in order. synced: False where another commit follows at once and nobody is told
        before: a power cut may lose this one until then."""

    def commit_response(self, commit: ResponseCommit) -> list[JournalRow]:
        """Transaction B. The rows of its own events; an intent whose key is already known is not written again."""

    def read_after(self, sequence: int, limit: int) -> list[JournalRow]:
        """Rows above a sequence, ascending. One sequence runs through all epochs of a database."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent that is due and heads its thread. urgency: of the most urgent intent that waits in the thread."""

    key: str
    recipient: str
    purpose: Purpose
    urgency: Priority


class Admission(Protocol):
    """Which of the intents that are due may leave now: one look into the outbox, asked in the order of the claims."""

    @property
    def held(self) -> Collection[tuple[str, Priority]]:
        """Of this recipient and urgency none may leave: they are not even offered."""

    def admits(self, candidate: Candidate) -> bool:
        """Whether it leaves; who is asked counts it as gone."""


class Outbox(Protocol):
    def claim(
        self,
        now: Moment,
        channel: str,
        limit: int,
        admission: Admission | None = None,
        live_since: Moment | None = None,
        *,
        synced: bool = True,
    ) -> list[Claim]:
        """Take due intents to try now, by a commit made just before the attempt: the check "still wanted?".

        Never two of one thread of the channel at a time, never one whose elder in the thread is still unsettled. The thread
        with the most urgent intent first; of equal ones what is live (wanted in this boot, since `live_since`) before the
        backlog; then the eldest. admission: None admits all. A STATE intent that a younger one of its card has overtaken is
        dropped here. An attempt that a crash cut short is claimed again with after_unknown=True. synced: False where a power
        cut may lose the claim, because a repeat does no harm: of channels whose intents are all keyed."""

    def settle_all(self, settlements: Sequence[Settlement], now: Moment, *, synced: bool = True) -> None:
        """End attempts, in one commit. With retry_at an intent waits for that moment; without, it is done and its Receipt is
        put into the inbox. One whose last attempt crashed is quarantined. synced: as of `claim`."""

    def next_due(self, channel: str, after: Moment | None = None) -> Moment | None:
        """When the next waiting intent may be tried; None when nothing waits. after: what is due by then does not count."""


class DeedOutbox(Protocol):
    """The outbox as the writer of devices sees it: deeds wait in it beside intents, in a channel of their own."""

    def claim_deeds(self, now: Moment, limit: int, busy: Collection[str] = ()) -> list[DeedClaim]:
        """As `Outbox.claim`: the eldest of each point first, one of a point at a time, none of the devices that are busy. One
        that is withdrawn while it is claimed is not tried again."""

    def settle_deed(self, claim: DeedClaim, outcome: DeedOutcome, now: Moment, retry_at: Moment | None) -> None:
        """As `Outbox.settle`; what is put into the inbox is a DeedReceipt. retry_at: of what has surely not been sent."""

    def next_due(self, channel: str) -> Moment | None:
        """As of `Outbox`."""


class UsageBook(Protocol):
    """What the clouds count of us, by channel, kind and day."""

    def count_usage(self, channel: str, usages: Sequence[Usage]) -> None:
        """Add to what was used; a negative count gives back. Raises StoreError: nothing of it was counted."""

    def usage_since(self, channel: str, day: str) -> list[Usage]:
        """What was used from a day on, eldest first."""


class Store(Inbox, Journal, Outbox, DeedOutbox, UsageBook, Protocol):
    """The one database. Calls come from one thread at a time."""

    @property
    def epoch(self) -> int:
        """This boot's number, one more than the last boot's."""

    def recover(self) -> Recovered: ...

    def close(self) -> None: ...
