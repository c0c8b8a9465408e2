"""Announcing: the raise of an occurrence; or another one, when its last cover ends or it becomes more urgent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from edge.model.alarm import AlarmFacts, Priority
from edge.model.event import Event
from edge.model.intent import Purpose
from edge.model.moment import Moment, from_iso
from edge.model.stage import Stage
from edge.response.draft import Draft
from edge.response.news import update_cards
from edge.response.occurrence import Again, Chatter, FirstOut, Occurrence, Recipient
from edge.response.policy import Policy
from edge.response.refresh import first_shown
from edge.response.routing import Addressee, Filtered, Routed, route_alarm
from edge.response.telling import Telling
from edge.response.told import Told

#: Who is told of alarms that routes cannot tell apart; whether they are on trial.
Routings = dict[tuple[Filtered, tuple[str, ...] | None, bool], Routed]


def filtered(policy: Policy, event: Event) -> Filtered:
    """What routes know of the alarm of an event that announces it."""
    rule = policy.rules.get(event.subject)
    priority = Priority(event.data["priority"])
    return Filtered(priority, rule.area, rule.device_type, rule.kind) if rule else Filtered(priority, "", "", None)


def route_event(policy: Policy, event: Event, known: Routings | None = None) -> Routed:
    """Who is to be told of a `raised` event, or of another one that announces an active alarm. known: what this policy has
    answered before, and does again: alarms come by the thousand.

    A trial is told to its list, and to nobody else. But what only the owner of a maintenance window would be told, because a
    connection was lost to a device of it, goes by the routes when no message reaches that owner: a log-in may be of no person.
    """
    alarm = filtered(policy, event)
    only = event.data.get("only")
    on_trial = "stage" in event.data
    asked = (alarm, None if only is None else tuple(only), on_trial)
    if known is None or asked not in known:
        routed = route_alarm(policy, alarm, only)
        if only is not None and not on_trial and not routed.addressees:
            by_the_routes = route_alarm(policy, alarm)
            routed = Routed(by_the_routes.addressees, (*routed.unrouted, *by_the_routes.unrouted))
        if known is None:
            return routed
        known[asked] = routed
    return known[asked]


def announces(event: Event) -> bool:
    """Whether people are to be told of it as of a raise. Journals of the first versions say of a shelf's end only whether the
    alarm is active."""
    if event.kind in ("raised", "severer"):
        return True
    return bool(event.data.get("announce", event.kind == "unshelved" and event.data["active"]))


def announce(
    policy: Policy,
    draft: Draft,
    event: Event,
    addressees: Sequence[Addressee],
    previous: Occurrence | None,
    first_out: FirstOut | None = None,
    folded: Mapping[str, str] | None = None,
) -> Occurrence:
    """Raise the alarm to the addressees. previous: the record of the same occurrence, when it was announced before. The cards
    of those who are addressed again are closed and new ones sent, because a card that is only updated rings nobody's phone.
    first_out: what a raise says of it. folded: by addressee, the flood whose digest tells them in place of a raise."""
    occurrence = _begin(policy, event, previous, first_out)
    floods = folded or {}
    addressed = {addressee.id for addressee in addressees if addressee.id not in floods}
    if occurrence.recipients:
        occurrence = update_cards(draft, occurrence, Telling(Purpose.STATE, moved=True), event.time, addressed)
        unmoved = occurrence.recipients.keys() - addressed
        occurrence = update_cards(draft, occurrence, Telling(Purpose.STATE), event.time, unmoved)
    recipients = {**occurrence.recipients}
    recipients |= {each.id: _fold(each, occurrence, floods[each.id]) for each in addressees if each.id in floods}
    falls_back = occurrence.priority in policy.delivering.fallback
    for addressee in addressees:
        if addressee.id not in floods:
            recipient = _address(addressee, occurrence, draft.now, falls_back=falls_back)
            raised = draft.tell(occurrence, recipient, Telling(Purpose.RAISED), wanted_at=event.time)
            recipients[addressee.id] = raised
    shown = first_shown(occurrence.value, draft.values_every(occurrence), draft.now)
    return replace(occurrence, recipients=recipients, shown=shown)


#: Why an event that is no raise announces; by what it says ended, where that tells more.
_AGAIN_BY_CAUSE: Mapping[str, Again] = {
    "shadow": Again.PROMOTED,
    "commissioning": Again.PROMOTED,
    "maintenance": Again.MAINTENANCE_OVER,
}
_AGAIN: Mapping[str, Again] = {
    "unshelved": Again.UNSHELVED,
    "released": Again.RELEASED,
    "returned_to_service": Again.RETURNED_TO_SERVICE,
    "severer": Again.SEVERER,
}


def _again(event: Event) -> Again | None:
    cause = str(event.data.get("cause", "")).partition(":")[0]
    return _AGAIN_BY_CAUSE.get(cause) or _AGAIN.get(event.kind, Again.REALARM if event.data.get("realarm") else None)


def _begin(policy: Policy, event: Event, previous: Occurrence | None, first_out: FirstOut | None) -> Occurrence:
    data = event.data
    rule = policy.rules.get(event.subject)
    facts = AlarmFacts(
        active=True,
        acked=rule is not None and not rule.ack_required,
        confirmed=rule is None or not rule.confirm,
        latched=rule is not None and rule.latching,
        occurrence=data["occurrence"],
    )
    began = data.get("began")

    def known(name: str, otherwise: Any = None) -> Any:
        """As the event says it; not every kind says all."""
        return data[name] if name in data else getattr(previous, name) if previous is not None else otherwise

    return Occurrence(
        alarm=event.subject,
        facts=facts,
        priority=Priority(data["priority"]),
        began=from_iso(began) if began else previous.began if previous else event.time,
        raised=previous.raised if previous else event.time,
        value=known("value"),
        limit=known("limit"),
        quality=known("quality", "good"),
        found=data.get("facts") or (previous.found if previous and data.get("value") == previous.value else {}),
        watched=() if rule is None else (str(rule.kind), rule.tag),
        first=previous.first if previous else 0,
        round=previous.round + 1 if previous else 1,
        version=previous.version + 1 if previous else 0,
        again=_again(event),
        trial=data.get("stage") == Stage.COMMISSIONING,
        forced=bool(data.get("forced")) or (previous is not None and previous.forced),
        comment=previous.comment if previous else None,
        calls=previous.calls if previous else (),
        called=previous.called if previous else 0,
        chatter=previous.chatter if previous else Chatter(1, event.time) if data.get("chattering") else None,
        first_out=first_out or (previous.first_out if previous else None),
        # Only a raise tells it; who hears of the alarm when its cover ends hears what was then.
        context_began=known("context_began", {}),
        context=known("context", {}),
        recipients=previous.recipients if previous else {},
    )


def _address(addressee: Addressee, occurrence: Occurrence, now: Moment, *, falls_back: bool) -> Recipient:
    """The recipient of a new announcement. What waits from the one before still arrives, but its fate is another card's.
    falls_back: another way of theirs is taken when the first does not reach them."""
    old = occurrence.recipients.get(addressee.id)
    every = addressee.repeat_every
    reminds = every is not None and addressee.repeat_max > 0 and not occurrence.facts.acked
    return Recipient(
        id=addressee.id,
        language=addressee.language,
        address=addressee.address,
        round=occurrence.round,
        got_before=old is not None and (old.got_before or old.told in (Told.TOLD, Told.PERHAPS)),
        repeat_every=every,
        repeat_max=addressee.repeat_max,
        reminder_due=now + every if reminds and every is not None else None,
        earlier=() if old is None else (*old.earlier, *old.open),
        channel=addressee.channel,
        ways=addressee.ways if falls_back else (),
    )


def _fold(addressee: Addressee, occurrence: Occurrence, flood: str) -> Recipient:
    """The recipient of an announcement that is folded. Who has a card of it keeps that one, which shows the state."""
    old = occurrence.recipients.get(addressee.id)
    if old is not None and old.told.has_card:
        return replace(old, folded_in=flood)
    return Recipient(
        id=addressee.id,
        language=addressee.language,
        address=addressee.address,
        round=occurrence.round,
        told=Told.FOLDED,
        got_before=old is not None and old.got_before,
        folded_in=flood,
        channel=addressee.channel,
    )
