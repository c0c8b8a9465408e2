"""A real mosquitto on a port of its own, and mosquitto_pub: a broker and a publisher that nobody here wrote."""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.modbus_server import free_port

#: Debian installs it where only root's path leads.
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
START_DEADLINE_S = 10.0


class Mosquitto:
    """config: further lines of its configuration. keeps: retained messages and sessions survive a restart, for which it writes
    all of them to disk at every change."""

    def __init__(self, folder: Path, config: str = "allow_anonymous true", *, keeps: bool = True) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        kept = f"persistence true\npersistence_location {folder}/\nautosave_interval 1\nautosave_on_changes true\n"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\n{config}\n{kept if keeps else ''}log_dest stderr\nuser root\n"
        )
        self._process: Process | None = None
        self._draining: asyncio.Task[bytes] | None = None

    async def start(self) -> None:
        self._process = process = await asyncio.create_subprocess_exec(str(MOSQUITTO), "-c", self._config, stderr=PIPE)
        assert process.stderr is not None
        async with asyncio.timeout(START_DEADLINE_S):
            while b"running" not in (line := await process.stderr.readline()):
                assert line, "mosquitto ended at once"
        self._draining = asyncio.create_task(process.stderr.read())

    async def stop(self) -> None:
        if self._process is not None and self._draining is not None:
            self._process.terminate()
            await self._process.wait()
            await self._draining
            self._process = None

    async def publish(self, topic: str, payload: bytes | str, *more: str) -> None:
        """more: further arguments of mosquitto_pub, as `-r`, `-q 1`. Returns once the broker has it."""
        message = ["-n"] if payload == b"" else ["-m", payload]
        command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, *message, *more]
        publisher = await asyncio.create_subprocess_exec(*command, stderr=PIPE)
        _, said = await publisher.communicate()
        assert publisher.returncode == 0, said.decode()

    async def publish_lines(self, topic: str, lines: list[str], *more: str) -> None:
        """Each line as one message, in order, over one connection."""
        command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-t", topic, "-l", *more]
        publisher = await asyncio.create_subprocess_exec(*command, stdin=PIPE)
        await publisher.communicate("".join(f"{line}\n" for line in lines).encode())
        assert publisher.returncode == 0


@asynccontextmanager
async def mosquitto(folder: Path, config: str = "allow_anonymous true", *, keeps: bool = True) -> AsyncIterator[Mosquitto]:
    if MOSQUITTO is None:
        pytest.skip("needs mosquitto and mosquitto-clients of Debian")
    broker = Mosquitto(folder, config, keeps=keeps)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()
