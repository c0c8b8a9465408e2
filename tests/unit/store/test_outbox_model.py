"""Random schedules of wanting, claiming, settling, withdrawing, replaying, crashing and restarting, against a plain model.

P3: order within a thread is never reversed. P2: nothing is lost, and nothing is tried twice unmarked.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.crash import SimulatedCrash, crash_at, hooked
from edge.model.alarm import Priority
from edge.model.intent import Claim, Crashed, Delivered, Purpose, Refused, Retry, Unknown
from edge.ports import Candidate
from edge.store.store import open_store
from tests.outbox_model import TOLD_OF, OutboxModel
from tests.store_rows import AGENT, SITE, T0, at, intent, response_commit

THREADS = ("a", "b")
PURPOSES = (Purpose.RAISED, Purpose.STATE, Purpose.STATE, Purpose.RETURNED)


class Chosen:
    """Admits what it was told to, once each."""

    def __init__(self, held: set[tuple[str, Priority]], refused: set[Purpose]) -> None:
        self.held = held
        self._refused = refused

    def admits(self, candidate: Candidate) -> bool:
        return (candidate.recipient, candidate.urgency) not in self.held and candidate.purpose not in self._refused


class Schedules(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.second = 0.0
        self.store = open_store(None, site=SITE, agent=AGENT, now=T0)
        self.model = OutboxModel()
        self.under_way: list[Claim] = []

    @property
    def now(self) -> int:
        return at(self.second)

    def teardown(self) -> None:
        """Everything still wanted is told when the cloud is kind, each thread in order."""
        for claim in self.under_way:
            self._settle(claim, Delivered("r"), None)
            self.model.settle(claim, Delivered("r"), self.now, None)
        self.model.claim(self.now, "dingtalk", 0)
        wanted = [row.intent.key for row in self.model.rows if row.open]
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
            self.model.add(intents)
            self.model.withdraw(keys)
        self._restart_after(crash)

    @rule(which=st.lists(st.integers(0, 30), min_size=1, max_size=2))
    def replay(self, which: list[int]) -> None:
        known = [row.intent.key for row in self.model.rows]
        keys = [known[number] for number in which if number < len(known)]
        self.store.commit_response(replace(response_commit(seconds=self.second), replayed=keys))
        self.model.replay(keys, self.now)

    @rule(
        limit=st.integers(1, 3),
        held=st.sets(st.tuples(st.just("person:fitter.c"), st.sampled_from(list(Priority))), max_size=2),
        refused=st.sets(st.sampled_from(PURPOSES), max_size=1),
        live_for=st.sampled_from([None, 0.0, 1.0, 60.0]),
        crash=st.sampled_from(["", "", "", "before_claim_commit", "after_claim_commit"]),
    )
    def claim(
        self,
        limit: int,
        held: set[tuple[str, Priority]],
        refused: set[Purpose],
        live_for: float | None,
        crash: str,
    ) -> None:
        if not any(row.state == "waiting" for row in self.model.rows):
            crash = ""  # nothing is written, so no commit is there to crash at
        claims: list[Claim] = []
        asked = (self.now, "dingtalk", limit, Chosen(held, refused), None if live_for is None else at(self.second - live_for))
        if self._through(crash, lambda: claims.extend(self.store.claim(*asked))):
            expected = self.model.claim(*asked)
            if not crash:
                assert claims == expected
            self.under_way += claims
        self._restart_after(crash)

    @precondition(lambda self: self.under_way)
    @rule(
        which=st.integers(0, 5),
        outcome=st.sampled_from([Delivered("r"), Refused("no"), Unknown("?"), Retry(1.0, "busy"), Crashed("a bug")]),
        wait=st.sampled_from([None, 1.0, 120.0]),
        crash=st.sampled_from(["", "", "", "before_settle_commit", "after_settle_commit"]),
    )
    def settle(self, which: int, outcome: Any, wait: float | None, crash: str) -> None:
        claim = self.under_way[which % len(self.under_way)]
        retry_at = None if wait is None or isinstance(outcome, Delivered) else at(self.second + wait)
        if self._through(crash, self._settle, claim, outcome, retry_at):
            self.model.settle(claim, outcome, self.now, retry_at)
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
        for after in (None, self.now):
            assert self.store.next_due("dingtalk", after) == self.model.next_due("dingtalk", after)

    @invariant()
    def an_unmarked_attempt_follows_only_what_surely_did_not_arrive(self) -> None:
        """Read from the record of attempts, not from the model: unknown ends stay known for good."""
        attempts = sorted(self.store.deliveries(1_000), key=lambda attempt: (attempt.intent, attempt.attempt))
        for before, after in pairwise(attempts):
            if before.intent == after.intent:
                assert before.outcome in ("retry", "refused", "unknown", "crashed", "replayed")
                claim = next((claim for claim in self.under_way if claim.intent.key == after.intent), None)
                if claim is not None and claim.attempt == after.attempt and before.outcome in ("unknown", "crashed"):
                    assert claim.after_unknown

    @invariant()
    def every_end_of_an_attempt_chain_has_one_receipt(self) -> None:
        ended = {row.intent.key for row in self.model.rows if row.state in TOLD_OF}
        told = [row.body.intent for row in self.store.unconsumed()]
        assert ended <= set(told)
        replayed = {row.intent.key for row in self.model.rows if "replayed" in row.attempts}
        assert len([key for key in told if key not in replayed]) == len(ended - replayed)

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
