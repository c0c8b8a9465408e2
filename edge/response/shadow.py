"""The daily list of what is in shadow: which alarms would have been told, how often, and to whom. Pure.

It counts what only the shadow held back: a raise, or the end of a shelf over an active alarm; of an alarm that chatters, the
first raise. Not here: reminders and returns, and what a cover by design would have held back as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from edge.model.event import Event, Stream
from edge.model.person import Directory
from edge.model.stage import Stage
from edge.response.announce import route_event
from edge.response.covers import alarm_text
from edge.response.policy import Policy
from edge.response.wording import Wording

_TELLING = frozenset({"raised", "unshelved", "returned_to_service"})


@dataclass(frozen=True, slots=True)
class WouldHaveTold:
    """times: how often its recipients would have been told of an alarm. recipients: `person:ID` or `group:ID`, sorted.
    unrouted: (recipient, reason) of who would not have been reached; the recipient is empty where no route matches."""

    alarm: str
    times: int
    recipients: tuple[str, ...]
    unrouted: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShadowDay:
    """alarms: the most frequent first. recipients: how often each would have been told of any."""

    alarms: tuple[WouldHaveTold, ...]
    recipients: tuple[tuple[str, int], ...]


def shadow_day(policy: Policy, events: Iterable[Event]) -> ShadowDay:
    """events: of one day, in any order; those that are not of the alarm stream, or were not in shadow, do not count."""
    times: Counter[str] = Counter()
    told: Counter[str] = Counter()
    recipients: dict[str, set[str]] = {}
    unrouted: dict[str, set[tuple[str, str]]] = {}
    for event in events:
        if not _held_back(event):
            continue
        routed = route_event(policy, event)
        if not routed.addressees and not routed.unrouted:
            continue
        names = [addressee.id for addressee in routed.addressees]
        times[event.subject] += 1
        told.update(names)
        recipients.setdefault(event.subject, set()).update(names)
        unrouted.setdefault(event.subject, set()).update((who, str(why)) for who, why in routed.unrouted)
    return ShadowDay(
        alarms=tuple(
            WouldHaveTold(alarm, count, tuple(sorted(recipients[alarm])), tuple(sorted(unrouted[alarm])))
            for alarm, count in sorted(times.items(), key=lambda each: (-each[1], each[0]))
        ),
        recipients=tuple(sorted(told.items(), key=lambda each: (-each[1], each[0]))),
    )


def shadow_document(day: str, found: ShadowDay, directory: Directory) -> dict[str, Any]:
    """As plain JSON. day: ISO, of the plant's calendar."""
    return {
        "day": day,
        "alarms": [
            {
                "alarm": each.alarm,
                "times": each.times,
                "recipients": list(each.recipients),
                "unrouted": [{"recipient": who, "reason": why} for who, why in each.unrouted],
            }
            for each in found.alarms
        ],
        "recipients": [
            {"recipient": who, "name": recipient_text(directory, who), "times": count} for who, count in found.recipients
        ],
    }


def shadow_text(day: str, found: ShadowDay, policy: Policy, language: str) -> str:
    """For people: a line an alarm, then a line a recipient."""
    wording = Wording(language, ZoneInfo(policy.time_zone), policy.directory)
    if not found.alarms:
        return wording.say("shadow.nothing", day=day)
    between = wording.say("line.between_names")
    lines = [wording.say("shadow.heading", day=day)]
    for each in found.alarms:
        names = between.join(recipient_text(policy.directory, who) for who in each.recipients)
        missed = between.join(_missed(wording, who, why) for who, why in each.unrouted)
        told = " · ".join(text for text in (names or wording.say("shadow.nobody"), missed) if text)
        alarm = alarm_text(policy, wording, each.alarm)
        lines.append(wording.say("shadow.alarm", times=each.times, alarm=alarm, id=each.alarm, recipients=told))
    lines.append(wording.say("shadow.recipients"))
    lines += [
        wording.say("shadow.recipient", times=count, recipient=recipient_text(policy.directory, who))
        for who, count in found.recipients
    ]
    return "\n".join(lines)


def recipient_text(directory: Directory, recipient: str) -> str:
    """The name of a person or group; the id of one who has left the directory."""
    kind, _, name = recipient.partition(":")
    known = directory.persons.get(name) if kind == "person" else directory.groups.get(name)
    return recipient if known is None else known.name


def _held_back(event: Event) -> bool:
    data = event.data
    if event.stream is not Stream.ALARM or event.kind not in _TELLING or data.get("suppressed") != [Stage.SHADOW]:
        return False
    return bool(data.get("active", True)) and not data.get("chattering")


def _missed(wording: Wording, who: str, why: str) -> str:
    return wording.say(f"shadow.{why}", recipient=who)
