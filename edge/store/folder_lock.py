"""The lock on a data folder: two agents never share one."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from edge.model.errors import StoreError

FILE = "agent.lock"


class FolderLock:
    """Held from construction to `release`, or to the end of the process however it ends.

    The file stays when the lock goes: removing it would let a third process lock a new file beside the second's old one.
    Raises StoreError when another process holds it, or when the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / FILE
        try:
            # Not inherited by children: a console that outlives its agent must not keep the folder.
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{folder}: it cannot be written: {error.strerror}; make it writable for this user") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            owner = os.read(self._file, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise StoreError(
                f"{folder}: another agent uses this data folder (process {owner}): stop it, or give this one another folder"
            ) from error
        with suppress(OSError):  # a full disk refuses it; the number only serves the message above
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        os.close(self._file)
