"""Whether a server's certificate is one that we trust; certificates as files have them. Pure but for reading these files.

A certificate is trusted when it is the one that is expected, or stands in the folder of trusted ones, or is signed directly by
an authority that does. Not here: that the server has the key to it; the channel proves that.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, load_pem_private_key

from drivers.opcua.trouble import (
    ServerRefused,
    ServerUnreachable,
    expired_certificate,
    other_certificate,
    unreadable_file,
    untrusted_certificate,
)
from edge.ports import OpcUaSecurity

_ENDINGS = (".der", ".pem", ".crt", ".cer")


def load(where: str, path: str) -> x509.Certificate:
    """The first certificate of a PEM or DER file. Raises ServerUnreachable that names the file."""
    try:
        return _parsed(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise ServerUnreachable(where, unreadable_file(path, _plainly(error))) from None


def load_key(where: str, path: str) -> tuple[bytes, str]:
    """A private key as its file has it, and whether that is `pem` or `der`. Raises ServerUnreachable that names the file."""
    try:
        content = Path(path).read_bytes()
        if _is_pem(content):
            load_pem_private_key(content, None)
            return content, "pem"
        load_der_private_key(content, None)
    except (OSError, ValueError, TypeError) as error:
        raise ServerUnreachable(where, unreadable_file(path, _plainly(error))) from None
    return content, "der"


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-1, in the form in which servers show it and name their files."""
    return certificate.fingerprint(SHA1()).hex().upper()  # a name (Part 6, 6.2), no protection


def application_uri(certificate: x509.Certificate) -> str | None:
    """By which a server knows us (Part 6, 6.2.2); None: the certificate has none."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    return next(iter(names.get_values_for_type(x509.UniformResourceIdentifier)), None)


def expect_trusted(where: str, security: OpcUaSecurity, shown: bytes, now: datetime) -> None:
    """shown: what the server has, as DER, maybe with those of who signed it behind it. Raises ServerRefused."""
    certificate = first_of(shown)
    if security.server_cert is not None:
        if certificate != load(where, security.server_cert):
            raise ServerRefused(where, other_certificate(fingerprint(certificate)))
    elif not _is_in(certificate, Path(security.trusted or "")):
        raise ServerRefused(where, untrusted_certificate(fingerprint(certificate), security.trusted or ""))
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise ServerRefused(where, expired_certificate())


def first_of(shown: bytes) -> x509.Certificate:
    """ValueError: it is none. A chain of DER is one after the other; the length stands in bytes 2 and 3 of each."""
    return x509.load_der_x509_certificate(shown[: int.from_bytes(shown[2:4], "big") + 4])


def as_der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _is_in(certificate: x509.Certificate, folder: Path) -> bool:
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() not in _ENDINGS:
            continue
        try:
            trusted = _parsed(path.read_bytes())
        except (OSError, ValueError):
            continue
        if trusted == certificate or _has_signed(trusted, certificate):
            return True
    return False


def _has_signed(authority: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.verify_directly_issued_by(authority)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return constraints.ca


def _parsed(content: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(content) if _is_pem(content) else x509.load_der_x509_certificate(content)


def _is_pem(content: bytes) -> bool:
    return b"-----BEGIN" in content


def _plainly(error: Exception) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)
