"""A press: the callback, the answer within two seconds, and what the phone shows otherwise (reference 6.5)."""

from __future__ import annotations

import json

import pytest

from simulators.dingtalk.frames import Topic
from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.presses import Hindrance, PersonError, PressStatus

ACKNOWLEDGED = {
    "cardUpdateOptions": {"updateCardDataByKey": True},
    "cardData": {"cardParamMap": {"state": "acknowledged", "state_text": "Lead has it"}},
}


@pytest.fixture
def raised(bench):
    """A bench with a card on the phones of the group, and an app connected."""
    bench.raise_card()
    bench.connection = bench.connect()
    return bench


def pressed(bench, user_id="lead", action="acknowledge", params=None, **options):
    press = bench.cloud.press(user_id, "card-1", action, params, now_us=bench.now, **options)
    (frame,) = [json.loads(text) for text in bench.connection.take()] or [None]
    return press, frame


def shown(bench, user_id="lead"):
    card = bench.cloud.phone(user_id).card("card-1")
    return card.params.get("state"), card.press.status if card.press else None


def test_a_press_reaches_the_app_with_texts_inside_texts(raised):
    _, frame = pressed(raised, action="shelve", params={"choice": "parts"})
    data = json.loads(frame["data"])
    content = json.loads(data.pop("content"))
    assert (frame["type"], frame["headers"]["topic"]) == ("CALLBACK", "/v1.0/card/instances/callback")
    assert data == {
        "type": "actionCallback",
        "outTrackId": "card-1",
        "corpId": "dingcorp",
        "userId": "lead",
        "userIdType": 1,
        "spaceType": "IM",
        "spaceId": raised.group,
        "extension": "{}",
    }
    assert content == {"cardPrivateData": {"actionIds": ["shelve"], "params": {"action": "shelve", "choice": "parts"}}}


def test_an_answer_within_two_seconds_changes_the_card_for_all(raised):
    _, frame = pressed(raised)
    assert shown(raised) == ("unacknowledged", PressStatus.WAITING)
    raised.advance(1.999)
    raised.answer(raised.connection, frame, ACKNOWLEDGED)
    assert shown(raised) == ("acknowledged", PressStatus.ANSWERED)
    assert shown(raised, "fitter") == ("acknowledged", None)
    assert raised.cloud.phone("lead").card("card-1").params["headline"] == "HIGH bearing 86 C"


def test_an_answer_after_two_seconds_is_ignored_and_the_person_sees_a_failure(raised):
    press, frame = pressed(raised)
    raised.advance(2)
    assert shown(raised) == ("unacknowledged", PressStatus.NO_ANSWER)
    raised.answer(raised.connection, frame, ACKNOWLEDGED)
    assert shown(raised) == ("unacknowledged", PressStatus.NO_ANSWER)
    assert press.why == "not answered in time"
    assert raised.effects("acknowledgement") == [Effect.LATE_ANSWER_IGNORED]


def test_a_late_answer_finds_the_door_shut_even_if_nobody_ticked(raised):
    _, frame = pressed(raised)
    raised.now += 2_000_000
    raised.answer(raised.connection, frame, ACKNOWLEDGED)
    assert shown(raised) == ("unacknowledged", PressStatus.NO_ANSWER)


def test_a_press_while_nobody_is_connected_fails_at_once_and_is_not_kept(raised):
    raised.connection.close(raised.now)
    raised.cloud.press("lead", "card-1", "acknowledge", now_us=raised.now)
    assert shown(raised) == ("unacknowledged", PressStatus.NO_ANSWER)
    raised.connection = raised.connect()
    raised.advance(10)
    assert raised.connection.take() == []


@pytest.mark.parametrize("code", [400, 404, 500])
def test_a_code_other_than_200_is_a_failure(raised, code):
    press, frame = pressed(raised)
    raised.answer(raised.connection, frame, ACKNOWLEDGED, code=code)
    assert shown(raised) == ("unacknowledged", PressStatus.FAILED)
    assert str(code) in press.why


def test_data_that_is_an_object_instead_of_a_text_is_a_failure(raised):
    _, frame = pressed(raised)
    ack = {"code": 200, "headers": {"messageId": frame["headers"]["messageId"]}, "data": {"response": ACKNOWLEDGED}}
    raised.connection.receive(json.dumps(ack), raised.now)
    assert shown(raised) == ("unacknowledged", PressStatus.FAILED)


@pytest.mark.parametrize("response", [None, {}, {"cardData": {"cardParamMap": {}}}])
def test_an_empty_answer_is_valid_and_changes_nothing(raised, response):
    _, frame = pressed(raised)
    before = raised.cloud.phone("lead").card("card-1").params
    raised.answer(raised.connection, frame, response)
    assert shown(raised) == ("unacknowledged", PressStatus.ANSWERED)
    assert raised.cloud.phone("lead").card("card-1").params == before


def test_an_answer_without_by_key_overwrites(raised):
    _, frame = pressed(raised)
    raised.answer(raised.connection, frame, {"cardData": {"cardParamMap": {"state": "acknowledged"}}})
    assert raised.cloud.phone("lead").card("card-1").params == {"state": "acknowledged"}


def test_user_private_data_is_for_who_pressed(raised):
    _, frame = pressed(raised)
    raised.answer(raised.connection, frame, {"userPrivateData": {"cardParamMap": {"footer": "you did it"}}})
    assert raised.cloud.phone("lead").card("card-1").params["footer"] == "you did it"
    assert "footer" not in raised.cloud.phone("fitter").card("card-1").params


def test_an_answer_with_a_value_that_is_too_long_is_a_failure_and_changes_nothing(raised):
    _, frame = pressed(raised)
    raised.answer(raised.connection, frame, {"cardData": {"cardParamMap": {"footer": "x" * 1025}}})
    assert shown(raised) == ("unacknowledged", PressStatus.FAILED)


def test_two_people_may_press_the_same_button_and_each_is_answered(raised):
    _, first = pressed(raised, "lead")
    _, second = pressed(raised, "fitter")
    raised.answer(raised.connection, first, ACKNOWLEDGED)
    raised.answer(raised.connection, second, {})
    assert shown(raised, "lead") == shown(raised, "fitter") == ("acknowledged", PressStatus.ANSWERED)


def test_a_press_delivered_twice_is_answered_once(raised):
    raised.cloud.duplicate_next(raised.now)
    raised.cloud.press("lead", "card-1", "acknowledge", now_us=raised.now)
    first, second = (json.loads(text) for text in raised.connection.take())
    raised.answer(raised.connection, first, ACKNOWLEDGED)
    raised.answer(raised.connection, second, {"cardData": {"cardParamMap": {"state": "shelved"}}})
    assert shown(raised) == ("acknowledged", PressStatus.ANSWERED)


def test_a_card_without_callback_type_is_noted_when_it_is_created(bench):
    bench.raise_card(callbackType="")
    notes = [note for entry in bench.cloud.ledger for note in entry.notes]
    assert "no callbackType, or HTTP without a callbackRouteKey: presses reach nobody here" in notes
    bench.connection = bench.connect()
    bench.cloud.press("lead", "card-1", "acknowledge", now_us=bench.now)
    assert bench.connection.take() == []
    assert shown(bench)[1] is PressStatus.NO_ANSWER


@pytest.mark.parametrize(
    ("user_id", "out_track_id", "action", "params", "hindrance"),
    [
        ("nobody", "card-1", "acknowledge", {}, Hindrance.NO_SUCH_PERSON),
        ("lead", "card-9", "acknowledge", {}, Hindrance.NO_SUCH_CARD),
        ("engineer", "card-1", "acknowledge", {}, Hindrance.NOT_ON_THIS_PHONE),
        ("lead", "card-1", "explode", {}, Hindrance.NO_SUCH_BUTTON),
        ("lead", "card-1", "shelve", {}, Hindrance.NO_SUCH_CHOICE),
        ("lead", "card-1", "shelve", {"choice": "boredom"}, Hindrance.NO_SUCH_CHOICE),
    ],
)
def test_a_person_can_only_press_what_the_phone_shows(raised, *, user_id, out_track_id, action, params, hindrance):
    with pytest.raises(PersonError) as refused:
        raised.cloud.press(user_id, out_track_id, action, params, now_us=raised.now)
    assert refused.value.hindrance is hindrance
    assert raised.connection.take() == []


def test_a_phone_that_still_shows_the_older_card_can_press_what_is_gone(raised):
    options = {"updateCardDataByKey": True}
    body = {"outTrackId": "card-1", "cardData": {"cardParamMap": {"buttons": "[]"}}, "cardUpdateOptions": options}
    raised.api("v1.0/card/instances", body, method="PUT")
    with pytest.raises(PersonError):
        raised.cloud.press("lead", "card-1", "acknowledge", now_us=raised.now)
    _, frame = pressed(raised, stale=True)
    assert json.loads(frame["data"])["outTrackId"] == "card-1"


def test_an_app_in_memory_may_answer_within_the_call_that_presses(raised):
    connection = raised.connection

    def answer_at_once() -> None:
        for text in connection.take():
            raised.answer(connection, json.loads(text), ACKNOWLEDGED)

    connection.on_frame = answer_at_once
    press = raised.cloud.press("lead", "card-1", "acknowledge", now_us=raised.now)
    assert press.status is PressStatus.ANSWERED
    names = [Topic.CARD_ACTION] * 2
    story = [(entry.name, entry.effect) for entry in raised.cloud.ledger][-4:]
    assert story == [
        ("press", Effect.PRESS),
        (names[0], Effect.PUSHED),
        (names[1], Effect.ANSWER),
        ("answer", Effect.CARD_UPDATED),
    ]


@pytest.mark.parametrize(
    ("user_id", "conversation_id", "text", "hindrance"),
    [
        ("nobody", "", "hello", Hindrance.NO_SUCH_PERSON),
        ("engineer", "cidShiftA==", "hello", Hindrance.NO_SUCH_CONVERSATION),
        ("lead", "cidNowhere==", "hello", Hindrance.NO_SUCH_CONVERSATION),
        ("lead", "", "  ", Hindrance.NOTHING_SAID),
    ],
)
def test_a_person_can_only_write_where_the_person_is(bench, user_id, conversation_id, text, hindrance):
    with pytest.raises(PersonError) as refused:
        bench.cloud.say(user_id, conversation_id, text, bench.now)
    assert refused.value.hindrance is hindrance
