"""When a device is due, on a fixed grid, without a backlog. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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


def offsets(periods: Sequence[Span], connection: int = 0, connections: int = 1) -> list[Span]:
    """Where the grid of each scan group of a connection begins, so that as few as can be are due at the same time. periods: of
    the groups. connection: its number among those that there are.

    Groups of one period are spread evenly over it, connections in between; groups of another period begin a part of the
    narrowest step later, so that where periods are multiples of each other they do not meet."""
    times = Counter(periods)
    kinds = sorted(times)
    step = min((period // of for period, of in times.items()), default=0)
    seen: Counter[Span] = Counter()
    found = []
    for period in periods:
        number = seen[period] * connections + connection
        found.append(period * number // (times[period] * connections) + step * kinds.index(period) // len(kinds))
        seen[period] += 1
    return found
