"""Whatever comes in, the cloud answers; whatever happens, its promises hold."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from simulators.dingtalk.calls import parse_object
from simulators.dingtalk.connection import Connection
from simulators.dingtalk.frames import Topic
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.limits import WebhookRate, Window
from simulators.dingtalk.presses import PressStatus
from simulators.dingtalk.routes import ROUTES
from simulators.dingtalk.wire import SECOND_US, Host

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)

KEYS = st.sampled_from(
    ["outTrackId", "cardTemplateId", "cardData", "privateData", "openSpaceId", "imGroupOpenSpaceModel", "msgParam",
     "imGroupOpenDeliverModel", "callbackType", "robotCode", "userIds", "msgKey", "openConversationId", "subscriptions",
     "clientId", "msgtype", "text", "markdown", "actionCard", "at", "msgUuid", "userid"]
)  # fmt: skip
VALUES = JSON | st.sampled_from(
    ["andon-alarm-card.schema", "dtv1.card//IM_GROUP.cidShiftA==", "dingapp", "sampleText", "cidShiftA==", "text", "\ud800",
     {"cardParamMap": {"lines": "[[[["}}, {"content": "alarm @lead"}, {"atUserIds": ["lead"]}, ["lead", 5]]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    route=st.sampled_from(ROUTES),
    body=st.dictionaries(KEYS, VALUES, max_size=8).map(lambda body: json.dumps(body).encode()) | st.binary(max_size=40),
    query=st.dictionaries(st.sampled_from(["timestamp", "sign", "appkey", "appsecret"]), st.text(max_size=30)),
)
def test_no_call_is_left_without_an_answer_in_its_familys_shape(bench, route, body, query):
    headers = {"x-acs-dingtalk-access-token": bench.token}
    query = query | {"access_token": bench.token if route.host is Host.OAPI and "topapi" in route.path else "signed"}
    bench.advance(1)
    reply = bench.send(route.host, route.method, route.path[1:], body, query=query, headers=headers)
    answer = reply.json
    if route.host is Host.OAPI:
        assert reply.status == 200
        assert isinstance(answer["errcode"], int)
    elif reply.status != 200:
        assert {"code", "message", "requestid"} <= set(answer)


def test_json_that_is_too_deep_or_no_text_is_no_object():
    assert parse_object(b'{"a":' * 100_000) is None
    assert parse_object(b'{"a":"\\ud800"}') is None
    assert parse_object(b"\xff\xfe") is None


@given(st.lists(st.floats(0, 30), max_size=80), st.integers(1, 5))
def test_no_span_ever_holds_more_calls_than_its_window_admits(gaps, calls_max):
    window, now, admitted = Window(calls_max, 10 * SECOND_US), 0, []
    for gap in gaps:
        now += int(gap * SECOND_US)
        if window.admit(now):
            admitted.append(now)
    for start in admitted:
        assert sum(start <= time < start + 10 * SECOND_US for time in admitted) <= calls_max


@given(st.lists(st.floats(0, 120), max_size=80))
def test_a_block_begins_with_a_refusal_and_lasts_its_ten_minutes(gaps):
    rate, now, blocked_until = WebhookRate(Window(3, 60 * SECOND_US), 600 * SECOND_US), 0, 0
    for gap in gaps:
        now += int(gap * SECOND_US)
        passed = rate.admit(now)
        if now < blocked_until:
            assert not passed
        elif not passed:
            blocked_until = now + 600 * SECOND_US


def test_each_press_and_each_message_ends_exactly_once_whatever_the_connections_do(bench_with):
    class Story(StreamStory):
        def fresh_bench(self) -> Any:
            return bench_with()

    run_state_machine_as_test(Story, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))


class StreamStory(RuleBasedStateMachine):
    """People press and write, apps come and go and answer late or never; each press and each message ends once."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = self.fresh_bench()
        self.bench.raise_card()
        self.connections: list[Connection] = []
        self.taken: list[tuple[Connection, Mapping[str, object]]] = []
        self.presses = []
        self.messages = 0

    def fresh_bench(self) -> Any:
        """Set by the test, which has the fixture."""
        raise NotImplementedError

    @rule()
    def connect(self) -> None:
        if len(self.connections) < 3:
            self.connections.append(self.bench.connect())

    @rule(user=st.sampled_from(["lead", "fitter"]))
    def press(self, user: str) -> None:
        self.presses.append(self.bench.cloud.press(user, "card-1", "acknowledge", now_us=self.bench.now))

    @rule()
    def say(self) -> None:
        self.bench.cloud.say("lead", "", "hello", self.bench.now)
        self.messages += 1

    @rule(seconds=st.sampled_from([0.1, 1.9, 2.0, 11.0, 60.0]))
    def wait(self, seconds: float) -> None:
        self.bench.advance(seconds)

    @precondition(lambda self: self.connections)
    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        connection = data.draw(st.sampled_from(self.connections))
        self.taken.extend((connection, json.loads(text)) for text in connection.take())

    @precondition(lambda self: self.taken)
    @rule(data=st.data(), code=st.sampled_from([200, 200, 500]))
    def answer(self, data: st.DataObject, code: int) -> None:
        connection, frame = data.draw(st.sampled_from(self.taken))
        self.bench.answer(connection, frame, {}, code)

    @precondition(lambda self: self.connections)
    @rule(data=st.data(), fault=st.sampled_from(["close", "disconnect", "zombie", "duplicate", "cut"]))
    def disturb(self, data: st.DataObject, fault: str) -> None:
        cloud, now = self.bench.cloud, self.bench.now
        if fault == "close":
            data.draw(st.sampled_from(self.connections)).close(now)
        elif fault == "disconnect":
            cloud.ask_to_disconnect(now)
        elif fault == "zombie":
            cloud.turn_zombie(now)
        elif fault == "duplicate":
            cloud.duplicate_next(now)
        else:
            cloud.cut(now)
            cloud.mend(now)
        self.connections = [connection for connection in self.connections if not connection.is_closed]

    @invariant()
    def no_press_waits_longer_than_two_seconds(self) -> None:
        for press in self.presses:
            if press.status is PressStatus.WAITING:
                assert self.bench.now - press.pressed_us < 2 * SECOND_US

    @invariant()
    def nothing_that_is_due_is_left_undone(self) -> None:
        due = self.bench.cloud.next_due()
        assert due is None or due > self.bench.now

    def teardown(self) -> None:
        self.bench.advance(600)
        for _ in range(5):
            self.bench.advance(60)
        ends = Counter(
            entry.subject
            for entry in self.bench.cloud.ledger
            if entry.name in (Topic.CARD_ACTION, Topic.ROBOT_MESSAGE)
            and entry.effect in (Effect.ANSWER, Effect.ACKNOWLEDGED, Effect.FAILED_ANSWER, Effect.NO_ANSWER, Effect.LOST)
        )
        assert len(ends) == len(self.presses) + self.messages
        assert set(ends.values()) <= {1}
