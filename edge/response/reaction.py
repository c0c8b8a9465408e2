"""How the record of an occurrence follows the events of its alarm: a table, one row a kind of event.

Theory of operation. A record begins when somebody is told (a raise, or a cover that ends over an active alarm: `announce.py`).
Every event of the table is folded into its facts; its card then shows the new state. Three things follow from facts, not from
the event, so they cannot be forgotten in a row:

- *Card*: each reaction updates the card of everybody who has one. Updates state everything, the younger replaces the older.
- *Return*: when the alarm was active or latched before and is neither after, those who got the raise hear that it is over.
  For a latching alarm that is the reset, not the end of the condition. No cover holds it back: what was opened is closed.
  While the alarm chatters nobody hears of its returns; that it has settled is told (`chattering.py`).
- *End*: in the rest state, and when its rule is gone, no more news can come; the record only waits for its receipts.

Reminders end with the rows that say so, or begin anew with them while the alarm is active, unacknowledged and not hidden. They
begin with an announcement, too, so after a shelf they begin from the first. Kinds that are not in the table change nothing that
people were told (`filtered`, `learning`, `sums_reset`), or have a way of their own (`rejected`, `realarmed`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from edge.model.alarm import Priority
from edge.model.event import Event
from edge.model.moment import from_iso
from edge.response.chattering import begin_chattering, settle_down
from edge.response.covers import by_design
from edge.response.occurrence import Act, Closed, Occurrence, Returned


class Reminders(Enum):
    """What becomes of them."""

    GO_ON = "go_on"
    END = "end"
    BEGIN = "begin"


@dataclass(frozen=True, slots=True)
class Reaction:
    """fold: the record after the event. names_occurrence: the event is about the occurrence it names; otherwise about the
    alarm, and so about its newest occurrence."""

    fold: Callable[[Occurrence, Event], Occurrence]
    reminders: Reminders
    names_occurrence: bool


def _returned(occurrence: Occurrence, event: Event) -> Occurrence:
    returned = Returned(event.time, event.data["value"], event.data["peak"], event.data.get("context", {}))
    return _bare(replace(occurrence, facts=replace(occurrence.facts, active=False), returned=returned))


def _bare(occurrence: Occurrence) -> Occurrence:
    """What is over is hidden no more by what comes and goes: the rules tell nothing of that (`rules/annunciator.py`)."""
    stands = occurrence.facts.active or occurrence.facts.latched
    return occurrence if stands else replace(occurrence, suppressed=())


def _acknowledged(occurrence: Occurrence, event: Event) -> Occurrence:
    act = Act(event.data["by"], event.time)
    coming = act if event.data["coming"] else occurrence.coming
    said = event.data["comment"]
    comment = replace(act, text=said) if said else occurrence.comment
    facts = replace(occurrence.facts, acked=True)
    return replace(occurrence, facts=facts, acknowledged=act, unacknowledged=None, coming=coming, comment=comment)


def _unacknowledged(occurrence: Occurrence, event: Event) -> Occurrence:
    act = Act(event.data["by"], event.time, event.data["reason"])
    # Only a rule that asks for a confirmation has an occurrence with one.
    facts = replace(occurrence.facts, acked=False, confirmed=occurrence.facts.confirmed and occurrence.confirmed is None)
    gone = replace(occurrence, acknowledged=None, passed_on="", coming=None, confirmed=None)
    return replace(gone, facts=facts, unacknowledged=act)


def _confirmed(occurrence: Occurrence, event: Event) -> Occurrence:
    act = Act(event.data["by"], event.time, event.data["comment"])
    return replace(occurrence, facts=replace(occurrence.facts, confirmed=True), confirmed=act)


def _on_my_way(occurrence: Occurrence, event: Event) -> Occurrence:
    return replace(occurrence, coming=Act(event.data["by"], event.time))


def _commented(occurrence: Occurrence, event: Event) -> Occurrence:
    return replace(occurrence, comment=Act(event.data["by"], event.time, event.data["text"]))


def _shelved(occurrence: Occurrence, event: Event) -> Occurrence:
    one_shot = bool(event.data.get("one_shot"))
    facts = replace(occurrence.facts, shelved_until=from_iso(event.data["until"]), one_shot=one_shot)
    return replace(occurrence, facts=facts, shelved=Act(event.data["by"], event.time, event.data["reason"]))


def _unshelved(occurrence: Occurrence, event: Event) -> Occurrence:
    facts = replace(occurrence.facts, shelved_until=None, one_shot=False)
    return _uncovered(replace(occurrence, facts=facts, shelved=None), event)


def _taken_out_of_service(occurrence: Occurrence, event: Event) -> Occurrence:
    act = Act(event.data["by"], event.time, event.data["reason"])
    facts = replace(occurrence.facts, out_of_service=True)
    return replace(occurrence, facts=facts, service=act, work_order=event.data["work_order"])


def _returned_to_service(occurrence: Occurrence, event: Event) -> Occurrence:
    facts = replace(occurrence.facts, out_of_service=False)
    return _uncovered(replace(occurrence, facts=facts, service=None, work_order=""), event)


def _suppressed(occurrence: Occurrence, event: Event) -> Occurrence:
    return replace(occurrence, suppressed=by_design(event))


def _uncovered(occurrence: Occurrence, event: Event) -> Occurrence:
    """One cover is off; what is left of those by design."""
    return replace(occurrence, suppressed=by_design(event))


def _severer(occurrence: Occurrence, event: Event) -> Occurrence:
    return replace(occurrence, priority=Priority(event.data["priority"]))


def _reset(occurrence: Occurrence, event: Event) -> Occurrence:
    return _bare(replace(occurrence, facts=replace(occurrence.facts, latched=False)))


def _retired(occurrence: Occurrence, event: Event) -> Occurrence:
    removed = event.data["cause"] == "rule_removed"
    return replace(occurrence, closed=Closed.REMOVED if removed else Closed.RETIRED)


_GO_ON, _END, _BEGIN = Reminders.GO_ON, Reminders.END, Reminders.BEGIN

REACTIONS: Mapping[str, Reaction] = {
    #                                 fold                   reminders     names_occurrence
    "returned": Reaction(_returned, _END, names_occurrence=True),
    "acknowledged": Reaction(_acknowledged, _END, names_occurrence=True),
    "on_my_way": Reaction(_on_my_way, _END, names_occurrence=True),
    "unacknowledged": Reaction(_unacknowledged, _BEGIN, names_occurrence=True),
    "confirmed": Reaction(_confirmed, _END, names_occurrence=True),
    "commented": Reaction(_commented, _GO_ON, names_occurrence=False),
    "shelved": Reaction(_shelved, _END, names_occurrence=False),
    "unshelved": Reaction(_unshelved, _BEGIN, names_occurrence=False),
    "suppressed": Reaction(_suppressed, _END, names_occurrence=True),
    "released": Reaction(_uncovered, _BEGIN, names_occurrence=True),
    "taken_out_of_service": Reaction(_taken_out_of_service, _END, names_occurrence=False),
    "returned_to_service": Reaction(_returned_to_service, _BEGIN, names_occurrence=False),
    "severer": Reaction(_severer, _GO_ON, names_occurrence=True),
    "chattering": Reaction(begin_chattering, _END, names_occurrence=True),
    "settled": Reaction(settle_down, _BEGIN, names_occurrence=True),
    "reset": Reaction(_reset, _END, names_occurrence=False),
    "retired": Reaction(_retired, _END, names_occurrence=True),
}


def has_returned(before: Occurrence, after: Occurrence) -> bool:
    """The alarm was active or latched, and now is neither."""
    if after.is_chattering:
        return False
    return (before.facts.active or before.facts.latched) and not (after.facts.active or after.facts.latched)
