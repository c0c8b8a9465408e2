"""What must hold after every schedule; each finding is a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from edge.model.act import Call
from edge.model.intent import Intent, Purpose
from tests.simulation.schedules.play import Schedule

ENDS = frozenset({"delivered", "refused", "unknown", "quarantined", "expired", "withdrawn", "superseded"})


def broken(schedule: Schedule) -> list[str]:
    return [*_inversions(schedule), *_repeats(schedule), *_losses(schedule)]


def _inversions(schedule: Schedule) -> Iterator[str]:
    """Within a thread nothing elder is seen behind something younger, the first time or as a repeat."""
    age = {row.intent.key: number for number, row in enumerate(schedule.outbox.rows)}
    youngest: dict[tuple[str, str], str] = {}
    for seen in schedule.cloud.seen:
        thread = schedule.outbox.row(seen.key).queue
        before = youngest.setdefault(thread, seen.key)
        if age[before] > age[seen.key]:
            yield f"{seen.key} was seen behind {before}"
        youngest[thread] = max(before, seen.key, key=age.__getitem__)
    raised = {(i.alarm, i.occurrence, i.recipient) for i in _seen(schedule, Purpose.RAISED)}
    for returned in _seen(schedule, Purpose.RETURNED):
        if (returned.alarm, returned.occurrence, returned.recipient) not in raised and _raise_did_not_arrive(
            schedule, returned
        ):
            yield f"{returned.key} was seen, and its raise never"


def _seen(schedule: Schedule, purpose: Purpose) -> list[Intent]:
    intents = (schedule.outbox.row(seen.key).intent for seen in schedule.cloud.seen)
    return [intent for intent in intents if intent.purpose is purpose]


def _raise_did_not_arrive(schedule: Schedule, returned: Intent) -> bool:
    """A raise that nobody knows to have arrived counts as perhaps told: then the return may come alone."""
    raises = [
        row
        for row in schedule.outbox.rows
        if row.intent.purpose is Purpose.RAISED
        and (row.intent.alarm, row.intent.occurrence, row.intent.recipient)
        == (returned.alarm, returned.occurrence, returned.recipient)
    ]
    return not any(row.state in ("unknown", "quarantined") or row.after_unknown for row in raises)


def _repeats(schedule: Schedule) -> Iterator[str]:
    for key, times in Counter(seen.key for seen in schedule.cloud.seen).items():
        if times == 1:
            continue
        if any(not seen.marked for seen in [s for s in schedule.cloud.seen if s.key == key][1:]):
            yield f"{key} was seen {times} times, once without a mark"
        if times - 1 > schedule.cloud.faults.get(key, 0):
            yield f"{key} was seen {times} times after {schedule.cloud.faults.get(key, 0)} faults"
        if isinstance(schedule.outbox.row(key).intent.act, Call):
            yield f"{key} rang {times} times"


def _losses(schedule: Schedule) -> Iterator[str]:
    seen = {each.key for each in schedule.cloud.seen}
    for row in schedule.outbox.rows:
        if row.state not in ENDS:
            yield f"{row.intent.key} is still {row.state} when all is quiet"
        elif row.state == "delivered" and row.intent.key not in seen:
            yield f"{row.intent.key} counts as delivered, and nobody saw it"
        elif row.state == "withdrawn" and row.intent.key in seen:
            yield f"{row.intent.key} counts as withdrawn, and somebody saw it"
