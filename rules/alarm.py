"""What is remembered of one alarm besides its columns: the facts, and who and when for the people who ask."""

from __future__ import annotations

from typing import NamedTuple

from edge.model.alarm import AlarmFacts
from edge.model.moment import Moment
from rules.definition import Rule
from rules.lifecycle import Action, act

#: Who acknowledges the occurrences of a rule that asks nobody to, and who ends a shelf that is over.
SYSTEM = "system"

AT_REST = AlarmFacts()


class Alarm(NamedTuple):
    """All but the facts and the shelf is about the newest occurrence.

    began: when the condition began; raised: when its delay was complete; returned: None while active. acknowledged_by:
    a person's id, or `system` when the rule asks for no acknowledgement; None while unacknowledged. coming_by: who said last
    that they are on their way. value, quality: what its tag showed when it was raised. realarms: how often it alarmed again in
    this activation; realarm_at: when it does next. recent: when it was raised of late, while nobody did anything; chattering:
    how often it was raised since it began to chatter, 0 for it does not; quiet_at: when it will have settled. first_out: its
    rank in its group since that was clear, 0 for none; first_out_at: when its condition began then; first_out_named: its PLC
    says that it came first. covered_by: what hid it by
    design when people were told of that last, None: nothing did.
    """

    facts: AlarmFacts = AT_REST
    began: Moment | None = None
    raised: Moment | None = None
    returned: Moment | None = None
    acknowledged_by: str | None = None
    acknowledged_at: Moment | None = None
    coming_by: str | None = None
    coming_at: Moment | None = None
    value: float | None = None
    quality: str = "bad"
    realarms: int = 0
    # From here on: what outlives an occurrence.
    shelved_by: str | None = None
    shelve_reason: str | None = None
    service_by: str | None = None
    service_reason: str | None = None
    work_order: str | None = None
    realarm_at: Moment | None = None
    recent: tuple[Moment, ...] = ()
    chattering: int = 0
    chatter_began: Moment | None = None
    quiet_at: Moment | None = None
    first_out: int = 0
    first_out_at: Moment | None = None
    first_out_named: bool = False
    covered_by: str | None = None

    @property
    def stands(self) -> bool:
        """It is there, or latched as if it were."""
        return self.facts.active or self.facts.latched

    def raise_(self, rule: Rule, began: Moment, time: Moment, value: float | None, quality: str) -> Alarm:
        """A new occurrence: all that is said of the last is new, what stands behind that goes on."""
        facts = act(self.facts, Action.RAISE, rule)
        by, at = (SYSTEM, time) if facts.acked else (None, None)
        return Alarm._make((facts, began, time, None, by, at, None, None, value, quality, 0, *self[_GOES_ON:]))

    def return_(self, rule: Rule, time: Moment) -> Alarm:
        facts = act(self.facts, Action.RETURN, rule)
        if facts.acked == self.facts.acked:
            return self._replace(facts=facts, returned=time)
        return self._replace(facts=facts, returned=time, acknowledged_by=SYSTEM, acknowledged_at=time)

    def acknowledge(self, rule: Rule, by: str, time: Moment) -> Alarm:
        facts = act(self.facts, Action.ACKNOWLEDGE, rule)
        return self._replace(facts=facts, acknowledged_by=by, acknowledged_at=time)

    def unacknowledge(self, rule: Rule) -> Alarm:
        facts = act(self.facts, Action.UNACKNOWLEDGE, rule)
        return self._replace(facts=facts, acknowledged_by=None, acknowledged_at=None)

    def confirm(self, rule: Rule) -> Alarm:
        return self._replace(facts=act(self.facts, Action.CONFIRM, rule))

    def come(self, by: str, time: Moment) -> Alarm:
        """Somebody is on their way."""
        return self._replace(coming_by=by, coming_at=time)

    def unlatch(self, rule: Rule) -> Alarm:
        return self._replace(facts=act(self.facts, Action.UNLATCH, rule))

    def announce(self, rule: Rule) -> Alarm:
        """The same occurrence, to be acknowledged again."""
        facts = act(self.facts, Action.ANNOUNCE, rule)
        if facts.acked:
            return self._replace(facts=facts)
        return self._replace(facts=facts, acknowledged_by=None, acknowledged_at=None)


#: Where the fields begin that outlive an occurrence.
_GOES_ON = Alarm._fields.index("shelved_by")
