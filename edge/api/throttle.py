"""A growing delay after failed log-ins, for each name on its own. Pure: `now` comes in by argument."""

from __future__ import annotations

from edge.model.moment import SECOND, Moment, Span

#: So many failures cost nothing: people mistype.
FREE = 3
DELAY_MAX: Span = 300 * SECOND
#: Names remembered; beyond that the eldest failure is forgotten.
NAMES_MAX = 10_000


class Throttle:
    def __init__(self) -> None:
        self._failures: dict[str, tuple[int, Moment]] = {}

    def wait(self, name: str, now: Moment) -> Span:
        """How long this name has to wait before the next try; 0: it may try now."""
        count, last = self._failures.get(name, (0, 0))
        if count < FREE:
            return 0
        return max(0, last + min(SECOND << min(count - FREE, 20), DELAY_MAX) - now)

    def failed(self, name: str, now: Moment) -> None:
        count, _ = self._failures.pop(name, (0, 0))
        if len(self._failures) >= NAMES_MAX:
            del self._failures[next(iter(self._failures))]
        self._failures[name] = (count + 1, now)

    def succeeded(self, name: str) -> None:
        self._failures.pop(name, None)
