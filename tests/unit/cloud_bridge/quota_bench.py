"""A whole channel with its meter and plan over the stand-in, in memory and on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from cloud_bridge.base import ChannelOpening
from cloud_bridge.delivery import Delivery
from cloud_bridge.dingtalk.channel import DingTalkChannel
from cloud_bridge.quota.account import Limits
from cloud_bridge.quota.gathering import Gathering
from cloud_bridge.quota.meter import QuotaMeter
from cloud_bridge.quota.plan import Plan
from edge.model.alarm import Priority
from edge.model.command import InboxRow
from edge.model.intent import Intent
from edge.model.moment import MINUTE, SECOND, Span
from edge.model.quota import Kind, Usage
from edge.response.calendar import day_at
from edge.response.policy import Delivering, Policy
from edge.runtime.offload import Inline
from edge.runtime.virtual import VirtualClock
from tests.unit.cloud_bridge.harness import DIRECTORY, SECRETS, Outbox, StandIn, config, virtually

ZONE = "Asia/Shanghai"


def policy_with(*others: str, configured: tuple[str, ...] | None = None) -> Policy:
    """A plant whose fitter has addresses on other channels beside DingTalk. configured: of them; None: all."""
    fitter = DIRECTORY.persons["fitter"]
    reached = {**fitter.addresses, **{other: {} for other in others}}
    channels = ("dingtalk", *(others if configured is None else configured))
    return Policy(
        site="mill",
        routes=(),
        directory=replace(DIRECTORY, persons={**DIRECTORY.persons, "fitter": replace(fitter, addresses=reached)}),
        areas={},
        devices={},
        rules={},
        shelve_reasons=(),
        shelve_for=30 * MINUTE,
        channel="dingtalk",
        late_after=60 * SECOND,
        time_zone=ZONE,
        channels=channels,
        delivering=Delivering(fallback=frozenset({Priority.CRITICAL}), channels=channels),
    )


@dataclass
class QuotaBench:
    clock: VirtualClock
    standin: StandIn
    outbox: Outbox
    meter: QuotaMeter
    delivery: Delivery

    def used(self, kind: Kind = Kind.API) -> int:
        return self.meter.account.spent(kind, self.clock.now())

    def pretend(self, used: int, kind: Kind = Kind.API) -> None:
        """As if that much had been used today."""
        self.meter.account = self.meter.account.counted([Usage(kind, day_at(self.clock.now(), ZONE), used)])

    def write(self, *intents: Intent) -> None:
        self.outbox.write(*intents)
        self.delivery.wake()

    async def pass_time(self, span: Span) -> None:
        await self.clock.sleep_until(self.clock.now() + span)


def at_the_quota(
    story: Callable[[QuotaBench], Awaitable[None]],
    limits: Limits | None = None,
    others: tuple[str, ...] = (),
    *,
    failing: Collection[str] = (),
    listens: bool = False,
    **behaviour: Any,
) -> None:
    """others: names of channels on which the fitter has an address, beside DingTalk. failing: those that do not deliver."""

    async def main(clock: VirtualClock) -> None:
        standin, outbox = StandIn(clock, **behaviour), Outbox(clock)
        meter = QuotaMeter("dingtalk", limits or Limits(), ZONE, outbox.store, Inline(), clock)
        await meter.load()

        async def refuse_all(_row: InboxRow) -> bool:
            return False

        async def find_card(_card: str) -> None:
            return None

        channel = DingTalkChannel(
            ChannelOpening(
                config=config(calls=["app", "sms", "phone"]),
                directory=DIRECTORY,
                clock=clock,
                transport=standin.transport,
                secret=lambda reference: SECRETS[reference],
                find_card=find_card,
                shelve_for=30 * MINUTE,
                late_after=60 * SECOND,
                meter=meter,
            )
        )
        plan = Plan(channel, meter, clock, policy_with(*others), lambda: failing)
        delivery = Delivery(channel, outbox.store, Inline(), clock, lambda: None, plan, Gathering(ZONE))
        running = asyncio.gather(delivery.run(), *([channel.listen(refuse_all)] if listens else []))
        try:
            await story(QuotaBench(clock, standin, outbox, meter, delivery))
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await channel.close()

    virtually(main)
