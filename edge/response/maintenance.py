"""What the owner of a maintenance window is told: that it has begun, ends soon, or is over, and what is still open.

Plain messages: no card, no buttons, no reminders, and so no record. Their names follow from the window and the moment of the
event, so that a step that is run again after a crash tells nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from edge.model.alarm import Priority
from edge.model.event import Event
from edge.model.intent import Message, Purpose
from edge.model.moment import from_iso
from edge.response.covers import alarm_text
from edge.response.draft import Draft
from edge.response.headline import compose_headline, shorten
from edge.response.identity import IntentName
from edge.response.policy import Policy
from edge.response.routing import Unrouted, address_of
from edge.response.wording import Wording

#: The kinds that the owner hears of, and what tells their messages apart in keys.
_COUNTS: Mapping[str, int] = {"maintenance_begun": 1, "maintenance_ending": 2, "maintenance_ended": 3}
#: What events say of what is left, most pressing first, and the labels of it.
_LEFT: Mapping[str, str] = {"open": "still_open", "shelved": "still_shelved", "silent": "silent"}
#: Of what is still open, so many are named; devices, too. The console has all.
NAMED_MAX = 15
TEXT_SHOWN = 100
PRIORITY = Priority.LOW


def tell_owner(policy: Policy, draft: Draft, agent: str, event: Event) -> None:
    """Tell the owner what became of the window. Who ends their own window and leaves nothing open knows already."""
    data = event.data
    count = _COUNTS.get(event.kind)
    if count is None or (data.get("by") == data.get("owner") and not any(data.get(each) for each in _LEFT)):
        return
    recipient, window = f"person:{data['owner']}", f"maintenance:{event.subject}"
    addressee = address_of(policy, recipient)
    if isinstance(addressee, Unrouted):
        unrouted = {"occurrence": 0, "priority": str(PRIORITY)}
        draft.journal_unrouted(window, unrouted, event.time, recipient, addressee)
        return
    wording = Wording(addressee.language, ZoneInfo(policy.time_zone), policy.directory)
    # The moment of the event stands where others have their round: a name may be planned again when its window is over.
    name = IntentName(window, 0, recipient, Purpose.MAINTENANCE, event.time, count)
    message = _message(policy, wording, agent, event)
    draft.tell_plainly(name, addressee, PRIORITY, message, wanted_at=event.time)


def _message(policy: Policy, wording: Wording, agent: str, event: Event) -> Message:
    state = wording.say(f"maintenance.{event.kind}")
    return Message(
        headline=compose_headline(wording.say("headline.maintenance"), "", shorten(event.subject, TEXT_SHOWN), state, ""),
        lines=tuple(_lines(policy, wording, event)),
        state="",
        state_text=state,
        priority=PRIORITY,
        priority_text=wording.say(f"priority.{PRIORITY}"),
        guidance="",
        footer=wording.say("line.footer", site=policy.site, agent=agent),
        language=wording.language,
    )


def _lines(policy: Policy, wording: Wording, event: Event) -> Iterator[tuple[str, str]]:
    data: Mapping[str, Any] = event.data
    yield wording.say("label.maintenance"), shorten(event.subject, TEXT_SHOWN)
    if "by" in data:
        yield wording.say("label.ended_by"), wording.who(data["by"])
    if "end" in data:
        yield wording.say("label.until"), wording.time(from_iso(data["end"]), event.time)
    if "permit" in data:
        yield wording.say("label.permit"), shorten(data["permit"], TEXT_SHOWN)
    if "devices" in data:
        names = [_device_text(policy, wording, device) for device in data["devices"]]
        yield wording.say("label.device"), _named(wording, names)
    if "open" in data:
        left = [(label, data[key]) for key, label in _LEFT.items() if data.get(key)]
        for label, subjects in left:
            yield wording.say(f"label.{label}"), _named(wording, [_text(policy, wording, each) for each in subjects])
        if not left:
            yield wording.say("label.still_open"), wording.say("maintenance.nothing_open")


def _named(wording: Wording, names: list[str]) -> str:
    shown = wording.say("line.between_covers").join(names[:NAMED_MAX])
    left = len(names) - NAMED_MAX
    return wording.say("maintenance.more", shown=shown, count=left) if left > 0 else shown


def _text(policy: Policy, wording: Wording, subject: str) -> str:
    """An alarm, or a device."""
    return alarm_text(policy, wording, subject) if "/" in subject else _device_text(policy, wording, subject)


def _device_text(policy: Policy, wording: Wording, device: str) -> str:
    known = policy.devices.get(device)
    return device if known is None else wording.words(known.words, device)
