"""Signatures and encryption of HTTP callbacks. Pure (dingtalk-api 3.6, 6.6, 14).

    card     x-ddpaas-signature = Base64 HMAC-SHA256, keyed by our secret, of x-ddpaas-signature-timestamp alone
    robot    sign = Base64 HMAC-SHA256, keyed by the app's secret, of timestamp, line feed and that secret
    event    msg_signature = hex SHA-1 of token, timestamp, nonce and encrypt in their sorted order; encrypt is AES-256-CBC, its
             vector half of the key: 16 random bytes, the length in 4 bytes, the message, the owner's key; padded to 32

The signatures of cards and robots do not cover the body: who has seen one request can send others in its name until its time is
over. So the window is narrow, and only TLS keeps them from being seen.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cloud_bridge.dingtalk.signature import sign
from edge.model.moment import MILLISECOND, MINUTE, Moment, Span

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

#: How far a time stamp may lie from our clock, either way: DingTalk's two repeats come within 40 s.
WINDOW: Span = 5 * MINUTE
KEY_CHARS = 43
_BLOCK = 32
_HEAD = 16
_LENGTH = 4


class Unfit(StrEnum):
    """Why a callback is not believed."""

    UNSIGNED = "unsigned"
    TOO_OLD = "too_old"
    """Or from the future: one of the clocks is wrong."""
    WRONG_SIGNATURE = "wrong_signature"
    UNREADABLE = "unreadable"
    OTHER_OWNER = "other_owner"
    """It is meant for another application."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What DingTalk and we know of events: its token, the 32 bytes of its key, and whose it is (the client id)."""

    token: str
    key: bytes
    owner: str


def seal_of(token: str, key: str, owner: str) -> Seal | None:
    """key: as the console shows it, 43 characters; None when it is none."""
    try:
        raw = base64.b64decode(key + "=", validate=True) if len(key) == KEY_CHARS else b""
    except binascii.Error:
        return None
    return Seal(token, raw, owner) if len(raw) == _BLOCK else None


def check_card(headers: Mapping[str, str], secret: str, wall: Moment) -> Unfit | None:
    """None: it is DingTalk's. headers: names in lower case."""
    stamp = headers.get("x-ddpaas-signature-timestamp", "")
    return _check(stamp, headers.get("x-ddpaas-signature", ""), card_signature(stamp, secret), wall)


def check_robot(headers: Mapping[str, str], secret: str, wall: Moment) -> Unfit | None:
    stamp = headers.get("timestamp", "")
    expected = sign(int(stamp), secret) if _is_stamp(stamp) else ""
    return _check(stamp, headers.get("sign", ""), expected, wall)


def open_event(query: Mapping[str, str], encrypted: str, seal: Seal, wall: Moment) -> str | Unfit:
    """The message of an event, or why it is not believed. Raises ImportError without the package `cryptography`."""
    stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    given = query.get("msg_signature") or query.get("signature", "")
    unfit = _check(stamp, given, event_signature(seal.token, stamp, nonce, encrypted), wall)
    return unfit or _decrypt(encrypted, seal)


def seal_answer(answer: str, seal: Seal, *, timestamp: str, nonce: str, head: bytes) -> dict[str, str]:
    """The reply to an event. head: 16 random bytes."""
    encrypted = _encrypt(answer, seal, head)
    signature = event_signature(seal.token, timestamp, nonce, encrypted)
    return {"msg_signature": signature, "timeStamp": timestamp, "nonce": nonce, "encrypt": encrypted}


def card_signature(timestamp: str, secret: str) -> str:
    digest = hmac.digest(secret.encode(), timestamp.encode("utf-8", "replace"), hashlib.sha256)
    return base64.b64encode(digest).decode("ascii")


def event_signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    parts = "".join(sorted((token, timestamp, nonce, encrypted)))
    # SHA-1 is DingTalk's choice; what it guards is encrypted besides.
    return hashlib.sha1(parts.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _check(stamp: str, given: str, expected: str, wall: Moment) -> Unfit | None:
    if not stamp or not given:
        return Unfit.UNSIGNED
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        return Unfit.WRONG_SIGNATURE
    if not _is_stamp(stamp) or abs(wall - _moment_of(stamp)) > WINDOW:
        return Unfit.TOO_OLD
    return None


def _is_stamp(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 13


def _moment_of(stamp: str) -> Moment:
    """Milliseconds; events of some ages of the platform carry seconds."""
    return int(stamp) * (MILLISECOND if len(stamp) > 10 else 1_000 * MILLISECOND)


def _cipher(seal: Seal) -> Cipher[CBC]:
    # Imported late: only plants that take events over HTTP need the package (`andon[callbacks]`).
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    return Cipher(AES256(seal.key), CBC(seal.key[:_HEAD]))


def _encrypt(message: str, seal: Seal, head: bytes) -> str:
    content = message.encode()
    plain = head + len(content).to_bytes(_LENGTH, "big") + content + seal.owner.encode()
    pad = _BLOCK - len(plain) % _BLOCK
    encryptor = _cipher(seal).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode("ascii")


def _decrypt(encrypted: str, seal: Seal) -> str | Unfit:
    try:
        raw = base64.b64decode(encrypted, validate=True)
        decryptor = _cipher(seal).decryptor()
        padded = decryptor.update(raw) + decryptor.finalize()
        plain = padded[: -padded[-1]] if padded and 1 <= padded[-1] <= _BLOCK else b""
        length = int.from_bytes(plain[_HEAD : _HEAD + _LENGTH], "big")
        content = plain[_HEAD + _LENGTH :]
        message, owner = content[:length].decode(), content[length:].decode()
    except (ValueError, binascii.Error):
        return Unfit.UNREADABLE
    if len(plain) <= _HEAD + _LENGTH or len(content) < length:
        return Unfit.UNREADABLE
    return message if owner == seal.owner else Unfit.OTHER_OWNER
