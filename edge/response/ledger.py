"""The records in memory: occurrences that somebody was told of, the states of lines, the floods of positions; and which of them
a step has changed.

Bounded: an occurrence leaves when it is over and its receipts are in, or some time later without them; an alarm that comes and
goes through an outage keeps its newest occurrences only. A receipt of one that has left is journalled all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.model.moment import HOUR, MINUTE, Moment, Span
from edge.response.calls import call_due, replan_calls
from edge.response.fallback import fallback_due
from edge.response.flood import Flood, replan_flood
from edge.response.flood_codec import decode_flood, encode_flood
from edge.response.identity import FLOOD, LINE, flood_key, line_key, record_key
from edge.response.occurrence import Occurrence
from edge.response.occurrence_codec import decode_occurrence, encode_occurrence
from edge.response.refresh import refresh_due, replan_refresh
from edge.response.reminder import reminder_due, replan
from edge.response.told import Told

#: An occurrence that is over waits this long for its receipts: longer than a night without a line to the cloud.
RECEIPTS_AWAITED = 24 * HOUR
#: What was taken back while it may have been under way is heard of within this, if ever.
TAKEN_BACK_AWAITED = 10 * MINUTE
#: Occurrences kept of one alarm.
OCCURRENCES_MAX = 50


class Ledger:
    def __init__(self) -> None:
        self._occurrences: dict[str, dict[int, Occurrence]] = {}
        self._lines: dict[str, str | None] = {}
        self._floods: dict[str, Flood] = {}
        self._dues: dict[str, tuple[Moment, Occurrence]] = {}
        #: By first-out group, the alarm that was first.
        self._firsts: dict[str, str] = {}
        self._changed: dict[str, Occurrence | Mapping[str, Any] | None] = {}

    def load(self, records: Mapping[str, Mapping[str, Any]], now: Moment) -> None:
        """Take up the store's records; of kinds that are not kept any more, none (the shelves of the first versions)."""
        for key, data in records.items():
            name, _, number = key.rpartition("#")
            if number == LINE:
                self._lines[name] = data["state"]
            elif number == FLOOD:
                self._floods[name] = replan_flood(decode_flood(data), now)
            elif number.isdecimal():
                occurrence = replan_calls(replan_refresh(replan(decode_occurrence(data), now), now), now)
                since = occurrence.over_since
                self._keep(replace(occurrence, over_since=None if since is None else min(since, now)))
            else:
                self._changed[key] = None

    # --- occurrences ----------------------------------------------------------------------------------------------

    def find(self, alarm: str, number: int) -> Occurrence | None:
        """The record that an activation belongs to; those of an alarm that chatters share one."""
        known = self._occurrences.get(alarm, {})
        spanning = (each for each in known.values() if each.number < number <= each.facts.occurrence)
        return known.get(number) or next(spanning, None)

    def newest(self, alarm: str) -> Occurrence | None:
        known = self._occurrences.get(alarm)
        return known[max(known)] if known else None

    def unfinished_before(self, alarm: str, number: int) -> list[Occurrence]:
        """Occurrences below this number that are not over, eldest first."""
        known = self._occurrences.get(alarm, {})
        before = (known[n] for n in sorted(known) if known[n].facts.occurrence < number)
        return [each for each in before if not each.is_over]

    def unfinished(self) -> list[Occurrence]:
        """Of all alarms, the records of which news may come."""
        known = (occurrences[n] for _, occurrences in sorted(self._occurrences.items()) for n in sorted(occurrences))
        return [each for each in known if not each.is_over]

    def first_of(self, group: str) -> Occurrence | None:
        """The record of the alarm that was first in a group; None when nobody was told of it, or it is long over."""
        newest = self.newest(self._firsts.get(group, ""))
        place = newest.first_out if newest is not None else None
        return newest if place is not None and (place.group, place.rank) == (group, 1) else None

    def put(self, occurrence: Occurrence, now: Moment) -> None:
        """Keep the record as it is now, or forget it when it is over and nothing is awaited."""
        if occurrence.is_over and occurrence.over_since is None:
            occurrence = replace(occurrence, over_since=now)
        if occurrence.is_over and _awaited(occurrence) is None:
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
        if occurrence.first_out is not None and occurrence.first_out.rank == 1:
            self._firsts[occurrence.first_out.group] = occurrence.alarm
        key, due = record_key(occurrence.alarm, occurrence.number), _due(occurrence)
        if due is None:
            self._dues.pop(key, None)
        else:
            self._dues[key] = (due, occurrence)

    # --- lines ----------------------------------------------------------------------------------------------------

    def line_turned(self, line: str, state: str | None) -> None:
        self._lines[line] = state
        self._changed[line_key(line)] = {"state": state}

    def line_state(self, line: str) -> str | None:
        return self._lines.get(line)

    # --- floods ---------------------------------------------------------------------------------------------------

    def flood_of(self, position: str) -> Flood:
        return self._floods.get(position, Flood())

    def put_flood(self, position: str, flood: Flood) -> None:
        self._floods[position] = flood
        self._changed[flood_key(position)] = encode_flood(flood)

    def floods(self) -> Mapping[str, Flood]:
        """By position, those that ever heard an alarm."""
        return self._floods

    def folded_in(self, flood: str) -> list[Occurrence]:
        """The records of alarms that this flood's digests tell of, as far as they are not over."""
        newest = (occurrence for known in self._occurrences.values() for occurrence in known.values())
        return [each for each in newest if not each.is_over and any(r.folded_in == flood for r in each.recipients.values())]

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
        return {key: encode_occurrence(each) if isinstance(each, Occurrence) else each for key, each in changed.items()}


def _due(occurrence: Occurrence) -> Moment | None:
    dues = [due for r in occurrence.recipients.values() if (due := reminder_due(r)) is not None]
    if (refresh := refresh_due(occurrence)) is not None:
        dues.append(refresh)
    others = (occurrence.missed_at, fallback_due(occurrence), call_due(occurrence))
    dues += [due for due in others if due is not None]
    if (stale := _stale_at(occurrence)) is not None:
        dues.append(stale)
    return min(dues, default=None)


def is_stale(occurrence: Occurrence, now: Moment) -> bool:
    """It is over, and no receipt is to be expected any more."""
    stale = _stale_at(occurrence)
    return stale is not None and stale <= now


def _stale_at(occurrence: Occurrence) -> Moment | None:
    awaited = _awaited(occurrence)
    return None if occurrence.over_since is None else occurrence.over_since + (awaited or 0)


def _awaited(occurrence: Occurrence) -> Span | None:
    """How long receipts are waited for once it is over; None: none is missing."""
    recipients = occurrence.recipients.values()
    if any(recipient.open or recipient.earlier for recipient in recipients):
        return RECEIPTS_AWAITED
    return TAKEN_BACK_AWAITED if any(recipient.told is Told.MISSED for recipient in recipients) else None
