"""Which event says how its alarm stands: of all subscribers' events the one decided last. Pure.

The retained state of an alarm is one topic for all of them, and each gets its events at a pace of its own: one that comes late,
or that a person had replayed, must not turn the state back. What was said is known of this boot; of an alarm that is over no
event says that it stands, whatever was said before.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.model.alarm import AlarmState
from edge.model.intent import Intent
from edge.model.moment import Moment

#: Of an alarm that is not over.
_STANDS = (AlarmState.UNACK, AlarmState.ACKED, AlarmState.RTNUN, AlarmState.LATUN, AlarmState.LATAK)


class Standing:
    """is_over: whether an occurrence of an alarm needs nobody any more."""

    def __init__(self, is_over: Callable[[str, int], bool]) -> None:
        self._is_over = is_over
        #: By alarm, of what was said last.
        self._newest: dict[str, tuple[int, Moment]] = {}

    def says(self, intent: Intent) -> bool:
        """Whether an event says how its alarm stands now. What does is taken for said: it is published again until it is."""
        age = (intent.occurrence, intent.created_at)
        if age < self._newest.get(intent.alarm, age):
            return False
        if intent.message.state in _STANDS and self._is_over(intent.alarm, intent.occurrence):
            return False
        self._newest[intent.alarm] = age
        return True
