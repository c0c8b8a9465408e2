"""The state as a file: read at the start, written while it changes and at the end.

Written at most once a second, a large one more seldom; whole, beside the old one and then in its place: a kill loses the last
moments, never the file.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from simulators.dingtalk.cloud import Cloud
from simulators.dingtalk.shell import Shell
from simulators.dingtalk.snapshot import SnapshotError, decode_snapshot, encode_snapshot, put_back, take
from simulators.dingtalk.wire import SECOND_US

WRITE_EVERY_S = 1.0
#: A large state takes time to write, in which nothing else is done: no more than one part in so many.
SHARE = 20


class StateFileError(Exception):
    """The file cannot be used; the text says why, and what to do."""


class StateFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    def restore(self, cloud: Cloud) -> None:
        """Into a cloud that has done nothing yet; a file that is not there is an empty one. Raises StateFileError."""
        try:
            put_back(cloud, decode_snapshot(self._path.read_bytes()))
        except FileNotFoundError:
            self.write(cloud)
        except OSError as error:
            raise StateFileError(f"{self._path}: cannot be read: {error.strerror}") from error
        except SnapshotError as error:
            raise StateFileError(f"{self._path}: is no state of this version ({error}); move it away to begin anew") from None

    def write(self, cloud: Cloud) -> None:
        """Raises StateFileError."""
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            with beside.open("wb") as file:
                file.write(encode_snapshot(take(cloud)))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise StateFileError(f"{self._path}: cannot be written: {error.strerror}") from error

    async def follow(self, shell: Shell) -> None:
        """Write whenever something changed, until the shell stops. A disk that refuses is complained of, and tried again."""
        async with shell.watch() as changed:
            while not shell.stopping.is_set():
                await changed.wait()
                changed.clear()
                began_us = shell.now_us()
                self._try_to_write(shell.cloud)
                took_s = (shell.now_us() - began_us) / SECOND_US
                await shell.pause(max(WRITE_EVERY_S, SHARE * took_s))
        self._try_to_write(shell.cloud)

    def _try_to_write(self, cloud: Cloud) -> None:
        try:
            self.write(cloud)
        except StateFileError as error:
            print(f"dingtalk: {error}", file=sys.stderr, flush=True)
