"""A hang-tag that hangs for long: its hanger, and who leads there, are asked once whether anybody still works at the device.

A plain message: no card, no buttons, no reminder, and so no record; that it was told is kept with the tag. Nothing takes the
tag off: people do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from edge.model.alarm import Priority
from edge.model.event import Event, Stream
from edge.model.intent import Message, Purpose
from edge.model.moment import to_iso
from edge.model.permission import Permission, may
from edge.response.data_classes import has_red
from edge.response.draft import Draft
from edge.response.hang_tags import HangTag
from edge.response.headline import compose_headline, shorten
from edge.response.identity import IntentName
from edge.response.policy import Policy
from edge.response.routing import Addressee, Filtered, Unrouted, address_of, route_alarm
from edge.response.wording import Wording

TEXT_SHOWN = 100
PRIORITY = Priority.LOW


def tell_of_old(policy: Policy, draft: Draft, agent: str, tags: Iterable[HangTag]) -> None:
    """tags: those that have come to hang for long. The journal says so; who leads and has hung it is told once."""
    for tag in tags:
        _tell(policy, draft, agent, tag)


def _tell(policy: Policy, draft: Draft, agent: str, tag: HangTag) -> None:
    data = {
        "tag": tag.name,
        "hung_by": tag.by,
        "since": to_iso(tag.since),
        "order": tag.order,
        "phone": tag.phone,
        "reason": tag.reason,
    }
    draft.events.append(Event(Stream.PLANT, "hang_tag_old", tag.device, draft.now, data))
    about, leads = f"hang_tag:{tag.name}", leads_at(policy, tag.device)
    unrouted = {"occurrence": 0, "priority": str(PRIORITY)}
    hanger = address_of(policy, f"person:{tag.by}")
    if isinstance(hanger, Unrouted):
        draft.journal_unrouted(about, unrouted, draft.now, f"person:{tag.by}", hanger)
    if not leads:
        draft.journal_unrouted(about, unrouted, draft.now, "", Unrouted.NO_ROUTE)
    told = [hanger, *leads] if isinstance(hanger, Addressee) else leads
    for addressee in {each.id: each for each in told}.values():
        name = IntentName(about, 0, addressee.id, Purpose.HANG_TAG, 1)
        message = _message(policy, Wording(addressee.language, ZoneInfo(policy.time_zone), policy.directory), agent, draft, tag)
        draft.tell_plainly(name, addressee, PRIORITY, message, wanted_at=draft.now)


def leads_at(policy: Policy, device: str) -> list[Addressee]:
    """Who may take off another person's tag and can be told: those whom the routes name for alarms of the device; where they
    name none of them, all."""
    known = policy.devices.get(device)
    in_charge = [f"person:{each.id}" for each in policy.directory.persons.values() if may(each.role, Permission.MAINTAIN)]
    reached = [found for each in in_charge if isinstance(found := address_of(policy, each), Addressee)]
    if known is None:
        return reached
    of_all_priorities = (route_alarm(policy, Filtered(each, known.area, known.type, None)) for each in Priority)
    named = {addressee.id for routed in of_all_priorities for addressee in routed.addressees}
    return [each for each in reached if each.id in named] or reached


def _message(policy: Policy, wording: Wording, agent: str, draft: Draft, tag: HangTag) -> Message:
    state = wording.say("hang_tag.old")
    known = policy.devices.get(tag.device)
    device = tag.device if known is None else wording.words(known.words, tag.device)
    lines = (
        (wording.say("label.device"), device),
        (wording.say("label.hung_by"), wording.who(tag.by)),
        (wording.say("label.hanging_since"), wording.time(tag.since, draft.now)),
        *_as_written(policy, wording, tag),
    )
    return Message(
        headline=compose_headline(wording.say("headline.hang_tag"), "", device, state, ""),
        lines=lines,
        state="",
        state_text=state,
        priority=PRIORITY,
        priority_text=wording.say(f"priority.{PRIORITY}"),
        guidance=wording.say("hang_tag.guidance"),
        footer=wording.say("line.footer", site=policy.site, agent=agent),
        language=wording.language,
    )


def _as_written(policy: Policy, wording: Wording, tag: HangTag) -> Iterator[tuple[str, str]]:
    """What its hanger wrote; why, only where nothing of the device must stay in the plant."""
    reason = "" if has_red(policy, tag.device) else tag.reason
    for label, text in (("order", tag.order), ("phone", tag.phone), ("reason", reason)):
        if text:
            yield wording.say(f"label.{label}"), shorten(text, TEXT_SHOWN)
