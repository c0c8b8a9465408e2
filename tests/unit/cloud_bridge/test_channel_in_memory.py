"""The DingTalk channel against the stand-in, in memory and on virtual time: what is on the phones after each attempt."""

from __future__ import annotations

import pytest

from cloud_bridge.dingtalk.verdicts import MEND_AFTER_S
from edge.model.intent import Delivered, Intent, Purpose, Refused, Retry, Scope, Unknown
from edge.model.moment import HOUR, SECOND
from simulators.dingtalk.faults import Fault, FaultKind
from tests.unit.cloud_bridge.harness import (
    START,
    TO_BOARD,
    TO_CHAT,
    TO_CHEN,
    TO_MILL,
    Bench,
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
TOKEN = "v1.0/oauth2/accessToken"
#: After each of them the call was executed.
LOST_ANSWERS = (FaultKind.NEVER_ANSWER, FaultKind.CLOSE, FaultKind.HALF, FaultKind.BACKEND_TIMEOUT)


def ask(bench: Bench, kind: FaultKind, call: str, **more: object) -> None:
    bench.standin.cloud.ask_fault(Fault(kind, call, **more), bench.clock.now())  # type: ignore[arg-type]


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


# --- the token --------------------------------------------------------------------------------------------------------


def test_a_token_that_ends_early_is_fetched_once_more_and_the_call_repeated() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent(occurrence=1)))
        bench.standin.cloud.expire_token(bench.clock.now())
        assert await bench.channel.deliver(claim(intent(occurrence=2))) == Delivered(intent(occurrence=2).card)
        assert len(bench.standin.shown("fitter.a")) == 2
        assert len(bench.standin.effects(TOKEN)) == 2

    on_bench(story)


def test_one_token_serves_its_two_hours() -> None:
    async def story(bench: Bench) -> None:
        for occurrence in range(1, 12):
            await bench.channel.deliver(claim(intent(occurrence=occurrence)))
            await bench.wait(600)
        assert len(bench.standin.effects(TOKEN)) == 1
        await bench.wait(600)
        await bench.channel.deliver(claim(intent(occurrence=12)))
        assert len(bench.standin.effects(TOKEN)) == 2

    on_bench(story)


def test_a_token_call_without_an_answer_makes_nothing_unknown() -> None:
    async def story(bench: Bench) -> None:
        ask(bench, FaultKind.NEVER_ANSWER, TOKEN)
        assert isinstance(await bench.channel.deliver(claim(intent(Purpose.REMINDER))), Retry)
        assert bench.standin.shown("fitter.a") == []

    on_bench(story)


def test_a_token_that_is_rejected_as_soon_as_it_is_fetched_is_tried_later() -> None:
    async def story(bench: Bench) -> None:
        ask(bench, FaultKind.FAIL, CREATE, times=2, status=400, code="InvalidAuthentication")
        assert isinstance(await bench.channel.deliver(claim(intent())), Retry)
        assert isinstance(await bench.channel.deliver(claim(intent(), 2)), Delivered)

    on_bench(story)


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_a_missing_permission_is_named_and_the_message_waits_until_it_is_granted() -> None:
    async def story(bench: Bench) -> None:
        bench.standin.cloud.admission.missing_scopes = frozenset({"Card.Instance.Write"})
        outcome = await bench.channel.deliver(claim(intent()))
        assert isinstance(outcome, Retry)
        assert "Card.Instance.Write" in outcome.reason
        bench.standin.cloud.admission.missing_scopes = frozenset()
        assert isinstance(await bench.channel.deliver(claim(intent(), attempt=2)), Delivered)

    on_bench(story)


@pytest.mark.parametrize("purpose", [Purpose.RAISED, Purpose.REMINDER])
def test_a_person_who_left_is_refused(purpose: Purpose) -> None:
    async def story(bench: Bench) -> None:
        outcome = await bench.channel.deliver(claim(intent(purpose, address={"user_id": "gone"})))
        assert isinstance(outcome, Refused)

    on_bench(story)


def test_a_person_held_back_for_now_gets_it_later() -> None:
    async def story(bench: Bench) -> None:
        bench.standin.cloud.robot.flow_controlled = frozenset({"fitter.a"})
        outcome = await bench.channel.deliver(claim(intent(Purpose.REMINDER)))
        assert isinstance(outcome, Retry)
        assert outcome.after_s == 60.0
        assert bench.standin.shown("fitter.a") == []

    on_bench(story)


def test_http_200_with_an_errcode_is_a_failure() -> None:
    async def story(bench: Bench) -> None:
        ask(bench, FaultKind.FAIL, WEBHOOK, code="400102", message="机器人已停用")
        outcome = await bench.channel.deliver(claim(intent(address=TO_BOARD)))
        assert isinstance(outcome, Retry)
        assert "switched off" in outcome.reason

    on_bench(story)


def test_the_ban_page_of_an_address_is_survived() -> None:
    async def story(bench: Bench) -> None:
        ask(bench, FaultKind.BAN, CREATE)
        outcome = await bench.channel.deliver(claim(intent()))
        reason = "DingTalk bans this machine's address for five minutes: too many calls"
        assert outcome == Retry(300.0, reason, Scope.CHANNEL)

    on_bench(story)


def test_an_address_nobody_configured_is_refused() -> None:
    async def story(bench: Bench) -> None:
        outcome = await bench.channel.deliver(claim(intent(address={"group": "gone"})))
        assert isinstance(outcome, Refused)
        assert "group:gone" in outcome.reason

    on_bench(story)


def test_a_cards_name_that_dingtalk_would_not_take_is_refused() -> None:
    async def story(bench: Bench) -> None:
        outcome = await bench.channel.deliver(claim(intent(alarm="报警/高")))
        assert isinstance(outcome, Refused)
        assert bench.standin.effects(CREATE) == []

    on_bench(story)


def test_a_card_that_another_database_made_is_not_taken_for_ours() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        outcome = await bench.channel.deliver(claim(intent(), attempt=1))
        assert isinstance(outcome, Refused)
        assert "database" in outcome.reason

    on_bench(story, repeated_out_track_id="refused")


# --- what says yes and is none ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "body", "ending"),
    [
        (Purpose.RAISED, {}, Unknown),
        (Purpose.RAISED, {"success": True, "result": None}, Unknown),
        (Purpose.RAISED, {"success": True, "result": {"deliverResults": []}}, Unknown),
        (Purpose.RAISED, {"success": False, "message": "no"}, Refused),
        (Purpose.STATE, {}, Unknown),
        (Purpose.STATE, {"success": True, "result": True}, Delivered),
        (Purpose.REMINDER, {}, Unknown),
        (Purpose.REMINDER, {"processQueryKey": None}, Unknown),
        (Purpose.REMINDER, {"success": "false"}, Refused),
        (Purpose.REMINDER, {"code": "system.busy", "message": "later"}, Retry),
    ],
)
def test_only_what_says_what_it_did_is_delivered(purpose: Purpose, body: dict[str, object], ending: type) -> None:
    async def story(bench: Bench) -> None:
        bench.standin.answers_all(body, ("v1.0/card/", "v1.0/robot/"))
        assert type(await bench.channel.deliver(claim(intent(purpose)))) is ending

    on_bench(story)


@pytest.mark.parametrize("body", [{}, {"errmsg": "ok"}, {"errcode": None}])
def test_a_webhook_message_that_dingtalk_did_not_answer_is_repeated(body: dict[str, object]) -> None:
    async def story(bench: Bench) -> None:
        bench.standin.answers_all(body, ("robot/send",))
        assert isinstance(await bench.channel.deliver(claim(intent(address=TO_BOARD))), Retry | Unknown)

    on_bench(story)


@pytest.mark.parametrize("life", [float("nan"), float("inf"), 1e308, -5, 0, True, "7200"])
@pytest.mark.parametrize("token", ["fits", "a\nb", "té", "", None])
def test_a_token_that_makes_no_sense_costs_a_message_nothing_but_time(token: object, life: object) -> None:
    async def story(bench: Bench) -> None:
        bench.standin.answers_all({"accessToken": token, "expireIn": life}, (TOKEN,))
        assert isinstance(await bench.channel.deliver(claim(intent())), Retry)

    on_bench(story)


# --- pace -------------------------------------------------------------------------------------------------------------


def test_a_webhook_robot_is_never_driven_into_its_block() -> None:
    async def story(bench: Bench) -> None:
        waiting = [intent(address=TO_BOARD, occurrence=number) for number in range(60)]
        while waiting:
            outcome = await bench.channel.deliver(claim(waiting[0]))
            if isinstance(outcome, Delivered):
                waiting.pop(0)
            else:
                assert isinstance(outcome, Retry)
                await bench.wait(outcome.after_s)
        assert set(bench.standin.effects(WEBHOOK)) == {"message shown"}
        assert len(bench.standin.shown("lead.a")) == 60

    on_bench(story)


def test_a_blocked_webhook_robot_is_left_alone_for_ten_minutes() -> None:
    async def story(bench: Bench) -> None:
        ask(bench, FaultKind.FAIL, WEBHOOK, code="130101", message="send too fast")
        first = await bench.channel.deliver(claim(intent(address=TO_BOARD, occurrence=1)))
        assert isinstance(first, Retry)
        assert first.after_s == 600.0
        await bench.wait(599)
        assert isinstance(await bench.channel.deliver(claim(intent(address=TO_BOARD, occurrence=2))), Retry)
        assert len(bench.standin.effects(WEBHOOK)) == 1
        await bench.wait(1)
        assert isinstance(await bench.channel.deliver(claim(intent(address=TO_BOARD, occurrence=2))), Delivered)

    on_bench(story)


def test_a_burst_of_cards_keeps_to_the_calls_a_second() -> None:
    async def story(bench: Bench) -> None:
        for occurrence in range(60):
            assert isinstance(await bench.channel.deliver(claim(intent(occurrence=occurrence))), Delivered)
        assert bench.clock.now() - START >= 3 * SECOND
        assert set(bench.standin.effects(CREATE)) == {"card created and delivered"}

    on_bench(story)


# --- secrets and the clock --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "wanted", "secret"),
    [
        (WEBHOOK, intent(address=TO_BOARD), "hook-token-1"),
        (WEBHOOK, intent(address=TO_BOARD), "SECmill"),
        (TOKEN, intent(), "app-secret-1"),
    ],
)
def test_a_secret_that_dingtalk_repeats_is_not_put_on_record(call: str, wanted: Intent, secret: str) -> None:
    async def story(bench: Bench) -> None:
        ask(bench, FaultKind.FAIL, call, status=400, code="400105", message=f"no good: {secret}")
        outcome = await bench.channel.deliver(claim(wanted))
        assert isinstance(outcome, Refused)
        assert "no good: ***" in outcome.reason

    on_bench(story)


def test_a_secret_that_cannot_be_read_now_is_tried_again_and_counts_once_it_can() -> None:
    async def story(bench: Bench) -> None:
        for wanted, reference in ((intent(), "${env:APP_SECRET}"), (intent(address=TO_BOARD), "${env:HOOK_SECRET}")):
            bench.unreadable.add(reference)
            outcome = await bench.channel.deliver(claim(wanted))
            assert isinstance(outcome, Retry)
            assert reference in outcome.reason
            bench.unreadable.clear()
            assert isinstance(await bench.channel.deliver(claim(wanted, 2)), Delivered)

    on_bench(story)


@pytest.mark.parametrize("skew", [-3 * HOUR, 3 * HOUR])
def test_a_machine_whose_clock_is_hours_off_still_tells(skew: int) -> None:
    async def story(bench: Bench) -> None:
        outcome = await bench.channel.deliver(claim(intent(address=TO_BOARD)))
        assert isinstance(outcome, Delivered)
        assert bench.standin.effects(WEBHOOK) == ["refused", "message shown"]

    on_bench(story, skew=skew)
