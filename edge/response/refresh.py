"""Values on cards: an active alarm's card shows its value anew from time to time, silently, whatever else changes or not. Pure.

Theory of operation. Each card update and each announcement sets when the value is looked at next; if it differs then from what
the card shows, the card is updated. The longer an alarm stands, the rarer: the interval of the plant (5 min), three times as
long after each update, at most an hour. So an incident that is over within the hour costs two such updates, and one that stands
for a week does not eat the quota of the month.
"""

from __future__ import annotations

import math
from dataclasses import replace

from edge.model.moment import HOUR, Moment, Span
from edge.model.sample import Quality, Sample
from edge.response.occurrence import Occurrence, Shown

GROWS_BY = 3
EVERY_MAX = 1 * HOUR


def refresh_due(occurrence: Occurrence) -> Moment | None:
    """When its value is to be looked at; None: never, or not before it is active and to be seen again."""
    shown = occurrence.shown
    if shown is None or not occurrence.facts.active or occurrence.is_over or occurrence.is_hidden:
        return None
    return shown.due if any(recipient.told.has_card for recipient in occurrence.recipients.values()) else None


def is_out_of_date(occurrence: Occurrence, reading: Sample | None, peak: float | None) -> bool:
    """The cards show another value, or another peak, than there is now."""
    shown = occurrence.shown
    return shown is not None and (shown.value, shown.peak) != (_value(reading), peak)


def now_shown(
    occurrence: Occurrence,
    every: Span | None,
    now: Moment,
    reading: Sample | None,
    peak: float | None,
    *,
    by_itself: bool = False,
) -> Occurrence:
    """Its cards are updated now. by_itself: for the value alone, so that the next time is further off. every: None, values are
    shown with changes of state alone."""
    if every is None:
        return replace(occurrence, shown=None)
    before = occurrence.shown.times if occurrence.shown is not None else 0
    return _shown(occurrence, every, now, _value(reading), peak, before + by_itself)


def first_shown(value: float | None, every: Span | None, now: Moment) -> Shown | None:
    """What the cards of an announcement show, which is the value of the trigger."""
    return None if every is None else Shown(value, None, 0, now + _interval(every, 0))


def looked_at(occurrence: Occurrence, every: Span | None, now: Moment) -> Occurrence:
    """Nothing has changed: to be looked at again after as long."""
    shown = occurrence.shown
    if every is None or shown is None:
        return replace(occurrence, shown=None)
    return _shown(occurrence, every, now, shown.value, shown.peak, shown.times)


def replan_refresh(occurrence: Occurrence, now: Moment) -> Occurrence:
    """After a start: no further off than the longest interval, also where the wall clock ran ahead before."""
    shown = occurrence.shown
    return occurrence if shown is None else replace(occurrence, shown=replace(shown, due=min(shown.due, now + EVERY_MAX)))


def _shown(occurrence: Occurrence, every: Span, now: Moment, value: float | None, peak: float | None, times: int) -> Occurrence:
    return replace(occurrence, shown=Shown(value, peak, times, now + _interval(every, times)))


def _interval(every: Span, times: int) -> Span:
    interval: Span = min(every * GROWS_BY**times, max(every, EVERY_MAX))
    return interval


def _value(reading: Sample | None) -> float | None:
    """What a card says of it; None of what is no measurement."""
    trusted = reading is not None and reading.quality is not Quality.BAD and math.isfinite(reading.value)
    return reading.value if trusted and reading is not None else None
