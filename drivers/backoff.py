"""How long to leave something alone that has failed: doubling, with a cap. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.model.moment import MINUTE, SECOND, Span

#: Far beyond every cap, so that a device that is gone for a year does not grow a number for a year.
DOUBLINGS_MAX = 40


@dataclass(frozen=True, slots=True)
class Backoff:
    """`wait` is 0 before the first failure, then `first`, twice as long after each further one, never more than `cap`."""

    first: Span
    cap: Span
    failures: int = 0

    @property
    def wait(self) -> Span:
        return min(self.cap, self.first << (self.failures - 1)) if self.failures else 0

    def failed(self) -> Backoff:
        return replace(self, failures=min(self.failures + 1, DOUBLINGS_MAX))

    def succeeded(self) -> Backoff:
        return replace(self, failures=0)


#: A device that gives no answer, and a register that a device refuses.
DEVICE_BACKOFF = Backoff(first=1 * SECOND, cap=1 * MINUTE)
#: A connection that cannot be made: tried again soon, because nothing else waits for it.
CONNECTION_BACKOFF = Backoff(first=SECOND // 2, cap=10 * SECOND)
