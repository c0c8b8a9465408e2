"""Presses on phones of the stand-in become inbox rows and are answered, on virtual time. What carries them: see
`test_stream_in_memory.py`."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from cloud_bridge.dingtalk.frames import CARD_TOPIC
from edge.model.command import Acknowledge, ForeignPress, InboxRow, OnMyWay, Shelve
from edge.model.errors import NotPermitted, StoreError
from edge.model.moment import MINUTE, SECOND
from simulators.dingtalk.presses import PressStatus
from tests.unit.cloud_bridge.harness import Bench, on_bench
from tests.unit.cloud_bridge.intents import claim, intent
from tests.unit.cloud_bridge.pressing import ALARM, CARD, CARDS, pushed, settled


def seen_footer(bench: Bench, user_id: str) -> str:
    (shown,) = bench.standin.shown(user_id)
    return str(shown.card.params["footer"])


# --- a press becomes a command ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "choice", "command"),
    [
        ("acknowledge", "", Acknowledge(ALARM, 17)),
        ("on_my_way", "", OnMyWay(ALARM, 17)),
        ("shelve", "repair", Shelve(ALARM, 30 * MINUTE, "repair", 17)),
    ],
)
def test_a_press_enters_as_a_command_of_the_person(action: str, choice: str, command: object) -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        press = bench.standin.press("fitter.a", CARD, action, choice)
        assert await settled(bench, press) is PressStatus.ANSWERED
        (row,) = bench.taken
        assert (row.source, row.actor, row.body) == ("dingtalk", "fitter", command)

    on_bench(story, CARDS)


def test_the_press_is_committed_before_it_is_answered() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        steps: list[Any] = []

        async def slow_take(_row: InboxRow) -> bool:
            await bench.wait(0.5)
            steps.append(("committed while the phone says", press.status))
            return True

        await bench.listen(slow_take)
        press = bench.standin.press("fitter.a", CARD, "acknowledge")
        steps.append(("answered, the phone says", await settled(bench, press)))
        assert steps == [
            ("committed while the phone says", PressStatus.WAITING),
            ("answered, the phone says", PressStatus.ANSWERED),
        ]

    on_bench(story, CARDS)


def test_who_acknowledges_what_somebody_else_has_taken_is_told_by_whom_on_their_own_card() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        bench.holders[ALARM, 17] = "li"
        await settled(bench, bench.standin.press("fitter.a", CARD, "acknowledge"))
        assert "此报警已由" in seen_footer(bench, "fitter.a")
        assert [row.body for row in bench.taken] == [Acknowledge(ALARM, 17)]

    on_bench(story, CARDS)


@pytest.mark.parametrize(("holder", "action"), [("fitter", "acknowledge"), ("li", "on_my_way")])
def test_who_presses_again_or_goes_there_too_is_told_of_nobody(holder: str, action: str) -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        bench.holders[ALARM, 17] = holder
        before = seen_footer(bench, "fitter.a")
        await settled(bench, bench.standin.press("fitter.a", CARD, action))
        assert seen_footer(bench, "fitter.a") == before

    on_bench(story, CARDS)


def test_the_answer_leaves_the_card_to_the_update_that_follows() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        (before,) = bench.standin.shown("fitter.a")
        await settled(bench, bench.standin.press("fitter.a", CARD, "acknowledge"))
        (after,) = bench.standin.shown("fitter.a")
        assert after.card.params == before.card.params

    on_bench(story, CARDS)


def test_a_frame_delivered_twice_enters_once_and_is_answered_twice() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        bench.standin.cloud.duplicate_next(bench.clock.now())
        press = bench.standin.press("fitter.a", CARD, "acknowledge")
        assert await settled(bench, press) is PressStatus.ANSWERED
        await bench.wait(1)
        assert len(bench.taken) == 1
        assert "duplicate ignored" in bench.standin.effects("acknowledgement")

    on_bench(story, CARDS)


def test_two_presses_are_two_rows_in_their_order() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        await settled(bench, bench.standin.press("fitter.a", CARD, "on_my_way"))
        await settled(bench, bench.standin.press("fitter.a", CARD, "acknowledge"))
        assert [row.body for row in bench.taken] == [OnMyWay(ALARM, 17), Acknowledge(ALARM, 17)]
        assert len({row.message_id for row in bench.taken}) == 2

    on_bench(story, CARDS)


# --- who is told no ---------------------------------------------------------------------------------------------------


def test_a_press_that_the_disk_refuses_fails_on_the_phone() -> None:
    async def story(bench: Bench) -> None:
        async def refuse(_row: InboxRow) -> bool:
            raise StoreError("the disk is full")

        await bench.channel.deliver(claim(intent()))
        await bench.listen(refuse)
        press = bench.standin.press("fitter.a", CARD, "acknowledge")
        assert await settled(bench, press) is PressStatus.FAILED

    on_bench(story, CARDS)


def test_a_mistake_of_ours_fails_that_press_and_not_the_next() -> None:
    async def story(bench: Bench) -> None:
        async def first_fails(row: InboxRow) -> bool:
            if isinstance(row.body, OnMyWay):
                raise RuntimeError("a mistake")
            return await bench.take(row)

        await bench.channel.deliver(claim(intent()))
        await bench.listen(first_fails)
        assert await settled(bench, bench.standin.press("fitter.a", CARD, "on_my_way")) is PressStatus.FAILED
        assert await settled(bench, bench.standin.press("fitter.a", CARD, "acknowledge")) is PressStatus.ANSWERED

    with capture_logs():
        on_bench(story, CARDS)


def test_somebody_who_is_in_no_list_is_told_so_and_changes_nothing() -> None:
    async def story(bench: Bench) -> None:
        wanted = intent(address={"group": "mill"})
        await bench.channel.deliver(claim(wanted))
        await bench.listen()
        press = bench.standin.press("stranger", wanted.card, "acknowledge")
        assert await settled(bench, press) is PressStatus.ANSWERED
        assert bench.taken == []
        assert "没有您" in seen_footer(bench, "stranger")
        assert seen_footer(bench, "fitter.a") == "冷轧厂 · line-1"

    on_bench(story, {intent(address={"group": "mill"}).card: (ALARM, 17)})


def test_somebody_who_may_not_is_told_so_in_their_language() -> None:
    async def story(bench: Bench) -> None:
        async def forbid(_row: InboxRow) -> bool:
            raise NotPermitted("viewers may not acknowledge")

        wanted = intent(address={"user_id": "lead.a"})
        await bench.channel.deliver(claim(wanted))
        await bench.listen(forbid)
        await settled(bench, bench.standin.press("lead.a", wanted.card, "acknowledge"))
        assert "not permitted" in seen_footer(bench, "lead.a")

    on_bench(story, {intent(address={"user_id": "lead.a"}).card: (ALARM, 17)})


def test_a_button_that_is_not_ours_fails_on_the_phone() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        press = bench.standin.press("fitter.a", CARD, "self_destruct")
        assert await settled(bench, press) is PressStatus.FAILED
        assert bench.taken == []

    on_bench(story, CARDS)


@pytest.mark.parametrize(("user_id", "known_as", "said"), [("fitter.a", "fitter", "另一网关"), ("stranger", "", "另一网关")])
def test_a_press_on_a_card_that_we_never_made_is_taken_down_and_the_presser_told(
    user_id: str, known_as: str, said: str
) -> None:
    async def story(bench: Bench) -> None:
        wanted = intent(address={"group": "mill"})
        await bench.channel.deliver(claim(wanted))
        await bench.listen()
        for _ in range(3):
            press = bench.standin.press(user_id, wanted.card, "acknowledge")
            assert await settled(bench, press) is PressStatus.ANSWERED
        assert [(row.actor, row.body) for row in bench.taken] == [("system", ForeignPress("dingtalk", wanted.card, known_as))]
        assert said in seen_footer(bench, user_id)
        await bench.wait(61)
        await settled(bench, bench.standin.press(user_id, wanted.card, "acknowledge"))
        assert len(bench.taken) == 2

    on_bench(story)


def test_who_presses_on_a_card_that_is_over_is_told_so_and_the_press_is_kept() -> None:
    async def story(bench: Bench) -> None:
        wanted = intent(address={"user_id": "lead.a"})
        await bench.channel.deliver(claim(wanted))
        await bench.listen()
        bench.over.add((ALARM, 17))
        await settled(bench, bench.standin.press("lead.a", wanted.card, "acknowledge"))
        assert "over already" in seen_footer(bench, "lead.a")
        assert [row.body for row in bench.taken] == [Acknowledge(ALARM, 17)]

    on_bench(story, {intent(address={"user_id": "lead.a"}).card: (ALARM, 17)})


def test_a_press_that_is_committed_too_slowly_fails_in_time_and_is_committed_all_the_same() -> None:
    async def story(bench: Bench) -> None:
        async def slow_take(row: InboxRow) -> bool:
            await bench.wait(10)
            return await bench.take(row)

        await bench.channel.deliver(claim(intent()))
        await bench.listen(slow_take)
        began = bench.clock.now()
        press = bench.standin.press("fitter.a", CARD, "acknowledge")
        assert await settled(bench, press) is PressStatus.FAILED
        assert bench.clock.now() - began < 2 * SECOND
        await bench.until(lambda: bench.taken, seconds=11)

    with capture_logs() as logs:
        on_bench(story, CARDS)
    assert [entry["event"] for entry in logs] == ["a push was not taken in time"]


@pytest.mark.parametrize(
    ("data", "code"), [({"errorCode": 20001, "errorMessage": "quota"}, 500), ({"type": "actionCallback"}, 400)]
)
def test_a_press_without_content_is_answered_as_a_failure(data: dict[str, Any], code: int) -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        frame = pushed("CALLBACK", CARD_TOPIC, data)
        bench.standin.connections[0].put(frame)
        await bench.until(lambda: bench.standin.effects("acknowledgement"))
        (answer,) = [entry for entry in bench.standin.cloud.ledger if entry.name == "acknowledgement"]
        assert (answer.subject, answer.status) == ("m-1", code)
        assert bench.taken == []

    with capture_logs():
        on_bench(story, CARDS)
