"""Why a broker cannot be reached or will not have us, and what to do about it. Pure.

Each is a phrase of `edge/texts/drivers.*.yaml`: logs have it in English, `andon probe` in the language of who asks.
"""

from __future__ import annotations

from edge.config.text.finding import Phrase
from edge.model.errors import DeviceRefused, DeviceUnreachable

#: Reason codes of MQTT 5, 3.2.2.2; those of 3.1.1 are given as these by the client library.
_OF_CODE = {
    0x84: Phrase("drivers.mqtt.refused_version"),
    0x85: Phrase("drivers.mqtt.refused_client_id"),
    0x86: Phrase("drivers.mqtt.refused_password"),
    0x87: Phrase("drivers.mqtt.refused_not_authorised"),
    0x88: Phrase("drivers.mqtt.refused_unavailable"),
    0x89: Phrase("drivers.mqtt.refused_unavailable"),
    0x8A: Phrase("drivers.mqtt.refused_banned"),
    0x97: Phrase("drivers.mqtt.refused_quota"),
    0x9C: Phrase("drivers.mqtt.refused_moved"),
    0x9D: Phrase("drivers.mqtt.refused_moved"),
    0x9F: Phrase("drivers.mqtt.refused_quota"),
}
#: Reason codes with which a broker ends a connection, MQTT 5, 3.14.2.1.
_OF_END = {
    0x80: Phrase("drivers.mqtt.ended_without_a_word"),
    0x87: Phrase("drivers.mqtt.refused_not_authorised"),
    0x8B: Phrase("drivers.mqtt.ended_by_shutdown"),
    0x8D: Phrase("drivers.mqtt.ended_by_keepalive"),
    0x8E: Phrase("drivers.mqtt.ended_by_twin"),
    0x97: Phrase("drivers.mqtt.refused_quota"),
    0x98: Phrase("drivers.mqtt.ended_by_operator"),
}

# OpenSSL's X509_V_ERR_ numbers.
_CERTIFICATE_EXPIRED = 10
_NAME_MISMATCHES = (62, 64)


class BrokerRefused(DeviceRefused):
    """The broker answered that it will not."""

    def __init__(self, where: str, phrase: Phrase, code: int) -> None:
        super().__init__(f"broker {where}: {phrase.render('en')}", code)
        self.phrase = phrase


class BrokerUnreachable(DeviceUnreachable):
    """No connection, no answer in time, or the connection is over."""

    def __init__(self, where: str, phrase: Phrase) -> None:
        super().__init__(f"broker {where}: {phrase.render('en')}")
        self.phrase = phrase


def refused_by(code: int) -> Phrase:
    """code: of a CONNACK."""
    return _OF_CODE.get(code) or Phrase("drivers.mqtt.refused_otherwise", {"code": f"0x{code:02x}"})


def ended_by(code: int, plainly: str) -> Phrase:
    """code: of a DISCONNECT, or a small number of the client library, which says it plainly itself."""
    return _OF_END.get(code) or Phrase("drivers.mqtt.ended", {"plainly": plainly})


def bad_certificate(verify_code: int, plainly: str, name: str) -> Phrase:
    """What is wrong with the broker's certificate. verify_code: of OpenSSL. name: the one that we checked for."""
    if verify_code in _NAME_MISMATCHES:
        return Phrase("drivers.mqtt.tls_name", {"asked": name})
    if verify_code == _CERTIFICATE_EXPIRED:
        return Phrase("drivers.mqtt.tls_expired")
    return Phrase("drivers.mqtt.tls_untrusted", {"plainly": plainly})


def no_tls(plainly: str) -> Phrase:
    return Phrase("drivers.mqtt.tls_failed", {"plainly": plainly})


def unreadable_file(name: str, plainly: str) -> Phrase:
    return Phrase("drivers.mqtt.tls_file", {"file": name, "plainly": plainly})


def no_connection(plainly: str) -> Phrase:
    return Phrase("drivers.mqtt.no_connection", {"plainly": plainly})


def no_answer(seconds: float, *, tls: bool) -> Phrase:
    """A broker that wants TLS, or a certificate of ours, closes without a word; so does what is no broker."""
    asked = {"seconds": f"{seconds:g}"}
    return Phrase("drivers.mqtt.no_answer_tls", asked) if tls else Phrase("drivers.mqtt.no_answer", asked)


def filter_refused(topic_filter: str) -> Phrase:
    return Phrase("drivers.mqtt.filter_refused", {"filter": topic_filter})


def overrun() -> Phrase:
    return Phrase("drivers.mqtt.overrun")
