"""Passwords: Argon2id in a small pool of threads, so that neither the event loop nor the memory suffers from many log-ins."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LENGTH_MIN = 10
LENGTH_MAX = 200
#: Each takes 64 MiB and most of a core for some ten milliseconds.
AT_ONCE = 2


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """hasher: by default with the library's costs, the low-memory recommendation of RFC 9106."""
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        # Checked when the name is unknown, so that an unknown name takes as long as a wrong password.
        self._nobody = self._hasher.hash(secrets.token_hex(16))

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def fits(self, password: str, known: str | None) -> bool:
        """Does it fit the stored hash? known None: False, after the same time."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._fits, password, known)

    def _fits(self, password: str, known: str | None) -> bool:
        try:
            self._hasher.verify(known or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return known is not None


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token. It has 256 random bits, so a plain hash cannot be turned back."""
    return hashlib.sha256(token.encode()).hexdigest()
