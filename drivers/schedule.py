"""When a device is due, on a fixed grid, without a backlog. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.model.moment import Moment, Span


@dataclass(frozen=True, slots=True)
class Schedule:
    """A poll at every `grid + n * every`. A poll that comes late is made once, the grid points it missed are not made up."""

    every: Span
    grid: Moment
    due: Moment

    @staticmethod
    def spread(now: Moment, every: Span, number: int, of: int) -> Schedule:
        """For device `number` of `of` that share a connection: due at once, then at its own part of the period."""
        return Schedule(every, now + every * number // of, now)

    def after(self, now: Moment) -> tuple[Schedule, int]:
        """The schedule after a poll that ended now, and how many grid points have passed unused since it was due."""
        next_due = self.grid + max((now - self.grid) // self.every + 1, 0) * self.every
        missed = (next_due - self.due - 1) // self.every
        return replace(self, due=next_due), missed

    def postponed(self, until: Moment) -> Schedule:
        return replace(self, due=until)
