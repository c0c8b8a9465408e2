"""What the digest of missed alarms says: how many, which, between when, and how many still wait for somebody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from edge.model.alarm import Priority
from edge.model.intent import Message
from edge.response.covers import alarm_text
from edge.response.headline import compose_headline
from edge.response.message import both
from edge.response.missed import Missed
from edge.response.policy import Policy
from edge.response.tally import most
from edge.response.wording import BOTH, Wording

#: So many alarms are named; how many more there are is said.
NAMED_MAX = 10

#: Whether an occurrence still waits for somebody to acknowledge it.
IsOpen = Callable[[str, int], bool]


def compose_missed(policy: Policy, agent: str, missed: Missed, language: str, is_open: IsOpen) -> Message:
    """For its recipient. language: zh, en or both."""
    if language == BOTH:
        zh, en = (compose_missed(policy, agent, missed, one, is_open) for one in ("zh", "en"))
        return both(zh, en)
    wording = Wording(language, ZoneInfo(policy.time_zone), policy.directory)
    priority = _priority(missed)
    count = wording.say("missed.count", count=missed.count)
    return Message(
        headline=compose_headline(wording.say("headline.missed"), "", "", count, ""),
        lines=tuple((wording.say(f"label.{label}"), text) for label, text in _lines(policy, wording, missed, is_open) if text),
        state="",
        state_text=wording.say("missed.state"),
        priority=priority,
        priority_text=wording.say(f"priority.{priority}"),
        guidance=wording.say("missed.guidance"),
        footer=wording.say("line.footer", site=policy.site, agent=agent),
        language=language,
    )


def _lines(policy: Policy, wording: Wording, missed: Missed, is_open: IsOpen) -> Iterator[tuple[str, str]]:
    entries = missed.entries
    of_priority = Counter(each.priority for each in entries)
    shares = [(wording.say(f"priority.{each}"), of_priority[each]) for each in Priority if of_priority[each]]
    yield "by_priority", wording.say("line.between_names").join(_times(wording, *share) for share in shares)
    named = most(Counter(each.alarm for each in entries), NAMED_MAX)
    left = missed.count - sum(times for _, times in named)
    texts = [_times(wording, alarm_text(policy, wording, alarm), times) for alarm, times in named]
    shown = wording.say("line.between_covers").join(texts)
    yield "missed", wording.say("maintenance.more", shown=shown, count=left) if left else shown
    if entries:
        first, last = min(each.raised for each in entries), max(each.ended for each in entries)
        span = {"first": wording.time(first, last), "last": wording.time(last, last)}
        yield "missed_between", wording.say("missed.between", **span)
    waiting = sum(is_open(each.alarm, each.occurrence) for each in entries)
    yield "missed_open", wording.say("missed.open", count=waiting) if waiting else ""
    yield "missed_repeats", wording.say("missed.repeats") if missed.may_repeat else ""


def _times(wording: Wording, name: str, count: int) -> str:
    return wording.say("flood.of", name=name, count=count)


def _priority(missed: Missed) -> Priority:
    """It is over: never as urgent as what still stands, of whatever priority it was."""
    is_weighty = any(each.priority.rank <= Priority.MEDIUM.rank for each in missed.entries)
    return Priority.MEDIUM if is_weighty else Priority.LOW
