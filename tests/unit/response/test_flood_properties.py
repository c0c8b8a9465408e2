"""What holds of floods whatever comes: folding changes messages only, and the mode is as a plain count says."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.model.alarm import Priority
from edge.model.intent import Purpose
from edge.model.moment import MINUTE, SECOND, Moment
from edge.response.flood import WINDOW, Flood, FloodLimits, Turn, after, announced, leave_due, passed
from edge.response.flood_codec import decode_flood, encode_flood
from edge.response.policy import Policy, Route
from rules.definition import Kind, Rule
from tests.unit.response.conftest import RULES, START, Shift, mill

PEOPLE = ("person:li", "person:ann", "group:shift")
LIMITS = FloodLimits(over=4, under=3, update_every=2 * MINUTE)
PRIORITIES = (Priority.LOW, Priority.LOW, Priority.MEDIUM, Priority.CRITICAL)

#: Seconds to the next burst, and how many alarms come in it.
BURSTS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9)), min_size=1, max_size=25)


# --- the machine ------------------------------------------------------------------------------------------------------


def naive(bursts: Sequence[tuple[Moment, int]], limits: FloodLimits) -> list[tuple[Moment, str]]:
    """The mode second by second, from a list of all alarms there ever were."""
    heard: list[Moment] = []
    turns, flood = [], False
    last = bursts[-1][0] + WINDOW + SECOND
    coming: Counter[Moment] = Counter()
    for at, count in bursts:
        coming[at] += count
    for now in range(bursts[0][0], last + 1, SECOND):
        within = [each for each in heard if each > now - WINDOW]
        if flood and len(within) < limits.under:
            flood = False
            turns.append((now, "flood_left"))
        within += [now] * coming[now]
        heard = within
        if not flood and coming[now] and len(within) > limits.over:
            flood = True
            turns.append((now, "flood_entered"))
    return turns


@given(BURSTS, st.integers(1, 12), st.integers(1, 13))
def test_it_is_entered_and_left_as_counting_every_alarm_says(bursts: list[tuple[int, int]], over: int, under: int) -> None:
    limits = FloodLimits(over, min(under, over + 1))
    at, moments = 0, []
    for gap, count in bursts:
        at += gap * SECOND
        moments.append((at, count))
    flood, turns = Flood(), []
    steps = sorted({*range(0, at + WINDOW + 2 * SECOND, SECOND)})
    counts = Counter[Moment]()
    for moment, count in moments:
        counts[moment] += count
    # Only the steps that the response would be woken for, and a few more: in between nothing may happen.
    for now in steps:
        if now % (7 * SECOND) and not counts[now] and (flood.since is None or now < (leave_due(flood, limits) or 0)):
            continue
        flood, turn = passed(flood, limits, now)
        if turn is Turn.LEFT:
            turns.append((now, "flood_left"))
            flood = after(flood)
        if counts[now]:
            flood, turn = announced(flood, limits, now, counts[now])
            if turn is Turn.ENTERED:
                turns.append((now, "flood_entered"))
        assert decode_flood(encode_flood(flood)) == flood
        assert len(flood.recent) <= WINDOW // SECOND
    assert turns == naive([(0, 0), *moments], limits)


# --- P18: folding changes messages only -------------------------------------------------------------------------------


def many(flood: FloodLimits | None) -> Policy:
    """Forty rules told to two persons in two ways, and to a group."""
    rules = [
        Rule(
            id=f"CRM.ST3.MOTOR/a{n}",
            key=f"a{n}",
            device="CRM.ST3.MOTOR",
            device_type="main_motor",
            area="st3",
            kind=Kind.DISCRETE,
            tag="CRM.ST3.MOTOR.trip",
            priority=PRIORITIES[n % len(PRIORITIES)],
            words=RULES[0].words,
            limit=1.0,
            safety=n == 33,
        )
        for n in range(40)
    ]
    routes = (
        Route("team", ("team:maintenance",), frozenset({Priority.MEDIUM, Priority.CRITICAL})),
        Route("low", ("person:ann", "group:shift"), frozenset({Priority.LOW})),
    )
    return mill(routes, rules={rule.id: rule for rule in rules}, flood=flood)


FOLDING, PLAIN = many(LIMITS), many(None)

#: Seconds to the next step; what happens in it: the alarm, whether it is raised or returns, whether it is first; and a restart.
STEPS = st.lists(
    st.tuples(
        st.integers(0, 240),
        st.lists(st.tuples(st.integers(0, 39), st.sampled_from(["raised", "raised", "returned", "acknowledged"])), max_size=12),
        st.booleans(),
    ),
    max_size=20,
)


def play(policy: Policy, steps: Sequence[tuple[int, list[tuple[int, str]], bool]]) -> Shift:
    shift, at = Shift(policy), 0
    numbers: Counter[int] = Counter()
    active: set[int] = set()
    for gap, acts, dies in steps:
        at += gap
        # As the pipeline: no step later than the one before asked for.
        while shift.next_due is not None and shift.now < shift.next_due < START + at * SECOND:
            shift.now = shift.next_due
            shift.step()
        shift.at(at)
        rows = []
        for n, kind in acts:
            if kind == "raised" and n not in active:
                numbers[n] += 1
                active.add(n)
                first = {"group": "g", "rank": 1 if n % 10 == 5 else 2, "tie": False, "within": 0.0}
                rows.append(shift.row("raised", f"a{n}", occurrence=numbers[n], first_out=first))
            elif kind != "raised" and n in active:
                active -= {n} if kind == "returned" else set()
                rows.append(shift.row(kind, f"a{n}", occurrence=numbers[n]))
        shift.step(rows)
        if dies:
            shift.restart()
    shift.at(at + 3600).step()
    return shift


def raises(shift: Shift) -> Counter[tuple[str, str, int]]:
    told = (each for who in PEOPLE for each in shift.told(Purpose.RAISED, to=who))
    return Counter((each.recipient, each.alarm, each.occurrence) for each in told)


def folds(shift: Shift) -> Counter[tuple[str, str, int]]:
    rows = shift.journal("folded")
    return Counter((who, row.subject, row.data["occurrence"]) for row in rows for who in row.data["recipients"])


@given(STEPS)
def test_what_is_told_and_what_is_folded_is_together_what_would_have_been_told(steps: Any) -> None:
    plain, folding = play(PLAIN, steps), play(FOLDING, steps)
    assert raises(folding) + folds(folding) == raises(plain)
    assert not raises(folding) & folds(folding)


@given(STEPS)
def test_each_digest_and_the_journal_count_the_same(steps: Any) -> None:
    shift = play(FOLDING, steps)
    rows = shift.journal("folded")
    for left in shift.journal("flood_left"):
        assert left.data["folded"] == sum(f"{left.subject}#{left.data['number']}" in row.data["floods"] for row in rows)
        assert left.data["peak"] <= left.data["count"] and left.data["folded"] <= left.data["count"]
    assert len(shift.journal("flood_left")) == len(shift.journal("flood_entered"))
    for who in PEOPLE:
        last = {each.card: each for each in shift.told(Purpose.FLOOD, Purpose.STATE, Purpose.FLOOD_OVER, to=who)}
        said = [int(re.findall("[0-9]+", each.message.headline)[0]) for each in last.values() if "flood:" in each.alarm]
        assert sum(said) == sum(who in row.data["recipients"] for row in rows)


@given(STEPS)
def test_the_worst_is_never_folded_and_who_got_a_card_hears_of_the_return_and_nobody_else(steps: Any) -> None:
    shift = play(FOLDING, steps)
    for row in shift.journal("folded"):
        number = int(row.subject.rpartition("/a")[2])
        assert row.data["priority"] != Priority.CRITICAL and number != 33 and number % 10 != 5
    told = raises(shift)
    for who in PEOPLE:
        for each in shift.told(Purpose.RETURNED, Purpose.REMINDER, to=who):
            assert (who, each.alarm, each.occurrence) in told


@given(STEPS)
def test_deaths_change_nothing_of_what_is_told(steps: Any) -> None:
    dying, living = play(FOLDING, steps), play(FOLDING, [(gap, acts, False) for gap, acts, _ in steps])
    assert dying.outbox == living.outbox
    assert dying.events == living.events


@given(STEPS)
def test_no_digest_is_told_more_often_than_it_may_be(steps: Any) -> None:
    shift = play(FOLDING, steps)
    times: dict[str, list[Moment]] = defaultdict(list)
    for each in shift.outbox.values():
        if each.alarm.startswith("flood:") and each.purpose is not Purpose.FLOOD_OVER:
            times[each.card].append(each.created_at)
    for told in times.values():
        assert all(later - earlier >= LIMITS.update_every for earlier, later in pairwise(told))
