"""What the columns tell the annunciator: conditions that became active or inactive, shelves whose time is over,
lines that went over to another state, what PLCs say of first-out groups, and events.

What a flood makes thousands of are named tuples, which are made in a third of the time of frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from edge.model.event import Event
from edge.model.moment import Moment
from rules.context import Context
from rules.order import Order


class Reading(NamedTuple):
    """What an alarm's tag showed. value: of the newest good sample, None before the first; while its sensor fails, for the
    rule that watches that, what the device says. quality: `good`, `uncertain` (also when the value is good but stale) or
    `bad`. facts: of the signal that it was worked out by, where a condition begins to hold; None: none were asked for."""

    value: float | None
    quality: str
    facts: Mapping[str, float | str | None] | None = None


class Edge(NamedTuple):
    """The condition of a rule took another value. due: when its delay was complete; began: when the delay began. peak: the most
    severe value since the condition began. context: what the context tags showed, filled in when all of the batch is known;
    None for a rule without any."""

    row: int
    active: bool
    due: Moment
    began: Moment
    reading: Reading
    peak: float | None
    context_began: Context
    context: Context | None


@dataclass(frozen=True, slots=True)
class ShelfEnd:
    """The time of a shelf is over."""

    row: int
    due: Moment
    reading: Reading


@dataclass(frozen=True, slots=True)
class LineTurned:
    """A line went over to another state; None: nobody knows which."""

    line: str
    state: str | None


@dataclass(frozen=True, slots=True)
class WordCame:
    """The PLC's word of a first-out group took another value; None: it is bad. time: source time."""

    group: str
    value: float | None
    time: Moment


@dataclass(frozen=True, slots=True)
class Told:
    """An event that is none of the annunciator's: it goes by as it is."""

    event: Event


Happening = Edge | ShelfEnd | LineTurned | WordCame | Told
Noted = tuple[Order, Happening]
