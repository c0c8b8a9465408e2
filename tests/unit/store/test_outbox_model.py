"""Random schedules of wanting, claiming, settling, withdrawing, crashing and restarting, against a model of twenty lines.

P3: order within a thread is never reversed. P2: nothing is lost, and nothing is tried twice unmarked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.crash import SimulatedCrash, crash_at, hooked
from edge.model.alarm import Priority
from edge.model.intent import Claim, Delivered, Intent, Purpose, Refused, Retry, Unknown
from edge.store.store import open_store
from tests.store_rows import AGENT, SITE, T0, at, intent, response_commit

THREADS = ("a", "b")
PURPOSES = (Purpose.RAISED, Purpose.STATE, Purpose.STATE, Purpose.RETURNED)


@dataclass
class Row:
    intent: Intent
    state: str = "waiting"
    due: int = 0
    attempt: int = 0
    after_unknown: bool = False

    @property
    def open(self) -> bool:
        return self.state in ("waiting", "claimed")


@dataclass
class Model:
    """What the outbox promises, in the plainest words. Rows are in the order in which they were wanted."""

    rows: list[Row] = field(default_factory=list)

    def row(self, claim: Claim) -> Row:
        return next(row for row in self.rows if row.intent.key == claim.intent.key)

    def overtaken(self, row: Row) -> bool:
        younger = self.rows[self.rows.index(row) + 1 :]
        return (
            row.state == "waiting"
            and row.intent.purpose is Purpose.STATE
            and any(y.open and y.intent.purpose is Purpose.STATE and y.intent.card == row.intent.card for y in younger)
        )

    def heads(self) -> list[Row]:
        first: dict[str, Row] = {}
        for row in self.rows:
            if row.open and not self.overtaken(row):
                first.setdefault(row.intent.thread, row)
        return [row for row in first.values() if row.state == "waiting"]

    def claim(self, now: int, limit: int) -> list[Row]:
        for row in [row for row in self.rows if self.overtaken(row)]:
            row.state = "superseded"
        due = [row for row in self.heads() if row.due <= now]
        due.sort(key=lambda row: (row.intent.priority.rank, self.rows.index(row)))
        for row in due[:limit]:
            row.state, row.attempt = "claimed", row.attempt + 1
        return due[:limit]

    def restart(self, now: int) -> None:
        for row in self.rows:
            if row.state == "claimed":
                row.state, row.due, row.after_unknown = "waiting", now, True


class Schedules(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.second = 0.0
        self.store = open_store(None, site=SITE, agent=AGENT, now=T0)
        self.model = Model()
        self.under_way: list[Claim] = []

    @property
    def now(self) -> int:
        return at(self.second)

    def teardown(self) -> None:
        """Everything still wanted is told when the cloud is kind, each thread in order."""
        for claim in self.under_way:
            self._settle(claim, Delivered("r"), None)
            self.model.row(claim).state = "delivered"
        wanted = [row.intent.key for row in self.model.rows if row.open and not self.model.overtaken(row)]
        self.second += 10_000
        told = []
        while claims := self.store.claim(self.now, "dingtalk", 3):
            for claim in claims:
                told.append(claim.intent)
                self.store.settle(claim, Delivered("r"), self.now, None)
        assert sorted(intent.key for intent in told) == sorted(wanted)
        for thread in THREADS:
            created = [intent.created_at for intent in told if intent.thread == thread]
            assert created == sorted(created)
        self.store.close()

    @rule(seconds=st.sampled_from([0.001, 1.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.second += seconds

    @rule(
        wanted=st.lists(
            st.tuples(st.sampled_from(THREADS), st.sampled_from(PURPOSES), st.sampled_from(list(Priority)), st.integers(1, 2)),
            max_size=4,
        ),
        withdrawn=st.lists(st.integers(0, 30), max_size=2),
        crash=st.sampled_from(["", "", "", "before_response_commit", "after_response_commit"]),
    )
    def respond(self, wanted: list[tuple[str, Purpose, Priority, int]], withdrawn: list[int], crash: str) -> None:
        self.second += 0.001
        known = [row.intent.key for row in self.model.rows]
        keys = [known[number] for number in withdrawn if number < len(known)]
        intents = [
            intent(
                f"k{len(known) + number}",
                purpose,
                seconds=self.second,
                thread=thread,
                card=f"{thread}/{card}",
                priority=priority,
            )
            for number, (thread, purpose, priority, card) in enumerate(wanted)
        ]
        done = self._through(crash, self.store.commit_response, response_commit(*intents, seconds=self.second, withdrawn=keys))
        if done:
            self.model.rows += [Row(wanted, due=self.now) for wanted in intents]
            for row in self.model.rows:
                if row.intent.key in keys and row.state == "waiting":
                    row.state = "unknown" if row.after_unknown else "withdrawn"
        self._restart_after(crash)

    @rule(limit=st.integers(1, 3), crash=st.sampled_from(["", "", "", "before_claim_commit", "after_claim_commit"]))
    def claim(self, limit: int, crash: str) -> None:
        claims: list[Claim] = []
        if self._through(crash, lambda: claims.extend(self.store.claim(self.now, "dingtalk", limit))):
            expected = self.model.claim(self.now, limit)
            if not crash:
                assert claims == [Claim(row.intent, row.attempt, row.after_unknown) for row in expected]
            self.under_way += claims
        self._restart_after(crash)

    @precondition(lambda self: self.under_way)
    @rule(
        which=st.integers(0, 5),
        outcome=st.sampled_from([Delivered("r"), Refused("no"), Unknown("?"), Retry(1.0, "busy")]),
        wait=st.sampled_from([None, 1.0, 120.0]),
        crash=st.sampled_from(["", "", "", "before_settle_commit", "after_settle_commit"]),
    )
    def settle(self, which: int, outcome: Any, wait: float | None, crash: str) -> None:
        claim = self.under_way[which % len(self.under_way)]
        retry_at = None if wait is None or isinstance(outcome, Delivered) else at(self.second + wait)
        if self._through(crash, self._settle, claim, outcome, retry_at):
            row = self.model.row(claim)
            if retry_at is None:
                row.state = {"Retry": "expired"}.get(type(outcome).__name__, type(outcome).__name__.lower())
            else:
                row.state, row.due = "waiting", retry_at
                row.after_unknown |= isinstance(outcome, Unknown)
            self.under_way.remove(claim)
        self._restart_after(crash)

    @rule(outage=st.sampled_from([1.0, 600.0]))
    def restart(self, outage: float) -> None:
        self.second += outage
        self.store = self.store.reopened(self.now)
        self.model.restart(self.now)
        self.under_way.clear()

    @invariant()
    def states_agree(self) -> None:
        counts: dict[str, int] = {}
        for row in self.model.rows:
            counts[row.state] = counts.get(row.state, 0) + 1
        assert self.store.outbox_counts() == counts

    @invariant()
    def next_due_is_when_the_first_head_may_be_tried(self) -> None:
        assert self.store.next_due("dingtalk") == min((row.due for row in self.model.heads()), default=None)

    @invariant()
    def an_unmarked_attempt_follows_only_what_surely_did_not_arrive(self) -> None:
        """Read from the record of attempts, not from the model: unknown ends stay known for good."""
        attempts = sorted(self.store.deliveries(1_000), key=lambda attempt: (attempt.intent, attempt.attempt))
        for before, after in pairwise(attempts):
            if before.intent == after.intent:
                assert before.outcome in ("retry", "refused", "unknown")
                claim = next((claim for claim in self.under_way if claim.intent.key == after.intent), None)
                if claim is not None and claim.attempt == after.attempt and before.outcome == "unknown":
                    assert claim.after_unknown

    @invariant()
    def every_end_of_an_attempt_chain_has_one_receipt(self) -> None:
        ended = sorted(row.intent.key for row in self.model.rows if row.state in ("delivered", "refused", "unknown", "expired"))
        assert sorted(row.body.intent for row in self.store.unconsumed()) == ended

    def _settle(self, claim: Claim, outcome: Any, retry_at: int | None) -> None:
        self.store.settle(claim, outcome, self.now, retry_at)

    def _through(self, crash: str, work: Any, *arguments: Any) -> bool:
        """Do the work, with a crash if asked for; whether it must be found afterwards."""
        if not crash:
            work(*arguments)
            return True
        try:
            with hooked(crash_at(crash)):
                work(*arguments)
        except SimulatedCrash:
            return crash.startswith("after")
        raise AssertionError(f"{crash} was not passed")

    def _restart_after(self, crash: str) -> None:
        if crash:
            self.restart(1.0)


class TestSchedules(Schedules.TestCase):
    settings = settings(max_examples=30, stateful_step_count=25, deadline=None)


@pytest.mark.soak
class TestManySchedules(Schedules.TestCase):
    settings = settings(max_examples=5_000, stateful_step_count=60, deadline=None)
