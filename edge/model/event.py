"""Events: what happened, in the past tense; the rows of the journal.

An event says nothing about when it was recorded or by which boot: that belongs to its `JournalRow`, so that a live run, a
scenario and a replay of the same input give the same canonical events, byte for byte.

Kinds and their data, by stream (moments are ISO texts, spans are seconds as floats):

alarm       raised         occurrence, priority, began, value, limit, quality, realarm (bool: raised again from acknowledged),
                           context_began, context
            returned       occurrence, began, raised, value, peak, acknowledged (bool), context
                           (context: by name of tag, the values when it was raised or returned, of context_began when it
                           began: a number, a text, or null while it is bad or unknown; absent where the rule names no tags)
            acknowledged   occurrence, by, via, comment, coming (bool: "on my way")
            on_my_way      occurrence, by, via                        (already acknowledged before)
            commented      by, via, text
            shelved        by, via, until, reason
            unshelved      by, via, cause (person | expired), active, occurrence, priority, began, value, limit, quality
            reset          by, via
            rejected       by, via, command, reason, and with already_acknowledged: acknowledged_by, acknowledged_at
            filtered       began, lasted                              (on-delay cancelled: for tuning, told to nobody)
            retired        occurrence, state, cause (rule_removed | rule_changed)
                                                                      (its rule is gone: nobody needs to wait for it)
delivery    delivered, refused, unknown, withdrawn, expired
                           intent, recipient, purpose, alarm, occurrence, detail, late_by, possible_repeat
            unrouted       occurrence, priority, recipient, detail (no_route | unknown_recipient | no_address): not told to
                           anybody, or not to this recipient
system      started        epoch, outage
            clock_stepped  by
config      applied        revision, layout
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from edge.model.moment import Moment


class Stream(StrEnum):
    """The streams of the one journal."""

    ALARM = "alarm"
    INCIDENT = "incident"
    ORDER = "order"
    CALL = "call"
    DELIVERY = "delivery"
    PERSON = "person"
    CONFIG = "config"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Event:
    """subject: what it happened to (an alarm id, an intent key, the agent's name). time: when it became true, in source
    time where a device knows it. command: (source, message_id) of the inbox row it answers, else None."""

    stream: Stream
    kind: str
    subject: str
    time: Moment
    data: Mapping[str, Any]
    command: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An event as recorded. (site, agent, epoch, sequence) is its identity; hash covers the row and the previous hash."""

    site: str
    agent: str
    epoch: int
    sequence: int
    recorded_at: Moment
    event: Event
    previous_hash: str
    hash: str
