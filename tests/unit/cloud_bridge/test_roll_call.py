"""The roll call: who has left the organisation is found within 15 min, and no mistake silences anybody."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cloud_bridge.dingtalk.bodies.contacts import User
from cloud_bridge.dingtalk.leavers import Changes, Look, changes, is_doubtful
from cloud_bridge.dingtalk.roll_call import EVERY, FIRST_AFTER, RollCall
from cloud_bridge.dingtalk.verdicts import Nobody
from edge.model.command import InboxRow, PersonLeft, PersonReturned
from edge.model.errors import StoreError
from edge.model.intent import Refused, Retry
from edge.model.moment import MINUTE, SECOND
from edge.model.person import Directory, Person
from edge.runtime.virtual import VirtualClock
from simulators.dingtalk.faults import Fault, FaultKind
from tests.unit.cloud_bridge.harness import Bench, on_bench, virtually

PEOPLE = st.frozensets(st.sampled_from("abcdef"))


def look(present: str = "", missed: str = "") -> Look:
    return Look(frozenset(present), frozenset(missed))


def test_two_looks_in_a_row_decide() -> None:
    assert changes(look("ab"), look("b", "a"), frozenset()) == Changes((), ())
    assert changes(look("b", "a"), look("b", "a"), frozenset()) == Changes(("a",), ())
    assert changes(look("b", "a"), look("b", "a"), frozenset("a")) == Changes((), ())
    assert changes(look("ab"), look("ab"), frozenset("a")) == Changes((), ("a",))
    assert changes(look("b", "a"), look("ab"), frozenset("a")) == Changes((), ())


def test_who_could_not_be_looked_up_is_as_before() -> None:
    assert changes(look("b", "a"), look("b"), frozenset()) == Changes((), ())


@pytest.mark.parametrize(("present", "missed"), [("f", "abcde"), ("fg", "abc"), ("", "ab"), ("", "a")])
def test_when_most_or_all_are_missed_nobody_is_taken_out(present: str, missed: str) -> None:
    most = look(present, missed)
    assert changes(most, most, frozenset()) == Changes((), ())


def test_two_of_a_few_are_taken_out_while_somebody_is_seen() -> None:
    assert changes(look("c", "ab"), look("c", "ab"), frozenset()) == Changes(("a", "b"), ())


def test_who_is_known_to_have_left_makes_no_look_doubtful() -> None:
    assert changes(look("f", "abcd"), look("f", "abcd"), frozenset("abc")) == Changes(("d",), ())
    assert not is_doubtful(look("", "a"), frozenset("a"))


@given(PEOPLE, PEOPLE, PEOPLE, PEOPLE, PEOPLE)
def test_nobody_leaves_who_is_seen(
    before: frozenset[str], absent: frozenset[str], now: frozenset[str], missed: frozenset[str], left: frozenset[str]
) -> None:
    changed = changes(Look(before - absent, absent), Look(now - missed, missed), left)
    assert not set(changed.left) & (now - missed)
    assert not set(changed.left) & left
    assert set(changed.returned) <= left & (now - missed)


@given(PEOPLE, PEOPLE, PEOPLE)
def test_somebody_is_always_left_to_be_told(before: frozenset[str], missed: frozenset[str], left: frozenset[str]) -> None:
    assert changes(Look(before, missed), Look(frozenset(), missed), left).left == ()


# --- asked over the wire ----------------------------------------------------------------------------------------------


def test_who_leaves_without_an_event_is_found_within_15_min_and_told_once() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        await bench.wait(600)
        assert bench.taken == []
        gone_at = bench.clock.now()
        bench.standin.cloud.directory.leave("fitter.a")
        await bench.until(lambda: bench.taken, seconds=900)
        assert bench.clock.now() - gone_at <= 15 * MINUTE
        (row,) = bench.taken
        assert (row.actor, row.body) == ("system", PersonLeft("fitter", "dingtalk"))
        bench.left.add("fitter")
        await bench.wait(3_600)
        assert len(bench.taken) == 1

    with capture_logs():
        on_bench(story, ping_every_s=60.0)


def test_who_is_known_to_have_left_and_is_there_has_come_back() -> None:
    async def story(bench: Bench) -> None:
        bench.left.add("fitter")
        await bench.listen()
        await bench.until(lambda: bench.taken, seconds=900)
        assert [row.body for row in bench.taken] == [PersonReturned("fitter", "dingtalk")]

    with capture_logs():
        on_bench(story, ping_every_s=60.0)


def test_a_scope_that_is_missing_is_said_once_and_takes_nobody_out() -> None:
    async def story(bench: Bench) -> None:
        bench.standin.cloud.ask_fault(
            Fault(FaultKind.FAIL, "topapi/v2/user/get", times=50, status=200, code="60011", message="no permission"),
            bench.clock.now(),
        )
        await bench.listen()
        await bench.wait(3_600)
        assert bench.taken == []

    with capture_logs() as logs:
        on_bench(story, ping_every_s=60.0)
    assert [entry["event"] for entry in logs] == ["whether people have left cannot be seen"]


def test_what_the_disk_refuses_is_told_with_the_next_look() -> None:
    async def story(bench: Bench) -> None:
        refusals = [StoreError("full")]

        async def take(row: InboxRow) -> bool:
            if refusals:
                raise refusals.pop()
            return await bench.take(row)

        await bench.listen(take)
        bench.standin.cloud.directory.leave("fitter.a")
        await bench.until(lambda: bench.taken, seconds=1_500)
        assert [row.body for row in bench.taken] == [PersonLeft("fitter", "dingtalk")]

    with capture_logs():
        on_bench(story, ping_every_s=60.0)


# --- one of many cannot be looked up ----------------------------------------------------------------------------------


class Answers:
    """An organisation that answers as it is told, and has everybody else."""

    def __init__(self, **told: Nobody | Retry | Refused) -> None:
        self.told = told
        self.asked: list[str] = []

    async def user(self, user_id: str) -> User | Nobody | Retry | Refused:
        self.asked.append(user_id)
        return self.told.get(user_id, User(user_id, f"union-{user_id}", user_id))


def call_the_roll(answers: Answers, looks: int = 3) -> list[object]:
    """Of persons a to f. What came of it."""
    persons = {each: Person(each, each, "en", addresses={"dingtalk": {"user_id": each}}) for each in "abcdef"}
    taken: list[object] = []
    left: list[str] = []

    async def take(row: InboxRow) -> bool:
        taken.append(row.body)
        left.extend([row.body.person] if isinstance(row.body, PersonLeft) else [])
        return True

    async def story(clock: VirtualClock) -> None:
        roll_call = RollCall(Directory(persons, {}, {}), clock, answers, lambda: left)
        calling = asyncio.create_task(roll_call.run(take))
        await clock.sleep_until(clock.now() + FIRST_AFTER + (looks - 1) * EVERY + SECOND)
        calling.cancel()

    virtually(story)
    return taken


GONE = Nobody("gone")


@pytest.mark.parametrize("answer", [Refused("outside the app's visible range"), Retry(0.0, "no answer")])
def test_one_who_cannot_be_looked_up_hides_nobody_else(answer: Retry | Refused) -> None:
    answers = Answers(a=answer, c=answer, e=GONE)
    with capture_logs() as logs:
        assert call_the_roll(answers) == [PersonLeft("e", "dingtalk")]
    assert answers.asked == [*"abcdef"] * 3
    (said,) = [entry for entry in logs if "cannot be seen" in entry["event"]]
    assert said["persons"] == ["a", "c"]


def test_a_cloud_that_answers_nobody_is_not_asked_for_all() -> None:
    answers = Answers(**{each: Retry(1.0, "busy") for each in "abcdef"})
    with capture_logs():
        assert call_the_roll(answers, looks=1) == []
    assert answers.asked == [*"abc"]


def test_a_doubtful_look_is_said_once_and_takes_nobody_out() -> None:
    answers = Answers(**dict.fromkeys("abcdef", GONE))
    with capture_logs() as logs:
        assert call_the_roll(answers, looks=5) == []
    assert len([entry for entry in logs if "nobody is taken out" in entry["event"]]) == 1
