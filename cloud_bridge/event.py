"""An intent as an event for programs: the one JSON object that webhooks post and MQTT publishes. Pure.

The schema is `event.schema.json` beside this file; what its fields mean is in `EVENT.md`. An event states the whole state and
not the change, as messages do: whoever has the newest event of an alarm needs no older one. Nothing in it depends on the
attempt, so a repeat is the same event, byte for byte.
"""

from __future__ import annotations

from typing import Any

import orjson

from cloud_bridge.fitting import cut, one_line
from edge.model.intent import Intent, Message
from edge.model.moment import to_iso

SCHEMA = "andon.event/1"
#: What a text of an event may take, and how many lines it has at most: an event stays below 128 KB.
TEXT_BYTES_MAX = 2_000
LINES_MAX = 40


def is_about_an_alarm(intent: Intent) -> bool:
    """Whether it says how an alarm stands; digests, maintenance and hang-tags do not."""
    return bool(intent.message.data)


def event_of(intent: Intent, *, site: str, agent: str) -> dict[str, Any]:
    """site, agent: who says so."""
    message = intent.message
    return {
        "schema": SCHEMA,
        "id": intent.key,
        "event": str(intent.purpose),
        "site": site,
        "agent": agent,
        "recipient": intent.recipient,
        "alarm": intent.alarm,
        "occurrence": intent.occurrence,
        "state": message.state,
        "priority": str(intent.priority),
        "decided_at": to_iso(intent.created_at),
        "happened_at": to_iso(intent.wanted_at),
        "text": _text(message),
        "data": dict(message.data),
    }


def encode(value: Any) -> bytes:
    """JSON in UTF-8, on one line."""
    return orjson.dumps(value)


def _text(message: Message) -> dict[str, Any]:
    return {
        "language": message.language,
        "headline": _short(message.headline),
        "state": _short(message.state_text),
        "priority": _short(message.priority_text),
        "lines": [{"label": _short(label), "text": _short(text)} for label, text in message.lines[:LINES_MAX]],
        "guidance": _short(message.guidance),
    }


def _short(text: str) -> str:
    return cut(one_line(text), TEXT_BYTES_MAX)
