"""What a watched gateway is, by the pulses that have come of it. Pure.

    from    by                          to
    lost    a pulse                     up
    up      a pulse                     up
    up      its last pulse (leaving)    lost: it stops in order
    up      silence for `silent_after`  lost: plug, network or process
    lost    a last pulse                lost

A pulse with a number that is not above the last one's is old and changes nothing: somebody repeats what he has recorded. When
the listener starts, silence counts from its start. It remembers no number over a restart of its own: what was recorded before
can be played to it once more, for as long as the gateway itself is silent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.model.moment import Moment, Span
from edge.model.pulse import Pulse


@dataclass(frozen=True, slots=True)
class Heard:
    """since: from when on silence counts. number: of the last pulse. up: None: nothing has been heard or missed yet."""

    since: Moment
    number: tuple[int, int] = (-1, -1)
    up: bool | None = None

    def is_old(self, pulse: Pulse) -> bool:
        return pulse.number <= self.number

    def took(self, pulse: Pulse, now: Moment) -> Heard:
        """After a pulse that is not old."""
        return replace(self, since=now, number=pulse.number, up=not pulse.leaving)

    def missed(self, silent_after: Span, now: Moment) -> Heard:
        """After a time in which nothing came."""
        return self if now < self.due_at(silent_after) else replace(self, up=False)

    def due_at(self, silent_after: Span) -> Moment:
        return self.since + silent_after
