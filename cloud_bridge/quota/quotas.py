"""The quotas of all channels of a gateway: opens their meters, gives delivery its plans, and tells faces how it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from cloud_bridge.base import UNMETERED, Channel, Meter, MeteredChannel
from cloud_bridge.quota.config import QuotaConfig
from cloud_bridge.quota.gathering import Gathering
from cloud_bridge.quota.meter import QuotaMeter
from cloud_bridge.quota.plan import Plan
from cloud_bridge.quota.planner import Decision, always_send
from cloud_bridge.quota.statement import Statement, statements
from cloud_bridge.quota.watch import watch_quotas
from edge.model.intent import Intent
from edge.model.moment import SECOND
from edge.ports import Clock, Offload, UsageBook
from edge.response.policy import Policy


class Quotas:
    """Of each channel: `open`, then `plan`; at the end `close`. failing: the channels that do not deliver just now."""

    def __init__(
        self,
        policy: Policy,
        book: UsageBook,
        offload: Offload,
        clock: Clock,
        failing: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._policy = policy
        self._time_zone = policy.time_zone
        self._book = book
        self._offload = offload
        self._clock = clock
        self._failing = failing
        self._meters: dict[str, QuotaMeter] = {}

    async def open(self, channel: str, config: QuotaConfig | None) -> Meter:
        """config: None for a channel whose cloud counts nothing. Raises StoreError."""
        if config is None:
            return UNMETERED
        meter = QuotaMeter(channel, config.limits, self._time_zone, self._book, self._offload, self._clock)
        await meter.load()
        self._meters[channel] = meter
        return meter

    def plan(self, channel: Channel) -> Callable[[Intent], Decision]:
        meter = self._meters.get(channel.name)
        if meter is None or not isinstance(channel, MeteredChannel):
            return always_send
        return Plan(channel, meter, self._clock, self._policy, self._failing)

    def gathering(self) -> Gathering:
        return Gathering(self._time_zone)

    def statements(self) -> list[Statement]:
        """A row for each channel whose cloud counts, and each kind."""
        now = self._clock.now()
        return [each for name, meter in self._meters.items() for each in statements(name, meter.account, now)]

    def metrics(self) -> Mapping[str, float]:
        """Gauges by name and labels, for /metrics. An end that is not foreseen is no figure."""
        figures: dict[str, float] = {}
        for each in self.statements():
            labels = f'channel="{each.channel}",kind="{each.kind}",per="{"month" if each.monthly else "day"}"'
            figures[f"andon_quota_used{{{labels}}}"] = each.spent
            figures[f"andon_quota_limit{{{labels}}}"] = each.limit
            figures[f"andon_quota_refused{{{labels}}}"] = float(each.refused_until is not None)
            if each.ends is not None:
                figures[f"andon_quota_ends_seconds{{{labels}}}"] = each.ends / SECOND
        return figures

    async def watch(self) -> None:
        """For ever."""
        await watch_quotas(self.statements, self._time_zone, self._clock)

    async def close(self) -> None:
        for meter in self._meters.values():
            await meter.close()
