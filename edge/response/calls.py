"""Calls: people whose phones ring while nobody acknowledges, as the routes' `escalate` asks. Pure.

Theory of operation. An announcement plans the calls of its routes. Whenever a record is kept (`cards.keep`), its calls follow
from what it says, so no reaction can forget them:

    the alarm            a call that is                follows
    needs somebody       idle                          planned: due `after` from now
    needs somebody       planned, and it is due        made
    needs nobody         planned or made               idle; what has not left yet is withdrawn

So nobody is called for what is over, acknowledged or hidden, and what needs somebody again calls from the first step again. A
call stands in no queue behind cards, and nothing repeats it: who is to be called twice is named twice. Only persons are called,
never for a trial or in a maintenance window, and never for what is folded in a flood.
"""

from __future__ import annotations

from dataclasses import replace

from edge.model.act import Call
from edge.model.event import Event
from edge.model.intent import Purpose
from edge.model.moment import Moment
from edge.response.announce import filtered
from edge.response.draft import Because, Draft
from edge.response.identity import IntentName, record_id, who_of
from edge.response.occurrence import Occurrence, PlannedCall, Recipient
from edge.response.policy import Policy
from edge.response.routing import Addressee, escalations
from edge.response.telling import Telling

#: What stands in a record's id in the place of a channel: a call has a thread and a card name of its own.
CALL = "call"


def plan_calls(policy: Policy, draft: Draft, occurrence: Occurrence, event: Event, *, folded: bool) -> Occurrence:
    """The record after an announcement, with the calls that its routes ask for."""
    if folded or occurrence.trial or event.data.get("only") is not None:
        return occurrence
    planned = []
    for who, step, found in escalations(policy, filtered(policy, event)):
        if isinstance(found, Addressee):
            planned.append(PlannedCall(who, found.language, found.address, found.channel, step.call, step.after))
        else:
            draft.journal_unrouted(occurrence.alarm, event.data, event.time, who, found)
    if not planned and not occurrence.calls:
        return occurrence
    return replace(_idle(draft, occurrence, "announced_again"), calls=tuple(planned))


def call_due(occurrence: Occurrence) -> Moment | None:
    """When the next planned call is to be made."""
    return min((call.due for call in occurrence.calls if call.due is not None), default=None)


def tend_calls(draft: Draft, occurrence: Occurrence) -> Occurrence:
    """The record with its calls as it asks for them now."""
    if not occurrence.calls:
        return occurrence
    if occurrence.is_over or not occurrence.needs_somebody:
        return _idle(draft, occurrence, "nobody_needed")
    for number, call in enumerate(occurrence.calls):
        if call.due is None and not call.made:
            occurrence = _with(occurrence, number, replace(call, due=draft.now + call.after))
        elif call.due is not None and call.due <= draft.now:
            occurrence = _make(draft, occurrence, number)
    return occurrence


def call_ended(occurrence: Occurrence, key: str) -> Occurrence:
    """The receipt of a call is in: it cannot be withdrawn any more."""
    return replace(occurrence, calls=tuple(replace(each, open=each.open and each.made != key) for each in occurrence.calls))


def replan_calls(occurrence: Occurrence, now: Moment) -> Occurrence:
    """After a start: none further off than its time, also where the wall clock ran ahead before."""
    calls = (each if each.due is None else replace(each, due=min(each.due, now + each.after)) for each in occurrence.calls)
    return replace(occurrence, calls=tuple(calls))


def _make(draft: Draft, occurrence: Occurrence, number: int) -> Occurrence:
    call = occurrence.calls[number]
    occurrence = replace(occurrence, called=occurrence.called + 1)
    to = Recipient(record_id(call.who, CALL), call.language, call.address, occurrence.round, channel=call.channel)
    telling = Telling(Purpose.CALL, draft.reading(occurrence.alarm), act=Call(call.medium))
    told = draft.tell(occurrence, to, telling, wanted_at=call.due or draft.now, count=occurrence.called)
    return _with(occurrence, number, replace(call, due=None, made=told.open[-1].key, open=True))


def _idle(draft: Draft, occurrence: Occurrence, why: str) -> Occurrence:
    for number, call in enumerate(occurrence.calls):
        if call.open:
            name = IntentName(occurrence.alarm, occurrence.number, who_of(call.who), Purpose.CALL, occurrence.round)
            draft.withdraw_plainly(call.made, name, Because(why, draft.now))
        occurrence = _with(occurrence, number, replace(call, due=None, made="", open=False))
    return occurrence


def _with(occurrence: Occurrence, number: int, call: PlannedCall) -> Occurrence:
    calls = occurrence.calls
    return replace(occurrence, calls=(*calls[:number], call, *calls[number + 1 :]))
