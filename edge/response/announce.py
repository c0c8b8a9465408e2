"""Announcing: the raise of an occurrence, the first or, when a shelf ends over it, another one."""

from __future__ import annotations

from collections.abc import Sequence

from edge.model.alarm import AlarmFacts, Priority
from edge.model.event import Event
from edge.model.intent import Purpose
from edge.model.moment import Moment, from_iso
from edge.response.draft import Draft
from edge.response.news import update_cards
from edge.response.occurrence import Again, Occurrence, Recipient
from edge.response.policy import Policy
from edge.response.routing import Addressee, Filtered, Routed, route_alarm
from edge.response.telling import Telling
from edge.response.told import Told


def route_event(policy: Policy, event: Event) -> Routed:
    """Who is to be told of a `raised` event, or of an `unshelved` one with an active alarm."""
    rule = policy.rules.get(event.subject)
    priority = Priority(event.data["priority"])
    return route_alarm(
        policy,
        Filtered(priority, rule.area, rule.device_type, rule.kind) if rule else Filtered(priority, "", "", None),
    )


def announce(
    policy: Policy, draft: Draft, event: Event, addressees: Sequence[Addressee], previous: Occurrence | None
) -> Occurrence:
    """Raise the alarm to the addressees. previous: the record of the same occurrence, when it was announced before. The cards
    of those who are addressed again are closed and new ones sent, because a card that is only updated rings nobody's phone."""
    occurrence = _begin(policy, event, previous)
    addressed = {addressee.id for addressee in addressees}
    occurrence = update_cards(draft, occurrence, Telling(Purpose.STATE, moved=True), event.time, addressed)
    occurrence = update_cards(draft, occurrence, Telling(Purpose.STATE), event.time, occurrence.recipients.keys() - addressed)
    for addressee in addressees:
        recipient = _address(addressee, occurrence, draft.now)
        raised = draft.tell(occurrence, recipient, Telling(Purpose.RAISED), wanted_at=event.time)
        occurrence = occurrence.with_recipient(raised)
    return occurrence


def _begin(policy: Policy, event: Event, previous: Occurrence | None) -> Occurrence:
    data = event.data
    rule = policy.rules.get(event.subject)
    again = Again.UNSHELVED if event.kind == "unshelved" else Again.REALARM if data["realarm"] else None
    facts = AlarmFacts(
        active=True,
        acked=rule is not None and not rule.ack_required,
        latched=rule is not None and rule.latching,
        occurrence=data["occurrence"],
    )
    return Occurrence(
        alarm=event.subject,
        facts=facts,
        priority=Priority(data["priority"]),
        began=from_iso(data["began"]) if data["began"] else event.time,
        raised=previous.raised if previous else event.time,
        value=data["value"],
        limit=data["limit"],
        quality=data["quality"],
        round=previous.round + 1 if previous else 1,
        version=previous.version + 1 if previous else 0,
        again=again,
        comment=previous.comment if previous else None,
        # Only a raise tells it; who hears of the alarm when its shelf ends hears what was then.
        context_began=data.get("context_began", previous.context_began if previous else {}),
        context=data.get("context", previous.context if previous else {}),
        recipients=previous.recipients if previous else {},
    )


def _address(addressee: Addressee, occurrence: Occurrence, now: Moment) -> Recipient:
    """The recipient of a new announcement. What waits from the one before still arrives, but its fate is another card's."""
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
    )
