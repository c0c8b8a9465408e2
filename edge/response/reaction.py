"""How the record of an occurrence follows the events of its alarm: a table, one row a kind of event.

Theory of operation. A record begins when somebody is told (a raise, or a shelf that ends over an active alarm: `announce.py`).
Every event of the table is folded into its facts; its card then shows the new state. Three things follow from facts, not from
the event, so they cannot be forgotten in a row:

- *Card*: each reaction updates the card of everybody who has one. Updates state everything, the younger replaces the older.
- *Return*: when the alarm was active or latched before and is neither after, those who got the raise hear that it is over.
  For a latching alarm that is the reset, not the end of the condition. A shelf does not hold it back: what was opened is
  closed.
- *End*: in the rest state, and when its rule is gone, no more news can come; the record only waits for its receipts.

Reminders end with the rows that say so. They begin with an announcement, so after a shelf they begin from the first.
Kinds that are not in the table change nothing that people were told (`filtered`), or have a way of their own (`rejected`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from edge.model.event import Event
from edge.model.moment import from_iso
from edge.response.occurrence import Act, Closed, Occurrence, Returned


@dataclass(frozen=True, slots=True)
class Reaction:
    """fold: the record after the event. ends_reminders: nobody needs to be reminded any more. names_occurrence: the event is
    about the occurrence it names; otherwise about the alarm, and so about its newest occurrence."""

    fold: Callable[[Occurrence, Event], Occurrence]
    ends_reminders: bool
    names_occurrence: bool


def _returned(occurrence: Occurrence, event: Event) -> Occurrence:
    returned = Returned(event.time, event.data["value"], event.data["peak"], event.data.get("context", {}))
    return replace(occurrence, facts=replace(occurrence.facts, active=False), returned=returned)


def _acknowledged(occurrence: Occurrence, event: Event) -> Occurrence:
    act = Act(event.data["by"], event.time)
    coming = act if event.data["coming"] else occurrence.coming
    said = event.data["comment"]
    comment = replace(act, text=said) if said else occurrence.comment
    facts = replace(occurrence.facts, acked=True)
    return replace(occurrence, facts=facts, acknowledged=act, coming=coming, comment=comment)


def _on_my_way(occurrence: Occurrence, event: Event) -> Occurrence:
    return replace(occurrence, coming=Act(event.data["by"], event.time))


def _commented(occurrence: Occurrence, event: Event) -> Occurrence:
    return replace(occurrence, comment=Act(event.data["by"], event.time, event.data["text"]))


def _shelved(occurrence: Occurrence, event: Event) -> Occurrence:
    facts = replace(occurrence.facts, shelved_until=from_iso(event.data["until"]))
    return replace(occurrence, facts=facts, shelved=Act(event.data["by"], event.time, event.data["reason"]))


def _unshelved(occurrence: Occurrence, event: Event) -> Occurrence:
    return replace(occurrence, facts=replace(occurrence.facts, shelved_until=None), shelved=None)


def _reset(occurrence: Occurrence, event: Event) -> Occurrence:
    return replace(occurrence, facts=replace(occurrence.facts, latched=False))


def _retired(occurrence: Occurrence, event: Event) -> Occurrence:
    return replace(occurrence, closed=Closed.RETIRED)


REACTIONS: Mapping[str, Reaction] = {
    #                          fold            ends_reminders           names_occurrence
    "returned": Reaction(_returned, ends_reminders=True, names_occurrence=True),
    "acknowledged": Reaction(_acknowledged, ends_reminders=True, names_occurrence=True),
    "on_my_way": Reaction(_on_my_way, ends_reminders=True, names_occurrence=True),
    "commented": Reaction(_commented, ends_reminders=False, names_occurrence=False),
    "shelved": Reaction(_shelved, ends_reminders=True, names_occurrence=False),
    "unshelved": Reaction(_unshelved, ends_reminders=False, names_occurrence=False),
    "reset": Reaction(_reset, ends_reminders=True, names_occurrence=False),
    "retired": Reaction(_retired, ends_reminders=True, names_occurrence=True),
}


def has_returned(before: Occurrence, after: Occurrence) -> bool:
    """The alarm was active or latched, and now is neither."""
    return (before.facts.active or before.facts.latched) and not (after.facts.active or after.facts.latched)
