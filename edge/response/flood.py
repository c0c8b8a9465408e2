"""Alarm floods: when a position hears more alarms than a person can take in, and since when no longer. A pure machine.

Theory of operation. A *position* is a role that somebody holds, named as routes name whom to tell (`team:ID`, `person:ID`,
`group:ID`). Its alarms of the last ten minutes are counted as they are announced, those that are then folded too: what counts
is what happens to the plant, not what is left of it on the phone. More than `over` begin a flood, fewer than `under` end it;
the gap between the two keeps it from coming and going.

    CALM ── more than `over` in ten minutes ──▶ FLOOD ── fewer than `under` ──▶ CALM

Counted is when people are told, not when a device says that it happened: what comes late, after an outage, is heard at once.
Moments are kept to the second, and those of one second together, so that a state has a size.

It stands here and not among the rules because it is about messages: alarms, list and journal are what they are without it. Not
here: what is told all the same (`folding.py`), and what the digest says (`digest.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain

from edge.model.moment import MINUTE, SECOND, Moment, Span
from edge.response.tally import Tally, count_up
from rules.kpi.floods import BEGINS_OVER, ENDS_UNDER, FIRST_OUT_MAX

WINDOW: Span = 10 * MINUTE


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """over: a flood begins with more alarms than this in ten minutes; under: it ends with fewer than this, at most over + 1.
    update_every: no recipient's digest is told more often."""

    over: int = BEGINS_OVER
    under: int = ENDS_UNDER
    update_every: Span = 5 * MINUTE


USUAL_FLOOD = FloodLimits()


class Turn(StrEnum):
    """What became of the mode."""

    STAYS = "stays"
    ENTERED = "flood_entered"
    LEFT = "flood_left"


@dataclass(frozen=True, slots=True)
class Flood:
    """A position, in flood or not. number: of floods so far, the present one included. since: None while it is calm. recent:
    (second, alarms announced in it) of the last ten minutes, ascending. count: alarms of the flood, those that made it one
    included; peak: the most in ten minutes. first_out: alarms that came first in their groups; alarms: how often each, since
    the step in which it began. folded: how many are in digests; tallies: what is, by recipient."""

    number: int = 0
    since: Moment | None = None
    recent: tuple[tuple[Moment, int], ...] = ()
    count: int = 0
    peak: int = 0
    first_out: tuple[str, ...] = ()
    alarms: Mapping[str, int] = field(default_factory=dict)
    folded: int = 0
    tallies: Mapping[str, Tally] = field(default_factory=dict)

    @property
    def in_window(self) -> int:
        return sum(count for _, count in self.recent)


def announced(flood: Flood, limits: FloodLimits | None, now: Moment, count: int) -> tuple[Flood, Turn]:
    """So many alarms are announced now, together: forty of one moment are one flood, not ten alarms and then a flood. Call
    `passed` before. limits: None where the mode is off; the window is kept all the same."""
    second = now - now % SECOND
    earlier, last = (flood.recent[:-1], flood.recent[-1]) if flood.recent else ((), None)
    if last is not None and last[0] >= second:
        recent = (*earlier, (last[0], last[1] + count))
    else:
        recent = (*flood.recent, (second, count))
    flood = replace(flood, recent=recent)
    within = flood.in_window
    if flood.since is not None:
        return replace(flood, count=flood.count + count, peak=max(flood.peak, within)), Turn.STAYS
    if limits is None or within <= limits.over:
        return flood, Turn.STAYS
    return Flood(flood.number + 1, now, recent, count=within, peak=within), Turn.ENTERED


def passed(flood: Flood, limits: FloodLimits | None, now: Moment) -> tuple[Flood, Turn]:
    """The time until now has passed. LEFT: what the flood came to; what is kept of it is `after`."""
    due = leave_due(flood, limits)
    flood = replace(flood, recent=tuple(each for each in flood.recent if each[0] + WINDOW > now))
    return flood, Turn.STAYS if due is None or due > now else Turn.LEFT


def after(flood: Flood) -> Flood:
    """What is kept of a flood that has been left: that it was, and the window."""
    return Flood(flood.number, recent=flood.recent)


def leave_due(flood: Flood, limits: FloodLimits | None) -> Moment | None:
    """When it ends if nothing more is announced; None while it is calm."""
    if flood.since is None:
        return None
    if limits is not None:
        within = 0
        for second, count in reversed(flood.recent):
            within += count
            if within >= limits.under:
                return second + WINDOW
    return flood.since


def made_of(flood: Flood, alarms: Sequence[str], first_out: Sequence[str]) -> Flood:
    """What the flood is made of: alarms that were announced in it, folded or not, and those of them that were the first."""
    firsts = dict.fromkeys((*flood.first_out, *first_out))
    return replace(flood, alarms=count_up(flood.alarms, alarms), first_out=tuple(firsts)[:FIRST_OUT_MAX])


def digests_due(flood: Flood, limits: FloodLimits | None, now: Moment) -> Iterator[str]:
    """Recipients whose digest is to be told now."""
    for recipient, tally in flood.tallies.items():
        if (due := _digest_due(tally, limits)) is not None and due <= now:
            yield recipient


def next_due(flood: Flood, limits: FloodLimits | None) -> Moment | None:
    """When something comes of it without anything being announced."""
    if flood.since is None:
        return None
    dues = chain((leave_due(flood, limits),), (_digest_due(tally, limits) for tally in flood.tallies.values()))
    return min((due for due in dues if due is not None), default=None)


def _digest_due(tally: Tally, limits: FloodLimits | None) -> Moment | None:
    if not tally.has_news:
        return None
    return tally.told_at if limits is None or not tally.updates else tally.told_at + limits.update_every


def replan_flood(flood: Flood, now: Moment) -> Flood:
    """After a start: nothing lies in the future. A wall clock that ran ahead before the restart would otherwise keep a position
    in flood until it is reached."""
    recent: dict[Moment, int] = {}
    for second, count in flood.recent:
        moment = min(second, now - now % SECOND)
        recent[moment] = recent.get(moment, 0) + count
    tallies = {recipient: replace(tally, told_at=min(tally.told_at, now)) for recipient, tally in flood.tallies.items()}
    since = None if flood.since is None else min(flood.since, now)
    return replace(flood, since=since, recent=tuple(recent.items()), tallies=tallies)
