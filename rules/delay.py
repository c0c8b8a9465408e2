"""On-delay and off-delay: from the raw predicate to the debounced condition.

Theory of operation. For each rule two bits: `raw`, the predicate of the newest good sample, and `active`, the debounced
condition. While they differ a delay is pending: the on-delay when raw is true, the off-delay when it is false. When it
has counted its whole length, active takes the value of raw; when raw turns back before, the delay is cancelled and
nothing was ever announced.

A delay counts source time, from the sample that made raw differ. It counts only while the tag is neither bad nor stale,
so it is either *running* (it has a `due`) or *paused* (it has what `remains`):

                 sample makes raw differ
        idle ───────────────────────────────▶ running ◀──────────────┐
          ▲                                    │   │ bad or stale    │ any sample that is not bad,
          │  due reached: active := raw        │   ▼                 │ of a tag that is fresh again
          └────────────────────────────────────┘ paused ─────────────┘
          (from running and from paused: a good sample turns raw back)

`counted` is the source time up to which time was counted; a resumed delay never counts a stretch twice.

What completes a running delay is either a later sample whose source time reaches the due (nothing had contradicted
until then; the sample applies after it), or the timer `wake` on the steady clock. The steady clock only wakes: it is
set to where the due lies after the arrival of the sample that started or resumed the delay. A delay that would end
later than its tag can be trusted wakes when the tag goes stale, and pauses there. Boundaries are inclusive: a delay of
10 s is complete at 10 s.

Columns have one entry a rule. Rules on silence count on the steady clock and never pause: their callers pass arrivals
as source times, and a trust without end. Not here: what a completed delay means to people (lifecycle.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.model.moment import NEVER, Moment, Span
from rules.columns import Bools, Indices, Moments
from rules.definition import Rule
from rules.order import Order


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A sample as each rule that reads its tag sees it; columns over the distinct `rows`.

    index: the sample's place in its batch. source: its time. arrival: the engine's time when it came. bad: its value
    cannot be used. fresh_before, fresh_until: source time up to which the tag may be trusted, before and after this
    sample. fresh_steady: when, on the steady clock, the tag goes stale after this sample. at: where what follows belongs, when
    it is not the place of the sample.
    """

    rows: Indices
    index: Indices
    source: Moments
    arrival: Moments
    bad: Bools
    fresh_before: Moments
    fresh_until: Moments
    fresh_steady: Moments
    at: Order | None = None

    def only(self, positions: Indices) -> Seen:
        return Seen(
            rows=self.rows[positions],
            index=self.index[positions],
            source=self.source[positions],
            arrival=self.arrival[positions],
            bad=self.bad[positions],
            fresh_before=self.fresh_before[positions],
            fresh_until=self.fresh_until[positions],
            fresh_steady=self.fresh_steady[positions],
            at=self.at,
        )


@dataclass(frozen=True, slots=True)
class Filtered:
    """An on-delay that was cancelled. position: in the columns of the `Seen` that did it."""

    position: int
    began: Moment


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """What a change of raw did. Positions in the columns of `Seen`. changed: all; without_delay: active must follow at once."""

    changed: Indices
    without_delay: Indices
    filtered: list[Filtered]


class Delays:
    """One entry a rule.

    since: source time of the sample that made raw differ, NEVER when idle. due: source time at which the delay
    completes, NEVER when idle or paused. due_steady: the same on the steady clock. length: of the pending delay, which is not
    the rule's any more when that was changed meanwhile. remains: what a paused delay still has to count. counted: see above.
    wake: when the timer must fire, NEVER for none. pending: not idle.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        size = len(rules)
        self.on_delay = np.fromiter((rule.on_delay for rule in rules), dtype=np.int64, count=size)
        self.off_delay = np.fromiter((rule.off_delay for rule in rules), dtype=np.int64, count=size)
        self.raw = np.zeros(size, dtype=np.bool_)
        self.active = np.zeros(size, dtype=np.bool_)
        self.since = np.full(size, NEVER, dtype=np.int64)
        self.due = np.full(size, NEVER, dtype=np.int64)
        self.due_steady = np.full(size, NEVER, dtype=np.int64)
        self.length = np.zeros(size, dtype=np.int64)
        self.remains = np.zeros(size, dtype=np.int64)
        self.counted = np.full(size, NEVER, dtype=np.int64)
        self.wake = np.full(size, NEVER, dtype=np.int64)
        self.pending = np.zeros(size, dtype=np.bool_)

    @property
    def any_runs(self) -> bool:
        return bool((self.due != NEVER).any())

    # --- a sample -------------------------------------------------------------------------------------------------

    def completed_before(self, rows: Indices, source: Moments, fresh_before: Moments) -> Indices:
        """Positions of the delays that ran out before a sample applies: nothing had contradicted them. Complete them first."""
        pending = self.pending[rows].nonzero()[0]
        if len(pending) == 0:
            return pending
        return pending[self.due[rows[pending]] <= np.minimum(source[pending], fresh_before[pending])]

    def follow(self, seen: Seen) -> tuple[Indices, Indices]:
        """Pause, resume and re-time pending delays by what the sample says of its tag. Positions that paused or resumed, and
        those whose timer, set anew, should have fired already."""
        pending = self.pending[seen.rows].nonzero()[0]
        if len(pending) == 0:
            return pending, pending
        now = seen.only(pending)
        stopped = (self.due[now.rows] != NEVER) & (now.bad | (now.source > now.fresh_before))
        rows = now.rows[stopped]
        self._pause(rows, np.minimum(now.source[stopped], now.fresh_before[stopped]))
        start = np.maximum(now.source, self.counted[now.rows])
        fresh = (now.fresh_until > start) & (now.fresh_steady > now.arrival)
        resumed = (self.due[now.rows] == NEVER) & ~now.bad & fresh
        rows = now.rows[resumed]
        self._run(rows, start[resumed], self.remains[rows], now.arrival[resumed])
        self.set_wake(now.rows, now.fresh_until, now.fresh_steady)
        return pending[stopped | resumed], pending[self.wake[now.rows] <= now.arrival]

    def turn(self, seen: Seen, raw: Bools) -> Edges:
        """Let raw take its new value; starts and cancels delays. `raw`: the predicate for each row of `seen`."""
        changed = (raw != self.raw[seen.rows]).nonzero()[0]
        if len(changed) == 0:
            return Edges(changed, changed, [])
        now = seen.only(changed)
        rows, turned = now.rows, raw[changed]
        self.raw[rows] = turned
        differs = turned != self.active[rows]

        was_on_delay = ~differs & ~turned
        filtered = [Filtered(int(changed[i]), int(self.since[rows[i]])) for i in np.flatnonzero(was_on_delay)]
        self._clear(rows[~differs])

        length = np.where(turned, self.on_delay[rows], self.off_delay[rows])
        self.since[rows[differs]] = now.source[differs]
        self.length[rows[differs]] = length[differs]
        self.pending[rows[differs]] = True
        delayed = differs & (length > 0)
        fresh = (now.fresh_until > now.source) & (now.fresh_steady > now.arrival)
        runs, waits = delayed & fresh, delayed & ~fresh
        self._run(rows[runs], now.source[runs], length[runs], now.arrival[runs])
        self.set_wake(rows[runs], now.fresh_until[runs], now.fresh_steady[runs])
        self.remains[rows[waits]] = length[waits]
        self.counted[rows[waits]] = now.source[waits]
        return Edges(changed, changed[differs & (length == 0)], filtered)

    # --- a timer --------------------------------------------------------------------------------------------------

    def wakes(self, row: int, fresh_until: Moment) -> Moment | None:
        """The timer of a rule fired: the due it reached, still to be completed; or None, it paused where its tag went stale."""
        due = int(self.due[row])
        if due <= fresh_until:
            return due
        self._pause(np.array([row]), np.array([fresh_until]))
        return None

    def complete(self, rows: Indices) -> Moments:
        """Active takes the value of raw. When the pending delays began."""
        since: Moments = self.since[rows]
        self.active[rows] = self.raw[rows]
        self._clear(rows)
        return since

    # --- restart --------------------------------------------------------------------------------------------------

    def shift(self, by: Span) -> Bools:
        """An outage does not count: running delays end that much later, on both clocks. Which did; set their timers anew."""
        running: Bools = self.due != NEVER
        for column in (self.due, self.due_steady, self.counted):
            column[running] += by
        return running

    def set_wake(self, rows: Indices, fresh_until: Moments, fresh_steady: Moments) -> None:
        """Time the wake of pending delays by how long their tags may be trusted, in source time and in steady time."""
        due = self.due[rows]
        ends_while_fresh = (due <= fresh_until) | (due == NEVER)
        self.wake[rows] = np.where(ends_while_fresh, self.due_steady[rows], fresh_steady)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _run(self, rows: Indices, start: Moments, length: Moments, arrival: Moments) -> None:
        self.counted[rows] = start
        self.due[rows] = start + length
        self.due_steady[rows] = arrival + length
        self.remains[rows] = 0

    def _pause(self, rows: Indices, until: Moments) -> None:
        until = np.maximum(until, self.counted[rows])
        self.remains[rows] = self.due[rows] - until
        self.counted[rows] = until
        self.due[rows] = NEVER
        self.due_steady[rows] = NEVER
        self.wake[rows] = NEVER

    def _clear(self, rows: Indices) -> None:
        self.since[rows] = NEVER
        self.pending[rows] = False
        self.due[rows] = NEVER
        self.due_steady[rows] = NEVER
        self.remains[rows] = 0
        self.counted[rows] = NEVER
        self.wake[rows] = NEVER
