"""The processes of the demonstration: started side by side, ended together."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_WITHIN_S = 60.0
END_WITHIN_S = 8.0
PORTS_TRIED = 100


class NotReady(Exception):
    """A process ended, or said nothing, before it was ready. log: where its words are."""

    def __init__(self, name: str, log: Path) -> None:
        super().__init__(name)
        self.name = name
        self.log = log


@dataclass(frozen=True, slots=True)
class Part:
    """A running process and what it announced."""

    name: str
    process: asyncio.subprocess.Process
    ready: Mapping[str, Any]


def free_port(wanted: int, promised: Collection[int] = ()) -> int:
    """The wanted port of this machine, or the next one that nobody listens on and that is promised to nobody."""
    for port in range(wanted, wanted + PORTS_TRIED):
        if port in promised:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise OSError(f"ports {wanted} to {wanted + PORTS_TRIED - 1} are all taken")


async def start(name: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Part:
    """Start `python arguments`, and wait for the JSON line that says that it serves. Its words go to a log file."""
    log = folder / f"{name}.log"
    with log.open("wb") as words:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=words,
            env={**os.environ, **(environment or {})},
            # Ctrl-C goes to the demonstration alone, which ends the others in order.
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while line := await process.stdout.readline():
                if line.startswith(b"{"):
                    return Part(name, process, json.loads(line))
    except TimeoutError:
        pass
    except asyncio.CancelledError:
        await end([Part(name, process, {})])
        raise
    await end([Part(name, process, {})])
    raise NotReady(name, log)


async def end(parts: Sequence[Part]) -> None:
    """Ask all to end, wait, and kill what does not."""
    for part in parts:
        if part.process.returncode is None:
            with suppress(ProcessLookupError):
                part.process.send_signal(signal.SIGTERM)
    for part in parts:
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await part.process.wait()
        except TimeoutError:
            part.process.kill()
            await part.process.wait()
