"""Whatever happens, in whatever order, over channels that are dead or refuse: what holds of taking back and falling back."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.act import CallMedium
from edge.model.alarm import Priority
from edge.model.intent import Intent, Purpose
from edge.model.moment import MINUTE, SECOND
from edge.model.person import Directory, Group, Person, Team
from edge.response.identity import parse_intent_key
from edge.response.policy import Delivering, Escalation, Route
from tests.unit.response.test_response_properties import OUTCOMES, Play

CUT_OFF_AFTER = 30 * SECOND
DELIVERING = Delivering(5 * MINUTE, CUT_OFF_AFTER, frozenset({Priority.CRITICAL}), ("dingtalk", "apprise"))
ROUTE = Route(
    "all",
    ("team:maintenance", "group:shift"),
    repeat_every=5 * MINUTE,
    repeat_max=2,
    escalate=(Escalation(10 * MINUTE, CallMedium.APP, ("person:li",)),),
)
DIRECTORY = Directory(
    persons={
        "li": Person("li", "钳工师傅", "zh", addresses={"dingtalk": {"user_id": "user01"}, "apprise": {"service": "mail"}}),
        "ann": Person("ann", "Lead B", "en", addresses={"dingtalk": {"user_id": "user02"}}),
    },
    teams={"maintenance": Team("maintenance", ("li", "ann"))},
    groups={"shift": Group("shift", "Shift", "both", {"dingtalk": {"group": "shift"}})},
)

HEARD = (*("raised",) * 3, *("returned",) * 3, "reset", "acknowledged", "unacknowledged", "severer", "chattering", "settled")
#: Two alarms come and go, one of them critical and latching, while receipts are rare.
HAPPENINGS = st.one_of(
    st.tuples(st.just("hear"), st.sampled_from(HEARD), st.sampled_from(("oil_low", "tripped")), st.just(0), st.booleans()),
    st.tuples(st.just("settle"), st.sampled_from(OUTCOMES), st.integers(0, 20)),
    st.tuples(st.just("wait"), st.sampled_from([1, 31, 61, 301, 4_000])),
    st.tuples(st.just("restart")),
)
STORIES = st.lists(HAPPENINGS, min_size=15, max_size=30)


def play_of(shift_at: Any, plant: Any, **more: Any) -> Play:
    policy = plant([ROUTE], directory=DIRECTORY, delivering=DELIVERING, channels=("dingtalk", "apprise"))
    return Play(shift_at(policy), **more)


def record_of(play: Play, intent: Intent) -> Any:
    name = parse_intent_key("crm", intent.key)
    assert name is not None
    return play.shift.records.get(f"{name.alarm}#{name.occurrence}")


@settings(max_examples=40, deadline=None)
@given(story=STORIES)
def test_no_raise_waits_for_what_ended_while_nobody_was_reached(shift_at: Any, plant: Any, story: list[Any]) -> None:
    play = play_of(shift_at, plant)
    for happening in story:
        play.do(happening)
        for intent in play.waiting():
            record = record_of(play, intent)
            if intent.purpose is Purpose.RAISED and happening[0] == "wait" and record is not None:
                facts, chatter = record["facts"], record["chatter"]
                ended = not facts["active"] and not facts["latched"] and (chatter is None or chatter["settled"] is not None)
                assert not (ended and play.shift.now - intent.created_at >= CUT_OFF_AFTER)


@settings(max_examples=40, deadline=None)
@given(story=STORIES)
def test_nobody_has_two_digests_of_one_channel_waiting(shift_at: Any, plant: Any, story: list[Any]) -> None:
    play = play_of(shift_at, plant)
    for happening in story:
        play.do(happening)
        digests = Counter((i.recipient, i.channel) for i in play.waiting() if i.purpose is Purpose.MISSED)
        assert all(count == 1 for count in digests.values())


@settings(max_examples=20, deadline=None)
@given(story=STORIES)
def test_only_what_is_critical_goes_by_another_channel_and_never_before_the_first(
    shift_at: Any, plant: Any, story: list[Any]
) -> None:
    play = play_of(shift_at, plant).all(story)
    first: set[tuple[str, int, str]] = set()
    for intent in play.intended:
        name = parse_intent_key("crm", intent.key)
        assert name is not None
        if intent.purpose is Purpose.RAISED and intent.channel == "dingtalk":
            first.add((name.alarm, name.occurrence, intent.recipient))
        if intent.purpose is Purpose.RAISED and intent.channel == "apprise":
            assert intent.priority is Priority.CRITICAL
            assert (name.alarm, name.occurrence, intent.recipient) in first


@settings(max_examples=20, deadline=None)
@given(story=STORIES)
def test_an_agent_that_restarts_at_every_moment_takes_back_and_falls_back_the_same(
    shift_at: Any, plant: Any, story: list[Any]
) -> None:
    steady = play_of(shift_at, plant).all(story)
    restarting = play_of(shift_at, plant, restart_always=True).all(story)
    assert restarting.intended == steady.intended
    assert restarting.shift.withdrawn == steady.shift.withdrawn
    assert restarting.shift.records == steady.shift.records
