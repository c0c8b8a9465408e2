"""Digests of the quota: what one recipient was to be told within a window, as one message. Pure.

A digest tells each alarm in a line: when, and its headline with its state. It asks for nothing and has no buttons: what needs
somebody at once is not folded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from edge.model.act import Tell
from edge.model.intent import Intent, Message, Purpose
from edge.model.moment import Moment, to_datetime
from edge.texts import LANGUAGES, render

#: More than a person reads; what is beyond is counted.
LINES_MAX = 30


def card_of(intents: Sequence[Intent]) -> str:
    """The name of a digest's card: the same for the same alarms, so that a repeat is known for one."""
    keys = "\n".join(sorted(intent.key for intent in intents))
    return f"digest-{hashlib.sha256(keys.encode('utf-8', 'replace')).hexdigest()[:32]}"


def digest_of(intents: Sequence[Intent], card: str, purpose: Purpose, now: Moment, time_zone: str) -> Intent:
    """As one intent to the recipient of all of them, who is the same, as urgent as the most urgent. card: of the digest.
    purpose: FLOOD, which rings, or STATE, which draws the card anew. now: when it leaves: a digest is never late, its lines say
    when each alarm was."""
    latest = sorted(intents, key=lambda intent: intent.created_at)
    urgent = min(intents, key=lambda intent: intent.priority.rank)
    return replace(
        urgent,
        key=f"{card}/{purpose}/{len(intents)}",
        purpose=purpose,
        alarm=f"digest:{urgent.recipient}",
        occurrence=0,
        card=card,
        thread=card,
        message=_message(latest, urgent.message, ZoneInfo(time_zone)),
        created_at=now,
        wanted_at=now,
        act=Tell(),
        mention=(),
    )


def _message(latest: Sequence[Intent], urgent: Message, zone: ZoneInfo) -> Message:
    language = urgent.language
    shown = latest[-LINES_MAX:]
    lines = [(to_datetime(each.wanted_at).astimezone(zone).strftime("%H:%M"), _line(each.message)) for each in shown]
    if left := len(latest) - len(shown):
        lines.insert(0, ("…", _say(language, "more", count=left)))
    return replace(
        urgent,
        headline=_say(language, "headline", priority=urgent.priority_text, count=len(latest)),
        lines=tuple(lines),
        guidance=_say(language, "why"),
        buttons=(),
    )


def _line(message: Message) -> str:
    return f"{message.headline} · {message.state_text}"


def _say(language: str, name: str, **arguments: object) -> str:
    languages = (language,) if language in LANGUAGES else LANGUAGES
    return " / ".join(render(f"quota.digest.{name}", arguments, one) for one in languages)
