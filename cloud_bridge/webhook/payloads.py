"""The body of a webhook request: one JSON object with up to 100 events. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cloud_bridge.event import encode, event_of
from edge.model.intent import Intent

SCHEMA = "andon.events/1"


def body_of(intents: Sequence[Intent], *, site: str, agent: str) -> bytes:
    return encode(
        {
            "schema": SCHEMA,
            "site": site,
            "agent": agent,
            "events": [event_of(intent, site=site, agent=agent) for intent in intents],
        }
    )
