"""Why a broker is not reached, in words that say what to do."""

from __future__ import annotations

import pytest

from drivers.mqtt.trouble import BrokerRefused, bad_certificate, ended_by, no_answer, refused_by


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (0x84, "refused_version"),
        (0x85, "refused_client_id"),
        (0x86, "refused_password"),
        (0x87, "refused_not_authorised"),
        (0x88, "refused_unavailable"),
        (0x8A, "refused_banned"),
        (0x9D, "refused_moved"),
        (0x9F, "refused_quota"),
        (0x95, "refused_otherwise"),
    ],
)
def test_each_reason_of_a_refusal_has_its_own_words(code: int, key: str) -> None:
    assert refused_by(code).key == f"drivers.mqtt.{key}"


def test_a_code_without_words_is_told_as_it_is() -> None:
    assert "0x95" in refused_by(0x95).render("en") and "0x95" in refused_by(0x95).render("zh")
    assert ended_by(0x99, "[code:153] Payload format invalid").arguments == {"plainly": "[code:153] Payload format invalid"}


def test_an_expired_certificate_is_no_matter_of_trust() -> None:
    # Numbers of OpenSSL: X509_V_ERR_CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH, _DEPTH_ZERO_SELF_SIGNED_CERT.
    keys = [bad_certificate(code, "said by OpenSSL", "broker").key.rpartition(".")[2] for code in (10, 62, 18)]
    assert keys == ["tls_expired", "tls_name", "tls_untrusted"]


def test_silence_is_asked_about_by_what_was_tried() -> None:
    assert "tls: true" in no_answer(5.0, tls=False).render("en")
    assert "cert" in no_answer(5.0, tls=True).render("en")


def test_a_refusal_names_the_broker_and_keeps_its_code() -> None:
    refused = BrokerRefused("broker.plant:8883", refused_by(0x86), 0x86)
    assert (str(refused), refused.code) == ("broker broker.plant:8883: refuses the username or the password", 0x86)
