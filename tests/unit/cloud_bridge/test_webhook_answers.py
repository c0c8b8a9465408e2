"""What a webhook signs, and what the receiver's answers mean."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from cloud_bridge.webhook.answers import MENDING_AFTER_S, RETRY_AFTER_MAX_S, Halve, judge_answer
from cloud_bridge.webhook.signature import key_of, request_id, sign, signed_headers
from edge.model.intent import Delivered, Refused, Retry
from edge.model.moment import SECOND, from_iso

WALL = from_iso("2026-05-04T00:00:00Z")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_2xx_is_delivered(status: int) -> None:
    assert judge_answer(status, {}, WALL) == Delivered(f"HTTP {status}")


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(status: int) -> None:
    assert isinstance(judge_answer(status, {}, WALL), Retry)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_waits_for_somebody_to_mend_the_address(status: int) -> None:
    answer = judge_answer(status, {"location": "http://169.254.169.254/"}, WALL)
    assert isinstance(answer, Retry)
    assert answer.after_s >= 60


@pytest.mark.parametrize("status", [100, 101, 199, 401, 403, 404, 405, 407, 410, 415, 451])
def test_what_is_about_no_event_waits_for_somebody_to_mend_it(status: int) -> None:
    answer = judge_answer(status, {"retry-after": "1"}, WALL)
    assert isinstance(answer, Retry)
    assert answer.after_s == MENDING_AFTER_S


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_one_event_may_be_to_blame_for_is_halved(status: int) -> None:
    answer = judge_answer(status, {}, WALL)
    assert isinstance(answer, Halve)
    assert isinstance(answer.otherwise, Refused)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("99999999", RETRY_AFTER_MAX_S),
        ("9" * 400, RETRY_AFTER_MAX_S),
        ("9" * 5_000, RETRY_AFTER_MAX_S),
        ("²", 0.0),
        ("Mon, 04 May 2026 00:01:00 GMT", 60.0),
        ("Mon, 04 May 2020 00:01:00 GMT", 0.0),
        ("soon", 0.0),
        ("Mon, 99 May 99999 00:01:00 GMT", 0.0),
    ],
)
def test_retry_after_is_kept_to_within_reason(header: str, seconds: float) -> None:
    answer = judge_answer(503, {"retry-after": header}, WALL)
    assert isinstance(answer, Retry)
    assert answer.after_s == seconds


def test_the_signature_is_that_of_the_published_example() -> None:
    """The example of the specification's reference libraries."""
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_verifies_it_as_the_readme_shows() -> None:
    body = b'{"events":[]}'
    headers = signed_headers(b"secret", "evt_1", WALL, body)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"secret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(WALL // SECOND)
    assert headers["Idempotency-Key"] == headers["webhook-id"]


def test_a_request_of_the_same_events_has_the_same_key() -> None:
    assert request_id(["a", "b"]) == request_id(["a", "b"])
    assert len({request_id(["a", "b"]), request_id(["b", "a"]), request_id(["a"]), request_id(["b"])}) == 4


@pytest.mark.parametrize("secret", ["whsec_", "plain text", "whsec"])
def test_any_text_may_be_a_secret(secret: str) -> None:
    assert isinstance(key_of(secret), bytes)


def test_a_secret_that_says_base64_and_is_none_is_said_to_be_wrong() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        key_of("whsec_***")
