"""An alarm that comes and goes: one card for all its raises, told when it begins and when it has settled, and not in between.

The rules say when it chatters (`rules/chatter.py`). From then on its raises belong to the record that people have; the card
counts them, and a press on it is about the newest that it shows. When nobody has a card of it, a raise is told like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edge.model.event import Event
from edge.model.intent import Purpose
from edge.response.covers import by_design
from edge.response.occurrence import Chatter, Occurrence
from rules.definition import Rule

#: What is told to everybody who has the card, by kind of event.
TOLD: Mapping[str, Purpose] = {"chattering": Purpose.CHATTERING, "settled": Purpose.SETTLED}


def begin_chattering(occurrence: Occurrence, event: Event) -> Occurrence:
    return replace(occurrence, chatter=Chatter(event.data["count"], occurrence.raised))


def carry_on(occurrence: Occurrence, event: Event, rule: Rule | None) -> Occurrence:
    """Raised once more while it chatters: who looked after it before has not seen this."""
    data = event.data
    facts = replace(
        occurrence.facts,
        active=True,
        acked=rule is not None and not rule.ack_required,
        confirmed=rule is None or not rule.confirm,
        latched=occurrence.facts.latched or (rule is not None and rule.latching),
        occurrence=data["occurrence"],
    )
    count = occurrence.chatter.count if occurrence.chatter is not None else 1
    return replace(
        occurrence,
        facts=facts,
        first=occurrence.number,
        version=occurrence.version + 1,
        value=data["value"],
        quality=data["quality"],
        found=data.get("facts", {}),
        suppressed=by_design(event),
        chatter=Chatter(count + 1, event.time),
        returned=None,
        acknowledged=None,
        unacknowledged=None,
        coming=None,
        confirmed=None,
        context_began=data.get("context_began", {}),
        context=data.get("context", {}),
    )


def settle_down(occurrence: Occurrence, event: Event) -> Occurrence:
    chatter = occurrence.chatter
    if chatter is None:
        return occurrence
    return replace(occurrence, chatter=replace(chatter, count=event.data["count"], settled=event.time))


def rings(before: Occurrence, after: Occurrence, kind: str) -> Purpose | None:
    """What everybody with the card is told; None for nothing. What is hidden tells nobody, but for what closes it."""
    if kind not in TOLD or (after.is_hidden and after.facts.active):
        return None
    return TOLD[kind] if before.is_chattering != after.is_chattering else None
