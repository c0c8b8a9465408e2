"""The witness: what really came to phones, written down on the cloud's side of the wire, whatever the gateway believes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.wire import Fate, Reply, Request

#: The call was executed and a phone shows something by it.
SHOWN = frozenset({Effect.MESSAGE_SHOWN, Effect.CARD_CREATED_AND_DELIVERED, Effect.CARD_DELIVERED, Effect.CARD_UPDATED})
#: Calls that carry an intent.
_TELLING = ("robot/send", "v1.0/robot/", "v1.0/card/", "PUT v1.0/card/")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that carried an intent. effect: what it changed. answered: whether the caller learned so, in time."""

    at: int
    name: str
    effect: Effect
    answered: bool
    body: Mapping[str, Any]
    query: Mapping[str, str]


class Witness:
    """Stands in for the stand-in's `Cloud` and writes down what passes."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.calls: list[Call] = []
        self.lost_answers = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cloud, name)

    def handle(self, request: Request, now_us: int) -> Reply:
        known = self._cloud.ledger.last_sequence
        reply = self._cloud.handle(request, now_us)
        answered = reply.fate is Fate.ANSWERED and reply.status not in (502, 504) and not reply.delay_us and _is_whole(reply)
        self.lost_answers += not answered
        entry = self._cloud.ledger.last
        if entry is not None and entry.sequence > known and entry.name.startswith(_TELLING):
            body = json.loads(request.body)
            self.calls.append(Call(now_us, entry.name, entry.effect, answered, body, request.query))
        return reply


def _is_whole(reply: Reply) -> bool:
    try:
        return isinstance(reply.json, dict)
    except ValueError:
        return False
