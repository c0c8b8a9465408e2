"""Values that people enter: lab results, paper records, readings of a gauge without a wire. Pure.

A value counts from when it was measured. One that is older than the newest is refused, not put behind it: rules have already
judged by the newer one. The newest of each tag is durable, because no device says it again after a restart.

Not here: when the next is due, which is the tag's `stale_after`; and the samples themselves (intake.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.model.command import EnterValue, Rejection
from edge.model.moment import HOUR, MINUTE, Moment, Span, to_iso
from edge.model.sample import value_of_text
from edge.model.tag import Entry, Tag

#: A clock on the wall may go before ours.
AHEAD_MAX: Span = 2 * MINUTE
AGO_MAX: Span = 7 * 24 * HOUR
TEXT_MAX = 100


@dataclass(frozen=True, slots=True)
class Entered:
    """The newest value of a tag. by: a person's id. entered_at: when we heard of it."""

    value: float
    text: str | None
    measured_at: Moment
    by: str
    entered_at: Moment

    def record(self) -> list[Any]:
        return [self.value, self.text, self.measured_at, self.by, self.entered_at]

    @staticmethod
    def of(record: list[Any]) -> Entered:
        return Entered(*record)


@dataclass(frozen=True, slots=True)
class Refused:
    """data: what the answer says beside the reason."""

    reason: Rejection
    data: Mapping[str, Any]


def enter(command: EnterValue, tag: Tag | None, newest: Entered | None, by: str, now: Moment) -> Entered | Refused:
    """tag: None where none has this name. newest: of the tag so far."""
    if tag is None or tag.entry is None:
        return Refused(Rejection.UNKNOWN_TAG if tag is None else Rejection.NOT_ENTERED_BY_HAND, {})
    known = value_for(tag, command.value)
    if known is None or (tag.entry.is_switch and known[0] not in (0.0, 1.0)):
        return Refused(Rejection.VALUE_FORM, {})
    refused = _refuse_moment(command.measured_at, newest, now) or _refuse_range(known[0], tag, tag.entry, command.confirmed)
    return refused or Entered(*known, min(command.measured_at, now), by, now)


def _refuse_moment(measured_at: Moment, newest: Entered | None, now: Moment) -> Refused | None:
    if not now - AGO_MAX <= measured_at <= now + AHEAD_MAX:
        return Refused(Rejection.MOMENT_IMPOSSIBLE, {})
    if newest is not None and min(measured_at, now) < newest.measured_at:
        return Refused(Rejection.NEWER_VALUE_STANDS, {"measured_at": to_iso(newest.measured_at)})
    return None


def _refuse_range(value: float, tag: Tag, entry: Entry, confirmed: bool) -> Refused | None:
    if entry.between is None or tag.is_text or entry.between[0] <= value <= entry.between[1] or (entry.anyway and confirmed):
        return None
    reason = Rejection.CONFIRM_IMPLAUSIBLE if entry.anyway else Rejection.IMPLAUSIBLE
    return Refused(reason, {"low": entry.between[0], "high": entry.between[1], "unit": tag.unit})


def value_for(tag: Tag, value: float | str) -> tuple[float, str | None] | None:
    """The number and the text by which a sample of the tag carries a value; None where the tag cannot have it."""
    if tag.is_text:
        fits = isinstance(value, str) and bool(value.strip()) and len(value) <= TEXT_MAX
        return (value_of_text(str(value)), str(value)) if fits else None
    return None if isinstance(value, str) or not math.isfinite(value) else (float(value), None)
