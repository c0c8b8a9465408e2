"""The signature of a group webhook robot in the mode "signature" (加签): pure, the time comes in.

`sign` goes into the query beside `timestamp`, percent-encoded by whoever builds the address. DingTalk compares the time stamp
with its own clock and allows one hour (dingtalk-api 2.1).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from email.utils import parsedate_to_datetime

from edge.model.moment import MILLISECOND, Moment


def sign(timestamp_ms: int, secret: str) -> str:
    """HMAC-SHA256 of time stamp, line feed and secret, keyed by the secret; Base64 with padding."""
    message = f"{timestamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).decode("ascii")


def webhook_query(token: str, secret: str | None, wall: Moment) -> dict[str, str]:
    """The query of one webhook call. secret: None when the robot has no signature mode. wall: what the wall clock says."""
    if secret is None:
        return {"access_token": token}
    timestamp_ms = wall // MILLISECOND
    return {"access_token": token, "timestamp": str(timestamp_ms), "sign": sign(timestamp_ms, secret)}


def server_wall(date: str | None) -> Moment | None:
    """The server's wall clock by the `Date` header of its answer, to the second; None when there is no such header."""
    if date is None:
        return None
    try:
        return int(parsedate_to_datetime(date).timestamp()) * 1_000_000
    except (ValueError, TypeError):
        return None
