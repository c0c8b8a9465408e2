"""What the digest of a flood says: how many alarms are folded, of which priorities and areas, the most frequent, what is open.

One digest a recipient and flood; each states all, so that the younger replaces the older. It has no buttons: what is folded is
looked at and acknowledged in the console.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from edge.model.alarm import AlarmState, Priority
from edge.model.intent import Message
from edge.model.moment import Moment
from edge.model.person import Directory
from edge.response.covers import alarm_text
from edge.response.headline import compose_headline
from edge.response.message import both
from edge.response.occurrence import Occurrence
from edge.response.policy import Policy
from edge.response.tally import Tally, most
from edge.response.wording import BOTH, Wording

#: So many alarms are named, and areas; how many more there are is said.
NAMED_MAX = 5


@dataclass(frozen=True, slots=True)
class Digest:
    """still: records of what is folded and not at rest. over_at: when the flood was left; None: it lasts."""

    position: str
    began: Moment
    tally: Tally
    still: tuple[Occurrence, ...]
    over_at: Moment | None


def compose_digest(policy: Policy, agent: str, digest: Digest, language: str | None = None) -> Message:
    """For its recipient, in their language: zh, en or both."""
    language = language or digest.tally.language
    if language == BOTH:
        zh, en = (compose_digest(policy, agent, digest, one) for one in ("zh", "en"))
        return both(zh, en)
    wording = Wording(language, ZoneInfo(policy.time_zone), policy.directory)
    mode = "in_flood" if digest.over_at is None else "over"
    state = AlarmState.UNACK if digest.over_at is None else AlarmState.NORM
    folded = wording.say("flood.folded", count=digest.tally.folded)
    return Message(
        headline=compose_headline(wording.say(f"headline.flood_{mode}"), "", "", folded, ""),
        lines=tuple((wording.say(f"label.{label}"), text) for label, text in _lines(policy, wording, digest) if text),
        state=str(state),
        state_text=wording.say(f"flood.{mode}"),
        priority=digest.tally.priority,
        priority_text=wording.say(f"priority.{digest.tally.priority}"),
        guidance=wording.say("flood.guidance"),
        footer=wording.say("line.footer", site=policy.site, agent=agent),
        language=language,
    )


def _lines(policy: Policy, wording: Wording, digest: Digest) -> Iterator[tuple[str, str]]:
    tally = digest.tally
    yield "position", position_text(policy.directory, digest.position)
    by_priority = [
        wording.say("flood.of", name=wording.say(f"priority.{each}"), count=tally.by_priority[each])
        for each in Priority
        if each in tally.by_priority
    ]
    yield "by_priority", wording.say("line.between_names").join(by_priority)
    areas = [(_area(policy, wording, area), n) for area, n in most(tally.by_area, NAMED_MAX)]
    yield "by_area", _counted(wording, areas, len(tally.by_area))
    named = [(alarm_text(policy, wording, alarm), n) for alarm, n in most(tally.alarms, NAMED_MAX)]
    yield "most_frequent", _counted(wording, named, len(tally.alarms))
    active = [each for each in digest.still if each.facts.active]
    open_ones = sum(not each.facts.acked for each in digest.still)
    yield "still_active", wording.say("flood.still", active=len(active), unacknowledged=open_ones)
    if digest.over_at is not None:
        active.sort(key=lambda each: (each.priority.rank, each.raised, each.alarm))
        names = [alarm_text(policy, wording, each.alarm) for each in active[:NAMED_MAX]]
        yield "of_these", _more(wording, wording.say("line.between_covers").join(names), len(active) - NAMED_MAX)
    yield "began", wording.time(digest.began, digest.began)
    if digest.over_at is not None:
        yield "flood_over", wording.time(digest.over_at, digest.began)
        yield "lasted", wording.duration(digest.over_at - digest.began)


def position_text(directory: Directory, position: str) -> str:
    """What people call it: the name of a person or a group, the id of a team."""
    kind, _, name = position.partition(":")
    if kind == "person" and name in directory.persons:
        return directory.persons[name].name
    return directory.groups[name].name if kind == "group" and name in directory.groups else name


def _area(policy: Policy, wording: Wording, area: str) -> str:
    return wording.words(policy.areas.get(area, {}), area) or wording.say("flood.no_area")


def _counted(wording: Wording, shown: list[tuple[str, int]], known: int) -> str:
    texts = [wording.say("flood.of", name=name, count=count) for name, count in shown]
    return _more(wording, wording.say("line.between_covers").join(texts), known - len(shown))


def _more(wording: Wording, shown: str, left: int) -> str:
    return wording.say("maintenance.more", shown=shown, count=left) if left > 0 else shown
