"""The channels of a plant: each is opened, delivered through and listened to; and what faces ask of them.

Not here: what a channel is (`cloud_bridge/base.py`), when what leaves (`cloud_bridge/delivery`), what it may cost
(`cloud_bridge/quota`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from cloud_bridge.base import Channel, ChannelOpening, ChannelRow
from cloud_bridge.callback import Callback, CallbackChannel, CallbackReply
from cloud_bridge.chat_desk import ChatDesk
from cloud_bridge.delivery import Delivery
from cloud_bridge.log_in import LogInChannel, NoLogIn
from cloud_bridge.quota.quotas import Quotas
from cloud_bridge.quota.statement import Statement
from cloud_bridge.read_status import ReadChannel
from edge.config.plant import Plant
from edge.model.command import ChannelNews, InboxRow
from edge.model.errors import NotPermitted
from edge.model.event import Event
from edge.model.intent import Intent
from edge.model.moment import Moment
from edge.model.permission import Permission, may
from edge.response.device_answer import Known
from edge.response.response import Response
from edge.runtime.outside import Outside, by_path
from edge.runtime.pipeline import Pipeline
from edge.store.store import SqliteStore
from rules.alarm import SYSTEM
from rules.view import AlarmView

T = TypeVar("T")

#: Its name, and what it does for ever.
Task = tuple[str, Callable[[], Awaitable[None]]]
#: An alarm as it is now; None: there is no such rule.
FindAlarm = Callable[[str], AlarmView | None]


class Bridge:
    """Empty until `open`. known: what tags show just now, for who asks."""

    def __init__(
        self,
        plant: Plant,
        outside: Outside,
        pipeline: Pipeline,
        response: Response,
        alarm: FindAlarm,
        known: Callable[[], Known],
    ) -> None:
        self._plant = plant
        self._outside = outside
        self._pipeline = pipeline
        self._response = response
        self._alarm = alarm
        self._known = known
        self._quotas = Quotas(plant.policy, outside.store, outside.offload, outside.clock, failing=self.down)
        self._channels: dict[str, Channel] = {}
        self._deliveries: list[Delivery] = []

    async def open(self, heard_until: Moment | None) -> None:
        """All channels that the plant has. heard_until: until when the last boot listened."""
        for name, row in self._outside.channels.items():
            if name in self._plant.channels:
                await self._open_channel(name, row, heard_until)

    async def _open_channel(self, name: str, row: ChannelRow, heard_until: Moment | None) -> None:
        outside, plant = self._outside, self._plant
        meter = await self._quotas.open(name, row.quota(plant.channels[name]))
        channel: Channel = by_path(row.factory)(
            ChannelOpening(
                config=plant.channels[name],
                directory=plant.policy.directory,
                clock=outside.clock,
                transport=outside.transport,
                secret=outside.secret,
                find_card=self._find_card,
                find_receipt=partial(self._find_receipt, name),
                shelve_for=plant.policy.shelve_for,
                late_after=plant.policy.late_after,
                site=plant.site,
                agent=plant.agent,
                carriers=outside.carriers,
                meter=meter,
                heard_until=heard_until,
                is_over=self._is_over,
                taken_by=self._taken_by,
                chat=self._chat_desk(),
                leavers=self._response.leavers,
            )
        )
        self._channels[name] = channel
        plan, gathering = self._quotas.plan(channel), self._quotas.gathering()
        settled = self._pipeline.receipts_have_news
        delivery = Delivery(channel, outside.store, outside.offload, outside.clock, settled, plan, gathering)
        self._deliveries.append(delivery)

    def tasks(self) -> Iterator[Task]:
        for channel, delivery in zip(self._channels.values(), self._deliveries, strict=True):
            yield f"deliver {channel.name}", delivery.run
            yield f"listen {channel.name}", partial(channel.listen, self._take_press)
        yield "quotas", self._quotas.watch

    def wake(self) -> None:
        """Intents were written or withdrawn."""
        for delivery in self._deliveries:
            delivery.wake()

    async def drain(self) -> None:
        """Let attempts under way end."""
        await asyncio.gather(*(delivery.drain() for delivery in self._deliveries))

    async def settle_accounts(self) -> None:
        """Write down what was used, and what was set aside for use and was not. Of a stop in order: a process that was killed
        writes nothing any more."""
        await self._quotas.close()

    async def close(self) -> None:
        for channel in reversed(self._channels.values()):
            await channel.close()

    # --- what channels ask ----------------------------------------------------------------------------------------

    async def _take_press(self, row: InboxRow) -> bool:
        """Take what a person asked for through a channel, or what the channel itself has found out. Raises NotPermitted for who
        may only look, and for who has left."""
        if not isinstance(row.body, ChannelNews):
            self._check_actor(row)
        return await self._pipeline.take(row)

    async def _carry_out(self, row: InboxRow, committed: Callable[[], None]) -> Event | None:
        self._check_actor(row)
        return await self._pipeline.answer(row, committed)

    def _check_actor(self, row: InboxRow) -> None:
        if not self._may(Permission.ACT, row.actor):
            raise NotPermitted(f"{row.actor} may not act on alarms")

    def _may(self, permission: Permission, actor: str) -> bool:
        person = self._plant.policy.directory.persons.get(actor)
        return person is not None and person.id not in self._response.leavers() and may(person.role, permission)

    def _chat_desk(self) -> ChatDesk:
        chat = self._response.chat
        return ChatDesk(
            coded=chat.coded,
            listed=chat.listed,
            carry_out=self._carry_out,
            may_see=partial(self._may, Permission.SEE),
            about=lambda text, language: chat.about(text, language, self._known()),
        )

    def _is_over(self, alarm: str, occurrence: int) -> bool:
        view = self._alarm(alarm)
        return view is None or view.facts.occurrence != occurrence or not view.facts.retained

    def _taken_by(self, alarm: str, occurrence: int) -> str | None:
        view = self._alarm(alarm)
        by = None if view is None or view.facts.occurrence != occurrence else view.acknowledged_by
        return None if by == SYSTEM else by

    async def _find_card(self, card: str) -> tuple[str, int] | None:
        return await self._in_store(lambda store: store.find_card(card))

    async def _find_receipt(self, channel: str, card: str) -> str | None:
        return await self._in_store(lambda store: store.find_receipt(channel, card))

    async def _in_store(self, work: Callable[[SqliteStore], T]) -> T:
        return await self._outside.offload.run(work, self._outside.store)

    # --- for the faces --------------------------------------------------------------------------------------------

    async def called_back(self, channel: str, callback: Callback) -> CallbackReply | None:
        found = self._channels.get(channel)
        return await found.called_back(callback) if isinstance(found, CallbackChannel) else None

    async def was_read(self, intent: Intent, receipt: str) -> bool | None:
        found = self._channels.get(intent.channel)
        return await found.was_read(intent, receipt) if isinstance(found, ReadChannel) else None

    async def person_of_code(self, channel: str, code: str) -> str | NoLogIn | None:
        found = self._channels.get(channel)
        return await found.person_of_code(code) if isinstance(found, LogInChannel) else None

    def quotas(self) -> Sequence[Statement]:
        return self._quotas.statements()

    def failing(self) -> Mapping[str, bool]:
        return {each.channel: each.is_failing for each in self._deliveries}

    def down(self) -> Mapping[str, Moment]:
        """The channels that have delivered nothing for a while, and since when."""
        return {each.channel: since for each in self._deliveries if (since := each.failing_since) is not None}

    def hanging(self) -> Mapping[tuple[str, str], Moment]:
        """The services, by channel and name, that have not let go of a message, and since when."""
        return {(each.channel, service): since for each in self._deliveries for service, since in each.hanging().items()}

    def metrics(self) -> Mapping[str, float]:
        figures = dict(self._quotas.metrics())
        for delivery in self._deliveries:
            figures |= delivery.figures()
        return figures
