"""What the API needs of the running gateway; `edge.runtime.gateway.Gateway` is it, tests bring their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol, TypeVar

from cloud_bridge.callback import Callback, CallbackReply
from cloud_bridge.log_in import NoLogIn
from cloud_bridge.quota.statement import Statement
from drivers.base import Driver
from edge.config.plant import Plant
from edge.model.command import InboxRow
from edge.model.event import Event, JournalRow
from edge.model.intent import Intent
from edge.model.moment import Moment
from edge.model.sample import Sample
from edge.model.trend import Trend, TrendQuestion
from edge.performance.pages import Asked, Pages
from edge.ports import Clock
from edge.response.flood import Flood
from edge.response.hang_tags import HangTag
from edge.response.point import Point
from edge.store.store import SqliteStore
from rules.entering import Entered
from rules.forcing import Forced
from rules.maintenance import Window
from rules.stages import Set
from rules.view import AlarmView

T = TypeVar("T")


class GatewayFace(Protocol):
    plant: Plant
    clock: Clock
    rate: float

    def alarms(self) -> Sequence[AlarmView]:
        """All of them, also those at rest."""

    def standing(self) -> Sequence[AlarmView]:
        """Those that are not at rest."""

    def alarm(self, alarm_id: str) -> AlarmView | None: ...

    def moved_alarms(self, turn: int, limit: int) -> tuple[Sequence[AlarmView], int]:
        """Alarms whose facts changed after a turn, eldest change first, at most `limit`; and the turn to go on from. 0: all
        that were ever anything. Turns are of one boot."""

    def moved_tags(self, turn: int, then: Moment) -> tuple[Sequence[str], int]:
        """Tags that changed after a turn, or have become old or stale since `then`; and the present turn."""

    def tag(self, name: str) -> Sample | None: ...

    async def trend(self, question: TrendQuestion) -> Trend:
        """Raises HistoryRefused."""

    async def answer(self, row: InboxRow) -> Event | None:
        """Commit a command and wait for the event that ends it; None: this very message was taken before."""

    def stages(self) -> Mapping[str, Set]:
        """By scope: of the plant, and of every line or alarm that has a stage of its own."""

    def windows(self) -> Sequence[Window]:
        """Maintenance that is planned or under way, by the time it begins."""

    def left_open(self, window: Window) -> Mapping[str, Sequence[str]]:
        """What is active (`open`), shelved or silent of its devices now, if it is under way: names of alarms and devices."""

    def hang_tags(self) -> Sequence[HangTag]:
        """All that hang, by device."""

    def leavers(self) -> Collection[str]:
        """Ids of persons who are no longer in the organisation."""

    async def called_back(self, channel: str, callback: Callback) -> CallbackReply | None:
        """What a channel answers to a request of its cloud; None for one that takes none."""

    async def was_read(self, intent: Intent, receipt: str) -> bool | None:
        """Whether the recipient has read what was delivered under this receipt; None: the channel cannot tell."""

    async def person_of_code(self, channel: str, code: str) -> str | NoLogIn | None:
        """Who opened our page inside a channel's app; None for a channel that has none, or that the plant does not use."""

    def forced(self) -> Sequence[Forced]:
        """The tags that people have forced, the eldest first."""

    def entered(self) -> Mapping[str, Entered]:
        """The newest value of each tag that people enter; by tag."""

    def quotas(self) -> Sequence[Statement]:
        """What clouds count, of each channel and kind."""

    def floods(self) -> Mapping[str, Flood]:
        """The positions that are in a flood of alarms."""

    def channels_down(self) -> Mapping[str, Moment]:
        """The channels that have delivered nothing for a while, and since when; by name."""

    def services_hanging(self) -> Mapping[tuple[str, str], Moment]:
        """The services, by channel and name, that have not let go of a message, and since when: nothing is sent there."""

    def points(self) -> Mapping[str, Point]:
        """By tag, the points that were ever asked to be written."""

    def follow(self) -> asyncio.Queue[JournalRow]: ...

    def unfollow(self, queue: asyncio.Queue[JournalRow]) -> None: ...

    async def journal(self, after: int, limit: int) -> list[JournalRow]: ...

    async def performance(self, name: str, ask: Callable[[], Asked]) -> Pages:
        """A report on the alarm system. name: equal for what is asked in the same words. ask: what it means now, worked out
        where it takes nobody's time. Raises TooManyRows and StoreError."""

    async def run_in_store(self, work: Callable[[SqliteStore], T]) -> T: ...

    def drivers(self) -> Sequence[Driver]:
        """One for each connection to devices."""

    def ready(self) -> Sequence[str]:
        """Why it is not ready; empty when it is."""

    def metrics(self) -> Mapping[str, float]:
        """Figures by their full name with labels."""
