"""An event as a post to the app: encrypted, signed, and acknowledged by an encrypted `success` (reference 14)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from simulators.dingtalk.calls import parse_object, text_of
from simulators.dingtalk.envelope import EnvelopeError, aes_key_of, seal, signature, unseal
from simulators.dingtalk.organisation import EventCallback
from simulators.dingtalk.posts import Post, PostAnswer
from simulators.dingtalk.wire import SECOND_US, Chance, encode, new_id

HTTP_OK = 200
#: How long after each sending an event is sent again.
AGAIN_US = (10 * SECOND_US, 30 * SECOND_US)


def event_post(
    callback: EventCallback,
    owner: str,
    fields: Mapping[str, Any],
    within_us: int,
    on_failed: Callable[[], None],
    cost: Mapping[str, int],
    chance: Chance,
) -> Post:
    """owner: the key in the envelope. fields: all of the event, with its type and id."""
    key = aes_key_of(callback.aes_key)

    def make(at_us: int) -> tuple[Mapping[str, str], Mapping[str, str], bytes]:
        timestamp, nonce = str(at_us // 1_000), new_id(chance)[:8]
        salt = chance.getrandbits(128).to_bytes(16, "big")
        encrypted = seal(json.dumps(fields, ensure_ascii=False), owner, key, salt)
        signed = signature(callback.token, timestamp, nonce, encrypted)
        query = {"msg_signature": signed, "signature": signed, "timestamp": timestamp, "nonce": nonce}
        return query, {"content-type": "application/json; charset=utf-8"}, encode({"encrypt": encrypted})

    return Post(
        new_id(chance),
        f"event {fields['EventType']}",
        str(fields["eventId"]),
        callback.url,
        make,
        within_us,
        AGAIN_US,
        lambda answer: _says_success(answer, callback.token, key, owner),
        lambda answer, _at_us: None if answer else on_failed(),
        cost,
    )


def _says_success(answer: PostAnswer, token: str, key: bytes, owner: str) -> bool:
    """Signed, encrypted for this owner, and the word `success`: anything else is a failure."""
    body = parse_object(answer.body) if answer.status == HTTP_OK else None
    if body is None:
        return False
    encrypted = text_of(body, "encrypt")
    wanted = signature(token, str(body.get("timeStamp", "")), text_of(body, "nonce"), encrypted)
    try:
        return text_of(body, "msg_signature") == wanted and unseal(encrypted, key) == ("success", owner)
    except EnvelopeError:
        return False
