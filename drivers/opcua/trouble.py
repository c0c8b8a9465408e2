"""Why a server cannot be reached or will not have us, and what to do about it. Pure.

Each is a phrase of `edge/texts/drivers.*.yaml`: logs have it in English, `andon probe` in the language of who asks.
"""

from __future__ import annotations

from collections.abc import Sequence

from drivers.opcua.status import meaning_of
from edge.config.text.finding import Phrase
from edge.model.errors import DeviceRefused, DeviceUnreachable

#: Status codes with which a server refuses a channel or a session (Part 4, 7.39), and what is to be done.
_OF_CODE = {
    0x80130000: "not_trusted_by_server",  # BadSecurityChecksFailed: a server must not say more to who is not trusted
    0x801A0000: "not_trusted_by_server",  # BadCertificateUntrusted
    0x80120000: "own_certificate_invalid",
    0x80140000: "own_certificate_expired",
    0x80160000: "own_certificate_invalid",
    0x80170000: "own_certificate_uri",
    0x80180000: "own_certificate_invalid",
    0x801D0000: "own_certificate_revoked",
    0x801F0000: "user_refused",  # BadUserAccessDenied
    0x80200000: "user_refused",  # BadIdentityTokenInvalid
    0x80210000: "user_refused",  # BadIdentityTokenRejected
    0x80540000: "security_not_offered_plainly",
    0x80550000: "security_not_offered_plainly",
    0x80560000: "too_many_sessions",
    0x80830000: "wrong_url",
    0x80770000: "too_many_subscriptions",
}


class ServerRefused(DeviceRefused):
    """The server will not have us, or we not the server."""

    def __init__(self, where: str, phrase: Phrase, code: int = 0) -> None:
        super().__init__(f"{where}: {phrase.render('en')}", code)
        self.phrase = phrase


class ServerUnreachable(DeviceUnreachable):
    """No connection, no answer in time, or the session is over."""

    def __init__(self, where: str, phrase: Phrase) -> None:
        super().__init__(f"{where}: {phrase.render('en')}")
        self.phrase = phrase


def refused_by(code: int, fingerprint: str) -> Phrase:
    """fingerprint: of our own certificate, by which it is found among those that the server rejected; empty: we showed none."""
    key = _OF_CODE.get(code)
    if key == "not_trusted_by_server" and not fingerprint:
        key = "security_wanted"
    if key is None:
        return Phrase("drivers.opcua.refused_otherwise", {"meaning": meaning_of(code)})
    return Phrase(f"drivers.opcua.{key}", {"fingerprint": fingerprint})


def not_offered(wanted: str, offered: Sequence[str]) -> Phrase:
    return Phrase("drivers.opcua.security_not_offered", {"wanted": wanted, "offered": ", ".join(sorted(set(offered))) or "-"})


def other_certificate(fingerprint: str) -> Phrase:
    return Phrase("drivers.opcua.server_certificate_other", {"fingerprint": fingerprint})


def untrusted_certificate(fingerprint: str, folder: str) -> Phrase:
    return Phrase("drivers.opcua.server_certificate_untrusted", {"fingerprint": fingerprint, "folder": folder})


def expired_certificate() -> Phrase:
    return Phrase("drivers.opcua.server_certificate_expired")


def readable_password() -> Phrase:
    return Phrase("drivers.opcua.readable_password")


def unreadable_file(name: str, plainly: str) -> Phrase:
    return Phrase("drivers.opcua.file", {"file": name, "plainly": plainly})


def no_connection(plainly: str) -> Phrase:
    return Phrase("drivers.opcua.no_connection", {"plainly": plainly})


def no_answer(seconds: float) -> Phrase:
    return Phrase("drivers.opcua.no_answer", {"seconds": f"{seconds:g}"})


def lost(plainly: str) -> Phrase:
    return Phrase("drivers.opcua.lost", {"plainly": plainly})


def silent(seconds: float) -> Phrase:
    return Phrase("drivers.opcua.silent", {"seconds": f"{seconds:g}"})


def dropped() -> Phrase:
    return Phrase("drivers.opcua.dropped")


def overrun() -> Phrase:
    return Phrase("drivers.opcua.overrun")


def library_missing() -> Phrase:
    return Phrase("drivers.opcua.library_missing")
