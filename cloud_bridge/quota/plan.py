"""The plan that delivery asks: the planner, with what a channel's intents cost, its account and the clock at hand."""

from __future__ import annotations

from collections.abc import Collection

from cloud_bridge.base import MeteredChannel
from cloud_bridge.quota.meter import QuotaMeter
from cloud_bridge.quota.planner import Decision, Send, decide
from edge.model.intent import Intent
from edge.model.person import Directory
from edge.ports import Clock


class Plan:
    """channels: the names of all that the plant has configured."""

    def __init__(
        self, channel: MeteredChannel, meter: QuotaMeter, clock: Clock, directory: Directory, channels: Collection[str]
    ) -> None:
        self._channel = channel
        self._meter = meter
        self._clock = clock
        self._directory = directory
        self._others = set(channels) - {channel.name}

    def __call__(self, intent: Intent) -> Decision:
        cost, meter = self._channel.cost(intent), self._meter
        other_way = bool(self._others & _ways_to(self._directory, intent.recipient))
        decision = decide(intent, cost, meter.account, self._clock.now(), other_way=other_way, under_way=meter.under_way)
        if isinstance(decision, Send):
            meter.let_go(cost)
        return decision


def _ways_to(directory: Directory, recipient: str) -> set[str]:
    """The channels on which `person:ID` or `group:ID` has an address."""
    kind, _, name = recipient.partition(":")
    found = (directory.persons if kind == "person" else directory.groups).get(name)
    return set() if found is None else set(found.addresses)
