"""Events: what happens in the organisation, told to the app that ticked it in its console (reference 7.2, 7.3, 14).

They go to the app's callback address if it has one, else over stream connections that subscribed `EVENT *`. While no
connection ever has, the app is one that switched events off, and nothing is told. An event that was never acknowledged is in
the failed list, which the app may read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from simulators.dingtalk.behaviour import Behaviour
from simulators.dingtalk.frames import Topic
from simulators.dingtalk.gateway import Ended, Outcome, Push, StreamGateway
from simulators.dingtalk.http_callbacks import HttpCallbacks
from simulators.dingtalk.ledger import PUSHES
from simulators.dingtalk.limits import Quota
from simulators.dingtalk.organisation import App
from simulators.dingtalk.wire import SECOND_US, Chance, new_id

#: Tells an event: its type, its fields, now.
Tell = Callable[[str, Mapping[str, Any], int], None]

#: How long after each sending an event is sent again.
AGAIN_US = (10 * SECOND_US, 30 * SECOND_US)
FAILED_MAX = 1_000

#: What an event carries instead of its fields when the monthly quota is spent (reference 0.5).
EMPTIED = {"errCode": 20001, "errMsg": "Webhook and Stream quota of this month is used up"}


class Events:
    """failed: those that nobody acknowledged, oldest first, as the failed list shows them."""

    def __init__(
        self,
        app: App,
        behaviour: Behaviour,
        gateway: StreamGateway,
        callbacks: HttpCallbacks,
        pushes: Quota,
        chance: Chance,
    ) -> None:
        self._app = app
        self._callbacks = callbacks
        self._behaviour = behaviour
        self._gateway = gateway
        self._pushes = pushes
        self._chance = chance
        self.failed: deque[dict[str, Any]] = deque(maxlen=FAILED_MAX)

    def tell(self, event_type: str, data: Mapping[str, Any], now_us: int) -> None:
        """Send an event off; nothing when the app wants none of the kind."""
        by_http = self._callbacks.event_callback is not None
        if not (by_http or self._gateway.events_wanted) or event_type in self._app.unticked_events:
            return
        event_id = new_id(self._chance)
        has_quota = self._pushes.take(now_us)

        def failed() -> None:
            entry = {"callBackTag": event_type, "callBackData": dict(data)}
            self.failed.append(entry | {"eventTime": now_us // 1_000, "corpId": self._app.corp_id})

        def ended(end: Ended, _now_us: int) -> None:
            if end.outcome is not Outcome.ANSWERED:
                failed()

        cost = {PUSHES: 1} if has_quota else {}
        if by_http:
            self._callbacks.post_event(event_type, event_id, data if has_quota else EMPTIED, failed, now_us, cost)
            return
        push = Push(
            event_id,
            Topic.EVENT,
            data if has_quota else EMPTIED,
            int(self._behaviour.event_answer_within_s * SECOND_US),
            AGAIN_US,
            ended,
            headers={
                "eventType": event_type,
                "eventId": event_id,
                "eventCorpId": self._app.corp_id,
                "eventBornTime": str(now_us // 1_000),
                "eventUnifiedAppId": f"unified-{self._app.client_id}",
            },
            cost=cost,
        )
        self._gateway.push(push, now_us)
