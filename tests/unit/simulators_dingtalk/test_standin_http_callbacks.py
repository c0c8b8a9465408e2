"""HTTP callbacks: signed card actions and messages, encrypted events (reference 3.6, 6.6, 14)."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.envelope import EnvelopeError, aes_key_of, seal, signature, unseal
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.organisation import EventCallback
from simulators.dingtalk.posts import PostAnswer
from simulators.dingtalk.timeline import robot_conversation_id

REGISTER = "v1.0/card/callbacks/register"
AES_KEY = "1234567890123456789012345678901234567890123"


def answer(bench, sending, body=b"{}", status=200):
    bench.cloud.posts.answered(sending.post_id, PostAnswer(status, body), bench.now)


# The envelope --------------------------------------------------------------------------------------------------------------


def test_the_published_vector_of_the_envelope_matches():
    encrypted = "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA=="
    assert signature("123456", "1614767836", "A7Co0cJLMzIDtMMI", encrypted) == "9a95a004dd16f5c307e849b994173f76aa26e5eb"
    assert unseal(encrypted, aes_key_of(AES_KEY)) == ("success", "dingsnotzck6pm5veliw")


@pytest.mark.parametrize("message", ["", "success", "温度过高" * 40])
def test_what_is_sealed_is_unsealed(message):
    key = aes_key_of(AES_KEY)
    assert unseal(seal(message, "dingapp", key, b"0123456789abcdef"), key) == (message, "dingapp")


@pytest.mark.parametrize("text", ["", "not base64!", "AAAA", "A" * 64])
def test_what_is_no_envelope_is_refused(text):
    with pytest.raises(EnvelopeError):
        unseal(text, aes_key_of(AES_KEY))


# Card actions --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def card_bench(bench):
    body = {"callbackRouteKey": "andon", "callbackUrl": "https://gw.example/card", "apiSecret": "example-secret"}
    assert bench.api(REGISTER, body).json["result"] == {"callbackUrl": "https://gw.example/card", "apiSecret": "example-secret"}
    bench.raise_card(callbackType="HTTP", callbackRouteKey="andon")
    return bench


def test_a_press_is_posted_with_the_documented_signature(card_bench):
    card_bench.cloud.press("lead", "card-1", "acknowledge", now_us=card_bench.now)
    (sending,) = card_bench.cloud.posts.take()
    assert sending.url == "https://gw.example/card"
    assert sending.headers["x-ddpaas-signature-timestamp"] == "1700000000000"
    assert sending.headers["x-ddpaas-signature"] == "I85VWQbGCqbDkjEb7rsCEkTKI9QSL3wzLms54MiwXlg="
    assert json.loads(sending.body)["userId"] == "lead"


def test_the_answer_to_a_press_changes_the_card(card_bench):
    press = card_bench.cloud.press("lead", "card-1", "acknowledge", now_us=card_bench.now)
    (sending,) = card_bench.cloud.posts.take()
    changes = {"cardUpdateOptions": {"updateCardDataByKey": True}, "cardData": {"cardParamMap": {"state": "acknowledged"}}}
    answer(card_bench, sending, json.dumps(changes).encode())
    assert press.status == "answered"
    assert card_bench.cloud.cards.find("card-1").params["state"] == "acknowledged"


def test_an_answer_after_two_seconds_is_none(card_bench):
    press = card_bench.cloud.press("lead", "card-1", "acknowledge", now_us=card_bench.now)
    (sending,) = card_bench.cloud.posts.take()
    card_bench.advance(2)
    assert press.status == "no_answer"
    answer(card_bench, sending, b'{"cardData":{"cardParamMap":{"state":"acknowledged"}}}')
    assert card_bench.effects("callback") == [Effect.LATE_ANSWER_IGNORED]
    assert card_bench.cloud.cards.find("card-1").params["state"] == "unacknowledged"


@pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (200, b"hello")])
def test_a_failure_shows_on_the_phone(card_bench, status, body):
    press = card_bench.cloud.press("lead", "card-1", "acknowledge", now_us=card_bench.now)
    answer(card_bench, card_bench.cloud.posts.take()[0], body, status)
    assert press.status == "no_answer"


def test_a_route_is_registered_once_unless_forced(card_bench):
    body = {"callbackRouteKey": "andon", "callbackUrl": "https://other.example"}
    refused = card_bench.api(REGISTER, body)
    assert (refused.status, refused.json["code"]) == (500, "param.callbackRouteKeyExist")
    assert card_bench.api(REGISTER, body | {"forceUpdate": True}).status == 200
    assert card_bench.api(REGISTER, {"callbackUrl": "https://x.example"}).json["code"] == "param.callbackRouteKeyEmpty"
    assert card_bench.api(REGISTER, {"callbackRouteKey": "k"}).json["code"] == "param.callbackUrlEmpty"


def test_a_press_on_a_card_without_a_route_reaches_nobody(bench):
    bench.raise_card(callbackType="HTTP", callbackRouteKey="none")
    assert bench.cloud.press("lead", "card-1", "acknowledge", now_us=bench.now).status == "no_answer"
    assert bench.cloud.posts.take() == []


# Messages ------------------------------------------------------------------------------------------------------------------


def test_a_message_is_posted_signed_and_its_answer_is_shown(bench_of):
    bench = bench_of(client_secret="app-secret-1", message_url="https://gw.example/robot")
    bench.cloud.say("lead", "", "status", bench.now)
    (sending,) = bench.cloud.posts.take()
    assert sending.headers["sign"] == "m+z+mEC1i0Yjl/Aw0bx4oW/d2N2yJVwOXC0dBmBAufA="
    assert json.loads(sending.body)["text"] == {"content": "status"}
    answer(bench, sending, b'{"msgtype":"text","text":{"content":"all is well"}}')
    assert bench.texts("lead", robot_conversation_id("lead")) == ["status", "all is well"]


def test_an_empty_answer_stays_silent(bench_of):
    bench = bench_of(message_url="https://gw.example/robot")
    bench.cloud.say("lead", "", "status", bench.now)
    answer(bench, bench.cloud.posts.take()[0], b'{"msgtype":"empty"}')
    assert bench.texts("lead", robot_conversation_id("lead")) == ["status"]


# Events --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def event_bench(bench):
    bench.cloud.callbacks.event_callback = EventCallback("https://gw.example/events", "123456", AES_KEY)
    return bench


def success(owner="dingapp", word="success"):
    encrypted = seal(word, owner, aes_key_of(AES_KEY), b"0123456789abcdef")
    signed = signature("123456", "1", "n", encrypted)
    return json.dumps({"msg_signature": signed, "timeStamp": "1", "nonce": "n", "encrypt": encrypted}).encode()


def test_an_event_is_encrypted_and_signed(event_bench):
    event_bench.cloud.people.leave("fitter", event_bench.now)
    (sending,) = event_bench.cloud.posts.take()
    encrypted = json.loads(sending.body)["encrypt"]
    assert sending.query["msg_signature"] == signature("123456", sending.query["timestamp"], sending.query["nonce"], encrypted)
    message, owner = unseal(encrypted, aes_key_of(AES_KEY))
    fields = json.loads(message)
    assert (owner, fields["EventType"], fields["CorpId"], fields["userId"]) == (
        "dingapp",
        "user_leave_org",
        "dingcorp",
        ["fitter"],
    )


def test_an_event_answered_by_success_is_done(event_bench):
    event_bench.cloud.people.leave("fitter", event_bench.now)
    answer(event_bench, event_bench.cloud.posts.take()[0], success())
    event_bench.advance(60)
    assert event_bench.cloud.posts.take() == []
    assert list(event_bench.cloud.events.failed) == []


@pytest.mark.parametrize("body", [b"success", success(owner="other"), success(word="ok"), b'{"encrypt":"AAAA"}'])
def test_anything_else_is_a_failure_and_the_event_comes_again(event_bench, body):
    event_bench.cloud.people.leave("fitter", event_bench.now)
    ids = []
    for wait_s in (10, 30, 30):
        (sending,) = event_bench.cloud.posts.take()
        ids.append(json.loads(unseal(json.loads(sending.body)["encrypt"], aes_key_of(AES_KEY))[0])["eventId"])
        answer(event_bench, sending, body)
        event_bench.advance(wait_s)
    assert event_bench.cloud.posts.take() == []
    assert len(set(ids)) == 1, "the same event"
    assert [each["callBackTag"] for each in event_bench.cloud.events.failed] == ["user_leave_org"]


def test_an_app_that_cannot_be_reached_is_tried_again(event_bench):
    event_bench.cloud.people.leave("fitter", event_bench.now)
    (sending,) = event_bench.cloud.posts.take()
    event_bench.cloud.posts.answered(sending.post_id, None, event_bench.now)
    assert event_bench.cloud.next_due() == event_bench.now + 10_000_000
    event_bench.advance(10)
    assert len(event_bench.cloud.posts.take()) == 1


def test_an_answer_that_comes_while_the_event_waits_for_its_next_sending_is_none(event_bench):
    event_bench.cloud.people.leave("fitter", event_bench.now)
    (first,) = event_bench.cloud.posts.take()
    event_bench.advance(3)
    answer(event_bench, first, success())
    assert event_bench.effects("callback") == [Effect.LATE_ANSWER_IGNORED]
    event_bench.advance(7)
    assert len(event_bench.cloud.posts.take()) == 1, "it is sent again all the same"


def test_while_the_way_is_cut_nothing_reaches_the_app_and_an_event_comes_later(event_bench):
    event_bench.cloud.cut(event_bench.now)
    event_bench.cloud.people.leave("fitter", event_bench.now)
    assert event_bench.cloud.posts.take() == []
    event_bench.cloud.mend(event_bench.now)
    event_bench.advance(10)
    assert len(event_bench.cloud.posts.take()) == 1
