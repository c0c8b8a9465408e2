"""The group webhook robot: signature, words, limits, repeats, and every message type (reference 2)."""

from __future__ import annotations

from urllib.parse import quote_plus

import pytest

from simulators.dingtalk.ledger import Effect
from simulators.dingtalk.webhook import sign
from simulators.dingtalk.wire import Host

TEXT = {"msgtype": "text", "text": {"content": "alarm: bearing hot"}}
TIMESTAMP = "1700000000000"


def worded(bench, body=TEXT, **query):
    """A call to the robot without a signature mode; its text must contain "alarm"."""
    return bench.oapi("robot/send", body, access_token="worded", **query).json


def signed(bench, *, timestamp=TIMESTAMP, signature=None):
    signature = sign(timestamp, "SECdeadbeef") if signature is None else signature
    return bench.oapi("robot/send", TEXT, access_token="signed", timestamp=timestamp, sign=signature).json


def test_the_signature_is_the_one_of_the_reference_vector():
    signature = sign(TIMESTAMP, "SECdeadbeef")
    assert signature == "NCJLKINTABhx3SnC+ENZIPZzT1H3juvunEn/A3cdKGY="
    assert quote_plus(signature) == "NCJLKINTABhx3SnC%2BENZIPZzT1H3juvunEn%2FA3cdKGY%3D"


def test_a_signed_message_is_shown_to_the_members_of_the_group(bench):
    assert signed(bench) == {"errcode": 0, "errmsg": "ok"}
    assert bench.texts("lead") == bench.texts("fitter") == ["alarm: bearing hot"]
    assert bench.cloud.phone("engineer").chat(bench.group) is None


@pytest.mark.parametrize(
    ("timestamp", "signature", "phrase"),
    [
        (TIMESTAMP, "", "sign not match"),
        (TIMESTAMP, sign("1700000000001", "SECdeadbeef"), "sign not match"),
        (TIMESTAMP, sign(TIMESTAMP, "SECdeadbeef").replace("+", " "), "sign not match"),
        ("", None, "invalid timestamp"),
        ("yesterday", None, "invalid timestamp"),
        ("1700000000", None, "invalid timestamp"),
        ("1699996399999", None, "invalid timestamp"),
        ("1700003600001", None, "invalid timestamp"),
    ],
)
def test_a_bad_signature_or_clock_is_errcode_310000(bench, timestamp, signature, phrase):
    answer = signed(bench, timestamp=timestamp, signature=signature)
    assert answer["errcode"] == 310000
    assert phrase in answer["errmsg"]
    assert bench.texts("lead") == []


def test_a_clock_that_is_an_hour_off_just_passes(bench):
    assert signed(bench, timestamp="1699996400000")["errcode"] == 0
    assert signed(bench, timestamp="1700003600000")["errcode"] == 0


def test_a_text_without_a_keyword_is_refused_in_either_generation_of_wording(bench_with):
    silent = {"msgtype": "text", "text": {"content": "hello"}}
    bare = worded(bench_with(webhook_security_wording="bare"), silent)
    described = worded(bench_with(webhook_security_wording="described"), silent)
    assert bare["errcode"] == described["errcode"] == 310000
    assert bare["errmsg"] == "keywords not in content"
    assert described["errmsg"].startswith("description:keywords not in content;solution:")


@pytest.mark.parametrize(
    ("query", "body", "errcode"),
    [
        ({}, TEXT, 40035),
        ({"access_token": "stranger"}, TEXT, 400101),
        ({"access_token": "gone"}, TEXT, 400013),
        ({"access_token": "disabled"}, TEXT, 400102),
        ({"access_token": "worded"}, b"alarm", 40035),
        ({"access_token": "worded"}, {"msgtype": "image"}, 400105),
        ({"access_token": "worded"}, {}, 400105),
        ({"access_token": "worded"}, {"msgtype": "text", "text": {}}, 40035),
        ({"access_token": "worded"}, {"msgtype": "text", "text": "alarm"}, 40035),
        ({"access_token": "worded"}, {"msgtype": "markdown", "markdown": {"text": "alarm"}}, 40035),
        ({"access_token": "worded"}, {"msgtype": "actionCard", "actionCard": {"title": "alarm", "text": "x"}}, 40035),
        ({"access_token": "worded"}, {"msgtype": "feedCard", "feedCard": {"links": []}}, 40035),
        ({"access_token": "worded"}, {"msgtype": "text", "text": {"content": "alarm" + "温" * 6_700}}, 460101),
    ],
)
def test_a_call_that_makes_no_sense_has_its_errcode_and_shows_nothing(bench, query, body, errcode):
    reply = bench.oapi("robot/send", body, **query)
    assert (reply.status, reply.json["errcode"]) == (200, errcode)
    assert bench.cloud.phone("lead").unread == 0


def test_the_code_of_an_unknown_token_and_of_too_fast_are_selectable(bench_with):
    bench = bench_with(webhook_unknown_token_code=300005, webhook_too_fast_code=660026, webhook_per_minute=1)
    assert bench.oapi("robot/send", TEXT, access_token="stranger").json["errcode"] == 300005
    assert [worded(bench)["errcode"] for _ in range(2)] == [0, 660026]


def test_a_body_that_is_not_declared_as_json_is_errcode_43004(bench):
    reply = bench.send(
        Host.OAPI, "POST", "robot/send", TEXT, query={"access_token": "worded"}, headers={"content-type": "text/plain"}
    )
    assert reply.json["errcode"] == 43004


def test_bytes_are_counted_and_not_characters(bench):
    body = b'{"msgtype":"text","text":{"content":"alarm%s"}}'
    room = 20_000 - len(body) + 2
    assert worded(bench, body % (b"x" * room))["errcode"] == 0
    assert worded(bench, body % (b"x" * (room + 1)))["errcode"] == 460101


def test_the_twenty_first_message_of_a_minute_blocks_the_robot_for_ten_minutes(bench):
    assert [worded(bench)["errcode"] for _ in range(21)] == [0] * 20 + [130101]
    bench.advance(599)
    assert worded(bench)["errcode"] == 130101, "waiting the minute out is not enough"
    assert signed(bench)["errcode"] == 0, "another robot is not blocked"
    bench.advance(1)
    assert worded(bench)["errcode"] == 0


def test_a_robot_that_keeps_below_twenty_a_minute_is_never_blocked(bench):
    for _ in range(100):
        assert worded(bench)["errcode"] == 0
        bench.advance(3)


def test_a_repeated_msg_uuid_is_answered_like_the_first_and_shown_once(bench):
    body = TEXT | {"msgUuid": "alarm-1-raised"}
    assert worded(bench, body) == worded(bench, body) == {"errcode": 0, "errmsg": "ok"}
    assert bench.texts("lead", "cidOpen==") == ["alarm: bearing hot"]
    assert bench.effects("robot/send") == [Effect.MESSAGE_SHOWN, Effect.DUPLICATE_IGNORED]
    bench.advance(3600)
    worded(bench, body)
    assert len(bench.texts("lead", "cidOpen==")) == 2, "it is not remembered for ever"


def test_a_refused_message_does_not_use_its_msg_uuid_up(bench):
    body = {"msgtype": "text", "text": {"content": "no keyword"}, "msgUuid": "u1"}
    assert worded(bench, body)["errcode"] == 310000
    assert worded(bench, TEXT | {"msgUuid": "u1"})["errcode"] == 0
    assert bench.texts("lead", "cidOpen==") == ["alarm: bearing hot"]


def test_pushes_of_the_month_are_counted_and_refused_when_spent(bench_with):
    bench = bench_with(pushes_per_month=1)
    assert [worded(bench)["errcode"] for _ in range(2)] == [0, 90020]


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"msgtype": "markdown", "markdown": {"title": "alarm", "text": "**hot**"}}, "markdown", "alarm\n**hot**"),
        (
            {"msgtype": "link", "link": {"title": "alarm", "text": "hot", "messageUrl": "https://x.example"}},
            "link",
            "alarm\nhot",
        ),
        (
            {"msgtype": "actionCard", "actionCard": {"title": "alarm", "text": "t", "singleTitle": "Go", "singleURL": "u"}},
            "action_card",
            "alarm\nt",
        ),
        (
            {
                "msgtype": "actionCard",
                "actionCard": {"title": "alarm", "text": "t", "btns": [{"title": "A", "actionURL": "u"}]},
            },
            "action_card",
            "alarm\nt",
        ),
        (
            {"msgtype": "feedCard", "feedCard": {"links": [{"title": "alarm", "messageURL": "u", "picURL": "p"}]}},
            "feed_card",
            "",
        ),
    ],
)
def test_every_message_type_is_shown(bench, body, kind, words):
    assert worded(bench, body)["errcode"] == 0
    message = bench.cloud.phone("lead").chat("cidOpen==").messages[0]
    assert (message.kind, message.text) == (kind, words)


def test_a_single_title_hides_the_many_buttons(bench):
    card = {"title": "alarm", "text": "t", "singleTitle": "Go", "singleURL": "u", "btns": [{"title": "A", "actionURL": "a"}]}
    worded(bench, {"msgtype": "actionCard", "actionCard": card})
    assert bench.cloud.phone("lead").chat("cidOpen==").messages[0].content["buttons"] == [{"title": "Go", "url": "u"}]


def test_a_link_spelt_as_in_a_feed_card_is_refused(bench):
    body = {"msgtype": "link", "link": {"title": "alarm", "text": "t", "messageURL": "https://x.example"}}
    assert worded(bench, body)["errcode"] == 40035


@pytest.mark.parametrize(
    ("at", "text", "mentioned", "note"),
    [
        ({"atUserIds": ["lead"]}, "alarm @lead", ("lead",), None),
        ({"atMobiles": ["13800000001"]}, "alarm @13800000001", ("lead",), None),
        ({"isAtAll": True}, "alarm", ("lead", "engineer"), None),
        ({"atUserIds": ["lead"]}, "alarm", (), "at: the text does not contain @lead, nobody is highlighted"),
        ({"atUserIds": ["fitter"]}, "alarm @fitter", (), "at: fitter is not in the conversation"),
    ],
)
def test_a_mention_needs_membership_and_the_name_in_the_text(bench, at, text, mentioned, note):
    worded(bench, {"msgtype": "text", "text": {"content": text}, "at": at})
    assert bench.cloud.phone("lead").chat("cidOpen==").messages[0].mentions == mentioned
    notes = [note for entry in bench.cloud.ledger if entry.name == "robot/send" for note in entry.notes]
    assert notes == ([note] if note else [])
