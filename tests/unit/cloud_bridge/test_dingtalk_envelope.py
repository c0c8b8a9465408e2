"""Signatures and encryption of HTTP callbacks, against the published vectors; whoever has no key gets nothing in."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_bridge.dingtalk.envelope import (
    WINDOW,
    Seal,
    Unfit,
    card_signature,
    check_card,
    check_robot,
    event_signature,
    open_event,
    seal_answer,
    seal_of,
)
from cloud_bridge.dingtalk.signature import sign
from edge.model.moment import SECOND

#: dingtalk-api 14: token, key, time, nonce and text as published.
KEY = "1234567890123456789012345678901234567890123"
ENCRYPTED = "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA=="
QUERY = {"msg_signature": "9a95a004dd16f5c307e849b994173f76aa26e5eb", "timestamp": "1614767836", "nonce": "A7Co0cJLMzIDtMMI"}
THEN = 1_614_767_836 * SECOND


def published() -> Seal:
    seal = seal_of("123456", KEY, "dingsnotzck6pm5veliw")
    assert seal is not None
    return seal


def test_the_published_event_is_read() -> None:
    assert event_signature("123456", QUERY["timestamp"], QUERY["nonce"], ENCRYPTED) == QUERY["msg_signature"]
    assert open_event(QUERY, ENCRYPTED, published(), THEN) == "success"


def test_the_vectors_of_card_and_robot() -> None:
    assert card_signature("1700000000000", "example-secret") == "I85VWQbGCqbDkjEb7rsCEkTKI9QSL3wzLms54MiwXlg="
    assert sign(1_700_000_000_000, "app-secret-1") == "m+z+mEC1i0Yjl/Aw0bx4oW/d2N2yJVwOXC0dBmBAufA="


@pytest.mark.parametrize("offset", [-WINDOW - SECOND, WINDOW + SECOND])
def test_what_is_too_old_or_of_the_future_is_not_believed(offset: int) -> None:
    assert open_event(QUERY, ENCRYPTED, published(), THEN + offset) is Unfit.TOO_OLD
    stamp = "1700000000000"
    now = 1_700_000_000 * SECOND + offset
    card = {"x-ddpaas-signature-timestamp": stamp, "x-ddpaas-signature": card_signature(stamp, "s")}
    assert check_card(card, "s", now) is Unfit.TOO_OLD
    assert check_card(card, "s", now - offset) is None
    robot = {"timestamp": stamp, "sign": sign(int(stamp), "s")}
    assert check_robot(robot, "s", now) is Unfit.TOO_OLD
    assert check_robot(robot, "s", now - offset) is None


def test_what_is_unsigned_or_signed_by_another_is_not_believed() -> None:
    assert check_card({}, "s", 0) is Unfit.UNSIGNED
    assert check_robot({"timestamp": "x", "sign": "y"}, "s", 0) is Unfit.WRONG_SIGNATURE
    stamp = "1700000000000"
    card = {"x-ddpaas-signature-timestamp": stamp, "x-ddpaas-signature": card_signature(stamp, "other")}
    assert check_card(card, "s", 1_700_000_000 * SECOND) is Unfit.WRONG_SIGNATURE
    assert open_event({**QUERY, "nonce": "other"}, ENCRYPTED, published(), THEN) is Unfit.WRONG_SIGNATURE


def test_an_event_for_another_application_is_not_ours() -> None:
    seal = published()
    assert open_event(QUERY, ENCRYPTED, Seal(seal.token, seal.key, "dingother"), THEN) is Unfit.OTHER_OWNER


@pytest.mark.parametrize("key", ["", "short", "!" * 43, KEY + "4"])
def test_a_key_that_is_none_is_none(key: str) -> None:
    assert seal_of("t", key, "o") is None


@given(st.text(max_size=200), st.binary(min_size=16, max_size=16), st.text(alphabet="abc123", min_size=1, max_size=16))
def test_what_is_sealed_is_opened_as_it_was(text: str, head: bytes, nonce: str) -> None:
    seal = published()
    answer = seal_answer(text, seal, timestamp="1614767836", nonce=nonce, head=head)
    query = {"msg_signature": answer["msg_signature"], "timestamp": answer["timeStamp"], "nonce": answer["nonce"]}
    assert open_event(query, answer["encrypt"], seal, THEN) == text


@given(st.binary(max_size=200))
def test_whatever_is_signed_and_no_message_is_unreadable(raw: bytes) -> None:
    seal, encrypted = published(), base64.b64encode(raw).decode()
    query = {
        "msg_signature": event_signature(seal.token, "1614767836", "n", encrypted),
        "timestamp": "1614767836",
        "nonce": "n",
    }
    assert open_event(query, encrypted, seal, THEN) in (Unfit.UNREADABLE, Unfit.OTHER_OWNER)
