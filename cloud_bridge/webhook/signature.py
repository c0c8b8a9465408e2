"""The signature of a webhook request, after the Standard Webhooks specification (standardwebhooks.com): receivers can use its
libraries. Pure, the time comes in.

    webhook-id         the key of the request: equal for a repeat of the same events
    webhook-timestamp  seconds since 1970 by our wall clock; receivers refuse what is minutes off, which is what ends replays
    webhook-signature  `v1,` and the Base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

from edge.model.moment import SECOND, Moment

#: Secrets of the specification's form are Base64 behind this; any other secret is used as it is.
_PREFIX = "whsec_"


def request_id(event_ids: Sequence[str]) -> str:
    """Of a request with these events: the same events in the same order have the same."""
    return "evt_" + hashlib.sha256("\n".join(event_ids).encode("utf-8", "replace")).hexdigest()[:40]


def key_of(secret: str) -> bytes:
    """The bytes that a secret stands for. Raises ValueError for `whsec_` with no Base64 behind it."""
    if not secret.startswith(_PREFIX):
        return secret.encode("utf-8")
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a secret that begins with whsec_ must go on in Base64") from None


def sign(key: bytes, message_id: str, timestamp_s: int, body: bytes) -> str:
    signed = b".".join((message_id.encode(), str(timestamp_s).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode("ascii")


def signed_headers(key: bytes | None, message_id: str, wall: Moment, body: bytes) -> dict[str, str]:
    """The headers of one attempt. key: None when the receiver wants no signature. wall: what the wall clock says."""
    timestamp_s = wall // SECOND
    headers = {"Idempotency-Key": message_id, "webhook-id": message_id, "webhook-timestamp": str(timestamp_s)}
    if key is not None:
        headers["webhook-signature"] = sign(key, message_id, timestamp_s, body)
    return headers
