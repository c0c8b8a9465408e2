"""The DingTalk channel against the stand-in, in memory and on virtual time: what is on the phones after each attempt."""

from __future__ import annotations

import pytest

from cloud_bridge.dingtalk.verdicts import MEND_AFTER_S
from edge.model.intent import Delivered, Purpose, Retry, Unknown
from edge.model.moment import SECOND
from simulators.dingtalk.faults import FaultKind
from tests.unit.cloud_bridge.harness import (
    TO_BOARD,
    TO_CHAT,
    TO_CHEN,
    TO_MILL,
    Bench,
    ask,
    claim,
    intent,
    message,
    on_bench,
)

CREATE = "v1.0/card/instances/createAndDeliver"
UPDATE = "PUT v1.0/card/instances"
TO_PERSON = "v1.0/robot/oToMessages/batchSend"
TO_GROUP = "v1.0/robot/groupMessages/send"
WEBHOOK = "robot/send"
#: After each of them the call was executed.
LOST_ANSWERS = (FaultKind.NEVER_ANSWER, FaultKind.CLOSE, FaultKind.HALF, FaultKind.BACKEND_TIMEOUT)


# --- what arrives where -----------------------------------------------------------------------------------------------


def test_a_raise_is_a_card_with_its_buttons_and_a_state_changes_that_card() -> None:
    async def story(bench: Bench) -> None:
        assert await bench.channel.deliver(claim(intent())) == Delivered(intent().card)
        (shown,) = bench.standin.shown("fitter.a")
        assert [button.action for button in shown.card.buttons] == ["acknowledge", "on_my_way", "shelve"]
        assert shown.card.params["state_text"] == "未确认"
        assert shown.card.notes == ()

        acknowledged = message(state="acknowledged", state_text="已确认 · 甲班班长", buttons=())
        await bench.channel.deliver(claim(intent(Purpose.STATE, message=acknowledged)))
        (shown,) = bench.standin.shown("fitter.a")
        assert shown.card.params["state_text"] == "已确认 · 甲班班长"
        assert shown.card.buttons == ()
        assert shown.card.params["headline"].startswith("【高】3号机架")

    on_bench(story)


@pytest.mark.parametrize("purpose", [Purpose.REMINDER, Purpose.RETURNED])
def test_a_reminder_and_a_return_are_messages_that_ring_again(purpose: Purpose) -> None:
    async def story(bench: Bench) -> None:
        outcome = await bench.channel.deliver(claim(intent(purpose)))
        (shown,) = bench.standin.shown("fitter.a")
        assert shown.text.startswith("【高】3号机架")
        assert outcome == Delivered(shown.message_id)

    on_bench(story)


@pytest.mark.parametrize(
    ("address", "purpose", "call"),
    [
        (TO_MILL, Purpose.RAISED, CREATE),
        (TO_MILL, Purpose.REMINDER, WEBHOOK),
        (TO_CHAT, Purpose.RAISED, CREATE),
        (TO_CHAT, Purpose.REMINDER, TO_GROUP),
        (TO_BOARD, Purpose.RAISED, WEBHOOK),
        (TO_BOARD, Purpose.RETURNED, WEBHOOK),
    ],
)
def test_a_group_is_reached_by_what_it_has(address: dict[str, str], purpose: Purpose, call: str) -> None:
    async def story(bench: Bench) -> None:
        assert isinstance(await bench.channel.deliver(claim(intent(purpose, address=address))), Delivered)
        assert len(bench.standin.shown("lead.a")) == 1
        assert len(bench.standin.effects(call)) == 1

    on_bench(story)


@pytest.mark.parametrize("purpose", [Purpose.RAISED, Purpose.REMINDER])
def test_who_is_needed_again_is_named_in_the_group_by_card_and_by_message(purpose: Purpose) -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent(purpose, address=TO_MILL, mention=("li", "nobody"))))
        (shown,) = bench.standin.shown("lead.a")
        assert shown.mentions == ("lead.a",)

    on_bench(story)


def test_whether_a_person_has_read_a_message_is_known_and_of_a_card_nobody_can_tell() -> None:
    async def story(bench: Bench) -> None:
        wanted = intent(Purpose.REMINDER)
        told = await bench.channel.deliver(claim(wanted))
        assert isinstance(told, Delivered)
        assert await bench.channel.was_read(wanted, told.receipt) is False
        for chat in bench.standin.cloud.phone("fitter.a").chats:
            bench.standin.cloud.mark_read("fitter.a", chat.conversation_id)
        assert await bench.channel.was_read(wanted, told.receipt) is True
        assert await bench.channel.was_read(wanted, "of another") is None
        assert await bench.channel.was_read(intent(), intent().card) is None

    on_bench(story)


def test_a_group_without_cards_has_no_state_to_show() -> None:
    async def story(bench: Bench) -> None:
        outcome = await bench.channel.deliver(claim(intent(Purpose.STATE, address=TO_BOARD)))
        assert outcome == Delivered("no card to update")
        assert bench.standin.effects(UPDATE) == []

    on_bench(story)


def test_what_leaves_late_says_by_how_much() -> None:
    async def story(bench: Bench) -> None:
        await bench.wait(90)
        await bench.channel.deliver(claim(intent()))
        await bench.channel.deliver(claim(intent(Purpose.REMINDER)))
        card, reminder = bench.standin.shown("fitter.a")
        assert card.card.params["footer"].endswith("迟到 90 秒")
        assert "迟到 90 秒" in reminder.text

    on_bench(story)


# --- unknown outcomes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LOST_ANSWERS)
@pytest.mark.parametrize("repeated_out_track_id", ["ignored", "undelivered", "refused"])
def test_a_card_accepted_without_an_answer_is_on_the_phone_exactly_once(kind: FaultKind, repeated_out_track_id: str) -> None:
    async def story(bench: Bench) -> None:
        ask(bench, kind, CREATE)
        assert isinstance(await bench.channel.deliver(claim(intent())), Unknown)
        repeat = claim(intent(), attempt=2, after_unknown=True)
        assert await bench.channel.deliver(repeat) == Delivered(intent().card)
        (shown,) = bench.standin.shown("fitter.a")
        assert "可能重复" not in shown.card.params["footer"]

    on_bench(story, repeated_out_track_id=repeated_out_track_id)


@pytest.mark.parametrize(("address", "space"), [(TO_CHEN, "fitter.a"), (TO_CHAT, "cidMill==")])
@pytest.mark.parametrize("repeated_out_track_id", ["ignored", "undelivered", "refused"])
def test_a_card_that_was_made_and_reached_nobody_is_brought_by_the_next_attempt(
    repeated_out_track_id: str, address: dict[str, str], space: str
) -> None:
    async def story(bench: Bench) -> None:
        wanted = intent(address=address)
        bench.standin.cloud.card_calls.undelivered = {space: "system busy"}
        for attempt in (1, 2):
            assert isinstance(await bench.channel.deliver(claim(wanted, attempt)), Retry)
        assert bench.standin.shown("fitter.a") == []

        bench.standin.cloud.card_calls.undelivered = {}
        await bench.wait(600)
        assert await bench.channel.deliver(claim(wanted, 3)) == Delivered(wanted.card)
        (shown,) = bench.standin.shown("fitter.a")
        # Where the cloud brings it by itself, nobody knows that it was made before.
        assert ("迟到 10 分钟" in shown.card.params["footer"]) is (repeated_out_track_id != "ignored")

    on_bench(story, repeated_out_track_id=repeated_out_track_id)


def test_a_card_where_the_robot_is_no_member_waits_until_a_person_has_brought_it_in() -> None:
    async def story(bench: Bench) -> None:
        bench.standin.cloud.card_calls.undelivered = {"cidMill==": "robot is not a member of the group"}
        wanted = intent(address=TO_CHAT)
        for attempt in (1, 2):
            refused = await bench.channel.deliver(claim(wanted, attempt))
            assert isinstance(refused, Retry)
            assert refused.after_s == MEND_AFTER_S
            assert "robot is not a member" in refused.reason
        bench.standin.cloud.card_calls.undelivered = {}
        assert isinstance(await bench.channel.deliver(claim(wanted, 3)), Delivered)
        assert len(bench.standin.shown("lead.a")) == 1

    on_bench(story, repeated_out_track_id="refused")


@pytest.mark.parametrize("kind", LOST_ANSWERS)
def test_a_webhook_message_accepted_without_an_answer_is_shown_once_while_its_key_is_remembered(kind: FaultKind) -> None:
    async def story(bench: Bench) -> None:
        ask(bench, kind, WEBHOOK)
        wanted = intent(address=TO_BOARD)
        assert isinstance(await bench.channel.deliver(claim(wanted)), Unknown)
        assert isinstance(await bench.channel.deliver(claim(wanted, 2, after_unknown=True)), Delivered)
        assert len(bench.standin.shown("lead.a")) == 1

    on_bench(story)


def test_a_webhook_repeat_after_its_key_was_forgotten_is_marked() -> None:
    async def story(bench: Bench) -> None:
        ask(bench, FaultKind.CLOSE, WEBHOOK)
        wanted = intent(address=TO_BOARD)
        await bench.channel.deliver(claim(wanted))
        await bench.wait(10)
        await bench.channel.deliver(claim(wanted, 2, after_unknown=True))
        first, second = bench.standin.shown("lead.a")
        assert "可能重复" not in first.text
        assert "可能重复" in second.text

    on_bench(story, msg_uuid_remembered_s=5.0)


@pytest.mark.parametrize("kind", LOST_ANSWERS)
def test_a_robot_messages_repeat_is_marked_and_carries_the_same_event_number(kind: FaultKind) -> None:
    async def story(bench: Bench) -> None:
        ask(bench, kind, TO_PERSON)
        wanted = intent(Purpose.RETURNED)
        assert isinstance(await bench.channel.deliver(claim(wanted)), Unknown)
        await bench.channel.deliver(claim(wanted, 2, after_unknown=True))
        first, second = bench.standin.shown("fitter.a")
        assert "可能重复" not in first.text
        assert "可能重复" in second.text
        assert "CRM-17" in first.text
        assert "CRM-17" in second.text

    on_bench(story)


def test_a_call_that_never_left_is_no_unknown_one() -> None:
    async def story(bench: Bench) -> None:
        bench.standin.cloud.cut(bench.clock.now())
        for purpose in Purpose:
            assert isinstance(await bench.channel.deliver(claim(intent(purpose))), Retry)
        bench.standin.cloud.mend(bench.clock.now())
        assert isinstance(await bench.channel.deliver(claim(intent())), Delivered)

    on_bench(story)


def test_an_attempt_ends_within_thirty_seconds_even_if_every_call_is_silent() -> None:
    async def story(bench: Bench) -> None:
        ask(bench, FaultKind.NEVER_ANSWER, "*", times=20)
        for wanted in (intent(), intent(Purpose.REMINDER), intent(address=TO_BOARD)):
            began = bench.clock.now()
            await bench.channel.deliver(claim(wanted))
            assert bench.clock.now() - began <= 30 * SECOND

    on_bench(story)
