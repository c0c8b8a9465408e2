"""The chat with the robot: orders by number become inbox rows, and what became of them is said where it was asked."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from cloud_bridge.dingtalk.calls import Calls
from cloud_bridge.dingtalk.frames import ROBOT_TOPIC
from cloud_bridge.dingtalk.hints import Where, hint
from cloud_bridge.dingtalk.sentences import Order, Verb, read_sentence
from edge.model.command import Acknowledge, Confirm, OnMyWay, Shelve
from edge.model.errors import NotPermitted, StoreError
from edge.model.event import Event, Stream
from edge.model.intent import Button, Purpose, Refused
from edge.model.moment import MINUTE
from edge.response.buttons import BUTTONS
from tests.unit.cloud_bridge.harness import SECRETS, Bench, on_bench
from tests.unit.cloud_bridge.intents import START, TO_CHAT, TO_MILL, claim, config, intent, message

ALARM = "CRM.ST3.MOTOR/de_temp_high"


def said_by_robot(bench: Bench, user_id: str) -> list[str]:
    return [each.text for each in bench.standin.shown(user_id) if each.kind == "markdown"]


async def answered(bench: Bench, user_id: str, count: int = 1) -> list[str]:
    await bench.until(lambda: len(said_by_robot(bench, user_id)) >= count, seconds=10)
    return said_by_robot(bench, user_id)


def rejected(reason: str, **more: Any) -> Event:
    return Event(Stream.ALARM, "rejected", ALARM, START, {"reason": reason, **more})


@pytest.mark.parametrize(
    ("text", "command", "answer"),
    [
        ("确认 17", Acknowledge(ALARM, 3), "17：已确认"),
        ("ack 17 valve open", Acknowledge(ALARM, 3, "valve open"), "17：已确认"),
        ("我去 17", OnMyWay(ALARM, 3), "17：已记录"),
        ("done 17", Confirm(ALARM, 3), "17：已确认处理完成"),
        ("搁置 17 30 检修中", Shelve(ALARM, 30 * MINUTE, "检修中", 3), "17：已搁置 30 分钟"),
        ("shelve 17 30", Shelve(ALARM, 30 * MINUTE, "shelve 17 30", 3), "17：已搁置 30 分钟"),
    ],
)
def test_an_order_enters_as_a_command_of_the_person_and_is_answered_in_their_language(
    text: str, command: object, answer: str
) -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers[17] = (ALARM, 3)
        await bench.listen()
        bench.standin.say("fitter.a", text)
        assert answer in (await answered(bench, "fitter.a"))[0]
        assert [(row.source, row.actor, row.body) for row in bench.taken] == [("dingtalk", "fitter", command)]

    on_bench(story)


@pytest.mark.parametrize("text", ["list", "help", "ack 17", "hello", "主电机"])
def test_who_has_left_hears_nothing_of_alarms(text: str) -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers[17] = (ALARM, 3)
        bench.left.add("li")
        await bench.listen()
        bench.standin.say("lead.a", text)
        (answer,) = await answered(bench, "lead.a")
        assert "you are not permitted" in answer
        assert "bearing" not in answer
        assert [row.body for row in bench.taken if isinstance(row.body, Acknowledge)] == []

    with capture_logs():
        on_bench(story)


def test_what_lets_anybody_post_into_a_chat_stands_in_no_reason() -> None:
    async def story(bench: Bench) -> None:
        session = "b2c6d1e0f3a4"
        bench.standin.answers_all({"errcode": 300001, "errmsg": f"session {session} does not exist"}, ("robot/sendBySession",))
        calls = Calls(config(), bench.standin.transport, bench.clock, SECRETS.__getitem__)
        assert await calls.answer(session, {}) == Refused("300001: session *** does not exist")

    on_bench(story)


def test_in_a_group_the_answer_is_said_in_the_group() -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers[17] = (ALARM, 3)
        await bench.listen()
        name = bench.standin.cloud.organisation.app.name
        bench.standin.say("lead.a", f"@{name} ack 17", "cidMill==")
        (answer,) = await answered(bench, "fitter.a")
        assert "17: acknowledged" in answer
        assert [row.actor for row in bench.taken] == ["li"]

    on_bench(story)


def test_the_message_is_acknowledged_when_the_order_is_committed_and_not_before() -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers[17] = (ALARM, 3)

        async def slow() -> None:
            await bench.wait(1)

        bench.desk.before_commit = bench.desk.before_end = slow
        await bench.listen()
        bench.standin.say("fitter.a", "ack 17")
        await bench.wait(0.9)
        assert (bench.taken, bench.standin.heard) == ([], [])
        await bench.wait(0.2)
        assert len(bench.taken) == len(bench.standin.heard) == 1
        assert json.loads(json.loads(bench.standin.heard[0])["data"]) == {"response": None}
        assert said_by_robot(bench, "fitter.a") == []
        await answered(bench, "fitter.a")

    on_bench(story)


def test_an_order_that_the_disk_refuses_is_sent_again_and_carried_out_once() -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers[17] = (ALARM, 3)
        refusals = [StoreError("the disk is full")]

        async def refuse_once() -> None:
            if refusals:
                raise refusals.pop()

        bench.desk.before_commit = refuse_once
        await bench.listen()
        bench.standin.say("fitter.a", "ack 17")
        await bench.wait(1)
        assert bench.taken == []
        await bench.until(lambda: bench.taken, seconds=70)
        await bench.wait(130)
        assert len(bench.taken) == 1
        assert len(said_by_robot(bench, "fitter.a")) == 1

    with capture_logs():
        on_bench(story)


def test_a_message_delivered_twice_is_carried_out_and_answered_once() -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers[17] = (ALARM, 3)
        await bench.listen()
        bench.standin.cloud.duplicate_next(bench.clock.now())
        bench.standin.say("fitter.a", "ack 17")
        await bench.wait(5)
        assert len(bench.taken) == 1
        assert len(said_by_robot(bench, "fitter.a")) == 1

    on_bench(story)


def test_a_repeat_of_what_an_earlier_boot_took_says_so() -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers[17] = (ALARM, 3)
        await bench.listen()
        bench.standin.say("fitter.a", "ack 17")
        await answered(bench, "fitter.a")
        (message_frame,) = [text for text in bench.standin.pushed if ROBOT_TOPIC in text]
        await bench.boot_again()
        bench.standin.connections[0].put(message_frame)
        answers = await answered(bench, "fitter.a", 2)
        assert "之前已收到" in "".join(answers)
        assert len(bench.taken) == 1

    on_bench(story)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (rejected("already_acknowledged", acknowledged_by="li"), "already acknowledged by 甲班班长"),
        (rejected("not_unacknowledged"), "nothing waits to be acknowledged"),
        (rejected("stale_occurrence"), "earlier event"),
    ],
)
def test_who_comes_too_late_is_told_kindly(event: Event, said: str) -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers[17] = (ALARM, 3)
        bench.desk.becomes.append(event)
        await bench.listen()
        bench.standin.say("lead.a", "ack 17")
        assert said in (await answered(bench, "lead.a"))[0]

    on_bench(story)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ack 99", "no alarm 99"),
        ("ack", "Of which alarm"),
        ("shelve 17", "how many minutes"),
        ("what is up", "Not understood"),
        ("help", "ack 17: seen"),
        ("list", "Nothing is open"),
    ],
)
def test_what_is_no_order_changes_nothing_and_is_answered(text: str, said: str) -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        bench.standin.say("lead.a", text)
        assert said in (await answered(bench, "lead.a"))[0]
        assert bench.taken == []

    on_bench(story)


def test_the_list_names_what_is_open_by_number_and_says_when_there_is_more() -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers |= {number: (ALARM, number) for number in range(1, 30)}
        await bench.listen()
        bench.standin.say("lead.a", "list")
        (answer,) = await answered(bench, "lead.a")
        assert "20 · " in answer
        assert "21 · " not in answer
        assert "and more" in answer

    on_bench(story)


def test_a_stranger_orders_nothing() -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers[17] = (ALARM, 3)
        await bench.listen()
        bench.standin.say("stranger", "ack 17")
        assert "not in the list of persons" in (await answered(bench, "stranger"))[0]
        assert bench.taken == []

    with capture_logs():
        on_bench(story)


def test_who_may_not_is_told_so() -> None:
    async def story(bench: Bench) -> None:
        bench.desk.numbers[17] = (ALARM, 3)

        async def forbid() -> None:
            raise NotPermitted("viewers may not")

        bench.desk.before_commit = forbid
        await bench.listen()
        bench.standin.say("lead.a", "ack 17")
        assert "not permitted" in (await answered(bench, "lead.a"))[0]

    on_bench(story)


def test_an_emptied_message_is_taken_for_none_and_said_in_the_log() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        bench.standin.cloud.spend_quota(bench.clock.now(), api_calls=False, pushes=True)
        bench.standin.say("fitter.a", "ack 17")
        await bench.wait(1)
        assert bench.taken == []

    with capture_logs() as logs:
        on_bench(story)
    assert "quota of pushes is spent" in logs[0]["event"]


def test_who_names_a_machine_is_told_how_it_is_in_their_language_also_in_a_group() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        bench.standin.say("fitter.a", "主电机")
        assert "3号机架 主电机 zh" in (await answered(bench, "fitter.a"))[0]
        name = bench.standin.cloud.organisation.app.name
        bench.standin.say("lead.a", f"@{name} how is 主电机?", "cidMill==")
        assert "3号机架 主电机 en" in (await answered(bench, "fitter.a", 2))[1]
        assert bench.taken == []

    on_bench(story)


# --- messages that are answered by text -------------------------------------------------------------------------------


def test_without_a_template_a_raise_is_a_message_that_says_how_to_answer_it() -> None:
    async def story(bench: Bench) -> None:
        bench.channel._config = config(card_template_id=None)
        await bench.channel.deliver(claim(intent(message=message(code=17))))
        await bench.channel.deliver(claim(intent(address=TO_CHAT, message=message(code=17, language="en"))))
        await bench.channel.deliver(claim(intent(Purpose.STATE, message=message(code=17))))
        both = said_by_robot(bench, "fitter.a")
        assert len(both) == 2
        assert [("确认 17" in each, "ack 17" in each) for each in sorted(both, key=lambda text: "ack" in text)] == [
            (True, False),
            (False, True),
        ]
        assert not [each for each in bench.standin.shown("fitter.a") if each.card]

    on_bench(story)


def test_a_message_offers_the_orders_of_its_buttons_and_no_others() -> None:
    async def story(bench: Bench) -> None:
        bench.channel._config = config(card_template_id=None)
        shown = message(code=4, language="en", buttons=(Button("acknowledge", "Acknowledge"), Button("on_my_way", "On my way")))
        await bench.channel.deliver(claim(intent(message=shown)))
        await bench.channel.deliver(
            claim(intent(message=replace(shown, language="both", buttons=(Button("confirm", "Done"),))))
        )
        first, second = sorted(said_by_robot(bench, "fitter.a"), key=lambda text: "完成" in text)
        assert "Answer this robot: ack 4 · on my way 4 · list" in first
        assert "完成 4 · 列表" in second
        assert "done 4 · list" in second
        assert "ack 4" not in second

    on_bench(story)


def test_a_webhook_robot_names_the_robot_that_can_be_answered() -> None:
    async def story(bench: Bench) -> None:
        bench.channel._config = config(card_template_id=None)
        await bench.channel.deliver(claim(intent(address=TO_MILL, message=message(code=4, language="en"))))
        (told,) = said_by_robot(bench, "fitter.a")
        assert "To act, write to the alarm app's robot" in told
        assert "Answer this robot" not in told
        assert "ack 4 · on my way 4 · shelve 4 30 · list" in told

    on_bench(story)


def test_what_cannot_be_answered_says_nothing_of_answers() -> None:
    async def story(bench: Bench) -> None:
        bench.channel._config = config(card_template_id=None)
        await bench.channel.deliver(claim(intent(Purpose.RETURNED, message=message(code=17, buttons=()))))
        (told,) = said_by_robot(bench, "fitter.a")
        assert "确认 17" not in told

    on_bench(story)


def test_every_button_has_an_order_by_which_it_is_asked_for_in_text() -> None:
    for action in {action for actions in BUTTONS.values() for action in actions}:
        for language in ("zh", "en"):
            shown = message(code=17, language=language, buttons=(Button(action, "?"),))
            order = hint(shown, Where.ELSEWHERE).partition(": " if language == "en" else "：")[2].split(" · ")[0]
            assert read_sentence(order) == Order(Verb(action), 17, minutes=30 if action == "shelve" else 0)
