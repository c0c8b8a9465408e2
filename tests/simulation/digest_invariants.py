"""What must hold of what is told together: digests of floods and after outages. See `invariants.py`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from cloud_bridge.marks import in_language
from edge.model.event import Stream
from edge.model.intent import Purpose
from edge.model.moment import MINUTE
from tests.simulation.findings import ATTEMPT_MAX, CUT_OFF_AFTER, REFUSED, said_at
from tests.simulation.play import Record
from tests.simulation.truth import MARGIN

#: What a digest says of itself that may say again what an earlier one said, in all languages.
REPEATS = tuple(in_language(language, "response.missed.repeats") for language in ("zh", "en", "both"))
#: How often digests are told, as `plant/response.yaml` says.
DIGESTS_EVERY = MINUTE


def times_folded(record: Record) -> Counter[tuple[str, int, str]]:
    """How often an alarm was folded for a recipient."""
    rows = (row.event for row in record.journal if row.event.kind == "folded")
    return Counter((row.subject, row.data["occurrence"], recipient) for row in rows for recipient in row.data["recipients"])


def times_missed(record: Record) -> Counter[tuple[str, int, str]]:
    """How often an alarm began and ended while a recipient was not reached."""
    rows = (row.event for row in record.journal if row.event.kind == "missed")
    return Counter((row.subject, row.data["occurrence"], recipient) for row in rows for recipient in row.data["recipients"])


# --- floods ---------------------------------------------------------------------------------------------------------


def folded_is_counted(record: Record) -> list[str]:
    wrong = []
    rows = [row.event for row in record.journal if row.event.kind == "folded"]
    floods = Counter(flood for row in rows for flood in row.data["floods"])
    for row in (row.event for row in record.journal if row.event.kind == "flood_left"):
        name = f"{row.subject}#{row.data['number']}"
        if row.data["folded"] != floods[name]:
            wrong.append(f"{name}: left with {row.data['folded']} folded, but the journal has {floods[name]}")
    by_recipient = Counter(recipient for row in rows for recipient in row.data["recipients"])
    said: dict[str, dict[str, int]] = defaultdict(dict)
    for told in record.told:
        if told.intent.alarm.startswith("flood:"):
            before = said[told.intent.recipient].get(told.intent.card, 0)
            count = _number_in(told.intent.message.headline)
            if count < before:
                wrong.append(f"{told.intent.key}: says {count} after {before}")
            said[told.intent.recipient][told.intent.card] = count
    awaited = DIGESTS_EVERY if rows else 0
    for recipient, count in by_recipient.items():
        counted = sum(said[recipient].values())
        newest = max(row.time for row in rows if recipient in row.data["recipients"])
        if counted > count or (counted < count and newest + awaited + MARGIN < record.journal[-1].recorded_at):
            wrong.append(f"{recipient}: {count} alarms were folded, but the digests tell of {counted}")
    return wrong


# --- outages ---------------------------------------------------------------------------------------------------------


def over_is_not_raised(record: Record) -> list[str]:
    wrong = []
    ended = {
        (row.event.subject, row.event.data["occurrence"]): row.recorded_at
        for row in record.journal
        if row.event.stream is Stream.ALARM and row.event.kind == "returned"
    }
    latching = {rule.id for rule in record.plant.rules if rule.latching}
    for told in record.told:
        intent, calls = told.intent, record.wire.shown(told.intent.key)
        if intent.purpose is not Purpose.RAISED or intent.alarm in latching or not calls:
            continue
        over = ended.get((intent.alarm, intent.occurrence))
        late = calls[0].at - intent.created_at
        # What was being sent when it was taken back arrives all the same: an attempt lasts half a minute at most.
        if over is not None and late > CUT_OFF_AFTER + ATTEMPT_MAX and calls[0].at > over + ATTEMPT_MAX:
            wrong.append(f"{intent.key}: shown at {said_at(calls[0].at)}, though it was over at {said_at(over)}")
    said: Counter[str] = Counter()
    again: Counter[str] = Counter()
    for told in record.told:
        if told.intent.purpose is Purpose.MISSED and record.wire.shown(told.intent.key):
            said[told.intent.recipient] += _number_in(told.intent.message.headline)
            again[told.intent.recipient] += told.intent.message.lines[-1][1] in REPEATS
    for recipient, count in Counter(who for _, _, who in times_missed(record).elements()).items():
        lost = sum(
            _number_in(told.intent.message.headline)
            for told in record.told
            if told.intent.purpose is Purpose.MISSED and told.intent.recipient == recipient and told.state in REFUSED
        )
        if said[recipient] + lost < count:
            wrong.append(f"{recipient}: {count} alarms were missed, but the digests tell of {said[recipient]}")
        if said[recipient] > count and not again[recipient]:
            wrong.append(f"{recipient}: {count} alarms were missed, but unmarked digests tell of {said[recipient]}")
    return wrong


def _number_in(headline: str) -> int:
    number = re.search("[0-9]+", headline)
    return int(number[0]) if number is not None else 0
