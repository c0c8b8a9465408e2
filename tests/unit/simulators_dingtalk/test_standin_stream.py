"""Stream mode: tickets, pings, disconnects, redelivery, random routing (reference 7)."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from simulators.dingtalk.connection import State
from simulators.dingtalk.frames import Topic
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.tickets import TicketError, TicketProblem


def frames(connection):
    return [json.loads(text) for text in connection.take()]


def test_a_ticket_opens_one_connection(bench):
    ticket = bench.ticket()
    bench.cloud.connect(ticket, bench.now)
    with pytest.raises(TicketError) as refused:
        bench.cloud.connect(ticket, bench.now)
    assert refused.value.problem is TicketProblem.USED


def test_a_ticket_lives_ninety_seconds(bench):
    early, late = bench.ticket(), bench.ticket()
    bench.advance(89.999)
    bench.cloud.connect(early, bench.now)
    bench.advance(0.001)
    with pytest.raises(TicketError) as refused:
        bench.cloud.connect(late, bench.now)
    assert refused.value.problem is TicketProblem.EXPIRED


def test_an_invented_ticket_opens_nothing(bench):
    with pytest.raises(TicketError) as refused:
        bench.cloud.connect("invented", bench.now)
    assert refused.value.problem is TicketProblem.UNKNOWN


def test_a_ping_comes_every_minute_and_wants_its_opaque_text_back(bench):
    connection = bench.connect()
    bench.advance(59)
    assert frames(connection) == []
    bench.advance(1)
    (ping,) = frames(connection)
    assert (ping["type"], ping["headers"]["topic"], ping["specVersion"]) == ("SYSTEM", "ping", "1.0")
    assert ping["headers"]["time"] == str(bench.now // 1000)
    headers = {"messageId": ping["headers"]["messageId"]}
    connection.receive(json.dumps({"code": 200, "headers": headers, "message": "OK", "data": ping["data"]}), bench.now)
    bench.advance(60)
    (ping,) = frames(connection)
    headers = {"messageId": ping["headers"]["messageId"]}
    connection.receive(json.dumps({"code": 200, "headers": headers, "data": '{"opaque":"other"}'}), bench.now)
    assert bench.effects("ping") == [Effect.PING, Effect.PONG, Effect.PING, Effect.MALFORMED]


def test_after_the_disconnect_frame_nothing_is_delivered_and_the_end_comes_ten_seconds_later(bench):
    old = bench.connect()
    bench.cloud.ask_to_disconnect(bench.now)
    (frame,) = frames(old)
    assert (frame["type"], frame["headers"]["topic"]) == ("SYSTEM", "disconnect")
    assert json.loads(frame["data"]) == {"reason": "connection is expired"}
    new = bench.connect()
    bench.cloud.say("lead", "", "hello", bench.now)
    assert frames(old) == []
    assert len(frames(new)) == 1
    bench.advance(9.9)
    assert old.state is State.DRAINING
    bench.advance(0.1)
    assert old.is_closed
    assert not new.is_closed


def test_a_connection_may_expire_by_itself(bench_with):
    bench = bench_with(connection_life_s=30, ping_every_s=0)
    connection = bench.connect()
    assert bench.cloud.tick(bench.now) == bench.now + 30_000_000
    bench.advance(30)
    assert [frame["headers"]["topic"] for frame in frames(connection)] == ["disconnect"]


def test_a_message_goes_to_one_connection_chosen_at_random_among_those_that_subscribed(bench):
    first, second = bench.connect(), bench.connect()
    deaf = bench.connect(Topic.CARD_ACTION)
    for _ in range(60):
        bench.cloud.say("lead", "", "hello", bench.now)
    counts = Counter({"first": len(first.take()), "second": len(second.take()), "deaf": len(deaf.take())})
    assert counts["first"] + counts["second"] == 60
    assert min(counts["first"], counts["second"]) >= 15
    assert counts["deaf"] == 0


def test_a_robot_message_carries_who_where_and_a_reply_address(bench):
    connection = bench.connect()
    said = bench.cloud.say("lead", bench.group, "@Andon how many alarms?", bench.now)
    (frame,) = frames(connection)
    data = json.loads(frame["data"])
    assert (frame["type"], frame["headers"]["topic"]) == ("CALLBACK", "/v1.0/im/bot/messages/get")
    assert data["text"] == {"content": "how many alarms?"}, "the mention is taken out"
    assert (data["msgId"], data["conversationId"], data["conversationType"]) == (said.message_id, bench.group, "2")
    assert (data["senderStaffId"], data["senderUnionId"], data["senderNick"]) == ("lead", "union-lead", "Lead")
    assert data["isInAtList"] is True
    assert data["sessionWebhookExpiredTime"] == bench.now // 1000 + 5_400_000
    path, session = data["sessionWebhook"].split("?session=")
    assert path.endswith("/robot/sendBySession")
    answer = {"msgtype": "text", "text": {"content": "three"}}
    assert bench.oapi("robot/sendBySession", answer, session=session).json["errcode"] == 0
    assert bench.texts("fitter") == ["@Andon how many alarms?", "three"]
    bench.advance(5_400)
    assert bench.oapi("robot/sendBySession", answer, session=session).json["errcode"] == 300001


def test_in_a_group_only_what_mentions_the_robot_reaches_the_app(bench):
    connection = bench.connect()
    assert not bench.cloud.say("lead", bench.group, "how many alarms?", bench.now).reaches_robot
    assert frames(connection) == []
    assert bench.texts("fitter") == ["how many alarms?"], "the people read it all the same"


def test_an_unacknowledged_robot_message_comes_again_every_minute_until_it_is_given_up(bench):
    connection = bench.connect(Topic.ROBOT_MESSAGE)
    bench.cloud.say("lead", "", "hello", bench.now)
    (first,) = frames(connection)
    for _ in range(3):
        bench.advance(60)
        again = [frame for frame in frames(connection) if frame["type"] == "CALLBACK"]
        assert [frame["headers"]["messageId"] for frame in again] == [first["headers"]["messageId"]]
        assert again[0]["data"] == first["data"]
    bench.advance(60)
    assert [frame for frame in frames(connection) if frame["type"] == "CALLBACK"] == []
    assert bench.effects(Topic.ROBOT_MESSAGE)[-1] is Effect.LOST


def test_an_acknowledged_robot_message_never_comes_again(bench):
    connection = bench.connect()
    bench.cloud.say("lead", "", "hello", bench.now)
    bench.answer(connection, frames(connection)[0])
    bench.advance(300)
    assert [frame for frame in frames(connection) if frame["type"] == "CALLBACK"] == []
    assert bench.effects(Topic.ROBOT_MESSAGE) == [Effect.PUSHED, Effect.ACKNOWLEDGED]


def test_a_redelivery_may_have_a_new_message_id_and_finds_another_connection(bench_with):
    bench = bench_with(redelivery_keeps_message_id=False, ping_every_s=0)
    old = bench.connect()
    bench.cloud.say("lead", "", "hello", bench.now)
    (first,) = frames(old)
    old.close(bench.now)
    new = bench.connect()
    bench.advance(60)
    (again,) = frames(new)
    assert again["headers"]["messageId"] != first["headers"]["messageId"]
    assert json.loads(again["data"])["msgId"] == json.loads(first["data"])["msgId"]
    bench.answer(new, first)
    assert bench.effects("acknowledgement") == [Effect.LATE_ANSWER_IGNORED]


def test_what_is_said_while_nobody_is_connected_is_lost(bench):
    bench.cloud.say("lead", "", "hello", bench.now)
    connection = bench.connect()
    bench.advance(50)
    assert frames(connection) == []
    assert bench.effects(Topic.ROBOT_MESSAGE) == [Effect.LOST]


def test_when_the_months_pushes_are_spent_a_message_arrives_without_its_text(bench):
    connection = bench.connect()
    bench.cloud.spend_quota(bench.now, api_calls=False, pushes=True)
    bench.cloud.say("lead", "", "acknowledge 12", bench.now)
    data = json.loads(frames(connection)[0]["data"])
    assert "text" not in data
    assert data["errorCode"] == 20001


def test_a_zombie_connection_stays_open_and_delivers_nothing(bench):
    connection = bench.connect()
    bench.cloud.turn_zombie(bench.now)
    bench.cloud.say("lead", "", "hello", bench.now)
    bench.advance(180)
    assert frames(connection) == []
    assert not connection.is_closed
    assert Effect.SWALLOWED in bench.effects("ping")


def test_a_duplicate_has_the_same_message_id(bench):
    connection = bench.connect()
    bench.cloud.duplicate_next(bench.now)
    bench.cloud.say("lead", "", "hello", bench.now)
    first, second = frames(connection)
    assert first == second
    bench.answer(connection, first)
    bench.answer(connection, second)
    assert bench.effects("acknowledgement") == [Effect.DUPLICATE_IGNORED]
    bench.cloud.say("lead", "", "again", bench.now)
    assert len(frames(connection)) == 1


def test_a_client_that_takes_nothing_is_dropped(bench):
    connection = bench.connect()
    for _ in range(1_001):
        bench.cloud.say("lead", "", "hello", bench.now)
    assert connection.is_closed


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", '{"code":200}', '{"code":"200","headers":{"messageId":"x"}}'])
def test_a_frame_that_is_no_acknowledgement_is_written_down_and_harms_nothing(bench, text):
    connection = bench.connect()
    connection.receive(text, bench.now)
    assert bench.effects("frame") == [Effect.MALFORMED]
    assert not connection.is_closed


def test_the_shell_is_told_of_frames_and_of_the_end(bench):
    connection = bench.connect()
    told: list[tuple[int, bool]] = []
    connection.on_frame = lambda: told.append((connection.waiting, connection.is_closed))
    bench.cloud.say("lead", "", "hello", bench.now)
    bench.cloud.cut(bench.now)
    assert told == [(1, False), (1, True)]


def test_next_due_names_the_moment_something_happens(bench):
    bench.connect()
    assert bench.cloud.next_due() == bench.now + 60_000_000, "the ping"
    bench.raise_card()
    bench.cloud.press("lead", "card-1", "acknowledge", now_us=bench.now)
    assert bench.cloud.next_due() == bench.now + 2_000_000, "the press's deadline"
    bench.cloud.cut(bench.now, bench.now + 1_000_000)
    assert bench.cloud.next_due() == bench.now + 1_000_000, "the mending"
