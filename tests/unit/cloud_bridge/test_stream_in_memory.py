"""The connection through which presses and events of the organisation come back, and what watches over it, on virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from cloud_bridge.dingtalk.memory import MemorySocket, MemoryTransport, Peer, WireReply, WireRequest
from cloud_bridge.dingtalk.stream import RENEW_EVERY
from edge.model.command import Acknowledge, HeardAgain, InboxRow, PersonLeft
from edge.model.errors import StoreError
from edge.model.moment import SECOND
from edge.ports import NoReply
from simulators.dingtalk.faults import Fault, FaultKind
from simulators.dingtalk.presses import PressStatus
from tests.unit.cloud_bridge.harness import Bench, channel_towards, on_bench
from tests.unit.cloud_bridge.intents import START, claim, intent
from tests.unit.cloud_bridge.pressing import ALARM, CARD, CARDS, pushed, settled

OPEN = "v1.0/gateway/connections/open"


# --- the connection ---------------------------------------------------------------------------------------------------


def test_pings_are_answered_with_what_they_carry() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        await bench.wait(200)
        assert bench.standin.effects("ping").count("pong") == 3
        assert len(bench.standin.connections) == 1

    on_bench(story, ping_every_s=60.0)


def test_on_a_disconnect_the_next_connection_stands_before_the_last_is_let_go() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        (first,) = bench.standin.connections
        await bench.wait(60)
        bench.standin.cloud.ask_to_disconnect(bench.clock.now())
        bench.standin._wake.set()
        await bench.until(lambda: first not in bench.standin.connections, seconds=1)
        assert len(bench.standin.connections) == 1
        opened = [e for e in bench.standin.cloud.ledger if str(e.effect) in ("connected", "disconnected")]
        assert [str(entry.effect) for entry in opened] == ["connected", "connected", "disconnected"]

    on_bench(story, ping_every_s=20.0)


def test_a_connection_that_is_cut_is_made_anew_with_a_new_ticket() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        bench.standin.cloud.cut(bench.clock.now())
        await bench.wait(90)
        bench.standin.cloud.mend(bench.clock.now())
        await bench.until(lambda: bench.standin.connections, seconds=61)
        press = bench.standin.press("fitter.a", CARD, "acknowledge")
        assert await settled(bench, press) is PressStatus.ANSWERED

    on_bench(story, CARDS)


def test_a_long_cut_costs_two_lines_of_log_and_few_tries() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        await bench.wait(60)
        bench.standin.cloud.cut(bench.clock.now())
        await bench.wait(3_600)
        tries = bench.standin.effects(OPEN)
        bench.standin.cloud.mend(bench.clock.now())
        await bench.until(lambda: bench.standin.connections, seconds=61)
        assert len(tries) < 150

    with capture_logs() as logs:
        on_bench(story, ping_every_s=20.0)
    assert [entry["event"] for entry in logs if "presses" in entry["event"]] == [
        "presses on cards do not arrive, connecting again",
        "presses on cards arrive again",
    ]
    assert len(logs) <= 4


def test_a_connection_through_which_nothing_comes_any_more_is_replaced() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        await bench.wait(60)
        bench.standin.cloud.turn_zombie(bench.clock.now())
        (zombie,) = bench.standin.connections
        await bench.until(lambda: zombie not in bench.standin.connections, seconds=190)
        press = bench.standin.press("fitter.a", CARD, "acknowledge")
        assert await settled(bench, press) is PressStatus.ANSWERED

    on_bench(story, CARDS, ping_every_s=20.0)


def test_a_server_that_lets_nobody_stay_is_not_hammered() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        for _ in range(600):
            bench.standin.cloud.ask_to_disconnect(bench.clock.now())
            await bench.wait(1)
        assert len(bench.standin.effects(OPEN)) < 40

    on_bench(story)


def test_wrong_credentials_are_said_once_and_tried_for_ever() -> None:
    async def story(bench: Bench) -> None:
        bench.standin.cloud.ask_fault(
            Fault(FaultKind.FAIL, OPEN, times=10, status=401, code="authFailed", message="鉴权失败"), bench.clock.now()
        )
        listening = asyncio.create_task(bench.channel.listen(bench.take))
        await bench.until(lambda: bench.standin.connections, seconds=600)
        assert not listening.done()

    with capture_logs() as logs:
        on_bench(story)
    assert "client_secret" in logs[0]["reason"]
    assert len(logs) == 2


def test_an_endpoint_without_tls_on_another_machine_is_not_followed() -> None:
    async def story(bench: Bench) -> None:
        listening = asyncio.create_task(bench.channel.listen(bench.take))
        await bench.wait(30)
        assert bench.standin.connections == ()
        assert not listening.done()

    with capture_logs() as logs:
        on_bench(story, stream_url="ws://evil.example/connect")
    assert "not encrypted" in logs[0]["reason"]


def test_a_ticket_of_any_signs_arrives_as_it_was_given() -> None:
    asked: list[str] = []

    async def handle(_request: WireRequest) -> WireReply:
        return WireReply(200, b'{"endpoint":"wss://stream.example:443/connect","ticket":"a+b/c=&d"}', {})

    def open_socket(url: str, _socket: MemorySocket) -> Peer:
        asked.append(url)
        raise NoReply("enough", sent=False)

    async def story(bench: Bench) -> None:
        bench.standin.transport = MemoryTransport(handle, open_socket)
        channel = channel_towards(bench.standin, bench.clock, {}, set())
        listening = asyncio.create_task(channel.listen(bench.take))
        await bench.until(lambda: asked)
        listening.cancel()

    with capture_logs():
        on_bench(story)
    assert asked[0] == "wss://stream.example:443/connect?ticket=a%2Bb%2Fc%3D%26d"


def test_cancelling_it_ends_it_and_closes_the_connection() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        assert bench.listening is not None
        bench.listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bench.listening
        assert bench.standin.connections == ()

    on_bench(story)


def test_it_listens_for_a_day_without_a_leak_of_time() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        await bench.wait(60)
        began, tasks = bench.clock.now(), len(asyncio.all_tasks())
        await bench.wait(24 * 3_600)
        assert bench.clock.now() - began == 24 * 3_600 * SECOND
        # One at the start, and one every six hours: a connection that pings may yet deliver nothing.
        assert len(bench.standin.effects(OPEN)) in (4, 5)
        assert bench.taken == []
        assert len(asyncio.all_tasks()) <= tasks

    on_bench(story, ping_every_s=120.0)


# --- supervision ------------------------------------------------------------------------------------------------------


def test_when_it_is_renewed_the_next_connection_stands_before_the_last_is_let_go() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        (first,) = bench.standin.connections
        await bench.until(lambda: first not in bench.standin.connections, seconds=6 * 3_600 + 60)
        opened = [e for e in bench.standin.cloud.ledger if str(e.effect) in ("connected", "disconnected")]
        assert [str(entry.effect) for entry in opened] == ["connected", "connected", "disconnected"]
        assert bench.channel.unheard_since is None

    on_bench(story, ping_every_s=120.0)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.DELAY, OPEN, delay_us=5_000_000),
        Fault(FaultKind.FAIL, OPEN, times=8, status=500, code="system.error"),
        Fault(FaultKind.NEVER_ANSWER, OPEN, times=3),
    ],
    ids=["slow", "failing", "silent"],
)
def test_presses_arrive_while_the_next_connection_is_being_opened(fault: Fault) -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        (first,) = bench.standin.connections
        await bench.wait(RENEW_EVERY / SECOND - 30)
        bench.standin.cloud.ask_fault(replace(fault), bench.clock.now())
        presses = []
        while first in bench.standin.connections or len(presses) < 60:
            presses.append(bench.standin.press("fitter.a", CARD, "acknowledge"))
            await bench.wait(0.5)
            assert bench.channel.unheard_since is None
            assert len(presses) < 600, "it is never renewed"
        await bench.wait(3)
        assert {press.status for press in presses} == {PressStatus.ANSWERED}
        assert len(bench.taken) == len(presses)
        assert len(bench.standin.connections) == 1

    with capture_logs() as logs:
        on_bench(story, CARDS, ping_every_s=60.0)
    assert logs == []


def test_what_was_on_its_way_through_the_connection_that_is_let_go_is_taken() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        await bench.listen()
        (first,), (socket,) = bench.standin.connections, bench.standin.sockets
        bench.standin.press("fitter.a", CARD, "acknowledge")
        await bench.until(lambda: bench.taken)
        (press,) = [text for text in bench.standin.pushed if "actionCallback" in text]
        close = socket.close

        async def closed_while_a_press_is_on_its_way() -> None:
            socket.push(press.replace(bench.taken[0].message_id, "pushed-at-the-last-moment"))
            await close()

        socket.close = closed_while_a_press_is_on_its_way  # type: ignore[method-assign]
        await bench.until(lambda: first not in bench.standin.connections, seconds=RENEW_EVERY / SECOND + 60)
        assert [row.message_id for row in bench.taken[1:]] == ["pushed-at-the-last-moment"]

    on_bench(story, CARDS, ping_every_s=60.0)


def test_a_press_that_is_being_taken_when_the_next_connection_stands_is_answered() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))

        async def slow_disk(row: InboxRow) -> bool:
            await bench.wait(1)
            return await bench.take(row)

        await bench.listen(slow_disk)
        (first,) = bench.standin.connections
        await bench.wait((first.opened_us + RENEW_EVERY - bench.clock.now()) / SECOND - 0.5)
        press = bench.standin.press("fitter.a", CARD, "acknowledge")
        assert await settled(bench, press) is PressStatus.ANSWERED
        assert len(bench.standin.sockets) == 2

    on_bench(story, CARDS, ping_every_s=60.0)


def test_a_connection_that_is_lost_while_the_next_cannot_be_opened_is_a_gap_from_then_on() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        await bench.wait(RENEW_EVERY / SECOND - 30)
        failing = Fault(FaultKind.FAIL, OPEN, times=12, status=500, code="system.error")
        bench.standin.cloud.ask_fault(failing, bench.clock.now())
        await bench.wait(100)
        assert bench.channel.unheard_since is None
        lost_at = bench.clock.now()
        bench.standin.sockets[-1].end()
        await bench.wait(1)
        assert bench.channel.unheard_since is not None
        await bench.until(lambda: bench.taken, seconds=600)
        (row,) = bench.taken
        assert isinstance(row.body, HeardAgain)
        assert lost_at - 60 * SECOND <= row.body.since <= lost_at
        assert len([each for each in bench.standin.connections if not each.zombie]) >= 1

    with capture_logs():
        on_bench(story, ping_every_s=60.0)


def test_a_press_waits_for_nothing_that_came_before_it() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        bench.desk.numbers[17] = (ALARM, 17)

        async def slow_disk() -> None:
            await bench.wait(1)

        bench.desk.before_commit = slow_disk
        await bench.listen()
        for number in range(5):
            bench.standin.say("lead.a", f"ack 17 {number}")
        press = bench.standin.press("fitter.a", CARD, "acknowledge")
        assert await settled(bench, press) is PressStatus.ANSWERED
        await bench.until(lambda: len(bench.taken) == 6)
        assert [row.body.comment for row in bench.taken[1:] if isinstance(row.body, Acknowledge)] == list("01234")

    on_bench(story, CARDS, ping_every_s=60.0)


def test_after_a_gap_the_inbox_hears_since_when_presses_were_lost() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        await bench.wait(60)
        cut_at = bench.clock.now()
        bench.standin.cloud.cut(cut_at)
        await bench.wait(90)
        assert bench.channel.unheard_since is not None
        bench.standin.cloud.mend(bench.clock.now())
        await bench.until(lambda: bench.taken, seconds=61)
        (row,) = bench.taken
        assert isinstance(row.body, HeardAgain)
        assert (row.actor, row.body.channel) == ("system", "dingtalk")
        assert cut_at - 21 * SECOND <= row.body.since <= cut_at
        assert bench.channel.unheard_since is None

    with capture_logs():
        on_bench(story, ping_every_s=20.0)


def test_the_gap_of_a_zombie_begins_with_the_last_frame_that_came() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        await bench.wait(60)
        turned = bench.clock.now()
        bench.standin.cloud.turn_zombie(turned)
        await bench.until(lambda: bench.taken, seconds=200)
        assert [row.body for row in bench.taken if isinstance(row.body, HeardAgain) and row.body.since <= turned]

    with capture_logs():
        on_bench(story, ping_every_s=20.0)


def test_a_short_loss_of_the_connection_is_no_gap() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        await bench.wait(60)
        bench.standin.cloud.cut(bench.clock.now())
        bench.standin.cloud.mend(bench.clock.now() + SECOND)
        await bench.until(lambda: bench.standin.connections, seconds=10)
        await bench.wait(60)
        assert bench.taken == []

    with capture_logs():
        on_bench(story, ping_every_s=5.0)


def test_a_gap_that_the_disk_refuses_is_told_with_a_later_frame() -> None:
    async def story(bench: Bench) -> None:
        refusals = [StoreError("full"), StoreError("full")]

        async def take(row: InboxRow) -> bool:
            if refusals:
                raise refusals.pop()
            return await bench.take(row)

        await bench.listen(take)
        await bench.wait(60)
        bench.standin.cloud.turn_zombie(bench.clock.now())
        await bench.until(lambda: bench.taken, seconds=300)
        assert len(bench.taken) == 1

    with capture_logs():
        on_bench(story, ping_every_s=20.0)


def test_a_restart_is_a_gap_since_the_last_boot() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        await bench.until(lambda: bench.taken, seconds=1)
        assert [row.body for row in bench.taken] == [HeardAgain("dingtalk", START - 60 * SECOND)]

    on_bench(story, heard_until=START - 60 * SECOND)


def test_a_socket_that_takes_no_answer_is_given_up() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()

        async def never(text: str) -> None:
            await asyncio.Event().wait()

        stuck = bench.standin.sockets[-1]
        stuck.send = never  # type: ignore[method-assign]  # a TCP window that has closed for ever
        await bench.until(lambda: len(bench.standin.sockets) == 2, seconds=130)

    with capture_logs():
        on_bench(story, ping_every_s=60.0)


def test_the_watchdog_begins_anew_when_the_work_hangs_where_nobody_expected_it() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        hung: list[bool] = []

        async def hang_once(row: InboxRow) -> bool:
            if isinstance(row.body, HeardAgain) and not hung:
                hung.append(True)
                await asyncio.Event().wait()
            return await bench.take(row)

        await bench.listen(hang_once)
        await bench.until(lambda: len(bench.standin.effects(OPEN)) == 2, seconds=400)
        press = bench.standin.press("fitter.a", CARD, "acknowledge")
        assert await settled(bench, press) is PressStatus.ANSWERED

    with capture_logs() as logs:
        on_bench(story, CARDS, heard_until=START - 60 * SECOND)
    assert "the way back was stuck, it begins anew" in [entry["event"] for entry in logs]


def test_a_mistake_of_ours_costs_a_new_beginning_and_not_the_way_back() -> None:
    async def story(bench: Bench) -> None:
        await bench.channel.deliver(claim(intent()))
        mistakes = [RuntimeError("a mistake")]

        async def fail_once(row: InboxRow) -> bool:
            if isinstance(row.body, HeardAgain) and mistakes:
                raise mistakes.pop()
            return await bench.take(row)

        await bench.listen(fail_once)
        await bench.until(lambda: bench.taken, seconds=60)
        press = bench.standin.press("fitter.a", CARD, "acknowledge")
        assert await settled(bench, press) is PressStatus.ANSWERED

    with capture_logs() as logs:
        on_bench(story, CARDS, heard_until=START - 60 * SECOND)
    assert "the way back failed, it begins anew" in [entry["event"] for entry in logs]


# --- events of the organisation ---------------------------------------------------------------------------------------


def test_who_leaves_the_organisation_enters_once_however_often_the_event_comes() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        for message_id in ("m-1", "m-2"):
            data = {"userId": ["fitter.a", "stranger"], "timeStamp": "1"}
            frame = pushed("EVENT", "*", data, messageId=message_id, eventId="e-1", eventType="user_leave_org")
            bench.standin.connections[0].put(frame)
        await bench.wait(1)
        assert [(row.actor, row.body) for row in bench.taken] == [("system", PersonLeft("fitter", "dingtalk"))]
        assert bench.answers("m-2") == [(200, {"status": "SUCCESS", "message": ""})]

    on_bench(story)


def test_an_event_that_the_disk_refuses_is_asked_for_again() -> None:
    async def story(bench: Bench) -> None:
        async def refuse(_row: InboxRow) -> bool:
            raise StoreError("full")

        await bench.listen(refuse)
        data = {"userId": ["fitter.a"]}
        bench.standin.connections[0].put(pushed("EVENT", "*", data, eventId="e-1", eventType="user_leave_org"))
        await bench.wait(1)
        assert bench.answers("m-1") == [(200, {"status": "LATER", "message": ""})]

    with capture_logs():
        on_bench(story)


def test_an_emptied_event_is_taken_for_none_and_said_in_the_log() -> None:
    async def story(bench: Bench) -> None:
        await bench.listen()
        data = {"errCode": "20001", "errMsg": "quota"}
        bench.standin.connections[0].put(pushed("EVENT", "*", data, eventId="e-1", eventType="user_leave_org"))
        await bench.wait(1)
        assert bench.taken == []

    with capture_logs() as logs:
        on_bench(story)
    assert "quota of pushes is spent" in logs[0]["event"]
