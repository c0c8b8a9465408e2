"""`python -m edge.console --api http://127.0.0.1:8480`: serve the console until told to stop, or until the parent is gone."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import sys

import uvicorn

from edge.console.process import NoPort, claim_port, parent_gone
from edge.console.words import Words
from edge.texts import LANGUAGES

FINE, NO_PORT = 0, 1
EVERY_S_MIN, EVERY_S_MAX = 0.05, 60.0


def main() -> int:
    """Exit codes: 0 stopped as asked or with its parent, 1 no port to be had."""
    parser = argparse.ArgumentParser(prog="python -m edge.console", description="The engineers' console of an Andon agent.")
    parser.add_argument("--api", default="http://127.0.0.1:8480", help="the agent's API (default: %(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8481, help="0 takes any; if taken, the next free one")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="for browsers that have not chosen")
    parser.add_argument(
        "--every", type=float, default=0.5, metavar="S", help="ask the API each S seconds (default: %(default)s)"
    )
    parser.add_argument("--parent", action="store_true", help="stop when the process that started this one is gone")
    asked = parser.parse_args()
    if not EVERY_S_MIN <= asked.every <= EVERY_S_MAX:
        parser.error(f"--every is from {EVERY_S_MIN:g} to {EVERY_S_MAX:g} seconds")
    try:
        claimed = claim_port(asked.host, asked.port, Words(asked.lang))
    except NoPort as problem:
        print(problem, file=sys.stderr)
        return NO_PORT
    # Before the long import: a parent that dies meanwhile is noticed.
    asyncio.run(_serve(claimed, asked.api, asked.lang, asked.every, os.getppid() if asked.parent else None))
    return FINE


async def _serve(claimed: socket.socket, api: str, language: str, every_s: float, parent: int | None) -> None:
    from edge.console.app import create_console  # NiceGUI takes its time: the port is ours before it does

    port = claimed.getsockname()[1]
    console = create_console(api, language=language, port=port, every_s=every_s)
    server = _Server(uvicorn.Config(console, log_level="warning", timeout_graceful_shutdown=2))
    serving = asyncio.create_task(server.serve(sockets=[claimed]))
    tasks: set[asyncio.Task[None]] = {serving}
    if parent is not None:
        tasks.add(asyncio.create_task(parent_gone(parent)))
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving


class _Server(uvicorn.Server):
    """Says on stdout where it serves, once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets and not self.should_exit:
            print(json.dumps({"port": sockets[0].getsockname()[1]}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
