"""First-out on the cards: which alarm of a group came first, and which cannot be told apart from it.

The rules rank (`rules/first_out.py`) but do not name: whom a tie is with is known from the records of those who were told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.model.moment import SECOND
from edge.response.covers import alarm_text
from edge.response.occurrence import FirstOut, Occurrence
from edge.response.policy import Policy
from edge.response.wording import Wording
from rules.first_out import By

#: Alarms named on the card of the one they came together with; that there is one more is said without its name.
NAMED_MAX = 3


def place_of(data: Mapping[str, Any] | None, first: Occurrence | None) -> FirstOut | None:
    """What a raise says of its place. first: the record of the alarm that is first in the group, as far as known."""
    if data is None:
        return None
    together = (first.alarm,) if data["tie"] and data["rank"] > 1 and first is not None else ()
    by_word = data["rank"] == 1 and data.get("by") == By.PLC_WORD
    return FirstOut(data["group"], data["rank"], round(data["within"] * SECOND), together, by_word)


def joined_by(first: Occurrence, alarm: str) -> Occurrence:
    """The first one, when another one cannot be told apart from it."""
    place = first.first_out
    if place is None or alarm in place.together or len(place.together) > NAMED_MAX:
        return first
    return replace(first, first_out=replace(place, together=(*place.together, alarm)))


def is_tie(one: Occurrence, other: Occurrence) -> bool:
    """Whether it cannot be told whose condition began first."""
    within = max((place.within for place in (one.first_out, other.first_out) if place is not None), default=0)
    return abs(one.began - other.began) <= within


def named_first(occurrence: Occurrence) -> Occurrence:
    """What the PLC's word says was first; nothing ties with it."""
    place = occurrence.first_out
    return occurrence if place is None else replace(occurrence, first_out=replace(place, rank=1, together=(), by_word=True))


def passed_by(before: Occurrence, alarm: str, *, tie: bool) -> Occurrence:
    """What was first until a late sample proved that another one was, or the PLC said so."""
    place = before.first_out
    if place is None:
        return before
    return replace(before, first_out=replace(place, rank=2, together=(alarm,) if tie else (), by_word=False))


def first_out_text(policy: Policy, wording: Wording, place: FirstOut) -> str:
    """`first`, `first, says the PLC`, `no. 3`; `first, ±1 s, together with ...`."""
    first = wording.say("line.first_by_word" if place.by_word else "line.first")
    rank = first if place.rank == 1 else wording.say("line.rank", rank=place.rank)
    if not place.together:
        return rank
    names = [alarm_text(policy, wording, alarm) for alarm in place.together[:NAMED_MAX]]
    more = wording.say("line.and_others") if len(place.together) > NAMED_MAX else ""
    named = wording.say("line.between_names").join(names) + more
    return wording.say("line.tie", rank=rank, within=wording.duration(place.within), alarms=named)
