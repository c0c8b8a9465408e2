"""The circuit breaker of a channel, signal by signal."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.delivery.breaker import FAULTS_MAX, TRANSITIONS, Breaker, Signal, State, signal_of
from edge.model.intent import Crashed, Delivered, Ending, Refused, Retry, Scope, Unknown
from edge.model.moment import MINUTE, SECOND, Moment

NOW: Moment = 1_000 * SECOND
DOWN = Retry(0.0, "no route to the cloud", Scope.CHANNEL)
SILENT = Unknown("no answer", Scope.CHANNEL)
#: What says nothing about the next one.
ONE_ADDRESS: tuple[Ending, ...] = (
    Retry(600.0, "this robot is blocked"),
    Unknown("one stalled"),
    Refused("gone"),
    Crashed("bug"),
)


def after(*endings: Ending, breaker: Breaker | None = None, now: Moment = NOW) -> Breaker:
    """Attempts that began and ended one after the other."""
    breaker = breaker or Breaker.new(NOW)
    for ending in endings:
        breaker = breaker.heard([ending], seed="k", began=now, now=now)
    return breaker


OPEN = after(*[DOWN] * FAULTS_MAX)
HALF_OPEN = OPEN.looked_at(OPEN.until)


def test_every_pair_of_state_and_signal_has_a_row() -> None:
    assert set(TRANSITIONS) == set(product(State, Signal))


@pytest.mark.parametrize("fault", [DOWN, SILENT])
def test_faults_of_the_channel_in_a_row_open_it(fault: Ending) -> None:
    assert after(*[fault] * (FAULTS_MAX - 1)).state is State.CLOSED
    assert after(*[fault] * FAULTS_MAX).state is State.OPEN


@pytest.mark.parametrize("ending", ONE_ADDRESS)
def test_what_is_wrong_with_one_address_never_opens_it(ending: Ending) -> None:
    assert signal_of(ending) is Signal.INCONCLUSIVE
    assert after(*[ending] * 100).state is State.CLOSED


def test_an_acceptance_between_them_makes_faults_count_anew() -> None:
    almost = [DOWN] * (FAULTS_MAX - 1)
    assert after(*almost, Delivered("r"), *almost).state is State.CLOSED


def test_it_opens_for_about_a_second_first_and_for_a_minute_at_last() -> None:
    breaker, spans = OPEN, []
    for _ in range(12):
        spans.append(breaker.until - breaker.since)
        probed = breaker.looked_at(breaker.until)
        breaker = probed.heard([DOWN], seed="k", began=breaker.until, now=breaker.until)
    assert SECOND / 2 <= spans[0] <= SECOND
    assert all(MINUTE / 2 <= span <= MINUTE for span in spans[7:])


def test_it_stays_open_for_as_long_as_the_cloud_asks() -> None:
    banned = after(*[Retry(300.0, "this address is banned", Scope.CHANNEL)] * FAULTS_MAX)
    assert 300 * SECOND <= banned.until - NOW <= 301 * SECOND


def test_before_its_time_is_over_it_is_not_tried() -> None:
    assert OPEN.looked_at(OPEN.until - 1).state is State.OPEN
    assert OPEN.looked_at(OPEN.until).state is State.HALF_OPEN


def test_a_probe_that_is_accepted_closes_it_and_what_waited_is_backlog() -> None:
    closed = HALF_OPEN.heard([Delivered("r")], seed="k", began=HALF_OPEN.since, now=HALF_OPEN.since + SECOND)
    assert (closed.state, closed.back_since) == (State.CLOSED, HALF_OPEN.since + SECOND)
    assert after(*[DOWN] * FAULTS_MAX, breaker=closed, now=closed.since).openings == 1


def test_a_probe_that_fails_opens_it_for_longer() -> None:
    again = HALF_OPEN.heard([DOWN], seed="k", began=HALF_OPEN.since, now=HALF_OPEN.since)
    assert (again.state, again.openings) == (State.OPEN, 2)


@pytest.mark.parametrize("ending", ONE_ADDRESS)
def test_a_probe_that_says_nothing_about_the_channel_is_followed_by_another(ending: Ending) -> None:
    assert HALF_OPEN.heard([ending], seed="k", began=HALF_OPEN.since, now=HALF_OPEN.since) == HALF_OPEN


@pytest.mark.parametrize("state", [OPEN, HALF_OPEN])
def test_a_straggler_that_arrives_after_all_closes_it_and_one_that_fails_says_nothing_new(state: Breaker) -> None:
    assert state.heard([Delivered("r")], seed="k", began=NOW - SECOND, now=state.since).state is State.CLOSED
    assert state.heard([DOWN], seed="k", began=NOW - SECOND, now=state.since) == state


def test_a_time_out_that_began_before_the_last_acceptance_does_not_count() -> None:
    breaker = after(Delivered("r"), now=NOW + 5 * SECOND)
    for _ in range(FAULTS_MAX):
        breaker = breaker.heard([SILENT], seed="k", began=NOW, now=NOW + 6 * SECOND)
    assert breaker.state is State.CLOSED


@given(st.lists(st.one_of(st.sampled_from([DOWN, SILENT, Delivered("r"), *ONE_ADDRESS]), st.integers(0, 100 * SECOND))))
def test_it_never_holds_back_for_longer_than_a_minute_or_what_was_asked_for(script: list[Ending | int]) -> None:
    breaker, now = Breaker.new(NOW), NOW
    for step in script:
        if isinstance(step, int):
            now += step
        else:
            breaker = breaker.looked_at(now)
            breaker = breaker if breaker.state is State.OPEN else breaker.heard([step], seed="k", began=now, now=now)
        assert breaker.state is not State.OPEN or breaker.until <= now + MINUTE
