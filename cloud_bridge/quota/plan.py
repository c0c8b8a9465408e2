"""The plan that delivery asks: the planner, with what a channel's intents cost, its account and the clock at hand."""

from __future__ import annotations

from collections.abc import Callable, Collection

from cloud_bridge.base import MeteredChannel
from cloud_bridge.quota.meter import QuotaMeter
from cloud_bridge.quota.planner import Decision, Send, decide
from edge.model.intent import Intent, Purpose
from edge.ports import Clock
from edge.response.policy import Policy
from edge.response.routing import ways_after


class Plan:
    """failing: the channels that do not deliver just now."""

    def __init__(
        self,
        channel: MeteredChannel,
        meter: QuotaMeter,
        clock: Clock,
        policy: Policy,
        failing: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._channel = channel
        self._meter = meter
        self._clock = clock
        self._policy = policy
        self._failing = failing

    def __call__(self, intent: Intent) -> Decision:
        cost, meter = self._channel.cost(intent), self._meter
        other_way = has_other_way(self._policy, intent, self._failing())
        decision = decide(intent, cost, meter.account, self._clock.now(), other_way=other_way, under_way=meter.under_way)
        if isinstance(decision, Send):
            meter.let_go(cost)
        return decision


def has_other_way(policy: Policy, intent: Intent, failing: Collection[str] = ()) -> bool:
    """Whether the response will tell its recipient by another channel when it hears that this one refused (edge/response/
    fallback.py), and that one delivers: it does so for a raise, of the priorities that the plant wants it for."""
    falls_back = intent.purpose is Purpose.RAISED and intent.priority in policy.delivering.fallback
    return falls_back and any(each not in failing for each in ways_after(policy, intent.recipient, intent.channel))
