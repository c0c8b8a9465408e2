"""The roll call: who has left the organisation is found within 15 min, and no mistake silences anybody."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from cloud_bridge.dingtalk.leavers import Changes, Look, changes
from edge.model.command import InboxRow, PersonLeft, PersonReturned
from edge.model.errors import StoreError
from edge.model.moment import MINUTE
from simulators.dingtalk.faults import Fault, FaultKind
from tests.unit.cloud_bridge.harness import Bench, on_bench

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


def test_when_most_are_missed_nobody_is_taken_out() -> None:
    most = look("f", "abcde")
    assert changes(most, most, frozenset()) == Changes((), ())
    assert changes(look("", "ab"), look("", "ab"), frozenset()) == Changes(("a", "b"), ())


@given(PEOPLE, PEOPLE, PEOPLE, PEOPLE, PEOPLE)
def test_nobody_leaves_who_is_seen(
    before: frozenset[str], absent: frozenset[str], now: frozenset[str], missed: frozenset[str], left: frozenset[str]
) -> None:
    changed = changes(Look(before - absent, absent), Look(now - missed, missed), left)
    assert not set(changed.left) & (now - missed)
    assert not set(changed.left) & left
    assert set(changed.returned) <= left & (now - missed)


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
