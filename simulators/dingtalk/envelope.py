"""How an HTTP event callback is wrapped: AES-256-CBC with a key from the console, and a SHA-1 signature (reference 14).

plaintext   16 random bytes, length as 4 bytes big-endian, message, owner key; padded after PKCS#7 to 32 bytes
signature   hex SHA-1 of token, timestamp, nonce and the encrypted text, sorted and joined
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class EnvelopeError(Exception):
    """The text is no envelope for this key."""


def aes_key_of(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind the 43 characters of the console; raises ValueError."""
    key = base64.b64decode(f"{encoding_aes_key}=", validate=True)
    if len(key) != BLOCK:
        raise ValueError("an EncodingAESKey has 43 characters")
    return key


def seal(message: str, owner: str, key: bytes, salt: bytes) -> str:
    """The encrypted text. salt: 16 random bytes."""
    raw = message.encode()
    plain = salt + len(raw).to_bytes(4, "big") + raw + owner.encode()
    padding = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()


def unseal(encrypted: str, key: bytes) -> tuple[str, str]:
    """The message and its owner; raises EnvelopeError."""
    try:
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        plain = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
        if not 1 <= plain[-1] <= BLOCK:
            raise EnvelopeError("bad padding")
        plain = plain[: -plain[-1]]
        length = int.from_bytes(plain[16:20], "big")
        return plain[20 : 20 + length].decode(), plain[20 + length :].decode()
    except (ValueError, IndexError) as error:
        raise EnvelopeError(str(error)) from None


def signature(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    # SHA-1 is what the real server signs with.
    return hashlib.sha1("".join(sorted((token, timestamp, nonce, encrypted))).encode(), usedforsecurity=False).hexdigest()
