"""The DingTalk channel against the stand-in, in memory and on virtual time: what becomes of an attempt that DingTalk refuses,
holds back or answers with nonsense; tokens, paces, secrets."""

from __future__ import annotations

import pytest

from edge.model.intent import Delivered, Intent, Purpose, Refused, Retry, Scope, Unknown
from edge.model.moment import HOUR, SECOND
from simulators.dingtalk.faults import FaultKind
from tests.unit.cloud_bridge.harness import (
    START,
    TO_BOARD,
    Bench,
    ask,
    claim,
    intent,
    on_bench,
)

CREATE = "v1.0/card/instances/createAndDeliver"
WEBHOOK = "robot/send"
TOKEN = "v1.0/oauth2/accessToken"


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
