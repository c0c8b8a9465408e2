"""A console in a process of its own, over a small gateway that is served from this one."""

from __future__ import annotations

import asyncio
import json
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from edge.config.plant import Plant
from tests.api_gateway import SmallGateway, app_of

T = TypeVar("T")
WITHIN_S = 60.0


class ServedGateway:
    """The API of a small gateway on a port, in a thread; `do` runs a change where the API runs."""

    def __init__(self, plant: Plant, *, rate: float = 1.0) -> None:
        self._plant, self._rate = plant, rate
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="api")
        self.port = 0

    def do(self, work: Callable[[SmallGateway], T]) -> T:
        async def there() -> T:
            return work(self.gateway)

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result(WITHIN_S)

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(WITHIN_S)
        self.serve()

    async def _open(self) -> None:
        self.gateway = SmallGateway(self._plant, rate=self._rate)
        self._app = app_of(self.gateway)

    def serve(self) -> None:
        """From now on it answers; the port stays the same after a `fall_silent`."""
        asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(WITHIN_S)

    async def _serve(self) -> None:
        config = uvicorn.Config(self._app, host="127.0.0.1", port=self.port, log_level="critical", lifespan="off")
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # not in the main thread
        self._serving = asyncio.create_task(self._server.serve())
        async with asyncio.timeout(WITHIN_S):
            while not self._server.started:  # noqa: ASYNC110 - uvicorn sets a flag, no event
                await asyncio.sleep(0.01)  # noqa: TID251 - the same
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def fall_silent(self) -> None:
        """As when the agent has gone: connections are refused."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(WITHIN_S)

    async def _end(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        await self._serving

    def boot_anew(self) -> None:
        """As when the agent was started again on the same database, at the same port."""
        self.fall_silent()
        self._app = app_of(self.gateway)
        self.serve()

    def stop(self) -> None:
        self.fall_silent()
        self.do(lambda gateway: gateway.store.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN_S)
        self._loop.close()


@contextmanager
def served(plant: Plant, *, rate: float = 1.0) -> Iterator[ServedGateway]:
    gateway = ServedGateway(plant, rate=rate)
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()


@contextmanager
def console_process(api: str, folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """The process, and what it announced when it served."""
    with (folder / "console.err").open("wb") as words:
        command = [sys.executable, "-m", "edge.console", "--api", api, *(more or ("--port", "0"))]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words)
    try:
        yield process, json.loads(read_line(process))
    finally:
        process.terminate()
        process.wait(WITHIN_S)


def read_line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout is not None
    deadline = time.perf_counter() + WITHIN_S
    while time.perf_counter() < deadline:
        if select.select([process.stdout], [], [], 1.0)[0]:
            return process.stdout.readline()
        assert process.poll() is None, "the console ended before it served"
    raise AssertionError("the console did not serve in time")
