"""Whatever happens, in whatever order: what holds for everything people are told."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.model.intent import Intent, Purpose
from edge.model.moment import MINUTE, SECOND
from edge.response.headline import HEADLINE_MAX
from edge.response.identity import parse_intent_key
from edge.response.policy import Route
from edge.response.response import Response

REPEAT_MAX = 2
ROUTES = (
    Route("all", ("team:maintenance", "group:shift"), repeat_every=5 * MINUTE, repeat_max=REPEAT_MAX),
    Route("cannot be told", ("person:mute",)),
)
EVENTS = (
    "raised",
    "returned",
    "acknowledged",
    "on_my_way",
    "commented",
    "shelved",
    "unshelved",
    "reset",
    "rejected",
    "retired",
    "unacknowledged",
    "confirmed",
    "suppressed",
    "released",
    "taken_out_of_service",
    "returned_to_service",
    "realarmed",
    "severer",
    "chattering",
    "settled",
    "first_out_moved",
)
#: Those that name the newest occurrence.
OF_THE_NEWEST = ("confirmed", "suppressed", "released", "returned_to_service", "realarmed", "severer", "chattering", "settled")
#: What lets reminders begin from the first again, on the same card.
BEGIN_AGAIN = ("unacknowledged", "unshelved", "released", "returned_to_service", "settled")
#: Nothing is told of what was not raised.
LIKELY = (*EVENTS, *("raised",) * 8)
ALARMS = ("oil_low", "bearing_hot", "tripped", "event", "note")
NOT_TOLD = ("refused", "expired")
OUTCOMES = ("delivered", "unknown", *NOT_TOLD)

#: What may happen: an event of an alarm (about its newest occurrence or the one before), a receipt for the head of a thread,
#: time that passes, a restart.
HAPPENINGS = st.one_of(
    st.tuples(st.just("hear"), st.sampled_from(LIKELY), st.sampled_from(ALARMS), st.integers(0, 1), st.booleans()),
    st.tuples(st.just("settle"), st.sampled_from(OUTCOMES), st.integers(0, 20)),
    st.tuples(st.just("wait"), st.sampled_from([1, 60, 301, 4_000, 100_000])),
    st.tuples(st.just("restart")),
)
STORIES = st.lists(HAPPENINGS, max_size=40)


class Play:
    """Plays a story with an outbox as the store keeps it: threads in order, withdrawn and overtaken intents left out."""

    def __init__(self, shift: Any, *, restart_always: bool = False) -> None:
        self.shift = shift
        self.restart_always = restart_always
        self.newest: dict[str, int] = defaultdict(int)
        self.seconds = 0
        self.intended: list[Intent] = []
        self.outcomes: dict[str, str] = {}
        #: Keys of raises that had failed when an intent was intended.
        self.failed_before: dict[str, set[str]] = {}

    def do(self, happening: tuple[Any, ...]) -> None:
        if self.restart_always:
            self.restart()
        getattr(self, happening[0])(*happening[1:])

    def all(self, story: list[tuple[Any, ...]]) -> Play:
        for happening in story:
            self.do(happening)
        return self

    def hear(self, kind: str, alarm: str, back: int, flag: bool) -> None:
        if kind == "severer" and not self.newest[alarm]:
            return  # of an occurrence that was never there; the engine would begin the same one with its raise
        self._note(self.shift.step([self.row(kind, alarm, back, flag)]))

    def row(self, kind: str, alarm: str, back: int, flag: bool) -> Any:
        if kind == "raised":
            self.newest[alarm] += 1
            rank = 1 + back
            place = {"group": "drive", "rank": rank, "tie": flag and rank > 1, "within": 1.0}
            data = {"occurrence": self.newest[alarm], "realarm": flag, "chattering": bool(back), "first_out": place}
        elif kind in OF_THE_NEWEST:
            data = {"occurrence": max(1, self.newest[alarm])}
            if kind in ("released", "returned_to_service"):
                data |= {"announce": flag, "active": flag}
            elif kind == "severer":
                data |= {"priority": str(self.shift.policy.rules[f"CRM.ST3.MOTOR/{alarm}"].priority)}
        elif kind == "unshelved":
            data = {"occurrence": max(1, self.newest[alarm]), "active": flag}
        elif kind in ("returned", "acknowledged", "unacknowledged", "on_my_way", "retired"):
            data = {"occurrence": max(1, self.newest[alarm] - back)} | ({"coming": flag} if kind == "acknowledged" else {})
        else:
            data = {}
        return self.shift.row(kind, alarm, **data)

    def settle(self, outcome: str, which: int) -> None:
        heads: dict[str, Intent] = {}
        for intent in self.waiting():
            heads.setdefault(intent.thread, intent)
        if heads:
            intent = list(heads.values())[which % len(heads)]
            self.outcomes[intent.key] = outcome
            self._note(self.shift.receive(intent, outcome))

    def wait(self, seconds: int) -> None:
        self.seconds += seconds
        self._note(self.shift.at(self.seconds).step())

    def restart(self) -> None:
        self.shift.restart()

    def waiting(self) -> list[Intent]:
        unsettled = [i for i in self.intended if i.key not in self.outcomes and i.key not in self.shift.withdrawn]
        latest = {i.card: i.key for i in unsettled if i.purpose is Purpose.STATE}
        return [i for i in unsettled if i.purpose is not Purpose.STATE or latest[i.card] == i.key]

    def _note(self, intents: list[Intent]) -> None:
        failed = {key for key, outcome in self.outcomes.items() if outcome in NOT_TOLD}
        for intent in intents:
            self.intended.append(intent)
            self.failed_before[intent.key] = failed


def about(intent: Intent) -> tuple[str, int, str]:
    """The record it belongs to: an alarm that chatters has one for all its occurrences."""
    name = parse_intent_key("crm", intent.key)
    assert name is not None
    return name.alarm, name.occurrence, name.recipient


@settings(max_examples=80, deadline=None)
@given(story=STORIES)
def test_nothing_is_told_twice_and_nothing_before_its_raise(shift_at: Any, plant: Any, story: list[Any]) -> None:
    play = Play(shift_at(plant(ROUTES))).all(story)
    assert len({intent.key for intent in play.intended}) == len(play.intended)
    raised = set()
    for intent in play.intended:
        if intent.purpose is Purpose.RAISED:
            raised.add(about(intent))
        assert about(intent) in raised


@settings(max_examples=80, deadline=None)
@given(story=STORIES)
def test_a_return_is_wanted_only_for_those_who_got_a_raise_or_may_yet_get_it(
    shift_at: Any, plant: Any, story: list[Any]
) -> None:
    play = Play(shift_at(plant(ROUTES))).all(story)
    wanted = {intent.key for intent in play.waiting()}
    for intent in play.intended:
        if intent.purpose is Purpose.RETURNED:
            raises = {i.key for i in play.intended if i.purpose is Purpose.RAISED and about(i) == about(intent)}
            assert not raises <= play.failed_before[intent.key]
            if intent.key in wanted:
                assert not all(play.outcomes.get(key) in NOT_TOLD for key in raises)


@settings(max_examples=80, deadline=None)
@given(story=STORIES)
def test_reminders_never_pile_up(shift_at: Any, plant: Any, story: list[Any]) -> None:
    play = Play(shift_at(plant(ROUTES)))
    for happening in story:
        play.do(happening)
        ringing = Counter(about(i) for i in play.waiting() if i.purpose is Purpose.REMINDER)
        assert all(count == 1 for count in ringing.values())
        assert play.shift.next_due is None or play.shift.next_due > play.shift.now
    reminders = Counter(i.card for i in play.intended if i.purpose is Purpose.REMINDER)
    heard = [happening[1] for happening in story if happening[0] == "hear"]
    begun = 1 + sum(kind in BEGIN_AGAIN for kind in heard)
    assert all(count <= begun * REPEAT_MAX + heard.count("realarmed") for count in reminders.values())


#: What may happen to an alarm that is acknowledged, and leaves it so.
AFTERWARDS = st.one_of(
    st.tuples(
        st.just("hear"),
        st.sampled_from(("commented", "on_my_way", "rejected", "first_out_moved")),
        st.just("oil_low"),
        st.just(0),
        st.booleans(),
    ),
    st.tuples(st.just("settle"), st.sampled_from(OUTCOMES), st.integers(0, 20)),
    st.tuples(st.just("wait"), st.sampled_from([1, 301, 4_000])),
    st.tuples(st.just("restart")),
)


@settings(max_examples=40, deadline=None)
@given(
    story=st.lists(HAPPENINGS, max_size=8),
    told=st.lists(st.sampled_from(["delivered", "delivered", "unknown", "refused"]), max_size=6),
    waits=st.lists(st.sampled_from([60, 301]), max_size=3),
    overdue=st.sampled_from([0, 301, 4_000]),
    after=st.lists(AFTERWARDS, max_size=12),
)
def test_p17_after_an_acknowledgement_nobody_is_reminded_of_that_occurrence_also_where_it_was_due(
    shift_at: Any, plant: Any, story: list[Any], told: list[str], waits: list[int], overdue: int, after: list[Any]
) -> None:
    """Neither by a reminder that waits in the outbox, nor by one that fell due before the acknowledgement was heard."""
    play = Play(shift_at(plant(ROUTES))).all(story)
    play.hear("raised", "oil_low", 0, False)
    for outcome in told:
        play.settle(outcome, 0)
    for seconds in waits:
        play.wait(seconds)
    play.seconds += overdue
    play.shift.at(play.seconds)
    play.hear("acknowledged", "oil_low", 0, False)
    for happening in [("wait", 0), *after]:
        play.do(happening)
        assert not [i for i in play.waiting() if i.purpose is Purpose.REMINDER and i.alarm.endswith("oil_low")]


@settings(max_examples=80, deadline=None)
@given(story=STORIES)
def test_every_message_has_a_short_first_line_and_no_button_to_hide_what_must_not_be_hidden(
    shift_at: Any, plant: Any, story: list[Any]
) -> None:
    play = Play(shift_at(plant(ROUTES))).all(story)
    for intent in play.intended:
        assert not intent.alarm.endswith("note")
        assert 0 < len(intent.message.headline) <= HEADLINE_MAX
        if intent.priority in ("critical", "high"):
            assert "shelve" not in {button.action for button in intent.message.buttons}
        assert all(label and text for label, text in intent.message.lines)


@settings(max_examples=60, deadline=None)
@given(story=STORIES)
def test_an_agent_that_restarts_at_every_moment_tells_the_same(shift_at: Any, plant: Any, story: list[Any]) -> None:
    steady = Play(shift_at(plant(ROUTES))).all(story)
    restarting = Play(shift_at(plant(ROUTES)), restart_always=True).all(story)
    assert restarting.intended == steady.intended
    assert restarting.shift.events == steady.shift.events
    assert restarting.shift.withdrawn == steady.shift.withdrawn
    assert restarting.shift.records == steady.shift.records


@settings(max_examples=60, deadline=None)
@given(story=STORIES, kind=st.sampled_from(EVENTS), alarm=st.sampled_from(ALARMS), later=st.integers(0, 10))
def test_a_step_that_a_crash_cut_off_is_run_again_later_and_intends_the_same_under_the_same_keys(
    shift_at: Any, plant: Any, story: list[Any], kind: str, alarm: str, later: int
) -> None:
    play = Play(shift_at(plant(ROUTES))).all(story)
    rows = [play.row(kind, alarm, 0, True), play.row("raised", alarm, 0, False)]

    def run(now: int) -> list[Intent]:
        response = Response(play.shift.policy, "line-2")
        response.restore(play.shift.records, now)
        step = response.step(now, rows, [], play.shift.readings.get)
        # A reminder may come due in between; it is the one thing that time alone decides.
        return [replace(intent, created_at=0) for intent in step.intents if intent.purpose is not Purpose.REMINDER]

    assert run(play.shift.now) == run(play.shift.now + later * SECOND)


@settings(max_examples=60, deadline=None)
@given(story=STORIES, cut=st.integers(1, 39))
def test_rows_in_one_step_or_in_many_intend_the_same(shift_at: Any, plant: Any, story: list[Any], cut: int) -> None:
    heard = [happening[1:] for happening in story if happening[0] == "hear"]
    one, many = Play(shift_at(plant(ROUTES))), Play(shift_at(plant(ROUTES)))
    for row in [many.row(*what) for what in heard]:
        many.shift.step([row])
    rows = [one.row(*what) for what in heard]
    one.shift.step(rows[:cut])
    one.shift.step(rows[cut:])
    assert one.shift.outbox == many.shift.outbox
    assert one.shift.records == many.shift.records
