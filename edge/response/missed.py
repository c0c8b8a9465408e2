"""Alarms that began and ended while somebody could not be reached: what is kept for their one digest. Pure.

Theory of operation. Each recipient has a queue of such alarms, and at most one digest of them that is still to be told. The
first alarm makes a digest at once; more of them replace it by one that says all, a few seconds apart at least. A digest that
was being sent just then may arrive all the same: its receipt says so, what it told leaves the queue, and the next one says only
the rest. One that may repeat what an earlier one told says that it includes it.

    came  ─▶ entries ─▶ digest n, said up to a place in the queue ─▶ receipt ─▶ entries up to there leave
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from edge.model.alarm import Priority
from edge.model.moment import SECOND, Moment, Span

#: So many are kept with their names; of more the number alone.
ENTRIES_MAX = 300
#: Digests of which a receipt may still come.
DIGESTS_MAX = 20
#: A digest that waits is replaced no sooner than so long after it was made.
AGAIN_AFTER: Span = 10 * SECOND


@dataclass(frozen=True, slots=True)
class CameAndWent:
    alarm: str
    occurrence: int
    priority: Priority
    raised: Moment
    ended: Moment


@dataclass(frozen=True, slots=True)
class Missed:
    """language, address, channel: how the recipient is told; who: their id. gone: how many have left the queue since there is
    one; beyond: how many stand behind the entries without names. digests: (number, place up to which it said all), of those
    without a receipt, the newest last; number: of the newest digest ever. told_at: when it was made; is_due: there is news
    since."""

    who: str
    language: str
    address: Mapping[str, Any]
    channel: str = ""
    gone: int = 0
    entries: tuple[CameAndWent, ...] = ()
    beyond: int = 0
    digests: tuple[tuple[int, int], ...] = ()
    number: int = 0
    told_at: Moment = -AGAIN_AFTER
    is_due: bool = False

    @property
    def count(self) -> int:
        """Of alarms in the queue."""
        return len(self.entries) + self.beyond

    @property
    def may_repeat(self) -> bool:
        """An earlier digest is without a receipt: it was taken back, but may have been under way."""
        return len(self.digests) > 1

    @property
    def due(self) -> Moment | None:
        return self.told_at + AGAIN_AFTER if self.is_due else None


def came_and_went(missed: Missed, alarms: Sequence[CameAndWent]) -> Missed:
    room = ENTRIES_MAX - len(missed.entries)
    kept = () if missed.beyond else tuple(alarms[:room])
    beyond = missed.beyond + len(alarms) - len(kept)
    return replace(missed, entries=(*missed.entries, *kept), beyond=beyond, is_due=missed.is_due or bool(alarms))


def made(missed: Missed, now: Moment) -> Missed:
    """A digest of all in the queue is made now."""
    number = missed.number + 1
    digests = (*missed.digests, (number, missed.gone + missed.count))[-DIGESTS_MAX:]
    return replace(missed, digests=digests, number=number, told_at=now, is_due=False)


def settled(missed: Missed, number: int) -> Missed:
    """The digest of this number has come to its end: what it said has left the queue. Another one that still waits says it
    again, and is due to be made anew."""
    place = next((place for known, place in missed.digests if known == number), None)
    if place is None:
        return missed
    left = max(0, place - missed.gone)
    entries = missed.entries[left:]
    beyond = missed.beyond - max(0, left - len(missed.entries))
    digests = tuple(each for each in missed.digests if each[0] > number)
    return replace(
        missed, gone=missed.gone + left, entries=entries, beyond=beyond, digests=digests, is_due=missed.is_due or bool(digests)
    )


def encode_missed(missed: Missed) -> dict[str, Any]:
    """A JSON object that `decode_missed` turns back into an equal queue."""
    fields = {name: getattr(missed, name) for name in missed.__dataclass_fields__}
    entries = [[each.alarm, each.occurrence, str(each.priority), each.raised, each.ended] for each in missed.entries]
    return {**fields, "entries": entries, "digests": [list(each) for each in missed.digests]}


def decode_missed(data: Mapping[str, Any]) -> Missed:
    """Raises KeyError, TypeError or ValueError for data of another shape."""
    entries = tuple(
        CameAndWent(alarm, occurrence, Priority(priority), raised, ended)
        for alarm, occurrence, priority, raised, ended in data["entries"]
    )
    return Missed(**{**data, "entries": entries, "digests": tuple((number, place) for number, place in data["digests"])})
