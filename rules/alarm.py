"""What is remembered of one alarm besides its columns: the facts, and who and when for the people who ask."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.model.alarm import AlarmFacts
from edge.model.moment import Moment
from rules.definition import Rule
from rules.lifecycle import Action, act

#: Who acknowledges the occurrences of a rule that asks nobody to, and who ends a shelf that is over.
SYSTEM = "system"

AT_REST = AlarmFacts()


@dataclass(frozen=True, slots=True)
class Alarm:
    """All but the facts and the shelf is about the newest occurrence.

    began: when the condition began; raised: when its delay was complete; returned: None while active. acknowledged_by:
    a person's id, or `system` when the rule asks for no acknowledgement; None while unacknowledged. coming_by: who said last
    that they are on their way.
    """

    facts: AlarmFacts = AT_REST
    began: Moment | None = None
    raised: Moment | None = None
    returned: Moment | None = None
    acknowledged_by: str | None = None
    acknowledged_at: Moment | None = None
    shelved_by: str | None = None
    shelve_reason: str | None = None
    coming_by: str | None = None
    coming_at: Moment | None = None

    def raise_(self, rule: Rule, began: Moment, time: Moment) -> Alarm:
        """A new occurrence."""
        facts = act(self.facts, Action.RAISE, rule)
        return replace(
            self,
            facts=facts,
            began=began,
            raised=time,
            returned=None,
            acknowledged_by=SYSTEM if facts.acked else None,
            acknowledged_at=time if facts.acked else None,
            coming_by=None,
            coming_at=None,
        )

    def return_(self, rule: Rule, time: Moment) -> Alarm:
        return replace(self, facts=act(self.facts, Action.RETURN, rule), returned=time)

    def acknowledge(self, rule: Rule, by: str, time: Moment) -> Alarm:
        facts = act(self.facts, Action.ACKNOWLEDGE, rule)
        return replace(self, facts=facts, acknowledged_by=by, acknowledged_at=time)

    def come(self, by: str, time: Moment) -> Alarm:
        """Somebody is on their way."""
        return replace(self, coming_by=by, coming_at=time)

    def unlatch(self, rule: Rule) -> Alarm:
        return replace(self, facts=act(self.facts, Action.UNLATCH, rule))

    def announce(self, rule: Rule) -> Alarm:
        """The same occurrence, to be acknowledged again."""
        facts = act(self.facts, Action.ANNOUNCE, rule)
        if facts.acked:
            return replace(self, facts=facts)
        return replace(self, facts=facts, acknowledged_by=None, acknowledged_at=None)
