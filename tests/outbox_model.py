"""What the outbox promises, in the plainest words: lists in memory. `tests/unit/store/test_outbox_model.py` holds it against
the one in SQLite, so that a hundred thousand schedules can run through it alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from edge.model.alarm import Priority
from edge.model.intent import Claim, Crashed, Delivered, Ending, Intent, Purpose, Refused, Retry, Unknown
from edge.model.moment import Moment
from edge.ports import Admission, Candidate

ENDS = {Delivered: "delivered", Refused: "refused", Unknown: "unknown", Retry: "expired", Crashed: "quarantined"}
#: Ends that a Receipt tells of.
TOLD_OF = frozenset(ENDS.values())
#: Ends after which somebody may have got it.
MAY_HAVE_ARRIVED = frozenset({"delivered", "unknown", "quarantined", "claimed"})


@dataclass(slots=True, eq=False)
class Row:
    """attempts: how each ended, None while it is under way. withdrawn: it is no longer wanted; an attempt may be under way
    all the same."""

    intent: Intent
    epoch: int
    due: Moment
    state: str = "waiting"
    after_unknown: bool = False
    attempts: list[str | None] = field(default_factory=list)
    withdrawn: bool = False

    @property
    def open(self) -> bool:
        return self.state in ("waiting", "claimed")

    @property
    def queue(self) -> tuple[str, str]:
        return self.intent.channel, self.intent.thread

    @property
    def crashes(self) -> int:
        since = len(self.attempts) - self.attempts[::-1].index("replayed") if "replayed" in self.attempts else 0
        return self.attempts[since:].count("crashed")

    @property
    def claim(self) -> Claim:
        """As the claim of the attempt under way."""
        return Claim(self.intent, len(self.attempts), self.after_unknown, self.crashes)


@dataclass
class OutboxModel:
    """Rows are in the order in which they were wanted, over all boots."""

    rows: list[Row] = field(default_factory=list)
    epoch: int = 1

    def row(self, key: str) -> Row:
        return next(row for row in self.rows if row.intent.key == key)

    # --- transaction B --------------------------------------------------------------------------------------------

    def add(self, intents: Sequence[Intent]) -> None:
        known = {row.intent.key for row in self.rows}
        self.rows += [Row(intent, self.epoch, intent.created_at) for intent in intents if intent.key not in known]

    def withdraw(self, keys: Sequence[str]) -> None:
        for row in self.rows:
            row.withdrawn |= row.intent.key in keys and row.open
            if row.withdrawn and row.state == "waiting":
                self._end_withdrawn(row)

    def _end_withdrawn(self, row: Row) -> None:
        row.state = "unknown" if row.after_unknown else "withdrawn"

    def replay(self, keys: Sequence[str], now: Moment) -> None:
        for row in self.rows:
            if row.intent.key in keys and self.is_replayable(row):
                row.after_unknown |= row.state != "refused"
                row.state, row.due = "waiting", now
                row.attempts.append("replayed")

    def is_replayable(self, row: Row) -> bool:
        may_have_rung = row.intent.is_never_repeated and (row.after_unknown or row.state != "refused")
        ended = row.state in ("refused", "quarantined", "unknown") and not row.withdrawn
        return ended and not may_have_rung and not self._is_out_of_turn(row)

    def _is_out_of_turn(self, row: Row) -> bool:
        younger = self.rows[self.rows.index(row) + 1 :]
        return any(y.queue == row.queue and (y.state in MAY_HAVE_ARRIVED or y.after_unknown) for y in younger)

    # --- the outbox -----------------------------------------------------------------------------------------------

    def claim(
        self, now: Moment, channel: str, limit: int, admission: Admission | None = None, live_since: Moment | None = None
    ) -> list[Claim]:
        for row in [row for row in self.rows if self._is_overtaken(row) and row.intent.channel == channel]:
            row.state = "superseded"
        claims: list[Claim] = []
        for row, urgency in self._by_urgency(channel, admission.held if admission else (), live_since):
            candidate = Candidate(row.intent.key, row.intent.recipient, row.intent.purpose, urgency)
            if len(claims) < limit and row.due <= now and (admission is None or admission.admits(candidate)):
                row.state = "claimed"
                row.attempts.append(None)
                claims.append(row.claim)
        return claims

    def settle(self, claim: Claim, ending: Ending, _now: Moment, retry_at: Moment | None) -> None:
        row = self.row(claim.intent.key)
        assert row.state == "claimed" and len(row.attempts) == claim.attempt, "the attempt is not under way"
        row.attempts[-1] = type(ending).__name__.lower()
        if retry_at is None:
            row.state = ENDS[type(ending)]
        else:
            row.state, row.due = "waiting", retry_at
            row.after_unknown |= isinstance(ending, Unknown | Crashed)
            if row.withdrawn:
                self._end_withdrawn(row)

    def next_due(self, channel: str, after: Moment | None = None) -> Moment | None:
        dues = (row.due for row in self.heads(channel) if row.state == "waiting")
        return min((due for due in dues if after is None or due > after), default=None)

    def restart(self, now: Moment) -> None:
        """The agent's end, wherever it was, and the next boot."""
        self.epoch += 1
        for row in self.rows:
            if row.state == "claimed":
                row.state, row.due, row.after_unknown = "waiting", now, True
                row.attempts[-1] = "crashed"
                if row.withdrawn:
                    self._end_withdrawn(row)

    # --- what is asked of it --------------------------------------------------------------------------------------

    def heads(self, channel: str) -> list[Row]:
        """The eldest open one of each thread."""
        first: dict[tuple[str, str], Row] = {}
        for row in self.rows:
            if row.open and row.intent.channel == channel and not self._is_overtaken(row):
                first.setdefault(row.queue, row)
        return list(first.values())

    def _by_urgency(
        self, channel: str, held: Collection[tuple[str, Priority]], live_since: Moment | None
    ) -> Iterator[tuple[Row, Priority]]:
        """Heads that wait, by the most urgent that waits in their thread and is not held."""
        heads = {row.queue: row for row in self.heads(channel) if row.state == "waiting"}
        waiting = [row for row in self.rows if row.state == "waiting" and row.queue in heads]
        waiting = [row for row in waiting if (row.intent.recipient, row.intent.priority) not in held]

        def urgency(row: Row) -> tuple[int, bool, int]:
            is_live = live_since is None or (row.epoch == self.epoch and row.intent.created_at >= live_since)
            return row.intent.priority.rank, not is_live, self.rows.index(row)

        for row in sorted(waiting, key=urgency):
            if (head := heads.pop(row.queue, None)) is not None:
                yield head, row.intent.priority

    def _is_overtaken(self, row: Row) -> bool:
        """A STATE that waits while a younger one of its card is still to be told."""
        if row.state != "waiting" or row.intent.purpose is not Purpose.STATE:
            return False
        younger = self.rows[self.rows.index(row) + 1 :]
        return any(
            y.open
            and y.intent.purpose is Purpose.STATE
            and (y.intent.channel, y.intent.card) == (row.intent.channel, row.intent.card)
            for y in younger
        )
