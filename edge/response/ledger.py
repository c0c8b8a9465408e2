"""The records in memory: occurrences that somebody was told of, and the ends of shelves; and which of them a step has changed.

Bounded: an occurrence leaves when it is over and its receipts are in, or some time later without them; an alarm that chatters
through an outage keeps its newest occurrences only. A receipt of one that has left is journalled all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.model.moment import HOUR, MINUTE, Moment
from edge.response.identity import record_key, shelf_key
from edge.response.occurrence import Occurrence, decode_occurrence, encode_occurrence
from edge.response.policy import Policy
from edge.response.reminder import reminder_due, replan

#: An occurrence that is over waits this long for its receipts: longer than a night without a line to the cloud.
RECEIPTS_AWAITED = 24 * HOUR
#: Occurrences kept of one alarm.
OCCURRENCES_MAX = 50
#: The engine says when a shelf ends. A shelf that it has lost ends this long after its time: an alarm is never hidden for ever.
SHELF_GRACE = 1 * MINUTE


class Ledger:
    def __init__(self) -> None:
        self._occurrences: dict[str, dict[int, Occurrence]] = {}
        self._shelves: dict[str, Moment] = {}
        self._dues: dict[str, tuple[Moment, Occurrence]] = {}
        self._changed: dict[str, Occurrence | Moment | None] = {}

    def load(self, records: Mapping[str, Mapping[str, Any]], policy: Policy, now: Moment) -> None:
        """Take up the store's records. The shelf of a rule that is gone goes too: were the rule configured again, its first
        raise must not be lost."""
        for key, data in records.items():
            alarm = key.rpartition("#")[0]
            if key != shelf_key(alarm):
                occurrence = replan(decode_occurrence(data), now)
                since = occurrence.over_since
                self._keep(replace(occurrence, over_since=None if since is None else min(since, now)))
            elif alarm in policy.rules:
                self._shelves[alarm] = data["until"]
            else:
                self._changed[key] = None

    # --- occurrences ----------------------------------------------------------------------------------------------

    def find(self, alarm: str, number: int) -> Occurrence | None:
        return self._occurrences.get(alarm, {}).get(number)

    def newest(self, alarm: str) -> Occurrence | None:
        known = self._occurrences.get(alarm)
        return known[max(known)] if known else None

    def unfinished_before(self, alarm: str, number: int) -> list[Occurrence]:
        """Occurrences below this number that are not over, eldest first."""
        known = self._occurrences.get(alarm, {})
        return [known[n] for n in sorted(known) if n < number and not known[n].is_over]

    def put(self, occurrence: Occurrence, now: Moment) -> None:
        """Keep the record as it is now, or forget it when it is over and nothing is awaited."""
        if occurrence.is_over and occurrence.over_since is None:
            occurrence = replace(occurrence, over_since=now)
        if occurrence.is_over and not any(recipient.open for recipient in occurrence.recipients.values()):
            self.forget(occurrence)
            return
        self._keep(occurrence)
        self._changed[record_key(occurrence.alarm, occurrence.number)] = occurrence
        known = self._occurrences[occurrence.alarm]
        if len(known) > OCCURRENCES_MAX:
            self.forget(known[min(known)])

    def forget(self, occurrence: Occurrence) -> None:
        key = record_key(occurrence.alarm, occurrence.number)
        known = self._occurrences.get(occurrence.alarm, {})
        known.pop(occurrence.number, None)
        if not known:
            self._occurrences.pop(occurrence.alarm, None)
        self._dues.pop(key, None)
        self._changed[key] = None

    def _keep(self, occurrence: Occurrence) -> None:
        self._occurrences.setdefault(occurrence.alarm, {})[occurrence.number] = occurrence
        key, due = record_key(occurrence.alarm, occurrence.number), _due(occurrence)
        if due is None:
            self._dues.pop(key, None)
        else:
            self._dues[key] = (due, occurrence)

    # --- shelves --------------------------------------------------------------------------------------------------

    def shelve(self, alarm: str, until: Moment) -> None:
        self._shelves[alarm] = until
        self._changed[shelf_key(alarm)] = until

    def unshelve(self, alarm: str) -> None:
        if self._shelves.pop(alarm, None) is not None:
            self._changed[shelf_key(alarm)] = None

    def is_shelved(self, alarm: str, at: Moment) -> bool:
        until = self._shelves.get(alarm)
        return until is not None and at < until + SHELF_GRACE

    # --- time and changes -----------------------------------------------------------------------------------------

    def due(self, now: Moment) -> list[Occurrence]:
        """Records for which something is due, the longest overdue first."""
        ripe = sorted((due, key) for key, (due, _) in self._dues.items() if due <= now)
        return [self._dues[key][1] for _, key in ripe]

    @property
    def next_due(self) -> Moment | None:
        return min((due for due, _ in self._dues.values()), default=None)

    def take_changes(self) -> Mapping[str, Mapping[str, Any] | None]:
        """What has changed since the last call, by record key; None: forgotten."""
        changed, self._changed = self._changed, {}
        return {key: _encode(record) for key, record in changed.items()}


def _encode(record: Occurrence | Moment | None) -> Mapping[str, Any] | None:
    if isinstance(record, Occurrence):
        return encode_occurrence(record)
    return None if record is None else {"until": record}


def _due(occurrence: Occurrence) -> Moment | None:
    dues = [due for r in occurrence.recipients.values() if (due := reminder_due(r)) is not None]
    if occurrence.over_since is not None:
        dues.append(occurrence.over_since + RECEIPTS_AWAITED)
    return min(dues, default=None)
