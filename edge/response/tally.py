"""What is folded into one recipient's digest: how many alarms, of which priorities, areas and names. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from edge.model.alarm import Priority
from edge.model.moment import Moment

#: Names that are counted apart. Those that come when there are so many already are counted by priority and area alone.
NAMES_MAX = 100


@dataclass(frozen=True, slots=True)
class Folded:
    """An alarm that a recipient is not told of by itself."""

    alarm: str
    priority: Priority
    area: str


@dataclass(frozen=True, slots=True)
class Tally:
    """language, address, channel: those of the first digest, where its card is. folded: all of them; by_priority, by_area: the
    same, cut up; alarms: by id, the first `NAMES_MAX`. updates: digests intended so far. told_at: when the last one was; of
    none, when there was something to tell first. has_news: since then something has been folded, or something folded has
    returned or was acknowledged."""

    language: str
    address: Mapping[str, Any]
    told_at: Moment
    folded: int = 0
    by_priority: Mapping[str, int] = field(default_factory=dict)
    by_area: Mapping[str, int] = field(default_factory=dict)
    alarms: Mapping[str, int] = field(default_factory=dict)
    updates: int = 0
    has_news: bool = False
    channel: str = ""

    @property
    def priority(self) -> Priority:
        """The highest of what is folded."""
        return next((each for each in Priority if each in self.by_priority), Priority.LOW)


def tallied(tally: Tally, folded: Sequence[Folded]) -> Tally:
    """With these, too."""
    return replace(
        tally,
        folded=tally.folded + len(folded),
        by_priority=dict(Counter(tally.by_priority) + Counter(str(each.priority) for each in folded)),
        by_area=dict(Counter(tally.by_area) + Counter(each.area for each in folded)),
        alarms=count_up(tally.alarms, [each.alarm for each in folded]),
        has_news=tally.has_news or bool(folded),
    )


def told(tally: Tally, now: Moment) -> Tally:
    """Its digest is intended now."""
    return replace(tally, told_at=now, updates=tally.updates + 1, has_news=False)


def count_up(counts: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    """At most `NAMES_MAX` names, the first that came."""
    counted = dict(counts)
    for name, count in Counter(names).items():
        if name in counted or len(counted) < NAMES_MAX:
            counted[name] = counted.get(name, 0) + count
    return counted


def most(counts: Mapping[str, int], at_most: int) -> list[tuple[str, int]]:
    """The most frequent first; of equal ones the one that came first."""
    return sorted(counts.items(), key=lambda each: -each[1])[:at_most]
