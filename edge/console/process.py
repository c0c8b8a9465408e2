"""How the console's process lives: the port it takes, and the parent it does not outlive."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys

from edge.console.words import Words

PORTS_TRIED = 100
PARENT_CHECK_S = 0.5


class NoPort(Exception):
    """There is nowhere to listen; the text says where was tried."""


def claim_port(host: str, wanted: int, words: Words) -> socket.socket:
    """A listening socket on the wanted port (0: any), or on the next free one, which is said on stderr. Raises NoPort."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65_536)):
        claimed = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # A port that an earlier run has left in TIME_WAIT is free for us.
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            claimed.bind((host, port))
            # At once, because two sockets may share a bound port until one of them listens.
            claimed.listen()
        except OSError as problem:
            claimed.close()
            if problem.errno == errno.EADDRINUSE:
                continue
            raise NoPort(words("process.cannot_listen", host=host, port=port, why=problem.strerror)) from problem
        if wanted not in {port, 0}:
            print(words("process.port_taken", port=wanted, instead=port), file=sys.stderr, flush=True)
        return claimed
    raise NoPort(words("process.no_port", first=wanted, last=wanted + PORTS_TRIED - 1))


async def parent_gone(parent: int) -> None:
    """Returns when the process `parent` is no longer our parent.

    It is asked after: the kernel's death signal follows the thread that started us, not the process.
    """
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody sets an event when a process dies
        await asyncio.sleep(PARENT_CHECK_S)  # noqa: TID251 - the console runs on the wall clock
