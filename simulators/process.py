"""How a simulator process lives: the port it takes, the line that says it is ready, what makes it stop."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import os
import signal
import socket
import sys
from contextlib import ExitStack, suppress

PORTS_TRIED = 100
PARENT_CHECK_S = 0.5


def bind(host: str, port: int) -> socket.socket:
    """A TCP socket bound to the port (0: any free one), not yet listening. Raises OSError if it is taken."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # A port that an earlier run has left in TIME_WAIT is free for us.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def claim_port(host: str, wanted: int, purpose: str) -> socket.socket:
    """A listening socket on the wanted port (0: any), or on the next free one, which is said on stderr.

    It listens at once, because two sockets may share a bound port until one of them does. Raises OSError if the address
    is not ours, the port is not for us, or a hundred ports in a row are taken.
    """
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        claimed = _listen_if_free(host, port)
        if claimed is None:
            continue
        if port != wanted:
            print(f"{purpose}: port {wanted} is taken, using {port} instead", file=sys.stderr, flush=True)
        return claimed
    raise OSError(errno.EADDRINUSE, f"{purpose}: ports {wanted} to {wanted + PORTS_TRIED - 1} are all taken")


def _listen_if_free(host: str, port: int) -> socket.socket | None:
    with ExitStack() as undo:
        try:
            claimed = undo.enter_context(bind(host, port))
            claimed.listen()
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            return None
        undo.pop_all()
        return claimed


def announce(**ready: object) -> None:
    """The one line on stdout: a JSON object that says what listens where."""
    print(json.dumps(ready), flush=True)


def add_parent_option(parser: argparse.ArgumentParser) -> None:
    """`--parent [PID]`: absent None, without a number the process that started us."""
    parser.add_argument(
        "--parent",
        type=int,
        nargs="?",
        const=os.getppid(),
        metavar="PID",
        help="stop when this process, which must be the one that started us (the default), is gone",
    )


async def stopped(parent: int | None) -> None:
    """Returns on SIGTERM or SIGINT, and when the process `parent` is no longer our parent (None: it may die).

    The parent is asked after every half second. The kernel's death signal would come at once, but it follows the thread
    that started us and not the process: a parent that starts children from a worker thread would lose them.
    """
    asked = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    while not asked.is_set() and parent in (None, os.getppid()):
        with suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), None if parent is None else PARENT_CHECK_S)
