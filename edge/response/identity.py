"""Names that never change: keys of intents, cards, threads and records, derived from names and counters alone.

No row number and no time goes into them, so that a second run over the same journal, or another node that folds the same
events, comes to the same names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from edge.model.intent import Purpose

#: DingTalk takes 100 characters for a card's id, its top-box call 64; the smaller one holds for both.
CARD_MAX = 64
_DIGEST_LENGTH = 24
LINE = "line"
FLOOD = "flood"
MISSED = "missed"


@dataclass(frozen=True, slots=True)
class IntentName:
    """What an intent is about. round: which announcement of the occurrence, from 1 (a shelf that ends announces it again).
    count: what tells intents of one purpose and round apart: the reminder's number, the state's version; 0 for the others."""

    alarm: str
    occurrence: int
    recipient: str
    purpose: Purpose
    round: int
    count: int = 0


def intent_key(scope: str, name: IntentName) -> str:
    """`crm~3f9a2c71/CRM.ST3.MOTOR/de_temp_high#17/person:fitter/reminder.1.2`: unique for ever. scope: the site, and which
    database of it."""
    return f"{scope}/{record_key(name.alarm, name.occurrence)}/{name.recipient}/{name.purpose}.{name.round}.{name.count}"


_REST_OF_KEY = re.compile(
    rf"(?P<alarm>.+)#(?P<occurrence>[0-9]+)/(?P<recipient>.+)/(?P<purpose>{'|'.join(Purpose)})\.(?P<round>[0-9]+)\.(?P<count>[0-9]+)",
    re.DOTALL,
)


def parse_intent_key(scope: str, key: str) -> IntentName | None:
    """The name behind a key of ours; None for any other text. Recipients must not hold `#`, digits and `/` in a row."""
    prefix = f"{scope}/"
    if not key.startswith(prefix):
        return None
    found = _REST_OF_KEY.fullmatch(key, len(prefix))
    if found is None:
        return None
    return IntentName(
        alarm=found["alarm"],
        occurrence=int(found["occurrence"]),
        recipient=found["recipient"],
        purpose=Purpose(found["purpose"]),
        round=int(found["round"]),
        count=int(found["count"]),
    )


def record_key(alarm: str, occurrence: int) -> str:
    """The key of the record of an occurrence: `CRM.ST3.MOTOR/de_temp_high#17`."""
    return f"{alarm}#{occurrence}"


def line_key(line: str) -> str:
    """The key of the record of a line's state; no occurrence has it, occurrences are numbers."""
    return f"{line}#{LINE}"


def flood_key(position: str) -> str:
    """The key of the record of a position; no alarm has it, occurrences are numbers."""
    return f"{position}#{FLOOD}"


def which_flood(position: str, number: int) -> str:
    """`team:fitters#3`, as records and the journal call it."""
    return f"{position}#{number}"


def flood_name(position: str) -> str:
    """What the messages of a position's floods are named by, in the place of an alarm."""
    return f"{FLOOD}:{position}"


def record_id(who: str, channel: str) -> str:
    """How a recipient is called who is told by another channel than their first: `person:li@apprise`."""
    return f"{who}@{channel}"


def who_of(record: str) -> str:
    """`person:ID` or `group:ID` of a recipient's record; ids hold no `@`."""
    return record.partition("@")[0]


def missed_key(recipient: str) -> str:
    """The key of the record of what somebody missed; no occurrence has it, occurrences are numbers."""
    return f"{recipient}#{MISSED}"


def missed_name(recipient: str) -> str:
    """What the digests of what somebody missed are named by, in the place of an alarm."""
    return f"{MISSED}:{recipient}"


def thread_name(alarm: str, recipient: str) -> str:
    """Intents of one alarm for one recipient leave in order, over all occurrences."""
    return f"{alarm}|{recipient}"


def card_id(scope: str, alarm: str, occurrence: int, recipient: str, card_round: int) -> str:
    """At most 64 characters of `[A-Za-z0-9._-]`: a hint for people who read ledgers, then a digest that tells cards apart."""
    full = "\n".join((scope, alarm, str(occurrence), recipient, str(card_round)))
    digest = sha256(full.encode()).hexdigest()[:_DIGEST_LENGTH]
    hint = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{alarm}-{occurrence}")
    return f"{hint[: CARD_MAX - _DIGEST_LENGTH - 1]}-{digest}"
